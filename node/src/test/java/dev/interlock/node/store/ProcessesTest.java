package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.login.GuessLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two processes of a provider over one schema of a real PostgreSQL, here in one: their stores share nothing but that and the folder. */
@Timeout(240)
@Tag("long")
final class ProcessesTest {
    private static final AtomicInteger SCHEMAS = new AtomicInteger();
    private static final int LARGE = 100_000;
    private static final GuessLimit TEN = new GuessLimit(10, Duration.ofHours(1), 10, Duration.ZERO);

    @TempDir
    Path folder;

    private final String schema = "several" + SCHEMAS.incrementAndGet();
    private final StatementHash id = Fixture.newId();
    private final List<SealedStore> open = new ArrayList<>();
    private final AtomicInteger lost = new AtomicInteger();
    private SealedStore a;
    private SealedStore b;

    @BeforeEach
    void open() {
        Engine.POSTGRES.configure(folder, schema, "");
        a = open(folder, 1);
        b = open(folder, 2);
    }

    @AfterEach
    void close() {
        open.forEach(SealedStore::close);
    }

    private SealedStore open(Path node, int number) {
        SealedStore store = Stores.of(
                node,
                Optional.of(new Member(
                        number, Long.toHexString(Fixture.RANDOM.nextLong()), "127.0.0.1:1", lost::incrementAndGet)),
                Fixture.RANDOM,
                Clock.systemUTC());
        open.add(store);
        store.processes().reachBy(new Direct());
        return store;
    }

    /** What another process does when it is asked. */
    private final class Direct implements Processes.Calls {
        private SealedStore of(Processes.Other process) {
            return open.stream()
                    .filter(each -> each.processes().number() == process.number())
                    .reduce((_, last) -> last)
                    .orElseThrow();
        }

        @Override
        public void end(Processes.Other process, List<StatementHash> generations) {
            of(process).endHere(generations);
        }

        @Override
        public void letGo(Processes.Other process, long epoch) {
            of(process).forgetKeysBefore(epoch);
        }
    }

    private static PostgresCatalog catalog(SealedStore store) {
        return (PostgresCatalog) store.catalog();
    }

    /** Both again, with keys that are erased before a receipt leaves. */
    private void eraseAtOnce() throws IOException {
        open.forEach(SealedStore::close);
        open.clear();
        Path conf = folder.resolve(StoreConfig.FILE);
        Files.writeString(conf, Files.readString(conf).replace("erasure=PT1M", "erasure=PT0S"));
        a = open(folder, 1);
        b = open(folder, 2);
    }

    private List<String> epochFiles() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("store/keys"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("epoch"))
                    .toList();
        }
    }

    private void takeForDead(int number) {
        Engine.sql("DELETE FROM " + schema + ".process WHERE number = " + number);
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.call()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.sleep(20);
        }
    }

    @Test
    void whatOneStoresTheOtherHasAndWhatOneDestroysEndsThere() {
        Fixture.put(a, id, 1000, LARGE);
        assertThat(Fixture.isWhole(b, id, BlobKind.SHARE, LARGE / 1000)).isTrue();
        try (Blob reading = b.open(id, BlobKind.SHARE)) {
            byte[] _ = Fixture.read(reading, 0);
            Fixture.destroy(a, id, Fixture.TOKEN);
            assertThatThrownBy(() -> Fixture.read(reading, 1)).isInstanceOf(StoreException.Destroyed.class);
        }
        assertThatThrownBy(() -> b.open(id, BlobKind.SHARE)).isInstanceOf(StoreException.Destroyed.class);
    }

    /** The rows of before the erasure, out of a backup or a dead row, open nothing in a process that once opened them. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noProcessKeepsAnErasedKey(boolean atOnce) throws Exception {
        if (atOnce) {
            eraseAtOnce();
        }
        Fixture.put(a, id, 1000, 3000);
        assertThat(Fixture.isWhole(b, id, BlobKind.SHARE, 3)).isTrue();
        byte[] key;
        byte[] group;
        long epoch;
        try (Connection connection = Engine.connect();
                PreparedStatement select = connection.prepareStatement(
                        "SELECT k.sealed, g.sealed, g.epoch FROM " + schema + ".object_key k JOIN " + schema
                                + ".key_group g ON g.family = 1 AND g.number = k.seq / 1024");
                var row = select.executeQuery()) {
            assertThat(row.next()).isTrue();
            key = row.getBytes(1);
            group = row.getBytes(2);
            epoch = row.getLong(3);
        }
        Fixture.destroy(a, id, Fixture.TOKEN);
        if (!atOnce) {
            catalog(a).rotate();
        }
        assertThat(epochFiles()).doesNotContain("epoch-" + epoch).hasSize(1);
        try (Connection connection = Engine.connect();
                PreparedStatement keys =
                        connection.prepareStatement("UPDATE " + schema + ".object_key SET sealed = ?");
                PreparedStatement groups = connection.prepareStatement(
                        "UPDATE " + schema + ".key_group SET sealed = ?, version = 1, epoch = " + epoch)) {
            keys.setBytes(1, key);
            assertThat(keys.executeUpdate()).isEqualTo(1);
            groups.setBytes(1, group);
            assertThat(groups.executeUpdate()).isEqualTo(1);
        }
        Engine.sql("UPDATE " + schema + ".object SET state = 2");
        for (SealedStore each : List.of(a, b)) {
            assertThatThrownBy(() -> each.open(id, BlobKind.SHARE)).isInstanceOf(StoreException.class);
        }
        // And both go on with what is new.
        StatementHash next = Fixture.newId();
        Engine.sql("DELETE FROM " + schema + ".key_group");
        Fixture.put(b, next, 1000, 3000);
        assertThat(Fixture.isWhole(a, next, BlobKind.SHARE, 3)).isTrue();
    }

    @Test
    void rotationsOfTwoAtOnceLoseNothing() throws Exception {
        List<StatementHash> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(Fixture.newId());
            Fixture.put(i % 2 == 0 ? a : b, all.getLast(), 1000, 3000);
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Future<?>> both = new ArrayList<>();
            for (SealedStore each : List.of(a, b)) {
                both.add(threads.submit(() -> {
                    for (int i = 0; i < 4; i++) {
                        catalog(each).rotate();
                    }
                    return null;
                }));
            }
            for (Future<?> each : both) {
                each.get();
            }
        }
        assertThat(all).allMatch(each -> Fixture.isWhole(a, each, BlobKind.SHARE, 3));
        assertThat(all).allMatch(each -> Fixture.isWhole(b, each, BlobKind.SHARE, 3));
        assertThat(epochFiles()).hasSize(1);
    }

    /** Each destroys what the other has just written and read, each time with a new epoch of keys. */
    @Test
    void keysThatAreErasedAtOnceAreNobodysAnyMore() throws Exception {
        eraseAtOnce();
        List<StatementHash> kept = new CopyOnWriteArrayList<>();
        assertThat(count(4, i -> {
                    SealedStore writes = i % 2 == 0 ? a : b;
                    SealedStore destroys = i % 2 == 0 ? b : a;
                    for (int round = 0; round < 4; round++) {
                        StatementHash gone = Fixture.newId();
                        StatementHash stays = Fixture.newId();
                        Fixture.put(writes, gone, 1000, 3000);
                        Fixture.put(writes, stays, 1000, 3000);
                        if (!Fixture.isWhole(destroys, stays, BlobKind.SHARE, 3)) {
                            return false;
                        }
                        Fixture.destroy(destroys, gone, Fixture.TOKEN);
                        kept.add(stays);
                        // A connection that is new looks at epochs and keys while they change.
                        Engine.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                + " WHERE application_name = 'interlock' AND query LIKE 'SELECT%' AND state = 'idle'");
                    }
                    return true;
                }))
                .isEqualTo(4);
        assertThat(kept).hasSize(16).allMatch(each -> Fixture.isWhole(a, each, BlobKind.SHARE, 3));
        assertThat(kept).allMatch(each -> Fixture.isWhole(b, each, BlobKind.SHARE, 3));
        assertThat(epochFiles()).hasSize(1);

        // Nothing is acknowledged while one that lives isn't known to have forgotten them.
        CompletableFuture<Long> asked = new CompletableFuture<>();
        a.processes().reachBy(new Processes.Calls() {
            @Override
            public void end(Processes.Other process, List<StatementHash> generations) {}

            @Override
            public void letGo(Processes.Other process, long epoch) {
                asked.complete(epoch);
                throw new IllegalStateException("it doesn't answer");
            }
        });
        CompletableFuture<Void> destroyed =
                CompletableFuture.runAsync(() -> Fixture.destroy(a, kept.getFirst(), Fixture.TOKEN));
        String epoch = "epoch-" + asked.join();
        assertThat(epochFiles()).containsExactly(epoch);
        assertThat(destroyed).isNotDone();
        b.close();
        destroyed.get(60, TimeUnit.SECONDS);
    }

    /** One that couldn't be told finds it out. */
    @Test
    void keysWhoseFilesAreGoneAreForgotten() throws Exception {
        Path keys = folder.resolve("keys-of-two");
        try (EpochKeys one = EpochKeys.open(keys, Fixture.RANDOM, 1)) {
            one.create(1);
            one.create(2);
            one.create(3);
            try (EpochKeys two = EpochKeys.open(keys, Fixture.RANDOM, 2)) {
                one.eraseBefore(3);
                assertThat(two.has(1)).isTrue();
                two.forgetErased();
                assertThat(two.has(1) || two.has(2)).isFalse();
                // The last one isn't given up for a file that is gone.
                Files.delete(keys.resolve("epoch-3"));
                two.forgetErased();
                assertThat(two.has(3)).isTrue();
            }
        }
    }

    /** A receipt waits for every process that lives. */
    @Test
    void erasingWaitsForWhoeverDoesntAnswer() throws Exception {
        Fixture.put(a, id, 1000, 3000);
        CompletableFuture<Boolean> asked = new CompletableFuture<>();
        a.processes().reachBy(new Processes.Calls() {
            @Override
            public void end(Processes.Other process, List<StatementHash> generations) {
                asked.complete(true);
                throw new IllegalStateException("it doesn't answer");
            }

            @Override
            public void letGo(Processes.Other process, long epoch) {}
        });
        CompletableFuture<Void> destroyed = CompletableFuture.runAsync(() -> Fixture.destroy(a, id, Fixture.TOKEN));
        asked.join();
        assertThat(destroyed).isNotDone();
        b.close();
        destroyed.get(60, TimeUnit.SECONDS);
    }

    @Test
    void oneOfThemMakesAGeneration() {
        try (PendingObject _ = Fixture.begin(a, id)) {
            assertThatThrownBy(() -> Fixture.begin(b, id)).isInstanceOf(StoreException.ObjectExists.class);
            // Nor does the other one remove what is being made.
            b.forget(id);
        }
        Fixture.put(b, id, 1000, LARGE);
        assertThat(Fixture.isWhole(a, id, BlobKind.SHARE, LARGE / 1000)).isTrue();
    }

    @Test
    void whoWasTakenForDeadWritesNothingAndLeavesNothing() throws Exception {
        PendingObject making = Fixture.begin(b, id);
        Blob _ = Fixture.write(making, id, BlobKind.SHARE, 1000, LARGE);
        Path file = folder.resolve("store/objects").resolve(id + ".share");
        assertThat(file).exists();
        takeForDead(2);
        assertThatThrownBy(() -> making.prepare(Fixture.TOKEN, Fixture.MANIFEST))
                .isInstanceOf(StoreException.class);
        assertThatThrownBy(() -> b.burn(Fixture.newId(), Instant.now().plusSeconds(60)))
                .isInstanceOf(StoreException.class);
        await(() -> lost.get() == 1
                && Engine.query("SELECT name FROM " + schema + ".claim").isEmpty());
        assertThat(file).doesNotExist();
        assertThat(a.find(id)).isEmpty();
        // It serves nothing either, and removes nothing that is another's by now.
        Fixture.put(a, id, 1000, LARGE);
        assertThatThrownBy(() -> b.open(id, BlobKind.SHARE)).isInstanceOf(StoreException.class);
        assertThatThrownBy(making::close).isInstanceOf(StoreException.class);
        assertThat(Fixture.isWhole(a, id, BlobKind.SHARE, LARGE / 1000)).isTrue();
    }

    @Test
    void onceIsOnceOverAll() throws Exception {
        Instant expires = Instant.now().plusSeconds(600);
        assertThat(count(16, i -> (i % 2 == 0 ? a : b).burn(id, expires))).isEqualTo(1);
        // Ten guesses of a name within the hour, whoever is asked.
        long answered = count(24, i -> {
            byte[] nonce = new byte[16];
            Fixture.RANDOM.nextBytes(nonce);
            return !((i % 2 == 0 ? a : b)
                            .logins()
                            .guess("alice", new byte[0], nonce, TEN, Instant.now())
                            .decision()
                    instanceof GuessLimit.Refused);
        });
        assertThat(answered).isEqualTo(10);
    }

    @Test
    void turnsExcludeEachOther() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        // Threads of one process keep out of each other's way by themselves.
        List<Lock> own = List.of(new ReentrantLock(), new ReentrantLock());
        assertThat(count(40, i -> {
                    own.get(i % 2).lock();
                    try (Processes.Turn _ = (i % 2 == 0 ? a : b).processes().turn("x")) {
                        boolean alone = inside.incrementAndGet() == 1;
                        Thread.sleep(5);
                        inside.decrementAndGet();
                        return alone;
                    } finally {
                        own.get(i % 2).unlock();
                    }
                }))
                .isEqualTo(40);
        // That of a process that died is taken over.
        Processes.Turn _ = b.processes().turn("y");
        takeForDead(2);
        a.processes().turn("y").close();
    }

    private interface Numbered {
        boolean call(int number) throws Exception;
    }

    /** How many of so many calls at once are true. */
    private static long count(int calls, Numbered call) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(calls)) {
            List<Future<Boolean>> all = new ArrayList<>();
            for (int i = 0; i < calls; i++) {
                int number = i;
                all.add(threads.submit(() -> call.call(number)));
            }
            long held = 0;
            for (Future<Boolean> each : all) {
                held += each.get() ? 1 : 0;
            }
            return held;
        }
    }

    @Test
    void whoMayNotJoinIsRefused() throws Exception {
        assertThatThrownBy(() ->
                        Stores.of(folder.resolve("alone"), Optional.of(member(1)), Fixture.RANDOM, Clock.systemUTC()))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("PostgreSQL");
        // A process for itself alone beside several, in a folder with the same keys but no locks that it could see.
        Path copy = folder.resolveSibling(folder.getFileName() + "-copy");
        copy(folder, copy);
        assertThatThrownBy(() -> Stores.of(copy, Fixture.RANDOM, Clock.systemUTC()))
                .isInstanceOf(StoreException.Unusable.class)
                .hasMessageContaining("is in use by another process");
        // One with a number that another one has.
        assertThatThrownBy(() -> Stores.of(copy, Optional.of(member(2)), Fixture.RANDOM, Clock.systemUTC()))
                .isInstanceOf(StoreException.Unusable.class)
                .hasMessageContaining("another process of the number 2");
        // One without the keys of those that serve.
        Path other = folder.resolveSibling(folder.getFileName() + "-other");
        Engine.POSTGRES.configure(other, schema, "");
        assertThatThrownBy(() -> Stores.of(other, Optional.of(member(3)), Fixture.RANDOM, Clock.systemUTC()))
                .isInstanceOf(StoreException.Unusable.class)
                .hasMessageContaining("went back");
        Fixture.put(b, id, 1000, 3000);
        // One of several beside one for itself alone.
        open.forEach(SealedStore::close);
        open.clear();
        try (SealedStore _ = Stores.of(copy, Fixture.RANDOM, Clock.systemUTC())) {
            assertThatThrownBy(() -> open(folder, 1))
                    .isInstanceOf(StoreException.Unusable.class)
                    .hasMessageContaining("for itself alone");
        }
    }

    private static Member member(int number) {
        return new Member(number, Long.toHexString(Fixture.RANDOM.nextLong()), "127.0.0.1:1", () -> {});
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    @Test
    void aDatabaseThatWentBackIsRefusedByAll() throws Exception {
        LongSupplier mark = () -> Long.parseLong(
                Engine.query("SELECT mark FROM " + schema + ".meta").getFirst());
        long before = mark.getAsLong();
        Engine.sql("UPDATE " + schema + ".meta SET mark = mark - 1");
        Engine.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'interlock'");
        for (SealedStore each : List.of(a, b)) {
            assertThatThrownBy(() -> {
                        // The first finds its connection broken.
                        try {
                            each.burn(Fixture.newId(), Instant.now().plusSeconds(60));
                        } catch (StoreException.OutcomeUnknown | StoreException.Failed e) {
                            each.burn(Fixture.newId(), Instant.now().plusSeconds(60));
                        }
                    })
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("went back");
        }
        assertThatThrownBy(() -> open(folder, 3))
                .isInstanceOf(StoreException.Unusable.class)
                .hasMessageContaining("went back");
        assertThat(mark.getAsLong()).isEqualTo(before - 1);
    }
}
