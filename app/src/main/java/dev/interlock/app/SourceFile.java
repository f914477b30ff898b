package dev.interlock.app;

import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;

/** A file that is put, as long as it was at the start. One that is written to meanwhile is refused: no state of it is stored. */
final class SourceFile implements SeekableByteChannel {
    /** The kernel's own files say 0 or a page; what is longer is as long as it says. */
    private static final int DOUBTFUL_BYTES = 64 << 10;

    private final Path path;
    private final FileChannel file;
    private final long length;
    private final FileTime changed;

    private SourceFile(Path path, FileChannel file, long length, FileTime changed) {
        this.path = path;
        this.file = file;
        this.length = length;
        this.changed = changed;
    }

    /** Empty where a file isn't as long as the system says, as those of the kernel: then it is read like a pipe. */
    static Optional<SourceFile> open(Path path, FileChannel file) throws IOException {
        FileTime changed = Files.getLastModifiedTime(path);
        long length = file.size();
        if (length <= DOUBTFUL_BYTES && length(file, length) != length) {
            return Optional.empty();
        }
        return Optional.of(new SourceFile(path, file, length, changed));
    }

    /** How many bytes there are; one more than expected stands for any number. */
    private static long length(FileChannel file, long expected) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocateDirect((int) expected + 1);
        try {
            while (bytes.hasRemaining()) {
                if (file.read(bytes, bytes.position()) < 0) {
                    break;
                }
            }
            return bytes.position();
        } finally {
            // It may be a secret.
            bytes.clear();
            while (bytes.hasRemaining()) {
                bytes.put((byte) 0);
            }
        }
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
        int n = file.read(to);
        long at = file.position();
        if (n < 0 && at < length) {
            throw changed("it had " + length + " bytes when the put began and ends after " + at);
        }
        if (at > length) {
            throw changed("it had " + length + " bytes when the put began and has more now");
        }
        if (n < 0 && !Files.getLastModifiedTime(path).equals(changed)) {
            throw changed("some of it is old and some new");
        }
        return n;
    }

    private BadInputException changed(String how) {
        return new BadInputException(path + " was written to while it was put: " + how + ". Nothing was stored. A pipe"
                + " takes what is there now, however it grows: interlock put - <" + path);
    }

    @Override
    public long position() throws IOException {
        return file.position();
    }

    @Override
    public SeekableByteChannel position(long position) throws IOException {
        file.position(position);
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
        file.close();
    }
}
