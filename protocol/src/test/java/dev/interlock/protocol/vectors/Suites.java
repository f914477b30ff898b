package dev.interlock.protocol.vectors;

import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sealing.SealedWriter;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.ring.Role;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The inputs of all vectors but the transcripts and the negative ones. */
final class Suites {
    /** 2026-01-01, and not a round number of seconds. */
    static final long TIME = 1_767_225_600_123L;

    private Suites() {}

    static List<Suite> all() {
        return Stream.concat(
                        Stream.of(
                                field(),
                                dealing(),
                                lagrange(),
                                hop(),
                                stream(),
                                linearHash(),
                                commitment(),
                                ring(),
                                credential(),
                                request(),
                                hpke(),
                                userKey(),
                                route()),
                        Stream.of(
                                        SignedSuites.all(),
                                        Transcripts.all(),
                                        LoginSuites.all(),
                                        Stream.of(Proofs.all(), Negatives.all()))
                                .flatMap(suites -> suites))
                .toList();
    }

    private static byte[] everyByte(int from) {
        byte[] all = new byte[256 - from];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) (from + i);
        }
        return all;
    }

    static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    // ------------------------------------------------------------------------------------------- field and sharing

    private static Suite field() {
        Suite suite =
                new Suite("field", "GF(2^8) modulo x^8+x^4+x^3+x+1: products, inverses, multiples added to vectors");
        for (int factor : new int[] {0, 1, 2, 3, 0x80, 0xFF}) {
            suite.add(
                    "multiply-all-by-" + factor,
                    "every element times " + factor,
                    "multiply",
                    _ -> new Fields().hex("a", everyByte(0)).hex("b", filled(256, factor)));
        }
        suite.add(
                "multiply-any",
                "elements by elements",
                "multiply",
                seeds -> new Fields().hex("a", seeds.bytes("a", 100)).hex("b", seeds.bytes("b", 100)));
        suite.add(
                "multiply-fips-197",
                "the examples of FIPS 197, 4.2: 57 by 83, by 13",
                "multiply",
                _ -> new Fields().hex("a", new byte[] {0x57, 0x57}).hex("b", new byte[] {(byte) 0x83, 0x13}));
        suite.add(
                "invert-all",
                "the inverse of every element that has one",
                "invert",
                _ -> new Fields().hex("a", everyByte(1)));
        for (int length : new int[] {0, 1, 7, 63, 200}) {
            suite.add(
                    "add-scaled-" + length,
                    "a vector of " + length + " bytes",
                    "add-scaled",
                    seeds -> new Fields()
                            .hex("target", seeds.bytes("target", length))
                            .number("factor", 0xB5)
                            .hex("source", seeds.bytes("source", length)));
        }
        for (int factor : new int[] {0, 1}) {
            suite.add(
                    "add-scaled-by-" + factor,
                    "the factor " + factor,
                    "add-scaled",
                    seeds -> new Fields()
                            .hex("target", seeds.bytes("target", 16))
                            .number("factor", factor)
                            .hex("source", seeds.bytes("source", 16)));
        }
        return suite;
    }

    private static Suite dealing() {
        Suite suite = new Suite("dealing", "shares of polynomials, and polynomials from shares");
        deal(suite, "two-of-three", 2, 20, 1, 2, 3);
        deal(suite, "three-of-five", 3, 33, 1, 2, 3, 4, 5);
        deal(suite, "four-of-four", 4, 1, 1, 2, 3, 4);
        deal(suite, "any-points", 3, 16, 254, 7, 128, 1);
        deal(suite, "two-hundred-of-all", 200, 2, IntStream.rangeClosed(1, 254).toArray());
        suite.add(
                "deal-zeros",
                "zero coefficients are as good as others",
                "deal",
                _ -> new Fields()
                        .hexes("coefficients", List.of(new byte[4], new byte[4], new byte[4]))
                        .numbers("xs", 1, 2, 3));
        interpolate(suite, "pad", 0, 3, 20, 1, 2, 3);
        interpolate(suite, "pad-other-order", 0, 3, 20, 5, 1, 4);
        interpolate(suite, "pad-more-than-needed", 0, 3, 20, 1, 2, 3, 4, 5);
        interpolate(suite, "lost-share", 2, 3, 20, 1, 3, 5);
        interpolate(suite, "one-of-the-points", 3, 3, 20, 1, 3, 5);
        interpolate(suite, "share-254", 254, 2, 8, 253, 1);
        return suite;
    }

    private static void deal(Suite suite, String id, int t, int length, int... xs) {
        suite.add(
                "deal-" + id,
                "t = " + t + " of n = " + xs.length,
                "deal",
                seeds -> new Fields()
                        .hexes("coefficients", seeds.many("a", t, length))
                        .numbers("xs", xs));
    }

    private static void interpolate(Suite suite, String id, int target, int t, int length, int... xs) {
        suite.add(
                "interpolate-" + id,
                "f of degree " + (t - 1) + " at " + target + " from " + xs.length + " points",
                "interpolate",
                seeds -> new Fields()
                        .numbers("xs", xs)
                        .hexes("shares", Product.deal(seeds.many("a", t, length), xs))
                        .number("target", target));
    }

    private static Suite lagrange() {
        Suite suite = new Suite("lagrange", "Lagrange coefficients");
        lagrange(suite, "two-points", 0, 1, 2);
        lagrange(suite, "one-point", 0, 200);
        lagrange(suite, "five-points", 0, 1, 2, 3, 4, 5);
        lagrange(suite, "another-order", 0, 5, 3, 1);
        lagrange(suite, "far-apart", 0, 254, 1, 128, 7);
        lagrange(suite, "another-target", 9, 1, 2, 3);
        lagrange(suite, "target-254", 254, 1, 2, 3);
        lagrange(suite, "target-among-the-points", 2, 1, 2, 3);
        lagrange(suite, "all-points", 0, IntStream.rangeClosed(1, 254).toArray());
        return suite;
    }

    private static void lagrange(Suite suite, String id, int target, int... points) {
        suite.add(
                id,
                points.length + " points, target " + target,
                "lagrange",
                _ -> new Fields().numbers("points", points).number("target", target));
    }

    private static Suite hop() {
        Suite suite = new Suite("hop", "the one operation on a passing stream");
        hop(suite, "no-blind", "none", 0, 48, 0, 2, 1, 2, 3);
        hop(suite, "expanded-blind", "expanded", 32, 48, 0, 2, 1, 2, 3);
        hop(suite, "full-blind", "full", 48, 48, 0, 2, 1, 2, 3);
        hop(suite, "one-byte", "expanded", 32, 1, 0, 5, 5, 4);
        hop(suite, "no-byte", "expanded", 32, 0, 0, 5, 5, 4);
        hop(suite, "many-blocks", "expanded", 32, 333, 0, 254, 254, 17, 1, 99);
        hop(suite, "lost-share", "none", 0, 20, 2, 3, 1, 3, 5);
        hop(suite, "one-provider", "none", 0, 20, 0, 3, 3);
        hop(suite, "target-is-another-point", "full", 20, 20, 1, 3, 1, 3);
        return suite;
    }

    private static void hop(
            Suite suite, String id, String blinds, int blindBytes, int length, int target, int x, int... points) {
        suite.add(
                id,
                "x = " + x + " among " + points.length + " points, blinds " + blinds,
                "hop",
                seeds -> new Fields()
                        .numbers("points", points)
                        .number("x", x)
                        .number("target", target)
                        .hex("in", seeds.bytes("in", length))
                        .hex("share", seeds.bytes("share", length))
                        .text("blinds", blinds)
                        .hex("blind", seeds.bytes("blind", blindBytes)));
    }

    private static Suite stream() {
        Suite suite = new Suite("stream", "AES-256-CTR keystreams");
        stream(suite, "start", 0, 100);
        stream(suite, "nothing", 0, 0);
        stream(suite, "second-block", 16, 16);
        stream(suite, "across-blocks", 13, 40);
        stream(suite, "last-byte-of-a-block", 31, 1);
        stream(suite, "second-chunk", (1 << 20) + 64, 50);
        stream(suite, "counter-with-two-bytes", 16L * 255, 48);
        stream(suite, "counter-with-five-bytes", (16L << 32) - 8, 40);
        stream(suite, "end-of-the-longest-object", (1L << 40) + (64L << 20) - 17, 17);
        suite.add(
                "zero-seed",
                "the seed of zeros",
                "stream",
                _ -> new Fields().hex("seed", new byte[32]).number("offset", 0).number("length", 48));
        return suite;
    }

    private static Suite linearHash() {
        Suite suite = new Suite("linear-hash", "the hash of the write check");
        linearHash(suite, "nothing", 0);
        linearHash(suite, "one-byte", 1);
        linearHash(suite, "smallest-pad", 64);
        linearHash(suite, "a-secret-of-32-bytes", 96);
        linearHash(suite, "into-the-second-group", 131);
        linearHash(suite, "many-groups", 5007);
        return suite;
    }

    private static void linearHash(Suite suite, String id, int length) {
        suite.add(
                id,
                length + " bytes",
                "linear-hash",
                seeds -> new Fields().hex("seed", seeds.seed("seed")).hex("input", seeds.bytes("input", length)));
    }

    private static void stream(Suite suite, String id, long offset, int length) {
        suite.add(
                id,
                length + " bytes from byte " + offset,
                "stream",
                seeds -> new Fields()
                        .hex("seed", seeds.seed("seed"))
                        .number("offset", offset)
                        .number("length", length));
    }

    // -------------------------------------------------------------------------------------------------- commitments

    private static Suite commitment() {
        Suite suite = new Suite("commitment", "leaves and Merkle trees, of chunks and of share chunks");
        for (int[] lengths : new int[][] {{0}, {1}, {100}, {20, 20}, {20, 20, 7}, {8, 8, 8, 8, 8, 8, 1}}) {
            suite.add(
                    "chunks-" + lengths.length + "-" + lengths[0],
                    "chunks in a row",
                    "chunks",
                    seeds -> new Fields()
                            .hexes("r", seeds.many("r", lengths.length, 64))
                            .hexes(
                                    "m",
                                    IntStream.range(0, lengths.length)
                                            .mapToObj(k -> seeds.bytes("m " + k, lengths[k]))
                                            .toList()));
        }
        int chunk = ChunkLayout.CHUNK_BYTES;
        for (int length : new int[] {0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 2 * chunk + 5}) {
            suite.add(
                    "cut-" + length,
                    "an object of " + length + " bytes",
                    "cut",
                    seeds -> new Fields()
                            .hex("pattern", seeds.bytes("pattern", 61))
                            .number("length", length)
                            .hexes("r", seeds.many("r", new ChunkLayout(length).count(), 64)));
        }
        for (int count : new int[] {1, 2, 3}) {
            suite.add(
                    "share-chunks-" + count,
                    "chunks of a share",
                    "share-chunks",
                    seeds -> new Fields()
                            .hex("w", seeds.seed("w"))
                            .number("x", 200 + count)
                            .hexes("salts", seeds.many("salt", count, 64))
                            .hexes("chunks", seeds.many("chunk", count, 70 + count)));
            suite.add(
                    "ciphertext-chunks-" + count,
                    "chunks of a ciphertext",
                    "ciphertext-chunks",
                    seeds -> new Fields()
                            .hex("w", seeds.seed("w"))
                            .hexes("chunks", seeds.many("chunk", count, 70 + count)));
        }
        for (int leaves = 1; leaves <= 9; leaves++) {
            merkle(suite, leaves);
        }
        merkle(suite, 100);
        return suite;
    }

    private static void merkle(Suite suite, int leaves) {
        suite.add(
                "merkle-" + leaves,
                leaves + " leaves",
                "merkle",
                seeds -> new Fields().hexes("leaves", seeds.many("leaf", leaves, 32)));
    }

    // ------------------------------------------------------------------------------------------------------ the ring

    private static Suite ring() {
        Suite suite = new Suite("ring", "ring ids, cards and descriptors");
        suite.add(
                "id",
                "of a ring's public key",
                "ring-id",
                seeds -> new Fields().hex("key", Product.publicKey(seeds.seed("ring"))));
        card(suite, "provider", Role.PROVIDER, "cc1", "192.0.2.7:7001");
        card(suite, "dealer", Role.DEALER, "a-dealer-with-a-name-of-32-chars", "dealer.example:443");
        card(suite, "ipv6", Role.PROVIDER, "x", "[2001:db8::1]:65535");
        suite.add(
                "descriptor-first",
                "three providers, as an operator assembles them",
                "descriptor",
                seeds -> descriptor(seeds, "study", 1, 2, List.of("blinded"), 1, 1, 2, 3));
        suite.add(
                "descriptor-later",
                "another epoch: other points, both profiles, two dealers",
                "descriptor",
                seeds -> descriptor(
                        seeds, "a-ring", 7, 3, List.of("published", "blinded"), 2, List.of(), "null", 9, 254, 1, 17));
        suite.add(
                "descriptor-providers-deal",
                "no node that does nothing else, t providers",
                "descriptor",
                seeds -> descriptor(
                        seeds, "alone", 1, 2, List.of("blinded"), 0, List.of("cc3", "cc1"), "null", 1, 2, 3));
        suite.add(
                "descriptor-providers-deal-too",
                "a dealer, and one provider beside it",
                "descriptor",
                seeds -> descriptor(seeds, "both", 1, 2, List.of("blinded"), 1, List.of("cc2"), "null", 1, 2, 3));
        suite.add(
                "descriptor-next",
                "a third epoch that knows of the two before",
                "descriptor",
                seeds -> descriptor(seeds, "study", 3, 2, List.of("blinded"), 1, List.of(), history(seeds), 1, 3, 4));
        return suite;
    }

    private static void card(Suite suite, String id, Role role, String name, String address) {
        suite.add(
                "card-" + id,
                "of a " + role.name().toLowerCase(Locale.ROOT),
                "card",
                seeds -> new Fields()
                        .text("json", card(seeds, role, name, address))
                        .hex("seed", seeds.seed("node")));
    }

    static String card(Seeds seeds, Role role, String name, String address) {
        try (SigningKey key = Product.key(seeds.seed("node"))) {
            return Rings.cardJson(role, name, address, hex(seeds.bytes("pin", 32)), key);
        }
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    static Fields descriptor(
            Seeds seeds, String name, int epoch, int threshold, List<String> profiles, int dealers, int... xs) {
        return descriptor(seeds, name, epoch, threshold, profiles, dealers, List.of(), "null", xs);
    }

    /**
     * @param providersThatDeal their names
     * @param history its JSON
     */
    private static Fields descriptor(
            Seeds seeds,
            String name,
            int epoch,
            int threshold,
            List<String> profiles,
            int dealers,
            List<String> providersThatDeal,
            String history,
            int... xs) {
        List<String> members = new ArrayList<>();
        for (int x : xs) {
            members.add(member(seeds, x));
        }
        List<String> dealing = new ArrayList<>();
        for (int d = 1; d <= dealers; d++) {
            Seeds own = new Seeds(seeds.vector() + "/dealer" + d);
            dealing.add(card(own, Role.DEALER, "dealer" + d, "dealer" + d + ".example:443"));
        }
        String json = "{\n\"format\" : \"interlock ring 1\",\n\"name\" : \"" + name + "\",\n\"epoch\" : " + epoch
                + ",\n\"threshold\" : " + threshold + ",\n\"profiles\" : [ \"" + String.join("\", \"", profiles)
                + "\" ],\n\"providers\" : [ " + String.join(", ", members) + " ],\n\"dealers\" : [ "
                + String.join(", ", dealing) + " ],\n\"dealing\" : "
                + (providersThatDeal.isEmpty() ? "[ ]" : "[ \"" + String.join("\", \"", providersThatDeal) + "\" ]")
                + ",\n\"history\" : " + history + "\n}";
        return new Fields().text("json", json).hex("seed", seeds.seed("ring"));
    }

    private static String member(Seeds seeds, int x) {
        Seeds own = new Seeds(seeds.vector() + "/cc" + x);
        String card = card(own, Role.PROVIDER, "cc" + x, "cc" + x + ".example:443");
        return "{ \"x\" : " + x + ", \"card\" : " + card + " }";
    }

    /** Two epochs before: cc4 came with the second and stays, cc2 left with the third. */
    private static String history(Seeds seeds) {
        String earlier = """
            { "epoch" : 1, "threshold" : 2, "providers" : [ "cc1", "cc2", "cc3" ], "dealers" : [ "dealer1" ], "dealing" : [ ] },
            { "epoch" : 2, "threshold" : 3, "providers" : [ "cc1", "cc2", "cc3", "cc4" ], "dealers" : [ "dealer1" ], "dealing" : [ ] }""";
        return "{ \"epochs\" : [ " + earlier + " ],\n\"providers\" : [ " + member(seeds, 2) + " ], \"dealers\" : [ ] }";
    }

    // ------------------------------------------------------------------------------------------------ users' requests

    private static Suite credential() {
        Suite suite = new Suite("credential", "a user's keys");
        for (String node : List.of("cc1", "dealer1")) {
            suite.add(
                    node,
                    "for the node " + node,
                    "credential",
                    _ -> new Fields()
                            .hex("secret", new Seeds("credential").seed("secret"))
                            .hex("ring", new Seeds("credential").id("ring"))
                            .text("node", node));
        }
        suite.add(
                "another-ring",
                "the same user in another ring",
                "credential",
                seeds -> new Fields()
                        .hex("secret", new Seeds("credential").seed("secret"))
                        .hex("ring", seeds.id("ring"))
                        .text("node", "cc1"));
        return suite;
    }

    private static Suite request() {
        Suite suite = new Suite("request", "signed requests, and those in a channel");
        request(suite, "order", "cc1", "ORDER", "00112233445566778899aabbccddeeff", 200);
        request(suite, "stream", "cc2", "STREAM", "ffeeddccbbaa99887766554433221100", 0);
        request(suite, "list", "a-provider-with-a-name-of-32-chr", "LIST", "", 0);
        request(suite, "deal", "dealer1", "DEAL", "00112233445566778899aabbccddeeff", 33);
        request(suite, "blind", "cc3", "BLIND", "00112233445566778899aabbccddeeff", 0);
        request(suite, "share", "dealer1", "SHARE", "00112233445566778899aabbccddeeff", 0);
        request(suite, "fetch", "cc1", "FETCH", "00112233445566778899aabbccddeeff", 0);
        channel(suite, "channel-open", "cc1", 0, "OPEN", "00112233445566778899aabbccddeeff", 0);
        channel(suite, "channel-order", "cc2", 70_000, "ORDER", "ffeeddccbbaa99887766554433221100", 200);
        return suite;
    }

    private static void channel(
            Suite suite, String id, String node, int sequence, String operation, String subject, int body) {
        suite.add(
                id,
                operation + " to " + node + " as number " + sequence + " of a channel",
                "channel",
                seeds -> new Fields()
                        .hex("node_seed", seeds.seed("node"))
                        .hex("user_seed", seeds.seed("user"))
                        .hex("ring", seeds.id("ring"))
                        .text("node", node)
                        .hex("user_ephemeral", seeds.seed("user ephemeral"))
                        .hex("node_ephemeral", seeds.seed("node ephemeral"))
                        .hex("channel", seeds.bytes("channel", 16))
                        .number("sequence", sequence)
                        .number("epoch", 3)
                        .text("operation", operation)
                        .text("subject", subject)
                        .hex("body", seeds.bytes("body", body)));
    }

    private static void request(Suite suite, String id, String node, String operation, String subject, int body) {
        suite.add(id, operation + " to " + node, "request", seeds -> request(seeds, node, operation, subject, body));
    }

    static Fields request(Seeds seeds, String node, String operation, String subject, int body) {
        return new Fields()
                .hex("seed", seeds.seed("user"))
                .hex("ring", seeds.id("ring"))
                .number("epoch", 3)
                .text("node", node)
                .text("operation", operation)
                .text("subject", subject)
                .hex("body", seeds.bytes("body", body))
                .hex("nonce", seeds.bytes("nonce", 16))
                .number("expiry", TIME);
    }

    // ------------------------------------------------------------------------------------------------------- sealing

    private static Suite hpke() {
        Suite suite = new Suite("hpke", "what is sealed to a public key, opened");
        for (Kem kem : Kem.values()) {
            for (int length : new int[] {0, 1, 100}) {
                suite.add(
                        "message-" + kem.label() + "-" + length,
                        "a message of " + length + " bytes",
                        "sealed-message",
                        seeds ->
                                sealing(seeds, kem).hex("sealed", sealedMessage(seeds, kem, seeds.bytes("m", length))));
            }
            for (int length : new int[] {0, 100}) {
                suite.add(
                        "share-" + kem.label() + "-" + length,
                        "of an object of " + length + " bytes",
                        "sealed-share",
                        seeds -> sealing(seeds, kem)
                                .number("x", 17)
                                .number("length", length)
                                .hex("sealed", sealedShare(seeds, kem, 17, length)));
            }
        }
        pieces(suite, "one", 20);
        pieces(suite, "one-empty", 0);
        pieces(suite, "three", 20, 20, 7);
        pieces(suite, "last-empty", 16, 0);
        pieces(suite, "three-hundred", IntStream.range(0, 300).map(_ -> 1).toArray());
        return suite;
    }

    static Fields sealing(Seeds seeds, Kem kem) {
        return new Fields()
                .number("kem", kem.code())
                .hex("private_key", seeds.seed("private key"))
                .hex("ring", seeds.id("ring"))
                .hex("w", seeds.seed("w"));
    }

    static byte[] sealedMessage(Seeds seeds, Kem kem, byte[] m) {
        return sealedMessage(seeds, kem, seeds.id("ring"), seeds.seed("w"), m);
    }

    static byte[] sealedMessage(Seeds seeds, Kem kem, byte[] ring, byte[] w, byte[] m) {
        Sealing what = Sealing.ofMessage(RingId.of(ring), StatementHash.of(w));
        return sealed(seeds, kem, what, List.of(), List.of(m));
    }

    /** A share of an object of one chunk. */
    static byte[] sealedShare(Seeds seeds, Kem kem, int x, int length) {
        return sealedShare(seeds, kem, x, seeds.bytes("salt", 64), seeds.bytes("share", length + 64));
    }

    static byte[] sealedShare(Seeds seeds, Kem kem, int x, byte[] salt, byte[] share) {
        return sealedShare(seeds, kem, seeds.id("ring"), seeds.seed("w"), x, salt, share);
    }

    static byte[] sealedShare(Seeds seeds, Kem kem, byte[] ring, byte[] w, int x, byte[] salt, byte[] share) {
        StatementHash generation = StatementHash.of(w);
        ShareIndex index = new ShareIndex(x);
        List<byte[]> leaves = Product.shareLeaves(generation, index, List.of(salt), List.of(share));
        return sealed(
                seeds,
                kem,
                Sealing.ofShare(RingId.of(ring), generation, index),
                leaves,
                List.of(Product.joined(salt, share)));
    }

    /** The public key's text. */
    static String recipient(Kem kem, byte[] privateKey) {
        try (OpeningKey key = OpeningKey.of(kem, SecretBytes.copyOf(privateKey))) {
            return key.recipient().toString();
        }
    }

    private static byte[] sealed(Seeds seeds, Kem kem, Sealing what, List<byte[]> leaves, List<byte[]> pieces) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OpeningKey key = OpeningKey.of(kem, SecretBytes.copyOf(seeds.seed("private key")));
                SealedWriter writer = new SealedWriter(key.recipient(), what, seeds.random("sealing " + what.x()))) {
            out.writeBytes(writer.header());
            leaves.forEach(out::writeBytes);
            for (int k = 0; k < pieces.size(); k++) {
                byte[] sealed = new byte[pieces.get(k).length + SealedLayout.TAG_BYTES];
                writer.seal(
                        k, k == pieces.size() - 1, MemorySegment.ofArray(pieces.get(k)), MemorySegment.ofArray(sealed));
                out.writeBytes(sealed);
            }
        }
        return out.toByteArray();
    }

    private static void pieces(Suite suite, String id, int... lengths) {
        suite.add(
                "pieces-" + id,
                lengths.length + " pieces",
                "pieces",
                seeds -> new Fields()
                        .hex("key", seeds.bytes("key", 32))
                        .hexes(
                                "pieces",
                                IntStream.range(0, lengths.length)
                                        .mapToObj(k -> seeds.bytes("piece " + k, lengths[k]))
                                        .toList()));
    }

    private static Suite userKey() {
        Suite suite = new Suite("user-key", "the file that a user keeps in protocol 2");
        userKey(suite, "expanded", 32);
        userKey(suite, "full", 100);
        userKey(suite, "share", 164);
        return suite;
    }

    private static void userKey(Suite suite, String kind, int length) {
        suite.add(kind, length + " bytes", "user-key", seeds -> userKey(seeds, kind, length));
    }

    static Fields userKey(Seeds seeds, String kind, int length) {
        return new Fields()
                .hex("ring", seeds.id("ring"))
                .hex("object", seeds.id("object"))
                .text("key_kind", kind)
                .hex("bytes", seeds.bytes("bytes", length));
    }

    // -------------------------------------------------------------------------------------------------------- routes

    private static Suite route() {
        Suite suite = new Suite("route", "the stations of a pass, and the ways of sealed shares");
        for (int protocol = 1; protocol <= 3; protocol++) {
            route(suite, "write", protocol, "blinded", "three-of-five", List.of(4, 2, 5, 1, 3), List.of(4, 2, 5));
            route(suite, "write", protocol, "published", "three-of-five", List.of(4, 2, 5, 1, 3), List.of(4));
        }
        for (int protocol = 2; protocol <= 3; protocol++) {
            route(suite, "small-write", protocol, "blinded", "three-of-five", List.of(4, 2, 5, 1, 3), List.of(4, 2, 5));
        }
        route(suite, "small-write", 3, "blinded", "all-of-three", List.of(9, 1, 254), List.of(9));
        route(suite, "small-write", 3, "blinded", "all-are-homes", List.of(9, 1, 254), List.of(9, 1, 254));
        route(suite, "small-write", 3, "blinded", "both-are-homes", List.of(2, 1), List.of(2, 1));
        route(suite, "write", 3, "blinded", "all-are-homes", List.of(9, 1, 254), List.of(9, 1, 254));
        route(suite, "write", 3, "blinded", "all-of-three", List.of(9, 1, 254), List.of(9));
        route(suite, "write", 3, "blinded", "two-of-two", List.of(2, 1), List.of(2));
        for (int protocol = 2; protocol <= 3; protocol++) {
            for (String profile : List.of("blinded", "published")) {
                route(suite, "read", protocol, profile, "home-in-s", List.of(4, 2, 5), List.of(4));
                route(suite, "read", protocol, profile, "home-outside", List.of(1, 2, 5), List.of(4));
            }
        }
        route(suite, "read", 2, "published", "one-provider", List.of(1), List.of(1));
        for (int x : new int[] {4, 2, 5, 1, 3}) {
            sealedRoute(suite, "blinded", List.of(4, 2, 5, 1, 3), List.of(4, 2, 5), x);
            sealedRoute(suite, "published", List.of(4, 2, 5, 1, 3), List.of(4), x);
        }
        return suite;
    }

    private static void route(
            Suite suite,
            String direction,
            int protocol,
            String profile,
            String what,
            List<Integer> path,
            List<Integer> homes) {
        suite.add(
                direction + "-" + protocol + "-" + profile + "-" + what,
                "protocol " + protocol + ", " + profile,
                "route",
                _ -> new Fields()
                        .text("direction", direction)
                        .number("protocol", protocol)
                        .text("profile", profile)
                        .numbers("path", ints(path))
                        .numbers("homes", ints(homes)));
    }

    private static void sealedRoute(Suite suite, String profile, List<Integer> path, List<Integer> homes, int x) {
        suite.add(
                "sealed-" + profile + "-" + x,
                "the share of x = " + x,
                "sealed-route",
                _ -> new Fields()
                        .text("profile", profile)
                        .numbers("path", ints(path))
                        .numbers("homes", ints(homes))
                        .number("x", x));
    }

    static int[] ints(List<Integer> numbers) {
        return numbers.stream().mapToInt(Integer::intValue).toArray();
    }
}
