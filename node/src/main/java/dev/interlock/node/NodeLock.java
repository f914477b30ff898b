package dev.interlock.node;

import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** One process a node's folder: holds a lock while it lives, and keeps its pid beside it. */
public final class NodeLock implements AutoCloseable {
    private final Path folder;
    private final FileChannel channel;

    private NodeLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /** @throws BadInputException when another process runs this node */
    public static NodeLock take(Path folder) {
        try {
            FileChannel channel = open(folder);
            if (!locked(channel)) {
                channel.close();
                throw new BadInputException("the node in " + folder + " runs already, as process "
                        + Files.readString(folder.resolve("pid")).strip());
            }
            Files.writeString(folder.resolve("pid"), ProcessHandle.current().pid() + "\n");
            return new NodeLock(folder, channel);
        } catch (IOException e) {
            throw new BadInputException("can't use the folder " + folder + ": " + e.getMessage());
        }
    }

    /** Does a process run this node? */
    public static boolean isHeld(Path folder) {
        try (FileChannel channel = open(folder)) {
            return !locked(channel);
        } catch (IOException e) {
            return false;
        }
    }

    private static FileChannel open(Path folder) throws IOException {
        return FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(folder.resolve("pid"));
            channel.close();
        } catch (IOException e) {
            // The process ends, and its lock with it.
        }
    }
}
