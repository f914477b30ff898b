package dev.interlock.node.store;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;

/** The tables. What is secret lies apart from what stays in a tombstone. */
final class Schema {
    static final int VERSION = 13;

    // The key's row is overwritten in place and never deleted. Keys in rows that are deleted were still found in the
    // file now and then: where SQLite rebalances a page, secure_delete doesn't reach the copies that it leaves in the
    // unused part. Rows that are only appended (seq) and overwritten at the same length never move.
    private static final String OBJECT_KEY = """
        CREATE TABLE object_key (
            seq INTEGER PRIMARY KEY,
            key BLOB NOT NULL CHECK (length(key) = 32)
        ) STRICT\
        """;
    // One row a generation.
    private static final String OBJECT = """
        CREATE TABLE object (
            seq INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
            object BLOB NOT NULL CHECK (length(object) = 16),
            epoch INTEGER NOT NULL,
            number INTEGER NOT NULL,
            continues INTEGER NOT NULL,
            holder BLOB NOT NULL,
            state INTEGER NOT NULL,
            token BLOB NOT NULL,
            certificate BLOB NOT NULL,
            unfinished INTEGER NOT NULL DEFAULT 0,
            command BLOB,
            receipt BLOB,
            prepared_at INTEGER NOT NULL,
            committed_at INTEGER,
            destroyed_at INTEGER
        ) STRICT\
        """;
    // Without the state, so that committing needn't touch it.
    private static final String OBJECT_BY_OBJECT =
            "CREATE INDEX object_by_object ON object (object, epoch, number, id)";
    private static final String OBJECT_BY_USER =
            "CREATE INDEX object_by_user ON object (holder, committed_at, seq) WHERE state = 2";
    private static final String OBJECT_BY_USER_ELSE =
            "CREATE INDEX object_by_user_else ON object (holder) WHERE state <> 2";
    private static final String HANDOVER_BY_USER = "CREATE INDEX handover_by_user ON handover (holder)";
    private static final String SAID_BY_EXPIRY = "CREATE INDEX said_by_expiry ON said (expires)";
    private static final String OBJECT_IN_DOUBT = "CREATE INDEX object_in_doubt ON object (seq) WHERE state = 1";
    private static final String OBJECT_UNFINISHED =
            "CREATE INDEX object_unfinished ON object (seq) WHERE state = 2 AND unfinished = 1";
    // What was destroyed of an object: in an epoch up to a generation; epoch 0: everything, for ever.
    private static final String ENDED = """
        CREATE TABLE ended (
            object BLOB NOT NULL,
            epoch INTEGER NOT NULL,
            number INTEGER NOT NULL,
            id BLOB NOT NULL,
            PRIMARY KEY (object, epoch)
        ) STRICT, WITHOUT ROWID\
        """;
    // What this provider said of generations, which outlives them.
    private static final String SAID = """
        CREATE TABLE said (
            id BLOB NOT NULL PRIMARY KEY,
            denied INTEGER NOT NULL DEFAULT 0,
            abandonment BLOB,
            expires INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID\
        """;
    private static final String SCHEDULE = """
        CREATE TABLE schedule (
            object BLOB NOT NULL PRIMARY KEY,
            number INTEGER NOT NULL,
            destroy_at INTEGER,
            command BLOB NOT NULL,
            bound INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID\
        """;
    private static final String SCHEDULE_DUE =
            "CREATE INDEX schedule_due ON schedule (destroy_at) WHERE destroy_at IS NOT NULL";
    // floor: no statement that expires before it is taken, since marks up to it may be gone.
    private static final String META = "CREATE TABLE meta (made_at INTEGER NOT NULL, floor INTEGER NOT NULL) STRICT";
    // place is 2048·seq + 256·the kind's code + x, which saves an index; sealed is NULL where the blob is in a file.
    private static final String BLOB = """
        CREATE TABLE blob (
            place INTEGER PRIMARY KEY,
            record_bytes INTEGER NOT NULL,
            total_bytes INTEGER NOT NULL,
            sealed BLOB
        ) STRICT\
        """;
    private static final String BURN = """
        CREATE TABLE burn (
            session BLOB NOT NULL PRIMARY KEY,
            expires INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID\
        """;
    private static final String BURN_BY_EXPIRY = "CREATE INDEX burn_by_expiry ON burn (expires)";

    private static final String NOTICE = """
        CREATE TABLE notice (
            seq INTEGER PRIMARY KEY,
            object BLOB NOT NULL,
            node TEXT NOT NULL,
            hash BLOB NOT NULL UNIQUE,
            notice BLOB NOT NULL
        ) STRICT\
        """;

    // How objects came to their owners; it outlives their generations.
    private static final String HANDOVER = """
        CREATE TABLE handover (
            object BLOB NOT NULL,
            place INTEGER NOT NULL,
            holder BLOB NOT NULL,
            command BLOB NOT NULL,
            commands BLOB NOT NULL,
            PRIMARY KEY (object, place)
        ) STRICT, WITHOUT ROWID\
        """;

    // What each user has here: generations in any state, tombstones among them, with the bytes of their blobs; entries
    // of names.
    private static final String USAGE = """
        CREATE TABLE usage (
            holder BLOB NOT NULL PRIMARY KEY,
            objects INTEGER NOT NULL,
            bytes INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID\
        """;
    private static final String USAGE_OBJECT = """
        CREATE TRIGGER usage_object AFTER INSERT ON object BEGIN
            INSERT INTO usage VALUES (NEW.holder, 1, 0) ON CONFLICT (holder) DO UPDATE SET objects = objects + 1;
        END\
        """;
    private static final String USAGE_NO_OBJECT = """
        CREATE TRIGGER usage_no_object AFTER DELETE ON object BEGIN
            UPDATE usage SET objects = objects - 1 WHERE holder = OLD.holder;
        END\
        """;
    private static final String USAGE_HANDED_OVER = """
        CREATE TRIGGER usage_handed_over AFTER UPDATE OF holder ON object WHEN OLD.holder <> NEW.holder BEGIN
            INSERT INTO usage VALUES (NEW.holder, 1, 0) ON CONFLICT (holder) DO UPDATE SET objects = objects + 1;
            UPDATE usage SET objects = objects - 1 WHERE holder = OLD.holder;
            UPDATE usage SET bytes = bytes + (SELECT coalesce(sum(total_bytes), 0) FROM blob
                WHERE place BETWEEN 2048 * NEW.seq AND 2048 * NEW.seq + 2047) WHERE holder = NEW.holder;
            UPDATE usage SET bytes = bytes - (SELECT coalesce(sum(total_bytes), 0) FROM blob
                WHERE place BETWEEN 2048 * NEW.seq AND 2048 * NEW.seq + 2047) WHERE holder = OLD.holder;
        END\
        """;
    private static final String USAGE_BLOB = """
        CREATE TRIGGER usage_blob AFTER INSERT ON blob BEGIN
            UPDATE usage SET bytes = bytes + NEW.total_bytes
            WHERE holder = (SELECT holder FROM object WHERE seq = NEW.place / 2048);
        END\
        """;
    private static final String USAGE_NO_BLOB = """
        CREATE TRIGGER usage_no_blob AFTER DELETE ON blob BEGIN
            UPDATE usage SET bytes = bytes - OLD.total_bytes
            WHERE holder = (SELECT holder FROM object WHERE seq = OLD.place / 2048);
        END\
        """;

    private Schema() {}

    /** Creates the tables in an empty database, or throws unless the database is of this version. */
    static void prepare(Link link, Path folder, Instant now) throws SQLException {
        int version = Integer.parseInt(link.single("PRAGMA user_version"));
        boolean empty = link.single("SELECT count(*) FROM sqlite_schema").equals("0");
        if (version == 0 && empty) {
            link.execute("BEGIN IMMEDIATE");
            for (String sql : new String[] {
                OBJECT_KEY,
                OBJECT,
                OBJECT_BY_OBJECT,
                OBJECT_BY_USER,
                OBJECT_BY_USER_ELSE,
                OBJECT_IN_DOUBT,
                OBJECT_UNFINISHED,
                ENDED,
                SAID,
                SAID_BY_EXPIRY,
                SCHEDULE,
                SCHEDULE_DUE,
                META,
                BLOB,
                BURN,
                BURN_BY_EXPIRY,
                NOTICE,
                HANDOVER,
                HANDOVER_BY_USER,
                USAGE,
                USAGE_OBJECT,
                USAGE_NO_OBJECT,
                USAGE_HANDED_OVER,
                USAGE_BLOB,
                USAGE_NO_BLOB,
                NameTable.NAME,
                NameTable.NAME_STATE,
                NameTable.USAGE_NAME,
                NameTable.USAGE_NAME_CHANGED
            }) {
                link.execute(sql);
            }
            for (String sql : LoginRows.TABLES) {
                link.execute(sql);
            }
            link.execute("INSERT INTO meta (made_at, floor) VALUES (" + now.toEpochMilli() + ", 0)");
            link.execute("INSERT INTO login_mark (number) VALUES (0)");
            link.execute("PRAGMA user_version = " + VERSION);
            link.execute("COMMIT");
        } else if (version != VERSION) {
            throw new StoreException.Unusable(
                    folder,
                    "is of version " + version + ", and this program knows version " + VERSION + ". "
                            + (version > VERSION
                                    ? "A newer interlock wrote it: run the node with that one"
                                    : "An older interlock wrote it, which this one doesn't read: run the node with that one"),
                    null);
        }
    }
}
