package dev.interlock.node.store;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The database operations. Each closes its rows, since open ones would keep the WAL from being emptied. */
@SuppressWarnings("ArrayRecordComponent") // its records carry bytes from a row to their reader, nothing more
final class Rows {
    private static final String COLUMNS =
            "SELECT id, object, epoch, number, continues, holder, state, token, certificate, command, receipt, prepared_at, committed_at,"
                    + " destroyed_at FROM object ";
    /** Of an object what is current first, then in the order of {@link #prepared}; in each row what goes for all of them. */
    private static final String STANDING = """
            SELECT id, object.object, epoch, object.number, continues, holder, state, token, certificate, object.command, receipt,
                prepared_at, committed_at, destroyed_at, schedule.number, destroy_at, schedule.command, bound,
                (SELECT command FROM handover WHERE handover.object = object.object ORDER BY place DESC LIMIT 1)
            FROM object LEFT JOIN schedule ON schedule.object = object.object
            WHERE object.object = ? AND state IN (1, 2, 3) ORDER BY state = 1, epoch DESC, object.number DESC, id DESC\
            """;

    private static final String FOUND = "SELECT seq, id, object, epoch, number, continues, state FROM object ";

    private static final byte[] NONE = {};

    private Rows() {}

    /** Where a blob is and what opens it. */
    record StoredBlob(ObjectState state, byte[] key, Optional<Place> place) {}

    /** @param sealed null when the blob is in a file */
    record Place(int recordBytes, long totalBytes, byte @Nullable [] sealed) {}

    /**
     * An object whose content was erased.
     *
     * @param now empty when it was forgotten
     * @param files its blobs in files, which are left to remove; empty when an earlier call erased the rows that knew
     */
    record Gone(StatementHash id, Optional<ObjectState> now, Optional<List<BlobKind>> files) {
        /** What its readers are told. */
        StoreException why() {
            return switch (now.orElse(null)) {
                case REPLACED -> new StoreException.Replaced(id);
                case DESTROYED -> new StoreException.Destroyed(id);
                case null, default -> new StoreException.NoSuchObject(id);
            };
        }
    }

    private record Found(long seq, Store.Generation generation, ObjectState state) {
        StatementHash id() {
            return generation.id();
        }
    }

    static Optional<ObjectState> state(Link link, StatementHash id) throws SQLException {
        return lookUp(link, id).map(Found::state);
    }

    static Optional<StoredObject> find(Link link, StatementHash id) throws SQLException {
        PreparedStatement select = link.prepare(COLUMNS + "WHERE id = ?");
        select.setBytes(1, id.bytes());
        return objects(select).stream().findAny();
    }

    static Optional<StoredObject> current(Link link, ObjectId object) throws SQLException {
        PreparedStatement select = link.prepare(
                COLUMNS
                        + "WHERE object = ? AND state IN (1, 2, 3) ORDER BY state = 1, epoch DESC, number DESC, id DESC LIMIT 1");
        select.setBytes(1, object.bytes());
        return objects(select).stream().findAny();
    }

    static List<StoredObject> prepared(Link link, ObjectId object) throws SQLException {
        PreparedStatement select =
                link.prepare(COLUMNS + "WHERE object = ? AND state = 1 ORDER BY epoch DESC, number DESC, id DESC");
        select.setBytes(1, object.bytes());
        return objects(select);
    }

    static Optional<Store.Standing> standing(Link link, ObjectId object) throws SQLException {
        PreparedStatement select = link.prepare(STANDING);
        select.setBytes(1, object.bytes());
        try (ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                return Optional.empty();
            }
            Optional<Store.Schedule> schedule = schedule(row, 15, object);
            Optional<byte[]> handover = Optional.ofNullable(row.getBytes(19));
            List<StoredObject> all = new ArrayList<>();
            do {
                all.add(object(row));
            } while (row.next());
            return Optional.of(new Store.Standing(
                    all.getFirst(),
                    all.stream()
                            .filter(each -> each.state() == ObjectState.PREPARED)
                            .toList(),
                    schedule,
                    handover));
        }
    }

    /** Throws unless the generation may be prepared, beside what there is of its object. */
    static void requireRoom(Link link, Store.Generation generation, byte[] user) throws SQLException {
        if (isEnded(link, generation)) {
            throw new StoreException.Destroyed(generation.object());
        }
        PreparedStatement select = link.prepare(COLUMNS + "WHERE object = ? AND state <> 4");
        select.setBytes(1, generation.object().bytes());
        int prepared = 0;
        for (StoredObject other : objects(select)) {
            if (!Arrays.equals(user, other.user())) {
                throw new StoreException.WrongState(generation.object(), "it belongs to another user");
            }
            if (other.state() == ObjectState.PREPARED
                    && !other.generation().id().equals(generation.id())) {
                prepared++;
            }
            if (other.state() == ObjectState.COMMITTED
                    && other.generation().epoch() == generation.epoch()
                    && other.generation().isLaterThan(generation)) {
                throw new StoreException.WrongState(
                        generation.object(),
                        "number " + other.generation().number() + " of epoch " + generation.epoch()
                                + " is committed already");
            }
        }
        if (prepared >= Store.MOST_PREPARED) {
            throw new StoreException.Busy(generation.object());
        }
    }

    private static boolean isEnded(Link link, Store.Generation generation) throws SQLException {
        PreparedStatement select = link.prepare(
                "SELECT 1 FROM ended WHERE object = ? AND (epoch = 0 OR (epoch = ? AND (number, id) >= (?, ?)))");
        select.setBytes(1, generation.object().bytes());
        select.setInt(2, generation.epoch());
        select.setLong(3, generation.number());
        select.setBytes(4, generation.id().bytes());
        try (ResultSet row = select.executeQuery()) {
            return row.next();
        }
    }

    static List<StoredObject> list(Link link, byte[] user, Optional<StatementHash> after, int limit)
            throws SQLException {
        String older = after.isPresent()
                ? "AND (committed_at, seq) < (SELECT committed_at, seq FROM object WHERE id = ?) "
                : "";
        PreparedStatement select = link.prepare(COLUMNS
                + "WHERE holder = ? AND state = 2 AND NOT EXISTS (SELECT 1 FROM object AS later WHERE"
                + " later.object = object.object AND later.state = 2 AND later.epoch > object.epoch) " + older
                + "ORDER BY committed_at DESC, seq DESC LIMIT ?");
        select.setBytes(1, user);
        int next = 2;
        if (after.isPresent()) {
            select.setBytes(next++, after.get().bytes());
        }
        select.setInt(next, limit);
        return objects(select);
    }

    static List<StatementHash> inDoubt(Link link) throws SQLException {
        PreparedStatement select = link.prepare("SELECT id FROM object WHERE state = 1 ORDER BY seq");
        List<StatementHash> ids = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                ids.add(StatementHash.of(row.getBytes(1)));
            }
        }
        return ids;
    }

    static Optional<StoredBlob> blob(Link link, StatementHash id, BlobKind kind) throws SQLException {
        while (true) {
            PreparedStatement select = link.prepare("""
                SELECT object.seq, state, record_bytes, total_bytes, sealed
                FROM object LEFT JOIN blob ON blob.place = 2048 * object.seq + ?
                WHERE id = ?\
                """);
            select.setInt(1, kind.number());
            select.setBytes(2, id.bytes());
            long seq;
            ObjectState state;
            Optional<Place> place;
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                seq = row.getLong(1);
                state = ObjectState.of(row.getInt(2));
                int recordBytes = row.getInt(3);
                place = row.wasNull()
                        ? Optional.empty()
                        : Optional.of(new Place(recordBytes, row.getLong(4), row.getBytes(5)));
            }
            if (state == ObjectState.DESTROYED || state == ObjectState.REPLACED) {
                return Optional.of(new StoredBlob(state, NONE, place));
            }
            Optional<byte[]> key = link.keys().find(link, Keys.Family.OBJECT, seq);
            if (key.isPresent()) {
                return Optional.of(new StoredBlob(state, key.get(), place));
            }
            if (lookUp(link, id).filter(found -> found.state == state).isPresent()) {
                throw new StoreException.Failed("generation " + id + " is " + state + ", and its key is gone", null);
            }
            // It was erased between the two questions.
        }
    }

    /** Whether a file of this kind belongs to the object. */
    static boolean isInFile(Link link, StatementHash id, BlobKind kind) throws SQLException {
        PreparedStatement select = link.prepare("""
            SELECT 1 FROM object JOIN blob ON blob.place = 2048 * object.seq + ?
            WHERE id = ? AND state IN (1, 2) AND sealed IS NULL\
            """);
        select.setInt(1, kind.number());
        select.setBytes(2, id.bytes());
        try (ResultSet row = select.executeQuery()) {
            return row.next();
        }
    }

    static void insert(Link link, PendingWrite pending, byte[] token, Map<BlobKind, SealedBlob> blobs, long nowMillis)
            throws SQLException {
        Store.Generation generation = pending.generation();
        requireRoom(link, generation, pending.user());
        long seq = link.keys().keep(link, Keys.Family.OBJECT, pending.key());
        PreparedStatement object = link.prepare("""
            INSERT INTO object (seq, id, object, epoch, number, continues, holder, state, token, certificate, prepared_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)\
            """);
        object.setLong(1, seq);
        object.setBytes(2, generation.id().bytes());
        object.setBytes(3, generation.object().bytes());
        object.setInt(4, generation.epoch());
        object.setLong(5, generation.number());
        object.setInt(6, generation.continues() ? 1 : 0);
        object.setBytes(7, pending.user());
        object.setBytes(8, token);
        object.setBytes(9, NONE);
        object.setLong(10, nowMillis);
        object.executeUpdate();
        PreparedStatement insert =
                link.prepare("INSERT INTO blob (place, record_bytes, total_bytes, sealed) VALUES (?, ?, ?, ?)");
        for (Map.Entry<BlobKind, SealedBlob> blob : blobs.entrySet()) {
            RecordLayout layout = blob.getValue().layout();
            insert.setLong(1, BlobKind.NUMBERS * seq + blob.getKey().number());
            insert.setInt(2, layout.recordBytes());
            insert.setLong(3, layout.totalBytes());
            byte[] sealed = blob.getValue().medium().row();
            if (sealed == null) {
                insert.setNull(4, Types.BINARY);
            } else {
                insert.setBytes(4, sealed);
            }
            insert.executeUpdate();
        }
    }

    /** Returns the generations that were replaced, by a call before when it is committed already. */
    static List<Gone> commit(Link link, StatementHash id, byte[] certificate, boolean unfinished, long nowMillis)
            throws SQLException {
        Found found = lookUp(link, id).orElseThrow(() -> new StoreException.NoSuchObject(id));
        return switch (found.state) {
            case PREPARED -> commit(link, found, certificate, unfinished, nowMillis);
            case COMMITTED -> earlierReplaced(link, found);
            case REPLACED -> List.of();
            case DESTROYED -> throw new StoreException.Destroyed(id);
        };
    }

    private static List<Gone> commit(Link link, Found found, byte[] certificate, boolean unfinished, long nowMillis)
            throws SQLException {
        if (isDenied(link, found.id())) {
            throw new StoreException.Denied(found.id());
        }
        if (isEnded(link, found.generation)) {
            throw new StoreException.Destroyed(found.generation.object());
        }
        List<Found> earlier = new ArrayList<>();
        for (Found other : ofObject(link, found.generation.object())) {
            if (other.generation.epoch() != found.generation.epoch() || other.seq == found.seq) {
                continue;
            }
            boolean there = other.state == ObjectState.COMMITTED || other.state == ObjectState.PREPARED;
            if (other.state == ObjectState.COMMITTED && other.generation.isLaterThan(found.generation)) {
                return List.of(replace(link, found));
            }
            if (there && found.generation.isLaterThan(other.generation)) {
                earlier.add(other);
            }
        }
        PreparedStatement update = link.prepare(
                "UPDATE object SET state = 2, certificate = ?, unfinished = ?, committed_at = ? WHERE seq = ?");
        update.setBytes(1, certificate);
        update.setInt(2, unfinished ? 1 : 0);
        update.setLong(3, nowMillis);
        update.setLong(4, found.seq);
        update.executeUpdate();
        List<Gone> gone = new ArrayList<>();
        for (Found other : earlier) {
            if (other.state == ObjectState.COMMITTED) {
                // It keeps its place in lists.
                PreparedStatement inherit = link.prepare(
                        "UPDATE object SET committed_at = (SELECT committed_at FROM object WHERE seq = ?) WHERE seq = ?");
                inherit.setLong(1, other.seq);
                inherit.setLong(2, found.seq);
                inherit.executeUpdate();
            }
            gone.add(replace(link, other));
        }
        return gone;
    }

    static void show(Link link, StatementHash id, byte[] certificate) throws SQLException {
        PreparedStatement update = link.prepare("UPDATE object SET certificate = ? WHERE id = ? AND state = 1");
        update.setBytes(1, certificate);
        update.setBytes(2, id.bytes());
        update.executeUpdate();
    }

    static Optional<StoredObject> latest(Link link, Store.Scope scope) throws SQLException {
        PreparedStatement select = link.prepare(COLUMNS + "WHERE object = ? AND state IN (1, 2, 3)"
                + " AND (? = 0 OR (epoch = ? AND (number, id) <= (?, ?)))"
                + " ORDER BY state = 1, epoch DESC, number DESC, id DESC LIMIT 1");
        int epoch = scope.upTo().map(Store.Generation::epoch).orElse(0);
        select.setBytes(1, scope.object().bytes());
        select.setInt(2, epoch);
        select.setInt(3, epoch);
        select.setLong(4, scope.upTo().map(Store.Generation::number).orElse(0L));
        select.setBytes(5, scope.upTo().map(each -> each.id().bytes()).orElse(new byte[0]));
        return objects(select).stream().findAny();
    }

    static void extend(Link link, StatementHash id, byte[] certificate, boolean unfinished) throws SQLException {
        PreparedStatement update =
                link.prepare("UPDATE object SET certificate = ?, unfinished = ? WHERE id = ? AND state = 2");
        update.setBytes(1, certificate);
        update.setInt(2, unfinished ? 1 : 0);
        update.setBytes(3, id.bytes());
        update.executeUpdate();
    }

    static List<StoredObject> unfinished(Link link, Optional<StatementHash> after, int limit) throws SQLException {
        String later = after.isPresent() ? "AND seq > (SELECT seq FROM object WHERE id = ?) " : "";
        PreparedStatement select = link.prepare(COLUMNS + "WHERE state = 2 AND unfinished = 1 AND NOT EXISTS"
                + " (SELECT 1 FROM schedule WHERE schedule.object = object.object AND destroy_at IS NOT NULL) " + later
                + "ORDER BY seq LIMIT ?");
        int next = 1;
        if (after.isPresent()) {
            select.setBytes(next++, after.get().bytes());
        }
        select.setInt(next, limit);
        return objects(select);
    }

    /** Whether it was in a file, which is left to remove. */
    static boolean discard(Link link, StatementHash id, BlobKind kind) throws SQLException {
        Optional<Found> found = lookUp(link, id);
        if (found.isEmpty()) {
            return false;
        }
        boolean inFile = isInFile(link, id, kind);
        PreparedStatement delete = link.prepare("DELETE FROM blob WHERE place = ?");
        delete.setLong(1, BlobKind.NUMBERS * found.get().seq + kind.number());
        delete.executeUpdate();
        return inFile;
    }

    /** Empty when there was nothing to forget. */
    static Optional<Gone> forget(Link link, StatementHash id) throws SQLException {
        Optional<Found> found = lookUp(link, id);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        if (found.get().state != ObjectState.PREPARED) {
            throw new StoreException.WrongState(id, found.get().state, ObjectState.PREPARED);
        }
        return Optional.of(forget(link, found.get()));
    }

    private static Gone forget(Link link, Found found) throws SQLException {
        List<BlobKind> files = eraseContent(link, found.seq);
        PreparedStatement delete = link.prepare("DELETE FROM object WHERE seq = ?");
        delete.setLong(1, found.seq);
        delete.executeUpdate();
        return new Gone(found.id(), Optional.empty(), Optional.of(files));
    }

    private static Gone replace(Link link, Found found) throws SQLException {
        List<BlobKind> files = eraseContent(link, found.seq);
        PreparedStatement update = link.prepare("UPDATE object SET state = 4 WHERE seq = ?");
        update.setLong(1, found.seq);
        update.executeUpdate();
        return new Gone(found.id(), Optional.of(ObjectState.REPLACED), Optional.of(files));
    }

    /** Returns the tombstone, and the other generations that went with it, now or by a call before. */
    static List<Gone> destroy(
            Link link, StatementHash id, Store.Scope scope, byte[] command, byte[] receipt, long nowMillis)
            throws SQLException {
        Found found = lookUp(link, id).orElseThrow(() -> new StoreException.NoSuchObject(id));
        end(link, scope);
        List<Gone> gone = new ArrayList<>();
        for (Found other : ofObject(link, scope.object())) {
            if (other.seq == found.seq || !isEnded(link, other.generation)) {
                continue;
            }
            switch (other.state) {
                case PREPARED -> gone.add(forget(link, other));
                case COMMITTED -> gone.add(replace(link, other));
                case REPLACED -> gone.add(new Gone(other.id(), Optional.of(ObjectState.REPLACED), Optional.empty()));
                case DESTROYED -> {}
            }
        }
        Optional<List<BlobKind>> files = Optional.empty();
        if (found.state == ObjectState.REPLACED) {
            throw new StoreException.Replaced(id);
        }
        if (found.state != ObjectState.DESTROYED) {
            files = Optional.of(eraseContent(link, found.seq));
            PreparedStatement update = link.prepare(
                    "UPDATE object SET state = 3, command = ?, receipt = ?, destroyed_at = ? WHERE seq = ?");
            update.setBytes(1, command);
            update.setBytes(2, receipt);
            update.setLong(3, nowMillis);
            update.setLong(4, found.seq);
            update.executeUpdate();
        }
        gone.add(new Gone(id, Optional.of(ObjectState.DESTROYED), files));
        return gone;
    }

    private static void end(Link link, Store.Scope scope) throws SQLException {
        PreparedStatement insert = link.prepare("""
            INSERT INTO ended (object, epoch, number, id) VALUES (?, ?, ?, ?)
            ON CONFLICT (object, epoch) DO UPDATE SET number = excluded.number, id = excluded.id
            WHERE (excluded.number, excluded.id) > (ended.number, ended.id)\
            """);
        insert.setBytes(1, scope.object().bytes());
        insert.setInt(2, scope.upTo().map(Store.Generation::epoch).orElse(0));
        insert.setLong(3, scope.upTo().map(Store.Generation::number).orElse(0L));
        insert.setBytes(4, scope.upTo().map(each -> each.id().bytes()).orElse(new byte[0]));
        insert.executeUpdate();
    }

    /** Whether the generation isn't committed or replaced here, so that it was noted. */
    static boolean deny(Link link, StatementHash id, Instant expires) throws SQLException {
        Optional<ObjectState> state = state(link, id);
        if (state.filter(each -> each == ObjectState.COMMITTED || each == ObjectState.REPLACED)
                .isPresent()) {
            return false;
        }
        PreparedStatement insert = link.prepare(
                "INSERT INTO said (id, denied, expires) VALUES (?, 1, ?) ON CONFLICT (id) DO UPDATE SET denied = 1");
        insert.setBytes(1, id.bytes());
        insert.setLong(2, expires.toEpochMilli());
        insert.executeUpdate();
        return true;
    }

    static boolean isDenied(Link link, StatementHash id) throws SQLException {
        PreparedStatement select = link.prepare("SELECT 1 FROM said WHERE id = ? AND denied = 1");
        select.setBytes(1, id.bytes());
        try (ResultSet row = select.executeQuery()) {
            return row.next();
        }
    }

    /** What goes with it. */
    static List<Gone> abandon(Link link, StatementHash id, byte[] abandonment, Instant expires) throws SQLException {
        PreparedStatement insert = link.prepare("""
            INSERT INTO said (id, abandonment, expires) VALUES (?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET abandonment = coalesce(said.abandonment, excluded.abandonment)\
            """);
        insert.setBytes(1, id.bytes());
        insert.setBytes(2, abandonment);
        insert.setLong(3, expires.toEpochMilli());
        insert.executeUpdate();
        Optional<Found> prepared = lookUp(link, id).filter(found -> found.state == ObjectState.PREPARED);
        return prepared.isPresent() ? List.of(forget(link, prepared.get())) : List.of();
    }

    static Store.Usage usage(Link link, Optional<byte[]> user) throws SQLException {
        PreparedStatement select = link.prepare("SELECT coalesce(sum(objects), 0), coalesce(sum(bytes), 0) FROM usage"
                + (user.isPresent() ? " WHERE holder = ?" : ""));
        if (user.isPresent()) {
            select.setBytes(1, user.get());
        }
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? new Store.Usage(row.getLong(1), row.getLong(2)) : new Store.Usage(0, 0);
        }
    }

    static Optional<byte[]> abandonment(Link link, StatementHash id) throws SQLException {
        PreparedStatement select =
                link.prepare("SELECT abandonment FROM said WHERE id = ? AND abandonment IS NOT NULL");
        select.setBytes(1, id.bytes());
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? Optional.of(row.getBytes(1)) : Optional.empty();
        }
    }

    static void schedule(Link link, Store.Schedule schedule) throws SQLException {
        // The highest counts; at a tie what takes it back.
        PreparedStatement insert = link.prepare("""
            INSERT INTO schedule (object, number, destroy_at, command, bound) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (object) DO UPDATE SET number = excluded.number, destroy_at = excluded.destroy_at,
                command = excluded.command, bound = excluded.bound
            WHERE excluded.number > schedule.number
                OR (excluded.number = schedule.number AND excluded.destroy_at IS NULL AND schedule.destroy_at IS NOT NULL)\
            """);
        insert.setBytes(1, schedule.object().bytes());
        insert.setLong(2, schedule.number());
        if (schedule.destroyAt().isPresent()) {
            insert.setLong(3, schedule.destroyAt().get().toEpochMilli());
        } else {
            insert.setNull(3, Types.BIGINT);
        }
        insert.setBytes(4, schedule.command());
        insert.setInt(5, schedule.bound() ? 1 : 0);
        insert.executeUpdate();
    }

    static Optional<Store.Schedule> schedule(Link link, ObjectId object) throws SQLException {
        PreparedStatement select =
                link.prepare("SELECT number, destroy_at, command, bound FROM schedule WHERE object = ?");
        select.setBytes(1, object.bytes());
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? schedule(row, 1, object) : Optional.empty();
        }
    }

    /** From four columns, empty where the first is. */
    private static Optional<Store.Schedule> schedule(ResultSet row, int first, ObjectId object) throws SQLException {
        long number = row.getLong(first);
        return row.wasNull()
                ? Optional.empty()
                : Optional.of(new Store.Schedule(
                        object, number, time(row, first + 1), row.getBytes(first + 2), row.getInt(first + 3) == 1));
    }

    static void handOver(Link link, Store.HandedOver handedOver) throws SQLException {
        PreparedStatement insert = link.prepare(
                "INSERT INTO handover (object, place, holder, command, commands) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
        insert.setBytes(1, handedOver.object().bytes());
        insert.setInt(2, handedOver.place());
        insert.setBytes(3, handedOver.user());
        insert.setBytes(4, handedOver.command());
        insert.setBytes(5, handedOver.commands());
        if (insert.executeUpdate() != 1) {
            throw new StoreException.WrongState(handedOver.object(), "it was handed over before");
        }
        PreparedStatement update = link.prepare("UPDATE object SET holder = ? WHERE object = ?");
        update.setBytes(1, handedOver.user());
        update.setBytes(2, handedOver.object().bytes());
        update.executeUpdate();
        // The next owner's schedules are numbered anew, and no earlier owner's counts.
        PreparedStatement delete = link.prepare("DELETE FROM schedule WHERE object = ?");
        delete.setBytes(1, handedOver.object().bytes());
        delete.executeUpdate();
    }

    static List<Store.HandedOver> handovers(Link link, ObjectId object) throws SQLException {
        PreparedStatement select =
                link.prepare("SELECT place, holder, command, commands FROM handover WHERE object = ? ORDER BY place");
        select.setBytes(1, object.bytes());
        List<Store.HandedOver> all = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                all.add(new Store.HandedOver(object, row.getInt(1), row.getBytes(2), row.getBytes(3), row.getBytes(4)));
            }
        }
        return all;
    }

    static Optional<byte[]> lastHandover(Link link, ObjectId object) throws SQLException {
        PreparedStatement select =
                link.prepare("SELECT command FROM handover WHERE object = ? ORDER BY place DESC LIMIT 1");
        select.setBytes(1, object.bytes());
        try (ResultSet row = select.executeQuery()) {
            return row.next() ? Optional.of(row.getBytes(1)) : Optional.empty();
        }
    }

    static void bind(Link link, ObjectId object, long number) throws SQLException {
        PreparedStatement update = link.prepare("UPDATE schedule SET bound = 1 WHERE object = ? AND number = ?");
        update.setBytes(1, object.bytes());
        update.setLong(2, number);
        update.executeUpdate();
    }

    static List<ObjectId> due(Link link, Instant now) throws SQLException {
        PreparedStatement select = link.prepare("""
            SELECT object FROM schedule WHERE destroy_at <= ?
                AND EXISTS (SELECT 1 FROM object WHERE object.object = schedule.object AND state = 2)
            ORDER BY destroy_at\
            """);
        select.setLong(1, now.toEpochMilli());
        List<ObjectId> ids = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                ids.add(ObjectId.of(row.getBytes(1)));
            }
        }
        return ids;
    }

    static void keep(Link link, Store.Notice notice) throws SQLException {
        PreparedStatement insert = link.prepare(
                "INSERT INTO notice (object, node, hash, notice) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
        insert.setBytes(1, notice.object().bytes());
        insert.setString(2, notice.node());
        insert.setBytes(3, hash(notice));
        insert.setBytes(4, notice.bytes());
        insert.executeUpdate();
    }

    static List<Store.Notice> notices(Link link, int limit) throws SQLException {
        PreparedStatement select = link.prepare("SELECT object, node, notice FROM notice ORDER BY seq LIMIT ?");
        select.setInt(1, limit);
        List<Store.Notice> notices = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                notices.add(new Store.Notice(ObjectId.of(row.getBytes(1)), row.getString(2), row.getBytes(3)));
            }
        }
        return notices;
    }

    static void drop(Link link, Store.Notice notice) throws SQLException {
        PreparedStatement delete = link.prepare("DELETE FROM notice WHERE hash = ?");
        delete.setBytes(1, hash(notice));
        delete.executeUpdate();
    }

    private static byte[] hash(Store.Notice notice) {
        return Sha256.plain(notice.bytes());
    }

    static boolean burn(Link link, StatementHash w, Instant expires) throws SQLException {
        if (expires.toEpochMilli() < floor(link)) {
            return false;
        }
        PreparedStatement insert =
                link.prepare("INSERT INTO burn (session, expires) VALUES (?, ?) ON CONFLICT DO NOTHING");
        insert.setBytes(1, w.bytes());
        insert.setLong(2, expires.toEpochMilli());
        return insert.executeUpdate() == 1;
    }

    /** Raises the floor in the same transaction, so that nothing that is pruned here can come again. */
    static int pruneBurns(Link link, Instant now) throws SQLException {
        long millis = now.toEpochMilli();
        PreparedStatement burns = link.prepare("DELETE FROM burn WHERE expires < ?");
        burns.setLong(1, millis);
        PreparedStatement said = link.prepare(
                "DELETE FROM said WHERE expires < ? AND NOT EXISTS (SELECT 1 FROM object WHERE object.id = said.id)");
        said.setLong(1, millis);
        int pruned = burns.executeUpdate() + said.executeUpdate();
        if (pruned > 0) {
            PreparedStatement floor = link.prepare("UPDATE meta SET floor = ? WHERE floor < ?");
            floor.setLong(1, millis);
            floor.setLong(2, millis);
            floor.executeUpdate();
        }
        return pruned;
    }

    private static long floor(Link link) throws SQLException {
        try (ResultSet row = link.prepare("SELECT floor FROM meta").executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Before what expiry the store can't tell what was said. */
    static Instant blindBefore(Link link, Duration longest) throws SQLException {
        long made = Long.parseLong(link.single("SELECT made_at FROM meta"));
        return Instant.ofEpochMilli(Math.max(floor(link), made + longest.toMillis()));
    }

    /** Returns the blobs in files, which are left to remove. */
    private static List<BlobKind> eraseContent(Link link, long seq) throws SQLException {
        long first = BlobKind.NUMBERS * seq;
        List<BlobKind> files = new ArrayList<>();
        PreparedStatement select =
                link.prepare("SELECT place FROM blob WHERE place BETWEEN ? AND ? AND sealed IS NULL");
        select.setLong(1, first);
        select.setLong(2, first + BlobKind.NUMBERS - 1);
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                // A damaged number mustn't keep the rest from being erased.
                BlobKind.ofNumber((int) (row.getLong(1) - first)).ifPresent(files::add);
            }
        }
        link.keys().erase(link, Keys.Family.OBJECT, seq);
        PreparedStatement blobs = link.prepare("DELETE FROM blob WHERE place BETWEEN ? AND ?");
        blobs.setLong(1, first);
        blobs.setLong(2, first + BlobKind.NUMBERS - 1);
        blobs.executeUpdate();
        return files;
    }

    private static Optional<Found> lookUp(Link link, StatementHash id) throws SQLException {
        PreparedStatement select = link.prepare(FOUND + "WHERE id = ?");
        select.setBytes(1, id.bytes());
        return found(select).stream().findAny();
    }

    /** All generations of an object; first the prepared ones, whose files only this call will know. */
    private static List<Found> ofObject(Link link, ObjectId object) throws SQLException {
        PreparedStatement select = link.prepare(FOUND + "WHERE object = ? ORDER BY state");
        select.setBytes(1, object.bytes());
        return found(select);
    }

    /** Those that a commit replaced, perhaps without getting to its end. */
    private static List<Gone> earlierReplaced(Link link, Found found) throws SQLException {
        PreparedStatement select =
                link.prepare(FOUND + "WHERE object = ? AND epoch = ? AND state = 4 ORDER BY number DESC LIMIT ?");
        select.setBytes(1, found.generation.object().bytes());
        select.setInt(2, found.generation.epoch());
        select.setInt(3, Store.MOST_PREPARED + 1);
        return found(select).stream()
                .map(each -> new Gone(each.id(), Optional.of(ObjectState.REPLACED), Optional.empty()))
                .toList();
    }

    private static Store.Generation generation(ResultSet row, int first) throws SQLException {
        return new Store.Generation(
                StatementHash.of(row.getBytes(first)),
                ObjectId.of(row.getBytes(first + 1)),
                row.getInt(first + 2),
                row.getLong(first + 3),
                row.getInt(first + 4) == 1);
    }

    private static List<Found> found(PreparedStatement select) throws SQLException {
        List<Found> found = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                found.add(new Found(row.getLong(1), generation(row, 2), ObjectState.of(row.getInt(7))));
            }
        }
        return found;
    }

    private static List<StoredObject> objects(PreparedStatement select) throws SQLException {
        List<StoredObject> objects = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                objects.add(object(row));
            }
        }
        return objects;
    }

    private static StoredObject object(ResultSet row) throws SQLException {
        return new StoredObject(
                generation(row, 1),
                row.getBytes(6),
                ObjectState.of(row.getInt(7)),
                row.getBytes(8),
                row.getBytes(9),
                Optional.ofNullable(row.getBytes(10)),
                Optional.ofNullable(row.getBytes(11)),
                Instant.ofEpochMilli(row.getLong(12)),
                time(row, 13),
                time(row, 14));
    }

    private static Optional<Instant> time(ResultSet row, int column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }
}
