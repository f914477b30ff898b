package dev.interlock.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Looks for bytes in files. */
final class FileSearch {
    private FileSearch() {}

    /** All files under the folder in which these bytes occur. */
    static List<Path> filesWith(Path folder, byte[] bytes) {
        try (Stream<Path> files = Files.walk(folder)) {
            // One char a byte, so that a search for text finds bytes.
            String sought = new String(bytes, StandardCharsets.ISO_8859_1);
            return files.filter(Files::isRegularFile)
                    .filter(file -> read(file).contains(sought))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
