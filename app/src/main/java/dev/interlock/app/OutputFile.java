package dev.interlock.app;

import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * An output file that is there whole or not at all: written aside in the same folder, made durable, then given its name.
 * What a killed process left aside, the next get of the same name removes.
 */
final class OutputFile implements AutoCloseable {
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
    }

    /** @throws BadInputException when the target exists and isn't to be replaced, or can't be written */
    static OutputFile create(Path target, boolean force) throws IOException {
        if (Files.isDirectory(target)) {
            throw new BadInputException(target + " is a folder; name a file in it");
        }
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            // Giving the finished file this name would replace the device or pipe itself.
            throw new BadInputException(
                    target + " is no regular file; -o - writes to standard output, wherever that goes");
        }
        if (Files.exists(target) && !force) {
            throw exists(target);
        }
        Path folder = target.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new BadInputException("there's no folder " + folder + " to write to");
        }
        Path aside = folder.resolve("." + target.getFileName() + ".interlock-part");
        FileChannel channel = FileChannel.open(
                aside,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        // One get a name: a live one holds the lock, a killed one left only bytes.
        if (channel.tryLock() == null) {
            channel.close();
            throw new BadInputException("another get is writing " + target + " now");
        }
        channel.truncate(0);
        return new OutputFile(target, aside, force, channel);
    }

    private static BadInputException exists(Path target) {
        return new BadInputException(target + " exists; give --force to replace it, or another name");
    }

    WritableByteChannel channel() {
        return channel;
    }

    /** Gives the finished file its name. */
    void publish() throws IOException {
        channel.force(true);
        if (force) {
            Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } else {
            try {
                // Unlike a rename, a link never replaces a file that appeared meanwhile.
                Files.createLink(target, aside);
                Files.delete(aside);
            } catch (FileAlreadyExistsException e) {
                throw exists(target);
            } catch (UnsupportedOperationException e) {
                Files.move(aside, target);
            }
        }
        published = true;
    }

    @Override
    public void close() throws IOException {
        try {
            if (!published) {
                Files.deleteIfExists(aside);
            }
            Runtime.getRuntime().removeShutdownHook(cleaner);
        } catch (IllegalStateException e) {
            // Shutting down: the hook does it.
        } finally {
            channel.close();
        }
    }
}
