package dev.interlock.node.store;

import dev.interlock.core.token.StatementHash;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes of a provider over one schema of a PostgreSQL database.
 *
 * <p>Each raises the beat in its row every second. Who has seen a row's beat stand still for longer than a lease, by its own monotonic clock,
 * removes the row; who hasn't raised its own for a lease, by its own, serves nothing until it has. So of a process that was taken for dead
 * nothing leaves any more, and it finds its row gone before it writes. No clock of the database's, nor any wall clock, takes part.
 */
final class PostgresProcesses extends Processes {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresProcesses.class);
    static final Duration LEASE = Duration.ofSeconds(10);
    private static final Duration BEAT = Duration.ofSeconds(1);
    /** Clocks of two machines run at two speeds, by less than this in a lease. */
    private static final Duration MARGIN = Duration.ofSeconds(1);

    private static final Duration ASK_AGAIN = Duration.ofMillis(20);
    private static final String GENERATION = "generation ";
    /** Of a transaction that writes, before it sees anything: those of all processes, one after another. */
    static final String TAKE_TURN = "LOCK TABLE turn IN EXCLUSIVE MODE";

    private final PostgresAddress address;
    private final Member self;
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(
            2, Thread.ofPlatform().daemon().name("interlock-processes-", 0).factory());
    private final Map<String, Seen> seen = new HashMap<>();
    /** Claims whose giving back failed, or nobody knows. None is claimed anew before it is known. */
    private final Set<String> owed = ConcurrentHashMap.newKeySet();

    private final Lock givingBack = new ReentrantLock();
    private final AtomicBoolean lost = new AtomicBoolean();
    private volatile long renewedNanos;
    private volatile boolean first;
    private volatile @Nullable Catalog catalog;
    private volatile @Nullable Calls calls;
    private @Nullable Link link;

    /** Since when a row has had this beat, as far as was looked. */
    private record Seen(long beat, long sinceNanos) {}

    private record Row(String instance, long beat) {}

    private PostgresProcesses(PostgresAddress address, Member self) {
        this.address = address;
        this.self = self;
    }

    /**
     * Joins those that serve the schema, after creating it or bringing it to this program's version.
     *
     * @throws StoreException.Unusable when a process has it for itself alone
     */
    static PostgresProcesses join(PostgresAddress address, Member self) throws SQLException {
        PostgresProcesses processes = new PostgresProcesses(address, self);
        Link link = processes.connect();
        try {
            PostgresCatalog.migrate(address);
            long now = System.nanoTime();
            Optional<Seen> before = Optional.empty();
            while (!processes.register(link)) {
                Optional<Row> row = processes.rowOfNumber(link);
                now = System.nanoTime();
                if (row.isPresent()
                        && before.isPresent()
                        && before.get().beat() != row.get().beat()) {
                    throw new StoreException.Unusable(
                            address.toString(), "is served by another process of the number " + self.number(), null);
                }
                if (row.isPresent() && before.isEmpty()) {
                    LOG.info(
                            "the last process of the number {} didn't say that it ended; it is waited for",
                            self.number());
                    before = Optional.of(new Seen(row.get().beat(), now));
                } else if (row.isPresent()
                        && now - before.get().sinceNanos() > LEASE.plus(MARGIN).toNanos()) {
                    remove(link, row.get().instance(), row.get().beat());
                }
                Thread.sleep(ASK_AGAIN);
                now = System.nanoTime();
            }
            processes.renewedNanos = now;
            processes.link = link;
            return processes;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            link.close();
            throw new SQLException("interrupted", e);
        } catch (SQLException | RuntimeException e) {
            link.close();
            throw e;
        }
    }

    /** @return false where a row has this number: its process lives, or died */
    private boolean register(Link on) throws SQLException {
        PreparedStatement insert =
                on.prepare("INSERT INTO process (number, instance, address, beat) VALUES (?, ?, ?, 0)"
                        + " ON CONFLICT DO NOTHING");
        insert.setInt(1, self.number());
        insert.setString(2, self.instance());
        insert.setString(3, "");
        return insert.executeUpdate() == 1;
    }

    /** Whoever has this number, as its row says now. */
    private Optional<Row> rowOfNumber(Link on) throws SQLException {
        PreparedStatement select = on.prepare("SELECT instance, beat FROM process WHERE number = ?");
        select.setInt(1, self.number());
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? Optional.of(new Row(row.getString(1), row.getLong(2))) : Optional.empty();
        }
    }

    /** Begins to raise this process's beat and to watch the others'. */
    void start() {
        var _ = timer.scheduleWithFixedDelay(this::beat, 0, BEAT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Begins to clean up after those that died.
     *
     * @param rows of this store
     * @param remove removes whatever blobs there are of a generation
     */
    void cleanUp(Catalog rows, Consumer<StatementHash> remove) {
        catalog = rows;
        var _ = timer.scheduleWithFixedDelay(() -> takeOver(rows, remove), 0, BEAT.toMillis(), TimeUnit.MILLISECONDS);
    }

    private Link connect() throws SQLException {
        Link fresh = new Link(address.source().getConnection(), new SqliteKeys(), false);
        try {
            // Of a beat nothing depends on its outliving the server.
            fresh.execute("SET synchronous_commit = off");
            PostgresCatalog.hold(
                    fresh,
                    address,
                    "pg_try_advisory_lock_shared",
                    "is served by a process that has it for itself alone. Stop that one, and start it"
                            + " again as one of several");
            return fresh;
        } catch (SQLException | RuntimeException e) {
            fresh.close();
            throw e;
        }
    }

    private void beat() {
        try {
            Link known = link;
            if (known == null || known.isClosed()) {
                known = connect();
                link = known;
            }
            long now = System.nanoTime();
            PreparedStatement raise =
                    known.prepare("UPDATE process SET beat = beat + 1 WHERE number = ? AND instance = ?");
            raise.setInt(1, self.number());
            raise.setString(2, self.instance());
            if (raise.executeUpdate() == 0) {
                lose();
                return;
            }
            renewedNanos = now;
            watch(known);
        } catch (SQLException | RuntimeException e) {
            LOG.warn("this process's place among those that serve the store isn't renewed: {}", e.getMessage());
            if (link != null) {
                link.close();
                link = null;
            }
        }
    }

    private void watch(Link on) throws SQLException {
        PreparedStatement select = on.prepare("SELECT number, instance, beat FROM process ORDER BY number");
        Set<String> there = new HashSet<>();
        List<String> silent = new ArrayList<>();
        boolean lowest = true;
        long now = System.nanoTime();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                String instance = row.getString(2);
                there.add(instance);
                lowest &= row.getInt(1) >= self.number();
                Seen before = seen.get(instance);
                if (before == null || before.beat() != row.getLong(3)) {
                    seen.put(instance, new Seen(row.getLong(3), now));
                } else if (!instance.equals(self.instance())
                        && now - before.sinceNanos() > LEASE.plus(MARGIN).toNanos()) {
                    silent.add(instance);
                }
            }
        }
        first = lowest;
        seen.keySet().retainAll(there);
        for (String instance : silent) {
            remove(
                    on,
                    instance,
                    Optional.ofNullable(seen.get(instance)).orElseThrow().beat());
        }
    }

    /** It serves nothing any more, since its lease is over, and writes nothing, since its row is gone. */
    private static void remove(Link on, String instance, long beat) throws SQLException {
        on.execute("BEGIN");
        try {
            on.execute(TAKE_TURN);
            PreparedStatement delete = on.prepare("DELETE FROM process WHERE instance = ? AND beat = ?");
            delete.setString(1, instance);
            delete.setLong(2, beat);
            if (delete.executeUpdate() > 0) {
                LOG.warn(
                        "a process of this provider has been silent for {} s and is taken for dead", LEASE.toSeconds());
            }
            on.execute("COMMIT");
        } catch (SQLException e) {
            on.discardStatements();
            on.execute("ROLLBACK");
            throw e;
        }
    }

    private void lose() {
        if (lost.compareAndSet(false, true)) {
            self.lost().run();
        }
    }

    /** What dead processes worked on becomes this one's, which removes it: so nobody begins it anew meanwhile. */
    private void takeOver(Catalog rows, Consumer<StatementHash> remove) {
        try {
            giveBackOwed();
            if (!first
                    || rows.read("looking for claims", PostgresProcesses::orphans)
                            .isEmpty()) {
                return;
            }
            List<String> taken = rows.write("taking claims over", to -> {
                PreparedStatement update = to.prepare("UPDATE claim SET instance = ?"
                        + " WHERE instance NOT IN (SELECT instance FROM process) RETURNING name");
                update.setString(1, self.instance());
                return names(update);
            });
            for (String name : taken) {
                if (name.startsWith(GENERATION)) {
                    remove.accept(StatementHash.parse(name.substring(GENERATION.length())));
                }
                giveBack(name);
            }
        } catch (RuntimeException e) {
            LOG.warn("what a process left that died isn't removed, it is tried again: {}", e.getMessage());
        }
    }

    private static List<String> orphans(Link on) throws SQLException {
        return names(on.prepare("SELECT name FROM claim WHERE instance NOT IN (SELECT instance FROM process) LIMIT 1"));
    }

    private static List<String> names(PreparedStatement statement) throws SQLException {
        List<String> names = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                names.add(row.getString(1));
            }
        }
        return names;
    }

    /** In each transaction that writes, which nobody's of the others runs beside. @throws SQLException where this process was taken for dead */
    void requireMember(Link on) throws SQLException {
        PreparedStatement select = on.prepare("SELECT 1 FROM process WHERE number = ? AND instance = ?");
        select.setInt(1, self.number());
        select.setString(2, self.instance());
        try (ResultSet row = select.executeQuery()) {
            if (row.next()) {
                return;
            }
        }
        lose();
        throw new SQLException("the provider's other processes have taken this one for dead, and it ends");
    }

    @Override
    public boolean isAlone() {
        return false;
    }

    @Override
    public int number() {
        return self.number();
    }

    @Override
    public boolean isFirst() {
        return first;
    }

    @Override
    public void requireServing() {
        if (lost.get() || System.nanoTime() - renewedNanos >= LEASE.toNanos()) {
            throw new StoreException.Failed(
                    "this process hasn't reached the store's database for " + LEASE.toSeconds()
                            + " s, and serves nothing until it has",
                    null);
        }
    }

    private Catalog rows() {
        Catalog rows = catalog;
        if (rows == null) {
            throw new StoreException.Failed("the store isn't open yet", null);
        }
        return rows;
    }

    @Override
    public List<Other> others() {
        return others(" AND address <> ''");
    }

    /** Those that are still starting, too: they read nothing yet, and have read the folder's keys. */
    private List<Other> allOthers() {
        return others("");
    }

    private List<Other> others(String which) {
        return rows().read("looking for other processes", on -> {
            PreparedStatement select = on.prepare(
                    "SELECT number, instance, address FROM process WHERE instance <> ?" + which + " ORDER BY number");
            select.setString(1, self.instance());
            List<Other> others = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    others.add(new Other(row.getInt(1), row.getString(2), row.getString(3)));
                }
            }
            return others;
        });
    }

    @Override
    public void reachBy(Calls by) {
        calls = by;
        rows().write("telling the others where this process is", on -> {
            PreparedStatement update = on.prepare("UPDATE process SET address = ? WHERE instance = ?");
            update.setString(1, self.address());
            update.setString(2, self.instance());
            return update.executeUpdate();
        });
    }

    /**
     * Calls the others, until each has done what it is asked, or is dead.
     *
     * @param whom as the rows say now
     */
    private static void everywhere(String what, Supplier<List<Other>> whom, Consumer<Other> call) {
        Set<Other> done = new HashSet<>();
        long deadline = System.nanoTime() + LEASE.multipliedBy(3).toNanos();
        while (true) {
            List<Other> left = new ArrayList<>(whom.get());
            left.removeAll(done);
            if (left.isEmpty()) {
                return;
            }
            @Nullable RuntimeException why = null;
            for (Other other : left) {
                try {
                    call.accept(other);
                    done.add(other);
                } catch (RuntimeException e) {
                    why = e;
                }
            }
            if (why != null) {
                if (System.nanoTime() - deadline > 0) {
                    throw new StoreException.Failed(
                            what + ": it is done here, but not known of another process of this provider (repeat it): "
                                    + why.getMessage(),
                            why);
                }
                pause(BEAT);
            }
        }
    }

    private Calls calls() {
        Calls by = calls;
        if (by == null) {
            throw new StoreException.Failed("this process hasn't started yet", null);
        }
        return by;
    }

    @Override
    void end(List<StatementHash> generations) {
        everywhere("ending generations", this::others, other -> calls().end(other, generations));
    }

    @Override
    void letGo(long epoch) {
        everywhere("erasing keys", this::allOthers, other -> calls().letGo(other, epoch));
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException.Failed("interrupted while waiting for another process", e);
        }
    }

    // ---- Claims ----

    private boolean claim(Link on, String name) throws SQLException {
        PreparedStatement insert =
                on.prepare("INSERT INTO claim (name, instance) VALUES (?, ?) ON CONFLICT (name) DO NOTHING");
        insert.setString(1, name);
        insert.setString(2, self.instance());
        return insert.executeUpdate() == 1;
    }

    /** Where that fails, it is done later: nobody else can, while this process lives. */
    private void giveBack(String name) {
        boolean given = false;
        try {
            unclaim(name);
            given = true;
        } catch (StoreException e) {
            LOG.info("a claim is given back later: {}", e.getMessage());
        } finally {
            if (!given) {
                owed.add(name);
            }
        }
    }

    /** By one thread at a time: another one would take a claim from whoever of this process has it by then. */
    private void giveBackOwed() {
        givingBack.lock();
        try {
            for (String name : List.copyOf(owed)) {
                unclaim(name);
                owed.remove(name);
            }
        } finally {
            givingBack.unlock();
        }
    }

    private void unclaim(String name) {
        rows().write("giving a claim back", on -> {
            unclaim(on, name);
            return true;
        });
    }

    @Override
    void giveBack(StatementHash generation) {
        giveBack(GENERATION + generation);
    }

    private void unclaim(Link on, String name) throws SQLException {
        PreparedStatement delete = on.prepare("DELETE FROM claim WHERE name = ? AND instance = ?");
        delete.setString(1, name);
        delete.setString(2, self.instance());
        delete.executeUpdate();
    }

    @Override
    boolean claim(Link on, StatementHash generation) throws SQLException {
        String name = GENERATION + generation;
        return !owed.contains(name) && claim(on, name);
    }

    @Override
    void release(Link on, StatementHash generation) throws SQLException {
        unclaim(on, GENERATION + generation);
    }

    @Override
    boolean isClaimed(Link on, StatementHash generation) throws SQLException {
        PreparedStatement select = on.prepare("SELECT 1 FROM claim WHERE name = ?");
        select.setString(1, GENERATION + generation);
        try (ResultSet row = select.executeQuery()) {
            return row.next();
        }
    }

    @Override
    public Turn turn(String what) {
        String name = "turn " + what;
        long deadline = System.nanoTime() + LEASE.multipliedBy(3).toNanos();
        if (owed.contains(name)) {
            giveBackOwed();
        }
        while (!rows().write("taking a turn", on -> claim(on, name))) {
            if (System.nanoTime() - deadline > 0) {
                throw new StoreException.Failed(
                        "another process of this provider has been at it for "
                                + LEASE.multipliedBy(3).toSeconds() + " s",
                        null);
            }
            pause(ASK_AGAIN);
        }
        return () -> giveBack(name);
    }

    /** After the last write: the others know at once that this process has ended. */
    void leave() {
        timer.shutdown();
        try {
            var _ = timer.awaitTermination(LEASE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Link known = link;
        if (known == null) {
            return;
        }
        try {
            PreparedStatement delete = known.prepare("DELETE FROM process WHERE instance = ?");
            delete.setString(1, self.instance());
            delete.executeUpdate();
        } catch (SQLException e) {
            LOG.warn("this process's row stays until the others find it silent: {}", e.getMessage());
        } finally {
            known.close();
        }
    }
}
