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

    private static final String FOUND = "SELECT seq, id, state, origin, generation FROM object ";

    private Rows() {}

    /** Where a blob is and what opens it. */
    record StoredBlob(ObjectState state, byte[] key, Optional<Place> place) {}

    /** @param sealed null when the blob is in a file */
    record Place(int recordBytes, long totalBytes, byte @Nullable [] sealed) {}

    private record Found(long seq, ObjectId id, ObjectState state, ObjectId origin, int generation) {}

    /** An object whose content is gone from the database, and which of its blobs are in files. */
    record Ended(ObjectId id, List<BlobKind> inFiles) {}

    static Optional<ObjectState> state(Link link, ObjectId id) throws SQLException {
        return lookUp(link, id).map(Found::state);
    }

    static Optional<StoredObject> find(Link link, ObjectId id) throws SQLException {
        PreparedStatement select = link.prepare(COLUMNS + "WHERE id = ?");
        select.setBytes(1, id.bytes());
        return objects(select).stream().findAny();
    }

    static Optional<StoredObject> current(Link link, ObjectId origin) throws SQLException {
        PreparedStatement select =
                link.prepare(COLUMNS + "WHERE origin = ? AND state <> 4 ORDER BY state = 1, generation DESC LIMIT 1");
        select.setBytes(1, origin.bytes());
        return objects(select).stream().findAny();
    }

    /** Whether another generation may begin. */
    static boolean requireNext(Link link, ObjectId origin, int generation) throws SQLException {
        for (Found found : generations(link, origin)) {
            if (found.state == ObjectState.DESTROYED) {
                throw new StoreException.Destroyed(origin);
            }
            if (found.state == ObjectState.PREPARED) {
                throw new StoreException.Busy(origin);
            }
            if (found.generation >= generation) {
                throw new StoreException.WrongState(origin, found.generation, generation);
            }
        }
        return true;
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
        long seq = insertKey(link, pending.key());
        PreparedStatement object =
                link.prepare("INSERT INTO object (seq, id, owner, state, token, chain, prepared_at, origin, generation)"
                        + " VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)");
        object.setLong(1, seq);
        object.setBytes(2, pending.id().bytes());
        object.setBytes(3, pending.owner());
        object.setBytes(4, token);
        object.setBytes(5, chain);
        object.setLong(6, nowMillis);
        object.setBytes(7, pending.origin().bytes());
        object.setInt(8, pending.generation());
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

    static boolean isFirst(Link link, ObjectId id) throws SQLException {
        return lookUp(link, id).filter(found -> found.generation > 1).isEmpty();
    }

    /** Returns what it took the place of. */
    static List<Ended> commit(Link link, ObjectId id, byte[] chain, long nowMillis) throws SQLException {
        Found found = lookUp(link, id).orElseThrow(() -> new StoreException.NoSuchObject(id));
        return switch (found.state) {
            case PREPARED -> {
                // In lists, an object stays where it was.
                PreparedStatement update = link.prepare("""
                    UPDATE object SET state = 2, chain = ?, committed_at = coalesce(
                        (SELECT min(committed_at) FROM object WHERE origin = ? AND state = 2), ?)
                    WHERE seq = ?\
                    """);
                update.setBytes(1, chain);
                update.setBytes(2, found.origin.bytes());
                update.setLong(3, nowMillis);
                update.setLong(4, found.seq);
                update.executeUpdate();
                yield endOthers(link, found);
            }
            case COMMITTED, REPLACED -> List.of();
            case DESTROYED -> throw new StoreException.Destroyed(id);
        };
    }

    /** The committed generation of the same object becomes replaced, a prepared one vanishes. */
    private static List<Ended> endOthers(Link link, Found kept) throws SQLException {
        List<Ended> ended = new ArrayList<>();
        for (Found other : generations(link, kept.origin)) {
            if (other.seq == kept.seq
                    || (other.state != ObjectState.PREPARED && other.state != ObjectState.COMMITTED)) {
                continue;
            }
            ended.add(new Ended(other.id, eraseContent(link, other.seq)));
            PreparedStatement end = link.prepare(
                    other.state == ObjectState.COMMITTED
                            ? "UPDATE object SET state = 4 WHERE seq = ?"
                            : "DELETE FROM object WHERE seq = ?");
            end.setLong(1, other.seq);
            end.executeUpdate();
        }
        return ended;
    }

    /** Returns which of its blobs are in files; empty when there was nothing to forget. */
    static Optional<List<BlobKind>> forget(Link link, ObjectId id) throws SQLException {
        Optional<Found> found = lookUp(link, id);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        if (found.get().state != ObjectState.PREPARED) {
            throw new StoreException.WrongState(id, found.get().state, ObjectState.PREPARED);
        }
        List<BlobKind> files = eraseContent(link, found.get().seq);
        PreparedStatement delete = link.prepare("DELETE FROM object WHERE seq = ?");
        delete.setLong(1, found.get().seq);
        delete.executeUpdate();
        return Optional.of(files);
    }

    /** Returns what ended; nothing when it was destroyed before. */
    static List<Ended> destroy(Link link, ObjectId id, byte[] receipt, long nowMillis) throws SQLException {
        Found found = lookUp(link, id).orElseThrow(() -> new StoreException.NoSuchObject(id));
        if (found.state == ObjectState.DESTROYED) {
            return List.of();
        }
        if (found.state == ObjectState.REPLACED) {
            throw new StoreException.Replaced(id);
        }
        List<Ended> ended = new ArrayList<>(endOthers(link, found));
        ended.add(new Ended(id, eraseContent(link, found.seq)));
        PreparedStatement update =
                link.prepare("UPDATE object SET state = 3, receipt = ?, destroyed_at = ? WHERE seq = ?");
        update.setBytes(1, receipt);
        update.setLong(2, nowMillis);
        update.setLong(3, found.seq);
        update.executeUpdate();
        return ended;
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
        PreparedStatement select = link.prepare(FOUND + "WHERE id = ?");
        select.setBytes(1, id.bytes());
        return found(select).stream().findAny();
    }

    private static List<Found> generations(Link link, ObjectId origin) throws SQLException {
        PreparedStatement select = link.prepare(FOUND + "WHERE origin = ?");
        select.setBytes(1, origin.bytes());
        return found(select);
    }

    private static List<Found> found(PreparedStatement select) throws SQLException {
        List<Found> found = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                found.add(new Found(
                        row.getLong(1),
                        ObjectId.of(row.getBytes(2)),
                        ObjectState.of(row.getInt(3)),
                        ObjectId.of(row.getBytes(4)),
                        row.getInt(5)));
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
