package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The pages of docs/sessions, walked at a terminal against a ring of real processes. */
@Timeout(900)
@Tag("long")
final class SessionsIT {
    @TempDir
    private static Path dir;

    private static final Pattern ID = Pattern.compile("\"object\" : \"([0-9a-f]{32})\"");

    private static ProcessRing ring;
    private static Path bin;

    @BeforeAll
    static void start() throws IOException {
        ring = ProcessRing.startSmall(dir.resolve("my-ring"), 2, 4);
        bin = Files.createDirectory(dir.resolve("bin"));
        Path command = bin.resolve("interlock");
        Files.writeString(
                command,
                "#!/bin/sh\nexec "
                        + ring.cli().command().stream()
                                .map(word -> "'" + word + "'")
                                .collect(Collectors.joining(" "))
                        + " \"$@\"\n");
        Files.setPosixFilePermissions(command, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    static List<Path> pages() throws IOException {
        Path module = Path.of(System.getProperty("basedir", "app")).toAbsolutePath();
        try (Stream<Path> pages = Files.list(module.resolveSibling("docs").resolve("sessions"))) {
            List<Path> found = pages.filter(page -> page.toString().endsWith(".md"))
                    .sorted()
                    .toList();
            assertThat(found).isNotEmpty();
            return found;
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyLineIsAsThePageHasIt(Path page) throws IOException {
        Path cwd =
                Files.createDirectory(dir.resolve(page.getFileName().toString().replace(".md", "")));
        ring.up();
        // Each page begins with nothing stored.
        Matcher stored = ID.matcher(ring.cli().run("ls", "--json").expect(0).text());
        while (stored.find()) {
            Cli.Result _ = ring.cli().run("destroy", stored.group(1)).expect(0);
        }
        Session.walk(
                page, cwd, Map.of("INTERLOCK_RING", ring.path().toString(), "PATH", bin + ":" + System.getenv("PATH")));
    }
}
