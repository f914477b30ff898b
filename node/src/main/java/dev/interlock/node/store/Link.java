package dev.interlock.node.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/** One connection to the database, with its statements kept. One thread at a time. */
final class Link implements AutoCloseable {
    private final Connection connection;
    private final Map<String, PreparedStatement> statements = new HashMap<>();

    private final Keys keys;
    private final boolean hints;

    /** @param hints whether the engine knows INDEXED BY */
    Link(Connection connection, Keys keys, boolean hints) {
        this.connection = connection;
        this.keys = keys;
        this.hints = hints;
    }

    boolean isClosed() {
        try {
            return connection.isClosed();
        } catch (SQLException e) {
            return true;
        }
    }

    Keys keys() {
        return keys;
    }

    /** Makes a query of this table take this index, where the engine must be told. */
    String indexedBy(String index) {
        return hints ? " INDEXED BY " + index : "";
    }

    /** Orders a column of text by its bytes, where the engine has another order. */
    String byBytes() {
        return hints ? "" : " COLLATE \"C\"";
    }

    /** Makes the next number that the engine gives a row of this table follow those that are there. */
    void renumber(String table) throws SQLException {
        if (!hints) { // SQLite does so by itself
            execute("SELECT setval(pg_get_serial_sequence('" + table + "', 'seq'), max(seq)) FROM " + table
                    + " HAVING max(seq) IS NOT NULL");
        }
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
}
