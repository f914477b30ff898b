package dev.interlock.app;

import dev.interlock.wire.file.DurableFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a node's {@code log} from growing for ever. Whoever started the node opened that file for it, so it is copied to
 * {@code log.1} and emptied where it lies; a node whose output goes elsewhere is left alone.
 */
final class LogRotation implements AutoCloseable {
    static final long MAX_BYTES = 8 << 20;

    private static final Logger log = LoggerFactory.getLogger(LogRotation.class);
    private static final Duration LOOK = Duration.ofSeconds(5);
    private static final Path STDERR = Path.of("/proc/self/fd/2");

    private final Thread thread;

    private LogRotation(Thread thread) {
        this.thread = thread;
    }

    static LogRotation start(Path folder) {
        Path file = folder.resolve("log");
        Thread thread = Thread.ofVirtual().unstarted(() -> run(file));
        if (isOurs(file)) {
            thread.start();
        }
        return new LogRotation(thread);
    }

    private static boolean isOurs(Path file) {
        try {
            return Files.isSameFile(STDERR, file);
        } catch (IOException e) {
            return false;
        }
    }

    private static void run(Path file) {
        try {
            while (true) {
                Thread.sleep(LOOK);
                rotate(file, MAX_BYTES);
            }
        } catch (InterruptedException e) {
            // The node ends.
        }
    }

    /** Empties a file that has become longer than this; what was in it is in {@code log.1} then, which it replaces. */
    static void rotate(Path file, long maxBytes) {
        try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long length = from.size();
            if (length <= maxBytes) {
                return;
            }
            try (DurableFile to =
                    DurableFile.create(file.resolveSibling(file.getFileName() + ".1"), DurableFile.Access.OWNER)) {
                for (long done = 0; done < length; ) {
                    done += from.transferTo(done, length - done, to.channel());
                }
                to.replace();
            }
            var _ = from.truncate(0);
        } catch (IOException e) {
            log.warn("{} can't be rotated: {}", file, e.getMessage());
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
