package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.StatementHash;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A PostgreSQL server that is gone, slow, silent, full, or another than it was, and a store that has its rows there. */
@Timeout(240)
@Tag("long")
final class PostgresFailuresTest {
    private static final String BREAK = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE application_name = 'interlock' AND pid <> pg_backend_pid()";

    @TempDir
    Path folder;

    private SealedStore store;
    private final StatementHash id = Fixture.newId();
    private final StatementHash other = Fixture.newId();

    private void open(String schema, String from, String to) throws IOException {
        Engine.POSTGRES.configure(folder, schema, "");
        Path conf = folder.resolve(StoreConfig.FILE);
        Files.writeString(conf, Files.readString(conf).replace(from, to));
        store = Stores.of(folder, Fixture.RANDOM, Clock.systemUTC());
    }

    @AfterEach
    void close() {
        if (store != null) {
            store.close();
        }
    }

    private boolean isWhole(StatementHash which) {
        return Fixture.isWhole(store, which, BlobKind.SHARE, 3);
    }

    /** With what is the matter, and not only when a silent connection ends by itself: the test wouldn't wait so long. */
    private static void assertSaid(Runnable what, String... why) {
        assertThatThrownBy(what::run)
                .isInstanceOfAny(
                        StoreException.Failed.class, StoreException.OutcomeUnknown.class, StoreException.Unusable.class)
                .hasMessageContainingAll(why);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            Thread.sleep(20);
        }
    }

    @Test
    void stoppedThenSilent() throws Exception {
        int port = Engine.server().getPort();
        try (Relay relay = Relay.ofBytes(port)) {
            open("silent", ":" + port + "/postgres?", ":" + relay.port() + "/postgres?timeout=PT2S&");
            Fixture.put(store, id, 1000, 3000);

            relay.silent(true);
            assertSaid(() -> isWhole(id), "it can't be reached");
            assertSaid(() -> Fixture.put(store, other, 1000, 3000), "it can't be reached");
            relay.drop();
            assertSaid(() -> Fixture.destroy(store, id, Fixture.TOKEN), "it can't be reached");
            relay.silent(false);
            relay.drop();
            await(() -> Engine.query("SELECT pid FROM pg_stat_activity WHERE application_name = 'interlock'")
                    .isEmpty());
            assertThat(isWhole(id)).isTrue();
            Fixture.put(store, other, 1000, 3000);

            relay.refuse(true);
            relay.drop();
            assertSaid(() -> isWhole(id), "it can't be reached");
            assertSaid(() -> Fixture.destroy(store, id, Fixture.TOKEN), "it can't be reached");
            relay.refuse(false);
            assertThat(isWhole(id)).isTrue();
            Fixture.destroy(store, id, Fixture.TOKEN);
            assertThat(isWhole(other)).isTrue();
        }
    }

    /** Another session keeps its tables locked for longer than the node waits. */
    @Test
    void slow() throws Exception {
        open("slow", "/postgres?", "/postgres?timeout=PT2S&");
        Fixture.put(store, id, 1000, 3000);
        try (Connection connection = Engine.server().getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("LOCK TABLE slow.object IN ACCESS EXCLUSIVE MODE");
            assertSaid(() -> isWhole(id), "it can't be reached");
            assertSaid(() -> Fixture.put(store, other, 1000, 3000), "it can't be reached");
            connection.rollback();
        }
        assertThat(isWhole(id)).isTrue();
        Fixture.put(store, other, 1000, 3000);
    }

    @Test
    void outOfConnections() throws Exception {
        Engine.sql("CREATE ROLE few LOGIN", "GRANT CREATE ON DATABASE postgres TO few");
        open("few", "user=postgres", "user=few");
        Fixture.put(store, id, 1000, 3000);
        Engine.sql("ALTER ROLE few CONNECTION LIMIT 1", BREAK);
        // The writer may get the one that there is, or a reader: whoever doesn't says so.
        assertThatThrownBy(() -> {
                    Fixture.put(store, other, 1000, 3000);
                    isWhole(id);
                })
                .isInstanceOf(StoreException.Failed.class)
                .hasMessageContainingAll("it has no connection left", "raise max_connections");
        Engine.sql("ALTER ROLE few CONNECTION LIMIT -1");
        assertThat(isWhole(id)).isTrue();
        StatementHash next = Fixture.newId();
        Fixture.put(store, next, 1000, 3000);
        assertThat(isWhole(next)).isTrue();
    }

    /** As a server says it; what erases goes on, since it must. */
    @Test
    void fullDisk() throws Exception {
        open("full", "", "");
        Fixture.put(store, id, 1000, 3000);
        Engine.sql(
                "CREATE FUNCTION full_disk() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'could not extend file'"
                        + " USING ERRCODE = '53100'; END $$",
                "CREATE TRIGGER full_disk BEFORE INSERT ON \"full\".object FOR EACH ROW EXECUTE FUNCTION full_disk()");
        assertThatThrownBy(() -> Fixture.put(store, other, 1000, 3000))
                .isInstanceOf(StoreException.NoRoom.class)
                .hasMessageContaining("could not extend file");
        assertThat(store.find(other)).isEmpty();
        assertThat(isWhole(id)).isTrue();
        Fixture.destroy(store, id, Fixture.TOKEN);
        Engine.sql("DROP TRIGGER full_disk ON \"full\".object", "DROP FUNCTION full_disk");
        Fixture.put(store, other, 1000, 3000);
        assertThat(isWhole(other)).isTrue();
    }

    /** Restored to yesterday while the node runs: nothing of it is read or written, and the node goes on when it is back. */
    @Test
    void restoredUnderARunningNode() throws Exception {
        open("yesterday", "", "");
        Fixture.put(store, id, 1000, 3000);
        Engine.sql("UPDATE yesterday.meta SET mark = mark - 1", BREAK);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> isWhole(id)).hasMessageContaining("went back to an earlier state");
            assertThatThrownBy(() -> Fixture.put(store, other, 1000, 3000))
                    .hasMessageContaining("went back to an earlier state");
            assertSaid(() -> Fixture.destroy(store, id, Fixture.TOKEN), "went back to an earlier state");
        }
        Engine.sql("UPDATE yesterday.meta SET mark = mark + 1");
        assertThat(isWhole(id)).isTrue();
        Fixture.put(store, other, 1000, 3000);
        assertThat(isWhole(other)).isTrue();
    }

    @Test
    void aSchemaOfEachEarlierVersionIsBroughtToThisOne() throws Exception {
        Flyway.configure()
                .dataSource(Engine.server().getPostgresDatabase())
                .schemas("older")
                .createSchemas(true)
                .locations("classpath:dev/interlock/node/store/postgres")
                .target("1")
                .load()
                .migrate();
        open("older", "", "");
        Fixture.put(store, id, 1000, 3000);
        assertThat(isWhole(id)).isTrue();
        assertThat(Engine.query("SELECT max(version::int) > 1 FROM older.flyway_schema_history"))
                .containsExactly("t");
    }

    /** A migration that failed half-way is no store, and says so. */
    @Test
    void halfAMigrationIsRefused() throws Exception {
        open("half", "", "");
        store.close();
        Engine.sql("UPDATE half.flyway_schema_history SET success = false WHERE installed_rank ="
                + " (SELECT max(installed_rank) FROM half.flyway_schema_history)");
        assertThatThrownBy(() -> open("half", "", ""))
                .isInstanceOf(StoreException.Unusable.class)
                .hasMessageContaining("can't be brought to this program's version");
    }

    /** What was acknowledged is at the standby where it confirms; else the mark shows that it isn't. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void failedOver(boolean synchronous) throws Exception {
        Path data = folder.resolve("standby-data");
        try (EmbeddedPostgres primary = server(folder.resolve("primary-data"), true)) {
            copy(primary, folder.resolve("primary-data"), data);
            try (EmbeddedPostgres standby = server(data, false)) {
                await(() -> one(primary, "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")
                        .equals("1"));
                if (synchronous) {
                    one(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'");
                    one(primary, "SELECT pg_reload_conf()");
                    await(() -> one(primary, "SELECT max(sync_state) FROM pg_stat_replication")
                            .equals("sync"));
                }
                open(
                        "failover",
                        "127.0.0.1:" + Engine.server().getPort(),
                        "127.0.0.1:" + standby.getPort() + ",127.0.0.1:" + primary.getPort());
                Fixture.put(store, id, 1000, 3000);
                await(() -> one(standby, "SELECT count(*) FROM failover.object WHERE state = 2")
                        .equals("1"));
                if (!synchronous) {
                    one(standby, "ALTER SYSTEM SET primary_conninfo = ''");
                    one(standby, "SELECT pg_reload_conf()");
                    await(() -> one(primary, "SELECT count(*) FROM pg_stat_replication")
                            .equals("0"));
                    Fixture.put(store, other, 1000, 3000);
                    raiseMark();
                } else {
                    Fixture.put(store, other, 1000, 3000);
                }
                kill(folder.resolve("primary-data"));
                one(standby, "SELECT pg_promote()");
                if (synchronous) {
                    assertThat(isWhole(id)).isTrue();
                    assertThat(isWhole(other)).isTrue();
                    StatementHash next = Fixture.newId();
                    Fixture.put(store, next, 1000, 3000);
                    assertThat(isWhole(next)).isTrue();
                } else {
                    assertThatThrownBy(() -> isWhole(id)).hasMessageContaining("went back to an earlier state");
                    assertThatThrownBy(() -> Fixture.put(store, Fixture.newId(), 1000, 3000))
                            .hasMessageContaining("went back to an earlier state");
                    store.close();
                    assertThatThrownBy(() -> Stores.of(folder, Fixture.RANDOM, Clock.systemUTC()))
                            .isInstanceOf(StoreException.Unusable.class)
                            .hasMessageContaining("went back to an earlier state");
                }
            }
        }
    }

    /** Two processes that write as much as they can while the server dies and its standby takes its place. */
    @Test
    void failedOverUnderLoad() throws Exception {
        Path data = folder.resolve("standby-data");
        try (EmbeddedPostgres primary = server(folder.resolve("primary-data"), true)) {
            copy(primary, folder.resolve("primary-data"), data);
            try (EmbeddedPostgres standby = server(data, false)) {
                one(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'");
                one(primary, "SELECT pg_reload_conf()");
                await(() -> one(primary, "SELECT max(sync_state) FROM pg_stat_replication")
                        .equals("sync"));
                Engine.POSTGRES.configure(folder, "failover", "");
                Path conf = folder.resolve(StoreConfig.FILE);
                Files.writeString(
                        conf,
                        Files.readString(conf)
                                .replace(
                                        "127.0.0.1:" + Engine.server().getPort(),
                                        "127.0.0.1:" + standby.getPort() + ",127.0.0.1:" + primary.getPort()));
                List<StatementHash> acknowledged = new CopyOnWriteArrayList<>();
                List<StatementHash> destroyed = new CopyOnWriteArrayList<>();
                AtomicBoolean over = new AtomicBoolean();
                AtomicInteger lost = new AtomicInteger();
                try (SealedStore a = member(1, lost);
                        SealedStore b = member(2, lost);
                        ExecutorService threads = Executors.newFixedThreadPool(2)) {
                    List<Future<?>> loads = new ArrayList<>();
                    for (SealedStore each : List.of(a, b)) {
                        loads.add(threads.submit(() -> {
                            while (!over.get()) {
                                StatementHash fresh = Fixture.newId();
                                try {
                                    Fixture.put(each, fresh, 1000, 3000);
                                    if (fresh.hashCode() % 3 == 0) {
                                        Fixture.destroy(each, fresh, Fixture.TOKEN);
                                        destroyed.add(fresh);
                                    } else {
                                        acknowledged.add(fresh);
                                    }
                                } catch (StoreException e) {
                                    // It isn't acknowledged.
                                    Thread.sleep(50);
                                }
                            }
                            return null;
                        }));
                    }
                    await(() -> acknowledged.size() > 10);
                    kill(folder.resolve("primary-data"));
                    one(standby, "SELECT pg_promote()");
                    // Nobody confirms any more.
                    one(standby, "ALTER SYSTEM SET synchronous_standby_names = ''");
                    one(standby, "SELECT pg_reload_conf()");
                    int before = acknowledged.size();
                    await(() ->
                            acknowledged.size() > before + 10 || loads.stream().anyMatch(Future::isDone));
                    over.set(true);
                    for (Future<?> each : loads) {
                        each.get();
                    }
                    assertThat(lost).as("processes that ended").hasValue(0);
                    for (SealedStore each : List.of(a, b)) {
                        assertThat(acknowledged).allMatch(one -> Fixture.isWhole(each, one, BlobKind.SHARE, 3));
                        assertThat(destroyed)
                                .isNotEmpty()
                                .allSatisfy(one -> assertThatThrownBy(() -> each.open(one, BlobKind.SHARE))
                                        .isInstanceOf(StoreException.Destroyed.class));
                    }
                }
            }
        }
    }

    private SealedStore member(int number, AtomicInteger lost) {
        SealedStore opened = Stores.of(
                folder,
                Optional.of(new Member(
                        number, Long.toHexString(Fixture.RANDOM.nextLong()), "127.0.0.1:1", lost::incrementAndGet)),
                Fixture.RANDOM,
                Clock.systemUTC());
        opened.processes().reachBy(new Processes.Calls() {
            @Override
            public void end(Processes.Other process, List<StatementHash> generations) {}

            @Override
            public void letGo(Processes.Other process, long epoch) {}
        });
        return opened;
    }

    private static EmbeddedPostgres server(Path data, boolean fresh) throws IOException {
        return EmbeddedPostgres.builder()
                .setServerConfig("fsync", "on")
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setPGStartupWait(Duration.ofMinutes(1))
                .setDataDirectory(data)
                .setCleanDataDirectory(fresh)
                .start();
    }

    /** As it is raised every ten seconds. */
    private void raiseMark() {
        store.close();
        store = Stores.of(folder, Fixture.RANDOM, Clock.systemUTC());
    }

    private static String one(EmbeddedPostgres server, String sql) {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            if (!statement.execute(sql)) {
                return "";
            }
            try (ResultSet row = statement.getResultSet()) {
                return row.next() ? String.valueOf(row.getString(1)) : "";
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A base backup, that follows. */
    private static void copy(EmbeddedPostgres primary, Path from, Path to) throws Exception {
        try (Connection connection = primary.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_backup_start('test', true)");
            try (Stream<Path> files = Files.walk(from)) {
                for (Path file : files.toList()) {
                    if (file.getFileName().toString().startsWith("postmaster.")) {
                        continue;
                    }
                    try {
                        Files.copy(file, to.resolve(from.relativize(file).toString()));
                    } catch (NoSuchFileException e) {
                        // What the server has removed meanwhile isn't needed.
                    }
                }
            }
            try (ResultSet row = statement.executeQuery("SELECT labelfile FROM pg_backup_stop(false)")) {
                assertThat(row.next()).isTrue();
                Files.writeString(to.resolve("backup_label"), row.getString(1));
            }
        }
        Files.write(to.resolve("standby.signal"), new byte[0]);
        Files.write(
                to.resolve("postgresql.auto.conf"),
                List.of("primary_conninfo = 'host=127.0.0.1 port=" + primary.getPort() + " user=postgres'"));
    }

    private static void kill(Path data) throws IOException {
        long pid = Long.parseLong(
                Files.readAllLines(data.resolve("postmaster.pid")).getFirst());
        ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        assertThat(process.destroyForcibly()).isTrue();
        process.onExit().join();
    }
}
