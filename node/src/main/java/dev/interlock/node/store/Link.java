package dev.interlock.node.store;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import org.sqlite.JDBC;
import org.sqlite.SQLiteConfig;

/** One connection to the database, with its statements kept. One thread at a time. */
final class Link implements AutoCloseable {
    private static final int BUSY_MILLIS = 10_000;

    private final Connection connection;
    private final Map<String, PreparedStatement> statements = new HashMap<>();

    private Link(Connection connection) {
        this.connection = connection;
    }

    static Link open(Path database, boolean writing) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(BUSY_MILLIS);
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setPragma(SQLiteConfig.Pragma.SECURE_DELETE, "on");
        // Nothing of the store in temporary files, savepoints included.
        config.setTempStore(SQLiteConfig.TempStore.MEMORY);
        // As a URI, in which no character of a path is taken for the beginning of settings.
        Link link = new Link(JDBC.createConnection(JDBC.PREFIX + uri(database), config.toProperties()));
        try {
            // By statement, because the driver leaves a pragma that it can't set unsaid.
            link.require("PRAGMA journal_mode", "wal");
            link.require("PRAGMA synchronous", "2");
            link.require("PRAGMA secure_delete", "1");
            link.require("PRAGMA temp_store", "2");
            if (!writing) {
                link.execute("PRAGMA query_only = ON");
            }
            return link;
        } catch (SQLException | RuntimeException e) {
            link.close();
            throw e;
        }
    }

    /** The bytes of the path, percent-encoded where a URI, or the driver's form of one, gives them a meaning. */
    private static String uri(Path database) {
        return "file://"
                + database.toAbsolutePath()
                        .toUri()
                        .getRawPath()
                        .replace(";", "%3B")
                        .replace("&", "%26");
    }

    /** The statement of this text, compiled once; its result must be closed before it is used again. */
    PreparedStatement prepare(String sql) throws SQLException {
        PreparedStatement known = statements.get(sql);
        if (known == null) {
            known = connection.prepareStatement(sql);
            statements.put(sql, known);
        }
        return known;
    }

    /** To be called after an SQLException: the driver leaves a statement that failed unusable. */
    void discardStatements() {
        for (PreparedStatement statement : statements.values()) {
            try {
                statement.close();
            } catch (SQLException e) {
                // Its failure is why it is discarded.
            }
        }
        statements.clear();
    }

    /** For statements that aren't worth keeping. */
    void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The first column of the only row. */
    String single(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    @Override
    public void close() {
        discardStatements();
        try {
            connection.close();
        } catch (SQLException e) {
            // What was acknowledged is durable; the next open cleans up.
        }
    }

    private void require(String pragma, String expected) throws SQLException {
        String actual = single(pragma);
        if (!actual.equals(expected)) {
            throw new SQLException(pragma + " is " + actual + ", must be " + expected);
        }
    }
}
