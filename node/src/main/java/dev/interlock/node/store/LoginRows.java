package dev.interlock.node.store;

import dev.interlock.core.secret.AesGcm;
import dev.interlock.core.secret.CipherKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.protocol.login.GuessLimit;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.RecordHash;
import java.nio.ByteBuffer;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.AEADBadTagException;

/** The tables of logins and what is done with them. */
final class LoginRows {
    // As those of objects: rows that are only appended, and overwritten at the same length.
    private static final String KEY = """
        CREATE TABLE login_key (
            seq INTEGER PRIMARY KEY,
            key BLOB NOT NULL CHECK (length(key) = 32)
        ) STRICT\
        """;
    private static final String RECORD = """
        CREATE TABLE login_record (
            seq INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
            version INTEGER NOT NULL,
            record BLOB NOT NULL,
            certified BLOB NOT NULL,
            holder BLOB NOT NULL,
            ticket BLOB NOT NULL,
            at INTEGER NOT NULL
        ) STRICT\
        """;
    private static final String RECORD_BY_NAME = "CREATE INDEX login_record_by_name ON login_record (name)";
    private static final String SHARE = """
        CREATE TABLE login_share (
            seq INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            sealed BLOB NOT NULL,
            PRIMARY KEY (seq, kind)
        ) STRICT, WITHOUT ROWID\
        """;
    private static final String GUESS = """
        CREATE TABLE login_guess (
            nonce BLOB NOT NULL PRIMARY KEY CHECK (length(nonce) = 16),
            name TEXT NOT NULL,
            device BLOB NOT NULL,
            at INTEGER NOT NULL,
            given_back INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID\
        """;
    private static final String GUESS_BY_NAME = "CREATE INDEX login_guess_by_name ON login_guess (name)";
    private static final String DEVICE = """
        CREATE TABLE login_device (
            name TEXT NOT NULL,
            key BLOB NOT NULL CHECK (length(key) = 32),
            at INTEGER NOT NULL,
            PRIMARY KEY (name, key)
        ) STRICT, WITHOUT ROWID\
        """;

    // Records that were signed for and gave way to others before any certificate of them was seen.
    private static final String DROPPED = """
        CREATE TABLE login_dropped (
            hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
            name TEXT NOT NULL
        ) STRICT, WITHOUT ROWID\
        """;
    private static final String DROPPED_BY_NAME = "CREATE INDEX login_dropped_by_name ON login_dropped (name)";
    // Grows with every start and every erasure; a file beside the store says how far it was.
    private static final String MARK = "CREATE TABLE login_mark (number INTEGER NOT NULL) STRICT";

    /** What an empty database gets. */
    static final List<String> TABLES =
            List.of(KEY, RECORD, RECORD_BY_NAME, SHARE, GUESS, GUESS_BY_NAME, DEVICE, DROPPED, DROPPED_BY_NAME, MARK);

    private static final String COLUMNS =
            "SELECT name, hash, version, record, certified, holder, ticket, at FROM login_record ";

    private LoginRows() {}

    static Optional<LoginStore.Held> certified(Link link, String name) throws SQLException {
        PreparedStatement select = link.prepare(COLUMNS + "WHERE name = ? AND length(certified) > 0");
        select.setString(1, name);
        return held(select).stream().findAny();
    }

    static List<LoginStore.Held> prepared(Link link, String name) throws SQLException {
        PreparedStatement select = link.prepare(COLUMNS + "WHERE name = ? AND length(certified) = 0 ORDER BY seq");
        select.setString(1, name);
        return held(select);
    }

    private static List<LoginStore.Held> held(PreparedStatement select) throws SQLException {
        List<LoginStore.Held> all = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                all.add(new LoginStore.Held(
                        row.getString(1),
                        new RecordHash(row.getBytes(2)),
                        row.getLong(3),
                        row.getBytes(4),
                        bytes(row, 5),
                        row.getBytes(6),
                        bytes(row, 7),
                        Instant.ofEpochMilli(row.getLong(8))));
            }
        }
        return all;
    }

    /** The driver gives null for a blob of no bytes. */
    private static byte[] bytes(ResultSet row, int column) throws SQLException {
        byte[] bytes = row.getBytes(column);
        return bytes == null ? new byte[0] : bytes;
    }

    static boolean prepare(
            Link link, LoginStore.Held held, Map<Lock.Kind, SecretBytes> shares, CipherKey key, List<RecordHash> erased)
            throws SQLException {
        if (held.counts()) {
            forgetDropped(link, held.name());
        } else {
            drop(link, held.name(), erased);
        }
        boolean erases = erase(link, erased);
        long seq = link.keys().keep(link, Keys.Family.LOGIN, key);
        PreparedStatement insert = link.prepare(
                "INSERT INTO login_record (seq, name, hash, version, record, certified, holder, ticket, at)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
        insert.setLong(1, seq);
        insert.setString(2, held.name());
        insert.setBytes(3, held.hash().bytes());
        insert.setLong(4, held.version());
        insert.setBytes(5, held.record());
        insert.setBytes(6, held.certified());
        insert.setBytes(7, held.user());
        insert.setBytes(8, held.ticket());
        insert.setLong(9, held.at().toEpochMilli());
        insert.executeUpdate();
        for (Map.Entry<Lock.Kind, SecretBytes> each : shares.entrySet()) {
            PreparedStatement share = link.prepare("INSERT INTO login_share (seq, kind, sealed) VALUES (?, ?, ?)");
            share.setLong(1, seq);
            share.setInt(2, each.getKey().code());
            share.setBytes(3, seal(held.hash(), each.getKey(), key, each.getValue()));
            share.executeUpdate();
        }
        return erases;
    }

    /** Of a name whose record counts: what gave way there must not be taken for something that this store has forgotten. */
    private static void drop(Link link, String name, List<RecordHash> erased) throws SQLException {
        for (RecordHash hash : erased) {
            PreparedStatement insert = link.prepare("INSERT INTO login_dropped (hash, name) SELECT ?, ?"
                    + " WHERE EXISTS (SELECT 1 FROM login_record WHERE name = ? AND length(certified) > 0)"
                    + " ON CONFLICT DO NOTHING");
            insert.setBytes(1, hash.bytes());
            insert.setString(2, name);
            insert.setString(3, name);
            insert.executeUpdate();
        }
    }

    private static void forgetDropped(Link link, String name) throws SQLException {
        PreparedStatement delete = link.prepare("DELETE FROM login_dropped WHERE name = ?");
        delete.setString(1, name);
        delete.executeUpdate();
    }

    static List<RecordHash> dropped(Link link, String name) throws SQLException {
        PreparedStatement select = link.prepare("SELECT hash FROM login_dropped WHERE name = ?");
        select.setString(1, name);
        List<RecordHash> all = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                all.add(new RecordHash(row.getBytes(1)));
            }
        }
        return all;
    }

    static long mark(Link link) throws SQLException {
        return Long.parseLong(link.single("SELECT number FROM login_mark"));
    }

    static boolean raiseMark(Link link, long number) throws SQLException {
        PreparedStatement update = link.prepare("UPDATE login_mark SET number = ? WHERE number <= ?");
        update.setLong(1, number);
        update.setLong(2, number);
        return update.executeUpdate() == 1;
    }

    /** Of all records, those that don't count yet too. @return how many there were */
    static int eraseShares(Link link) throws SQLException {
        for (long seq : seqs(link.prepare("SELECT seq FROM login_record"))) {
            link.keys().erase(link, Keys.Family.LOGIN, seq);
        }
        return link.prepare("DELETE FROM login_share").executeUpdate();
    }

    static boolean eraseShares(Link link, String name) throws SQLException {
        PreparedStatement select = link.prepare("SELECT seq FROM login_record WHERE name = ?");
        select.setString(1, name);
        PreparedStatement delete = link.prepare("DELETE FROM login_share WHERE seq = ?");
        for (long seq : seqs(select)) {
            link.keys().erase(link, Keys.Family.LOGIN, seq);
            delete.setLong(1, seq);
            delete.executeUpdate();
        }
        return true;
    }

    private static List<Long> seqs(PreparedStatement select) throws SQLException {
        List<Long> all = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                all.add(row.getLong(1));
            }
        }
        return all;
    }

    static boolean certify(Link link, RecordHash hash, byte[] certified, List<RecordHash> erased) throws SQLException {
        PreparedStatement update = link.prepare("UPDATE login_record SET certified = ?, ticket = ? WHERE hash = ?");
        update.setBytes(1, certified);
        update.setBytes(2, new byte[0]);
        update.setBytes(3, hash.bytes());
        if (update.executeUpdate() != 1) {
            throw new StoreException.Failed("the login's record " + hash + " isn't stored here", null);
        }
        PreparedStatement over =
                link.prepare("DELETE FROM login_dropped WHERE name = (SELECT name FROM login_record WHERE hash = ?)");
        over.setBytes(1, hash.bytes());
        over.executeUpdate();
        erase(link, erased);
        return true;
    }

    static boolean succeed(Link link, String name, byte[] before, byte[] now) throws SQLException {
        PreparedStatement login = link.prepare("UPDATE login_record SET holder = ? WHERE name = ? AND holder = ?");
        login.setBytes(1, now);
        login.setString(2, name);
        login.setBytes(3, before);
        login.executeUpdate();
        // Each by an index of its own.
        for (String which : List.of(
                "UPDATE object SET holder = ? WHERE holder = ? AND state = 2",
                "UPDATE object SET holder = ? WHERE holder = ? AND state <> 2",
                "UPDATE handover SET holder = ? WHERE holder = ?")) {
            PreparedStatement update = link.prepare(which);
            update.setBytes(1, now);
            update.setBytes(2, before);
            update.executeUpdate();
        }
        NameTable.succeed(link, before, now);
        return true;
    }

    private static boolean erase(Link link, List<RecordHash> hashes) throws SQLException {
        for (RecordHash hash : hashes) {
            // The key first: with it the shares are gone, whatever is left of their rows.
            PreparedStatement select = link.prepare("SELECT seq FROM login_record WHERE hash = ?");
            select.setBytes(1, hash.bytes());
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    continue;
                }
                link.keys().erase(link, Keys.Family.LOGIN, row.getLong(1));
            }
            run(link, "DELETE FROM login_share WHERE seq = (SELECT seq FROM login_record WHERE hash = ?)", hash);
            run(link, "DELETE FROM login_record WHERE hash = ?", hash);
        }
        return !hashes.isEmpty();
    }

    private static void run(Link link, String sql, RecordHash hash) throws SQLException {
        PreparedStatement statement = link.prepare(sql);
        statement.setBytes(1, hash.bytes());
        statement.executeUpdate();
    }

    static Optional<SecretBytes> share(Link link, RecordHash hash, Lock.Kind kind) throws SQLException {
        PreparedStatement select = link.prepare(
                "SELECT seq, sealed FROM login_record JOIN login_share USING (seq)" + " WHERE hash = ? AND kind = ?");
        select.setBytes(1, hash.bytes());
        select.setInt(2, kind.code());
        long seq;
        byte[] sealed;
        try (ResultSet row = select.executeQuery()) {
            if (!row.next()) {
                return Optional.empty();
            }
            seq = row.getLong(1);
            sealed = row.getBytes(2);
        }
        return link.keys().find(link, Keys.Family.LOGIN, seq).map(key -> open(hash, kind, key, sealed));
    }

    private static byte[] seal(RecordHash hash, Lock.Kind kind, CipherKey key, SecretBytes share) {
        ByteBuffer sealed = ByteBuffer.allocate((int) share.size() + AesGcm.TAG_BYTES);
        try (AesGcm cipher = AesGcm.sealing(key)) {
            // Once for each kind under a key of this record alone.
            cipher.seal(nonce(kind), bound(hash, kind), share.segment(), sealed);
        }
        return sealed.array();
    }

    private static SecretBytes open(RecordHash hash, Lock.Kind kind, byte[] secret, byte[] sealed) {
        SecretBytes share = SecretBytes.allocate(sealed.length - AesGcm.TAG_BYTES);
        try (CipherKey key = CipherKey.taking(secret);
                AesGcm cipher = AesGcm.opening(key)) {
            cipher.open(nonce(kind), bound(hash, kind), ByteBuffer.wrap(sealed), share.segment());
            return share;
        } catch (AEADBadTagException e) {
            share.close();
            throw new StoreException.Failed("the share of the login's record " + hash + " is damaged", e);
        }
    }

    private static byte[] nonce(Lock.Kind kind) {
        byte[] nonce = new byte[AesGcm.NONCE_BYTES];
        nonce[0] = (byte) kind.code();
        return nonce;
    }

    private static byte[] bound(RecordHash hash, Lock.Kind kind) {
        byte[] bound = Arrays.copyOf(hash.bytes(), RecordHash.BYTES + 1);
        bound[RecordHash.BYTES] = (byte) kind.code();
        return bound;
    }

    static LoginStore.Guess guess(Link link, String name, byte[] by, byte[] nonce, GuessLimit limit, Instant now)
            throws SQLException {
        long millis = now.toEpochMilli();
        PreparedStatement known = link.prepare("SELECT 1 FROM login_guess WHERE nonce = ?");
        known.setBytes(1, nonce);
        try (ResultSet row = known.executeQuery()) {
            if (row.next()) {
                return new LoginStore.Guess(true, new GuessLimit.Allowed());
            }
        }
        PreparedStatement past = link.prepare("DELETE FROM login_guess WHERE name = ? AND at <= ?");
        past.setString(1, name);
        past.setLong(2, limit.expiredBefore(millis));
        past.executeUpdate();
        // As they count from now on, whatever a clock that ran ahead wrote.
        PreparedStatement ahead = link.prepare("UPDATE login_guess SET at = ? WHERE name = ? AND at > ?");
        ahead.setLong(1, millis);
        ahead.setString(2, name);
        ahead.setLong(3, millis);
        ahead.executeUpdate();
        PreparedStatement select =
                link.prepare("SELECT at FROM login_guess WHERE name = ? AND device = ? AND given_back = 0");
        select.setString(1, name);
        select.setBytes(2, by);
        List<Long> counted = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                counted.add(row.getLong(1));
            }
        }
        GuessLimit.Decision decision = limit.decide(counted, millis);
        if (decision instanceof GuessLimit.Allowed) {
            PreparedStatement insert =
                    link.prepare("INSERT INTO login_guess (nonce, name, device, at) VALUES (?, ?, ?, ?)");
            insert.setBytes(1, nonce);
            insert.setString(2, name);
            insert.setBytes(3, by);
            insert.setLong(4, millis);
            insert.executeUpdate();
        }
        return new LoginStore.Guess(false, decision);
    }

    static boolean giveBack(Link link, String name, byte[] nonce, byte[] device, int mostDevices, Instant now)
            throws SQLException {
        PreparedStatement update =
                link.prepare("UPDATE login_guess SET given_back = 1 WHERE nonce = ? AND name = ? AND given_back = 0");
        update.setBytes(1, nonce);
        update.setString(2, name);
        if (update.executeUpdate() != 1) {
            return false;
        }
        PreparedStatement insert = link.prepare("INSERT INTO login_device (name, key, at) VALUES (?, ?, ?)"
                + " ON CONFLICT (name, key) DO UPDATE SET at = excluded.at");
        insert.setString(1, name);
        insert.setBytes(2, device);
        insert.setLong(3, now.toEpochMilli());
        insert.executeUpdate();
        PreparedStatement oldest = link.prepare("DELETE FROM login_device WHERE name = ? AND key NOT IN"
                + " (SELECT key FROM login_device WHERE name = ? ORDER BY at DESC, key LIMIT ?)");
        oldest.setString(1, name);
        oldest.setString(2, name);
        oldest.setInt(3, mostDevices);
        oldest.executeUpdate();
        return true;
    }

    static boolean isDevice(Link link, String name, byte[] key) throws SQLException {
        PreparedStatement select = link.prepare("SELECT 1 FROM login_device WHERE name = ? AND key = ?");
        select.setString(1, name);
        select.setBytes(2, key);
        try (ResultSet row = select.executeQuery()) {
            return row.next();
        }
    }

    static List<LoginStore.Device> devices(Link link, String name) throws SQLException {
        PreparedStatement select =
                link.prepare("SELECT key, at FROM login_device WHERE name = ? ORDER BY at DESC, key");
        select.setString(1, name);
        List<LoginStore.Device> all = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                all.add(new LoginStore.Device(row.getBytes(1), Instant.ofEpochMilli(row.getLong(2))));
            }
        }
        return all;
    }

    static boolean forgetDevice(Link link, String name, byte[] key) throws SQLException {
        PreparedStatement delete = link.prepare("DELETE FROM login_device WHERE name = ? AND key = ?");
        delete.setString(1, name);
        delete.setBytes(2, key);
        return delete.executeUpdate() == 1;
    }
}
