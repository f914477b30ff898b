package dev.interlock.app;

import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;

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

    /** Takes in the whole source. */
    static Spool of(ReadableByteChannel source, SecureRandom random) throws IOException {
        Path path = Files.createTempFile(
                "interlock-",
                ".spool",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        Files.delete(path);
        SecretBytes key = SecretBytes.random(Keystream.SEED_BYTES, random);
        try (Keystream in = new Keystream(key);
                SecretBytes buffer = SecretBytes.allocate(BUFFER_BYTES)) {
            ByteBuffer bytes = buffer.segment().asByteBuffer();
            long length = 0;
            while (source.read(bytes) >= 0) {
                bytes.flip();
                in.addTo(MemorySegment.ofBuffer(bytes));
                while (bytes.hasRemaining()) {
                    length += file.write(bytes);
                }
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
