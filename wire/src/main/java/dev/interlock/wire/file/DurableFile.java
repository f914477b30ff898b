package dev.interlock.wire.file;

import dev.interlock.core.commitment.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A file that must last: there whole and durable under its name, or not there at all. It is written beside its name under a
 * fresh random one that nobody can have prepared, opened exclusively and through no link, with its permissions set before
 * its content. Its bytes are synced before it gets its name, and the folder is synced after.
 */
public final class DurableFile implements AutoCloseable {
    private static final boolean POSIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    private static final String MARK = ".interlock-part-";
    private static final int RANDOM_BYTES = 12;
    private static final int LONGEST_NAME = 200;
    private static final Set<OpenOption> NEW =
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    /** What this process is writing: opening one of these to look at its lock would let go of the lock. */
    private static final Set<Path> WRITING = ConcurrentHashMap.newKeySet();

    private final Path target;
    private final Path aside;
    private final FileChannel channel;
    private boolean named;

    /** Who may read a file. */
    public enum Access {
        OWNER("rw-------"),
        /** Whatever the process's umask leaves of it. */
        EVERYONE("rw-r--r--");

        private final String permissions;

        Access(String permissions) {
            this.permissions = permissions;
        }

        private FileAttribute<?>[] attributes() {
            return DurableFile.attributes(permissions);
        }
    }

    private DurableFile(Path target, Path aside, FileChannel channel) {
        this.target = target;
        this.aside = aside;
        this.channel = channel;
    }

    /** Begins a file; also removes what killed processes left of the same one. */
    public static DurableFile create(Path target, Access access) throws IOException {
        Path whole = target.toAbsolutePath();
        Path name = whole.getFileName();
        if (name == null) {
            throw new FileAlreadyExistsException(target.toString());
        }
        removeLeftovers(whole);
        byte[] random = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(random);
        Path aside = whole.resolveSibling(prefix(whole) + HexFormat.of().formatHex(random));
        WRITING.add(aside);
        try {
            FileChannel channel = FileChannel.open(aside, NEW, access.attributes());
            try {
                // Tells the next process that this one is alive.
                if (channel.tryLock() == null) {
                    throw new IOException("another process has locked " + aside);
                }
                return new DurableFile(whole, aside, channel);
            } catch (IOException | RuntimeException e) {
                channel.close();
                Files.deleteIfExists(aside);
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            WRITING.remove(aside);
            throw e;
        }
    }

    /** @throws FileAlreadyExistsException when it exists, a link to nowhere included */
    public static void writeNew(Path target, Access access, byte[] content) throws IOException {
        try (DurableFile file = create(target, access)) {
            file.write(content);
            file.publish();
        }
    }

    /** Replaces what has this name, in one step; a link is replaced, never followed. */
    public static void write(Path target, Access access, byte[] content) throws IOException {
        try (DurableFile file = create(target, access)) {
            file.write(content);
            file.replace();
        }
    }

    private void write(byte[] content) throws IOException {
        try {
            for (ByteBuffer rest = ByteBuffer.wrap(content); rest.hasRemaining(); ) {
                var _ = channel.write(rest);
            }
        } catch (IOException e) {
            // The platform doesn't say which file is on the disk that is full.
            throw new FileSystemException(target.toString(), null, FileProblem.why(e));
        }
    }

    public FileChannel channel() {
        return channel;
    }

    /** The file until it gets its name; for who removes it when the process is interrupted. */
    public Path aside() {
        return aside;
    }

    /**
     * Gives the file its name, durably.
     *
     * @throws FileAlreadyExistsException when something has that name by now
     */
    public void publish() throws IOException {
        channel.force(true);
        try {
            // Unlike a rename, a link never replaces what appeared meanwhile.
            Files.createLink(target, aside);
            Files.delete(aside);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (UnsupportedOperationException | FileSystemException e) {
            // A file system without hard links. An empty file of our own keeps the place; nobody else's is replaced.
            Files.createFile(target);
            Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        named();
    }

    /** Gives the file its name, durably, in place of what has it. */
    public void replace() throws IOException {
        channel.force(true);
        Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        named();
    }

    private void named() throws IOException {
        named = true;
        syncFolder(folder(target));
    }

    /** Removes the file unless it got its name. */
    @Override
    public void close() throws IOException {
        try {
            if (!named) {
                Files.deleteIfExists(aside);
            }
        } finally {
            channel.close();
            WRITING.remove(aside);
        }
    }

    /**
     * Creates a folder for its owner alone, and those above it that are missing; durably.
     *
     * @throws FileAlreadyExistsException when something else has its name, or the name of one above it
     */
    public static void createFolder(Path folder) throws IOException {
        Deque<Path> missing = new ArrayDeque<>();
        Path at = folder.toAbsolutePath();
        for (; at != null && !Files.isDirectory(at); at = at.getParent()) {
            missing.push(at);
        }
        for (Path next : missing) {
            try {
                Files.createDirectory(next, attributes("rwx------"));
            } catch (FileAlreadyExistsException e) {
                if (!Files.isDirectory(next)) {
                    throw e;
                }
            }
            syncFolder(folder(next));
        }
    }

    /** Makes the names in a folder durable. */
    public static void syncFolder(Path folder) throws IOException {
        if (POSIX) { // elsewhere a folder can't be opened, and names are durable by themselves or not at all
            try (FileChannel open = FileChannel.open(folder, StandardOpenOption.READ)) {
                open.force(true);
            }
        }
    }

    /** Makes a file's name durable. */
    public static void syncName(Path file) throws IOException {
        syncFolder(folder(file));
    }

    /** What others of this name left aside: those whose lock nobody holds, so that no live process writes them. */
    private static void removeLeftovers(Path target) throws IOException {
        String prefix = prefix(target);
        int length = prefix.length() + 2 * RANDOM_BYTES;
        try (DirectoryStream<Path> left = Files.newDirectoryStream(folder(target), path -> {
            String name = String.valueOf(path.getFileName());
            return name.length() == length && name.startsWith(prefix);
        })) {
            for (Path path : left) {
                if (!WRITING.contains(path) && Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                    removeUnlocked(path);
                }
            }
        }
    }

    private static void removeUnlocked(Path path) {
        try (FileChannel open = FileChannel.open(path, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (open.tryLock() != null) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | OverlappingFileLockException e) {
            // Another user's, or gone: it disturbs nobody.
        }
    }

    private static String prefix(Path target) {
        String name = String.valueOf(target.getFileName());
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        // A name may be as long as the file system takes; this one must fit beside it.
        return "." + (bytes.length <= LONGEST_NAME ? name : HexFormat.of().formatHex(Sha256.plain(bytes), 0, 8)) + MARK;
    }

    private static Path folder(Path target) throws IOException {
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null) {
            throw new IOException(target + " is in no folder");
        }
        return folder;
    }

    private static FileAttribute<?>[] attributes(String permissions) {
        return POSIX
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }
}
