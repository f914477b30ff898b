package dev.interlock.node.store;

import dev.interlock.core.secret.CipherKey;
import dev.interlock.wire.file.DurableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The keys at the root of a store whose rows can't be overwritten: {@code epoch-<number>} of a folder on this machine, 32 bytes each.
 * What was sealed under one is lost with it, wherever copies of it lie. Beside them {@code mark}, the highest mark that was seen in
 * the database. Safe for use by many threads.
 */
final class EpochKeys implements AutoCloseable {
    private static final Pattern NAME = Pattern.compile("epoch-([1-9][0-9]{0,17})");

    private static final int PIECE_BYTES = 1 << 20;

    private final Path folder;
    private final SecureRandom random;
    private final TreeMap<Long, CipherKey> keys = new TreeMap<>();

    private EpochKeys(Path folder, SecureRandom random) {
        this.folder = folder;
        this.random = random;
    }

    /** Those of this folder, which is made unless it is there. */
    static EpochKeys open(Path folder, SecureRandom random) throws IOException {
        DurableFile.createFolder(folder);
        EpochKeys all = new EpochKeys(folder, random);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches()) {
                    byte[] key = Files.readAllBytes(file);
                    // Erasing it was interrupted, or making it: nothing was sealed under it, or nothing is any more.
                    if (key.length == CipherKey.BYTES && !Arrays.equals(key, new byte[CipherKey.BYTES])) {
                        all.keys.put(Long.parseLong(name.group(1)), CipherKey.taking(key));
                    }
                }
            }
        } catch (IOException e) {
            all.close();
            throw e;
        }
        return all;
    }

    synchronized boolean has(long epoch) {
        return keys.containsKey(epoch);
    }

    /** Makes the key of an epoch, unless it is there. */
    synchronized void create(long epoch) throws IOException {
        if (keys.containsKey(epoch)) {
            return;
        }
        CipherKey key = CipherKey.random(random);
        byte[] bytes = key.getEncoded();
        try {
            DurableFile.write(file(epoch), DurableFile.Access.OWNER, bytes);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
        keys.put(epoch, key);
    }

    /** A copy, for the caller to close; empty when it was erased. */
    synchronized Optional<CipherKey> key(long epoch) {
        return Optional.ofNullable(keys.get(epoch)).map(key -> CipherKey.taking(key.getEncoded()));
    }

    /** Erases the keys of all other epochs: they are overwritten, then removed. */
    synchronized void keepOnly(long epoch) throws IOException {
        for (long other : List.copyOf(keys.keySet())) {
            if (other != epoch) {
                overwrite(file(other));
                Optional.ofNullable(keys.remove(other)).ifPresent(CipherKey::close);
            }
        }
        DurableFile.syncFolder(folder);
    }

    /** Overwrites all of a file, then removes it. */
    static void overwrite(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer zeros = ByteBuffer.allocate(PIECE_BYTES);
            for (long at = 0, bytes = channel.size(); at < bytes; ) {
                zeros.clear().limit((int) Math.min(PIECE_BYTES, bytes - at));
                at += channel.write(zeros, at);
            }
            channel.force(true);
        }
        Files.delete(file);
    }

    /** The highest mark that was noted; 0 in the beginning. */
    synchronized long mark() throws IOException {
        Path file = folder.resolve("mark");
        return Files.exists(file)
                ? Long.parseLong(
                        Files.readString(file, StandardCharsets.US_ASCII).strip())
                : 0;
    }

    synchronized void mark(long mark) throws IOException {
        DurableFile.write(
                folder.resolve("mark"), DurableFile.Access.OWNER, (mark + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public synchronized void close() {
        keys.values().forEach(CipherKey::close);
        keys.clear();
    }

    private Path file(long epoch) {
        return folder.resolve("epoch-" + epoch);
    }
}
