package dev.interlock.node.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.protocol.error.IntegrityException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nothing that is done to a log without its node's key, under its heads, goes unseen. */
@Timeout(240)
final class LogCheckTest {
    private static final MemoryFile SMALL = Logs.small();
    /** The last head; one entry follows. */
    private static final int LAST_HEAD = 11;

    private static byte[] bytes(List<String> lines) {
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    private static LogCheck check(byte[] log, Head... since) {
        return MemoryFile.check(log, Arrays.stream(since).findFirst(), new ArrayList<>());
    }

    private static void broken(byte[] log, int line, String why, Head... since) {
        assertThatThrownBy(() -> check(log, since))
                .isInstanceOf(IntegrityException.class)
                .hasMessageStartingWith("the log, line " + line + ": ")
                .hasMessageContaining(why);
    }

    /** The head on this line. */
    private static Head head(int line) {
        return Head.parse(SMALL.lines().get(line - 1));
    }

    /** What somebody without the key can do: new hashes all the way. */
    private static List<String> rechained(List<String> lines) {
        List<String> done = new ArrayList<>();
        byte[] before = Line.NOTHING_BEFORE;
        for (String text : lines) {
            Line old = Line.parse(text);
            Entry entry = Entry.of(old.event());
            for (var field : old.fields().entrySet()) {
                entry = entry.with(field.getKey(), field.getValue());
            }
            if (old.event() == Event.SIGNED) {
                entry = Entry.of(Event.SIGNED)
                        .with("head", HexFormat.of().formatHex(before))
                        .with("sig", old.field("sig"));
            }
            Line line = Line.of(before, done.size() + 1, old.time().toEpochMilli(), entry);
            before = line.hash();
            done.add(line.text());
        }
        return done;
    }

    private static List<String> edited(int line) {
        List<String> lines = new ArrayList<>(SMALL.lines());
        lines.set(
                line - 1, lines.get(line - 1).replace(" object=0", " object=f").replace("STARTED", "STOPPED"));
        return lines;
    }

    @Test
    void aWholeLogHolds() {
        LogCheck log = check(SMALL.bytes(), head(3));
        assertThat(log.node()).isEqualTo("cc1");
        assertThat(log.key()).isEqualTo(Logs.card(1).key());
        assertThat(log.entries()).isEqualTo(12);
        assertThat(log.first()).isEqualTo(Logs.START);
        assertThat(log.last()).isEqualTo(Logs.START.plusSeconds(21));
        assertThat(log.head().line().text()).isEqualTo(head(LAST_HEAD).line().text());
        assertThat(log.head().signedSequence()).isEqualTo(LAST_HEAD - 1);
        assertThat(log.unsigned()).isEqualTo(1);
        assertThat(log.steppedBack()).isZero();
        assertThat(log.recovered()).isZero();
    }

    @Test
    void everyChangedByteIsToldByItsLine() {
        byte[] log = SMALL.bytes();
        int line = 1;
        for (int at = 0; at < log.length; at++) {
            byte[] changed = log.clone();
            changed[at] ^= 1;
            int number = line;
            assertThatThrownBy(() -> check(changed))
                    .as("byte %d", at)
                    .isInstanceOf(IntegrityException.class)
                    .hasMessageStartingWith("the log, line " + number + ": ");
            line += log[at] == '\n' ? 1 : 0;
        }
    }

    @Test
    void everyLineTakenOutDoubledMovedOrPutIn() {
        List<String> lines = SMALL.lines();
        for (int i = 0; i < lines.size(); i++) {
            if (i < lines.size() - 1) {
                List<String> without = new ArrayList<>(lines);
                String _ = without.remove(i);
                broken(bytes(without), i + 1, "");
                List<String> swapped = new ArrayList<>(lines);
                Collections.swap(swapped, i, i + 1);
                broken(bytes(swapped), i + 1, "");
            }
            List<String> twice = new ArrayList<>(lines);
            twice.add(i, lines.get(i));
            broken(bytes(twice), i + 2, "it says that it is entry " + (i + 1));
            List<String> empty = new ArrayList<>(lines);
            empty.add(i, "");
            broken(bytes(empty), i + 1, "isn't written");
        }
    }

    @Test
    void aCutIsToldInALineAndAgainstAHeadThatWasKept() {
        byte[] log = SMALL.bytes();
        List<String> lines = SMALL.lines();
        int line = 0;
        for (int length = 0; length < log.length; length++) {
            byte[] cut = Arrays.copyOf(log, length);
            if (length > 0 && log[length - 1] != '\n') {
                broken(cut, line + 1, "in the middle");
                continue;
            }
            line += length == 0 ? 0 : 1;
            if (line < 3) {
                broken(cut, Math.max(1, line), line == 0 ? "empty" : "nothing in the log is signed");
            } else {
                // By itself it looks like a log of that time.
                assertThat(check(cut).entries()).isEqualTo(line);
                if (line < LAST_HEAD) {
                    broken(cut, line + 1, "it was cut off", head(LAST_HEAD));
                }
            }
        }
        assertThat(lines).hasSize(12);
    }

    @Test
    void anEditWithNewHashesAllTheWayBreaksAtTheNextHead() {
        for (int line = 2; line < LAST_HEAD; line++) {
            if (head(line, SMALL)) {
                continue;
            }
            int next = line;
            while (!head(next, SMALL)) {
                next++;
            }
            broken(bytes(rechained(edited(line))), next, "log head signature");
        }
        // What no head covers yet can be rewritten; but not once a head over it was kept.
        assertThat(check(bytes(rechained(edited(12)))).entries()).isEqualTo(12);
    }

    private static boolean head(int line, MemoryFile file) {
        return file.lines().get(line - 1).contains(" SIGNED ");
    }

    @Test
    void aLogWithoutItsHeadsIsNotSigned() {
        List<String> bare = SMALL.lines().stream()
                .filter(line -> !line.contains(" SIGNED "))
                .toList();
        broken(bytes(rechained(bare)), bare.size(), "nothing in the log is signed");
    }

    @Test
    void aLogContinuedFromAnOlderCopyIsToldByAKeptHead() {
        byte[] old = bytes(SMALL.lines().subList(0, 8));
        MemoryFile file = new MemoryFile(old);
        Logs.HandClock clock = new Logs.HandClock();
        clock.pass(Duration.ofHours(1));
        AuditLog log = Logs.open(file, clock);
        for (int i = 0; i < 10; i++) {
            log.append(Logs.stored(100 + i));
        }
        log.sign();
        assertThat(check(file.bytes()).entries()).isEqualTo(19);
        assertThat(check(file.bytes(), head(7)).entries()).isEqualTo(19);
        broken(file.bytes(), LAST_HEAD, "continued from an older copy", head(LAST_HEAD));
    }

    @Test
    void aNewLogInItsPlaceIsToldByAKeptHead() {
        MemoryFile file = MemoryFile.empty();
        Logs.HandClock clock = new Logs.HandClock();
        clock.pass(Duration.ofHours(1));
        AuditLog log = Logs.open(file, clock);
        log.sign();
        broken(file.bytes(), 3, "it was cut off", head(3));
        log.sign();
        broken(file.bytes(), 3, "rewritten", head(3));
    }

    @Test
    void aHeadOfAnotherNode() {
        MemoryFile file = MemoryFile.empty();
        AuditLog log = AuditLog.open("the log", file, Logs.card(2), Logs.key(2), new Logs.HandClock());
        log.sign();
        broken(file.bytes(), 1, "another node's", head(3));
        assertThatThrownBy(() -> log.head().orElseThrow().verify(Logs.card(1).key()))
                .isInstanceOf(BadSignatureException.class);
    }

    @Test
    void aHeadIsASignedLineAndNothingElse() {
        assertThat(Head.parse(" " + SMALL.lines().get(2) + "\n").signedSequence())
                .isEqualTo(2);
        head(3).verify(Logs.card(1).key());
        for (String other : new String[] {"", "head", SMALL.lines().get(1), SMALL.text()}) {
            assertThatThrownBy(() -> Head.parse(other)).isInstanceOf(MalformedException.class);
        }
        try (SigningKey key = Logs.key(1)) {
            Entry short1 = Entry.of(Event.SIGNED).with("head", "00").with("sig", "00");
            Head bad = new Head(Line.of(Line.NOTHING_BEFORE, 2, 0, short1));
            assertThatThrownBy(() -> bad.verify(key.verifyingKey())).isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void aLineThatIsTooLong() {
        List<String> lines = new ArrayList<>(SMALL.lines());
        lines.set(4, "x".repeat(1 << 20));
        broken(bytes(lines), 5, "longer than 1024 bytes");
        broken(new byte[1 << 20], 1, "longer than 1024 bytes");
    }

    @Test
    void otherFormsOfALine() {
        String line = SMALL.lines().get(3);
        for (String other : new String[] {
            line.replace("4 2026", "04 2026"),
            line.replace("2026-01-02", "2026-02-30"),
            line.replace("T03:04", "T24:04"),
            line.replace("STORED", "UNHEARD"),
            line.replace("STORED", "stored"),
            line.replace(" object=", "  object="),
            line.replace(" object=", " Object="),
            line.replace(" object=", " object=a object="),
            line.toUpperCase(Locale.ROOT),
            line + " ",
            line + "\r",
            "-" + line,
        }) {
            assertThatThrownBy(() -> Line.parse(other)).as(other).isInstanceOf(MalformedException.class);
        }
        assertThat(Line.parse(line).text()).isEqualTo(line);
    }

    @Test
    void aSecondBeginningAndAnotherVersion() {
        List<String> lines = new ArrayList<>(SMALL.lines());
        lines.set(3, lines.get(0));
        broken(bytes(rechained(lines)), 4, "created once");
        lines = new ArrayList<>(SMALL.lines());
        lines.set(0, lines.get(0).replace("log-1", "log-2"));
        broken(bytes(rechained(lines)), 1, "this version");
        broken(bytes(rechained(SMALL.lines().subList(1, 12))), 1, "this version");
    }

    @Test
    void clocksThatWereSetBackAreCounted() {
        MemoryFile file = MemoryFile.empty();
        Logs.HandClock clock = new Logs.HandClock();
        AuditLog log = Logs.open(file, clock);
        clock.pass(Duration.ofHours(-1));
        log.append(Logs.stored(1));
        log.sign();
        assertThat(check(file.bytes()).steppedBack()).isEqualTo(1);
        assertThat(Optional.of(check(file.bytes()).unsigned())).contains(0L);
    }
}
