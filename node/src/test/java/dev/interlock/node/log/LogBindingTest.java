package dev.interlock.node.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.protocol.error.IntegrityException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three processes of a node: what is done to the log of one is named by those of the others, though each of them holds by itself. */
@Timeout(240)
final class LogBindingTest {
    @TempDir
    private Path dir;

    private final Logs.HandClock clock = new Logs.HandClock();
    private final NavigableMap<Integer, Path> logs = new TreeMap<>();

    /** Rounds of work, after each of which each process notes the others' heads. */
    @BeforeEach
    void write() {
        for (int process = 1; process <= 3; process++) {
            logs.put(process, dir.resolve("process-" + process));
        }
        goOn(4);
    }

    private AuditLog open(int process) {
        return AuditLog.open(logs.get(process), Logs.card(1), Logs.key(1), clock);
    }

    private void goOn(int rounds) {
        for (int round = 0; round < rounds; round++) {
            for (int process : logs.keySet()) {
                try (AuditLog log = open(process)) {
                    log.append(Logs.stored(round));
                    log.append(Logs.stored(round + 100));
                    log.sign();
                }
                clock.pass(Duration.ofSeconds(7));
            }
            for (int process : logs.keySet()) {
                try (AuditLog log = open(process)) {
                    for (int other : logs.keySet()) {
                        if (other != process) {
                            Head head = head(other);
                            log.record(Entry.of(Event.BOUND)
                                    .with("process", other)
                                    .with("entry", head.line().sequence())
                                    .with(
                                            "hash",
                                            HexFormat.of().formatHex(head.line().hash())));
                        }
                    }
                    log.sign();
                }
            }
        }
    }

    private Head head(int process) {
        try {
            return LogCheck.verify(logs.get(process), Optional.empty(), _ -> {}).head();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<String> lines(int process) throws IOException {
        return Files.readAllLines(logs.get(process));
    }

    /** Cuts a log at its last head but so many, so that it ends as one does whose node has stopped. */
    private void cut(int process, int heads) throws IOException {
        List<String> lines = lines(process);
        int end = lines.size();
        for (int left = heads + 1; left > 0; ) {
            end--;
            if (Line.parse(lines.get(end)).event() == Event.SIGNED) {
                left--;
            }
        }
        Files.write(logs.get(process), lines.subList(0, end + 1));
    }

    private void assertNamed(String... what) {
        for (Path log : logs.values()) {
            if (Files.exists(log)) {
                assertThat(log).satisfies(each -> LogCheck.verify(each, Optional.empty(), _ -> {}));
            }
        }
        assertThatThrownBy(() -> LogBinding.verify(logs))
                .isInstanceOf(IntegrityException.class)
                .hasMessageContainingAll(what);
    }

    @Test
    void whatNobodyTouchedHolds() throws IOException {
        assertThat(LogBinding.verify(logs)).isEqualTo(4 * 6);
    }

    @Test
    void aTailThatIsCutOffIsMissed() throws IOException {
        for (int process : logs.keySet()) {
            List<String> whole = lines(process);
            // What nobody has noted yet may go: the notes of the last round came after all that they say.
            cut(process, 2);
            assertNamed("the log of process " + process + " had ", "lines then, and ends before");
            Files.write(logs.get(process), whole);
        }
        assertThat(LogBinding.verify(logs)).isEqualTo(4 * 6);
    }

    /** It goes on from an older copy, by a node that has the key, until it is longer than it was. */
    @Test
    void oneThatWasRolledBackIsNamed() throws IOException {
        cut(2, 5);
        int before = lines(2).size();
        goOn(3);
        assertThat(lines(2)).hasSizeGreaterThan(before);
        assertNamed(logs.get(2).toString(), " was another one then: it was rewritten, or continued from an older copy");
    }

    @Test
    void oneThatIsGoneIsNamed() throws IOException {
        Files.delete(logs.get(3));
        logs.remove(3);
        assertNamed("the log of process 3 had ", "is gone");
    }

    /** All of them rolled back to one moment hold: only a head that was kept elsewhere tells. */
    @Test
    void allRolledBackTogetherHold() throws IOException {
        List<List<String>> then = List.of(lines(1), lines(2), lines(3));
        goOn(2);
        for (int process : logs.keySet()) {
            Files.write(logs.get(process), then.get(process - 1));
        }
        assertThat(LogBinding.verify(logs)).isEqualTo(4 * 6);
    }

    /** Of a process that came last, before the others looked at it. */
    @Test
    void aLogThatNobodyHasNotedYetHolds() throws IOException {
        long before = LogBinding.verify(logs);
        logs.put(4, dir.resolve("process-4"));
        try (AuditLog log = open(4)) {
            log.append(Logs.stored(0));
            log.sign();
        }
        assertThat(LogBinding.verify(logs)).isEqualTo(before);
    }
}
