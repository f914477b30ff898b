package dev.interlock.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BenchTest {
    private final PrintStream stdout = System.out;
    private final PrintStream stderr = System.err;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final List<String> ran = new ArrayList<>();

    @TempDir
    private Path dir;

    @BeforeEach
    void capture() {
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setOut(stdout);
        System.setErr(stderr);
    }

    @Test
    void withoutANameAllSuitesRunInTurn() {
        assertThat(bench()).isZero();
        assertThat(ran).containsExactly("one", "two");
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("processors, load", "one quick: false", "two quick");
    }

    @Test
    void suitesByName() {
        assertThat(bench("two", "--quick")).isZero();
        assertThat(ran).containsExactly("two");
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("two quick: true");
    }

    @Test
    void wrongUsage() {
        assertThat(bench("three")).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("no suite is called three, there are one, two");
        assertThat(bench("--quik")).isEqualTo(2);
        assertThat(ran).isEmpty();
    }

    @Test
    void aFileThatCannotBeWrittenIsFoundOutFirst() {
        assertThat(bench("--json", dir.resolve("none/figures.json").toString())).isEqualTo(1);
        assertThat(ran).isEmpty();
    }

    @Test
    void figuresAndPlotsAsFiles() throws Exception {
        Path json = dir.resolve("figures.json");
        Path plots = dir.resolve("plots");
        assertThat(bench("--json", json.toString(), "--svg", plots.toString())).isZero();
        assertThat(json).content().contains("one quick: false");
        assertThat(Files.readString(plots.resolve("plot-of-one.svg"))).startsWith("<svg ");
    }

    @Test
    void aWrongResultEndsTheBench() {
        Suite wrong = suite("wrong", () -> {
            throw new WrongResultException("byte 7 is 0x00, expected 0x01");
        });
        assertThat(Bench.run(List.of(wrong, suite("after", () -> {})))).isEqualTo(4);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("WRONG RESULT: byte 7 is 0x00, expected 0x01");
        assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(ran).containsExactly("wrong");
    }

    @Test
    void aSuiteThatFails() {
        assertThat(Bench.run(List.of(suite("broken", () -> {
                    throw new IllegalStateException("no port is free");
                }))))
                .isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("no port is free");
    }

    @Test
    void whatWasMeasuredBeforeAFailureIsPrinted() {
        Suite broken = suite("broken", () -> {
            throw new IllegalStateException("no port is free");
        });
        assertThat(Bench.run(List.of(suite("one", () -> {}), broken))).isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("one quick: false");
    }

    private int bench(String... args) {
        return Bench.run(List.of(suite("one", () -> {}), suite("two", () -> {})), args);
    }

    private Suite suite(String name, Runnable work) {
        return new Suite() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public void run(Options options, Report report) {
                ran.add(name);
                work.run();
                report.note(name, name + " quick: " + options.quick());
                report.point("plot-of-" + name, "x", "y", "line", 1, 1);
            }
        };
    }
}
