package dev.interlock.protocol.vectors;

import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The inputs of the transcripts: what is random in a write and its reads. */
final class Transcripts {
    private static final String EXPANDED = "expanded";
    private static final String FULL = "full";

    private Transcripts() {}

    /** A read: S in its order, and home. */
    private record Reading(int home, int... path) {}

    /** A write: t, and the providers in its order. */
    private record Writing(int t, int... path) {}

    private static final Writing SMALL = new Writing(2, 1, 2, 3);
    private static final Writing LARGER = new Writing(3, 4, 2, 5, 1, 3);
    private static final Writing FAR = new Writing(2, 200, 9, 253);
    private static final Writing ALL = new Writing(3, 3, 1, 2);

    static Stream<Suite> all() {
        return Stream.of(sealed("blinded"), sealed("published"), blinded2(), published2(), blinded3(), published3());
    }

    // ----------------------------------------------------------------------------------------------- protocols 2, 3

    private static Suite blinded2() {
        Suite suite = new Suite("protocol-2-blinded", "protocol 2, blinded: under a pad that only the user can make");
        String kind = suite.name;
        for (String user : List.of(EXPANDED, FULL)) {
            suite.add(
                    "2-of-3-user-key-" + user,
                    "every quorum, each home",
                    kind,
                    seeds -> userKey(seeds, user, blinded(seeds, 20, EXPANDED, SMALL, quorums()), 84));
        }
        suite.add(
                "3-of-5-full",
                "blinds and pad sent or kept whole",
                kind,
                seeds -> userKey(seeds, FULL, blinded(seeds, 100, FULL, LARGER, larger()), 164));
        suite.add(
                "far-points-empty",
                "other points, no byte",
                kind,
                seeds -> userKey(seeds, EXPANDED, blinded(seeds, 0, EXPANDED, FAR, far()), 64));
        return suite;
    }

    private static Fields userKey(Seeds seeds, String kind, Fields in, int padded) {
        return in.text("user_key_kind", kind)
                .hex("user_key", seeds.bytes("user key", kind.equals(EXPANDED) ? 32 : padded));
    }

    private static Suite blinded3() {
        Suite suite = new Suite("protocol-3-blinded", "protocol 3, blinded: the default");
        String kind = suite.name;
        for (String blinds : List.of(EXPANDED, FULL)) {
            suite.add(
                    "2-of-3-" + blinds,
                    "every quorum, each home",
                    kind,
                    seeds -> blinded(seeds, 20, blinds, SMALL, quorums()));
        }
        suite.add(
                "3-of-5",
                "homes inside and outside of S, and more than t",
                kind,
                seeds -> blinded(seeds, 100, EXPANDED, LARGER, larger()));
        suite.add(
                "3-of-3",
                "all of all, and a message of one byte",
                kind,
                seeds -> blinded(seeds, 1, EXPANDED, ALL, List.of(new Reading(3, 3, 2, 1))));
        suite.add("far-points-empty", "other points, no byte", kind, seeds -> blinded(seeds, 0, EXPANDED, FAR, far()));
        return suite;
    }

    private static Suite published2() {
        Suite suite = new Suite("protocol-2-published", "protocol 2 as published: the user keeps a share");
        String kind = suite.name;
        suite.add(
                "2-of-3",
                "every quorum and the user, and more",
                kind,
                seeds -> plain(
                        seeds,
                        20,
                        SMALL,
                        List.of(
                                new Reading(1, 1, 2),
                                new Reading(1, 1, 3),
                                new Reading(1, 3, 2),
                                new Reading(1, 1, 3, 2))));
        suite.add(
                "3-of-5",
                "home inside and outside of S, and more than t",
                kind,
                seeds -> plain(
                        seeds,
                        100,
                        LARGER,
                        List.of(
                                new Reading(4, 4, 5, 2),
                                new Reading(4, 1, 5, 2),
                                new Reading(4, 4, 3, 1, 2),
                                new Reading(4, 4, 3, 1, 5, 2))));
        suite.add(
                "far-points-empty",
                "the user's point is 254",
                kind,
                seeds -> plain(seeds, 0, FAR, List.of(new Reading(200, 253, 9), new Reading(200, 200, 9))));
        return suite;
    }

    private static Suite published3() {
        Suite suite = new Suite("protocol-3-published", "protocol 3 as published: by way of the user, under K");
        String kind = suite.name;
        suite.add(
                "2-of-3",
                "every quorum",
                kind,
                seeds -> throughUser(
                        seeds, 20, SMALL, List.of(new Reading(1, 1, 2), new Reading(1, 1, 3), new Reading(1, 3, 2))));
        suite.add(
                "3-of-5",
                "home inside and outside of S, and more than t",
                kind,
                seeds -> throughUser(
                        seeds,
                        100,
                        LARGER,
                        List.of(new Reading(4, 4, 2, 3), new Reading(4, 1, 5, 2), new Reading(4, 4, 3, 1, 2, 5))));
        suite.add(
                "far-points-empty",
                "the user's point is 254",
                kind,
                seeds -> throughUser(seeds, 0, FAR, List.of(new Reading(200, 253, 9))));
        return suite;
    }

    private static List<Reading> quorums() {
        return List.of(
                new Reading(1, 1, 2),
                new Reading(1, 1, 3),
                new Reading(1, 3, 2),
                new Reading(2, 2, 1),
                new Reading(2, 1, 3),
                new Reading(1, 1, 3, 2));
    }

    private static List<Reading> larger() {
        return List.of(
                new Reading(4, 4, 2, 3),
                new Reading(4, 1, 5, 2),
                new Reading(5, 3, 1, 4),
                new Reading(2, 2, 3, 1, 5, 4));
    }

    private static List<Reading> far() {
        return List.of(new Reading(200, 253, 9), new Reading(9, 9, 200));
    }

    private static Fields blinded(Seeds seeds, int length, String blinds, Writing writing, List<Reading> readings) {
        Fields in = common(seeds, writing, length, false).hex("m", seeds.bytes("m", length));
        blinds(in, "write_blinds", seeds, "write", blinds, writing.path().length, length + 64)
                .text("blinds", blinds);
        List<Fields> reads = new ArrayList<>();
        for (int i = 0; i < readings.size(); i++) {
            Fields read = reading(seeds, i, readings.get(i));
            reads.add(blinds(
                    read, "blinds", seeds, "read " + i, blinds, readings.get(i).path().length, length + 64));
        }
        return in.objects("reads", reads);
    }

    private static Fields blinds(Fields in, String field, Seeds seeds, String of, String kind, int count, int padded) {
        return in.hexes(field, seeds.many("blind of " + of, count, kind.equals(EXPANDED) ? 32 : padded));
    }

    private static Fields plain(Seeds seeds, int length, Writing writing, List<Reading> readings) {
        return common(seeds, writing, length, true)
                .hex("m", seeds.bytes("m", length))
                .objects(
                        "reads",
                        IntStream.range(0, readings.size())
                                .mapToObj(i -> reading(seeds, i, readings.get(i)))
                                .toList());
    }

    private static Fields throughUser(Seeds seeds, int length, Writing writing, List<Reading> readings) {
        return common(seeds, writing, length, true)
                .hex("m", seeds.bytes("m", length))
                .objects(
                        "reads",
                        IntStream.range(0, readings.size())
                                .mapToObj(
                                        i -> reading(seeds, i, readings.get(i)).hex("k_seed", seeds.seed("k " + i)))
                                .toList());
    }

    private static Fields reading(Seeds seeds, int i, Reading reading) {
        boolean inside = IntStream.of(reading.path()).anyMatch(x -> x == reading.home());
        int parties = reading.path().length + (inside ? 0 : 1);
        return new Fields()
                .number("expiry", Suites.TIME + 1_000_000L * (i + 1))
                .hexes("part_salts", seeds.many("part salt of read " + i, parties, 64))
                .hex("session_seed", seeds.seed("session key of read " + i))
                .numbers("path", reading.path())
                .number("home", reading.home());
    }

    private static Fields common(Seeds seeds, Writing writing, int passing, boolean userPoint) {
        int n = writing.path().length;
        RingDescriptor ring = Rings.of(
                writing.t(),
                IntStream.of(writing.path()).mapToObj(ShareIndex::new).toList(),
                List.of("dealer1"),
                List.of("blinded"));
        return new Fields()
                .number("threshold", writing.t())
                .hex("ring", ring.id().bytes())
                .number("epoch", Rings.EPOCH)
                .hex("secret", seeds.seed("secret"))
                .hex("nonce", seeds.seed("nonce"))
                .number("expiry", Suites.TIME + 600_000)
                .hexes("part_salts", seeds.many("part salt", n + 1, 64))
                .hex("session_seed", seeds.seed("session key"))
                .number("time", Suites.TIME)
                .object("dealer", new Fields().text("name", "dealer1").hex("seed", seeds.seed("dealer")))
                .objects(
                        "providers",
                        IntStream.of(writing.path())
                                .mapToObj(x -> new Fields()
                                        .number("x", x)
                                        .text("name", "cc" + x)
                                        .hex("seed", seeds.seed("provider " + x)))
                                .toList())
                .hexes("r", seeds.many("r", 1, 64))
                .hexes("coefficients", coefficients(seeds, writing, passing))
                .hexLists(
                        "salts",
                        salts(seeds, writing, userPoint).stream().map(List::of).toList());
    }

    private static List<byte[]> coefficients(Seeds seeds, Writing writing, int passing) {
        return seeds.many("a", writing.t(), passing + 64);
    }

    /** Dealt like the shares, each provider's at its x, and last the user's where it has a point. */
    private static List<byte[]> salts(Seeds seeds, Writing writing, boolean userPoint) {
        int[] path = writing.path();
        int[] points = userPoint
                ? IntStream.concat(
                                IntStream.of(path),
                                IntStream.of(1 + IntStream.of(path).max().orElseThrow()))
                        .toArray()
                : path;
        return Product.deal(seeds.many("salt", writing.t(), 64), points);
    }

    // --------------------------------------------------------------------------------------------------- protocol 1

    private static Suite sealed(String profile) {
        Suite suite = new Suite(
                "protocol-1-" + profile,
                "protocol 1, " + profile + ": message and shares are sealed to the user's key");
        boolean blinded = profile.equals("blinded");
        List<String> kinds = blinded ? List.of(EXPANDED, FULL) : List.of("");
        for (String blinds : kinds) {
            String with = blinded ? "-" + blinds : "";
            suite.add(
                    "2-of-3" + with,
                    "every quorum",
                    suite.name,
                    seeds -> sealed(
                            seeds,
                            Kem.X25519,
                            20,
                            blinds,
                            SMALL,
                            blinded
                                    ? List.of(new Reading(1, 1, 2), new Reading(2, 3, 1), new Reading(1, 2, 3))
                                    : List.of(new Reading(1, 1, 2), new Reading(1, 3, 1), new Reading(1, 2, 3))));
        }
        suite.add(
                "3-of-5",
                "in any order",
                suite.name,
                seeds -> sealed(
                        seeds,
                        Kem.X25519,
                        0,
                        blinded ? EXPANDED : "",
                        LARGER,
                        List.of(new Reading(4, 1, 2, 3), new Reading(4, 5, 4, 1))));
        suite.add(
                "x-wing",
                "far points, sealed to a key of X-Wing",
                suite.name,
                seeds -> sealed(
                        seeds, Kem.XWING, 10, blinded ? EXPANDED : "", FAR, List.of(new Reading(200, 253, 200))));
        return suite;
    }

    private static Fields sealed(
            Seeds seeds, Kem kem, int length, String blinds, Writing writing, List<Reading> readings) {
        byte[] message = seeds.bytes("m", length);
        int passing = (int) new SealedLayout(kem).messageBytes(length);
        Fields in = common(seeds, writing, passing, false)
                .number("kem", kem.code())
                .hex("private_key", seeds.seed("private key"));
        int n = writing.path().length;
        if (!blinds.isEmpty()) {
            blinds(in.text("blinds", blinds), "write_blinds", seeds, "write", blinds, n, passing + 64);
        }
        Scheme scheme = new Scheme(1, blinds.isEmpty() ? Profile.PUBLISHED : Profile.BLINDED);
        byte[] w;
        try (Write.Plan plan = Transcript.plan(scheme, in.value(), passing)) {
            w = plan.id().bytes();
        }
        byte[] ring = in.value().hex("ring");
        in.hex("sealed_message", Suites.sealedMessage(seeds, kem, ring, w, message));
        List<byte[]> shares = Product.deal(coefficients(seeds, writing, passing), writing.path());
        List<byte[]> salts = salts(seeds, writing, false);
        List<byte[]> sealed = IntStream.range(0, n)
                .mapToObj(i -> Suites.sealedShare(seeds, kem, ring, w, writing.path()[i], salts.get(i), shares.get(i)))
                .toList();
        return in.hexes("sealed_shares", sealed)
                .objects(
                        "reads",
                        readings.stream()
                                .map(reading -> new Fields()
                                        .numbers("path", reading.path())
                                        .number("home", reading.home()))
                                .toList());
    }
}
