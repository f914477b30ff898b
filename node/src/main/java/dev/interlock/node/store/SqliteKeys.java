package dev.interlock.node.store;

import dev.interlock.core.secret.CipherKey;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;

/** Keys as they are, in rows that are only appended, and overwritten in place to erase them. */
final class SqliteKeys implements Keys {
    private static final byte[] ERASED = new byte[CipherKey.BYTES];

    @Override
    public long keep(Link link, Family family, CipherKey key) throws SQLException {
        byte[] secret = key.getEncoded();
        try {
            Optional<Long> free = family.free(link);
            if (free.isPresent()) {
                overwrite(link, family, free.get(), secret);
                return free.get();
            }
            PreparedStatement insert =
                    link.prepare("INSERT INTO " + family.table() + " (key) VALUES (?) RETURNING seq");
            insert.setBytes(1, secret);
            try (ResultSet row = insert.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    @Override
    public void keep(Link link, Family family, long seq, Optional<CipherKey> key) throws SQLException {
        byte[] secret = key.map(CipherKey::getEncoded).orElseGet(ERASED::clone);
        PreparedStatement insert = link.prepare("INSERT INTO " + family.table() + " (seq, key) VALUES (?, ?)");
        try {
            insert.setLong(1, seq);
            insert.setBytes(2, secret);
            insert.executeUpdate();
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    @Override
    public Optional<byte[]> find(Link link, Family family, long seq) throws SQLException {
        PreparedStatement select = link.prepare("SELECT key FROM " + family.table() + " WHERE seq = ?");
        select.setLong(1, seq);
        try (ResultSet row = select.executeQuery()) {
            return row.next()
                    ? Optional.of(row.getBytes(1)).filter(key -> !Arrays.equals(key, ERASED))
                    : Optional.empty();
        }
    }

    @Override
    public void erase(Link link, Family family, long seq) throws SQLException {
        overwrite(link, family, seq, ERASED);
    }

    private static void overwrite(Link link, Family family, long seq, byte[] key) throws SQLException {
        PreparedStatement update = link.prepare("UPDATE " + family.table() + " SET key = ? WHERE seq = ?");
        update.setBytes(1, key);
        update.setLong(2, seq);
        update.executeUpdate();
    }
}
