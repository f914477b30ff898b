package dev.interlock.node.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Keeps a store's folder to one process, by a lock on {@code store.lock} that ends with the process. */
final class FolderLock implements AutoCloseable {
    private static final String FILE = "store.lock";
    // POSIX drops a process's locks on a file when it closes any descriptor of it, so a second attempt in this process
    // must be refused before it opens the file.
    private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel channel;

    private FolderLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /** @throws StoreException.Unusable when the folder is in use */
    static FolderLock take(Path folder) throws IOException {
        Path real = folder.toRealPath();
        if (!HELD_HERE.add(real)) {
            throw new StoreException.Unusable(folder, "is open in this process already", null);
        }
        FileChannel channel = null;
        try {
            channel = FileBlobs.openOrCreate(real.resolve(FILE));
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw new StoreException.Unusable(folder, "is in use by process " + holder(channel), null);
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)),
                    0);
            return new FolderLock(real, channel);
        } catch (IOException | RuntimeException e) {
            close(channel);
            HELD_HERE.remove(real);
            throw e;
        }
    }

    @Override
    public void close() {
        close(channel);
        HELD_HERE.remove(folder);
    }

    private static String holder(FileChannel channel) throws IOException {
        ByteBuffer pid = ByteBuffer.allocate(20);
        channel.read(pid, 0);
        String digits = StandardCharsets.US_ASCII.decode(pid.flip()).toString();
        return digits.matches("[0-9]+") ? digits : "(unknown)";
    }

    private static void close(@Nullable FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // The lock is gone with the process at the latest.
            }
        }
    }
}
