package dev.interlock.node.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A large blob in a file of its own. Reader and writer have a channel each, because an interrupt closes the channel
 * that it meets a thread in.
 */
final class FileMedium implements Medium {
    /**
     * So much is given to the disk at a time, and at most twice as much waits for it: little enough that a slow disk with
     * the files of many parties delays an appender by less than a stall.
     */
    private static final long WRITE_BACK_BYTES = 8 << 20;

    private final Path path;
    private final @Nullable FileChannel writer;
    private @Nullable FileChannel reader;
    private @Nullable CompletableFuture<Void> writeBack;
    private long waitingBytes;

    private FileMedium(Path path, @Nullable FileChannel writer) {
        this.path = path;
        this.writer = writer;
    }

    static FileMedium writing(Path path, FileChannel writer) {
        return new FileMedium(path, writer);
    }

    /** Opens the file at the first read. */
    static FileMedium reading(Path path) {
        return new FileMedium(path, null);
    }

    @Override
    public void write(ByteBuffer sealed, long position) throws IOException {
        FileChannel channel = writer();
        waitingBytes += sealed.remaining();
        for (long at = position; sealed.hasRemaining(); ) {
            at += channel.write(sealed, at);
        }
        if (waitingBytes >= WRITE_BACK_BYTES) {
            awaitWriteBack();
            waitingBytes = 0;
            startWriteBack(channel);
        }
    }

    @Override
    public void read(ByteBuffer sealed, long position) throws IOException {
        FileChannel channel = reader;
        if (channel == null) {
            channel = FileChannel.open(path, StandardOpenOption.READ);
            reader = channel;
        }
        try {
            for (long at = position; sealed.hasRemaining(); ) {
                int read = channel.read(sealed, at);
                if (read < 0) {
                    return;
                }
                at += read;
            }
        } catch (ClosedByInterruptException e) {
            reader = null;
            throw e;
        }
    }

    @Override
    public void sync() throws IOException {
        awaitWriteBack();
        writer().force(true);
    }

    @Override
    public byte @Nullable [] row() {
        return null;
    }

    @Override
    public void close() {
        closeQuietly(writer);
        closeQuietly(reader);
    }

    private FileChannel writer() {
        if (writer == null) {
            throw new IllegalStateException("not open for writing: " + path.getFileName());
        }
        return writer;
    }

    // While the disk takes these bytes, the appender fills the page cache with the next.
    private void startWriteBack(FileChannel channel) {
        writeBack = CompletableFuture.runAsync(
                () -> {
                    try {
                        channel.force(false);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                task -> Thread.ofPlatform()
                        .daemon()
                        .name("interlock-store-write-back")
                        .start(task));
    }

    // A failure to write back is told to one fsync only, so a later one's success says nothing.
    private void awaitWriteBack() throws IOException {
        if (writeBack == null) {
            return;
        }
        try {
            writeBack.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof UncheckedIOException cause) {
                throw cause.getCause();
            }
            throw e;
        }
    }

    private static void closeQuietly(@Nullable FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // What matters was forced before; an unfinished file is removed.
            }
        }
    }
}
