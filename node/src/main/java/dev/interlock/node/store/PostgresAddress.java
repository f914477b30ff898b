package dev.interlock.node.store;

import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Where a store's rows are: {@code postgresql://HOST[:PORT][,HOST[:PORT]…]/DATABASE?user=NAME&schema=NAME&sslmode=…&erasure=PT10M&timeout=PT1M}.
 * Of several hosts the one is used that takes writes. The password is in the file {@value #PASSWORD_FILE} beside the one with this
 * address, or where PostgreSQL's own tools look for it.
 *
 * @param uri as it was written
 * @param source gives connections that give a server up which is silent for the timeout
 * @param patient gives connections for what takes as long as there are rows
 * @param timeout of a statement
 * @param schema where the tables are
 * @param erasure after so long what was erased is lost, in backups, too; zero: before erasing it returns, which then waits for the rotation
 */
record PostgresAddress(
        URI uri, DataSource source, DataSource patient, Duration timeout, String schema, Duration erasure) {
    static final String PASSWORD_FILE = "postgres.password";
    private static final Set<String> PARAMETERS =
            Set.of("user", "schema", "sslmode", "sslrootcert", "erasure", "timeout");
    private static final Pattern HOST = Pattern.compile("([A-Za-z0-9_.-]+|\\[[0-9a-fA-F:.]+])(?::([0-9]{1,5}))?");
    /**
     * A server ends the session of a node that it can't reach any more, with the store's lock, in some 30 s and not in two hours; and a
     * transaction that its node gave up. A page of a list isn't worth the start of parallel workers.
     */
    private static final String SESSION =
            "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4 -c tcp_user_timeout=30000"
                    + " -c max_parallel_workers_per_gather=0 -c idle_in_transaction_session_timeout=60000";

    private static final Duration SHORTEST = Duration.ofMinutes(1);
    private static final Duration SHORTEST_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration LONGEST_TIMEOUT = Duration.ofMinutes(30);
    private static final int CONNECT_SECONDS = 5;

    /** @throws BadInputException when the address can't be used */
    static PostgresAddress parse(URI uri, Path folder) {
        List<Matcher> hosts = hosts(uri);
        if (hosts.isEmpty() || uri.getPath() == null || uri.getPath().length() < 2) {
            throw new BadInputException("the store's address " + StoreConfig.shown(uri)
                    + " must be postgresql://HOST[:PORT]/DATABASE?user=NAME&schema=NAME, of a server with standbys"
                    + " postgresql://HOST[:PORT],HOST[:PORT]/…; the password belongs into the file " + PASSWORD_FILE);
        }
        Map<String, String> given = StoreConfig.parameters(uri, PARAMETERS);
        Duration timeout = time("timeout", given.getOrDefault("timeout", "PT1M"), SHORTEST_TIMEOUT, LONGEST_TIMEOUT);
        return new PostgresAddress(
                uri,
                source(uri, hosts, given, folder, timeout),
                source(uri, hosts, given, folder, Duration.ZERO),
                timeout,
                schema(given),
                erasure(given.getOrDefault("erasure", "PT10M")));
    }

    private static List<Matcher> hosts(URI uri) {
        List<Matcher> hosts = Stream.of(String.valueOf(uri.getRawAuthority()).split(",", -1))
                .map(HOST::matcher)
                .toList();
        return uri.getRawAuthority() != null && hosts.stream().allMatch(Matcher::matches) ? hosts : List.of();
    }

    private static String schema(Map<String, String> given) {
        String schema = given.getOrDefault("schema", "interlock");
        if (!schema.matches("[a-z_][a-z0-9_]{0,62}")) {
            throw new BadInputException("the store's schema is \"" + schema
                    + "\", must be small letters, digits and _, at most 63, not a digit first");
        }
        return schema;
    }

    private static DataSource source(
            URI uri, List<Matcher> hosts, Map<String, String> given, Path folder, Duration timeout) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(hosts.stream().map(host -> host.group(1)).toArray(String[]::new));
        source.setPortNumbers(hosts.stream()
                .mapToInt(host -> host.group(2) == null ? 5432 : Integer.parseInt(host.group(2)))
                .toArray());
        if (hosts.size() > 1) {
            source.setTargetServerType("primary");
        }
        source.setDatabaseName(uri.getPath().substring(1));
        source.setCurrentSchema(schema(given));
        source.setUser(given.getOrDefault("user", "interlock"));
        boolean local = hosts.stream()
                .map(host -> host.group(1))
                .allMatch(host -> host.equals("localhost") || host.startsWith("127."));
        source.setSslMode(given.getOrDefault("sslmode", local ? "prefer" : "verify-full"));
        if (given.containsKey("sslrootcert")) {
            source.setSslRootCert(given.get("sslrootcert"));
        }
        source.setApplicationName("interlock");
        source.setConnectTimeout(CONNECT_SECONDS);
        source.setSocketTimeout((int) timeout.toSeconds());
        source.setTcpKeepAlive(true);
        source.setOptions(SESSION);
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
        return source;
    }

    private static Duration erasure(String text) {
        return text.equals("PT0S") ? Duration.ZERO : time("erasure", text, SHORTEST, Duration.ofDays(1));
    }

    private static Duration time(String what, String text, Duration shortest, Duration longest) {
        try {
            Duration time = Duration.parse(text);
            if (time.compareTo(shortest) >= 0 && time.compareTo(longest) <= 0) {
                return time;
            }
        } catch (DateTimeParseException e) {
            // Said below, as for what is out of range.
        }
        throw new BadInputException(what + " is \"" + text + "\", must be a time as PT10M, from " + shortest + " to "
                + longest + (what.equals("erasure") ? ", or PT0S" : ""));
    }

    @Override
    public String toString() {
        return "postgresql://" + uri.getRawAuthority() + uri.getRawPath() + " (schema " + schema + ")";
    }
}
