package dev.interlock.core.token;

import static dev.interlock.core.token.Encodings.flag;
import static dev.interlock.core.token.Encodings.require;
import static dev.interlock.core.token.Encodings.requireDistinct;
import static dev.interlock.core.token.Encodings.texts;
import static dev.interlock.core.token.Encodings.xs;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a session is to do, with what each kind of it really has. */
public sealed interface Work {
    /** A byte counts them. */
    int MAX_DEALERS = 0xFF;

    /** S, in the order of the pass. */
    List<ShareIndex> path();

    /** Of what passes the ring: of m, or in protocol 1 of m as sealed; in bytes. */
    long length();

    /** As it stands in the encoding. */
    Kind kind();

    /** What a session is for. */
    enum Kind {
        WRITE(1),
        /** A write whose stations sign for what they hand on. */
        ATTESTED(2),
        /** A write whose stream is the ciphertext that home has: the old pad comes off and the new one goes on in one pass. */
        REPLACE(3),
        /** A write without a pass: shares of zero are added to those that are there. */
        REFRESH(4),
        READ(5),
        REPAIR(6);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        static Kind ofCode(int code) {
            for (Kind kind : values()) {
                if (kind.code == code) {
                    return kind;
                }
            }
            throw new dev.interlock.core.encoding.MalformedException("no session is of the kind " + code);
        }

        int code() {
            return code;
        }
    }

    /** What makes a generation of an object: it is dealt, signed for, checked and certified. */
    sealed interface Making extends Work {
        /** Those that weren't there, whose shares wait for them; with the path all n providers. */
        List<ShareIndex> missing();

        /** The first of the path, who store the ciphertext. */
        List<ShareIndex> homes();

        /** By name: all dealers of the ring, in its order. */
        List<String> dealers();

        /** H(w) of the certified generation that this one continues, in this ring or another one. */
        Optional<StatementHash> continues();

        /** All n, in the order of the write. */
        default List<ShareIndex> providers() {
            return Stream.concat(path().stream(), missing().stream()).toList();
        }
    }

    /**
     * A put, or the destination's side of a move.
     *
     * @param attested whether each station signs for what it hands on
     * @param recipient k_U, in protocol 1
     * @param continues only in a move: the generation in the ring, or the epoch, that the object comes from
     */
    record Write(
            boolean attested,
            List<ShareIndex> path,
            List<ShareIndex> missing,
            List<ShareIndex> homes,
            List<String> dealers,
            Optional<RecipientKey> recipient,
            long length,
            Optional<StatementHash> continues)
            implements Making {
        public Write {
            path = List.copyOf(path);
            missing = List.copyOf(missing);
            homes = List.copyOf(homes);
            dealers = List.copyOf(dealers);
            check(path, missing, homes, dealers, length);
        }

        @Override
        public Kind kind() {
            return attested ? Kind.ATTESTED : Kind.WRITE;
        }
    }

    /**
     * A new generation in the same ring, by its providers alone.
     *
     * @param ofZero whether it's a refresh, for which shares of zero are dealt; else a replacement of the pad
     * @param from H(w) of the generation that is renewed
     */
    record Renewal(
            boolean ofZero,
            List<ShareIndex> path,
            List<ShareIndex> homes,
            List<String> dealers,
            long length,
            StatementHash from)
            implements Making {
        public Renewal {
            path = List.copyOf(path);
            homes = List.copyOf(homes);
            dealers = List.copyOf(dealers);
            check(path, List.of(), homes, dealers, length);
        }

        @Override
        public List<ShareIndex> missing() {
            return List.of();
        }

        @Override
        public Optional<StatementHash> continues() {
            return Optional.of(from);
        }

        @Override
        public Kind kind() {
            return ofZero ? Kind.REFRESH : Kind.REPLACE;
        }
    }

    /** What works on a generation that is there. */
    sealed interface Using extends Work {
        /** H(w) of the certified generation. */
        StatementHash generation();
    }

    /**
     * @param home who sends the ciphertext; where it is in S, its first
     */
    record Read(List<ShareIndex> path, ShareIndex home, long length, StatementHash generation) implements Using {
        public Read {
            path = List.copyOf(path);
            check(path, length);
            require(!path.contains(home) || path.getFirst().equals(home), "a home that is in S must be its first");
        }

        @Override
        public Kind kind() {
            return Kind.READ;
        }
    }

    /**
     * @param repaired CC_k, who gets its share back
     * @param home another home, who sends the ciphertext, where CC_k is a home itself
     */
    record Repair(
            List<ShareIndex> path,
            ShareIndex repaired,
            Optional<ShareIndex> home,
            long length,
            StatementHash generation)
            implements Using {
        public Repair {
            path = List.copyOf(path);
            check(path, length);
            require(!path.contains(repaired), "the provider that is repaired can't help");
            require(!home.equals(Optional.of(repaired)), "the provider that is repaired can't send it the ciphertext");
        }

        @Override
        public Kind kind() {
            return Kind.REPAIR;
        }
    }

    private static void check(List<ShareIndex> path, long length) {
        require(!path.isEmpty(), "a session has a path");
        requireDistinct(path, "a provider of the path");
        require(
                length >= 0 && length <= ChunkLayout.MAX_LENGTH,
                "the length " + length + " is outside 0.." + ChunkLayout.MAX_LENGTH);
    }

    private static void check(
            List<ShareIndex> path,
            List<ShareIndex> missing,
            List<ShareIndex> homes,
            List<String> dealers,
            long length) {
        check(path, length);
        requireDistinct(Stream.concat(path.stream(), missing.stream()).toList(), "a provider");
        require(
                !homes.isEmpty()
                        && homes.size() <= path.size()
                        && path.subList(0, homes.size()).equals(homes),
                "the homes must be the first of the path");
        require(!dealers.isEmpty(), "a write has a dealer");
        requireDistinct(dealers, "a dealer");
    }

    /** The kind, the path and the length, then what the kind has. */
    static void write(ByteWriter out, Work work) {
        out.u8(work.kind().code());
        xs(out, work.path());
        out.u64(work.length());
        switch (work) {
            case Write write -> {
                xs(out, write.missing());
                out.u8(write.homes().size());
                texts(out, write.dealers());
                out.bytes(write.recipient()
                        .map(key -> key.toString().getBytes(StandardCharsets.US_ASCII))
                        .orElse(new byte[0]));
                out.u8(write.continues().isPresent() ? 1 : 0);
                write.continues().ifPresent(w -> out.fixed(w.bytes(), StatementHash.BYTES));
            }
            case Renewal renewal -> {
                out.u8(renewal.homes().size());
                texts(out, renewal.dealers());
                out.fixed(renewal.from().bytes(), StatementHash.BYTES);
            }
            case Read read -> out.u8(read.home().x()).fixed(read.generation().bytes(), StatementHash.BYTES);
            case Repair repair -> {
                out.u8(repair.repaired().x());
                xs(out, repair.home().stream().toList());
                out.fixed(repair.generation().bytes(), StatementHash.BYTES);
            }
        }
    }

    static Work read(ByteReader in) {
        Kind kind = Kind.ofCode(in.u8());
        List<ShareIndex> path = xs(in);
        long length = in.u64();
        return switch (kind) {
            case WRITE, ATTESTED -> {
                List<ShareIndex> missing = xs(in);
                List<ShareIndex> homes = first(path, in.u8());
                List<String> dealers = texts(in);
                byte[] recipient = in.bytes();
                yield new Write(
                        kind == Kind.ATTESTED,
                        path,
                        missing,
                        homes,
                        dealers,
                        recipient.length == 0
                                ? Optional.empty()
                                : Optional.of(RecipientKey.parse(new String(recipient, StandardCharsets.US_ASCII))),
                        length,
                        flag(in) ? Optional.of(hash(in)) : Optional.empty());
            }
            case REPLACE, REFRESH ->
                new Renewal(kind == Kind.REFRESH, path, first(path, in.u8()), texts(in), length, hash(in));
            case READ -> new Read(path, Encodings.x(in), length, hash(in));
            case REPAIR -> {
                ShareIndex repaired = Encodings.x(in);
                List<ShareIndex> home = xs(in);
                require(home.size() <= 1, "a repair names at most one home");
                yield new Repair(path, repaired, home.stream().findFirst(), length, hash(in));
            }
        };
    }

    private static List<ShareIndex> first(List<ShareIndex> path, int homes) {
        require(homes <= path.size(), homes + " homes of a path of " + path.size());
        return path.subList(0, homes);
    }

    private static StatementHash hash(ByteReader in) {
        return StatementHash.of(in.fixed(StatementHash.BYTES));
    }
}
