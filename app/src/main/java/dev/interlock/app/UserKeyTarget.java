package dev.interlock.app;

import dev.interlock.client.UserKeyOutput;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The new file for a put's user key, where it makes one: there whole or not at all, like what a get writes. */
final class UserKeyTarget implements UserKeyOutput, AutoCloseable {
    private final Path path;
    private final Optional<OutputFile> file;
    private boolean published;

    private UserKeyTarget(Path path, Optional<OutputFile> file) {
        this.path = path;
        this.file = file;
    }

    /** @param path empty where the put makes no user key */
    static UserKeyTarget create(Optional<Path> path) throws IOException {
        // Never by force: what a user key replaced could open nothing any more.
        return path.isPresent()
                ? new UserKeyTarget(path.get(), Optional.of(OutputFile.create(path.get(), false)))
                : new UserKeyTarget(Path.of(""), Optional.empty());
    }

    Optional<UserKeyOutput> output() {
        return file.map(_ -> this);
    }

    @Override
    public WritableByteChannel channel() {
        return file.orElseThrow().channel();
    }

    @Override
    public void publish() throws IOException {
        file.orElseThrow().publish();
        published = true;
    }

    @Override
    public void discard() throws IOException {
        if (published) {
            Files.deleteIfExists(path);
        }
    }

    @Override
    public void close() throws IOException {
        if (file.isPresent()) {
            file.get().close();
        }
    }
}
