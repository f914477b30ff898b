package dev.interlock.node.store;

import dev.interlock.core.secret.CipherKey;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Copies the rows of one catalog into another, whatever their engines are, and compares them. */
final class RowCopy {
    private static final int PAGE = 1024;
    /** Of rows that may have 64 KiB each. */
    private static final int BLOB_PAGE = 256;

    private enum Type {
        BYTES,
        NUMBER,
        TEXT
    }

    private record Column(String name, Type type) {}

    /** @param key how many of the first columns are the primary key */
    private record Table(String name, int key, List<Column> columns) {
        /** @param columns each as {@code name:type}, with the type's first letter; the key's before {@code |} */
        static Table of(String name, String columns) {
            String[] parts = columns.split(" \\| ", 2);
            List<Column> all = Stream.of(parts)
                    .flatMap(part -> Stream.of(part.split(" ", -1)))
                    .map(each -> new Column(
                            each.substring(0, each.length() - 2),
                            switch (each.charAt(each.length() - 1)) {
                                case 'b' -> Type.BYTES;
                                case 'n' -> Type.NUMBER;
                                default -> Type.TEXT;
                            }))
                    .toList();
            return new Table(name, parts[0].split(" ", -1).length, all);
        }

        List<Column> keys() {
            return columns.subList(0, key);
        }

        boolean isNumbered() {
            return name.equals("notice");
        }

        int page() {
            return name.equals("blob") ? BLOB_PAGE : PAGE;
        }
    }

    /** Objects before their blobs, since a blob counts for the holder of its object. */
    private static final List<Table> TABLES = List.of(
            Table.of(
                    "object",
                    "seq:n | id:b object:b epoch:n number:n continues:n holder:b state:n token:b certificate:b unfinished:n"
                            + " command:b receipt:b prepared_at:n committed_at:n destroyed_at:n"),
            Table.of("blob", "place:n | record_bytes:n total_bytes:n sealed:b"),
            Table.of("ended", "object:b epoch:n | number:n id:b"),
            Table.of("said", "id:b | denied:n abandonment:b expires:n"),
            Table.of("schedule", "object:b | number:n destroy_at:n command:b bound:n"),
            Table.of("burn", "session:b | expires:n"),
            Table.of("notice", "seq:n | object:b node:t hash:b notice:b"),
            Table.of("handover", "object:b place:n | holder:b command:b commands:b"),
            Table.of("name", "holder:b tag:b | number:n hash:b owner:b entry:b"),
            Table.of("login_record", "seq:n | name:t hash:b version:n record:b certified:b holder:b ticket:b at:n"),
            Table.of("login_share", "seq:n kind:n | sealed:b"),
            Table.of("login_guess", "nonce:b | name:t device:b at:n given_back:n"),
            Table.of("login_device", "name:t key:b | at:n"),
            Table.of("login_dropped", "hash:b | name:t"));

    private static final List<String> ONCE =
            List.of("SELECT made_at FROM meta", "SELECT floor FROM meta", "SELECT number FROM login_mark");
    private static final byte[] NONE = {};

    private final Catalog from;
    private final Catalog to;
    private final StoreMigration.Progress progress;

    RowCopy(Catalog from, Catalog to, StoreMigration.Progress progress) {
        this.from = from;
        this.to = to;
        this.progress = progress;
    }

    /** The tables whose rows are copied as they are; those with keys and with one row aren't among them. */
    static List<String> tables() {
        return TABLES.stream().map(Table::name).toList();
    }

    static List<String> columns(String table) {
        return TABLES.stream()
                .filter(each -> each.name.equals(table))
                .flatMap(each -> each.columns.stream().map(Column::name))
                .toList();
    }

    /** Goes on behind what a copy that was broken off has written. */
    void copy() {
        for (Keys.Family family : Keys.Family.values()) {
            copyKeys(family);
        }
        TABLES.forEach(this::copy);
        List<Long> once =
                ONCE.stream().map(sql -> Long.parseLong(once(from, sql))).toList();
        to.write("copying what there is once", link -> {
            link.execute("UPDATE meta SET made_at = " + once.get(0) + ", floor = " + once.get(1));
            link.execute("UPDATE login_mark SET number = " + once.get(2));
            return true;
        });
    }

    static long made(Link link) throws SQLException {
        return Long.parseLong(link.single("SELECT made_at FROM meta"));
    }

    /** The first row that isn't the same on both sides; empty when all are. */
    Optional<String> difference() {
        for (Keys.Family family : Keys.Family.values()) {
            Optional<String> found = difference(family);
            if (found.isPresent()) {
                return found;
            }
        }
        for (Table table : TABLES) {
            Optional<String> found = difference(table);
            if (found.isPresent()) {
                return found;
            }
        }
        return ONCE.stream()
                .filter(sql -> !once(from, sql).equals(once(to, sql)))
                .findFirst();
    }

    private static String once(Catalog catalog, String sql) {
        return catalog.read("comparing what there is once", link -> link.single(sql));
    }

    private void copyKeys(Keys.Family family) {
        String what = "copying keys";
        long last = to.read(
                what, link -> Long.parseLong(link.single("SELECT coalesce(max(seq), -1) FROM " + family.table())));
        long copied = 0;
        while (true) {
            List<Held> keys = keys(from, family, last);
            if (keys.isEmpty()) {
                return;
            }
            try {
                to.write(what, link -> {
                    SortedMap<Long, Optional<CipherKey>> all = new TreeMap<>();
                    keys.forEach(each -> all.put(each.seq, each.cipherKey()));
                    link.keys().keepAll(link, family, all);
                    link.renumber(family.table());
                    return true;
                });
            } finally {
                keys.forEach(Held::close);
            }
            last = keys.getLast().seq;
            copied += keys.size();
            progress.at(what, copied);
        }
    }

    private Optional<String> difference(Keys.Family family) {
        long last = -1;
        long compared = 0;
        while (true) {
            List<Held> here = keys(from, family, last);
            List<Held> there = keys(to, family, last);
            try {
                for (int i = 0; i < Math.max(here.size(), there.size()); i++) {
                    if (i >= here.size() || i >= there.size() || !here.get(i).isSame(there.get(i))) {
                        return Optional.of(
                                "the row of " + family.table() + " " + (i < here.size() ? here : there).get(i).seq);
                    }
                }
                if (here.isEmpty()) {
                    return Optional.empty();
                }
                last = here.getLast().seq;
                compared += here.size();
                progress.at("comparing keys", compared);
            } finally {
                here.forEach(Held::close);
                there.forEach(Held::close);
            }
        }
    }

    /** A key's number with the key; null where it was erased. */
    private record Held(long seq, @Nullable CipherKey key) implements AutoCloseable {
        Optional<CipherKey> cipherKey() {
            return Optional.ofNullable(key);
        }

        boolean isSame(Held other) {
            if (seq != other.seq || (key == null) != (other.key == null)) {
                return false;
            }
            byte[] one = key == null ? NONE : key.getEncoded();
            byte[] two = other.key == null ? NONE : other.key.getEncoded();
            boolean same = Arrays.equals(one, two);
            Arrays.fill(one, (byte) 0);
            Arrays.fill(two, (byte) 0);
            return same;
        }

        @Override
        public void close() {
            if (key != null) {
                key.close();
            }
        }
    }

    private static List<Held> keys(Catalog catalog, Keys.Family family, long after) {
        return catalog.read("reading keys", link -> {
            PreparedStatement select =
                    link.prepare("SELECT seq FROM " + family.table() + " WHERE seq > ? ORDER BY seq LIMIT " + PAGE);
            select.setLong(1, after);
            List<Long> seqs = new ArrayList<>();
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    seqs.add(row.getLong(1));
                }
            }
            List<Held> keys = new ArrayList<>();
            try {
                for (long seq : seqs) {
                    keys.add(new Held(
                            seq,
                            link.keys()
                                    .find(link, family, seq)
                                    .map(CipherKey::taking)
                                    .orElse(null)));
                }
                return keys;
            } catch (SQLException | RuntimeException e) {
                keys.forEach(Held::close);
                throw e;
            }
        });
    }

    private void copy(Table table) {
        String what = "copying rows of " + table.name;
        Optional<Object[]> last = to.read(what, link -> last(link, table));
        long copied = 0;
        while (true) {
            Optional<Object[]> after = last;
            List<Object[]> rows = from.read(what, link -> page(link, table, after));
            if (rows.isEmpty()) {
                return;
            }
            to.write(what, link -> {
                insert(link, table, rows);
                return true;
            });
            last = Optional.of(rows.getLast());
            copied += rows.size();
            progress.at(what, copied);
        }
    }

    private Optional<String> difference(Table table) {
        String what = "comparing rows of " + table.name;
        Optional<Object[]> last = Optional.empty();
        long compared = 0;
        while (true) {
            Optional<Object[]> after = last;
            List<Object[]> here = from.read(what, link -> page(link, table, after));
            List<Object[]> there = to.read(what, link -> page(link, table, after));
            for (int i = 0; i < Math.max(here.size(), there.size()); i++) {
                if (i >= here.size() || i >= there.size() || !Arrays.deepEquals(here.get(i), there.get(i))) {
                    return Optional.of(shown(table, (i < here.size() ? here : there).get(i)));
                }
            }
            if (here.isEmpty()) {
                return Optional.empty();
            }
            last = Optional.of(here.getLast());
            compared += here.size();
            progress.at(what, compared);
        }
    }

    private static String shown(Table table, Object[] row) {
        StringBuilder text = new StringBuilder("the row of ").append(table.name);
        for (int i = 0; i < table.key; i++) {
            text.append(' ')
                    .append(row[i] instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : row[i]);
        }
        return text.toString();
    }

    private static List<Object[]> page(Link link, Table table, Optional<Object[]> after) throws SQLException {
        String keys = join(link, table.keys());
        PreparedStatement select = link.prepare("SELECT " + names(table.columns) + " FROM " + table.name
                + (after.isPresent() ? " WHERE (" + keys + ") > (" + marks(table.key) + ")" : "") + " ORDER BY " + keys
                + " LIMIT " + table.page());
        if (after.isPresent()) {
            bind(select, table.keys(), after.get());
        }
        try (ResultSet row = select.executeQuery()) {
            return rows(row, table.columns);
        }
    }

    private static Optional<Object[]> last(Link link, Table table) throws SQLException {
        String keys = String.join(
                ", ",
                table.keys().stream().map(each -> ordered(link, each) + " DESC").toList());
        PreparedStatement select = link.prepare(
                "SELECT " + names(table.keys()) + " FROM " + table.name + " ORDER BY " + keys + " LIMIT 1");
        try (ResultSet row = select.executeQuery()) {
            return rows(row, table.keys()).stream().findAny();
        }
    }

    private static void insert(Link link, Table table, List<Object[]> rows) throws SQLException {
        PreparedStatement insert = link.prepare("INSERT INTO " + table.name + " (" + names(table.columns) + ") VALUES ("
                + marks(table.columns.size()) + ")");
        for (Object[] row : rows) {
            bind(insert, table.columns, row);
            insert.addBatch();
        }
        insert.executeBatch();
        if (table.isNumbered()) {
            link.renumber(table.name);
        }
    }

    private static String names(List<Column> columns) {
        return String.join(", ", columns.stream().map(Column::name).toList());
    }

    private static String join(Link link, List<Column> columns) {
        return String.join(
                ", ", columns.stream().map(each -> ordered(link, each)).toList());
    }

    private static String ordered(Link link, Column column) {
        return column.type == Type.TEXT ? column.name + link.byBytes() : column.name;
    }

    private static String marks(int columns) {
        return String.join(", ", Collections.nCopies(columns, "?"));
    }

    private static void bind(PreparedStatement statement, List<Column> columns, Object[] row) throws SQLException {
        for (int i = 0; i < columns.size(); i++) {
            switch (row[i]) {
                case byte[] bytes -> statement.setBytes(i + 1, bytes);
                case Long number -> statement.setLong(i + 1, number);
                case String text -> statement.setString(i + 1, text);
                case null, default ->
                    statement.setNull(i + 1, columns.get(i).type == Type.BYTES ? Types.BINARY : Types.BIGINT);
            }
        }
    }

    private static List<Object[]> rows(ResultSet row, List<Column> columns) throws SQLException {
        List<Object[]> rows = new ArrayList<>();
        while (row.next()) {
            @Nullable Object[] values = new Object[columns.size()];
            for (int i = 0; i < values.length; i++) {
                Object value = switch (columns.get(i).type) {
                    case BYTES -> row.getBytes(i + 1);
                    case NUMBER -> row.getLong(i + 1);
                    case TEXT -> row.getString(i + 1);
                };
                // SQLite's driver gives null for a blob of no bytes, too.
                values[i] = row.wasNull() ? null : value == null ? NONE : value;
            }
            rows.add(values);
        }
        return rows;
    }
}
