package dev.interlock.node.store;

import dev.interlock.wire.file.Reserve;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;

/** Rows in {@code store.db}, an SQLite database that one process has open. What was erased is in no file of it when that returns. */
final class SqliteCatalog implements Catalog {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final WriteQueue writes;
    private final ReadPool reads;

    private SqliteCatalog(WriteQueue writes, ReadPool reads) {
        this.writes = writes;
        this.reads = reads;
    }

    /**
     * Opens the database in this folder, after creating it for its owner only unless it is there.
     *
     * @param reserve room for what erases on a full disk
     * @throws StoreException.Unusable when it is of another version
     */
    static SqliteCatalog open(Path folder, Reserve reserve, Instant now) throws IOException, SQLException {
        Path database = folder.resolve("store.db").toAbsolutePath();
        FileBlobs.openOrCreate(database).close();
        Link link = SqliteLinks.open(database, true);
        try {
            Schema.prepare(link, folder, now);
            Path wal = walOf(database);
            truncateWal(link, wal);
            FileBlobs.syncFolder(folder);
            ReadPool reads = new ReadPool(database);
            WriteQueue writes = new WriteQueue(new SqliteWriter(link, wal, reserve));
            writes.start();
            return new SqliteCatalog(writes, reads);
        } catch (IOException | SQLException | RuntimeException e) {
            link.close();
            throw e;
        }
    }

    @Override
    public WriteQueue writes() {
        return writes;
    }

    @Override
    public <T> T read(String what, Operation<T> operation) {
        return reads.read(what, operation);
    }

    @Override
    public void close() {
        try {
            reads.close();
        } finally {
            writes.close(); // the last connection to close, which empties the WAL
        }
    }

    private record SqliteWriter(Link link, Path wal, Reserve reserve) implements Writer {
        @Override
        public void begin(Link to) throws SQLException {
            to.prepare("BEGIN IMMEDIATE").execute();
        }

        @Override
        public void erased() throws SQLException, IOException {
            truncateWal(link, wal);
            reserve.fill();
        }

        @Override
        public boolean makeRoom() {
            return reserve.release();
        }

        @Override
        public boolean mayRepeat(SQLException failure) {
            return false; // nobody else writes
        }

        @Override
        public boolean isUnknown(SQLException failure) {
            return false; // it rolls back what it couldn't commit
        }

        @Override
        public void close() {
            link.close();
        }
    }

    private static Path walOf(Path database) {
        return database.resolveSibling(database.getFileName() + "-wal");
    }

    /** Brings everything from the WAL into the database and empties it, waiting a while for readers. */
    private static void truncateWal(Link link, Path wal) throws SQLException, IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (isBusy(link)) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException(
                        "another connection has kept the WAL from being emptied for " + PATIENCE.toSeconds() + " s");
            }
        }
        if (Files.exists(wal)) { // SQLite doesn't make the new length durable
            try (FileChannel channel = FileChannel.open(wal, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
        }
    }

    // Waits for readers as long as the connection's busy timeout.
    private static boolean isBusy(Link link) throws SQLException {
        PreparedStatement checkpoint = link.prepare("PRAGMA wal_checkpoint(TRUNCATE)");
        try (ResultSet row = checkpoint.executeQuery()) {
            row.next();
            return row.getInt(1) != 0;
        }
    }
}
