package dev.interlock.app;

import dev.interlock.core.field.Gf256;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * t − 1 providers and a second user who share all that they see of one object, and what they make of it: whether the message
 * stands in anything that they got, or is a combination over GF(2^8) of it. The blinds that its own providers are told aren't in
 * what is combined here; the exact model has them (SPEC §13).
 */
final class Coalition {
    /** What a corrupt provider does wrong, until it does something else. */
    enum Lie {
        NONE,
        /** One wrong byte in what its hop hands on. */
        HOP,
        /** Gives out a share with a wrong byte. */
        SHARE,
        /** Gives out a ciphertext with a wrong byte. */
        CIPHERTEXT,
        /** Stores what it is dealt, and what passes it, with a wrong byte. */
        STORED,
        /** Knows of no object. */
        ABSENT,
        /** Says that the object was destroyed. */
        DESTROYED,
        /** Commits nothing. */
        DEAF,
        /** Prepares nothing. */
        UNPREPARED,
        SLOW
    }

    private static final int PAD_BYTES = 64;

    private final Set<String> corrupt;
    private final byte[] m;
    private final Random random;
    private final List<byte[]> seen = new ArrayList<>();
    private final Set<StatementHash> sessions = new LinkedHashSet<>();
    private final Map<StatementHash, Token> tokens = new LinkedHashMap<>();
    private final List<byte[]> certificates = new ArrayList<>();
    private final List<String> leaks = new ArrayList<>();
    private final ConcurrentMap<String, List<CoalitionRing.Mischief>> doing = new ConcurrentHashMap<>();
    private volatile Lie lie = Lie.NONE;
    private int sights;

    Coalition(Set<String> corrupt, byte[] m, long seed) {
        this.corrupt = Set.copyOf(corrupt);
        this.m = m.clone();
        this.random = new Random(seed);
    }

    boolean has(String node) {
        return corrupt.contains(node);
    }

    Set<String> members() {
        return corrupt;
    }

    /** From the run's seed. */
    Random random() {
        return random;
    }

    void lie(Lie other) {
        lie = other;
    }

    Lie lie() {
        return lie;
    }

    // ---- What its providers do at one point of an attack that was written down ----

    void become(String node, CoalitionRing.Mischief mischief) {
        doing.computeIfAbsent(node, _ -> new CopyOnWriteArrayList<>()).add(mischief);
    }

    void behave() {
        doing.clear();
    }

    /** Nobody is asked what there is any more: what a node shows is no lie to itself. */
    void lookedUp() {
        doing.values().forEach(each -> each.removeIf(CoalitionRing.Mischief::inLookups));
    }

    List<CoalitionRing.Mischief> mischief(String node) {
        return doing.getOrDefault(node, List.of());
    }

    /** Grows with all that it sees. */
    synchronized int sights() {
        return sights;
    }

    // ---- What it learns of the protocol's public part ----

    synchronized void sawSession(StatementHash id) {
        sessions.add(id);
    }

    synchronized void sawToken(byte[] encoded) {
        Token token = Token.decode(encoded);
        tokens.put(token.id(), token);
    }

    synchronized void sawCertificate(byte[] encoded) {
        certificates.add(encoded.clone());
    }

    synchronized Optional<StatementHash> session() {
        return drawn(List.copyOf(sessions));
    }

    synchronized Optional<Token> token() {
        return drawn(List.copyOf(tokens.values()));
    }

    synchronized Optional<Certificate> certificate() {
        return drawn(certificates).map(Certificate::decode);
    }

    private <T> Optional<T> drawn(List<T> of) {
        return of.isEmpty() ? Optional.empty() : Optional.of(of.get(random.nextInt(of.size())));
    }

    // ---- What it learns of the message ----

    /**
     * What a corrupt provider keeps, or what passes it: where it is as long as P, or as P behind a salt, it stands for m's bytes.
     *
     * @param record a share's or a ciphertext's, or a stream's, of an object of one chunk
     */
    void saw(MemorySegment record) {
        saw(record.toArray(ValueLayout.JAVA_BYTE), "what passed it");
    }

    /** The same of an answer. */
    synchronized void saw(byte[] bytes, String what) {
        sights++;
        if (m.length > 0 && indexOf(bytes) >= 0) {
            leaks.add("the message stands in " + what);
        }
        int p = PAD_BYTES + m.length;
        if (bytes.length == p || bytes.length == p + PAD_BYTES) {
            seen.add(Arrays.copyOfRange(bytes, bytes.length - m.length, bytes.length));
        }
    }

    private int indexOf(byte[] bytes) {
        for (int at = 0; at + m.length <= bytes.length; at++) {
            if (Arrays.equals(bytes, at, at + m.length, m, 0, m.length)) {
                return at;
            }
        }
        return -1;
    }

    /** How the message is given away; empty if it isn't. */
    synchronized Optional<String> leak() {
        if (!leaks.isEmpty()) {
            return Optional.of(leaks.getFirst());
        }
        return spans() ? Optional.of("the message is a combination of what they saw") : Optional.empty();
    }

    /** Whether m lies in the span of what was seen: by elimination, column by column. */
    private boolean spans() {
        List<int[]> rows = new ArrayList<>();
        List<Integer> pivots = new ArrayList<>();
        for (byte[] vector : seen) {
            int[] rest = reduced(vector, rows, pivots);
            int pivot = first(rest);
            if (pivot >= 0) {
                int inverse = Gf256.invert(rest[pivot]);
                for (int i = 0; i < rest.length; i++) {
                    rest[i] = Gf256.multiply(rest[i], inverse);
                }
                rows.add(rest);
                pivots.add(pivot);
            }
        }
        // As many vectors as there are bytes would span everything, whatever they are.
        return rows.size() < m.length && first(reduced(m, rows, pivots)) < 0;
    }

    private static int[] reduced(byte[] vector, List<int[]> rows, List<Integer> pivots) {
        int[] rest = new int[vector.length];
        for (int i = 0; i < rest.length; i++) {
            rest[i] = vector[i] & 0xFF;
        }
        for (int k = 0; k < rows.size(); k++) {
            int factor = rest[pivots.get(k)];
            if (factor != 0) {
                int[] row = rows.get(k);
                for (int i = 0; i < rest.length; i++) {
                    rest[i] ^= Gf256.multiply(factor, row[i]);
                }
            }
        }
        return rest;
    }

    private static int first(int[] row) {
        for (int i = 0; i < row.length; i++) {
            if (row[i] != 0) {
                return i;
            }
        }
        return -1;
    }
}
