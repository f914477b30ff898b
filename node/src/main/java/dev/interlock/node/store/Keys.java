package dev.interlock.node.store;

import dev.interlock.core.secret.CipherKey;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/** Where the keys lie that open blobs and shares of logins: an engine's way to forget one for good. Runs in the link's transaction. */
interface Keys {
    /** What a key is for. Each has numbers of its own, which name rows of other tables. */
    enum Family {
        /** One for each generation; no number serves twice. */
        OBJECT("object_key", 1),
        /** One for each record of a login; the number of an erased one serves again, so that changes take no room. */
        LOGIN("login_key", 2);

        private final String table;
        private final int code;

        Family(String table, int code) {
            this.table = table;
            this.code = code;
        }

        String table() {
            return table;
        }

        int code() {
            return code;
        }

        /** A number that may serve again. */
        Optional<Long> free(Link link) throws SQLException {
            if (this != LOGIN) {
                return Optional.empty();
            }
            PreparedStatement select = link.prepare(
                    "SELECT seq FROM login_key WHERE seq NOT IN (SELECT seq FROM login_record) ORDER BY seq LIMIT 1");
            try (ResultSet row = select.executeQuery()) {
                return row.next() ? Optional.of(row.getLong(1)) : Optional.empty();
            }
        }
    }

    /** Keeps a key; returns its number. */
    long keep(Link link, Family family, CipherKey key) throws SQLException;

    /** Keeps a key at a number that none has had, or says of that number that its key was erased. */
    void keep(Link link, Family family, long seq, Optional<CipherKey> key) throws SQLException;

    /** The same for many of them, by their numbers. */
    default void keepAll(Link link, Family family, SortedMap<Long, Optional<CipherKey>> keys) throws SQLException {
        for (Map.Entry<Long, Optional<CipherKey>> each : keys.entrySet()) {
            keep(link, family, each.getKey(), each.getValue());
        }
    }

    /** The key, for the caller to wipe; empty when it was erased. */
    Optional<byte[]> find(Link link, Family family, long seq) throws SQLException;

    /** When this is committed, the key is lost as the engine says. */
    void erase(Link link, Family family, long seq) throws SQLException;
}
