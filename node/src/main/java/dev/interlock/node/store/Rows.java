package dev.interlock.node.store;

import dev.interlock.core.secret.CipherKey;
import dev.interlock.core.token.ObjectId;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
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
            "SELECT id, origin, generation, owner, state, token, chain, receipt, prepared_at, committed_at, destroy_at, destroyed_at FROM object ";

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
    record Gone(ObjectId id, Optional<ObjectState> now, Optional<List<BlobKind>> files) {
        /** What its readers are told. */
        StoreException why() {
            return switch (now.orElse(null)) {
                case REPLACED -> new StoreException.Replaced(id);
                case DESTROYED -> new StoreException.Destroyed(id);
                case null, default -> new StoreException.NoSuchObject(id);
            };
        }
    }

    private record Found(long seq, ObjectId id, ObjectId origin, int generation, ObjectState state) {}

    static Optional<ObjectState> state(Link link, ObjectId id) throws SQLException {
        return lookUp(link, id).map(Found::state);
    }

    static Optional<StoredObject> find(Link link, ObjectId id) throws SQLException {
        PreparedStatement select = link.prepare(COLUMNS + "WHERE id = ?");
        select.setBytes(1, id.bytes());
        return objects(select).stream().findAny();
    }

    static Optional<StoredObject> current(Link link, ObjectId origin) throws SQLException {
        PreparedStatement select = link.prepare(
                COLUMNS + "WHERE origin = ? AND state IN (1, 2, 3) ORDER BY state = 1, generation DESC LIMIT 1");
        select.setBytes(1, origin.bytes());
        return objects(select).stream().findAny();
    }

    /** Throws unless the object may come as this later generation of its origin. */
    static void requireNext(Link link, ObjectId id, byte[] owner, ObjectId origin, int generation) throws SQLException {
        PreparedStatement select =
                link.prepare("SELECT id, owner, state, generation FROM object WHERE origin = ? ORDER BY state DESC");
        select.setBytes(1, origin.bytes());
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                ObjectId other = ObjectId.of(row.getBytes(1));
                requireOwner(id, owner, origin, generation, row.getBytes(2));
                switch (ObjectState.of(row.getInt(3))) {
                    case REPLACED -> {}
                    case DESTROYED -> throw new StoreException.Destroyed(origin);
                    case COMMITTED -> {
                        int present = row.getInt(4);
                        if (present >= generation) {
                            throw new StoreException.WrongState(
                                    id, origin, generation, other + " is its generation " + present + " already");
                        }
                    }
                    case PREPARED -> throw new StoreException.Busy(origin, other, "PREPARED");
                }
            }
        }
    }

    static void requireOwner(ObjectId id, byte[] owner, ObjectId origin, int generation, byte[] present) {
        if (!Arrays.equals(owner, present)) {
            throw new StoreException.WrongState(id, origin, generation, "that belongs to another owner");
        }
    }

    static List<StoredObject> list(Link link, byte[] owner, Optional<ObjectId> after, int limit) throws SQLException {
        String older = after.isPresent()
                ? "AND (committed_at, seq) < (SELECT committed_at, seq FROM object WHERE id = ?) "
                : "";
        PreparedStatement select = link.prepare(
                COLUMNS + "WHERE owner = ? AND state = 2 " + older + "ORDER BY committed_at DESC, seq DESC LIMIT ?");
        select.setBytes(1, owner);
        int next = 2;
        if (after.isPresent()) {
            select.setBytes(next++, after.get().bytes());
        }
        select.setInt(next, limit);
        return objects(select);
    }

    static List<ObjectId> inDoubt(Link link) throws SQLException {
        PreparedStatement select = link.prepare("SELECT id FROM object WHERE state = 1 ORDER BY seq");
        List<ObjectId> ids = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                ids.add(ObjectId.of(row.getBytes(1)));
            }
        }
        return ids;
    }

    static Optional<StoredBlob> blob(Link link, ObjectId id, BlobKind kind) throws SQLException {
        PreparedStatement select = link.prepare("""
            SELECT state, key, record_bytes, total_bytes, sealed
            FROM object JOIN object_key USING (seq) LEFT JOIN blob ON blob.place = 2048 * object.seq + ?
            WHERE id = ?\
            """);
        select.setInt(1, kind.number());
        select.setBytes(2, id.bytes());
        try (ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                return Optional.empty();
            }
            int recordBytes = row.getInt(3);
            Optional<Place> place = row.wasNull()
                    ? Optional.empty()
                    : Optional.of(new Place(recordBytes, row.getLong(4), row.getBytes(5)));
            return Optional.of(new StoredBlob(ObjectState.of(row.getInt(1)), row.getBytes(2), place));
        }
    }

    /** Whether a file of this kind belongs to the object. */
    static boolean isInFile(Link link, ObjectId id, BlobKind kind) throws SQLException {
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

    static void insert(
            Link link,
            PendingWrite pending,
            byte[] token,
            byte[] chain,
            Map<BlobKind, SealedBlob> blobs,
            long nowMillis)
            throws SQLException {
        if (pending.generation() > 1) {
            requireNext(link, pending.id(), pending.owner(), pending.origin(), pending.generation());
        }
        long seq = insertKey(link, pending.key());
        PreparedStatement object = link.prepare("""
            INSERT INTO object (seq, id, origin, generation, owner, state, token, chain, prepared_at)
            VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?)\
            """);
        object.setLong(1, seq);
        object.setBytes(2, pending.id().bytes());
        object.setBytes(3, pending.origin().bytes());
        object.setInt(4, pending.generation());
        object.setBytes(5, pending.owner());
        object.setBytes(6, token);
        object.setBytes(7, chain);
        object.setLong(8, nowMillis);
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
                insert.setNull(4, Types.BLOB);
            } else {
                insert.setBytes(4, sealed);
            }
            insert.executeUpdate();
        }
    }

    /** Returns the objects that were replaced, by a call before when it is committed already. */
    static List<Gone> commit(Link link, ObjectId id, byte[] chain, boolean unfinished, long nowMillis)
            throws SQLException {
        Found found = lookUp(link, id).orElseThrow(() -> new StoreException.NoSuchObject(id));
        return switch (found.state) {
            case PREPARED -> commit(link, found, chain, unfinished, nowMillis);
            case COMMITTED -> lastReplaced(link, found);
            case REPLACED -> List.of();
            case DESTROYED -> throw new StoreException.Destroyed(id);
        };
    }

    private static List<Gone> commit(Link link, Found found, byte[] chain, boolean unfinished, long nowMillis)
            throws SQLException {
        List<Found> committed = new ArrayList<>();
        for (Found other : others(link, found)) {
            if (other.state == ObjectState.DESTROYED) {
                throw new StoreException.Destroyed(found.id);
            }
            if (other.state == ObjectState.COMMITTED) {
                if (other.generation >= found.generation) {
                    return List.of(replace(link, found));
                }
                committed.add(other);
            }
        }
        PreparedStatement update =
                link.prepare("UPDATE object SET state = 2, chain = ?, unfinished = ?, committed_at = ? WHERE seq = ?");
        update.setBytes(1, chain);
        update.setInt(2, unfinished ? 1 : 0);
        update.setLong(3, nowMillis);
        update.setLong(4, found.seq);
        update.executeUpdate();
        List<Gone> gone = new ArrayList<>();
        for (Found other : committed) {
            // It keeps its place in lists, and what was decided about its end.
            PreparedStatement inherit = link.prepare("""
                UPDATE object SET (committed_at, destroy_at) = (SELECT committed_at, destroy_at FROM object WHERE seq = ?)
                WHERE seq = ?\
                """);
            inherit.setLong(1, other.seq);
            inherit.setLong(2, found.seq);
            inherit.executeUpdate();
            gone.add(replace(link, other));
        }
        return gone;
    }

    static void extend(Link link, ObjectId id, byte[] chain, boolean unfinished) throws SQLException {
        PreparedStatement update =
                link.prepare("UPDATE object SET chain = ?, unfinished = ? WHERE id = ? AND state = 2");
        update.setBytes(1, chain);
        update.setInt(2, unfinished ? 1 : 0);
        update.setBytes(3, id.bytes());
        update.executeUpdate();
    }

    static List<StoredObject> unfinished(Link link, Optional<ObjectId> after, int limit) throws SQLException {
        String later = after.isPresent() ? "AND seq > (SELECT seq FROM object WHERE id = ?) " : "";
        PreparedStatement select = link.prepare(COLUMNS + "WHERE state = 2 AND unfinished = 1 AND destroy_at IS NULL "
                + later + "ORDER BY seq LIMIT ?");
        int next = 1;
        if (after.isPresent()) {
            select.setBytes(next++, after.get().bytes());
        }
        select.setInt(next, limit);
        return objects(select);
    }

    /** Whether it was in a file, which is left to remove. */
    static boolean discard(Link link, ObjectId id, BlobKind kind) throws SQLException {
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
    static Optional<Gone> forget(Link link, ObjectId id) throws SQLException {
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
        return new Gone(found.id, Optional.empty(), Optional.of(files));
    }

    private static Gone replace(Link link, Found found) throws SQLException {
        List<BlobKind> files = eraseContent(link, found.seq);
        PreparedStatement update = link.prepare("UPDATE object SET state = 4 WHERE seq = ?");
        update.setLong(1, found.seq);
        update.executeUpdate();
        return new Gone(found.id, Optional.of(ObjectState.REPLACED), Optional.of(files));
    }

    /** Returns the object, and the other generations that went with it, now or by a call before. */
    static List<Gone> destroy(Link link, ObjectId id, byte[] receipt, long nowMillis) throws SQLException {
        Found found = lookUp(link, id).orElseThrow(() -> new StoreException.NoSuchObject(id));
        List<Gone> gone = new ArrayList<>();
        Optional<List<BlobKind>> files = Optional.empty();
        switch (found.state) {
            case REPLACED -> throw new StoreException.Replaced(id);
            case DESTROYED -> gone.addAll(lastReplaced(link, found));
            case PREPARED, COMMITTED -> {
                for (Found other : others(link, found)) {
                    switch (other.state) {
                        case PREPARED -> gone.add(forget(link, other));
                        case COMMITTED -> gone.add(replace(link, other));
                        case REPLACED, DESTROYED -> {}
                    }
                }
                files = Optional.of(eraseContent(link, found.seq));
                PreparedStatement update =
                        link.prepare("UPDATE object SET state = 3, receipt = ?, destroyed_at = ? WHERE seq = ?");
                update.setBytes(1, receipt);
                update.setLong(2, nowMillis);
                update.setLong(3, found.seq);
                update.executeUpdate();
            }
        }
        gone.add(new Gone(id, Optional.of(ObjectState.DESTROYED), files));
        return gone;
    }

    static void schedule(Link link, ObjectId id, Optional<Instant> destroyAt) throws SQLException {
        Found found = lookUp(link, id).orElseThrow(() -> new StoreException.NoSuchObject(id));
        if (found.state != ObjectState.COMMITTED) {
            throw new StoreException.WrongState(id, found.state, ObjectState.COMMITTED);
        }
        PreparedStatement update = link.prepare("UPDATE object SET destroy_at = ? WHERE seq = ?");
        if (destroyAt.isPresent()) {
            update.setLong(1, destroyAt.get().toEpochMilli());
        } else {
            update.setNull(1, Types.INTEGER);
        }
        update.setLong(2, found.seq);
        update.executeUpdate();
    }

    static List<ObjectId> due(Link link, Instant now) throws SQLException {
        PreparedStatement select =
                link.prepare("SELECT id FROM object WHERE state = 2 AND destroy_at <= ? ORDER BY destroy_at");
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
        PreparedStatement insert = link.prepare("INSERT OR IGNORE INTO notice (object, node, notice) VALUES (?, ?, ?)");
        insert.setBytes(1, notice.object().bytes());
        insert.setString(2, notice.node());
        insert.setBytes(3, notice.bytes());
        insert.executeUpdate();
    }

    static List<Store.Notice> notices(Link link, int limit) throws SQLException {
        PreparedStatement select = link.prepare("SELECT object, node, notice FROM notice LIMIT ?");
        select.setInt(1, limit);
        List<Store.Notice> notices = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                notices.add(new Store.Notice(ObjectId.of(row.getBytes(1)), row.getString(2), row.getBytes(3)));
            }
        }
        return notices;
    }

    static void drop(Link link, ObjectId object, String node) throws SQLException {
        PreparedStatement delete = link.prepare("DELETE FROM notice WHERE object = ? AND node = ?");
        delete.setBytes(1, object.bytes());
        delete.setString(2, node);
        delete.executeUpdate();
    }

    static boolean burn(Link link, byte[] session, Instant expires) throws SQLException {
        PreparedStatement insert = link.prepare("INSERT OR IGNORE INTO burn (session, expires) VALUES (?, ?)");
        insert.setBytes(1, session);
        insert.setLong(2, expires.toEpochMilli());
        return insert.executeUpdate() == 1;
    }

    static int pruneBurns(Link link, Instant now) throws SQLException {
        PreparedStatement delete = link.prepare("DELETE FROM burn WHERE expires < ?");
        delete.setLong(1, now.toEpochMilli());
        return delete.executeUpdate();
    }

    // Key rows are never deleted, so that no seq, and no blob's place, serves twice.
    private static long insertKey(Link link, CipherKey key) throws SQLException {
        PreparedStatement insert = link.prepare("INSERT INTO object_key (key) VALUES (?) RETURNING seq");
        byte[] bytes = key.getEncoded();
        try {
            insert.setBytes(1, bytes);
            try (ResultSet row = insert.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
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
        PreparedStatement key = link.prepare("UPDATE object_key SET key = ? WHERE seq = ?");
        key.setBytes(1, new byte[CipherKey.BYTES]);
        key.setLong(2, seq);
        key.executeUpdate();
        PreparedStatement blobs = link.prepare("DELETE FROM blob WHERE place BETWEEN ? AND ?");
        blobs.setLong(1, first);
        blobs.setLong(2, first + BlobKind.NUMBERS - 1);
        blobs.executeUpdate();
        return files;
    }

    private static Optional<Found> lookUp(Link link, ObjectId id) throws SQLException {
        PreparedStatement select = link.prepare("SELECT seq, id, origin, generation, state FROM object WHERE id = ?");
        select.setBytes(1, id.bytes());
        return found(select).stream().findAny();
    }

    /** Those of its origin that weren't replaced; first the prepared ones, whose files only this call will know. */
    private static List<Found> others(Link link, Found found) throws SQLException {
        PreparedStatement select = link.prepare("""
            SELECT seq, id, origin, generation, state FROM object
            WHERE origin = ? AND seq <> ? AND state IN (1, 2, 3) ORDER BY state\
            """);
        select.setBytes(1, found.origin.bytes());
        select.setLong(2, found.seq);
        return found(select);
    }

    // More than one at a time isn't replaced.
    private static List<Gone> lastReplaced(Link link, Found found) throws SQLException {
        PreparedStatement select = link.prepare("""
            SELECT seq, id, origin, generation, state FROM object
            WHERE origin = ? AND state = 4 ORDER BY generation DESC LIMIT 1\
            """);
        select.setBytes(1, found.origin.bytes());
        return found(select).stream()
                .map(each -> new Gone(each.id, Optional.of(ObjectState.REPLACED), Optional.empty()))
                .toList();
    }

    private static List<Found> found(PreparedStatement select) throws SQLException {
        List<Found> found = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                found.add(new Found(
                        row.getLong(1),
                        ObjectId.of(row.getBytes(2)),
                        ObjectId.of(row.getBytes(3)),
                        row.getInt(4),
                        ObjectState.of(row.getInt(5))));
            }
        }
        return found;
    }

    private static List<StoredObject> objects(PreparedStatement select) throws SQLException {
        List<StoredObject> objects = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                objects.add(new StoredObject(
                        ObjectId.of(row.getBytes(1)),
                        ObjectId.of(row.getBytes(2)),
                        row.getInt(3),
                        row.getBytes(4),
                        ObjectState.of(row.getInt(5)),
                        row.getBytes(6),
                        row.getBytes(7),
                        Optional.ofNullable(row.getBytes(8)),
                        Instant.ofEpochMilli(row.getLong(9)),
                        time(row, 10),
                        time(row, 11),
                        time(row, 12)));
            }
        }
        return objects;
    }

    private static Optional<Instant> time(ResultSet row, int column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }
}
