package dev.interlock.app;

import dev.interlock.client.Fetched;
import dev.interlock.client.GetOptions;
import dev.interlock.client.Interlock;
import dev.interlock.client.PutOptions;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Who is blamed for what, in a ring of real processes: each single provider and each pair of five in turn lies in each way,
 * and everything is read; then a hop, a home, a share store and a dealer each corrupt a put. {@code main} prints the tables
 * and fails if a read was wrong or anybody blamed who didn't lie.
 */
final class LiarsTable implements AutoCloseable {
    static final int SMALL = 32;
    static final int LARGE = 3 * (1 << 20) + 17;
    private static final int PUT_BYTES = 50_000_000;

    /** Those that nobody is waited for with. */
    static final List<LyingNode.Fault> QUICK = List.of(
            LyingNode.Fault.SHARE_CHUNK,
            LyingNode.Fault.SHARE,
            LyingNode.Fault.CIPHERTEXT,
            LyingNode.Fault.HOP,
            LyingNode.Fault.SHORT);

    private final LyingRing ring;
    private final Map<Integer, List<Stored>> objects = new LinkedHashMap<>();

    private record Stored(ObjectId object, byte[] bytes) {}

    /** What a fault came to. */
    static final class Row {
        final String what;
        int done;
        int right;
        int refused;
        /** How often a liar was met, and did lie. */
        int lied;

        int detours;
        /** How often a get did without somebody honest, who isn't blamed: a hop that breaks off looks alike from both sides. */
        int aside;

        long millis;
        final Set<String> blamed = new TreeSet<>();
        /** How often somebody was blamed, and how often somebody who didn't lie. */
        int blames;

        int falseBlames;
        final List<String> wrong = new ArrayList<>();

        Row(String what) {
            this.what = what;
        }

        void blame(Set<String> named, Set<String> liars) {
            blamed.addAll(named);
            blames += named.isEmpty() ? 0 : 1;
            if (!liars.containsAll(named)) {
                falseBlames++;
                wrong.add(named + " were blamed, " + liars + " lied");
            }
        }
    }

    LiarsTable(Path dir, int objectsEach, int... lengths) throws IOException, InterruptedException {
        ring = LyingRing.start(dir, 3, 5);
        try (Interlock user = ring.open()) {
            for (int length : lengths) {
                List<Stored> stored = new ArrayList<>();
                for (int i = 0; i < objectsEach; i++) {
                    byte[] bytes = noise(length, i);
                    stored.add(new Stored(put(user, bytes).object(), bytes));
                }
                objects.put(length, stored);
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            ring.close();
            throw e;
        }
    }

    private static byte[] noise(int length, int seed) {
        byte[] bytes = new byte[length];
        new SplittableRandom(length + seed).nextBytes(bytes);
        return bytes;
    }

    private static Token put(Interlock user, byte[] bytes) throws IOException, InterruptedException {
        return user.put(new Seekable(bytes), bytes.length, PutOptions.DEFAULT, _ -> {});
    }

    List<String> providers() {
        return ring.providers();
    }

    /** Reads each object of this length, up to so many, while these lie so. */
    void read(Row row, Set<String> liars, LyingNode.Fault fault, int length, GetOptions.Way way, int limit)
            throws IOException, InterruptedException {
        for (Stored stored : objects.get(length).subList(0, limit)) {
            liars.forEach(liar -> ring.lie(liar, fault));
            read(row, liars, stored, way, fault == LyingNode.Fault.STALLED);
            boolean lied = false;
            for (String liar : liars) {
                lied |= ring.lie(liar, LyingNode.Fault.NONE);
            }
            row.lied += lied ? 1 : 0;
        }
    }

    /** The same while these are stopped. */
    void readPastSilence(Row row, Set<String> silent, int length, GetOptions.Way way, int limit)
            throws IOException, InterruptedException {
        silent.forEach(ring::silence);
        try {
            for (Stored stored : objects.get(length).subList(0, limit)) {
                read(row, silent, stored, way, true);
                row.lied++;
            }
        } finally {
            silent.forEach(ring::wake);
        }
    }

    private void read(Row row, Set<String> liars, Stored stored, GetOptions.Way way, boolean silent)
            throws IOException, InterruptedException {
        GetOptions options = new GetOptions(List.of(), Blinding.EXPANDED, Optional.empty(), Optional.empty(), way);
        Set<String> named = new TreeSet<>();
        // One that knows nothing of anyone yet.
        try (Interlock user = silent ? ring.openImpatient() : ring.open()) {
            user.onLie(evidence -> {
                synchronized (named) {
                    named.add(evidence.verify(ring.descriptor()).liar().name());
                }
            });
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            long begun = System.nanoTime();
            row.done++;
            try {
                Fetched fetched = user.get(stored.object(), Channels.newChannel(out), options, _ -> {}, _ -> {});
                row.detours += fetched.detours().isEmpty() ? 0 : 1;
                row.aside += liars.containsAll(fetched.detours().keySet()) ? 0 : 1;
                if (Arrays.equals(out.toByteArray(), stored.bytes())) {
                    row.right++;
                } else {
                    row.wrong.add(row.what + ", " + liars + ": WRONG BYTES");
                }
            } catch (IntegrityException e) {
                row.refused++;
                row.wrong.add(row.what + ", " + liars + ": " + e.getMessage());
                synchronized (named) {
                    named.addAll(e.culprits());
                }
            } catch (InterlockException e) {
                row.refused++;
                row.wrong.add(row.what + ", " + liars + ": " + e.getMessage());
            }
            row.millis = Math.max(row.millis, (System.nanoTime() - begun) / 1_000_000);
            synchronized (named) {
                row.blame(named, liars);
            }
        }
    }

    /**
     * Puts while this one lies, up to {@code tries} times until a put is refused: not everyone is home to all.
     *
     * @return what the refused put, or the last one, came to
     */
    Row put(String what, String liar, LyingNode.Fault fault, int length, int tries)
            throws IOException, InterruptedException {
        Row row = new Row(what);
        Path file = Files.createTempFile("interlock-liars-", ".put");
        try (Interlock user = ring.open()) {
            byte[] bytes = noise(length, 99);
            Files.write(file, bytes);
            Set<String> named = new TreeSet<>();
            user.onLie(evidence -> {
                synchronized (named) {
                    named.add(evidence.verify(ring.descriptor()).liar().name());
                }
            });
            user.onRepeat(_ -> row.detours++);
            for (int i = 0; i < tries && row.refused == 0; i++) {
                var _ = ring.lie(liar, fault);
                long begun = System.nanoTime();
                row.done++;
                try (var in = Files.newByteChannel(file)) {
                    Token token = user.put(in, length, PutOptions.DEFAULT, _ -> {});
                    row.millis = (System.nanoTime() - begun) / 1_000_000;
                    row.lied += ring.lie(liar, LyingNode.Fault.NONE) ? 1 : 0;
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    user.get(token.object(), Channels.newChannel(out));
                    if (Arrays.equals(out.toByteArray(), bytes)) {
                        row.right++;
                    } else {
                        row.wrong.add(what + ": WRONG BYTES");
                    }
                } catch (IntegrityException e) {
                    row.refused++;
                    row.millis = (System.nanoTime() - begun) / 1_000_000;
                    synchronized (named) {
                        named.addAll(e.culprits());
                    }
                }
                row.lied += ring.lie(liar, LyingNode.Fault.NONE) ? 1 : 0;
            }
            synchronized (named) {
                row.blame(named, Set.of(liar));
            }
            return row;
        } finally {
            Files.delete(file);
        }
    }

    @Override
    public void close() {
        ring.close();
    }

    private static String head(String what) {
        return String.format(
                "%-34s %6s %6s %6s %8s %7s %7s %7s %6s  %s",
                what, "done", "lied", "right", "refused", "past", "aside", "named", "false", "longest");
    }

    private static String line(Row row) {
        return String.format(
                "%-34s %6d %6d %6d %8d %7d %7d %7d %6d  %.1f s",
                row.what,
                row.done,
                row.lied,
                row.right,
                row.refused,
                row.detours,
                row.aside,
                row.blames,
                row.falseBlames,
                row.millis / 1e3);
    }

    private static List<Set<String>> sets(List<String> names, int size) {
        List<Set<String>> sets = new ArrayList<>();
        for (int a = 0; a < names.size(); a++) {
            if (size == 1) {
                sets.add(Set.of(names.get(a)));
            }
            for (int b = a + 1; size == 2 && b < names.size(); b++) {
                sets.add(new TreeSet<>(List.of(names.get(a), names.get(b))));
            }
        }
        return sets;
    }

    private List<Row> reads(int liars) throws IOException, InterruptedException {
        List<Row> rows = new ArrayList<>();
        for (GetOptions.Way way : List.of(GetOptions.Way.AUTO, GetOptions.Way.DIRECT)) {
            for (int length : objects.keySet()) {
                String suffix = " " + (length == SMALL ? "32 B" : "3 MiB") + " "
                        + way.name().toLowerCase(Locale.ROOT);
                for (LyingNode.Fault fault : QUICK) {
                    Row row = new Row(fault + suffix);
                    for (Set<String> set : sets(providers(), liars)) {
                        read(row, set, fault, length, way, objects.get(length).size());
                    }
                    System.out.println(line(row));
                    rows.add(row);
                }
                Row stalled = new Row(LyingNode.Fault.STALLED + suffix);
                Row silent = new Row("SILENT" + suffix);
                for (Set<String> set : sets(providers(), liars)) {
                    read(stalled, set, LyingNode.Fault.STALLED, length, way, 1);
                }
                System.out.println(line(stalled));
                for (Set<String> set : sets(providers(), liars)) {
                    readPastSilence(silent, set, length, way, 1);
                }
                System.out.println(line(silent));
                rows.add(stalled);
                rows.add(silent);
            }
        }
        return rows;
    }

    public static void main(String[] arguments) throws Exception {
        Path dir = Files.createTempDirectory("interlock-liars-");
        List<Row> rows = new ArrayList<>();
        List<Row> puts = new ArrayList<>();
        try (LiarsTable table = new LiarsTable(dir, 3, SMALL, LARGE)) {
            for (int liars : new int[] {1, 2}) {
                System.out.println(head(liars == 1 ? "one liar, each of five in turn" : "two liars, each pair"));
                rows.addAll(table.reads(liars));
            }
            System.out.println(head("a put of " + PUT_BYTES + " bytes"));
            for (Row row : List.of(
                    table.put("a share store (cc4)", "cc4", LyingNode.Fault.STORED_SHARE, PUT_BYTES, 1),
                    table.put("a home (cc2)", "cc2", LyingNode.Fault.STORED_CIPHERTEXT, PUT_BYTES, 10),
                    table.put("a dealer (dealer1)", "dealer1", LyingNode.Fault.ONCE, PUT_BYTES, 1),
                    table.put("a hop (cc3)", "cc3", LyingNode.Fault.HOP, PUT_BYTES, 1),
                    table.put("a hop, once (cc3)", "cc3", LyingNode.Fault.ONCE, PUT_BYTES, 1))) {
                System.out.println(line(row) + "  " + row.blamed);
                puts.add(row);
            }
        } finally {
            delete(dir);
        }
        List<Row> all = Stream.concat(rows.stream(), puts.stream()).toList();
        all.forEach(row -> row.wrong.forEach(System.out::println));
        boolean good = all.stream().allMatch(row -> row.falseBlames == 0)
                && rows.stream().allMatch(row -> row.right == row.done)
                && puts.subList(0, 4).stream().allMatch(row -> row.refused == 1 && row.blames == 1)
                && puts.getLast().right == 1;
        System.out.println(
                good ? "every read right, every put refused or right, nobody blamed who didn't lie" : "NOT SO");
        System.exit(good ? 0 : 1);
    }

    private static void delete(Path dir) throws IOException {
        try (Stream<Path> files = Files.walk(dir)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
