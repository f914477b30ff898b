package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.secret.CipherKey;
import dev.interlock.core.token.StatementHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A store's rows in PostgreSQL on its bad days, and what of them is left when something was erased. */
@Timeout(240)
final class PostgresTest {
    /** Ends the connections of all nodes, as a server does that restarts. */
    private static final String BREAK = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE application_name = 'interlock' AND pid <> pg_backend_pid()";

    private static final AtomicInteger SCHEMAS = new AtomicInteger();

    @TempDir
    Path folder;

    private final String schema = "bad" + SCHEMAS.incrementAndGet();
    private SealedStore store;
    private final StatementHash id = Fixture.newId();
    private final StatementHash other = Fixture.newId();

    @BeforeEach
    void open() {
        Engine.POSTGRES.configure(folder, schema, "");
        store = Stores.of(folder, Fixture.RANDOM, Clock.systemUTC());
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void reopen() {
        store.close();
        store = Stores.of(folder, Fixture.RANDOM, Clock.systemUTC());
    }

    private PostgresCatalog catalog() {
        return (PostgresCatalog) store.catalog();
    }

    /** What anybody may still have of a key's row and its group's: dead rows, the log, a backup, a replica. */
    private record Copy(Keys.Family family, long seq, byte[] sealed, byte[] group) {}

    private List<Copy> backup() throws Exception {
        List<Copy> copies = new ArrayList<>();
        try (Connection connection = Engine.server().getPostgresDatabase().getConnection();
                PreparedStatement select = connection.prepareStatement("SELECT k.seq, k.sealed, g.sealed FROM " + schema
                        + ".object_key k JOIN " + schema + ".key_group g ON g.family = 1 AND g.number = k.seq / 1024"
                        + " WHERE k.sealed IS NOT NULL");
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                copies.add(new Copy(Keys.Family.OBJECT, row.getLong(1), row.getBytes(2), row.getBytes(3)));
            }
        }
        return copies;
    }

    /** Puts the copies back into the rows: whoever has them and the node's files can do this. */
    private void restore(List<Copy> copies) throws Exception {
        try (Connection connection = Engine.server().getPostgresDatabase().getConnection()) {
            for (Copy each : copies) {
                try (PreparedStatement update =
                        connection.prepareStatement("UPDATE " + schema + ".object_key SET sealed = ? WHERE seq = ?")) {
                    update.setBytes(1, each.sealed);
                    update.setLong(2, each.seq);
                    update.executeUpdate();
                }
                try (PreparedStatement update = connection.prepareStatement("UPDATE " + schema
                        + ".key_group SET sealed = ?, version = 1, epoch = 1 WHERE family = 1 AND number = ?")) {
                    update.setBytes(1, each.group);
                    update.setLong(2, each.seq / 1024);
                    update.executeUpdate();
                }
            }
        }
    }

    private Optional<byte[]> key(long seq) {
        return catalog().read("test", link -> link.keys().find(link, Keys.Family.OBJECT, seq));
    }

    @Test
    void whatWasErasedIsLostInEveryCopy() throws Exception {
        Fixture.put(store, id, 1000, 3000);
        Fixture.put(store, other, 1000, 3000);
        List<Copy> copies = backup();
        assertThat(copies).hasSize(2);
        long seq = copies.getFirst().seq();
        byte[] plain = key(seq).orElseThrow();

        Fixture.destroy(store, id, Fixture.TOKEN);
        assertThat(key(seq)).isEmpty();
        List<Copy> after = backup();
        restore(copies);
        assertThat(key(seq)).as("control: until the epoch ends the copies open").contains(plain);
        Engine.sql("UPDATE " + schema + ".object_key SET sealed = NULL WHERE seq = " + seq);
        assertThat(after).hasSize(1);

        catalog().rotate();

        assertThat(Fixture.isWhole(store, other, BlobKind.SHARE, 3)).isTrue();
        assertThat(Files.exists(folder.resolve("store/keys/epoch-1"))).isFalse();
        List<Copy> live = backup();
        restore(copies);
        assertThatThrownBy(() -> key(seq)).hasMessageContaining("key of epoch 1 is gone");
        // Under the key of the epoch after it neither, nor in the clear anywhere.
        Engine.sql("UPDATE " + schema + ".key_group SET epoch = 2");
        assertThatThrownBy(() -> key(seq)).hasMessageContaining("the seal doesn't fit");
        assertThat(found(plain)).isFalse();
        assertThat(live).hasSize(1);
    }

    @Test
    void atOnceWhereTheOperatorSaysSo() throws Exception {
        store.close();
        Path conf = folder.resolve(StoreConfig.FILE);
        Files.writeString(conf, Files.readString(conf).replace("erasure=PT1M", "erasure=PT0S"));
        store = Stores.of(folder, Fixture.RANDOM, Clock.systemUTC());
        Fixture.put(store, id, 1000, 3000);
        Fixture.put(store, other, 1000, 3000);
        List<Copy> copies = backup();
        Fixture.destroy(store, id, Fixture.TOKEN);
        restore(copies);
        assertThatThrownBy(() -> key(copies.getFirst().seq())).hasMessageContaining("key of epoch 1 is gone");
    }

    /** In a file of the node or of the server: its tables, its log. */
    private boolean found(byte[] bytes) throws Exception {
        Path server = Path.of(Engine.query("SHOW data_directory").getFirst());
        try (Stream<Path> files = Stream.concat(Files.walk(folder), Files.walk(server))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                byte[] content = Files.readAllBytes(file);
                for (int at = 0; at + bytes.length <= content.length; at++) {
                    if (content[at] == bytes[0]
                            && Arrays.equals(content, at, at + bytes.length, bytes, 0, bytes.length)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    @Test
    void aRotationMayBeBrokenOffAnywhere() throws Exception {
        List<StatementHash> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            all.add(Fixture.newId());
            Fixture.put(store, all.getLast(), 1000, 3000);
        }
        Fixture.destroy(store, all.removeFirst(), Fixture.TOKEN);
        store.close();
        // The next epoch's key is there and nothing is sealed under it; then the epoch has begun.
        try (EpochKeys epochs = EpochKeys.open(folder.resolve("store/keys"), new SecureRandom(), 1)) {
            epochs.create(2);
        }
        reopen();
        assertThat(all).allMatch(each -> Fixture.isWhole(store, each, BlobKind.SHARE, 3));
        store.close();
        try (EpochKeys epochs = EpochKeys.open(folder.resolve("store/keys"), new SecureRandom(), 1)) {
            epochs.create(2);
        }
        Engine.sql("UPDATE " + schema + ".meta SET epoch = 2");
        reopen();
        assertThat(all).allMatch(each -> Fixture.isWhole(store, each, BlobKind.SHARE, 3));
        try (Stream<Path> files = Files.list(folder.resolve("store/keys"))) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("epoch-2", "mark");
        }
        // A key that erasing has overwritten and not yet removed.
        Files.write(folder.resolve("store/keys/epoch-1"), new byte[CipherKey.BYTES]);
        reopen();
        assertThat(all).allMatch(each -> Fixture.isWhole(store, each, BlobKind.SHARE, 3));
    }

    @Test
    void aDatabaseThatWentBackIsRefused() throws IOException {
        Fixture.put(store, id, 1000, 3000);
        reopen();
        Engine.sql("UPDATE " + schema + ".meta SET mark = mark - 1");
        store.close();
        assertUnusable("went back to an earlier state", "Bring the latest state back");
        Engine.sql("UPDATE " + schema + ".meta SET mark = mark + 1");
        reopen();
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, 3)).isTrue();
        store.close();
        Engine.sql("DELETE FROM " + schema + ".meta");
        assertUnusable("is empty, and this node has keys of one that wasn't");
        Engine.sql("DROP SCHEMA " + schema + " CASCADE");
        assertUnusable("is empty, and this node has keys of one that wasn't");
        // As the message says.
        Files.move(folder.resolve("store/keys"), folder.resolve("old-keys"));
        reopen();
        assertThat(store.find(id)).isEmpty();
    }

    @Test
    void keysThatAreMissing() throws IOException {
        Fixture.put(store, id, 1000, 3000);
        store.close();
        Path key = folder.resolve("store/keys/epoch-1");
        Path away = Files.move(key, folder.resolve("away"));
        assertUnusable("went back to an earlier state");
        Files.move(away, key);
        reopen();
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, 3)).isTrue();
    }

    @Test
    void oneProcessHasIt() {
        Path second = folder.resolve("second");
        Engine.POSTGRES.configure(second, schema, "");
        assertThatThrownBy(() -> Stores.of(second, Fixture.RANDOM, Clock.systemUTC()))
                .isInstanceOf(StoreException.Unusable.class)
                .hasMessageContaining("is in use by another process");
        Fixture.put(store, id, 1000, 3000);
    }

    @Test
    void aConnectionThatBreaksIsMadeAgain() {
        Fixture.put(store, id, 1000, 3000);
        for (int round = 0; round < 3; round++) {
            Engine.sql(BREAK);
            StatementHash next = Fixture.newId();
            // What was asked on the broken connection failed, and says so; it is whole or not there.
            try {
                Fixture.put(store, next, 1000, 3000);
            } catch (StoreException.Failed | StoreException.OutcomeUnknown e) {
                assertThat(e.getMessage()).containsAnyOf("preparing object", "committing generation");
                next = Fixture.newId();
                Fixture.put(store, next, 1000, 3000);
            }
            assertThat(Fixture.isWhole(store, next, BlobKind.SHARE, 3)).isTrue();
            assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, 3)).isTrue();
        }
    }

    @Test
    void aServerThatOnlyReads() {
        Fixture.put(store, id, 1000, 3000);
        Engine.sql("ALTER ROLE postgres SET default_transaction_read_only = on", BREAK);
        try {
            for (int round = 0; round < 2; round++) {
                assertThatThrownBy(() -> Fixture.put(store, other, 1000, 3000))
                        .isInstanceOfAny(StoreException.Failed.class, StoreException.OutcomeUnknown.class);
            }
            assertThat(store.find(other)).isEmpty();
        } finally {
            Engine.sql(
                    "SET default_transaction_read_only = off",
                    "ALTER ROLE postgres RESET default_transaction_read_only",
                    BREAK);
        }
        reopen();
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, 3)).isTrue();
        Fixture.put(store, other, 1000, 3000);
    }

    @Test
    void aNewerProgramsSchemaIsRefused() {
        store.close();
        Engine.sql(
                "INSERT INTO " + schema + ".flyway_schema_history (installed_rank, version, description, type, script,"
                        + " checksum, installed_by, execution_time, success)"
                        + " VALUES (99, '99', 'later', 'SQL', 'V99__later.sql', 1, 'postgres', 1, true)");
        assertUnusable("is of version 99", "A newer interlock wrote it");
        Engine.sql("DELETE FROM " + schema + ".flyway_schema_history WHERE installed_rank = 99");
        reopen();
    }

    @Test
    void whatCannotBeReached() throws IOException {
        store.close();
        Files.writeString(folder.resolve(StoreConfig.FILE), "rows postgresql://127.0.0.1:1/postgres\n");
        assertUnusable("127.0.0.1:1", "can't be reached");
        Files.writeString(
                folder.resolve(StoreConfig.FILE), "rows " + Engine.rows("x").replace("user=postgres", "user=nobody"));
        assertUnusable("refuses this node", "postgres.password");
        open();
    }

    private void assertUnusable(String... why) {
        assertThatThrownBy(() -> Stores.of(folder, Fixture.RANDOM, Clock.systemUTC()))
                .isInstanceOf(StoreException.Unusable.class)
                .hasMessageContainingAll(why);
    }
}
