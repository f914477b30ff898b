package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.login.GuessLimit;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.RecordHash;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.ResultSet;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;

/** A store that moves from its engines to others, with all that is in it, and what breaks off on the way. */
@Timeout(240)
@Tag("long")
final class StoreMigrationTest {
    private static final AtomicInteger PLACES = new AtomicInteger();
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final GuessLimit LIMIT = new GuessLimit(2, Duration.ofHours(1), 2, Duration.ZERO);
    private static final byte[] NEXT_OWNER = Fixture.filled(32, 8);

    /** What a kill is to the migration: none of its own code runs any more but what closes files. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    @TempDir
    private Path node;

    @TempDir
    private Path scratch;

    private final StatementHash large = Fixture.newId();
    private final StatementHash small = Fixture.newId();
    private final StatementHash destroyed = Fixture.newId();
    private final StatementHash prepared = Fixture.newId();
    private final StatementHash handedOver = Fixture.newId();
    private final StatementHash denied = Fixture.newId();
    private final StatementHash burnt = Fixture.newId();
    private final RecordHash login = new RecordHash(Fixture.newId().bytes());

    private SealedStore open() {
        return Stores.of(node, Fixture.RANDOM, Clock.systemUTC());
    }

    private static final StoreMigration.Progress ON = (what, count) -> {};

    private StoreMigration.Moved move(StoreMigration.Progress progress, List<String> to) {
        return StoreMigration.run(node, to, Fixture.RANDOM, Clock.systemUTC(), progress);
    }

    private StoreMigration.Ahead ahead(StoreMigration.Progress progress, List<String> to) {
        return StoreMigration.ahead(node, to, Long.MAX_VALUE, Fixture.RANDOM, Clock.systemUTC(), progress);
    }

    /** Addresses where nothing is yet. */
    private List<String> elsewhere() throws IOException {
        String place = "moved" + PLACES.incrementAndGet();
        Files.copy(
                Engine.s3().credentials(),
                node.resolve(S3Address.CREDENTIALS_FILE),
                StandardCopyOption.REPLACE_EXISTING);
        return List.of(Engine.rows(place), Engine.blobs(place));
    }

    /** Of everything that a store can have, something. */
    private void fill() {
        try (SealedStore store = open()) {
            Fixture.put(store, Fixture.newId(), 1000, 3000);
            StatementHash forgotten = Fixture.newId();
            Fixture.prepare(store, forgotten, 1000, 100_000);
            store.forget(forgotten);
            try (PendingObject object = Fixture.begin(store, large)) {
                Fixture.write(object, large, BlobKind.SHARE, 64 << 10, 3 << 20);
                Fixture.write(object, large, BlobKind.CIPHERTEXT, 64 << 10, (1 << 20) + 5);
                Fixture.write(object, large, BlobKind.waitingShare(2), 1000, 70_000);
                object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
            }
            var _ = store.commit(large, Fixture.CERTIFICATE, true);
            Store.Generation first =
                    new Store.Generation(Fixture.newId(), Fixture.put(small).object(), 1, 0, false);
            Fixture.prepare(store, first, 1000, 2000);
            var _ = store.commit(first.id(), Fixture.CERTIFICATE);
            Fixture.put(store, small, 1000, 5000);
            Fixture.put(store, destroyed, 1000, 200_000);
            Fixture.destroy(store, destroyed, Fixture.TOKEN);
            Fixture.prepare(store, prepared, 1000, 80_000);
            Fixture.put(store, handedOver, 1000, 1000);
            store.handOver(new Store.HandedOver(
                    Fixture.put(handedOver).object(), 1, NEXT_OWNER, Fixture.COMMAND, Fixture.filled(40, 2)));
            store.schedule(
                    new Store.Schedule(Fixture.put(handedOver).object(), 3, Optional.of(NOW), Fixture.COMMAND, true));
            store.schedule(
                    new Store.Schedule(Fixture.put(small).object(), 1, Optional.empty(), Fixture.COMMAND, false));
            assertThat(store.deny(denied, NOW.plusSeconds(1))).isTrue();
            store.abandon(Fixture.newId(), Fixture.filled(90, 3), NOW);
            assertThat(store.burn(burnt, Instant.now().plusSeconds(600))).isTrue();
            for (String to : List.of("cc2", "cc3")) {
                store.keep(new Store.Notice(Fixture.put(destroyed).object(), to, Fixture.filled(50, to.hashCode())));
            }
            store.drop(new Store.Notice(Fixture.put(destroyed).object(), "cc2", Fixture.filled(50, "cc2".hashCode())));
            store.names()
                    .set(
                            Fixture.USER,
                            List.of(new NameStore.Kept(
                                    Fixture.filled(32, 1),
                                    Fixture.filled(32, 2),
                                    7,
                                    Fixture.filled(32, 3),
                                    Fixture.filled(32, 4),
                                    Fixture.filled(333, 5))),
                            1000);
            LoginStore logins = store.logins();
            RecordHash earlier = new RecordHash(Fixture.newId().bytes());
            RecordHash dropped = new RecordHash(Fixture.newId().bytes());
            prepare(logins, earlier, List.of());
            logins.certify(earlier, Fixture.CERTIFICATE, List.of());
            prepare(logins, dropped, List.of());
            prepare(logins, login, List.of(dropped));
            assertThat(logins.dropped("älice")).containsExactly(dropped);
            logins.raiseMark(12);
            assertThat(guess(store, 1)).isInstanceOf(GuessLimit.Allowed.class);
            assertThat(guess(store, 2)).isInstanceOf(GuessLimit.Allowed.class);
            assertThat(logins.giveBack("älice", Fixture.filled(16, 2), Fixture.filled(32, 6), 3, NOW))
                    .isTrue();
        }
    }

    private static void prepare(LoginStore logins, RecordHash hash, List<RecordHash> erased) {
        try (SecretBytes share = SecretBytes.copyOf(Fixture.filled(32, 77))) {
            logins.prepare(
                    new LoginStore.Held(
                            "älice", hash, 1, Fixture.filled(300, 1), new byte[0], Fixture.USER, new byte[0], NOW),
                    Map.of(Lock.Kind.PASSWORD, share),
                    erased);
        }
    }

    private static GuessLimit.Decision guess(SealedStore store, int nonce) {
        return store.logins()
                .guess("älice", new byte[0], Fixture.filled(16, nonce), LIMIT, NOW)
                .decision();
    }

    /** All rows of all tables but those with keys, as text; what an engine has for itself alone isn't among them. */
    private static Map<String, Set<String>> rows(SealedStore store) {
        return store.catalog().read("test", link -> {
            boolean postgres = !link.byBytes().isEmpty();
            String tables = postgres
                    ? "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
                    : "SELECT name FROM sqlite_schema WHERE type = 'table'";
            Set<String> names = new TreeSet<>();
            try (ResultSet row = link.prepare(tables).executeQuery()) {
                while (row.next()) {
                    names.add(row.getString(1));
                }
            }
            names.removeAll(Set.of(
                    "object_key", "login_key", "key_group", "process", "claim", "turn", "flyway_schema_history"));
            Map<String, Set<String>> all = new TreeMap<>();
            for (String name : names) {
                Set<String> rows = new TreeSet<>();
                String columns = name.equals("meta") ? "made_at, floor" : "*";
                String where = name.equals("usage") ? " WHERE objects <> 0" : "";
                try (ResultSet row = link.prepare("SELECT " + columns + " FROM " + name + where)
                        .executeQuery()) {
                    while (row.next()) {
                        Map<String, String> values = new TreeMap<>();
                        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                            Object value = row.getObject(i);
                            values.put(
                                    row.getMetaData().getColumnName(i),
                                    value instanceof byte[] bytes
                                            ? HexFormat.of().formatHex(bytes)
                                            : value == null ? "" : value.toString());
                        }
                        rows.add(values.toString());
                    }
                }
                all.put(name, rows);
            }
            return all;
        });
    }

    private void assertServes(SealedStore store) {
        assertThat(Fixture.isWhole(store, large, BlobKind.SHARE, 48)).isTrue();
        assertThat(Fixture.isWhole(store, large, BlobKind.CIPHERTEXT, 17)).isTrue();
        assertThat(Fixture.isWhole(store, large, BlobKind.waitingShare(2), 70)).isTrue();
        assertThat(Fixture.isWhole(store, small, BlobKind.SHARE, 5)).isTrue();
        assertThat(Fixture.isWhole(store, prepared, BlobKind.SHARE, 80)).isTrue();
        assertThat(store.manifest(handedOver)).isEqualTo(Fixture.MANIFEST);
        assertThatThrownBy(() -> store.open(destroyed, BlobKind.SHARE)).isInstanceOf(StoreException.Destroyed.class);
        assertThatThrownBy(() -> store.begin(Fixture.put(destroyed), Fixture.USER))
                .isInstanceOf(StoreException.class);
        assertThat(store.isDenied(denied)).isTrue();
        assertThat(store.burn(burnt, Instant.now().plusSeconds(600))).isFalse();
        try (SecretBytes share = store.logins().share(login, Lock.Kind.PASSWORD).orElseThrow()) {
            assertThat(share.copyToHeap()).isEqualTo(Fixture.filled(32, 77));
        }
    }

    private void assertGoesOn() {
        try (SealedStore store = open()) {
            assertServes(store);
            // Of two guesses one was given back.
            assertThat(guess(store, 3)).isInstanceOf(GuessLimit.Allowed.class);
            assertThat(guess(store, 4)).isNotInstanceOf(GuessLimit.Allowed.class);
            // Numbers that were given before don't serve again.
            StatementHash fresh = Fixture.newId();
            Fixture.put(store, fresh, 1000, 90_000);
            assertThat(Fixture.isWhole(store, fresh, BlobKind.SHARE, 90)).isTrue();
            store.keep(new Store.Notice(Fixture.put(fresh).object(), "cc2", Fixture.filled(50, 1)));
            assertThat(store.notices(9))
                    .hasSize(2)
                    .last()
                    .matches(each -> each.node().equals("cc2"));
            prepare(store.logins(), new RecordHash(Fixture.newId().bytes()), List.of());
            assertThat(store.commit(prepared, Fixture.CERTIFICATE)).isEmpty();
            assertServes(store);
        }
    }

    private List<String> files() {
        try (Stream<Path> files = Files.list(node)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void thereAndBack() throws IOException {
        fill();
        Map<String, Set<String>> before;
        try (SealedStore store = open()) {
            before = rows(store);
        }
        assertThat(before)
                .allSatisfy((table, rows) -> assertThat(rows).as(table).isNotEmpty());
        Set<String> copied = new TreeSet<>(RowCopy.tables());
        copied.addAll(Set.of("meta", "login_mark", "usage"));
        assertThat(copied).as("no table is forgotten").isEqualTo(before.keySet());
        before.forEach((table, rows) -> assertThat(RowCopy.columns(table))
                .as(table)
                .allMatch(column -> rows.iterator().next().contains(column + "=")));
        Set<String> blobs = Engine.EMBEDDED.blobs(node.resolve("store"));
        List<String> to = elsewhere();

        move(ON, to);

        assertThat(files()).containsExactly("s3.credentials", "store", "store.conf");
        assertThat(Files.exists(node.resolve("store/store.db"))).isFalse();
        assertThat(Files.exists(node.resolve("store/objects"))).isFalse();
        assertThat(Engine.POSTGRES_S3.blobs(node)).isEqualTo(blobs);
        try (SealedStore store = open()) {
            assertThat(rows(store)).isEqualTo(before);
            assertServes(store);
        }
        assertThatThrownBy(() -> move(ON, to))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("is in postgresql://")
                .hasMessageContaining("already");

        // Rows alone, to another database: the blobs stay where they are.
        move(ON, List.of(elsewhere().getFirst(), to.get(1)));
        assertThat(Engine.POSTGRES_S3.blobs(node)).isEqualTo(blobs);
        assertThat(Engine.query("SELECT count(*) FROM " + schema(to) + ".object"))
                .containsExactly("0");
        try (SealedStore store = open()) {
            assertThat(rows(store)).isEqualTo(before);
            assertServes(store);
        }
        move(ON, List.of());
        assertThat(files()).containsExactly("s3.credentials", "store");
        assertThat(Engine.EMBEDDED.blobs(node.resolve("store"))).isEqualTo(blobs);
        try (SealedStore store = open()) {
            assertThat(rows(store)).isEqualTo(before);
        }
        assertGoesOn();
    }

    /** At each call of the progress: at every batch of rows, at every blob, before and after each file that changes. */
    @Test
    void brokenOffAnywhere() throws IOException {
        fill();
        Map<String, Set<String>> before;
        try (SealedStore store = open()) {
            before = rows(store);
        }
        List<String> bucket = elsewhere().subList(1, 2);
        List<String> to = bucket;
        for (int n = 0; isKilled(to, anyCall(n)); n++) {
            boolean moved = !files().contains("store.migration")
                    || Files.readString(node.resolve("store.migration")).matches("(?s)state (moved|cleaning)\\n.*");
            // The node starts in between, or it doesn't.
            if (n % 3 != 0) {
                try (SealedStore store = open()) {
                    assertThat(rows(store)).isEqualTo(before);
                    assertServes(store);
                    assertThat(store.blobs() instanceof S3Blobs).isEqualTo(moved == !to.isEmpty());
                }
                assertThat(files()).doesNotContain("store.next", "store.old");
                if (!moved && n % 3 == 1) {
                    ahead(ON, to);
                }
            }
            if (moved) {
                if (files().contains("store.migration")) {
                    move(ON, to);
                }
                assertThat(files()).doesNotContain("store.migration", "store.next", "store.old", "store.ahead");
                to = to.isEmpty() ? bucket : List.of();
            }
        }
        assertGoesOn();
    }

    private boolean isKilled(List<String> to, StoreMigration.Progress where) {
        return isKilled(() -> move(where, to));
    }

    private static boolean isKilled(Runnable what) {
        try {
            what.run();
            return false;
        } catch (Killed e) {
            return true;
        }
    }

    /** Kills at the call of this number, from 0 on. */
    private static StoreMigration.Progress anyCall(int number) {
        AtomicInteger rest = new AtomicInteger(number);
        return (what, count) -> {
            if (rest.getAndDecrement() == 0) {
                throw new Killed();
            }
        };
    }

    /** Kills where it is at this. */
    private static StoreMigration.Progress at(String step, long number) {
        return (what, count) -> {
            if (what.equals(step) && count >= number) {
                throw new Killed();
            }
        };
    }

    /** Where there is something of a store in two databases. */
    @Test
    void brokenOffBetweenDatabases() throws IOException {
        fill();
        List<String> to = elsewhere();
        assertThat(isKilled(to, at("opening the new store", 0))).isTrue();
        assertThat(isKilled(to, at("copying rows of object", 7))).isTrue();
        assertThat(isKilled(to, at("copying blobs", 4))).as("it goes on").isTrue();
        assertEmbedded(true);
        assertThat(isKilled(to, at("comparing keys", 1))).as("it begins anew").isTrue();
        assertEmbedded(true);
        assertThat(isKilled(to, at("taking the new store over", 1))).isTrue();
        assertEmbedded(false);
        // Old stores that are elsewhere.
        assertThat(isKilled(List.of(), at("erasing the old store", 0))).isTrue();
        assertEmbedded(true);
        assertThat(files()).contains("store.migration");
        move(ON, to);
        assertThat(isKilled(List.of(), at("removing what nothing opens any more", 1)))
                .isTrue();
        assertEmbedded(true);
        move(ON, List.of());
        assertThat(files()).doesNotContain("store.migration");
        assertGoesOn();
    }

    private void assertEmbedded(boolean is) {
        try (SealedStore store = open()) {
            assertThat(store.catalog() instanceof SqliteCatalog).isEqualTo(is);
            assertServes(store);
        }
        assertThat(files()).doesNotContain("store.next", "store.old");
    }

    @Test
    void wrongBytes() throws Exception {
        fill();
        List<String> to = elsewhere();
        Path file = Fixture.file(node.resolve("store"), large, BlobKind.CIPHERTEXT);
        byte[] sound = Files.readAllBytes(file);
        for (byte[] wrong : List.of(flipped(sound, 500_000), Arrays.copyOf(sound, 300_000), new byte[0])) {
            Files.write(file, wrong);
            assertThatThrownBy(() -> move(ON, to))
                    .isInstanceOf(StoreException.Unusable.class)
                    .hasMessageContaining("is damaged and isn't moved")
                    .hasMessageContaining(large.toString());
        }
        Files.delete(file);
        assertThatThrownBy(() -> move(ON, to)).hasMessageContaining("is damaged and isn't moved");
        Files.write(file, sound);

        // A row that changed on its way.
        String schema = schema(to);
        for (String wrong : List.of(
                "UPDATE " + schema + ".object SET certificate = '\\x00' WHERE state = 3",
                "INSERT INTO " + schema + ".login_dropped VALUES (decode(repeat('00', 32), 'hex'), 'x')",
                "UPDATE " + schema + ".login_key SET sealed = NULL")) {
            assertThatThrownBy(() -> move(
                            (what, count) -> {
                                if (what.equals("copying blobs") && count == 1) {
                                    Engine.sql(wrong);
                                }
                            },
                            to))
                    .as(wrong)
                    .isInstanceOf(StoreException.Unusable.class)
                    .hasMessageContaining("hasn't got what the old one has")
                    .hasMessageContaining("The old store serves");
        }
        // A blob that was damaged while nobody looked is written anew.
        assertThat(isKilled(to, at("comparing keys", 1))).isTrue();
        S3Address bucket =
                StoreConfig.of(List.of("blobs " + to.get(1)), node, "").blobs().orElseThrow();
        try (var client = bucket.client()) {
            client.putObject(
                    put -> put.bucket(bucket.bucket()).key(bucket.prefix() + large + ".share"),
                    RequestBody.fromString("wrong"));
        }
        move(ON, to);
        assertGoesOn();
    }

    private String schema(List<String> addresses) {
        return StoreConfig.of(List.of("rows " + addresses.getFirst()), node, "")
                .rows()
                .orElseThrow()
                .schema();
    }

    private static byte[] flipped(byte[] bytes, int at) {
        byte[] wrong = bytes.clone();
        wrong[at] ^= 1;
        return wrong;
    }

    @Test
    void whereItCannotGo(@TempDir Path second) throws IOException {
        fill();
        Engine.POSTGRES_S3.configure(second, "taken", "taken");
        List<String> taken = List.of(Engine.rows("taken"), Engine.blobs("taken"));
        List<String> to = elsewhere();
        try (SealedStore store = Stores.of(second, Fixture.RANDOM, Clock.systemUTC())) {
            Fixture.put(store, Fixture.newId(), 1000, 100_000);
        }
        assertRefused(List.of(taken.getFirst(), to.get(1)), "isn't empty");
        assertRefused(List.of(to.getFirst(), taken.get(1)), "has blobs of a store already");
        assertRefused(List.of(), "is in the node's folder already");
        assertRefused(List.of("mysql://h/d"), "write \"rows postgresql://");
        Engine.sql("CREATE SCHEMA other_application", "CREATE TABLE other_application.meta (x INT)");
        assertRefused(List.of(Engine.rows("other_application")), "isn't empty", "can't be opened");
        assertRefused(List.of(to.getFirst().replace("user=postgres", "user=nobody")), "refuses this node");
        assertRefused(List.of("postgresql://127.0.0.1:1/x"), "can't be reached");
        // Whoever has the store, or where it goes to, open.
        try (SealedStore _ = open()) {
            assertRefused(to, "is open in this process already");
        }
        assertGoesOn();
        try (SealedStore store = Stores.of(second, Fixture.RANDOM, Clock.systemUTC())) {
            assertThat(store.list(Fixture.USER)).hasSize(1);
        }
    }

    private void assertRefused(List<String> to, String... why) {
        assertThatThrownBy(() -> move(ON, to))
                .isInstanceOfAny(BadInputException.class, StoreException.Unusable.class)
                .satisfies(e -> assertThat(why)
                        .anyMatch(each -> String.valueOf(e.getMessage()).contains(each)));
        assertThat(files()).contains("store").doesNotContain("store.old", "store.ahead");
    }

    /** What was copied before the node went on without it: destroyed stays destroyed. */
    @Test
    void whatIsDestroyedAfterACopyThatWasGivenUp() throws Exception {
        fill();
        List<String> to = elsewhere();
        assertThat(isKilled(to, at("comparing keys", 1))).isTrue();
        List<byte[]> keys = new ArrayList<>();
        for (Path file : Fixture.files(node.resolve("store.next/keys"))) {
            if (file.getFileName().toString().startsWith("epoch")) {
                keys.add(Files.readAllBytes(file));
            }
        }
        assertThat(keys).hasSize(1);
        try (SealedStore store = open()) {
            Fixture.destroy(store, small, Fixture.TOKEN);
        }
        assertThat(Files.exists(node.resolve("store.next"))).isFalse();
        assertThat(Fixture.found(node, keys)).isEmpty();
        move(ON, to);
        try (SealedStore store = open()) {
            assertThatThrownBy(() -> store.open(small, BlobKind.SHARE)).isInstanceOf(StoreException.Destroyed.class);
            assertThat(Fixture.isWhole(store, large, BlobKind.SHARE, 48)).isTrue();
        }
    }

    /** All blobs of a place that isn't the node's yet. */
    private Set<String> blobsAt(String address) throws IOException {
        try (Blobs there = S3Blobs.open(
                StoreConfig.of(List.of("blobs " + address), node, "").blobs().orElseThrow(), scratch)) {
            return there.list("").stream().map(each -> each.name().toString()).collect(Collectors.toSet());
        }
    }

    /** Blobs go while the node runs, come and go meanwhile, and open nothing there; the move copies what is missing. */
    @Test
    void blobsGoAhead() throws Exception {
        fill();
        List<String> to = elsewhere();
        StatementHash doomed = Fixture.newId();
        StatementHash late = Fixture.newId();
        StatementHash growing = Fixture.newId();
        int before;
        try (SealedStore store = open();
                PendingObject pending = Fixture.begin(store, growing)) {
            Fixture.put(store, doomed, 1000, 100_000);
            Blob half = pending.create(BlobKind.SHARE, 64 << 10, 1 << 20);
            half.append(MemorySegment.ofArray(Fixture.content(growing, BlobKind.SHARE, 0, 64 << 10)));
            before = Engine.EMBEDDED.blobs(node.resolve("store")).size();
            // Killed at one blob after the other.
            for (int call = 0; call < before; call += 2) {
                StoreMigration.Progress kill = anyCall(call);
                assertThat(isKilled(() -> ahead(kill, to))).isTrue();
            }
            assertThat(ahead(ON, to).copied()).isPositive();
            StoreMigration.Ahead again = ahead(
                    (what, count) -> {
                        // Nobody else copies, or moves, meanwhile.
                        for (Runnable other : List.<Runnable>of(() -> ahead(ON, to), () -> move(ON, to))) {
                            assertThatThrownBy(other::run)
                                    .isInstanceOf(StoreException.Unusable.class)
                                    .hasMessageContaining("is open in this process already");
                        }
                    },
                    to);
            assertThat(again).isEqualTo(new StoreMigration.Ahead(0, 0, before, 0));
            assertThat(blobsAt(to.get(1))).isEqualTo(Engine.EMBEDDED.blobs(node.resolve("store")));

            for (int k = 1; k < 16; k++) {
                half.append(MemorySegment.ofArray(Fixture.content(growing, BlobKind.SHARE, k, 64 << 10)));
            }
            half.finish();
            pending.prepare(Fixture.TOKEN, Fixture.MANIFEST);
            Fixture.destroy(store, doomed, Fixture.TOKEN);
            Fixture.put(store, late, 1000, 100_000);
            StoreMigration.Ahead then = ahead(ON, to);
            assertThat(then.copied()).isEqualTo(2);
            assertThat(then.removed()).isEqualTo(1);
            assertThat(then.there()).isEqualTo(before - 2);
        }
        // Processes of a node that starts now, one or several, leave it.
        try (SealedStore store = open()) {
            StoreMigration.requireNone(node);
            assertServes(store);
            // One that is removed only by the move, and one that the move copies.
            Fixture.destroy(store, late, Fixture.TOKEN);
            Fixture.put(store, Fixture.newId(), 1000, 100_000);
        }
        assertThat(blobsAt(to.get(1))).contains(late + ".share");
        // Of the length that it should have, and wrong.
        S3Address bucket =
                StoreConfig.of(List.of("blobs " + to.get(1)), node, "").blobs().orElseThrow();
        try (var client = bucket.client()) {
            client.putObject(
                    put -> put.bucket(bucket.bucket()).key(bucket.prefix() + growing + ".share"),
                    RequestBody.fromBytes(flipped(
                            Files.readAllBytes(Fixture.file(node.resolve("store"), growing, BlobKind.SHARE)),
                            700_000)));
        }
        // Broken off when all is there: a start erases keys and rows, and leaves blobs.
        assertThat(isKilled(to, at("comparing keys", 1))).isTrue();
        assertThatThrownBy(() -> ahead(ON, to)).hasMessageContaining("was being moved");
        assertThatThrownBy(() -> StoreMigration.requireNone(node)).hasMessageContaining("was being moved");
        Set<String> blobs;
        try (SealedStore store = open()) {
            assertServes(store);
            blobs = Engine.EMBEDDED.blobs(node.resolve("store"));
        }
        assertThat(blobsAt(to.get(1))).isEqualTo(blobs);
        assertThat(move(ON, to).copied()).isZero();
        assertThat(Engine.POSTGRES_S3.blobs(node)).isEqualTo(blobs);
        assertThat(files()).containsExactly("s3.credentials", "store", "store.conf");

        // And back, into the folder: what a move that was broken off had taken is there for the next.
        StatementHash killed = Fixture.newId();
        try (SealedStore store = open()) {
            Fixture.put(store, killed, 1000, 100_000);
            assertThat(ahead(ON, List.of()).copied()).isEqualTo(blobs.size() + 1);
            Fixture.destroy(store, killed, Fixture.TOKEN);
        }
        assertThat(isKilled(List.of(), at("comparing keys", 1))).isTrue();
        try (SealedStore store = open()) {
            assertServes(store);
        }
        assertThat(move(ON, List.of()).copied()).isZero();
        assertThat(files()).containsExactly("s3.credentials", "store");
        assertThat(Engine.EMBEDDED.blobs(node.resolve("store"))).isEqualTo(blobs);
        try (SealedStore store = open()) {
            assertThatThrownBy(() -> store.open(killed, BlobKind.SHARE)).isInstanceOf(StoreException.Destroyed.class);
            assertThat(Fixture.isWhole(store, growing, BlobKind.SHARE, 16)).isTrue();
        }
        assertGoesOn();
    }

    /** Full at the destination, in its files, its bucket or its database: the old store serves, and the move goes on once there is room. */
    @Test
    void fullThere() throws Exception {
        fill();
        List<String> to = elsewhere();
        String schema = schema(to);
        try (Relay relay = Relay.ofRequests(Engine.s3().port())) {
            List<String> relayed =
                    List.of(to.get(0), to.get(1).replace(":" + Engine.s3().port(), ":" + relay.port()));
            try (SealedStore store = open()) {
                assertThatThrownBy(() -> ahead(fullAt("copying blobs ahead", 3, relay), relayed))
                        .hasMessageContaining("the bucket has no room");
                assertServes(store);
                relay.always("", "");
                assertThat(ahead(ON, relayed).there()).isEqualTo(2);
                // What the move has to copy itself.
                Fixture.put(store, Fixture.newId(), 1000, 100_000);
            }
            assertThatThrownBy(() -> move(fullAt("copying blobs", 1, relay), relayed))
                    .hasMessageContaining("the bucket has no room");
            relay.always("", "");
            // The old one serves; what was copied is erased, and what is there without keys stays.
            assertEmbedded(true);
            assertThat(isKilled(relayed, at("opening the new store", 0))).isTrue();
            String trigger = "CREATE TRIGGER full_there BEFORE INSERT ON %s.blob EXECUTE FUNCTION full_there()";
            Engine.sql(
                    "CREATE FUNCTION full_there() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
                            + " 'could not extend file' USING ERRCODE = '53100'; END $$",
                    trigger.formatted(schema));
            assertThatThrownBy(() -> move(ON, relayed)).hasMessageContaining("could not extend file");
            Engine.sql("DROP TRIGGER full_there ON " + schema + ".blob");
            // This time without a start in between.
            assertThat(move(ON, relayed).blobs()).isPositive();
            assertThat(files()).containsExactly("s3.credentials", "store", "store.conf");
            try (SealedStore store = open()) {
                assertServes(store);
            }
            move(ON, List.of());
        }
        Engine.sql("DROP FUNCTION full_there");
        assertThat(files()).containsExactly("s3.credentials", "store");
        assertThat(blobsAt(to.get(1))).isEmpty();
        assertGoesOn();
    }

    /** The bucket takes nothing more from that step on. */
    private static StoreMigration.Progress fullAt(String step, long number, Relay relay) {
        return (what, count) -> {
            if (what.equals(step) && count == number) {
                relay.always("507 Insufficient Storage", "XMinioStorageFull");
            }
        };
    }

    @Test
    void whereBlobsCannotGoAhead(@TempDir Path second) throws IOException {
        fill();
        Engine.S3.configure(second, "", "taken-ahead");
        List<String> taken = List.of(Engine.blobs("taken-ahead"));
        try (SealedStore store = Stores.of(second, Fixture.RANDOM, Clock.systemUTC())) {
            Fixture.put(store, Fixture.newId(), 1000, 100_000);
        }
        List<String> to = elsewhere().subList(1, 2);
        assertThatThrownBy(() -> ahead(ON, taken)).hasMessageContaining("has blobs of a store already");
        assertThatThrownBy(() -> ahead(ON, List.of())).hasMessageContaining("is in the node's folder already");
        assertThat(files()).containsExactly("s3.credentials", "store");
        ahead(ON, to);
        assertThat(blobsAt(to.getFirst())).isNotEmpty();
        // Who wants it elsewhere, or nowhere: what was copied is removed, and never what another store has.
        assertThatThrownBy(() -> ahead(ON, taken)).hasMessageContaining("has blobs of a store already");
        assertThat(blobsAt(to.getFirst())).isEmpty();
        assertThat(blobsAt(taken.getFirst())).hasSize(1);
        ahead(ON, to);
        assertThatThrownBy(() -> move(ON, List.of())).hasMessageContaining("is in the node's folder already");
        assertThat(blobsAt(to.getFirst())).isEmpty();
        assertThat(files()).doesNotContain("store.migration", "store.ahead");
        // Whoever wrote store.conf himself has his store where it was copied to: nothing there is touched.
        ahead(ON, to);
        Path conf = node.resolve(StoreConfig.FILE);
        Files.writeString(conf, "blobs " + to.getFirst() + "\n");
        assertThatThrownBy(() -> ahead(ON, to)).hasMessageContaining("already");
        assertThat(blobsAt(to.getFirst())).isNotEmpty();
        Files.delete(conf);
        assertGoesOn();
    }
}
