package dev.interlock.app;

import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where a demo keeps its ring and its files.
 *
 * @param made whether the demo made the folder itself, and so may take it away again
 */
record DemoFolder(Path path, boolean made) {
    static final String SMALL = "small.txt";
    static final String LARGE = "jdk-files";
    static final String COPY = "copy";
    private static final String RING = "ring";

    /**
     * @param dir a new or empty folder; null for a temporary one
     * @throws BadInputException where something is in the folder already
     */
    static DemoFolder create(@Nullable Path dir) throws IOException {
        if (dir == null) {
            return new DemoFolder(Files.createTempDirectory("interlock-demo-"), true);
        }
        if (!Files.exists(dir)) {
            return new DemoFolder(Files.createDirectories(dir), true);
        }
        if (!Files.isDirectory(dir)) {
            throw new BadInputException(dir + " is no folder");
        }
        try (Stream<Path> found = Files.list(dir)) {
            if (found.findAny().isPresent()) {
                throw new BadInputException(
                        dir + " isn't empty. The demo deletes its folder at the end: give it a new or an empty one");
            }
        }
        return new DemoFolder(dir, false);
    }

    Path ring() {
        return path.resolve(RING);
    }

    /** Deletes what the demo made, and nothing else. */
    void delete() throws IOException {
        for (String file : List.of(SMALL, LARGE, COPY)) {
            Files.deleteIfExists(path.resolve(file));
        }
        if (Files.isDirectory(ring())) {
            deleteTree(ring());
        }
        if (made) {
            try {
                Files.deleteIfExists(path);
            } catch (DirectoryNotEmptyException e) {
                // Somebody else keeps something here.
            }
        }
    }

    /** For the end of the process, which nothing may keep. */
    void deleteQuietly() {
        try {
            delete();
        } catch (IOException e) {
            System.err.println("interlock: " + path + " stays: " + e.getMessage());
        }
    }

    /** For the end of a process that made the folder and all in it. */
    static void deleteTreeQuietly(Path top) {
        try {
            deleteTree(top);
        } catch (IOException e) {
            System.err.println("interlock: " + top + " stays: " + e.getMessage());
        }
    }

    private static void deleteTree(Path top) throws IOException {
        Files.walkFileTree(top, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.deleteIfExists(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
