package dev.interlock.bench.ring;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/** What a PostgreSQL server tells of what stores cost it. */
final class StoreServer implements AutoCloseable {
    private final Connection connection;

    /** @param address as {@code rows} in {@code store.conf}; the password is where PostgreSQL's own tools look for it */
    StoreServer(String address) throws SQLException {
        this.connection = DriverManager.getConnection("jdbc:" + address);
    }

    /** CPU of all of its processes, in seconds; empty unless they are on this machine. */
    OptionalDouble cpuSeconds() throws SQLException, IOException {
        long backend = number("SELECT pg_backend_pid()");
        long postmaster = parent(backend);
        if (postmaster < 0 || !Proc.commandLine(backend).startsWith("postgres:")) {
            return OptionalDouble.empty();
        }
        double sum = 0;
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            for (long pid : all.mapToLong(ProcessHandle::pid).toArray()) {
                if (pid == postmaster || parent(pid) == postmaster) {
                    sum += cpu(pid);
                }
            }
        }
        return OptionalDouble.of(sum);
    }

    private static double cpu(long pid) {
        try {
            return Proc.cpuSeconds(pid);
        } catch (IOException e) {
            return 0; // it has just ended
        }
    }

    private static long parent(long pid) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
                    .filter(line -> line.startsWith("PPid:"))
                    .mapToLong(line -> Long.parseLong(line.substring(5).strip()))
                    .findFirst()
                    .orElse(-1);
        } catch (IOException e) {
            return -1;
        }
    }

    /** How far its log is, in bytes. */
    long logBytes() throws SQLException {
        return number("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn");
    }

    /** Bytes of each table, with its indexes, the largest first. */
    Map<String, Long> sizes(String schema) throws SQLException {
        Map<String, Long> sizes = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class"
                                + " WHERE relkind = 'r' AND relnamespace = '" + schema
                                + "'::regnamespace ORDER BY 2 DESC")) {
            while (row.next()) {
                sizes.put(row.getString(1), row.getLong(2));
                sizes.put(row.getString(1) + ", indexes", row.getLong(3));
            }
        }
        return sizes;
    }

    /** Counts its rows for its planner, as it does by itself some time after many came. */
    void analyze(String schema) throws SQLException {
        for (String table : new String[] {"object", "blob", "object_key", "key_group", "usage"}) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("ANALYZE " + schema + "." + table);
            }
        }
    }

    private long number(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
