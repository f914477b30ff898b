package dev.interlock.node.store;

import dev.interlock.core.secret.CipherKey;
import dev.interlock.wire.file.DurableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The keys at the root of a store whose rows can't be overwritten: {@code epoch-<number>} of a folder on this machine, 32 bytes each.
 * What was sealed under one is lost with it, wherever copies of it lie. Beside them {@code mark}, the highest mark that was seen in
 * the database. Safe for use by many threads.
 */
final class EpochKeys implements AutoCloseable {
    private static final Pattern NAME = Pattern.compile("epoch-([1-9][0-9]{0,17})");
    private static final Pattern MARK = Pattern.compile("mark(-[1-9][0-9]?)?");

    private static final int PIECE_BYTES = 1 << 20;

    private final Path folder;
    private final SecureRandom random;
    private final int process;
    private long lowest;
    private final TreeMap<Long, CipherKey> keys = new TreeMap<>();

    private EpochKeys(Path folder, SecureRandom random, int process) {
        this.folder = folder;
        this.random = random;
        this.process = process;
    }

    /**
     * Those of this folder, which is made unless it is there.
     *
     * @param process the number of this one among those that share the folder: each notes the marks that it has seen
     */
    static EpochKeys open(Path folder, SecureRandom random, int process) throws IOException {
        DurableFile.createFolder(folder);
        EpochKeys all = new EpochKeys(folder, random, process);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches()) {
                    all.load(Long.parseLong(name.group(1)));
                }
            }
        } catch (IOException e) {
            all.close();
            throw e;
        }
        return all;
    }

    /** Erasing a key was interrupted, or making it, where its file isn't one: nothing was sealed under it, or nothing is any more. */
    private void load(long epoch) throws IOException {
        if (epoch < lowest || keys.containsKey(epoch) || !Files.exists(file(epoch))) {
            return;
        }
        try {
            byte[] key = Files.readAllBytes(file(epoch));
            if (key.length == CipherKey.BYTES && !Arrays.equals(key, new byte[CipherKey.BYTES])) {
                keys.put(epoch, CipherKey.taking(key));
            }
        } catch (NoSuchFileException e) {
            // Another process has erased it meanwhile.
        }
    }

    synchronized boolean has(long epoch) {
        return find(epoch) != null;
    }

    /** The one that is kept here; another process may have made it meanwhile. */
    private @Nullable CipherKey find(long epoch) {
        if (!keys.containsKey(epoch)) {
            try {
                load(epoch);
            } catch (IOException e) {
                throw StoreException.of("reading the key of epoch " + epoch, e);
            }
        }
        return keys.get(epoch);
    }

    /** Makes the key of an epoch, unless it is there; of two processes the second finds the first one's. */
    synchronized void create(long epoch) throws IOException {
        load(epoch);
        if (keys.containsKey(epoch)) {
            return;
        }
        CipherKey key = CipherKey.random(random);
        byte[] bytes = key.getEncoded();
        try {
            if (Files.exists(file(epoch))) { // and is no key
                DurableFile.write(file(epoch), DurableFile.Access.OWNER, bytes);
            } else {
                DurableFile.writeNew(file(epoch), DurableFile.Access.OWNER, bytes);
            }
            keys.put(epoch, key);
        } catch (FileAlreadyExistsException e) {
            key.close();
            load(epoch);
            if (!keys.containsKey(epoch)) {
                throw e;
            }
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    /** A copy, for the caller to close; empty when it was erased. */
    synchronized Optional<CipherKey> key(long epoch) {
        return Optional.ofNullable(find(epoch)).map(key -> CipherKey.taking(key.getEncoded()));
    }

    /**
     * Erases the keys of all epochs before this one: they are overwritten, then removed. Never one that came after it: who was
     * stopped here for long may be far behind.
     */
    synchronized void eraseBefore(long epoch) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches() && Long.parseLong(name.group(1)) < epoch) {
                    try {
                        overwrite(file);
                    } catch (NoSuchFileException e) {
                        // Another process does the same.
                    }
                }
            }
        }
        DurableFile.syncFolder(folder);
        forgetBefore(epoch);
    }

    /** Forgets those keys in this process's memory. */
    synchronized void forgetBefore(long epoch) {
        lowest = Math.max(lowest, epoch);
        Map<Long, CipherKey> before = keys.headMap(lowest);
        before.values().forEach(CipherKey::close);
        before.clear();
    }

    /** Forgets what another process has erased, which couldn't tell this one. The last key stays: something is sealed under it. */
    synchronized void forgetErased() {
        if (keys.isEmpty()) {
            return;
        }
        long last = keys.lastKey();
        keys.entrySet().removeIf(each -> {
            boolean erased = each.getKey() < last && !Files.exists(file(each.getKey()));
            if (erased) {
                each.getValue().close();
            }
            return erased;
        });
    }

    /** Whether there are keys of epochs before this one. */
    synchronized boolean hasBefore(long epoch) {
        return !keys.headMap(epoch).isEmpty();
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

    /** The highest mark that was noted by any process; 0 in the beginning. */
    synchronized long mark() throws IOException {
        long highest = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "mark*")) {
            for (Path file : files) {
                if (MARK.matcher(file.getFileName().toString()).matches()) {
                    highest = Math.max(
                            highest,
                            Long.parseLong(Files.readString(file, StandardCharsets.US_ASCII)
                                    .strip()));
                }
            }
        }
        return highest;
    }

    /** In a file of this process's own: else one that was stopped for long would set the others' mark back. */
    synchronized void mark(long mark) throws IOException {
        DurableFile.write(
                folder.resolve(process == 1 ? "mark" : "mark-" + process),
                DurableFile.Access.OWNER,
                (mark + "\n").getBytes(StandardCharsets.US_ASCII));
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
