package dev.interlock.node.store;

import dev.interlock.core.secret.AesGcm;
import dev.interlock.core.secret.CipherKey;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.crypto.AEADBadTagException;

/**
 * Keys in a database that keeps what was overwritten, in dead rows, in its log, in backups. Each is sealed under the key of its
 * group of 1,024, a group's key under an {@linkplain EpochKeys epoch's}, which this machine can overwrite. Erasing a key takes it out of
 * its row; {@link #rotate} then seals what lives on under fresh keys and overwrites the epoch's, so that no copy of what was erased
 * opens. A rotation costs the live keys of the groups that lost one, and one row a group.
 */
final class PostgresKeys implements Keys {
    private static final int GROUP = 1024;
    /** Groups in one transaction of a rotation. */
    private static final int GROUPS_AT_ONCE = 32;

    private final EpochKeys epochs;
    private final SecureRandom random;
    private final Clock clock;
    private final Processes processes;

    PostgresKeys(EpochKeys epochs, Processes processes, SecureRandom random, Clock clock) {
        this.processes = processes;
        this.epochs = epochs;
        this.random = random;
        this.clock = clock;
    }

    private record Group(Family family, long number, long version, long epoch, byte[] sealed, boolean erased) {}

    private record Sealed(long seq, byte[] sealed) {}

    @Override
    public long keep(Link link, Family family, CipherKey key) throws SQLException {
        Optional<Long> free = family.free(link);
        long seq = free.isPresent() ? free.get() : next(link, family);
        keep(link, family, seq, Optional.of(key));
        return seq;
    }

    @Override
    public void keep(Link link, Family family, long seq, Optional<CipherKey> key) throws SQLException {
        keepAll(link, family, new TreeMap<>(Map.of(seq, key)));
    }

    @Override
    public void keepAll(Link link, Family family, SortedMap<Long, Optional<CipherKey>> keys) throws SQLException {
        PreparedStatement insert = link.prepare("INSERT INTO " + family.table()
                + " (seq, sealed) VALUES (?, ?) ON CONFLICT (seq) DO UPDATE SET sealed = excluded.sealed");
        long number = -1;
        Group group = null;
        CipherKey under = null;
        try {
            for (Map.Entry<Long, Optional<CipherKey>> each : keys.entrySet()) {
                long seq = each.getKey();
                insert.setLong(1, seq);
                if (each.getValue().isPresent()) {
                    if (group == null || under == null || seq / GROUP != number) {
                        number = seq / GROUP;
                        Optional<Group> known = group(link, family, number);
                        group = known.isPresent() ? known.get() : begin(link, family, number);
                        if (under != null) {
                            under.close();
                        }
                        under = open(group);
                    }
                    insert.setBytes(
                            2, seal(under, of(group, seq), each.getValue().get()));
                } else {
                    insert.setNull(2, Types.BINARY);
                }
                insert.addBatch();
            }
            insert.executeBatch();
        } finally {
            insert.clearBatch();
            if (under != null) {
                under.close();
            }
        }
    }

    @Override
    public Optional<byte[]> find(Link link, Family family, long seq) throws SQLException {
        // In one statement, since a rotation changes both rows.
        PreparedStatement select =
                link.prepare("SELECT key.sealed, key_group.version, key_group.epoch, key_group.sealed"
                        + " FROM " + family.table()
                        + " AS key JOIN key_group ON key_group.family = ? AND key_group.number = ?"
                        + " WHERE key.seq = ? AND key.sealed IS NOT NULL");
        while (true) {
            select.setInt(1, family.code());
            select.setLong(2, seq / GROUP);
            select.setLong(3, seq);
            byte[] sealed;
            Group group;
            try (ResultSet row = select.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                sealed = row.getBytes(1);
                group = new Group(family, seq / GROUP, row.getLong(2), row.getLong(3), row.getBytes(4), false);
            }
            if (!epochs.has(group.epoch) && !isOf(link, group)) {
                continue; // a rotation ended in between
            }
            try (CipherKey under = open(group);
                    CipherKey key = open(under, of(group, seq), sealed)) {
                return Optional.of(key.getEncoded());
            }
        }
    }

    @Override
    public void erase(Link link, Family family, long seq) throws SQLException {
        PreparedStatement update = link.prepare("UPDATE " + family.table() + " SET sealed = NULL WHERE seq = ?");
        update.setLong(1, seq);
        update.executeUpdate();
        PreparedStatement note = link.prepare(
                "UPDATE key_group SET erased_at = ? WHERE family = ? AND number = ? AND erased_at IS NULL");
        note.setLong(1, clock.millis());
        note.setInt(2, family.code());
        note.setLong(3, seq / GROUP);
        note.executeUpdate();
    }

    /** Whether a key that was erased so long ago is still sealed under keys that exist. */
    boolean isDue(Link link, Duration longest) throws SQLException {
        PreparedStatement select = link.prepare("SELECT min(erased_at) FROM key_group WHERE erased_at IS NOT NULL");
        try (ResultSet row = select.executeQuery()) {
            row.next();
            Instant first = Instant.ofEpochMilli(row.getLong(1));
            return !row.wasNull() && !clock.instant().isBefore(first.plus(longest));
        }
    }

    /** The epoch that seals what is new. */
    static long epoch(Link link) throws SQLException {
        return Long.parseLong(link.single("SELECT epoch FROM meta"));
    }

    /** The lowest epoch under which something is sealed; empty when nothing is. */
    static OptionalLong oldest(Link link) throws SQLException {
        PreparedStatement select = link.prepare("SELECT min(epoch) FROM key_group");
        try (ResultSet row = select.executeQuery()) {
            row.next();
            long epoch = row.getLong(1);
            return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(epoch);
        }
    }

    /** Runs operations, each in a transaction of its own. */
    interface Transactions {
        <T> T run(String what, Operation<T> operation) throws SQLException;
    }

    /**
     * When this returns, every key that had been erased before it was called is lost. It may be broken off anywhere, and
     * {@link #finish} ends it.
     */
    void rotate(Transactions transactions) throws SQLException, IOException {
        long next = transactions.run("beginning a key epoch", PostgresKeys::epoch) + 1;
        epochs.create(next);
        var _ = transactions.run("beginning a key epoch", link -> {
            PreparedStatement update = link.prepare("UPDATE meta SET epoch = ? WHERE epoch < ?");
            update.setLong(1, next);
            update.setLong(2, next);
            return update.executeUpdate();
        });
        finish(transactions);
    }

    /** Whether a rotation was broken off. */
    boolean isBrokenOff(Link link) throws SQLException {
        return epochs.hasBefore(epoch(link));
    }

    /** Seals what isn't yet under the present epoch's key, and erases those before it, in every process. */
    void finish(Transactions transactions) throws SQLException, IOException {
        long epoch = transactions.run("looking up the key epoch", PostgresKeys::epoch);
        while (transactions.run("sealing keys anew", link -> sealAnew(link, epoch)) > 0) {
            // until there is no group left
        }
        epochs.eraseBefore(epoch);
        // Whoever joins from now on reads the folder after that.
        processes.letGo(epoch);
    }

    private int sealAnew(Link link, long epoch) throws SQLException {
        PreparedStatement select = link.prepare("SELECT family, number, version, epoch, sealed, erased_at IS NOT NULL"
                + " FROM key_group WHERE epoch < ? ORDER BY epoch LIMIT ?");
        select.setLong(1, epoch);
        select.setInt(2, GROUPS_AT_ONCE);
        List<Group> groups = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                Family family = row.getInt(1) == Family.OBJECT.code() ? Family.OBJECT : Family.LOGIN;
                groups.add(new Group(
                        family, row.getLong(2), row.getLong(3), row.getLong(4), row.getBytes(5), row.getBoolean(6)));
            }
        }
        for (Group group : groups) {
            try (CipherKey under = open(group)) {
                if (group.erased) {
                    Group fresh = new Group(group.family, group.number, group.version + 1, epoch, group.sealed, false);
                    try (CipherKey key = CipherKey.random(random)) {
                        for (Sealed each : members(link, group)) {
                            try (CipherKey member = open(under, of(group, each.seq), each.sealed)) {
                                put(link, group.family, each.seq, seal(key, of(fresh, each.seq), member));
                            }
                        }
                        put(link, fresh, key);
                    }
                } else {
                    put(link, new Group(group.family, group.number, group.version, epoch, group.sealed, false), under);
                }
            }
        }
        return groups.size();
    }

    private static List<Sealed> members(Link link, Group group) throws SQLException {
        PreparedStatement select = link.prepare("SELECT seq, sealed FROM " + group.family.table()
                + " WHERE seq BETWEEN ? AND ? AND sealed IS NOT NULL");
        select.setLong(1, group.number * GROUP);
        select.setLong(2, group.number * GROUP + GROUP - 1);
        List<Sealed> members = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                members.add(new Sealed(row.getLong(1), row.getBytes(2)));
            }
        }
        return members;
    }

    private static void put(Link link, Family family, long seq, byte[] sealed) throws SQLException {
        PreparedStatement update = link.prepare("UPDATE " + family.table() + " SET sealed = ? WHERE seq = ?");
        update.setBytes(1, sealed);
        update.setLong(2, seq);
        update.executeUpdate();
    }

    private Group begin(Link link, Family family, long number) throws SQLException {
        try (CipherKey key = CipherKey.random(random)) {
            return put(link, new Group(family, number, 1, epoch(link), new byte[0], false), key);
        }
    }

    /** Seals the group's key under its epoch's. */
    private Group put(Link link, Group group, CipherKey key) throws SQLException {
        byte[] sealed;
        try (CipherKey root = root(group.epoch)) {
            sealed = seal(root, of(group, -1), key);
        }
        PreparedStatement insert = link.prepare("""
            INSERT INTO key_group (family, number, version, epoch, sealed) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (family, number) DO UPDATE SET version = excluded.version, epoch = excluded.epoch,
                sealed = excluded.sealed, erased_at = NULL\
            """);
        insert.setInt(1, group.family.code());
        insert.setLong(2, group.number);
        insert.setLong(3, group.version);
        insert.setLong(4, group.epoch);
        insert.setBytes(5, sealed);
        insert.executeUpdate();
        return new Group(group.family, group.number, group.version, group.epoch, sealed, false);
    }

    private static Optional<Group> group(Link link, Family family, long number) throws SQLException {
        PreparedStatement select =
                link.prepare("SELECT version, epoch, sealed FROM key_group WHERE family = ? AND number = ?");
        select.setInt(1, family.code());
        select.setLong(2, number);
        try (ResultSet row = select.executeQuery()) {
            return row.next()
                    ? Optional.of(new Group(family, number, row.getLong(1), row.getLong(2), row.getBytes(3), false))
                    : Optional.empty();
        }
    }

    private static boolean isOf(Link link, Group group) throws SQLException {
        return group(link, group.family, group.number)
                .filter(now -> now.version == group.version && now.epoch == group.epoch)
                .isPresent();
    }

    private static long next(Link link, Family family) throws SQLException {
        PreparedStatement select = link.prepare("SELECT nextval(pg_get_serial_sequence(?, 'seq'))");
        select.setString(1, family.table());
        try (ResultSet row = select.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    private CipherKey root(long epoch) {
        return epochs.key(epoch)
                .orElseThrow(() -> new StoreException.Failed(
                        "the node's key of epoch " + epoch + " is gone, which the database's rows are sealed under",
                        null));
    }

    private CipherKey open(Group group) {
        try (CipherKey root = root(group.epoch)) {
            return open(root, of(group, -1), group.sealed);
        }
    }

    /** What a sealed key is bound to; seq is -1 for the group's own. */
    private static byte[] of(Group group, long seq) {
        ByteBuffer bound = ByteBuffer.allocate(4 + 4 * Long.BYTES);
        bound.putInt(group.family.code())
                .putLong(group.number)
                .putLong(group.version)
                .putLong(seq);
        return bound.putLong(seq == -1 ? group.epoch : 0).array();
    }

    /** nonce (12) ‖ sealed key (32) ‖ tag (16); a key seals a few thousand others at most. */
    private byte[] seal(CipherKey under, byte[] bound, CipherKey key) {
        byte[] nonce = new byte[AesGcm.NONCE_BYTES];
        random.nextBytes(nonce);
        byte[] secret = key.getEncoded();
        try (AesGcm cipher = AesGcm.sealing(under)) {
            ByteBuffer sealed = ByteBuffer.allocate(CipherKey.BYTES + AesGcm.TAG_BYTES);
            cipher.seal(nonce, bound, MemorySegment.ofArray(secret), sealed);
            return ByteBuffer.allocate(AesGcm.NONCE_BYTES + sealed.capacity())
                    .put(nonce)
                    .put(sealed.array())
                    .array();
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    private static CipherKey open(CipherKey under, byte[] bound, byte[] sealed) {
        byte[] secret = new byte[CipherKey.BYTES];
        try (AesGcm cipher = AesGcm.opening(under)) {
            if (sealed.length != AesGcm.NONCE_BYTES + CipherKey.BYTES + AesGcm.TAG_BYTES) {
                throw new StoreException.Failed("a key's row is damaged: it has " + sealed.length + " bytes", null);
            }
            byte[] nonce = Arrays.copyOf(sealed, AesGcm.NONCE_BYTES);
            ByteBuffer rest = ByteBuffer.wrap(sealed, AesGcm.NONCE_BYTES, sealed.length - AesGcm.NONCE_BYTES);
            cipher.open(nonce, bound, rest.slice(), MemorySegment.ofArray(secret));
            return CipherKey.taking(secret);
        } catch (AEADBadTagException e) {
            throw new StoreException.Failed("a key's row is damaged: the seal doesn't fit", e);
        }
    }
}
