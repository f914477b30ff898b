package dev.interlock.node.store;

import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which engines a node's store has: the file {@value #FILE} of its folder, with the lines {@code rows ADDRESS} and {@code blobs ADDRESS}.
 * Where there is none, both are in the node's folder.
 *
 * @param rows in PostgreSQL; empty for SQLite
 * @param blobs in S3; empty for files
 */
record StoreConfig(Optional<PostgresAddress> rows, Optional<S3Address> blobs) {
    static final String FILE = "store.conf";
    static final StoreConfig EMBEDDED = new StoreConfig(Optional.empty(), Optional.empty());

    /** @throws BadInputException when the file has a line that can't be used */
    static StoreConfig read(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return EMBEDDED;
        }
        try {
            return of(Files.readAllLines(file), folder, file.toString());
        } catch (IOException e) {
            throw new BadInputException(
                    "can't read " + file + ": " + e.getClass().getSimpleName());
        }
    }

    /**
     * @param folder the node's, which has the passwords
     * @param where the lines are, for error messages
     * @throws BadInputException when one of them can't be used
     */
    static StoreConfig of(List<String> lines, Path folder, String where) {
        Optional<PostgresAddress> rows = Optional.empty();
        Optional<S3Address> blobs = Optional.empty();
        try {
            for (String line : lines) {
                String entry = line.strip();
                if (entry.isEmpty() || entry.startsWith("#")) {
                    continue;
                }
                String[] words = entry.split("\\s+", -1);
                URI address = words.length == 2 ? new URI(words[1]) : null;
                if (address != null
                        && words[0].equals("rows")
                        && "postgresql".equals(address.getScheme())
                        && rows.isEmpty()) {
                    rows = Optional.of(PostgresAddress.parse(address, folder));
                } else if (address != null
                        && words[0].equals("blobs")
                        && "s3".equals(address.getScheme())
                        && blobs.isEmpty()) {
                    blobs = Optional.of(S3Address.parse(address, folder));
                } else {
                    throw new BadInputException(
                            where + " has the line \"" + (address == null ? words[0] : words[0] + " " + shown(address))
                                    + "\": write \"rows postgresql://…\" and \"blobs s3://…\", each once; what isn't named is kept in"
                                    + " the node's folder");
                }
            }
        } catch (URISyntaxException e) {
            throw new BadInputException(where + " has an address that isn't one, at its character " + (e.getIndex() + 1)
                    + ": " + e.getReason());
        }
        return new StoreConfig(rows, blobs);
    }

    /** As they stand in the file; none for the node's folder. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        rows.ifPresent(address -> lines.add("rows " + address.uri()));
        blobs.ifPresent(address -> lines.add("blobs " + address.uri()));
        return lines;
    }

    /** Whether both have their rows in the same tables. */
    boolean hasRowsOf(StoreConfig other) {
        return rows.map(PostgresAddress::toString).equals(other.rows.map(PostgresAddress::toString));
    }

    /** Whether both have their blobs in the same place. */
    boolean hasBlobsOf(StoreConfig other) {
        return blobs.map(S3Address::place).equals(other.blobs.map(S3Address::place));
    }

    /** Without what may be a secret in a wrong place. */
    static String shown(URI uri) {
        return uri.getScheme() + "://" + (uri.getHost() == null ? "…" : uri.getHost())
                + (uri.getPath() == null ? "" : uri.getPath());
    }

    /** The parameters of an address, decoded. */
    static Map<String, String> parameters(URI uri, Set<String> known) {
        Map<String, String> given = new HashMap<>();
        String query = uri.getRawQuery();
        for (String each : query == null || query.isEmpty() ? new String[0] : query.split("&", -1)) {
            String[] parts = each.split("=", 2);
            if (parts.length != 2 || !known.contains(parts[0])) {
                throw new BadInputException("the store's address " + shown(uri) + " has the parameter \"" + parts[0]
                        + "\"; known are "
                        + String.join(", ", known.stream().sorted().toList())
                        + ", each with = and a value");
            }
            given.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        return given;
    }
}
