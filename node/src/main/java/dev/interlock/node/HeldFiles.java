package dev.interlock.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files that a running node holds open: whether they are still where they were. What is written into a file that was
 * moved, replaced or cut goes elsewhere, and nobody would notice before the next start.
 */
final class HeldFiles {
    private static final Logger log = LoggerFactory.getLogger(HeldFiles.class);

    private final String node;
    private final List<Held> files = new ArrayList<>();
    private volatile Optional<String> problem = Optional.empty();

    /** A file as it was last seen, which only grows. */
    private static final class Held {
        private final Path path;
        private final @Nullable Object key;
        private long bytes;

        private Held(Path path, BasicFileAttributes attributes) {
            this.path = path;
            this.key = attributes.fileKey();
            this.bytes = attributes.size();
        }
    }

    /** @param files open now; those that aren't there aren't held */
    HeldFiles(String node, List<Path> files) {
        this.node = node;
        for (Path path : files) {
            try {
                this.files.add(new Held(path, Files.readAttributes(path, BasicFileAttributes.class)));
            } catch (IOException e) {
                // A node of another kind has no such file.
            }
        }
    }

    /** To be called from time to time: says in the log when it begins and when it is over. */
    void check() {
        Optional<String> now = files.stream()
                .flatMap(held -> changed(held).stream())
                .findFirst()
                .map(what -> what
                        + " while the node runs: what it writes there is lost at its next start. Put the file back, or"
                        + " stop the node and start it with the files as they should be");
        if (now.isPresent() && !now.equals(problem)) {
            log.error("{}: {}", node, now.get());
        } else if (now.isEmpty() && problem.isPresent()) {
            log.info("{} has its files again", node);
        }
        problem = now;
    }

    /** What is wrong now, for {@code /health}. */
    Optional<String> problem() {
        return problem;
    }

    private static Optional<String> changed(Held held) {
        try {
            BasicFileAttributes now = Files.readAttributes(held.path, BasicFileAttributes.class);
            if (!Objects.equals(now.fileKey(), held.key)) {
                return Optional.of(held.path + " was replaced");
            }
            if (now.size() < held.bytes) {
                return Optional.of(held.path + " was cut off");
            }
            held.bytes = now.size();
            return Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.of(held.path + " was moved or removed");
        } catch (IOException e) {
            return Optional.of(held.path + " became unreadable");
        }
    }
}
