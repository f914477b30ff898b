package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.client.Estimate;
import dev.interlock.client.Fetched;
import dev.interlock.client.GetOptions;
import dev.interlock.client.Interlock;
import dev.interlock.client.ProviderRecord;
import dev.interlock.client.ProviderRecord.Seen;
import dev.interlock.client.ProviderRecord.Standing;
import dev.interlock.client.RecordFile;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.token.Token;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.Blinding;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which providers a get goes to, and what it does about one that hangs. */
@Timeout(240)
final class ChoiceTest {
    private static final Clock CLOCK = Clock.systemUTC();
    private static final Hang NONE = new Hang("", new CountDownLatch(0));
    private static final AtomicReference<Hang> HANG = new AtomicReference<>(NONE);
    private static final Estimate QUICK = new Estimate(1, 0, 100);
    /** So uncertain that nothing is late before it stalls. */
    private static final Estimate PATIENT = new Estimate(1, 60_000, 100);

    @TempDir
    private static Path dir;

    private static TestRing ring;
    private static byte[] secret;
    private static Token token;
    /** The first home of the object. */
    private static String victim;

    private static List<String> others;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 3, 5, TestRing.PATIENT);
        // Two chunks.
        secret = TestRing.random((1 << 20) + 5);
        token = ring.put(secret);
        victim = ring.route(token).getFirst();
        others = ring.providers().stream().filter(name -> !name.equals(victim)).toList();
        ring.stop(victim);
        ring.startProvider(victim, store -> hanging(Store.class, store), FieldKernels.chosen());
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    /** In which these are known as quick, in this order, and the others as liars. */
    private static ProviderRecord known(Estimate pass, String... names) {
        Map<String, Seen> seen = new HashMap<>();
        long now = CLOCK.millis();
        ring.providers().forEach(name -> seen.put(name, new Seen(100, 0, 1, QUICK, now, 0, 0, now)));
        for (int i = 0; i < names.length; i++) {
            seen.put(names[i], new Seen(100, 0, 0, new Estimate(1 + i, 60_000, 100), now, 0, 0, 0));
        }
        return new ProviderRecord(new ProviderRecord.State(pass, seen), CLOCK);
    }

    private static Fetched get(ProviderRecord record, GetOptions.Way way) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        GetOptions options = new GetOptions(List.of(), Blinding.EXPANDED, Optional.empty(), Optional.empty(), way);
        List<Long> written = new ArrayList<>();
        try (Interlock interlock =
                Interlock.open(ring.descriptor(), ring.credential("credential"), ring.deadlines(), record)) {
            Fetched fetched = interlock.get(token.object(), Channels.newChannel(out), options, _ -> {}, written::add);
            assertThat(out.toByteArray()).isEqualTo(secret);
            assertThat(written).containsExactly(1L << 20, 5L);
            return fetched;
        }
    }

    /** What comes back from a method of this name only once the latch is down. */
    private record Hang(String method, CountDownLatch latch) {}

    private static <T> T hanging(Class<T> type, T honest) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (_, called, arguments) -> {
                    Hang now = HANG.get();
                    if (called.getName().equals(now.method)) {
                        now.latch.await();
                    }
                    try {
                        Object result = called.invoke(honest, arguments);
                        return result instanceof Blob blob ? hanging(Blob.class, blob) : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    /** A get with a victim that is preferred, and hangs all the while. */
    private static Fetched besideAHangingVictim(String method, ProviderRecord record) throws Exception {
        Hang hang = new Hang(method, new CountDownLatch(1));
        HANG.set(hang);
        try {
            return get(record, GetOptions.Way.RING);
        } finally {
            HANG.set(NONE);
            hang.latch.countDown();
        }
    }

    @Test
    void thoseWithTheBestRecordServe() throws Exception {
        for (List<String> best : List.of(List.of("cc4", "cc2", "cc5"), List.of("cc1", "cc3", "cc4"))) {
            for (GetOptions.Way way : GetOptions.Way.values()) {
                Fetched fetched = get(known(PATIENT, best.toArray(String[]::new)), way);
                assertThat(fetched.route()).containsExactlyInAnyOrderElementsOf(best);
                assertThat(fetched.detours()).isEmpty();
            }
        }
    }

    @Test
    void aBadRecordAloneKeepsNobodyFromReading() throws Exception {
        ProviderRecord record = known(PATIENT);
        assertThat(record.standing("cc1")).isEqualTo(Standing.LIED);
        assertThat(get(record, GetOptions.Way.RING).route()).hasSize(3);
        assertThat(get(known(PATIENT, "cc2"), GetOptions.Way.RING).route()).hasSize(3);
    }

    @Test
    void aProviderThatTakesNoOrderCostsOnlyTheLearnedDeadline() throws Exception {
        ProviderRecord record = known(QUICK, victim, others.get(0), others.get(1));
        Fetched fetched = besideAHangingVictim("open", record);
        assertThat(fetched.route()).hasSize(3).doesNotContain(victim);
        assertThat(fetched.home()).isNotEqualTo(victim);
        assertThat(fetched.detours()).containsKey(victim);
        assertThat(fetched.detours().get(victim)).contains("hadn't answered");
        assertThat(record.seen(victim).failures()).isPositive();
    }

    @Test
    void aProviderThatHangsInThePassCostsOnlyLearnedDeadlines() throws Exception {
        Fetched fetched = besideAHangingVictim("read", known(QUICK, victim, others.get(0), others.get(1)));
        assertThat(fetched.route()).hasSize(3).doesNotContain(victim);
        assertThat(fetched.home()).isNotEqualTo(victim);
    }

    @Test
    void theRecordIsKeptInAFile() throws Exception {
        List<String> warnings = new ArrayList<>();
        Path folder = dir.resolve("state").resolve("interlock");
        RecordFile file = new RecordFile(folder, ring.descriptor(), warnings::add);
        ProviderRecord record = file.read(CLOCK);
        file.save(record);
        assertThat(folder).doesNotExist();
        Fetched fetched = get(record, GetOptions.Way.RING);
        file.save(record);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.path())))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                .isEqualTo("rwx------");
        assertThat(Files.readString(file.path())).doesNotContain(token.object().toString());
        ProviderRecord again = new RecordFile(folder, ring.descriptor(), warnings::add).read(CLOCK);
        assertThat(again.state()).isEqualTo(record.state());
        fetched.route().forEach(name -> assertThat(again.seen(name).answers()).isPositive());
        assertThat(warnings).isEmpty();

        // Not for this ring's providers, not of this kind, not whole, not JSON: each begins anew.
        for (String damage : new String[] {"{}", "[]", "null", "", "{\"pass\":", "\0\1"}) {
            Files.writeString(file.path(), damage);
            assertThat(file.read(CLOCK).state()).isEqualTo(ProviderRecord.State.EMPTY);
            assertThat(warnings).as(damage).hasSize(1);
            assertThat(warnings.getFirst()).contains("begins anew", file.path().toString());
            warnings.clear();
        }
        file.save(record);
        warnings.clear();
        try (var all = Files.list(folder)) {
            assertThat(all).containsExactly(file.path());
        }
        Path taken = Files.createFile(dir.resolve("taken"));
        new RecordFile(taken, ring.descriptor(), warnings::add).save(record);
        assertThat(warnings).isNotEmpty().last().asString().contains("can't be kept", "INTERLOCK_RECORD");
    }

    @Test
    void whereTheRecordIs() {
        assertThat(RingOptions.recordFolder(Map.of("INTERLOCK_RECORD", "off", "XDG_STATE_HOME", "/x")))
                .isEmpty();
        assertThat(RingOptions.recordFolder(Map.of("INTERLOCK_RECORD", "/r", "XDG_STATE_HOME", "/x")))
                .contains(Path.of("/r"));
        assertThat(RingOptions.recordFolder(Map.of("XDG_STATE_HOME", "/x"))).contains(Path.of("/x/interlock"));
        Path home = Path.of(System.getProperty("user.home"), ".local", "state", "interlock");
        assertThat(RingOptions.recordFolder(Map.of())).contains(home);
        assertThat(RingOptions.recordFolder(Map.of("XDG_STATE_HOME", "relative")))
                .contains(home);
    }

    @Test
    void statusOfNothing() {
        String folder = ring.folder().path().toString();
        Cli.Result table = InProcess.run("status", "--ring", folder).expect(0);
        assertThat(table.text())
                .contains("STANDING", "LAST SEEN", "cc1", "cc5", "unknown")
                .hasLineCount(6);
        assertThat(InProcess.run("status", "--ring", folder, "--json").expect(0).text())
                .contains("\"latencyMillis\" : null", "\"rank\" : 5");
    }
}
