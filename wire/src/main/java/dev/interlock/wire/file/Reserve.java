package dev.interlock.wire.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * Room on a disk that is kept for what makes room: a file that is given up when the disk is full, so that objects can still
 * be erased, and that is made again when there is much more room than it takes.
 */
public final class Reserve {
    private static final int PLENTY = 16;

    private final Path file;
    private final int bytes;

    public Reserve(Path file, int bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    /** Makes the file unless it is there. That there's no room for it is no failure. */
    public synchronized void fill() {
        try {
            if (Files.exists(file)
                    || Files.getFileStore(file.resolveSibling(".")).getUsableSpace() < (long) PLENTY * bytes) {
                return;
            }
            // Nothing that a file system could store as a hole, or shrink.
            byte[] content = new byte[bytes];
            new SplittableRandom(bytes).nextBytes(content);
            DurableFile.writeNew(file, DurableFile.Access.OWNER, content);
        } catch (IOException e) {
            // Without it, a full disk is as full as any.
        }
    }

    /** Gives the room up. @return whether there was any */
    public synchronized boolean release() {
        try {
            return Files.deleteIfExists(file);
        } catch (IOException e) {
            return false;
        }
    }
}
