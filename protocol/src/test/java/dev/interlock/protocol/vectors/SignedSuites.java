package dev.interlock.protocol.vectors;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.token.Participation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The inputs of the vectors of what is signed: SPEC §3. */
final class SignedSuites {
    private static final List<Integer> THREE = List.of(9, 4, 200);
    private static final List<Integer> FIVE = List.of(4, 5, 1, 2, 3);

    private SignedSuites() {}

    static Stream<Suite> all() {
        return Stream.of(
                owner(),
                statement(),
                privatePart(),
                dealt(),
                token(),
                claim(),
                chain(),
                certificate(),
                abandonment(),
                command(),
                handOver(),
                receipt(),
                holding());
    }

    private static Suite each(String name, String description, Map<String, Function<Seeds, Fields>> inputs) {
        Suite suite = new Suite(name, description);
        inputs.forEach((id, in) -> suite.add(id, id.replace('-', ' '), name, in));
        return suite;
    }

    /** In their order. */
    @SafeVarargs
    private static Map<String, Function<Seeds, Fields>> named(Map.Entry<String, Function<Seeds, Fields>>... entries) {
        Map<String, Function<Seeds, Fields>> all = new LinkedHashMap<>();
        for (Map.Entry<String, Function<Seeds, Fields>> entry : entries) {
            all.put(entry.getKey(), entry.getValue());
        }
        return all;
    }

    private static Map.Entry<String, Function<Seeds, Fields>> vector(String id, Function<Seeds, Fields> in) {
        return Map.entry(id, in);
    }

    // ------------------------------------------------------------------------------------------- owners and statements

    private static Suite owner() {
        Seeds user = new Seeds("owner");
        Function<byte[], Fields> of = nonce -> new Fields()
                .hex("secret", user.seed("secret"))
                .number("version", 1)
                .hex("nonce", nonce);
        return each(
                "owner-key",
                "the owner's key of an object, and the object's id",
                named(
                        vector("an-object", seeds -> of.apply(seeds.seed("nonce"))),
                        vector("another-object-of-the-same-user", seeds -> of.apply(seeds.seed("nonce"))),
                        vector("a-nonce-of-zeros", _ -> of.apply(new byte[32]))));
    }

    static Fields ownerOf(Seeds seeds) {
        return new Fields()
                .number("version", 1)
                .hex("nonce", seeds.seed("nonce"))
                .hex("seed", seeds.seed("owner"))
                .objects("handovers", List.of());
    }

    /** The owners after the first, each by version, nonce and seed. */
    private static Fields ownerOf(Seeds seeds, int handovers) {
        List<Fields> next = new ArrayList<>();
        for (int i = 1; i <= handovers; i++) {
            next.add(nextOwner(seeds, i));
        }
        return ownerOf(seeds).objects("handovers", next);
    }

    private static Fields nextOwner(Seeds seeds, int place) {
        return new Fields()
                .number("version", 1)
                .hex("nonce", seeds.seed("nonce " + place))
                .hex("seed", seeds.seed("owner " + place));
    }

    /** The same of an object that was handed over so often. */
    static Fields handedOver(Fields statement, Seeds seeds, int handovers) {
        return statement.object("owner", ownerOf(seeds, handovers));
    }

    /** Hands an object over that was handed over so often. */
    static Fields handOver(Seeds seeds, int handovers) {
        return new Fields()
                .hex("ring", seeds.id("ring"))
                .object("owner", ownerOf(seeds, handovers))
                .number("time", Suites.TIME)
                .object("to", nextOwner(seeds, handovers + 1))
                .number("epoch", 2)
                .number("highest", 5)
                .hex("generation", seeds.seed("generation"))
                .text("node", "cc1")
                .hex("seed", seeds.seed("user at cc1"))
                .hex("next_seed", seeds.seed("next user at cc1"));
    }

    /** A write of 3 MB by one dealer; what isn't of it is empty. */
    static Fields work(String kind, List<Integer> path, int homes) {
        return new Fields()
                .text("kind", kind)
                .numbers("path", Suites.ints(path))
                .number("length", 3_000_000)
                .numbers("missing")
                .number("homes", homes)
                .texts("dealers", homes > 0 ? List.of("dealer1") : List.of())
                .text("recipient", "")
                .numbers("repaired")
                .numbers("home")
                .hexes("generation", List.of());
    }

    static Fields on(Fields work, Seeds seeds) {
        return work.hexes("generation", List.of(seeds.seed("generation")));
    }

    static Fields statement(Seeds seeds, int protocol, String profile, int t, int n, Fields work) {
        List<Fields> parties = new ArrayList<>();
        for (String name : List.of("cc9", "a-provider", "dealer1")) {
            parties.add(new Fields().text("name", name).hex("hash", seeds.seed("hash for " + name)));
        }
        return new Fields()
                .hex("ring", seeds.id("ring"))
                .number("epoch", 2)
                .number("threshold", t)
                .number("n", n)
                .number("protocol", protocol)
                .text("profile", profile)
                .object("owner", ownerOf(seeds))
                .number("number", 1)
                .number("expiry", Suites.TIME + 600_000)
                .object("work", work)
                .objects("parties", parties)
                .hex("session_key", Product.publicKey(seeds.seed("session")));
    }

    private static Fields write(Seeds seeds, int protocol, String profile) {
        return statement(seeds, protocol, profile, 2, 3, work("write", THREE, profile.equals("blinded") ? 2 : 1));
    }

    static String recipient(Seeds seeds, Kem kem) {
        return Suites.recipient(kem, seeds.seed("private key"));
    }

    static Fields missing(Seeds seeds, int protocol, String profile, int t, int homes, int count) {
        int present = FIVE.size() - count;
        Fields work = work("write", FIVE.subList(0, present), homes)
                .numbers("missing", Suites.ints(FIVE.subList(present, FIVE.size())));
        return statement(seeds, protocol, profile, t, 5, work);
    }

    private static Suite statement() {
        return each(
                "statement",
                "statements w of every kind, and owners' signatures over them",
                named(
                        vector("write", seeds -> write(seeds, 3, "blinded")),
                        vector("write-by-the-next-owner", seeds -> handedOver(write(seeds, 3, "blinded"), seeds, 1)),
                        vector("write-after-two-handovers", seeds -> handedOver(write(seeds, 3, "blinded"), seeds, 2)),
                        vector("write-published", seeds -> write(seeds, 2, "published")),
                        vector(
                                "write-to-a-public-key",
                                seeds -> statement(
                                        seeds,
                                        1,
                                        "blinded",
                                        2,
                                        3,
                                        work("write", THREE, 2).text("recipient", recipient(seeds, Kem.X25519)))),
                        vector(
                                "write-to-a-public-key-of-x-wing",
                                seeds -> statement(
                                        seeds,
                                        1,
                                        "published",
                                        2,
                                        3,
                                        work("write", THREE, 1).text("recipient", recipient(seeds, Kem.XWING)))),
                        vector(
                                "write-that-moves-an-object",
                                seeds -> statement(seeds, 3, "blinded", 2, 3, on(work("write", THREE, 2), seeds))
                                        .number("number", 8)),
                        vector("write-with-one-missing", seeds -> missing(seeds, 3, "blinded", 3, 3, 1)),
                        vector("write-with-two-missing", seeds -> missing(seeds, 2, "blinded", 2, 3, 2)),
                        vector(
                                "write-of-three-dealers",
                                seeds -> statement(
                                        seeds,
                                        3,
                                        "blinded",
                                        2,
                                        3,
                                        work("write", THREE, 2).texts("dealers", List.of("dealer1", "cc4", "cc200")))),
                        vector(
                                "attested-write",
                                seeds -> statement(seeds, 3, "blinded", 2, 3, work("attested", THREE, 2))),
                        vector(
                                "replace",
                                seeds -> statement(seeds, 3, "blinded", 2, 3, on(work("replace", THREE, 2), seeds))
                                        .number("number", 2)),
                        vector(
                                "refresh",
                                seeds -> statement(seeds, 2, "blinded", 2, 3, on(work("refresh", THREE, 2), seeds))
                                        .number("number", (1L << 53) - 1)),
                        vector(
                                "read",
                                seeds -> statement(
                                        seeds,
                                        3,
                                        "blinded",
                                        2,
                                        3,
                                        on(work("read", List.of(4, 9), 0), seeds)
                                                .numbers("home", 4))),
                        vector(
                                "read-of-the-longest-object",
                                seeds -> statement(
                                        seeds,
                                        2,
                                        "published",
                                        2,
                                        3,
                                        on(work("read", List.of(200), 0), seeds)
                                                .number("length", 1L << 40)
                                                .numbers("home", 9))),
                        vector(
                                "repair",
                                seeds -> statement(
                                        seeds,
                                        3,
                                        "blinded",
                                        2,
                                        3,
                                        on(work("repair", List.of(9, 4), 0), seeds)
                                                .numbers("repaired", 200))),
                        vector(
                                "repair-of-a-home",
                                seeds -> statement(
                                        seeds,
                                        3,
                                        "blinded",
                                        2,
                                        3,
                                        on(work("repair", List.of(200, 4), 0), seeds)
                                                .numbers("repaired", 9)
                                                .numbers("home", 4))),
                        vector(
                                "many-providers",
                                seeds -> statement(
                                                seeds,
                                                3,
                                                "blinded",
                                                17,
                                                30,
                                                work(
                                                        "write",
                                                        IntStream.range(0, 30)
                                                                .mapToObj(i -> 230 - i)
                                                                .toList(),
                                                        14))
                                        .number("epoch", Integer.MAX_VALUE))));
    }

    private static Suite privatePart() {
        Suite suite = new Suite("private-part", "what one party alone is told of a session");
        for (Map.Entry<String, Integer> each :
                List.of(Map.entry("none", 0), Map.entry("expanded", 1), Map.entry("full", 0), Map.entry("paired", 4))) {
            suite.add(
                    each.getKey(),
                    each.getValue() + " seeds",
                    "private-part",
                    seeds -> new Fields()
                            .hex("salt", seeds.bytes("salt", 64))
                            .hex("asks", Product.publicKey(seeds.seed("user")))
                            .text("blinds", each.getKey())
                            .hex("seeds", seeds.bytes("seeds", 32 * each.getValue())));
        }
        return suite;
    }

    // -------------------------------------------------------------------------------------------- dealings and tokens

    static List<Fields> roots(Seeds seeds, List<Integer> points) {
        return points.stream()
                .map(x -> new Fields().number("x", x).hex("root", seeds.bytes("root " + x, 32)))
                .toList();
    }

    private static Suite dealt() {
        Suite suite =
                new Suite("dealt", "what binds somebody to the shares' roots: the dealer, or of sums each provider");
        for (List<Integer> points :
                List.of(THREE, List.of(1, 254), IntStream.range(1, 255).boxed().toList())) {
            suite.add(
                    "dealt-" + points.size(),
                    "to " + points.size() + " points",
                    "dealt",
                    seeds -> dealtTo(seeds, seeds.seed("w"), points));
        }
        suite.add("sums", "of three providers", "sums", seeds -> sumsOf(seeds, seeds.seed("w"), THREE));
        return suite;
    }

    static Fields dealtTo(Seeds seeds, byte[] w, List<Integer> points) {
        return new Fields().hex("seed", seeds.seed("dealer")).hex("w", w).objects("roots", roots(seeds, points));
    }

    static Fields sumsOf(Seeds seeds, byte[] w, List<Integer> points) {
        return new Fields()
                .hexes(
                        "seeds",
                        points.stream().map(x -> seeds.seed("provider " + x)).toList())
                .hex("w", w)
                .objects("roots", roots(seeds, points));
    }

    /** A token over such a statement. */
    static Fields token(Seeds seeds, Fields statement) {
        Value made = Product.of("statement", statement.value()).value();
        Value work = statement.value().object("work");
        List<Integer> points = new ArrayList<>();
        work.xs("path").forEach(x -> points.add(x.x()));
        work.xs("missing").forEach(x -> points.add(x.x()));
        if (statement.value().text("profile").equals("published")
                && statement.value().number("protocol") > 1) {
            points.add(1 + points.stream().mapToInt(Integer::intValue).max().orElseThrow());
        }
        boolean summed =
                work.text("kind").equals("refresh") || work.texts("dealers").size() > 1;
        byte[] w = made.hex("hash");
        Fields dealt = summed ? sumsOf(seeds, w, points) : dealtTo(seeds, w, points);
        List<Fields> claims = work.xs("missing").stream()
                .map(x -> Product.of("claim", claim(seeds, w, x.x()).value()).value())
                .map(claim -> new Fields().hex("key", claim.hex("public_key")).hex("signature", claim.hex("signature")))
                .toList();
        return new Fields()
                .hex("statement", made.hex("encoding"))
                .hex("h", seeds.seed("h"))
                .hex(
                        "dealt",
                        Product.of(summed ? "sums" : "dealt", dealt.value())
                                .value()
                                .hex("encoding"))
                .objects("claims", claims)
                .number("time", Suites.TIME);
    }

    static byte[] tokenOf(Seeds seeds, Fields statement) {
        return Product.of("token", token(seeds, statement).value()).value().hex("encoding");
    }

    /** u_m of three providers with x = 9, 4, 200, of which two are homes. */
    static byte[] smallToken(Seeds seeds) {
        return tokenOf(seeds, write(seeds, 3, "blinded"));
    }

    private static Suite token() {
        Suite suite = new Suite("token", "tokens u_m");
        for (int protocol = 1; protocol <= 3; protocol++) {
            for (String profile : List.of("blinded", "published")) {
                int number = protocol;
                suite.add(
                        "protocol-" + protocol + "-" + profile,
                        "two of three",
                        "token",
                        seeds -> token(seeds, write(seeds, number, profile)));
            }
        }
        suite.add(
                "one-missing", "with its claim", "token", seeds -> token(seeds, missing(seeds, 3, "blinded", 3, 3, 1)));
        suite.add("two-missing", "with claims", "token", seeds -> token(seeds, missing(seeds, 2, "blinded", 2, 3, 2)));
        suite.add("refreshed", "each provider signed its sum", "token", seeds -> token(seeds, refreshed(seeds)));
        suite.add("two-dealers", "each provider signed its sum", "token", seeds -> token(seeds, twoDealers(seeds)));
        return suite;
    }

    private static Fields refreshed(Seeds seeds) {
        return statement(seeds, 3, "blinded", 2, 3, on(work("refresh", THREE, 2), seeds))
                .number("number", 2);
    }

    static Fields twoDealers(Seeds seeds) {
        return statement(
                seeds, 3, "blinded", 2, 3, work("write", THREE, 2).texts("dealers", List.of("dealer1", "dealer2")));
    }

    private static Suite claim() {
        return each(
                "claim",
                "owners' words for providers that were missing",
                named(
                        vector("first", seeds -> claim(seeds, seeds.seed("w"), 1)),
                        vector("last", seeds -> claim(seeds, seeds.seed("w"), 254))));
    }

    static Fields claim(Seeds seeds, byte[] w, int x) {
        return new Fields().hex("seed", seeds.seed("user at " + x)).hex("w", w).number("x", x);
    }

    // -------------------------------------------------------------------------------------- chains and what they prove

    static Fields chain(Seeds seeds, byte[] token, int providers) {
        return new Fields()
                .hex("token", token)
                .hexes("seeds", seeds.many("provider", providers, 32))
                .hex("root", seeds.seed("ciphertext"));
    }

    private static Suite chain() {
        return each(
                "chain",
                "complete signature chains",
                named(
                        vector("blinded-in-parallel", seeds -> chain(seeds, smallToken(seeds), 3)),
                        vector(
                                "published-one-over-the-other",
                                seeds -> chain(seeds, tokenOf(seeds, write(seeds, 3, "published")), 3)),
                        vector("of-sums", seeds -> chain(seeds, tokenOf(seeds, refreshed(seeds)), 3)),
                        vector(
                                "with-one-that-signed-later",
                                seeds -> chain(seeds, tokenOf(seeds, missing(seeds, 3, "blinded", 3, 3, 1)), 5))));
    }

    private static Suite certificate() {
        return each(
                "certificate",
                "what makes a generation count",
                named(
                        vector("blinded", seeds -> certificate(seeds, smallToken(seeds), 3)),
                        vector(
                                "published",
                                seeds -> certificate(seeds, tokenOf(seeds, write(seeds, 2, "published")), 3)),
                        vector(
                                "one-missing",
                                seeds -> certificate(seeds, tokenOf(seeds, missing(seeds, 3, "blinded", 3, 3, 1)), 4)),
                        vector(
                                "one-signed-later",
                                seeds ->
                                        certificate(seeds, tokenOf(seeds, missing(seeds, 3, "blinded", 3, 3, 1)), 5))));
    }

    static Fields certificate(Seeds seeds, byte[] token, int signers) {
        List<byte[]> providers = seeds.many("provider", signers, 32);
        return new Fields()
                .hex(
                        "chain",
                        Made.chain(token, providers, seeds.seed("ciphertext")).encode())
                .hex("owner_seed", seeds.seed("owner"))
                .hex("session_seed", seeds.seed("session"));
    }

    static Fields words(Seeds seeds, byte[] w, List<Integer> xs) {
        return new Fields()
                .hex("w", w)
                .objects(
                        "providers",
                        xs.stream()
                                .map(x -> new Fields().number("x", x).hex("seed", seeds.seed("provider " + x)))
                                .toList());
    }

    private static Suite abandonment() {
        Suite suite = new Suite("abandonment", "that what a session made will never count");
        suite.add(
                "by-the-session-key",
                "by whoever made it",
                "abandonment",
                seeds -> new Fields().hex("w", seeds.seed("w")).hex("seed", seeds.seed("session")));
        suite.add("by-all-providers", "three words", "words", seeds -> words(seeds, seeds.seed("w"), THREE));
        return suite;
    }

    // ------------------------------------------------------------------------------------ commands, receipts, holdings

    static Fields command(Seeds seeds, Fields deed) {
        return new Fields()
                .hex("ring", seeds.id("ring"))
                .object("owner", ownerOf(seeds))
                .number("number", deed.value().text("kind").matches("schedule|cancel") ? 3 : 0)
                .number("time", Suites.TIME)
                .object("deed", deed)
                .text("node", "cc1")
                .hex("seed", seeds.seed("user at cc1"));
    }

    static Fields deed(String kind) {
        return new Fields()
                .text("kind", kind)
                .number("epoch", 0)
                .number("highest", 0)
                .number("at", 0)
                .hexes("generation", List.of());
    }

    private static Suite command() {
        return each(
                "command",
                "what an owner has a provider do",
                named(
                        vector(
                                "destroy",
                                seeds -> command(
                                        seeds,
                                        on(deed("destroy").number("epoch", 2).number("highest", 5), seeds))),
                        vector("destroy-for-ever", seeds -> command(seeds, deed("destroy-for-ever"))),
                        vector(
                                "schedule",
                                seeds -> command(seeds, deed("schedule").number("at", Suites.TIME + 86_400_000L))),
                        vector("cancel", seeds -> command(seeds, deed("cancel"))),
                        vector("settle", seeds -> command(seeds, on(deed("settle"), seeds))),
                        vector(
                                "cancel-by-the-next-owner",
                                seeds -> command(seeds, deed("cancel")).object("owner", ownerOf(seeds, 1)))));
    }

    private static Suite handOver() {
        Suite suite = new Suite("hand-over", "commands that make an object another owner's");
        suite.add("the-first", "by who made it", "hand-over", seeds -> handOver(seeds, 0));
        suite.add("the-third", "by who got it from who got it", "hand-over", seeds -> handOver(seeds, 2));
        return suite;
    }

    private static Suite receipt() {
        return each(
                "receipt",
                "receipts of destruction",
                named(
                        vector("of-one-generation", seeds -> receipt(seeds, smallToken(seeds), 9, false, Suites.TIME)),
                        vector("for-ever", seeds -> receipt(seeds, smallToken(seeds), 200, true, 0))));
    }

    static Fields receipt(Seeds seeds, byte[] token, int x, boolean forEver, long time) {
        return new Fields()
                .hex("seed", seeds.seed("provider"))
                .hex("token", token)
                .number("x", x)
                .flag("for_ever", forEver)
                .number("time", time);
    }

    private static Suite holding() {
        return each(
                "holding",
                "providers' words about what they hold",
                named(
                        vector("share-chunk", seeds -> holding(seeds, 1, 1, 0)),
                        vector("whole-share", seeds -> holding(seeds, 1, 17, Integer.MAX_VALUE)),
                        vector("ciphertext-chunk", seeds -> holding(seeds, 2, 254, 1_000_000)),
                        vector("whole-ciphertext", seeds -> holding(seeds, 2, 3, Integer.MAX_VALUE)),
                        vector("passed-on", seeds -> holding(seeds, 3, 9, Integer.MAX_VALUE))));
    }

    static Fields holding(Seeds seeds, int part, int x, int chunk) {
        return new Fields()
                .hex("seed", seeds.seed("provider"))
                .hex("ring", seeds.id("ring"))
                .hex("w", seeds.seed("w"))
                .number("part", part)
                .number("x", x)
                .number("chunk", chunk)
                .hex("hash", seeds.seed("hash"));
    }

    /** The bytes of a chain, whether or not it holds. */
    static byte[] chainBytes(byte[] token, int count, List<Participation> participations) {
        byte[] head = new ByteWriter().bytes(token).u8(count).toBytes();
        return Product.joined(
                head,
                Product.joined(
                        participations.stream().map(Participation::encode).toArray(byte[][]::new)));
    }
}
