package dev.interlock.app;

import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Map;

/**
 * Holds a stream of unknown length until its length is known: in a file that nobody can open any more, encrypted under a
 * key that only this process has, so that the plaintext never rests on a disk.
 */
final class Spool implements SeekableByteChannel {
    private static final int BUFFER_BYTES = 1 << 20;

    private final FileChannel file;
    private final SecretBytes key;
    private Keystream out;
    private final long length;

    private Spool(FileChannel file, SecretBytes key, long length) {
        this.file = file;
        this.key = key;
        this.out = new Keystream(key);
        this.length = length;
    }

    /**
     * Takes in the whole source.
     *
     * @throws IOException that names the folder where the spool itself fails
     */
    static Spool of(ReadableByteChannel source, SecureRandom random) throws IOException {
        Path folder = folder(Visit.environment());
        FileChannel file = create(folder);
        SecretBytes key = SecretBytes.random(Keystream.SEED_BYTES, random);
        try (Keystream in = new Keystream(key);
                SecretBytes buffer = SecretBytes.allocate(BUFFER_BYTES)) {
            ByteBuffer bytes = buffer.segment().asByteBuffer();
            long length = 0;
            while (source.read(bytes) >= 0) {
                bytes.flip();
                in.addTo(MemorySegment.ofBuffer(bytes));
                length += write(folder, file, bytes);
                bytes.clear();
            }
            file.position(0);
            return new Spool(file, key, length);
        } catch (IOException | RuntimeException e) {
            file.close();
            key.close();
            throw e;
        }
    }

    /** Where the environment says, as other tools do it; the Java platform passes TMPDIR over. */
    static Path folder(Map<String, String> environment) {
        String named = environment.getOrDefault("TMPDIR", "");
        return Path.of(named.isEmpty() ? System.getProperty("java.io.tmpdir") : named);
    }

    private static FileChannel create(Path folder) throws IOException {
        try {
            Path path = Files.createTempFile(
                    folder,
                    "interlock-",
                    ".spool",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            Files.delete(path);
            return file;
        } catch (IOException e) {
            throw unusable(folder, e);
        }
    }

    private static long write(Path folder, FileChannel file, ByteBuffer bytes) throws IOException {
        long written = 0;
        try {
            while (bytes.hasRemaining()) {
                written += file.write(bytes);
            }
            return written;
        } catch (IOException e) {
            throw unusable(folder, e);
        }
    }

    private static IOException unusable(Path folder, IOException e) {
        return new FileSystemException(
                folder.toString(),
                null,
                FileProblem.why(e) + ". What comes from a pipe is kept there, encrypted, until its length is known;"
                        + " TMPDIR names another folder");
    }

    long length() {
        return length;
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
        int from = to.position();
        int n = file.read(to);
        if (n > 0) {
            out.addTo(MemorySegment.ofBuffer(to.duplicate().position(from).limit(from + n)));
        }
        return n;
    }

    @Override
    public long position() throws IOException {
        return file.position();
    }

    @Override
    public SeekableByteChannel position(long position) throws IOException {
        file.position(position);
        out.close();
        out = Keystream.at(key.segment(), position);
        return this;
    }

    @Override
    public long size() {
        return length;
    }

    @Override
    public int write(ByteBuffer from) {
        throw new NonWritableChannelException();
    }

    @Override
    public SeekableByteChannel truncate(long size) {
        throw new NonWritableChannelException();
    }

    @Override
    public boolean isOpen() {
        return file.isOpen();
    }

    @Override
    public void close() throws IOException {
        out.close();
        key.close();
        file.close();
    }
}
