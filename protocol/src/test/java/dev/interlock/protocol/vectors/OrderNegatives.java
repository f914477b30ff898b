package dev.interlock.protocol.vectors;

import static dev.interlock.protocol.vectors.Rejection.ACCEPTED;
import static dev.interlock.protocol.vectors.Rejection.BAD_INPUT;
import static dev.interlock.protocol.vectors.Rejection.REFUSED_ORDER;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.PrivatePart;
import dev.interlock.protocol.vectors.SignedNegatives.Adding;
import java.util.List;
import java.util.stream.IntStream;

/** Orders to CC_2 of five providers, three of which open, and requests to its dealer; one fault each. */
final class OrderNegatives {
    private static final List<Integer> FIVE = List.of(4, 2, 5, 1, 3);

    private final Adding suite;

    OrderNegatives(Adding suite) {
        this.suite = suite;
    }

    private static Seeds seeds() {
        return Negatives.seeds("accept-order");
    }

    /** What a test spoils. */
    private static final class Asked {
        int threshold = 3;
        int[] xs = {1, 2, 3, 4, 5};
        List<String> dealers = List.of("dealer1");
        List<String> profiles = List.of("published", "blinded");
        byte[] ringId;
        int statementThreshold;
        int epoch = Rings.EPOCH;
        int protocol;
        String profile;
        final Fields work;
        long expiry = Suites.TIME + 600_000;
        long now = Suites.TIME;
        int x = 2;
        String blinds;
        int blindSeeds;
        int blindBytes = -1;
        String party = "cc2";
        byte[] asks = Product.publicKey(seeds().seed("user"));
        byte[] asking = asks;
        byte[] signer = seeds().seed("owner");
        byte[] signature;
        byte[] token = {};
        boolean otherPart;

        Asked(String kind, int protocol, String profile) {
            this.protocol = protocol;
            this.profile = profile;
            boolean blinded = profile.equals("blinded");
            blinds = blinded ? "expanded" : "none";
            blindSeeds = blinded ? 1 : 0;
            switch (kind) {
                case "read" ->
                    work = SignedSuites.on(SignedSuites.work(kind, List.of(4, 2, 5), 0), seeds())
                            .numbers("home", 4);
                case "repair" -> {
                    work = SignedSuites.on(SignedSuites.work(kind, List.of(4, 1, 5), 0), seeds())
                            .numbers("repaired", 2);
                    blinds = "paired";
                    blindSeeds = 3;
                }
                case "replace", "refresh" -> {
                    work = SignedSuites.on(SignedSuites.work(kind, FIVE, 3), seeds());
                    blinds = kind.equals("replace") ? "paired" : "none";
                    blindSeeds = kind.equals("replace") ? 4 : 0;
                }
                default -> {
                    work = SignedSuites.work(kind, FIVE, blinded ? 3 : 1);
                    if (protocol == 1) {
                        work.text("recipient", SignedSuites.recipient(seeds(), Kem.X25519));
                    }
                }
            }
        }

        void path(int... path) {
            work.numbers("path", path);
        }

        void missing(int[] path, int... missing) {
            path(path);
            work.numbers("missing", missing);
        }

        void twoDealers() {
            dealers = List.of("dealer1", "dealer2");
            work.texts("dealers", dealers);
        }

        void blinds(String kind, int count) {
            blinds = kind;
            blindSeeds = count;
        }

        Fields ring() {
            return new Fields()
                    .hex("id", id())
                    .number("epoch", Rings.EPOCH)
                    .number("threshold", threshold)
                    .numbers("xs", xs)
                    .texts("dealers", dealers)
                    .texts("profiles", profiles);
        }

        private byte[] id() {
            return Rings.of(
                            threshold,
                            IntStream.of(xs).mapToObj(ShareIndex::new).toList(),
                            dealers,
                            profiles)
                    .id()
                    .bytes();
        }

        private byte[] part() {
            byte[] all = seeds().bytes("blind", blindBytes >= 0 ? blindBytes : 32 * blindSeeds);
            Fields in = new Fields()
                    .hex("salt", seeds().bytes("salt", 64))
                    .hex("asks", asks)
                    .text("blinds", Blinding.parse(blinds).text())
                    .hex("seeds", all);
            return Product.of("private-part", in.value()).value().hex("encoding");
        }

        Fields statement() {
            Fields part = new Fields().text("name", party).hex("hash", PrivatePart.hash(part()));
            return SignedSuites.statement(
                            seeds(),
                            protocol,
                            profile,
                            statementThreshold > 0 ? statementThreshold : threshold,
                            xs.length,
                            work)
                    .hex("ring", ringId == null ? id() : ringId)
                    .number("epoch", epoch)
                    .number("expiry", expiry)
                    .objects("parties", List.of(part));
        }

        byte[] order() {
            byte[] w = Product.of("statement", statement().value()).value().hex("encoding");
            String kind = work.value().text("kind");
            boolean making = !kind.equals("read") && !kind.equals("repair");
            byte[] byOwner = making ? Product.key(signer).sign(Purpose.STATEMENT, w) : new byte[0];
            byte[] part = part();
            return new ByteWriter()
                    .bytes(w)
                    .bytes(signature == null ? byOwner : signature)
                    .bytes(otherPart ? Negatives.flipped(part, 1) : part)
                    .toBytes();
        }

        Fields inputs(byte[] order) {
            return new Fields()
                    .hex("order", order)
                    .object("ring", ring())
                    .number("x", x)
                    .hex("key", asking)
                    .number("now", now)
                    .hex("token", token);
        }
    }

    private interface Fault {
        void in(Asked asked);
    }

    void all() {
        for (int protocol = 1; protocol <= 3; protocol++) {
            for (String profile : List.of("blinded", "published")) {
                String of = "-" + protocol + "-" + profile + "-control";
                order("write" + of, ACCEPTED, new Asked("write", protocol, profile), _ -> {});
                if (protocol > 1) {
                    order("read" + of, ACCEPTED, new Asked("read", protocol, profile), _ -> {});
                    order("repair" + of, ACCEPTED, new Asked("repair", protocol, profile), _ -> {});
                }
            }
        }
        for (String kind : List.of("attested", "replace", "refresh")) {
            order(kind + "-control", ACCEPTED, new Asked(kind, 3, "blinded"), _ -> {});
        }
        malformed();
        ofAnother();
        writes();
        renewals();
        reads();
        repairs();
        blinds();
        fitting();
        deals();
    }

    private void order(String fault, String expected, Asked asked, Fault change) {
        change.in(asked);
        suite.add("accept-order", fault, expected, asked.inputs(asked.order()));
    }

    private static Asked write() {
        return new Asked("write", 3, "blinded");
    }

    private static Asked read() {
        return new Asked("read", 3, "blinded");
    }

    private void malformed() {
        Asked asked = write();
        byte[] good = asked.order();
        suite.add("accept-order", "truncated", BAD_INPUT, asked.inputs(Negatives.shorter(good)));
        suite.add("accept-order", "surplus-byte", BAD_INPUT, asked.inputs(Negatives.longer(good)));
        suite.add("accept-order", "empty", BAD_INPUT, asked.inputs(new byte[0]));
        suite.add("accept-order", "statement-malformed", BAD_INPUT, asked.inputs(Negatives.with(good, 4, 1)));
        order("owners-signature-too-short", BAD_INPUT, write(), a -> a.signature = new byte[63]);
        order("read-that-the-owner-signed", BAD_INPUT, read(), a -> a.signature = new byte[64]);
        order(
                "repair-that-the-owner-signed",
                BAD_INPUT,
                new Asked("repair", 3, "blinded"),
                a -> a.signature = new byte[64]);
    }

    /** Of another ring, owner, time or asker. */
    private void ofAnother() {
        for (String kind : List.of("write", "read")) {
            Asked unused = new Asked(kind, 3, "blinded");
            byte[] another = seeds().id("another");
            order(kind + "-of-another-ring", REFUSED_ORDER, unused, a -> a.ringId = another);
            order(kind + "-of-another-epoch", REFUSED_ORDER, new Asked(kind, 3, "blinded"), a -> a.epoch = 3);
            order(kind + "-expired", REFUSED_ORDER, new Asked(kind, 3, "blinded"), a -> a.expiry = a.now);
            order(kind + "-expires-at-once", ACCEPTED, new Asked(kind, 3, "blinded"), a -> a.expiry = a.now + 1);
            order(kind + "-for-an-hour", ACCEPTED, new Asked(kind, 3, "blinded"), a -> a.expiry = a.now + 3_600_000);
            order(
                    kind + "-too-far-ahead",
                    REFUSED_ORDER,
                    new Asked(kind, 3, "blinded"),
                    a -> a.expiry = a.now + 3_600_001);
            order(
                    kind + "-asked-by-another",
                    REFUSED_ORDER,
                    new Asked(kind, 3, "blinded"),
                    a -> a.asking = Product.publicKey(seeds().seed("another")));
            order(kind + "-told-something-else", REFUSED_ORDER, new Asked(kind, 3, "blinded"), a -> a.otherPart = true);
            order(kind + "-without-a-part", BAD_INPUT, new Asked(kind, 3, "blinded"), a -> a.party = "cc1");
        }
        order("write-by-another-owner", REFUSED_ORDER, write(), a -> a.signer = seeds().seed("another"));
        order("write-unsigned", REFUSED_ORDER, write(), a -> a.signature = new byte[0]);
        Asked attested = new Asked("attested", 3, "blinded");
        byte[] forAttested =
                Product.of("statement", attested.statement().value()).value().hex("signature");
        order("write-signed-as-attested", REFUSED_ORDER, write(), a -> a.signature = forAttested);
        Asked replace = new Asked("replace", 3, "blinded");
        byte[] forReplace =
                Product.of("statement", replace.statement().value()).value().hex("signature");
        order(
                "refresh-signed-as-replacement",
                REFUSED_ORDER,
                new Asked("refresh", 3, "blinded"),
                a -> a.signature = forReplace);
    }

    private void writes() {
        order(
                "write-profile-not-of-the-ring",
                BAD_INPUT,
                new Asked("write", 3, "published"),
                a -> a.profiles = List.of("blinded"));
        order("write-one-missing", ACCEPTED, write(), a -> a.missing(new int[] {4, 2, 5, 1}, 3));
        order("write-missing-itself", BAD_INPUT, write(), a -> a.missing(new int[] {4, 3, 5, 1}, 2));
        order("write-a-stranger", BAD_INPUT, write(), a -> a.path(4, 2, 5, 1, 6));
        order("write-a-missing-stranger", BAD_INPUT, write(), a -> a.missing(new int[] {4, 2, 5, 1}, 6));
        order("write-fewer-there-than-homes", ACCEPTED, write(), a -> {
            a.threshold = 2;
            a.missing(new int[] {4, 2, 5}, 1, 3);
        });
        order("write-a-home-too-few", BAD_INPUT, write(), a -> a.work.number("homes", 2));
        order("write-a-home-too-many", BAD_INPUT, write(), a -> a.work.number("homes", 4));
        order(
                "write-published-two-homes",
                BAD_INPUT,
                new Asked("write", 3, "published"),
                a -> a.work.number("homes", 2));
        order("write-dealer-unknown", BAD_INPUT, write(), a -> a.work.texts("dealers", List.of("dealer2")));
        order("write-two-dealers", ACCEPTED, write(), Asked::twoDealers);
        order("write-1-two-dealers", ACCEPTED, new Asked("write", 1, "blinded"), Asked::twoDealers);
        order("write-published-two-dealers", BAD_INPUT, new Asked("write", 3, "published"), Asked::twoDealers);
        order("write-one-of-two-dealers", BAD_INPUT, write(), a -> {
            a.twoDealers();
            a.work.texts("dealers", List.of("dealer2"));
        });
        order("write-two-dealers-in-another-order", BAD_INPUT, write(), a -> {
            a.twoDealers();
            a.work.texts("dealers", List.of("dealer2", "dealer1"));
        });
        order("write-two-dealers-one-missing", BAD_INPUT, write(), a -> {
            a.dealers = List.of("dealer1", "dealer2");
            a.missing(new int[] {4, 2, 5, 1}, 3);
        });
        order(
                "write-1-without-recipient",
                BAD_INPUT,
                new Asked("write", 1, "blinded"),
                a -> a.work.text("recipient", ""));
        order(
                "write-3-with-recipient",
                BAD_INPUT,
                write(),
                a -> a.work.text("recipient", SignedSuites.recipient(seeds(), Kem.X25519)));
        order("write-another-threshold", BAD_INPUT, write(), a -> a.statementThreshold = 4);
        for (int protocol = 1; protocol <= 3; protocol++) {
            String none = protocol == 1 ? "needs-no-point-for-the-user" : "no-point-for-the-user";
            order(
                    "write-" + protocol + "-" + none,
                    protocol == 1 ? ACCEPTED : BAD_INPUT,
                    new Asked("write", protocol, "published"),
                    a -> {
                        a.xs = new int[] {254, 2, 3, 4, 5};
                        a.path(4, 2, 5, 254, 3);
                    });
        }
    }

    private void renewals() {
        for (String kind : List.of("replace", "refresh")) {
            order(kind + "-in-protocol-1", BAD_INPUT, new Asked(kind, 1, "blinded"), _ -> {});
            order(kind + "-published", BAD_INPUT, new Asked(kind, 2, "published"), _ -> {});
            order(kind + "-a-stranger", BAD_INPUT, new Asked(kind, 3, "blinded"), a -> a.path(4, 2, 5, 1, 6));
            order(
                    kind + "-dealer-unknown",
                    BAD_INPUT,
                    new Asked(kind, 3, "blinded"),
                    a -> a.work.texts("dealers", List.of("dealer2")));
            order(kind + "-two-dealers", ACCEPTED, new Asked(kind, 3, "blinded"), Asked::twoDealers);
        }
    }

    private void reads() {
        order("read-home-without-a-layer", ACCEPTED, read(), a -> {
            a.path(4, 1, 5);
            a.work.numbers("home", 2);
            a.blinds("none", 0);
        });
        order("read-of-protocol-1", BAD_INPUT, new Asked("read", 1, "blinded"), _ -> {});
        order("read-one-too-few", BAD_INPUT, read(), a -> a.path(4, 2));
        order("read-2-blinded-one-too-few", BAD_INPUT, new Asked("read", 2, "blinded"), a -> a.path(4, 2));
        order("read-3-published-one-too-few", BAD_INPUT, new Asked("read", 3, "published"), a -> a.path(4, 2));
        order("read-2-published-one-too-few", BAD_INPUT, new Asked("read", 2, "published"), a -> a.path(4, 2));
        order("read-a-stranger", BAD_INPUT, read(), a -> a.path(4, 2, 6));
        order("read-a-stranger-as-home", BAD_INPUT, read(), a -> a.work.numbers("home", 6));
        order("read-no-part", BAD_INPUT, read(), a -> a.path(4, 1, 5));
        order(
                "read-profile-not-of-the-ring",
                BAD_INPUT,
                new Asked("read", 2, "published"),
                a -> a.profiles = List.of("blinded"));
        order(
                "read-no-point-for-the-user",
                BAD_INPUT,
                new Asked("read", 2, "published"),
                a -> a.xs = new int[] {254, 2, 3, 4, 5});
    }

    private void repairs() {
        Fault none = _ -> {};
        order("repair-in-protocol-1", BAD_INPUT, new Asked("repair", 1, "blinded"), none);
        order("repair-by-too-few", BAD_INPUT, new Asked("repair", 3, "blinded"), a -> a.path(4, 1));
        order("repair-by-a-stranger", BAD_INPUT, new Asked("repair", 3, "blinded"), a -> a.path(4, 1, 6));
        order("repair-of-a-stranger", BAD_INPUT, new Asked("repair", 3, "blinded"), a -> {
            a.path(4, 2, 5);
            a.work.numbers("repaired", 6);
        });
        order("repair-no-part", BAD_INPUT, new Asked("repair", 3, "blinded"), a -> a.work.numbers("repaired", 3));
        order("repair-helping", ACCEPTED, new Asked("repair", 3, "blinded"), a -> {
            a.path(4, 2, 5);
            a.work.numbers("repaired", 1);
        });
        order("repair-sending-the-ciphertext", ACCEPTED, new Asked("repair", 3, "blinded"), a -> {
            a.work.numbers("repaired", 3).numbers("home", 2);
            a.blinds("none", 0);
        });
    }

    private void blinds() {
        order("write-no-blind", BAD_INPUT, write(), a -> a.blinds("none", 0));
        order("write-full-blind", ACCEPTED, write(), a -> a.blinds("full", 0));
        order("write-full-blind-with-a-seed", BAD_INPUT, write(), a -> a.blinds("full", 1));
        order("write-blind-too-short", BAD_INPUT, write(), a -> a.blindBytes = 31);
        order("write-paired-blinds", BAD_INPUT, write(), a -> a.blinds("paired", 4));
        order(
                "write-published-with-a-blind",
                BAD_INPUT,
                new Asked("write", 3, "published"),
                a -> a.blinds("expanded", 1));
        order("write-published-with-a-seed", BAD_INPUT, new Asked("write", 3, "published"), a -> a.blinds("none", 1));
        order("read-no-blind", BAD_INPUT, read(), a -> a.blinds("none", 0));
        order("read-home-alone-with-a-blind", BAD_INPUT, read(), a -> {
            a.path(4, 1, 5);
            a.work.numbers("home", 2);
        });
        order("replace-expanded-blind", BAD_INPUT, new Asked("replace", 3, "blinded"), a -> a.blinds("expanded", 1));
        order("replace-a-seed-too-few", BAD_INPUT, new Asked("replace", 3, "blinded"), a -> a.blinds("paired", 3));
        order("refresh-with-blinds", BAD_INPUT, new Asked("refresh", 3, "blinded"), a -> a.blinds("paired", 4));
        order("repair-full-blind", BAD_INPUT, new Asked("repair", 3, "blinded"), a -> a.blinds("full", 0));
        order("repair-a-seed-too-many", BAD_INPUT, new Asked("repair", 3, "blinded"), a -> a.blinds("paired", 4));
    }

    /** A read's order is for the generation that it names, and nothing else. */
    private void fitting() {
        Asked written = write();
        Fields statement = written.statement();
        byte[] token = SignedSuites.tokenOf(seeds(), statement);
        byte[] generation = Product.of("statement", statement.value()).value().hex("hash");
        fits("read-that-fits", ACCEPTED, token, generation, _ -> {});
        fits(
                "read-of-another-generation",
                BAD_INPUT,
                token,
                generation,
                a -> a.work.hexes("generation", List.of(seeds().seed("another"))));
        fits("read-of-another-length", BAD_INPUT, token, generation, a -> a.work.number("length", 2_999_999));
        fits("read-in-another-protocol", BAD_INPUT, token, generation, a -> a.protocol = 2);
        fits("read-from-one-that-is-no-home", BAD_INPUT, token, generation, a -> {
            a.path(1, 2, 5);
            a.work.numbers("home", 1);
        });
    }

    private void fits(String fault, String expected, byte[] token, byte[] generation, Fault change) {
        Asked asked = read();
        asked.work.hexes("generation", List.of(generation));
        asked.token = token;
        order(fault, expected, asked, change);
    }

    // ------------------------------------------------------------------------------------------------------- deals

    private void deals() {
        for (String kind : List.of("write", "attested", "replace", "refresh")) {
            deal(kind + "-control", ACCEPTED, new Asked(kind, 3, "blinded"), _ -> {});
        }
        deal("published-control", ACCEPTED, new Asked("write", 2, "published"), _ -> {});
        deal("missing-control", ACCEPTED, write(), a -> a.missing(new int[] {4, 2, 5, 1}, 3));
        deal("two-dealers-control", ACCEPTED, write(), Asked::twoDealers);
        deal("of-a-read", BAD_INPUT, read(), _ -> {});
        deal("a-stranger", BAD_INPUT, write(), a -> a.path(4, 2, 5, 1, 6));
        deal("to-another-dealer", BAD_INPUT, write(), a -> a.work.texts("dealers", List.of("dealer2")));
        deal("published-two-dealers", BAD_INPUT, new Asked("write", 3, "published"), Asked::twoDealers);
        deal("of-another-ring", REFUSED_ORDER, write(), a -> a.ringId = seeds().id("another"));
        deal("expired", REFUSED_ORDER, write(), a -> a.expiry = a.now);
        deal("too-far-ahead", REFUSED_ORDER, write(), a -> a.expiry = a.now + 3_600_001);
        deal("by-another-owner", REFUSED_ORDER, write(), a -> a.signer = seeds().seed("another"));
        deal("unsigned", REFUSED_ORDER, write(), a -> a.signature = new byte[0]);
        deal("asked-by-another", REFUSED_ORDER, write(), a -> a.asking = Product.publicKey(seeds().seed("another")));
        deal("told-something-else", REFUSED_ORDER, write(), a -> a.otherPart = true);
        Asked replace = new Asked("replace", 3, "blinded");
        prepared(replace);
        byte[] forReplace =
                Product.of("statement", replace.statement().value()).value().hex("signature");
        deal(
                "refresh-signed-as-replacement",
                REFUSED_ORDER,
                new Asked("refresh", 3, "blinded"),
                a -> a.signature = forReplace);
    }

    private static void prepared(Asked asked) {
        asked.party = "dealer1";
        asked.blinds("none", 0);
    }

    private void deal(String fault, String expected, Asked asked, Fault change) {
        prepared(asked);
        change.in(asked);
        suite.add(
                "accept-deal",
                fault,
                expected,
                new Fields()
                        .hex("order", asked.order())
                        .object("ring", asked.ring())
                        .text("dealer", "dealer1")
                        .hex("key", asked.asking)
                        .number("now", asked.now));
    }
}
