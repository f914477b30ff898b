package dev.interlock.app;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * An output file that is there whole or not at all: written aside in the same folder, made durable, then given its name.
 * What a killed process left aside, the next get of the same name removes.
 *
 * <p>A file that is replaced stays what it was but for its content: a symbolic link still leads to it, and mode, owner and
 * hard links are kept. Where they can't be given to a new file, the content is copied into the old one.
 */
final class OutputFile implements AutoCloseable {
    private static final int MAX_LINKS = 40;

    private final Path target;
    private final Path aside;
    private final boolean force;
    private final FileChannel channel;
    private final Thread cleaner;
    private boolean published;

    private OutputFile(Path target, Path aside, boolean force, FileChannel channel) {
        this.target = target;
        this.aside = aside;
        this.force = force;
        this.channel = channel;
        // An interrupted command leaves nothing behind either.
        this.cleaner = Thread.ofPlatform().unstarted(() -> {
            try {
                Files.deleteIfExists(aside);
            } catch (IOException e) {
                // The next get removes it.
            }
        });
        Runtime.getRuntime().addShutdownHook(cleaner);
        Visit.current().ifPresent(visit -> visit.aside(aside));
    }

    /** For a command that needs no files of its own. */
    static OutputFile create(Path named, boolean force) throws IOException {
        return create(named, force, List.of());
    }

    /**
     * @param named where to; links are followed
     * @param needed what the command itself needs: never replaced, not even by force
     * @throws BadInputException when the target exists and isn't to be replaced, or can't be written
     */
    static OutputFile create(Path named, boolean force, Collection<Path> needed) throws IOException {
        Path target = resolve(named);
        refuse(named, target, force, needed);
        Path folder = Visit.absolute(target).getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new BadInputException("there's no folder " + folder + " to write to");
        }
        Path aside = folder.resolve(asideName(target));
        FileChannel channel = openAside(named, aside);
        // One get a name: a live one holds the lock, a killed one left only bytes.
        if (channel.tryLock() == null) {
            channel.close();
            throw new BadInputException("another get is writing " + named + " now");
        }
        channel.truncate(0);
        return new OutputFile(target, aside, force, channel);
    }

    private static FileChannel openAside(Path named, Path aside) {
        try {
            return FileChannel.open(
                    aside,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (IOException e) {
            throw new BadInputException("can't write " + named + ": in its folder " + aside.getParent()
                    + " no file can be" + " made (" + FileProblem.why(e) + ")");
        }
    }

    /** Of one length whatever the target's: a name may be as long as the file system takes. */
    private static String asideName(Path target) {
        byte[] name = String.valueOf(target.getFileName()).getBytes(StandardCharsets.UTF_8);
        return ".interlock-" + HexFormat.of().formatHex(Arrays.copyOf(Sha256.plain(name), 8)) + ".part";
    }

    /** Where symbolic links lead to, whether there's a file or not. */
    private static Path resolve(Path named) throws IOException {
        Path at = named;
        for (int links = 0; Files.isSymbolicLink(at); links++) {
            if (links == MAX_LINKS) {
                throw new BadInputException(named + " can't be written: its links go in a circle");
            }
            at = at.resolveSibling(Files.readSymbolicLink(at));
        }
        return at;
    }

    private static void refuse(Path named, Path target, boolean force, Collection<Path> needed) throws IOException {
        if (named.toString().isEmpty() || target.getFileName() == null) {
            throw new BadInputException("\"" + named + "\" is no name of a file");
        }
        if (Files.isDirectory(target)) {
            throw new BadInputException(named + " is a folder; name a file in it");
        }
        if (!Files.exists(target)) {
            return;
        }
        if (!Files.isRegularFile(target)) {
            // Giving the finished file this name would replace the device or pipe itself.
            throw new BadInputException(
                    named + " is no regular file; -o - writes to standard output, wherever that goes");
        }
        for (Path file : needed) {
            if (Files.exists(file) && Files.isSameFile(file, target)) {
                throw new BadInputException(
                        named + " is a file that this command itself needs; it isn't replaced: give another name");
            }
        }
        if (!force) {
            throw exists(named);
        }
    }

    private static BadInputException exists(Path target) {
        return new BadInputException(target + " exists; give --force to replace it, or another name");
    }

    /** Takes the content. Its failures name the file. */
    SeekableByteChannel channel() {
        return new Named();
    }

    private final class Named implements SeekableByteChannel {
        @Override
        public int write(ByteBuffer from) throws IOException {
            try {
                return channel.write(from);
            } catch (IOException e) {
                throw new FileSystemException(target.toString(), null, FileProblem.why(e));
            }
        }

        @Override
        public int read(ByteBuffer to) throws IOException {
            return channel.read(to);
        }

        @Override
        public long position() throws IOException {
            return channel.position();
        }

        @Override
        public SeekableByteChannel position(long position) throws IOException {
            channel.position(position);
            return this;
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public SeekableByteChannel truncate(long size) throws IOException {
            channel.truncate(size);
            return this;
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** All that the file is to hold, and publishes it. */
    void publish(byte[] content) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(content);
        while (rest.hasRemaining()) {
            var _ = channel.write(rest);
        }
        publish();
    }

    /** Gives the finished file its name, durably. */
    void publish() throws IOException {
        try {
            channel.force(true);
            if (force && Files.exists(target)) {
                replace();
            } else {
                name();
            }
            DurableFile.syncName(Visit.absolute(target));
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            throw new FileSystemException(target.toString(), null, FileProblem.why(e));
        }
        published = true;
    }

    private void name() throws IOException {
        try {
            // Unlike a rename, a link never replaces a file that appeared meanwhile.
            Files.createLink(target, aside);
            Files.delete(aside);
        } catch (FileAlreadyExistsException e) {
            throw exists(target);
        } catch (UnsupportedOperationException | FileSystemException e) {
            // A file system without hard links. An empty file of our own keeps the place; nobody else's is replaced.
            try {
                Files.createFile(target);
            } catch (FileAlreadyExistsException taken) {
                throw exists(target);
            }
            Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private void replace() throws IOException {
        if (hasOneName() && looksAlike()) {
            Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } else {
            copyInto();
        }
    }

    private boolean hasOneName() throws IOException {
        return !(Files.getAttribute(target, "unix:nlink") instanceof Integer links) || links == 1;
    }

    /** Gives the new file the old one's owner, group and mode. @return false where the system doesn't let us */
    private boolean looksAlike() throws IOException {
        PosixFileAttributes old = Files.readAttributes(target, PosixFileAttributes.class);
        PosixFileAttributeView mine = Files.getFileAttributeView(aside, PosixFileAttributeView.class);
        try {
            if (!mine.getOwner().equals(old.owner())) {
                mine.setOwner(old.owner());
            }
            if (!mine.readAttributes().group().equals(old.group())) {
                mine.setGroup(old.group());
            }
            mine.setPermissions(old.permissions());
            return true;
        } catch (FileSystemException e) {
            return false;
        }
    }

    private void copyInto() throws IOException {
        try (FileChannel from = FileChannel.open(aside, StandardOpenOption.READ);
                FileChannel to = FileChannel.open(target, StandardOpenOption.WRITE)) {
            long length = from.size();
            if (Files.getFileStore(target).getUsableSpace() < length - to.size()) {
                // Before the old content is touched.
                throw new FileSystemException(target.toString(), null, "No space left on device");
            }
            for (long at = 0; at < length; ) {
                at += from.transferTo(at, length - at, to);
            }
            to.truncate(length);
            to.force(true);
        }
        Files.delete(aside);
    }

    @Override
    public void close() throws IOException {
        try {
            if (!published) {
                Files.deleteIfExists(aside);
            }
            Visit.current().ifPresent(visit -> visit.kept(aside));
            Runtime.getRuntime().removeShutdownHook(cleaner);
        } catch (IllegalStateException e) {
            // Shutting down: the hook does it.
        } finally {
            channel.close();
        }
    }
}
