package dev.interlock.node.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.NodeException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(240)
final class AuditLogTest {
    private final MemoryFile file = MemoryFile.empty();
    private final Logs.HandClock clock = new Logs.HandClock();

    /** By SPEC.md alone. */
    /** Whatever was written last, the log goes on after a crash: an event's name may have more words than one. */
    @Test
    void everyEventCanBeTheLast() {
        for (Event event : Event.values()) {
            Line line = Line.of(
                    Line.NOTHING_BEFORE, 7, 1_800_000_000_000L, Entry.of(event).with("name", "alice"));
            assertThat(Line.parse(line.text()).event()).isEqualTo(event);
        }
    }

    @Test
    void everyLineHashesTheOneBefore() throws Exception {
        byte[] before = new byte[32];
        List<String> lines = Logs.small().lines();
        assertThat(lines).hasSize(12);
        assertThat(lines.getFirst())
                .startsWith("1 2026-01-02T03:04:05.678Z CREATED format=interlock-log-1 node=cc1 role=provider"
                        + " key=ed25519:");
        assertThat(lines.get(3))
                .startsWith("4 2026-01-02T03:04:08.678Z STORED object=01000000000000000000000000000000 ");
        byte[] label = "interlock/v1/log-entry".getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            assertThat(line).startsWith((i + 1) + " ");
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update((byte) label.length);
            sha256.update(label);
            sha256.update(before);
            int end = line.lastIndexOf(' ');
            before = sha256.digest(line.substring(0, end).getBytes(StandardCharsets.US_ASCII));
            assertThat(line.substring(end + 1)).isEqualTo(HexFormat.of().formatHex(before));
        }
        assertThat(ByteBuffer.wrap(before).remaining()).isEqualTo(32);
    }

    @Test
    void goesOnAfterARestart() {
        try (AuditLog log = Logs.open(file, clock)) {
            log.append(Logs.stored(1));
        }
        try (AuditLog log = Logs.open(new MemoryFile(file.bytes()), clock)) {
            assertThat(log.head()).isEmpty();
        }
        try (AuditLog log = Logs.open(file, clock)) {
            log.append(Logs.stored(2));
            log.sign();
            assertThat(log.head().orElseThrow().signedSequence()).isEqualTo(3);
        }
        assertThat(file.events()).containsExactly("CREATED", "STORED", "STORED", "SIGNED");
    }

    @Test
    void onlyItsOwnNodeGoesOnWithALog() {
        Logs.open(file, clock).close();
        assertThatThrownBy(() -> AuditLog.open("the log", file, Logs.card(2), Logs.key(2), clock))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("cc1's");
    }

    @Test
    void aLogThatDoesNotHoldAtItsEndIsNotGoneOnWith() {
        byte[] changed = Logs.small().text().replace("object=07", "object=17").getBytes(StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> Logs.open(new MemoryFile(changed), clock))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("doesn't follow");
        for (String junk : new String[] {"\n", "x\n", "y".repeat(5000) + "\n"}) {
            assertThatThrownBy(() -> Logs.open(new MemoryFile(junk.getBytes(StandardCharsets.US_ASCII)), clock))
                    .isInstanceOf(BadInputException.class);
        }
    }

    @Test
    void aTornEndIsSetAside() {
        byte[] whole = Logs.small().bytes();
        String text = new String(whole, StandardCharsets.US_ASCII);
        int lastLine = text.lastIndexOf('\n', text.length() - 2) + 1;
        for (int cut = lastLine + 1; cut < whole.length; cut++) {
            MemoryFile torn = new MemoryFile(Arrays.copyOf(whole, cut));
            AuditLog log = Logs.open(torn, clock);
            log.sign();
            assertThat(torn.events()).endsWith("SIGNED", "RECOVERED", "SIGNED").hasSize(13);
            assertThat(torn.lines().get(11)).contains(" RECOVERED bytes=" + (cut - lastLine) + " ");
            assertThat(torn.aside()).isEqualTo(Arrays.copyOfRange(whole, lastLine, cut));
        }
        // At the end of a line nothing is torn.
        MemoryFile cut = new MemoryFile(Arrays.copyOf(whole, lastLine));
        Logs.open(cut, clock).close();
        assertThat(cut.lines()).hasSize(11);
    }

    @Test
    void aLongTornEndToo() {
        byte[] whole = Logs.small().bytes();
        MemoryFile torn = new MemoryFile(Arrays.copyOf(whole, whole.length + 5000));
        Logs.open(torn, clock).sign();
        assertThat(torn.aside()).isEqualTo(new byte[5000]);
        assertThat(torn.lines().get(12)).contains(" RECOVERED bytes=5000 ");
        MemoryFile nothingElse = new MemoryFile("1 2026".getBytes(StandardCharsets.US_ASCII));
        Logs.open(nothingElse, clock).sign();
        assertThat(nothingElse.events()).containsExactly("CREATED", "RECOVERED", "SIGNED");
    }

    @Test
    void whatComesFromOutsideStaysInItsField() {
        AuditLog log = Logs.open(file, clock);
        log.append(Entry.of(Event.REFUSED)
                .with("a", "x y=z\n3 2026-01-02T03:04:05.678Z\r\0\u0085\u2028é")
                .with("b", "w".repeat(100_000)));
        log.sign();
        Line line = file.checked().get(1);
        assertThat(line.field("a")).isEqualTo("x?y?z?3?2026-01-02T03:04:05.678Z?????");
        assertThat(line.field("b")).hasSize(128);
        assertThat(file.lines()).hasSize(3);
    }

    @Test
    void noEntryIsLongerThanALine() {
        Entry entry = Entry.of(Event.AUTHORISED);
        for (int i = 0; i < 6; i++) {
            entry = entry.with("longestname" + "abcdef".charAt(i), "x".repeat(1000));
        }
        Line line = Line.of(Line.NOTHING_BEFORE, Long.MAX_VALUE / 10, 0, entry);
        assertThat(line.bytes().length).isLessThanOrEqualTo(Line.MAX_BYTES);
        Entry full = entry;
        assertThatThrownBy(() -> full.with("one", "more")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void strangersCanNotFloodIt() {
        AuditLog log = Logs.open(file, clock);
        int told = 0;
        for (int second = 0; second < 600; second++) {
            for (int i = 0; i < 500; i++) {
                log.refused(Entry.of(Event.REFUSED).with("reason", "unsigned"), false);
            }
            if (second == 300) {
                // Nor hide what somebody does who was let in.
                log.refused(Entry.of(Event.REFUSED).object(Logs.object(7)).with("reason", "refused"), true);
            }
            clock.pass(Duration.ofSeconds(1));
            log.tick();
        }
        log.sign();
        long more = 0;
        for (Line line : file.checked()) {
            if (line.fields().containsKey("more")) {
                assertThat(line.field("from")).isEqualTo("strangers");
                more += Long.parseLong(line.field("more"));
            } else if ("unsigned".equals(line.fields().get("reason"))) {
                told++;
            }
        }
        assertThat(told).isBetween(600, 660);
        assertThat(told + more).isEqualTo(600 * 500);
        assertThat(file.lines()).hasSizeLessThan(700);
        assertThat(file.text()).contains(" REFUSED object=07");
    }

    @Test
    void signsAMinuteAfterNewsAndNotWithoutAny() {
        AuditLog log = Logs.open(file, clock);
        log.sign();
        for (int second = 0; second < 300; second++) {
            clock.pass(Duration.ofSeconds(1));
            log.tick();
        }
        assertThat(file.events()).containsExactly("CREATED", "SIGNED");
        log.append(Logs.stored(1));
        log.tick();
        log.append(Logs.stored(2));
        for (int second = 0; second < 59; second++) {
            clock.pass(Duration.ofSeconds(1));
            log.tick();
        }
        assertThat(file.events()).containsExactly("CREATED", "SIGNED", "STORED", "SIGNED", "STORED");
        clock.pass(Duration.ofSeconds(1));
        log.tick();
        assertThat(file.events()).endsWith("STORED", "SIGNED");
        // A clock that is set back a year doesn't stop the heads.
        log.append(Logs.stored(3));
        clock.pass(Duration.ofDays(-365));
        log.tick();
        assertThat(file.events()).endsWith("STORED", "SIGNED").hasSize(8);
    }

    @Test
    void entriesAreInTheFileAtOnceAndDurableWithTheNextTick() {
        AuditLog log = Logs.open(file, clock);
        log.tick();
        int before = file.forces();
        for (int i = 0; i < 100; i++) {
            log.append(Logs.stored(i));
        }
        assertThat(file.lines()).hasSize(101);
        assertThat(file.forces()).isEqualTo(before);
        log.tick();
        log.tick();
        assertThat(file.forces()).isEqualTo(before + 1);
        assertThat(file.forced()).isEqualTo(file.size());
        log.recordDurably(Entry.of(Event.DESTROYED).object(Logs.object(1)));
        assertThat(file.forced()).isEqualTo(file.size());
    }

    @Test
    void aFullDiskLetsNothingNewBeDoneAndLosesNothingThatWas() {
        AuditLog log = Logs.open(file, clock);
        log.sign();
        byte[] before = file.bytes();
        for (int room : new int[] {0, 1, 50, 100}) {
            file.room(room);
            assertThatThrownBy(() -> log.append(Logs.stored(1)))
                    .isInstanceOf(NodeException.class)
                    .hasMessageContainingAll("cc1 takes nothing new", "audit log", "No space left");
            // No part of a line is left for a reader to stumble over.
            assertThat(file.bytes()).isEqualTo(before);
        }
        log.recordDurably(Entry.of(Event.DESTROYED).object(Logs.object(2)));
        log.record(Entry.of(Event.FORGOTTEN).object(Logs.object(3)));
        log.refused(Entry.of(Event.REFUSED).with("reason", "unsigned"), false);
        log.sign();
        log.tick();
        assertThat(file.bytes()).isEqualTo(before);
        assertThat(log.failure()).hasValueSatisfying(why -> assertThat(why).contains("No space left"));
        file.room(Long.MAX_VALUE);
        log.append(Logs.stored(4));
        assertThat(log.failure()).isEmpty();
        log.sign();
        assertThat(file.events())
                .containsExactly("CREATED", "SIGNED", "DESTROYED", "FORGOTTEN", "STORED", "REFUSED", "SIGNED");
        assertThat(file.text()).contains(" REFUSED more=1 from=strangers ");
    }

    @Test
    void whatWasErasedOnAFullDiskIsWrittenAtOnce() {
        AuditLog log = Logs.open(file, clock);
        file.room(0);
        file.reserve(1000);
        assertThatThrownBy(() -> log.append(Logs.stored(1))).isInstanceOf(NodeException.class);
        log.record(Entry.of(Event.DESTROYED).object(Logs.object(2)));
        log.record(Entry.of(Event.DESTROYED).object(Logs.object(3)));
        assertThat(file.lines()).hasSize(3);
        assertThat(file.lines().subList(1, 3)).allMatch(line -> line.contains(" DESTROYED "));
    }

    @Test
    void aFullDiskDoesNotKeepANodeFromStarting() {
        byte[] whole = Logs.small().bytes();
        MemoryFile full = new MemoryFile(Arrays.copyOf(whole, whole.length - 5));
        full.room(-1000);
        AuditLog log = Logs.open(full, clock);
        log.record(Entry.of(Event.STARTED));
        log.sign();
        assertThat(log.failure()).isPresent();
        full.room(Long.MAX_VALUE);
        log.record(Entry.of(Event.DESTROYED).time("erased", 0));
        log.sign();
        assertThat(full.events()).endsWith("SIGNED", "RECOVERED", "STARTED", "DESTROYED", "SIGNED");
        assertThat(full.text()).contains(" DESTROYED erased=1970-01-01T00:00:00.000Z ");
    }

    @Test
    void aDiskThatCanNotBeForcedIsSaid() {
        AuditLog log = Logs.open(file, clock);
        log.append(Logs.stored(1));
        file.failForce(true);
        log.recordDurably(Entry.of(Event.DESTROYED).object(Logs.object(1)));
        assertThat(log.failure()).hasValueSatisfying(why -> assertThat(why).contains("Input/output error"));
        file.failForce(false);
        clock.pass(Duration.ofMinutes(1));
        log.tick();
        assertThat(log.failure()).isEmpty();
        assertThat(file.forced()).isEqualTo(file.size());
    }

    @Test
    void manyAtOnce(@TempDir Path dir) throws Exception {
        Path path = dir.resolve(AuditLog.FILE);
        int threads = 8;
        int each = 200;
        try (AuditLog log = AuditLog.open(path, Logs.card(1), Logs.key(1), Clock.systemUTC());
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Integer>> work = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                int number = thread;
                work.add(() -> {
                    for (int i = 0; i < each; i++) {
                        // An interrupt mustn't close the file.
                        if (i % 50 == 0) {
                            Thread.currentThread().interrupt();
                        }
                        log.append(Logs.stored(number));
                        if (i % 100 == 0) {
                            log.tick();
                        }
                    }
                    return number;
                });
            }
            for (Future<Integer> done : executor.invokeAll(work)) {
                Integer _ = done.get();
            }
            log.sign();
        }
        List<Line> lines = new ArrayList<>();
        LogCheck check = LogCheck.verify(path, Optional.empty(), lines::add);
        assertThat(check.entries()).isGreaterThanOrEqualTo(threads * each + 2);
        assertThat(check.unsigned()).isZero();
        for (int thread = 0; thread < threads; thread++) {
            String object = Logs.object(thread).toString();
            assertThat(lines)
                    .filteredOn(line -> object.equals(line.fields().get("object")))
                    .hasSize(each);
        }
    }

    @Test
    void onADiskItIsTheNodesAlone(@TempDir Path dir) throws Exception {
        Path path = dir.resolve(AuditLog.FILE);
        try (AuditLog log = AuditLog.open(path, Logs.card(1), Logs.key(1), clock)) {
            log.append(Logs.stored(1));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .isEqualTo("rw-------");
            assertThatThrownBy(() -> AuditLog.open(path, Logs.card(1), Logs.key(1), clock))
                    .isInstanceOf(BadInputException.class)
                    .hasMessageContaining("in use");
        }
        Files.write(path, Arrays.copyOf(Files.readAllBytes(path), (int) Files.size(path) - 3));
        try (AuditLog log = AuditLog.open(path, Logs.card(1), Logs.key(1), clock)) {
            log.sign();
            assertThatThrownBy(() -> {
                        log.close();
                        log.append(Logs.stored(2));
                    })
                    .isInstanceOf(NodeException.class);
        }
        assertThat(Files.size(dir.resolve("audit.log.torn"))).isPositive();
        assertThat(LogCheck.verify(path, Optional.empty(), line -> {}).recovered())
                .isEqualTo(1);
        assertThatThrownBy(() -> AuditLog.open(dir, Logs.card(1), Logs.key(1), clock))
                .isInstanceOf(BadInputException.class);
    }
}
