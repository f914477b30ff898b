package dev.interlock.node.store;

import dev.interlock.core.encoding.ByteWriter;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The names' table of a {@link SealedStore}: its rows, and the operations on them. */
final class NameTable implements NameStore {
    static final String NAME = """
        CREATE TABLE name (
            holder BLOB NOT NULL,
            tag BLOB NOT NULL CHECK (length(tag) = 32),
            number INTEGER NOT NULL,
            hash BLOB NOT NULL CHECK (length(hash) = 32),
            owner BLOB NOT NULL,
            entry BLOB NOT NULL,
            PRIMARY KEY (holder, tag)
        ) STRICT, WITHOUT ROWID\
        """;
    /** States are listed without reading the entries. */
    static final String NAME_STATE = "CREATE INDEX name_state ON name (holder, tag, number, hash)";

    // An entry counts as an object of its user, and with its bytes.
    static final String USAGE_NAME = """
        CREATE TRIGGER usage_name AFTER INSERT ON name BEGIN
            INSERT INTO usage VALUES (NEW.holder, 1, length(NEW.entry))
            ON CONFLICT (holder) DO UPDATE SET objects = objects + 1, bytes = bytes + length(NEW.entry);
        END\
        """;
    static final String USAGE_NAME_CHANGED = """
        CREATE TRIGGER usage_name_changed AFTER UPDATE OF entry ON name BEGIN
            UPDATE usage SET bytes = bytes + length(NEW.entry) - length(OLD.entry) WHERE holder = NEW.holder;
        END\
        """;

    private static final byte[] FIRST = {};
    /** After every tag. */
    private static final byte[] LAST = new byte[TAG_BYTES + 1];

    static {
        Arrays.fill(LAST, (byte) 0xFF);
    }

    private final Catalog catalog;

    NameTable(Catalog catalog) {
        this.catalog = catalog;
    }

    @Override
    public List<byte[]> set(byte[] user, List<Kept> entries, int maxBytes) {
        return catalog.write("setting names", link -> {
            List<byte[]> others = new ArrayList<>();
            int room = maxBytes;
            for (Kept entry : entries) {
                Optional<byte[]> other = set(link, user, entry);
                if (other.isPresent() && other.get().length <= room) {
                    room -= other.get().length;
                    others.add(other.get());
                }
            }
            return others;
        });
    }

    private static Optional<byte[]> set(Link link, byte[] user, Kept entry) throws SQLException {
        PreparedStatement select =
                link.prepare("SELECT number, hash, owner, entry FROM name WHERE holder = ? AND tag = ?");
        select.setBytes(1, user);
        select.setBytes(2, entry.tag());
        Optional<byte[]> other = Optional.empty();
        try (ResultSet row = select.executeQuery()) {
            if (row.next()) {
                if (!Arrays.equals(row.getBytes(3), entry.owner())) {
                    throw new OtherOwner();
                }
                long number = row.getLong(1);
                byte[] hash = row.getBytes(2);
                int order = Arrays.compareUnsigned(hash, entry.hash());
                if (number >= entry.number() - 1
                        && !(number == entry.number() && order == 0)
                        && !Arrays.equals(hash, entry.before())) {
                    other = Optional.of(row.getBytes(4));
                }
                if (number > entry.number() || (number == entry.number() && order >= 0)) {
                    return other;
                }
            }
        }
        PreparedStatement insert = link.prepare("""
            INSERT INTO name (holder, tag, number, hash, owner, entry) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (holder, tag) DO UPDATE SET number = excluded.number, hash = excluded.hash,
                entry = excluded.entry\
            """);
        insert.setBytes(1, user);
        insert.setBytes(2, entry.tag());
        insert.setLong(3, entry.number());
        insert.setBytes(4, entry.hash());
        insert.setBytes(5, entry.owner());
        insert.setBytes(6, entry.entry());
        insert.executeUpdate();
        return other;
    }

    /** Makes one user's entries another's; under a tag that has one of theirs by now, that one stays. */
    static void succeed(Link link, byte[] before, byte[] now) throws SQLException {
        use(link, before, -1);
        PreparedStatement delete =
                link.prepare("DELETE FROM name WHERE holder = ? AND tag IN (SELECT tag FROM name WHERE holder = ?)");
        delete.setBytes(1, before);
        delete.setBytes(2, now);
        delete.executeUpdate();
        PreparedStatement update = link.prepare("UPDATE name SET holder = ? WHERE holder = ?");
        update.setBytes(1, now);
        update.setBytes(2, before);
        use(link, now, -1);
        update.executeUpdate();
        use(link, now, 1);
    }

    /** An entry begins with u8, the ring's id, and the root's version. @return how many there were */
    static int eraseEarlier(Link link, byte[] user, int rootVersion) throws SQLException {
        use(link, user, -1);
        PreparedStatement delete = link.prepare("DELETE FROM name WHERE holder = ? AND substr(entry, 18, 4) < ?");
        delete.setBytes(1, user);
        delete.setBytes(2, new ByteWriter().u32(rootVersion).toBytes());
        int count = delete.executeUpdate();
        use(link, user, 1);
        return count;
    }

    /** Counts a user's entries as in use, or not any more: where rows go, or go to another, no trigger does. */
    private static void use(Link link, byte[] user, int sign) throws SQLException {
        PreparedStatement select =
                link.prepare("SELECT count(*), coalesce(sum(length(entry)), 0) FROM name WHERE holder = ?");
        select.setBytes(1, user);
        long objects;
        long bytes;
        try (ResultSet row = select.executeQuery()) {
            row.next();
            objects = row.getLong(1);
            bytes = row.getLong(2);
        }
        if (objects == 0) {
            return;
        }
        PreparedStatement insert = link.prepare(
                "INSERT INTO usage (holder, objects, bytes) VALUES (?, 0, 0) ON CONFLICT (holder) DO NOTHING");
        insert.setBytes(1, user);
        insert.executeUpdate();
        PreparedStatement update =
                link.prepare("UPDATE usage SET objects = objects + ?, bytes = bytes + ? WHERE holder = ?");
        update.setLong(1, sign * objects);
        update.setLong(2, sign * bytes);
        update.setBytes(3, user);
        update.executeUpdate();
    }

    @Override
    public long missing(byte[] user, List<byte[]> tags) {
        return catalog.read("looking up names", link -> {
            PreparedStatement select = link.prepare("SELECT 1 FROM name WHERE holder = ? AND tag = ?");
            long missing = 0;
            for (byte[] tag : tags) {
                select.setBytes(1, user);
                select.setBytes(2, tag);
                try (ResultSet row = select.executeQuery()) {
                    missing += row.next() ? 0 : 1;
                }
            }
            return missing;
        });
    }

    @Override
    public Found find(byte[] user, List<byte[]> tags, int maxBytes) {
        return catalog.read("looking up names", link -> {
            PreparedStatement select = link.prepare("SELECT entry FROM name WHERE holder = ? AND tag = ?");
            List<byte[]> found = new ArrayList<>();
            long bytes = 0;
            int looked = 0;
            for (byte[] tag : tags) {
                select.setBytes(1, user);
                select.setBytes(2, tag);
                try (ResultSet row = select.executeQuery()) {
                    if (row.next()) {
                        byte[] entry = row.getBytes(1);
                        bytes += entry.length;
                        if (bytes > maxBytes && !found.isEmpty()) {
                            break;
                        }
                        found.add(entry);
                    }
                }
                looked++;
            }
            return new Found(looked, found);
        });
    }

    @Override
    public List<byte[]> list(byte[] user, Optional<byte[]> after, int maxEntries, int maxBytes) {
        return catalog.read("listing names", link -> {
            PreparedStatement select =
                    link.prepare("SELECT entry FROM name WHERE holder = ? AND tag > ? ORDER BY tag LIMIT ?");
            select.setBytes(1, user);
            select.setBytes(2, after.orElse(FIRST));
            select.setInt(3, maxEntries);
            List<byte[]> found = new ArrayList<>();
            long bytes = 0;
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    byte[] entry = rows.getBytes(1);
                    bytes += entry.length;
                    if (bytes > maxBytes && !found.isEmpty()) {
                        break;
                    }
                    found.add(entry);
                }
            }
            return found;
        });
    }

    @Override
    public List<State> states(byte[] user, Optional<byte[]> after, Optional<byte[]> upTo, int max) {
        return catalog.read("listing names", link -> {
            PreparedStatement select = link.prepare("SELECT tag, number, hash FROM name" + link.indexedBy("name_state")
                    + " WHERE holder = ? AND tag > ? AND tag <= ? ORDER BY tag LIMIT ?");
            select.setBytes(1, user);
            select.setBytes(2, after.orElse(FIRST));
            select.setBytes(3, upTo.orElse(LAST));
            select.setInt(4, max);
            List<State> found = new ArrayList<>();
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    found.add(new State(rows.getBytes(1), rows.getLong(2), rows.getBytes(3)));
                }
            }
            return found;
        });
    }
}
