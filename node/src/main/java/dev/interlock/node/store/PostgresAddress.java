package dev.interlock.node.store;

import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Where a store's rows are: {@code postgresql://HOST[:PORT]/DATABASE?user=NAME&schema=NAME&sslmode=…&erasure=PT10M}. The password is in
 * the file {@value #PASSWORD_FILE} beside the one with this address, or where PostgreSQL's own tools look for it.
 *
 * @param uri as it was written
 * @param source gives connections
 * @param schema where the tables are
 * @param erasure after so long what was erased is lost, in backups, too; zero: before erasing it returns, which then waits for the rotation
 */
record PostgresAddress(URI uri, DataSource source, String schema, Duration erasure) {
    static final String PASSWORD_FILE = "postgres.password";
    private static final Set<String> PARAMETERS = Set.of("user", "schema", "sslmode", "sslrootcert", "erasure");
    private static final Duration SHORTEST = Duration.ofMinutes(1);

    /** @throws BadInputException when the address can't be used */
    static PostgresAddress parse(URI uri, Path folder) {
        if (uri.getHost() == null
                || uri.getUserInfo() != null
                || uri.getPath() == null
                || uri.getPath().length() < 2) {
            throw new BadInputException("the store's address " + StoreConfig.shown(uri)
                    + " must be postgresql://HOST[:PORT]/DATABASE?user=NAME&schema=NAME; the password belongs into the file "
                    + PASSWORD_FILE);
        }
        Map<String, String> given = StoreConfig.parameters(uri, PARAMETERS);
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {uri.getHost()});
        source.setPortNumbers(new int[] {uri.getPort() < 0 ? 5432 : uri.getPort()});
        source.setDatabaseName(uri.getPath().substring(1));
        String schema = given.getOrDefault("schema", "interlock");
        if (!schema.matches("[a-z_][a-z0-9_]{0,62}")) {
            throw new BadInputException("the store's schema is \"" + schema
                    + "\", must be small letters, digits and _, at most 63, not a digit first");
        }
        source.setCurrentSchema(schema);
        source.setUser(given.getOrDefault("user", "interlock"));
        String local = uri.getHost().equals("localhost") || uri.getHost().startsWith("127.") ? "prefer" : "verify-full";
        source.setSslMode(given.getOrDefault("sslmode", local));
        if (given.containsKey("sslrootcert")) {
            source.setSslRootCert(given.get("sslrootcert"));
        }
        source.setApplicationName("interlock");
        source.setConnectTimeout(10);
        source.setSocketTimeout(60);
        source.setTcpKeepAlive(true);
        // Details of failures quote rows.
        source.setLogServerErrorDetail(false);
        Path password = folder.resolve(PASSWORD_FILE);
        if (Files.exists(password)) {
            try {
                source.setPassword(Files.readString(password).strip());
            } catch (IOException e) {
                throw new BadInputException(
                        "can't read " + password + ": " + e.getClass().getSimpleName());
            }
        }
        return new PostgresAddress(uri, source, schema, erasure(given.getOrDefault("erasure", "PT10M")));
    }

    private static Duration erasure(String text) {
        try {
            Duration erasure = Duration.parse(text);
            if ((erasure.isZero() || erasure.compareTo(SHORTEST) >= 0) && erasure.compareTo(Duration.ofDays(1)) <= 0) {
                return erasure;
            }
        } catch (DateTimeParseException e) {
            // Said below, as for what is too short.
        }
        throw new BadInputException(
                "erasure is \"" + text + "\", must be a time as PT10M, from a minute to a day, or PT0S");
    }

    @Override
    public String toString() {
        return "postgresql://" + uri.getRawAuthority() + uri.getRawPath() + " (schema " + schema + ")";
    }
}
