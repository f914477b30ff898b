package dev.interlock.node.store;

import dev.interlock.core.token.StatementHash;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/** Engines under a store: their real servers, one of each in this process and for all tests of it. */
public enum Engine {
    EMBEDDED(false, false),
    POSTGRES(true, false),
    S3(false, true),
    POSTGRES_S3(true, true);

    private static final Set<Path> BEGUN = new HashSet<>();

    private final boolean postgres;
    private final boolean s3;

    Engine(boolean postgres, boolean s3) {
        this.postgres = postgres;
        this.s3 = s3;
    }

    /** A store in this folder; of PostgreSQL one schema serves one folder after the other, emptied in between. */
    SealedStore open(Path folder, Clock clock) {
        configure(folder, "contract", folder.getFileName().toString());
        if (postgres && BEGUN.add(folder)) {
            empty("contract");
        }
        return Stores.open(folder, StoreConfig.read(folder), Fixture.RANDOM, clock);
    }

    /**
     * Makes a node use these engines.
     *
     * @param node its folder
     * @param schema of its own, where its rows are in PostgreSQL
     * @param prefix of its own, where its blobs are in S3
     */
    public void configure(Path node, String schema, String prefix) {
        try {
            Files.createDirectories(node);
            Files.writeString(
                    node.resolve(StoreConfig.FILE),
                    (postgres ? "rows " + rows(schema) + "\n" : "") + (s3 ? "blobs " + blobs(prefix) + "\n" : ""));
            if (s3) {
                Files.copy(
                        S3Process.SERVER.credentials(),
                        node.resolve(S3Address.CREDENTIALS_FILE),
                        StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Addresses of both servers.
     *
     * @param place a name for a schema and a prefix
     */
    public static List<String> addresses(String place) {
        return List.of(rows(place.replace('-', '_')), blobs(place));
    }

    static String rows(String schema) {
        return "postgresql://127.0.0.1:" + server().getPort() + "/postgres?user=postgres&erasure=PT1M&schema=" + schema;
    }

    static String blobs(String prefix) {
        return S3Process.SERVER.address(prefix);
    }

    static EmbeddedPostgres server() {
        return PostgresProcess.SERVER;
    }

    static S3Server s3() {
        return S3Process.SERVER;
    }

    /** On one connection, one transaction each. */
    static Connection connect() throws SQLException {
        return server().getPostgresDatabase().getConnection();
    }

    static void sql(String... statements) {
        try (Connection connection = server().getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    static List<String> query(String sql) {
        try (Connection connection = server().getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> found = new ArrayList<>();
            while (row.next()) {
                found.add(row.getString(1));
            }
            return found;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void empty(String schema) {
        List<String> tables = query("SELECT tablename FROM pg_tables WHERE schemaname = '" + schema
                + "' AND tablename <> 'flyway_schema_history'");
        if (!tables.isEmpty()) {
            String all = String.join(
                    ", ", tables.stream().map(name -> schema + "." + name).toList());
            sql("TRUNCATE " + all, "INSERT INTO " + schema + ".login_mark VALUES (0)");
        }
    }

    /** Starts the servers now, which take ports. */
    public Engine started() {
        Object _ = postgres ? server() : this;
        Object _ = s3 ? s3() : this;
        return this;
    }

    /** The names of large blobs in a node's folder, pending ones too. */
    public Set<String> blobsOf(Path node) {
        return blobs(node.resolve("store"), node);
    }

    /** A generation's key, and the first bytes of its sealed blobs that are rows. */
    public static List<byte[]> secrets(SealedStore store, StatementHash generation) {
        return store.catalog().read("looking for secrets", link -> {
            List<byte[]> found = new ArrayList<>();
            long seq = Long.parseLong(link.single("SELECT seq FROM object WHERE id = '\\x" + generation + "'"));
            found.add(link.keys().find(link, Keys.Family.OBJECT, seq).orElseThrow());
            try (ResultSet row = link.prepare(
                            "SELECT sealed FROM blob WHERE place / 2048 = " + seq + " AND sealed IS NOT NULL")
                    .executeQuery()) {
                while (row.next()) {
                    found.add(Arrays.copyOf(row.getBytes(1), 32));
                }
            }
            return found;
        });
    }

    /** The rows and blobs with any of these bytes that a node has outside of its folder. */
    public static List<String> elsewhere(Path node, List<byte[]> any) {
        StoreConfig config = StoreConfig.read(node);
        List<String> places = new ArrayList<>();
        config.rows().ifPresent(address -> {
            String schema = address.schema();
            String sought = any.stream()
                    .map(HexFormat.of()::formatHex)
                    .collect(Collectors.joining("%', '%", "ARRAY['%", "%']"));
            for (String table : query("SELECT tablename FROM pg_tables WHERE schemaname = '" + schema + "'")) {
                String rows = query("SELECT count(*) FROM " + schema + "." + table
                                + " AS each WHERE each::text LIKE ANY (" + sought + ")")
                        .getFirst();
                if (!rows.equals("0")) {
                    places.add(rows + " rows of " + table);
                }
            }
        });
        config.blobs().ifPresent(bucket -> {
            List<String> sought = any.stream()
                    .map(bytes -> new String(bytes, StandardCharsets.ISO_8859_1))
                    .toList();
            for (String name : blobs(node, node)) {
                String blob = new String(stored(node, name), StandardCharsets.ISO_8859_1);
                if (sought.stream().anyMatch(blob::contains)) {
                    places.add(bucket + name);
                }
            }
        });
        return places;
    }

    /** What is stored under such a name in a node's folder, or bucket. */
    public static byte[] stored(Path node, String name) {
        Optional<S3Address> bucket = StoreConfig.read(node).blobs();
        if (bucket.isPresent()) {
            try (S3Client client = bucket.get().client()) {
                return client.getObjectAsBytes(get -> get.bucket(bucket.get().bucket())
                                .key(bucket.get().prefix() + name))
                        .asByteArray();
            }
        }
        try {
            return Files.readAllBytes(node.resolve("store/objects").resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Puts other bytes there. */
    public static void damage(Path node, String name, byte[] with) {
        Optional<S3Address> bucket = StoreConfig.read(node).blobs();
        if (bucket.isPresent()) {
            try (S3Client client = bucket.get().client()) {
                client.putObject(
                        put -> put.bucket(bucket.get().bucket())
                                .key(bucket.get().prefix() + name),
                        RequestBody.fromBytes(with));
            }
            return;
        }
        try {
            // In place: readers have the file open.
            Files.write(node.resolve("store/objects").resolve(name), with, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Set<String> blobs(Path folder) {
        return blobs(folder, folder);
    }

    private static Set<String> blobs(Path folder, Path node) {
        Set<String> names = new TreeSet<>(names(folder.resolve("objects")));
        names.addAll(names(folder.resolve("spool")));
        Optional<S3Address> blobs = StoreConfig.read(node).blobs();
        if (blobs.isPresent()) {
            S3Address bucket = blobs.get();
            try (S3Client client = bucket.client()) {
                client.listObjectsV2(list -> list.bucket(bucket.bucket()).prefix(bucket.prefix()))
                        .contents()
                        .forEach(each ->
                                names.add(each.key().substring(bucket.prefix().length())));
            }
        }
        return names;
    }

    private static Set<String> names(Path folder) {
        if (!Files.exists(folder)) {
            return Set.of();
        }
        Set<String> names = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return names;
    }

    private static final class S3Process {
        static final S3Server SERVER = S3Server.start();
    }

    private static final class PostgresProcess {
        static final EmbeddedPostgres SERVER = start();

        private static EmbeddedPostgres start() {
            try {
                // As people run it: what it confirms is on the disk.
                return EmbeddedPostgres.builder()
                        .setPGStartupWait(Duration.ofMinutes(1))
                        .setServerConfig("fsync", "on")
                        .setServerConfig("listen_addresses", "127.0.0.1")
                        .start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
