package dev.interlock.protocol.vectors;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The files of testvectors/: made by this, read by every implementation. */
final class VectorsTest {
    private static final String COMMAND =
            "./mvnw test -pl core,protocol -Dtest=VectorsTest -Dsurefire.failIfNoSpecifiedTests=false -Dvectors.write=true";
    private static final Path FOLDER = Path.of("..", "testvectors");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private static final List<Suite> SUITES = Suites.all();

    static List<Suite> suites() {
        return SUITES;
    }

    private static Path file(Suite suite) {
        return FOLDER.resolve(suite.name + ".json");
    }

    @BeforeAll
    static void writeWhereThatIsAsked() throws IOException {
        if (Boolean.getBoolean("vectors.write")) {
            for (Suite suite : SUITES) {
                Files.write(file(suite), suite.file());
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("suites")
    void theFileIsWhatTheCodeMakes(Suite suite) throws IOException {
        // Not by assertThat on the bytes: a difference would print both.
        byte[] file = Files.exists(file(suite)) ? Files.readAllBytes(file(suite)) : new byte[0];
        assertThat(Arrays.mismatch(file, suite.file()))
                .as("testvectors/%s.json differs from this byte on. To write it anew: %s", suite.name, COMMAND)
                .isEqualTo(-1);
    }

    /** By the committed files alone: what any other implementation does with them. */
    @TestFactory
    Stream<DynamicTest> everyVectorHolds() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files
                    .filter(file -> file.toString().endsWith(".json") && !file.endsWith("schema.json"))
                    .sorted()
                    .toList()
                    .stream()
                    .flatMap(VectorsTest::vectors);
        }
    }

    private static Stream<DynamicTest> vectors(Path path) {
        JsonNode file;
        try {
            file = MAPPER.readTree(path.toFile());
        } catch (IOException e) {
            throw new IllegalStateException("testvectors/" + path.getFileName() + " can't be read", e);
        }
        assertThat(file.get("format").textValue()).isEqualTo(Suite.FORMAT);
        return new Value(file).objects("vectors").stream().map(vector -> {
            String name = file.get("suite").textValue() + " / " + vector.text("id");
            return DynamicTest.dynamicTest(
                    name,
                    () -> assertThat(Product.of(vector.text("kind"), vector.object("inputs"))
                                    .json
                                    .toString())
                            .as(name)
                            .isEqualTo(vector.json().get("expected").toString()));
        });
    }

    @Test
    void everySuiteHasItsFile() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            assertThat(files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".json") && !name.equals("schema.json")))
                    .containsExactlyInAnyOrderElementsOf(
                            SUITES.stream().map(suite -> suite.name + ".json").toList());
        }
    }
}
