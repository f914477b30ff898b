package dev.interlock.node.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.interlock.core.token.StatementHash;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rows in a PostgreSQL database, in a schema that one process has open at a time, or several of one provider. What was erased is lost after at most
 * {@link PostgresAddress#erasure}, in dead rows, the log, replicas and backups alike ({@link PostgresKeys}). A database that went back
 * to an earlier state is refused, not served.
 */
final class PostgresCatalog implements Catalog {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresCatalog.class);
    private static final int READERS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** Until a server is taken for gone that gives no connection. */
    private static final Duration CONNECTION = Duration.ofSeconds(5);
    /** A broken connection fails at once and is replaced; what has waited longer isn't asked again. */
    private static final Duration AT_ONCE = Duration.ofSeconds(1);

    /** Of a page or an object; after it the server is taken for gone. */
    private static final Duration READ = Duration.ofSeconds(10);

    private static final Duration TICK = Duration.ofSeconds(10);
    /** A session whose process died may hold the lock until the server has noticed. */
    private static final Duration LOCK_PATIENCE = Duration.ofSeconds(5);

    private static final Duration ASK_AGAIN = Duration.ofMillis(100);

    private static final String LOST =
            "Bring the latest state back; where there is none, take the folder keys out of the node's store and give it an empty"
                    + " schema: a node that starts with an empty store gets its shares back by a repair";

    private final PostgresAddress address;
    private final EpochKeys epochs;
    private final PostgresKeys keys;
    private final Processes processes;
    private final Optional<PostgresProcesses> several;
    private final HikariDataSource readers;
    private final Semaphore idle = new Semaphore(READERS, true);
    private final WriteQueue writes;
    private final ScheduledExecutorService timer;
    /** Connections of the pool on which the mark was looked at. */
    private final Set<PgConnection> marksSeen =
            Collections.newSetFromMap(Collections.synchronizedMap(new WeakHashMap<>()));

    private long marked;

    private PostgresCatalog(
            PostgresAddress address,
            EpochKeys epochs,
            PostgresKeys keys,
            Optional<PostgresProcesses> several,
            Link link) {
        this.several = several;
        this.processes = several.isPresent() ? several.get() : Processes.ALONE;
        this.address = address;
        this.epochs = epochs;
        this.keys = keys;
        this.readers = new HikariDataSource(readers(address));
        this.writes = new WriteQueue(new PostgresWriter(link));
        this.timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("interlock-store-keys").factory());
    }

    /**
     * Opens the schema, after creating it or bringing it to this program's version.
     *
     * @param folder where the epoch keys are
     * @param member which of several processes this is; empty for one that has the schema for itself alone
     * @throws StoreException.Unusable when it is in use, newer than this program, can't be reached, isn't durable, or went back
     */
    static PostgresCatalog open(
            PostgresAddress address, Path folder, Optional<Member> member, SecureRandom random, Clock clock)
            throws IOException {
        Deque<AutoCloseable> opened = new ArrayDeque<>();
        try {
            Optional<PostgresProcesses> several = Optional.empty();
            if (member.isPresent()) {
                several = Optional.of(PostgresProcesses.join(address, member.get()));
                opened.push(several.get()::leave);
                several.get().start();
            }
            // After joining: whoever erases keys from now on tells this process, and what was erased before isn't read.
            EpochKeys epochs =
                    EpochKeys.open(folder, random, member.map(Member::number).orElse(1));
            opened.push(epochs);
            PostgresKeys keys =
                    new PostgresKeys(epochs, several.isPresent() ? several.get() : Processes.ALONE, random, clock);
            Link link = member.isPresent() ? connect(address, keys) : connectAlone(address, keys);
            opened.push(link);
            if (member.isEmpty()) {
                migrate(address);
            }
            prepare(address, link, epochs, clock);
            PostgresCatalog catalog = new PostgresCatalog(address, epochs, keys, several, link);
            opened.clear();
            opened.push(catalog);
            catalog.writes.start();
            if (member.isEmpty()) {
                keys.finish(catalog::write);
            }
            catalog.mark();
            var _ = catalog.timer.scheduleWithFixedDelay(
                    catalog::tick, TICK.toSeconds(), TICK.toSeconds(), TimeUnit.SECONDS);
            return catalog;
        } catch (SQLException e) {
            Stores.close(opened);
            throw unusable(address, e);
        } catch (IOException | RuntimeException e) {
            Stores.close(opened);
            throw e;
        }
    }

    private static StoreException unusable(PostgresAddress address, SQLException e) {
        return new StoreException.Unusable(address.toString(), "can't be opened: " + why(e), e);
    }

    /** What is the matter with the server, and what its operator can do. */
    static String why(SQLException e) {
        SQLException first = e;
        while (first.getSQLState() != null && first.getCause() instanceof SQLException cause) {
            first = cause; // the pool's says only that there was none
        }
        String state = String.valueOf(first.getSQLState());
        String said = String.valueOf(first.getMessage());
        if (state.startsWith("28")) {
            return "it refuses this node: " + said + ". Look at the user in the file " + StoreConfig.FILE
                    + " and at its password, in the file " + PostgresAddress.PASSWORD_FILE;
        }
        return switch (state) {
            case "53300" ->
                "it has no connection left: " + said + ". A node needs " + (READERS + 2)
                        + ": raise max_connections, or the limit of this node's role";
            case "25006" ->
                "it only reads: " + said
                        + ". It is a standby, or default_transaction_read_only is on: name the server that"
                        + " takes writes, or all of them, in the file " + StoreConfig.FILE;
            case "57P03", "57P01", "57P02" -> "it is starting or stopping: " + said;
            default -> isBroken(first) ? "it can't be reached: " + said : said;
        };
    }

    static void migrate(PostgresAddress address) {
        try {
            Flyway flyway = Flyway.configure()
                    .dataSource(address.patient())
                    .schemas(address.schema())
                    .defaultSchema(address.schema())
                    .createSchemas(true)
                    .failOnMissingLocations(true)
                    .locations("classpath:dev/interlock/node/store/postgres")
                    .load();
            for (MigrationInfo each : flyway.info().all()) {
                if (each.getState().name().startsWith("FUTURE")) {
                    throw new StoreException.Unusable(
                            address.toString(),
                            "is of version " + each.getVersion()
                                    + ", which this program doesn't know. A newer interlock wrote it: run the node with that one",
                            null);
                }
            }
            flyway.migrate();
        } catch (FlywayException e) {
            throw new StoreException.Unusable(
                    address.toString(), "can't be brought to this program's version: " + firstLine(e), e);
        }
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).strip().lines().findFirst().orElse("");
    }

    /** Begins what is empty, and refuses what went back. */
    private static void prepare(PostgresAddress address, Link link, EpochKeys epochs, Clock clock)
            throws SQLException, IOException {
        if (!link.single("SHOW fsync").equals("on")) {
            throw new StoreException.Unusable(
                    address.toString(), "loses what it has confirmed: its server runs with fsync off", null);
        }
        link.execute("BEGIN");
        link.execute(PostgresProcesses.TAKE_TURN);
        long seen = epochs.mark();
        if (link.single("SELECT count(*) FROM meta").equals("0")) {
            if (seen > 0) {
                throw new StoreException.Unusable(
                        address.toString(), "is empty, and this node has keys of one that wasn't. " + LOST, null);
            }
            epochs.create(1);
            PreparedStatement insert =
                    link.prepare("INSERT INTO meta (made_at, floor, epoch, mark) VALUES (?, 0, 1, 0)");
            insert.setLong(1, clock.millis());
            insert.executeUpdate();
        }
        requireNotBack(address, link, epochs, seen);
        link.execute("COMMIT");
    }

    /** @param seen the highest mark that was seen in the database */
    private static void requireNotBack(PostgresAddress address, Link link, EpochKeys epochs, long seen)
            throws SQLException {
        List<Object> before = List.of();
        while (true) {
            long mark = Long.parseLong(link.single("SELECT mark FROM meta"));
            long epoch = PostgresKeys.epoch(link);
            OptionalLong oldest = PostgresKeys.oldest(link);
            boolean hasKeys = epochs.has(epoch) && (oldest.isEmpty() || epochs.has(oldest.getAsLong()));
            if (mark >= seen && hasKeys) {
                return;
            }
            List<Object> looked = List.of(epoch, oldest);
            if (mark < seen || looked.equals(before)) {
                throw new StoreException.Unusable(
                        address.toString(),
                        "went back to an earlier state (it is at mark " + mark + ", epoch " + epoch
                                + "; this node has seen mark " + seen
                                + "): what was destroyed since would be there again. " + LOST,
                        null);
            }
            // A key may be gone because a rotation ended in between: then the next look is at other epochs.
            before = looked;
        }
    }

    /** Whether there is no store in this schema, nor anything else. */
    static boolean isEmpty(PostgresAddress address) {
        try (Connection connection = address.source().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(*), count(*) FILTER (WHERE tablename = 'flyway_schema_history') FROM pg_tables WHERE schemaname = '"
                                + address.schema() + "'")) {
            row.next();
            if (row.getInt(2) == 0) {
                return row.getInt(1) == 0;
            }
            try (Statement rows = connection.createStatement();
                    ResultSet any = rows.executeQuery("SELECT 1 FROM meta")) {
                return !any.next();
            }
        } catch (SQLException e) {
            throw unusable(address, e);
        }
    }

    /**
     * Empties a schema, unless a store has it by now that began at another time.
     *
     * @param made when the store began that is left there
     * @throws StoreException.Unusable when another process has it, or it can't be reached
     */
    static void clear(PostgresAddress address, long made) {
        if (isEmpty(address)) {
            return;
        }
        try {
            // No keys are needed to delete rows.
            Link link = connectAlone(address, new SqliteKeys());
            try {
                link.execute("BEGIN");
                if (link.single("SELECT made_at FROM meta").equals(Long.toString(made))) {
                    link.execute("TRUNCATE key_group, object_key, login_key, usage, meta, login_mark, "
                            + String.join(", ", RowCopy.tables()));
                    link.execute("INSERT INTO login_mark (number) VALUES (0)");
                }
                link.execute("COMMIT");
            } finally {
                link.close();
            }
        } catch (SQLException e) {
            throw unusable(address, e);
        }
    }

    private static Link connect(PostgresAddress address, Keys keys) throws SQLException {
        Link link = new Link(address.source().getConnection(), keys, false);
        try {
            link.execute("SET synchronous_commit = on");
            // A process that is stopped in the middle of a transaction holds the others up for no longer.
            link.execute("SET idle_in_transaction_session_timeout = '5s'");
            return link;
        } catch (SQLException e) {
            link.close();
            throw e;
        }
    }

    private static Link connectAlone(PostgresAddress address, Keys keys) throws SQLException {
        Link link = new Link(address.source().getConnection(), keys, false);
        try {
            link.execute("SET synchronous_commit = on");
            hold(
                    link,
                    address,
                    "pg_try_advisory_lock",
                    "is in use by another process. Several serve one store only where the file processes in the"
                            + " node's folder says how many, and they share that folder; else a second one can wait"
                            + " as a standby, in the same folder");
            return link;
        } catch (SQLException | RuntimeException e) {
            link.close();
            throw e;
        }
    }

    /**
     * Takes the schema's lock for a session, which may wait for one whose process died.
     *
     * @param how the function that tries
     * @param refusal what is said of the schema where others keep it
     */
    static void hold(Link link, PostgresAddress address, String how, String refusal) throws SQLException {
        long deadline = System.nanoTime() + LOCK_PATIENCE.toNanos();
        while (!lock(link, address.schema(), how)) {
            if (System.nanoTime() - deadline >= 0) {
                throw new StoreException.Unusable(address.toString(), refusal, null);
            }
            try {
                Thread.sleep(ASK_AGAIN);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new SQLException("interrupted", e);
            }
        }
    }

    /** By the session that beats, or that writes where the process is alone: one that loses it writes nothing more. */
    private static boolean lock(Link link, String schema, String how) throws SQLException {
        PreparedStatement select = link.prepare("SELECT " + how + "(hashtextextended('interlock ' || ?, 0))");
        select.setString(1, schema);
        try (ResultSet row = select.executeQuery()) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static HikariConfig readers(PostgresAddress address) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(address.source());
        config.setReadOnly(true);
        config.setMaximumPoolSize(READERS);
        config.setConnectionTimeout(CONNECTION.toMillis());
        config.setPoolName("interlock-store");
        return config;
    }

    @Override
    public <T> T read(String what, Operation<T> operation) {
        processes.requireServing();
        long deadline = System.nanoTime() + AT_ONCE.toNanos();
        for (int attempt = 0; ; attempt++) {
            try {
                return withReader(what, connection -> {
                    Link link = new Link(connection, keys, false);
                    try {
                        requireKnown(connection, link);
                        return operation.run(link);
                    } finally {
                        link.discardStatements();
                    }
                });
            } catch (SQLException e) {
                // A server that restarted has ended all that the pool held.
                if (!isBroken(e) || attempt == READERS || System.nanoTime() - deadline > 0) {
                    throw StoreException.of(what, e);
                }
            }
        }
    }

    /** Waits while the others are busy; a server that gives none is told at once. */
    private <T> T withReader(String what, Reading<T> reading) throws SQLException {
        try {
            if (!idle.tryAcquire(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new StoreException.Failed(
                        what + ": all " + READERS + " connections to the database have been busy for "
                                + PATIENCE.toSeconds() + " s",
                        null);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException.Failed(what + ": interrupted before the database was read", e);
        }
        try (Connection connection = reader(what)) {
            return reading.of(connection);
        } finally {
            idle.release();
        }
    }

    private interface Reading<T> {
        T of(Connection connection) throws SQLException;
    }

    private Connection reader(String what) {
        try {
            return readers.getConnection();
        } catch (SQLException e) {
            throw StoreException.of(what, e);
        }
    }

    /** Another server may answer by now, or this one with less in it: then nothing of it is served. */
    private void requireKnown(Connection connection, Link link) throws SQLException {
        PgConnection physical = connection.unwrap(PgConnection.class);
        if (marksSeen.contains(physical)) {
            return;
        }
        try {
            physical.setNetworkTimeout(Runnable::run, (int)
                    Math.min(READ.toMillis(), address.timeout().toMillis()));
            requireNotBack(address, link, epochs, epochs.mark());
            marksSeen.add(physical);
        } catch (IOException e) {
            throw new SQLException("the mark can't be read: " + e.getMessage(), e);
        } catch (StoreException.Unusable e) {
            readers.evictConnection(connection);
            throw e;
        }
    }

    private static boolean isBroken(SQLException failure) {
        String state = String.valueOf(failure.getSQLState());
        return state.startsWith("08") || state.startsWith("57P");
    }

    @Override
    public WriteQueue writes() {
        return writes;
    }

    /** Makes what was erased before this call lost for good. */
    synchronized void rotate() throws IOException, SQLException {
        keys.rotate(this::write);
    }

    private synchronized void finish() throws IOException, SQLException {
        keys.finish(this::write);
    }

    Processes processes() {
        return processes;
    }

    /** Forgets what other processes have erased. */
    void forgetKeysBefore(long epoch) {
        epochs.forgetBefore(epoch);
    }

    /** Begins to clean up after processes that died. */
    void cleanUp(Consumer<StatementHash> remove) {
        several.ifPresent(all -> all.cleanUp(this, remove));
    }

    /** Raises the mark, here first: a database below the node's copy went back. */
    private synchronized void mark() throws IOException {
        long mark = write(
                "raising the mark",
                link -> Long.parseLong(link.single("UPDATE meta SET mark = mark + 1 RETURNING mark")));
        epochs.mark(mark);
        marked = writes.transactions();
    }

    private void tick() {
        try {
            epochs.forgetErased();
            if (!processes.isFirst()) {
                // One is enough.
            } else if (read("looking for erased keys", keys::isBrokenOff)) {
                finish();
            } else if (read("looking for erased keys", link -> keys.isDue(link, longest()))) {
                rotate();
            }
            if (writes.transactions() > marked) {
                mark();
            }
        } catch (IOException | SQLException | RuntimeException e) {
            LOG.warn("the store's keys can't be looked after, it is tried again: {}", e.getMessage());
        }
    }

    /** Where keys are erased at once, one that is still there is of an erasure that was broken off. */
    private Duration longest() {
        return address.erasure().isZero() ? TICK : address.erasure().minus(TICK);
    }

    @Override
    public void close() {
        timer.shutdown();
        try {
            var _ = timer.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        writes.close();
        readers.close();
        several.ifPresent(PostgresProcesses::leave);
        epochs.close();
    }

    private final class PostgresWriter implements Writer {
        private @Nullable Link link;

        PostgresWriter(Link link) {
            this.link = link;
        }

        @Override
        public Link link() throws SQLException {
            Link known = link;
            if (known != null && !known.isClosed()) {
                return known;
            }
            link = null;
            Link fresh = several.isPresent() ? connect(address, keys) : connectAlone(address, keys);
            try {
                // Another server may answer by now, with less in it.
                requireNotBack(address, fresh, epochs, epochs.mark());
            } catch (IOException e) {
                fresh.close();
                throw new SQLException("the mark can't be read: " + e.getMessage(), e);
            } catch (SQLException | RuntimeException e) {
                fresh.close();
                throw e;
            }
            link = fresh;
            return fresh;
        }

        @Override
        public void begin(Link to) throws SQLException {
            to.execute("BEGIN ISOLATION LEVEL SERIALIZABLE");
            if (several.isPresent()) {
                // Before the transaction sees anything, so that it sees all that the others have written.
                to.execute(PostgresProcesses.TAKE_TURN);
                several.get().requireMember(to);
            }
        }

        @Override
        public void erased() throws SQLException, IOException {
            // Else the row is empty, and the next rotation takes what sealed its copies.
            if (address.erasure().isZero()) {
                keys.rotate(this::transact);
            }
        }

        private <T> T transact(String what, Operation<T> operation) throws SQLException {
            Link to = link();
            begin(to);
            try {
                T result = operation.run(to);
                to.execute("COMMIT");
                return result;
            } catch (SQLException | RuntimeException e) {
                to.discardStatements();
                to.execute("ROLLBACK");
                throw e;
            }
        }

        @Override
        public boolean makeRoom() {
            return false;
        }

        @Override
        public boolean mayRepeat(SQLException failure) {
            String state = String.valueOf(failure.getSQLState());
            return state.equals("40001") || state.equals("40P01");
        }

        @Override
        public boolean isUnknown(SQLException failure) {
            return isBroken(failure);
        }

        @Override
        public void close() {
            if (link != null) {
                link.close();
            }
        }
    }
}
