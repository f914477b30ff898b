package dev.interlock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What happened is said where it happens; how to act on it in a shell is said by the command alone. */
final class WordingTest {
    private static final Pattern COMMAND_LINE =
            Pattern.compile("\"[^\"]*(`interlock |`put |`get |(?<![a-z-])--[a-z]{2})[^\"]*\"");
    /** A JVM's flag, and not this command's. */
    private static final List<String> NOT_OURS = List.of("--add-modules", "--enable-native-access");

    @Test
    void belowTheCommandNobodyNamesIt() throws IOException {
        Path root =
                Path.of(System.getProperty("basedir", "app")).toAbsolutePath().getParent();
        for (String module : List.of("core", "protocol", "wire", "node", "client", "audit")) {
            try (Stream<Path> sources = Files.walk(root.resolve(module).resolve("src/main/java"))) {
                for (Path source : sources.filter(file -> file.toString().endsWith(".java"))
                        .toList()) {
                    assertThat(Files.readAllLines(source))
                            .as(source.toString())
                            .filteredOn(line -> COMMAND_LINE.matcher(line).find()
                                    && NOT_OURS.stream().noneMatch(line::contains))
                            .isEmpty();
                }
            }
        }
    }
}
