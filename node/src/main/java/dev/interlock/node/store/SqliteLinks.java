package dev.interlock.node.store;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.JDBC;
import org.sqlite.SQLiteConfig;
import org.sqlite.util.OSInfo;

/** Connections to an SQLite database, set to durable and to leave nothing behind. */
final class SqliteLinks {
    private static final int BUSY_MILLIS = 10_000;
    private static final Keys KEYS = new SqliteKeys();

    static {
        useUnpackedLibrary();
    }

    private SqliteLinks() {}

    /** The build has unpacked the driver's library; where it isn't found, the driver does so in each process, and compares the copy. */
    private static void useUnpackedLibrary() {
        String name = System.mapLibraryName("sqlitejdbc-" + OSInfo.getOSName() + "-" + OSInfo.getArchName());
        for (String folder : System.getProperty("java.library.path", "").split(File.pathSeparator, -1)) {
            if (Files.isRegularFile(Path.of(folder, name)) && System.getProperty("org.sqlite.lib.path") == null) {
                System.setProperty("org.sqlite.lib.path", folder);
                System.setProperty("org.sqlite.lib.name", name);
            }
        }
    }

    static Link open(Path database, boolean writing) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(BUSY_MILLIS);
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setPragma(SQLiteConfig.Pragma.SECURE_DELETE, "on");
        // Nothing of the store in temporary files, savepoints included.
        config.setTempStore(SQLiteConfig.TempStore.MEMORY);
        // Nobody asks for them, and the driver would by a query after each insert.
        config.setGetGeneratedKeys(false);
        // As a URI, in which no character of a path is taken for the beginning of settings.
        Link link = new Link(JDBC.createConnection(JDBC.PREFIX + uri(database), config.toProperties()), KEYS, true);
        try {
            // By statement, because the driver leaves a pragma that it can't set unsaid.
            require(link, "PRAGMA journal_mode", "wal");
            require(link, "PRAGMA synchronous", "2");
            require(link, "PRAGMA secure_delete", "1");
            require(link, "PRAGMA temp_store", "2");
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

    private static void require(Link link, String pragma, String expected) throws SQLException {
        String actual = link.single(pragma);
        if (!actual.equals(expected)) {
            throw new SQLException(pragma + " is " + actual + ", must be " + expected);
        }
    }
}
