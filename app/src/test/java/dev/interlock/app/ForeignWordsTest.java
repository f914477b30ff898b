package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.message.Problem;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What others say can't forge a line of the log, nor give a terminal orders. */
final class ForeignWordsTest {
    private static final String FORGED = "x\n2026-11-29T00:00:00.000Z INFO  Gate all is well\u001b[2J\u009b1m\u202e";

    @Test
    void aMessageIsOneLineOfTheLog() {
        String log = logged(FORGED, null);
        assertThat(log.lines()).hasSize(1);
        assertThat(log.strip())
                .matches("\\p{Print}*")
                .contains("\\u000a2026-11-29")
                .contains("\\u001b[2J");
    }

    @Test
    void anExceptionsMessageBeginsNoLine() {
        String log = logged("failed", new IllegalStateException(FORGED, new IllegalArgumentException(FORGED)));
        assertThat(log.lines().skip(1)).isNotEmpty().allMatch(line -> line.startsWith("\t"));
        assertThat(log.chars().filter(c -> c != '\n' && c != '\t')).allMatch(c -> c >= ' ' && c < 0x7f);
    }

    @Test
    void aNodesAnswerGivesATerminalNoOrders() {
        byte[] answer = Json.write(Map.of(
                "kind",
                "integrity",
                "message",
                FORGED + "y".repeat(100_000),
                "node",
                FORGED,
                "culprits",
                List.of(FORGED, "cc2"),
                "waitSeconds",
                0));
        InterlockException said = Json.read("the answer", answer, Problem.class).toException("cc2");
        assertThat(said.explanation()).matches("[\\p{Print}…]*").hasSizeLessThan(3000);
        assertThat(((IntegrityException) said).culprits()).containsExactly("cc2");
    }

    @Test
    void tablesAndJsonAreNoOrdersEither() {
        PrintStream out = System.out;
        ByteArrayOutputStream caught = new ByteArrayOutputStream();
        System.setOut(new PrintStream(caught, true, StandardCharsets.UTF_8));
        try {
            Output.table(List.of(Map.of("name", FORGED)));
        } finally {
            System.setOut(out);
        }
        assertThat(caught.toString(StandardCharsets.UTF_8).lines())
                .hasSize(2)
                .allMatch(line -> line.matches("\\p{Print}*"));
        String json = Output.json(Map.of("name", FORGED));
        assertThat(json.lines()).hasSize(3).allMatch(line -> line.matches("\\p{Print}*"));
        // Still the same JSON.
        assertThat(Json.read("it", json.getBytes(StandardCharsets.UTF_8), Map.class))
                .isEqualTo(Map.of("name", FORGED));
    }

    @Test
    void nobodyFillsADiskByWhatIsLogged() {
        String log = logged("x".repeat(5000), null, 20_000);
        assertThat(log.lines().count()).isBetween(200L, 2000L);
        assertThat(log).hasSizeLessThan(5_000_000);
    }

    private static String logged(String message, Throwable thrown) {
        return logged(message, thrown, 1);
    }

    private static String logged(String message, Throwable thrown, int times) {
        PrintStream err = System.err;
        ByteArrayOutputStream caught = new ByteArrayOutputStream();
        System.setErr(new PrintStream(caught, true, StandardCharsets.UTF_8));
        LoggerContext context = new LoggerContext();
        try {
            context.setName("words");
            context.setMDCAdapter(new LogbackMDCAdapter());
            LogSetting setting = new LogSetting();
            setting.setContext(context);
            setting.log(context);
            context.getLogger("dev.interlock.Words").setLevel(Level.INFO);
            for (int i = 0; i < times; i++) {
                context.getLogger("dev.interlock.Words").info(message, thrown);
            }
        } finally {
            context.stop();
            System.setErr(err);
        }
        return caught.toString(StandardCharsets.UTF_8);
    }
}
