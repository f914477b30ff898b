package dev.interlock.protocol.names;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/** What goes between a client and a provider about names (SPEC §6). */
public final class NameMessages {
    /** Of a request about names, and about that of an answer. */
    public static final int MAX_BYTES = 1 << 20;
    /** So many entries, tags or states at once. */
    public static final int PAGE = 4096;

    private NameMessages() {}

    /**
     * Entries to be set.
     *
     * @param epoch of the ring, in which they are set
     */
    public record Set(int epoch, List<NameEntry> entries) {
        public Set {
            entries = List.copyOf(entries);
            requirePage(entries.size());
        }

        public byte[] encode() {
            ByteWriter out = new ByteWriter().u32(epoch).u16(entries.size());
            entries.forEach(entry -> out.bytes(entry.encode()));
            return out.toBytes();
        }

        /** @throws MalformedException unless these are exactly the bytes of some */
        public static Set decode(byte[] bytes) {
            ByteReader in = new ByteReader("the names' entries", bytes);
            int epoch = in.u32();
            return new Set(epoch, NameMessages.entries(in));
        }
    }

    /** Entries, encoded each, as an answer has them. */
    public static byte[] encode(List<byte[]> entries) {
        ByteWriter out = new ByteWriter().u16(entries.size());
        entries.forEach(out::bytes);
        return out.toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of some */
    public static List<NameEntry> entries(byte[] bytes) {
        return entries(new ByteReader("the names' entries", bytes));
    }

    private static List<NameEntry> entries(ByteReader in) {
        int count = requirePage(in.u16());
        List<NameEntry> entries = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            entries.add(NameEntry.decode(in.bytes()));
        }
        in.end();
        return entries;
    }

    /**
     * Entries that were asked for.
     *
     * @param looked how many of the tags that were asked for were looked up, from the first on: the others are to be asked for again
     */
    public record Found(int looked, List<NameEntry> entries) {
        public Found {
            entries = List.copyOf(entries);
        }

        /** Of entries that are encoded. */
        public static byte[] encode(int looked, List<byte[]> entries) {
            ByteWriter out = new ByteWriter().u16(looked).u16(requirePage(entries.size()));
            entries.forEach(out::bytes);
            return out.toBytes();
        }

        /** @throws MalformedException unless these are exactly the bytes of some */
        public static Found decode(byte[] bytes) {
            ByteReader in = new ByteReader("the names' entries", bytes);
            int looked = in.u16();
            return new Found(looked, NameMessages.entries(in));
        }
    }

    public static byte[] ofTags(List<NameTag> tags) {
        ByteWriter out = new ByteWriter().u16(requirePage(tags.size()));
        tags.forEach(tag -> out.fixed(tag.bytes(), NameTag.BYTES));
        return out.toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of some */
    public static List<NameTag> tags(byte[] bytes) {
        ByteReader in = new ByteReader("the names' tags", bytes);
        int count = requirePage(in.u16());
        List<NameTag> tags = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            tags.add(new NameTag(in.fixed(NameTag.BYTES)));
        }
        in.end();
        return tags;
    }

    public static byte[] states(List<NameHead> states) {
        ByteWriter out = new ByteWriter().u16(requirePage(states.size()));
        states.forEach(state -> state.write(out));
        return out.toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of some, in the order of their tags, each once */
    public static List<NameHead> states(byte[] bytes) {
        ByteReader in = new ByteReader("the names' states", bytes);
        int count = requirePage(in.u16());
        List<NameHead> states = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            NameHead state = NameHead.read(in);
            if (!states.isEmpty() && state.tag().compareTo(states.getLast().tag()) <= 0) {
                throw new MalformedException("the names' states aren't in the order of their tags");
            }
            states.add(state);
        }
        in.end();
        return states;
    }

    /**
     * What says in a few bytes that two have the same states.
     *
     * @param hash over all of them, in the order of their tags
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by content below
    public record Digest(int count, byte[] hash) {
        public static Digest of(Collection<NameHead> states) {
            Sha256 hash = Sha256.labelled("interlock/v1/name-states");
            for (NameHead state : states) {
                hash.update(state.tag().bytes()).u64(state.number()).update(state.hash());
            }
            return new Digest(states.size(), hash.digest());
        }

        public byte[] encode() {
            return new ByteWriter().u32(count).fixed(hash, Sha256.BYTES).toBytes();
        }

        /** @throws MalformedException unless these are exactly the bytes of one */
        public static Digest decode(byte[] bytes) {
            ByteReader in = new ByteReader("the digest of names", bytes);
            Digest digest = new Digest(in.u32(), in.fixed(Sha256.BYTES));
            in.end();
            return digest;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Digest that && count == that.count && Arrays.equals(hash, that.hash);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(hash);
        }
    }

    private static int requirePage(int count) {
        if (count > PAGE) {
            throw new MalformedException("at most " + PAGE + " names go in one message, not " + count);
        }
        return count;
    }
}
