package dev.interlock.protocol.vectors;

import static dev.interlock.protocol.vectors.Negatives.flipped;
import static dev.interlock.protocol.vectors.Negatives.longer;
import static dev.interlock.protocol.vectors.Negatives.malleated;
import static dev.interlock.protocol.vectors.Negatives.shorter;
import static dev.interlock.protocol.vectors.Negatives.with;
import static dev.interlock.protocol.vectors.Rejection.ACCEPTED;
import static dev.interlock.protocol.vectors.Rejection.BAD_SIGNATURE;
import static dev.interlock.protocol.vectors.Rejection.MALFORMED;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.SignatureChain;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Faults in what is signed. */
final class SignedNegatives {
    private static final List<Integer> THREE = List.of(9, 4, 200);

    private final Adding suite;

    /** Where they go. */
    interface Adding {
        void add(String kind, String fault, String expected, Fields inputs);
    }

    SignedNegatives(Adding suite) {
        this.suite = suite;
    }

    void all() {
        statements();
        missing();
        signedStatements();
        privateParts();
        dealings();
        tokens();
        claims();
        chains();
        certificates();
        abandonments();
        commands();
        handovers();
        receipts();
        holdings();
    }

    private static Seeds seeds(String kind) {
        return Negatives.seeds(kind);
    }

    private static byte[] without(byte[] bytes, int from, int to) {
        return Product.joined(Arrays.copyOf(bytes, from), Arrays.copyOfRange(bytes, to, bytes.length));
    }

    private static byte[] between(byte[] bytes, int from, int to, byte[] instead) {
        return Product.joined(Arrays.copyOf(bytes, from), instead, Arrays.copyOfRange(bytes, to, bytes.length));
    }

    private static Fields threeOf(Seeds seeds, String kind, int homes) {
        return SignedSuites.statement(seeds, 3, "blinded", 2, 3, SignedSuites.work(kind, THREE, homes));
    }

    private static Value made(Fields statement) {
        return Product.of("statement", statement.value()).value();
    }

    // ------------------------------------------------------------------------------------------------------ statements

    /** Places in the encoding of a write by three providers. */
    private void statements() {
        Seeds seeds = seeds("decode-statement");
        byte[] good = made(threeOf(seeds, "write", 2)).hex("encoding");
        statement("control", ACCEPTED, good);
        statement("truncated", MALFORMED, shorter(good));
        statement("surplus-byte", MALFORMED, longer(good));
        statement("empty", MALFORMED, new byte[0]);
        statement("version-0", MALFORMED, with(good, 0, 0));
        statement("version-1", MALFORMED, with(good, 0, 1));
        statement("version-3", MALFORMED, with(good, 0, 3));
        statement("epoch-0", MALFORMED, with(good, 17, 0, 0, 0, 0));
        statement("epoch-beyond", MALFORMED, with(good, 17, 0x80));
        statement("threshold-1", MALFORMED, with(good, 21, 1));
        statement("threshold-above-n", MALFORMED, with(good, 21, 4));
        statement("n-not-that-of-the-providers", MALFORMED, with(good, 22, 4));
        statement("n-255", MALFORMED, with(good, 22, 255));
        statement("protocol-0", MALFORMED, with(good, 23, 0));
        statement("protocol-4", MALFORMED, with(good, 23, 4));
        statement("profile-0", MALFORMED, with(good, 24, 0));
        statement("profile-3", MALFORMED, with(good, 24, 3));
        statement("root-version-0", MALFORMED, with(good, 25, 0, 0, 0, 0));
        statement("root-version-beyond", MALFORMED, with(good, 25, 0x80));
        statement("owner-that-is-no-key", MALFORMED, with(good, 61, new int[32]));
        statement("a-handover-too-many", MALFORMED, with(good, 93, 1));
        statement("handovers-255", MALFORMED, with(good, 93, 255));
        statement("number-0", MALFORMED, with(good, 94, new int[8]));
        statement("number-beyond", MALFORMED, with(good, 94, 0x80));
        statement("expiry-beyond", MALFORMED, with(good, 102, 0x80));
        statement("kind-0", MALFORMED, with(good, 110, 0));
        statement("kind-7", MALFORMED, with(good, 110, 7));
        statement("x-0", MALFORMED, with(good, 112, 0));
        statement("x-255", MALFORMED, with(good, 112, 255));
        statement("x-twice", MALFORMED, with(good, 112, 4));
        statement("too-long", MALFORMED, with(good, 115, 0, 0, 1, 0, 0, 0, 0, 1));
        statement("length-beyond", MALFORMED, with(good, 115, 0x80));
        statement("no-home", MALFORMED, with(good, 124, 0));
        statement("more-homes-than-providers", MALFORMED, with(good, 124, 4));
        statement("no-dealer", MALFORMED, between(good, 125, 134, new byte[1]));
        statement("dealer-missing", MALFORMED, with(good, 125, 2));
        statement("dealer-twice", MALFORMED, between(good, 125, 134, dealers("dealer1", "dealer1")));
        statement("control-dealer-in-capitals", ACCEPTED, with(good, 127, 'D'));
        statement("control-dealer-without-a-name", ACCEPTED, between(good, 125, 134, dealers("")));
        statement("dealer-not-utf-8", MALFORMED, with(good, 130, 0xFF));
        statement("recipient-that-is-no-key", MALFORMED, between(good, 134, 138, bytes("x25519:00")));
        statement("recipient-in-capitals", MALFORMED, between(good, 134, 138, bytes("X25519:" + "1".repeat(64))));
        statement("continues-2", MALFORMED, with(good, 138, 2));
        statement("continues-nothing", MALFORMED, with(good, 138, 1));
        statement("fewer-parties", MALFORMED, with(good, 140, 2));
        statement(
                "party-twice",
                MALFORMED,
                between(good, 141, 145, new ByteWriter().text("dealer1").toBytes()));
        statement("party-not-utf-8", MALFORMED, with(good, 142, 0xFF));
        statement("session-key-that-is-no-key", MALFORMED, with(good, good.length - 32, new int[32]));
        usings(seeds);
    }

    private void usings(Seeds seeds) {
        byte[] renewal = made(SignedSuites.on(SignedSuites.work("replace", THREE, 2), seeds), seeds);
        statement("renewal-control", ACCEPTED, renewal);
        statement("renewal-without-a-home", MALFORMED, with(renewal, 123, 0));
        statement("renewal-of-fewer-than-n", MALFORMED, with(without(renewal, 114, 115), 111, 2));
        byte[] read = made(
                SignedSuites.on(SignedSuites.work("read", List.of(4, 9), 0), seeds)
                        .numbers("home", 4),
                seeds);
        statement("read-control", ACCEPTED, read);
        statement("read-of-nobody", MALFORMED, with(without(read, 112, 114), 111, 0));
        statement("read-x-twice", MALFORMED, with(read, 112, 9));
        statement("read-home-not-first", MALFORMED, with(read, 122, 9));
        statement("read-home-0", MALFORMED, with(read, 122, 0));
        statement("control-read-home-outside", ACCEPTED, with(read, 122, 200));
        byte[] repair = made(
                SignedSuites.on(SignedSuites.work("repair", List.of(9, 4), 0), seeds)
                        .numbers("repaired", 200)
                        .numbers("home", 9),
                seeds);
        statement("repair-control", ACCEPTED, repair);
        statement("repair-by-itself", MALFORMED, with(repair, 122, 4));
        statement("repair-from-itself", MALFORMED, with(repair, 124, 200));
        statement("repair-of-0", MALFORMED, with(repair, 122, 0));
        statement("repair-from-two-homes", MALFORMED, between(repair, 123, 125, new byte[] {2, 9, 4}));
    }

    private static byte[] made(Fields work, Seeds seeds) {
        return made(SignedSuites.statement(seeds, 3, "blinded", 2, 3, work)).hex("encoding");
    }

    private static byte[] dealers(String... names) {
        ByteWriter out = new ByteWriter().u8(names.length);
        for (String name : names) {
            out.text(name);
        }
        return out.toBytes();
    }

    private static byte[] bytes(String text) {
        return new ByteWriter().bytes(text.getBytes(StandardCharsets.US_ASCII)).toBytes();
    }

    private void statement(String fault, String expected, byte[] statement) {
        suite.add("decode-statement", fault, expected, new Fields().hex("statement", statement));
    }

    /** t = 2 of five, x = 2 and 3 missing: those that were there are homes. As the bytes would be. */
    private void missing() {
        Seeds seeds = seeds("decode-statement");
        byte[] good = made(SignedSuites.missing(seeds, 2, "blinded", 2, 3, 2)).hex("encoding");
        // The path 4, 5, 1 from 111, the length from 114, the missing from 122, the homes at 125.
        statement("missing-control", ACCEPTED, good);
        byte[] three = between(good, 122, 125, new byte[] {3, 1, 2, 3});
        byte[] two = with(without(three, 113, 114), 110, 2);
        statement("missing-too-many", MALFORMED, with(two, 125, 2));
        statement("missing-and-there", MALFORMED, with(good, 123, 4));
        statement("missing-twice", MALFORMED, with(good, 123, 3));
        statement("missing-a-home", MALFORMED, with(good, 125, 4));
        statement("missing-in-protocol-1", MALFORMED, with(good, 23, 1));
        statement("missing-published", MALFORMED, with(good, 24, 1));
        statement("missing-with-two-dealers", MALFORMED, between(good, 126, 135, dealers("dealer1", "dealer2")));
    }

    private void signedStatements() {
        Seeds seeds = seeds("verify-statement");
        Fields statement = threeOf(seeds, "write", 2);
        byte[] w = made(statement).hex("encoding");
        byte[] signature = made(statement).hex("signature");
        signed("control", ACCEPTED, w, signature);
        signed("malformed", MALFORMED, shorter(w), signature);
        // The ring, the epoch, the nonce, the number, the expiry, the length, a private part's hash.
        for (int at : new int[] {1, 20, 30, 100, 109, 122, 151}) {
            signed("byte-" + at + "-changed", BAD_SIGNATURE, flipped(w, at), signature);
        }
        signed("made-an-attested-write", BAD_SIGNATURE, with(w, 110, 2), signature);
        byte[] refresh = made(SignedSuites.on(SignedSuites.work("refresh", THREE, 2), seeds), seeds);
        byte[] replace = made(SignedSuites.on(SignedSuites.work("replace", THREE, 2), seeds), seeds);
        SigningKey owner = Product.key(seeds.seed("owner"));
        signed("control-refresh", ACCEPTED, refresh, owner.sign(Purpose.STATEMENT, refresh));
        signed("a-refresh-made-a-replacement", BAD_SIGNATURE, replace, owner.sign(Purpose.STATEMENT, refresh));
        signed("signature-changed", BAD_SIGNATURE, w, flipped(signature, 5));
        signed("s-not-reduced", BAD_SIGNATURE, w, malleated(signature));
        signed(
                "by-another-owner",
                BAD_SIGNATURE,
                w,
                Product.key(seeds.seed("another")).sign(Purpose.STATEMENT, w));
        signed("signed-for-another-purpose", BAD_SIGNATURE, w, owner.sign(Purpose.OWNER_COMMAND, w));
    }

    private void signed(String fault, String expected, byte[] w, byte[] signature) {
        suite.add(
                "verify-statement",
                fault,
                expected,
                new Fields().hex("statement", w).hex("signature", signature));
    }

    private void privateParts() {
        Seeds seeds = seeds("decode-private-part");
        Fields in = new Fields()
                .hex("salt", seeds.bytes("salt", 64))
                .hex("asks", Product.publicKey(seeds.seed("user")))
                .text("blinds", "expanded")
                .hex("seeds", seeds.bytes("seeds", 32));
        byte[] good = Product.of("private-part", in.value()).value().hex("encoding");
        part("control", ACCEPTED, good);
        part("truncated", MALFORMED, shorter(good));
        part("surplus-byte", MALFORMED, longer(good));
        part("empty", MALFORMED, new byte[0]);
        part("version-1", MALFORMED, with(good, 0, 1));
        part("key-that-is-none", MALFORMED, with(good, 65, new int[32]));
        part("blinds-4", MALFORMED, with(good, 97, 4));
    }

    private void part(String fault, String expected, byte[] part) {
        suite.add("decode-private-part", fault, expected, new Fields().hex("part", part));
    }

    // --------------------------------------------------------------------------------------------- dealings and tokens

    private void dealings() {
        Seeds seeds = seeds("verify-dealt");
        byte[] w = seeds.seed("w");
        Value dealt = Product.of("dealt", SignedSuites.dealtTo(seeds, w, THREE).value())
                .value();
        Value sums =
                Product.of("sums", SignedSuites.sumsOf(seeds, w, THREE).value()).value();
        byte[] key = dealt.hex("public_key");
        List<byte[]> keys = sums.hexes("public_keys");
        byte[] good = dealt.hex("encoding");
        byte[] summed = sums.hex("encoding");
        dealt("control", ACCEPTED, good, w, key, keys);
        dealt("control-sums", ACCEPTED, summed, w, key, keys);
        dealt("truncated", MALFORMED, shorter(good), w, key, keys);
        dealt("surplus-byte", MALFORMED, longer(good), w, key, keys);
        dealt("sums-truncated", MALFORMED, shorter(summed), w, key, keys);
        dealt("no-root", MALFORMED, without(with(good, 1, 0), 2, 101), w, key, keys);
        dealt("signed-by-somebody-else", MALFORMED, with(good, 0, 2), w, key, keys);
        dealt("x-0", MALFORMED, with(good, 2, 0), w, key, keys);
        byte[] another = seeds.seed("another");
        dealt("another-session", BAD_SIGNATURE, good, another, key, keys);
        dealt("sums-of-another-session", BAD_SIGNATURE, summed, another, key, keys);
        dealt("another-x", BAD_SIGNATURE, with(good, 2, 8), w, key, keys);
        dealt("another-root", BAD_SIGNATURE, flipped(good, 40), w, key, keys);
        dealt("a-root-missing", BAD_SIGNATURE, without(with(good, 1, 2), 68, 101), w, key, keys);
        dealt("signature-changed", BAD_SIGNATURE, flipped(good, -1), w, key, keys);
        dealt("another-dealer", BAD_SIGNATURE, good, w, Product.publicKey(another), keys);
        for (int i = 0; i < 3; i++) {
            dealt("sum-" + i + "-changed", BAD_SIGNATURE, flipped(summed, 3 + 33 * i), w, key, keys);
        }
        List<byte[]> swapped = new ArrayList<>(keys);
        Collections.swap(swapped, 0, 1);
        dealt("sums-by-each-other", BAD_SIGNATURE, summed, w, key, swapped);
        // The dealer's word for all is none for a sum.
        byte[] one = Product.joined(
                new byte[] {1, 3},
                Arrays.copyOfRange(good, 2, 101),
                dealt.hex("signature"),
                dealt.hex("signature"),
                dealt.hex("signature"));
        dealt("sums-by-the-dealer", BAD_SIGNATURE, one, w, key, List.of(key, key, key));
    }

    private void dealt(String fault, String expected, byte[] dealt, byte[] w, byte[] dealer, List<byte[]> keys) {
        suite.add(
                "verify-dealt",
                fault,
                expected,
                new Fields()
                        .hex("dealt", dealt)
                        .hex("w", w)
                        .hex("dealer_key", dealer)
                        .hexes("public_keys", keys));
    }

    private void tokens() {
        Seeds seeds = seeds("decode-token");
        Fields statement = threeOf(seeds, "write", 2);
        byte[] good = SignedSuites.tokenOf(seeds, statement);
        int w = made(statement).hex("encoding").length;
        int dealt = 5 + w + 32;
        token("control", ACCEPTED, good);
        token("truncated", MALFORMED, shorter(good));
        token("surplus-byte", MALFORMED, longer(good));
        token("empty", MALFORMED, new byte[0]);
        token("version-1", MALFORMED, with(good, 0, 1));
        token("version-3", MALFORMED, with(good, 0, 3));
        token("statement-malformed", MALFORMED, with(good, 5, 1));
        token("statement-longer", MALFORMED, with(good, 4, good[4] + 1));
        token("statement-beyond", MALFORMED, with(good, 1, 0x80));
        token("time-beyond", MALFORMED, with(good, -8, 0x80));
        token("roots-signed-by-somebody-else", MALFORMED, with(good, dealt, 2));
        token("sums-of-one-dealer", MALFORMED, ofAnother(seeds, statement, "sums", THREE));
        token("a-root-missing", MALFORMED, ofAnother(seeds, statement, "dealt", THREE.subList(0, 2)));
        token("roots-in-another-order", MALFORMED, ofAnother(seeds, statement, "dealt", THREE.reversed()));
        token("a-root-too-many", MALFORMED, ofAnother(seeds, statement, "dealt", List.of(9, 4, 200, 201)));
        token("a-root-twice", MALFORMED, ofAnother(seeds, statement, "dealt", List.of(9, 4, 4)));
        Fields two = SignedSuites.twoDealers(seeds);
        token("two-dealers-control", ACCEPTED, SignedSuites.tokenOf(seeds, two));
        token("two-dealers-and-one-signed", MALFORMED, ofAnother(seeds, two, "dealt", THREE));
        Fields refresh = SignedSuites.statement(
                seeds, 3, "blinded", 2, 3, SignedSuites.on(SignedSuites.work("refresh", THREE, 2), seeds));
        token("refresh-control", ACCEPTED, SignedSuites.tokenOf(seeds, refresh));
        token("refresh-that-a-dealer-signed", MALFORMED, ofAnother(seeds, refresh, "dealt", THREE));
        Fields read = SignedSuites.statement(
                seeds,
                3,
                "blinded",
                2,
                3,
                SignedSuites.on(SignedSuites.work("read", THREE, 0), seeds).numbers("home", 9));
        token("of-a-read", MALFORMED, ofAnother(seeds, read, "dealt", THREE));
        byte[] degraded = SignedSuites.tokenOf(seeds, SignedSuites.missing(seeds, 3, "blinded", 3, 3, 1));
        int claim = degraded.length - 8 - 96;
        token("missing-control", ACCEPTED, degraded);
        token("missing-without-its-claim", MALFORMED, without(degraded, claim, claim + 96));
        token("missing-claim-without-a-key", MALFORMED, with(degraded, claim, new int[32]));
        token(
                "claim-of-one-that-was-there",
                MALFORMED,
                between(good, good.length - 8, good.length - 8, Arrays.copyOfRange(degraded, claim, claim + 96)));
        Fields published = SignedSuites.statement(seeds, 2, "published", 2, 3, SignedSuites.work("write", THREE, 1));
        token("published-control", ACCEPTED, SignedSuites.tokenOf(seeds, published));
        token("published-without-the-users-root", MALFORMED, ofAnother(seeds, published, "dealt", THREE));
    }

    /** With the roots of another dealing, or none that fits. */
    private static byte[] ofAnother(Seeds seeds, Fields statement, String kind, List<Integer> points) {
        Value made = made(statement);
        byte[] w = made.hex("hash");
        Fields dealt =
                kind.equals("sums") ? SignedSuites.sumsOf(seeds, w, points) : SignedSuites.dealtTo(seeds, w, points);
        return Product.joined(
                new ByteWriter().u8(2).bytes(made.hex("encoding")).toBytes(),
                seeds.seed("h"),
                Product.of(kind, dealt.value()).value().hex("encoding"),
                new ByteWriter().u64(Suites.TIME).toBytes());
    }

    private void token(String fault, String expected, byte[] token) {
        suite.add("decode-token", fault, expected, new Fields().hex("token", token));
    }

    private void claims() {
        Seeds seeds = seeds("verify-claim");
        byte[] w = seeds.seed("w");
        Value made =
                Product.of("claim", SignedSuites.claim(seeds, w, 17).value()).value();
        byte[] signature = made.hex("signature");
        byte[] key = made.hex("public_key");
        claim("control", ACCEPTED, key, w, 17, signature);
        claim("another-session", BAD_SIGNATURE, key, seeds.seed("another"), 17, signature);
        claim("another-x", BAD_SIGNATURE, key, w, 18, signature);
        claim("another-key", BAD_SIGNATURE, Product.publicKey(seeds.seed("another")), w, 17, signature);
        claim("signature-changed", BAD_SIGNATURE, key, w, 17, flipped(signature, 0));
    }

    private void claim(String fault, String expected, byte[] key, byte[] w, int x, byte[] signature) {
        suite.add(
                "verify-claim",
                fault,
                expected,
                new Fields().hex("public_key", key).hex("w", w).number("x", x).hex("signature", signature));
    }

    // ---------------------------------------------------------------------------------------- chains and certificates

    private void chains() {
        Seeds seeds = seeds("verify-chain");
        byte[] u = SignedSuites.smallToken(seeds);
        List<byte[]> providers = seeds.many("provider", 3, 32);
        List<byte[]> keys = providers.stream().map(Product::publicKey).toList();
        byte[] root = seeds.seed("ciphertext");
        SignatureChain whole = Made.chain(u, providers, root);
        List<Participation> parts = whole.participations();
        byte[] good = whole.encode();
        chain("control", ACCEPTED, good, keys);
        chain("truncated", MALFORMED, shorter(good), keys);
        chain("surplus-byte", MALFORMED, longer(good), keys);
        chain("count-above-the-signatures", MALFORMED, SignedSuites.chainBytes(u, 4, parts), keys);
        chain("token-malformed", MALFORMED, SignedSuites.chainBytes(with(u, 0, 1), 3, parts), keys);
        // The first participation's root, of one byte less.
        int first = 4 + u.length + 1;
        chain("root-too-short", MALFORMED, without(with(good, first + 3, 31), first + 4, first + 5), keys);
        chain("no-signature", BAD_SIGNATURE, SignedSuites.chainBytes(u, 0, List.of()), keys);
        chain("last-signature-missing", BAD_SIGNATURE, SignedSuites.chainBytes(u, 2, parts.subList(0, 2)), keys);
        List<Participation> four = new ArrayList<>(parts);
        four.add(parts.getLast());
        chain("a-signature-too-many", BAD_SIGNATURE, SignedSuites.chainBytes(u, 4, four), keys);
        chain("signatures-in-another-order", BAD_SIGNATURE, swapped(u, parts, 0, 1), keys);
        for (int i = 0; i < 3; i++) {
            chain("signature-" + i + "-changed", BAD_SIGNATURE, changed(u, parts, i, 5 * i), keys);
        }
        Participation last = parts.get(2);
        chain(
                "s-not-reduced",
                BAD_SIGNATURE,
                having(u, parts, 2, new Participation(Optional.empty(), malleated(last.signature()))),
                keys);
        chain("time-changed", BAD_SIGNATURE, SignedSuites.chainBytes(flipped(u, -1), 3, parts), keys);
        List<byte[]> other = new ArrayList<>(keys);
        Collections.swap(other, 0, 1);
        chain("keys-in-another-order", BAD_SIGNATURE, good, other);
        byte[] another = seeds.seed("another");
        chain(
                "ciphertext-root-changed",
                BAD_SIGNATURE,
                having(
                        u,
                        parts,
                        0,
                        new Participation(Optional.of(another), parts.get(0).signature())),
                keys);
        // Each signed well.
        chain(
                "homes-with-different-ciphertexts",
                BAD_SIGNATURE,
                having(
                        u,
                        parts,
                        1,
                        whole.participate(new ShareIndex(4), Optional.of(another), Product.key(providers.get(1)))),
                keys);
        chain("home-without-a-root", BAD_SIGNATURE, having(u, parts, 0, signed(u, 9, providers.get(0))), keys);
        chain(
                "root-of-one-that-is-no-home",
                BAD_SIGNATURE,
                having(u, parts, 2, signed(u, 200, providers.get(2), root)),
                keys);
        nested(seeds, providers, keys, root);
    }

    /** Signed as a participation, whoever's turn it is. */
    private static Participation signed(byte[] u, int x, byte[] seed, byte[]... roots) {
        byte[] root = Product.joined(roots);
        byte[] message =
                new ByteWriter().bytes(u).u8(x).bytes(root).bytes(new byte[0]).toBytes();
        return new Participation(
                roots.length == 0 ? Optional.empty() : Optional.of(root),
                Product.key(seed).sign(Purpose.PARTICIPATION, message));
    }

    private void nested(Seeds seeds, List<byte[]> providers, List<byte[]> keys, byte[] root) {
        byte[] u = SignedSuites.tokenOf(
                seeds, SignedSuites.statement(seeds, 3, "published", 2, 3, SignedSuites.work("write", THREE, 1)));
        List<Participation> parts = Made.chain(u, providers, root).participations();
        chain("published-control", ACCEPTED, SignedSuites.chainBytes(u, 3, parts), keys);
        for (int i = 0; i < 3; i++) {
            chain("published-signature-" + i + "-changed", BAD_SIGNATURE, changed(u, parts, i, 1), keys);
        }
        chain("published-signed-in-parallel", BAD_SIGNATURE, having(u, parts, 1, signed(u, 4, providers.get(1))), keys);
    }

    private static byte[] having(byte[] u, List<Participation> parts, int i, Participation instead) {
        List<Participation> changed = new ArrayList<>(parts);
        changed.set(i, instead);
        return SignedSuites.chainBytes(u, parts.size(), changed);
    }

    private static byte[] changed(byte[] u, List<Participation> parts, int i, int at) {
        Participation one = parts.get(i);
        return having(u, parts, i, new Participation(one.ciphertextRoot(), flipped(one.signature(), at)));
    }

    private static byte[] swapped(byte[] u, List<Participation> parts, int i, int j) {
        List<Participation> all = new ArrayList<>(parts);
        Collections.swap(all, i, j);
        return SignedSuites.chainBytes(u, parts.size(), all);
    }

    private void chain(String fault, String expected, byte[] chain, List<byte[]> keys) {
        suite.add(
                "verify-chain",
                fault,
                expected,
                new Fields().hex("chain", chain).hexes("public_keys", keys));
    }

    private void certificates() {
        Seeds seeds = seeds("verify-certificate");
        List<byte[]> keys =
                seeds.many("provider", 5, 32).stream().map(Product::publicKey).toList();
        byte[] u = SignedSuites.tokenOf(seeds, SignedSuites.missing(seeds, 3, "blinded", 3, 3, 1));
        byte[] good = certificate(seeds, u, 4);
        certificate("control", ACCEPTED, good, keys);
        byte[] five = Made.chain(u, seeds.many("provider", 5, 32), seeds.seed("ciphertext"))
                .encode();
        // The late signature stands behind the certificate, and wasn't there when it was signed.
        certificate("control-with-a-late-signature", ACCEPTED, certified(good, five), keys);
        certificate("truncated", MALFORMED, shorter(good), keys);
        certificate("surplus-byte", MALFORMED, longer(good), keys);
        certificate("token-malformed", MALFORMED, with(good, 64 + 4 + 4, 1), keys);
        certificate("owners-signature-changed", BAD_SIGNATURE, flipped(good, 0), keys);
        certificate("session-keys-signature-changed", BAD_SIGNATURE, flipped(good, -1), keys);
        certificate("token-changed", BAD_SIGNATURE, flipped(good, 64 + 4 + 4 + u.length - 1), keys);
        byte[] late = flipped(five, -1);
        certificate("late-signature-changed", BAD_SIGNATURE, certified(good, late), keys);
        byte[] three = Made.chain(u, seeds.many("provider", 3, 32), seeds.seed("ciphertext"))
                .encode();
        certificate("one-of-the-path-missing", BAD_SIGNATURE, certificate(seeds, u, 3), keys);
        certificate("one-of-the-path-cut-off", BAD_SIGNATURE, certified(good, three), keys);
        List<byte[]> other = new ArrayList<>(keys);
        Collections.swap(other, 0, 3);
        certificate("keys-in-another-order", BAD_SIGNATURE, good, other);
        Value made = Product.of(
                        "certificate",
                        SignedSuites.certificate(seeds, u, 4)
                                .hex("session_seed", seeds.seed("session"))
                                .value())
                .value();
        byte[] signed = made.hex("signed");
        SigningKey session = Product.key(seeds.seed("session"));
        byte[] message = Arrays.copyOfRange(signed, 1 + signed[0], signed.length);
        certificate(
                "by-the-owner",
                BAD_SIGNATURE,
                resigned(good, Product.key(seeds.seed("owner")).sign(Purpose.CERTIFICATE, message)),
                keys);
        certificate(
                "signed-for-another-purpose",
                BAD_SIGNATURE,
                resigned(good, session.sign(Purpose.ABANDONMENT, message)),
                keys);
    }

    private static byte[] resigned(byte[] certificate, byte[] signature) {
        return Product.joined(Arrays.copyOf(certificate, certificate.length - 64), signature);
    }

    private static byte[] certificate(Seeds seeds, byte[] u, int signers) {
        return Product.of(
                        "certificate",
                        SignedSuites.certificate(seeds, u, signers).value())
                .value()
                .hex("encoding");
    }

    /** The same two signatures about another chain. */
    private static byte[] certified(byte[] certificate, byte[] chain) {
        return Product.joined(
                Arrays.copyOf(certificate, 64),
                new ByteWriter().bytes(chain).toBytes(),
                Arrays.copyOfRange(certificate, certificate.length - 64, certificate.length));
    }

    private void certificate(String fault, String expected, byte[] certificate, List<byte[]> keys) {
        suite.add(
                "verify-certificate",
                fault,
                expected,
                new Fields().hex("certificate", certificate).hexes("public_keys", keys));
    }

    private void abandonments() {
        Seeds seeds = seeds("verify-abandonment");
        Value made = made(threeOf(seeds, "write", 2));
        byte[] w = made.hex("hash");
        byte[] statement = made.hex("encoding");
        List<byte[]> keys = THREE.stream()
                .map(x -> Product.publicKey(seeds.seed("provider " + x)))
                .toList();
        byte[] bySession = Product.of(
                        "abandonment",
                        new Fields()
                                .hex("w", w)
                                .hex("seed", seeds.seed("session"))
                                .value())
                .value()
                .hex("encoding");
        abandonment("control", ACCEPTED, bySession, statement, keys);
        abandonment("truncated", MALFORMED, shorter(bySession), statement, keys);
        abandonment("surplus-byte", MALFORMED, longer(bySession), statement, keys);
        abandonment("of-nobody", MALFORMED, Product.joined(w, new byte[5]), statement, keys);
        abandonment("of-another-session", BAD_SIGNATURE, flipped(bySession, 0), statement, keys);
        abandonment("signature-changed", BAD_SIGNATURE, flipped(bySession, -2), statement, keys);
        abandonment("signature-too-short", MALFORMED, tooShort(bySession), statement, keys);
        SigningKey session = Product.key(seeds.seed("session"));
        abandonment(
                "signed-as-a-certificate",
                BAD_SIGNATURE,
                abandoned(w, session.sign(Purpose.CERTIFICATE, w)),
                statement,
                keys);
        abandonment(
                "by-the-owner",
                BAD_SIGNATURE,
                abandoned(w, Product.key(seeds.seed("owner")).sign(Purpose.ABANDONMENT, w)),
                statement,
                keys);
        words(seeds, w, statement, keys, bySession);
    }

    private static byte[] tooShort(byte[] bySession) {
        return with(without(bySession, 36, 37), 35, 63);
    }

    private static byte[] abandoned(byte[] w, byte[] signature) {
        return Product.joined(w, new ByteWriter().bytes(signature).u8(0).toBytes());
    }

    private void words(Seeds seeds, byte[] w, byte[] statement, List<byte[]> keys, byte[] bySession) {
        byte[] all = worded(seeds, w, THREE);
        abandonment("words-control", ACCEPTED, all, statement, keys);
        abandonment("control-words-in-another-order", ACCEPTED, worded(seeds, w, List.of(200, 9, 4)), statement, keys);
        abandonment("word-missing", BAD_SIGNATURE, worded(seeds, w, List.of(9, 4)), statement, keys);
        abandonment("word-twice", BAD_SIGNATURE, worded(seeds, w, List.of(9, 4, 4)), statement, keys);
        abandonment("word-too-many", BAD_SIGNATURE, worded(seeds, w, List.of(9, 4, 200, 201)), statement, keys);
        abandonment("word-of-a-stranger", BAD_SIGNATURE, worded(seeds, w, List.of(9, 4, 201)), statement, keys);
        // The last word's session, x and signature.
        abandonment("word-of-another-session", BAD_SIGNATURE, flipped(all, -97), statement, keys);
        abandonment("word-changed", BAD_SIGNATURE, flipped(all, -1), statement, keys);
        abandonment("word-with-x-0", MALFORMED, with(all, -65, 0), statement, keys);
        abandonment("words-truncated", MALFORMED, shorter(all), statement, keys);
        byte[] ofAnother = worded(seeds, seeds.seed("another"), THREE);
        abandonment(
                "words-of-another-session",
                BAD_SIGNATURE,
                Product.joined(w, Arrays.copyOfRange(ofAnother, 32, ofAnother.length)),
                statement,
                keys);
        byte[] both = Product.joined(Arrays.copyOf(bySession, 36 + 64), Arrays.copyOfRange(all, 36, all.length));
        abandonment("signature-and-words", MALFORMED, both, statement, keys);
    }

    private static byte[] worded(Seeds seeds, byte[] w, List<Integer> xs) {
        return Product.of("words", SignedSuites.words(seeds, w, xs).value())
                .value()
                .hex("encoding");
    }

    private void abandonment(String fault, String expected, byte[] abandonment, byte[] w, List<byte[]> keys) {
        suite.add(
                "verify-abandonment",
                fault,
                expected,
                new Fields().hex("abandonment", abandonment).hex("statement", w).hexes("public_keys", keys));
    }

    // ------------------------------------------------------------------------------------ commands, receipts, holdings

    private void commands() {
        Seeds seeds = seeds("verify-command");
        Value made = Product.of(
                        "command",
                        SignedSuites.command(
                                        seeds,
                                        SignedSuites.on(
                                                SignedSuites.deed("destroy")
                                                        .number("epoch", 2)
                                                        .number("highest", 5),
                                                seeds))
                                .value())
                .value();
        byte[] command = made.hex("command");
        byte[] good = made.hex("encoding");
        SigningKey owner = Product.key(seeds.seed("owner"));
        SigningKey user = Product.key(seeds.seed("user at cc1"));
        command("control", ACCEPTED, good);
        command("truncated", MALFORMED, shorter(good));
        command("surplus-byte", MALFORMED, longer(good));
        command("version-1", MALFORMED, authorised(with(command, 0, 1), owner, user));
        command("root-version-0", MALFORMED, authorised(with(command, 17, 0, 0, 0, 0), owner, user));
        command("owner-that-is-no-key", MALFORMED, authorised(with(command, 53, new int[32]), owner, user));
        command("number-beyond", MALFORMED, authorised(with(command, 86, 0x80), owner, user));
        command("time-beyond", MALFORMED, authorised(with(command, 94, 0x80), owner, user));
        command("deed-0", MALFORMED, authorised(with(command, 102, 0), owner, user));
        command("deed-7", MALFORMED, authorised(with(command, 102, 7), owner, user));
        command("deed-with-another-ones-fields", MALFORMED, authorised(with(command, 102, 3), owner, user));
        command("surplus-byte-in-it", MALFORMED, authorised(longer(command), owner, user));
        // The bytes count, then the ring, the owner's nonce, the deed's epoch, the generation.
        for (int at : new int[] {1, 30, 106, 121}) {
            command("byte-" + at + "-changed", BAD_SIGNATURE, flipped(good, 8 + at));
        }
        command("for-another-node", BAD_SIGNATURE, flipped(good, good.length - 97));
        command("users-signature-changed", BAD_SIGNATURE, flipped(good, -1));
        command("owners-signature-changed", BAD_SIGNATURE, flipped(good, 8 + command.length));
        SigningKey other = Product.key(seeds.seed("another"));
        command("by-another-owner", BAD_SIGNATURE, authorised(command, other, user));
        command("by-a-stolen-root-secret-alone", BAD_SIGNATURE, flipped(authorised(command, owner, owner), -40));
        command("by-a-users-key-alone", BAD_SIGNATURE, authorised(command, user, user));
        byte[] anothers = authorised(command, owner, other);
        command(
                "authorised-by-another-user",
                BAD_SIGNATURE,
                between(
                        anothers,
                        anothers.length - 96,
                        anothers.length - 64,
                        user.verifyingKey().bytes()));
    }

    /** Of objects that were handed over, and what hands them over. */
    private void handovers() {
        Seeds seeds = seeds("verify-handover");
        SigningKey first = Product.key(seeds.seed("owner"));
        SigningKey second = Product.key(seeds.seed("owner 1"));
        SigningKey user = Product.key(seeds.seed("user at cc1"));
        Fields twice = SignedSuites.handedOver(threeOf(seeds, "write", 2), seeds, 2);
        byte[] w = made(twice).hex("encoding");
        SigningKey third = Product.key(seeds.seed("owner 2"));
        signed("control-handed-over-twice", ACCEPTED, w, third.sign(Purpose.STATEMENT, w));
        signed("handed-over-and-signed-by-the-first", BAD_SIGNATURE, w, first.sign(Purpose.STATEMENT, w));
        signed("handed-over-and-signed-by-the-second", BAD_SIGNATURE, w, second.sign(Purpose.STATEMENT, w));
        // Its count, then 132 bytes each: version, nonce, key, signature.
        int links = 94;
        byte[] firstLink = Arrays.copyOfRange(w, links, links + 132);
        byte[] secondLink = Arrays.copyOfRange(w, links + 132, links + 264);
        byte[] swapped = between(w, links, links + 264, Product.joined(secondLink, firstLink));
        signed("handovers-in-another-order", BAD_SIGNATURE, swapped, second.sign(Purpose.STATEMENT, swapped));
        byte[] skipped = with(between(w, links, links + 264, secondLink), 93, 1);
        signed("a-handover-left-out", BAD_SIGNATURE, skipped, third.sign(Purpose.STATEMENT, skipped));
        byte[] doubled = with(between(w, links, links + 264, Product.joined(firstLink, firstLink)), 93, 2);
        signed("a-handover-twice", BAD_SIGNATURE, doubled, second.sign(Purpose.STATEMENT, doubled));
        byte[] changed = flipped(w, links + 131);
        signed("a-handover-whose-signature-is-changed", BAD_SIGNATURE, changed, third.sign(Purpose.STATEMENT, changed));
        byte[] nonce = flipped(w, links + 10);
        signed("a-handover-with-another-nonce", BAD_SIGNATURE, nonce, third.sign(Purpose.STATEMENT, nonce));
        byte[] once = with(between(w, links, links + 264, firstLink), 93, 1);
        signed("control-the-title-before", ACCEPTED, once, second.sign(Purpose.STATEMENT, once));

        Value made =
                Product.of("hand-over", SignedSuites.handOver(seeds, 0).value()).value();
        byte[] command = made.hex("command");
        byte[] good = made.hex("encoding");
        command("control-hand-over", ACCEPTED, good);
        command("hand-over-truncated", MALFORMED, authorised(shorter(command), first, user));
        // After the deed's code: to, the handover's signature, epoch, highest, generation, the acceptance.
        int to = 103;
        int acceptance = to + 68 + 64 + 4 + 8 + 32;
        command("hand-over-to-another", BAD_SIGNATURE, authorised(flipped(command, to + 10), first, user));
        command("hand-over-signature-changed", BAD_SIGNATURE, authorised(flipped(command, to + 70), first, user));
        command(
                "acceptance-for-another-node",
                BAD_SIGNATURE,
                authorised(flipped(command, acceptance + 3), first, user));
        command(
                "acceptance-with-another-users-key",
                BAD_SIGNATURE,
                authorised(
                        between(
                                command,
                                acceptance + 4,
                                acceptance + 36,
                                user.verifyingKey().bytes()),
                        first,
                        user));
        command(
                "acceptance-that-the-next-owner-didnt-sign",
                BAD_SIGNATURE,
                authorised(flipped(command, acceptance + 40), first, user));
        command("acceptance-that-the-user-didnt-sign", BAD_SIGNATURE, authorised(flipped(command, -1), first, user));
        command("hand-over-by-the-next-owner", BAD_SIGNATURE, authorised(command, second, user));
        command(
                "control-hand-over-of-another-generation",
                ACCEPTED,
                authorised(flipped(command, acceptance - 1), first, user));
    }

    private static byte[] authorised(byte[] command, SigningKey owner, SigningKey user) {
        byte[] signed =
                Product.joined(new ByteWriter().bytes(command).toBytes(), owner.sign(Purpose.OWNER_COMMAND, command));
        byte[] message = new ByteWriter().bytes(signed).text("cc1").toBytes();
        return Product.joined(message, user.verifyingKey().bytes(), user.sign(Purpose.COMMAND, message));
    }

    private void command(String fault, String expected, byte[] command) {
        suite.add("verify-command", fault, expected, new Fields().hex("command", command));
    }

    private void receipts() {
        Seeds seeds = seeds("verify-receipt");
        Value made = Product.of(
                        "receipt",
                        SignedSuites.receipt(seeds, SignedSuites.smallToken(seeds), 9, true, Suites.TIME)
                                .value())
                .value();
        byte[] key = made.hex("public_key");
        byte[] good = made.hex("encoding");
        byte[] b = made.hex("body");
        receipt("control", ACCEPTED, good, key);
        receipt("truncated", MALFORMED, shorter(good), key);
        receipt("surplus-byte", MALFORMED, longer(good), key);
        receipt("surplus-byte-in-the-body", MALFORMED, receipt(seeds, longer(b)), key);
        receipt("body-too-short", MALFORMED, receipt(seeds, shorter(b)), key);
        receipt("epoch-beyond", MALFORMED, receipt(seeds, with(b, 16, 0x80)), key);
        receipt("number-beyond", MALFORMED, receipt(seeds, with(b, 36, 0x80)), key);
        receipt("scope-2", MALFORMED, receipt(seeds, with(b, 76, 2)), key);
        receipt("x-0", MALFORMED, receipt(seeds, with(b, 77, 0)), key);
        receipt("x-255", MALFORMED, receipt(seeds, with(b, 77, 255)), key);
        receipt("time-beyond", MALFORMED, receipt(seeds, with(b, -8, 0x80)), key);
        // Ring, epoch, object, number, generation, root, time.
        for (int at : new int[] {0, 19, 20, 43, 44, 78, 117}) {
            receipt("byte-" + at + "-changed", BAD_SIGNATURE, flipped(good, 4 + at), key);
        }
        receipt("scope-changed", BAD_SIGNATURE, with(good, 4 + 76, 0), key);
        receipt("signature-changed", BAD_SIGNATURE, flipped(good, -1), key);
        receipt("of-another-provider", BAD_SIGNATURE, good, Product.publicKey(seeds.seed("another")));
        receipt(
                "signed-for-another-purpose",
                BAD_SIGNATURE,
                Product.joined(
                        new ByteWriter().bytes(b).toBytes(),
                        Product.key(seeds.seed("provider")).sign(Purpose.HOLDING, b)),
                key);
    }

    private static byte[] receipt(Seeds seeds, byte[] body) {
        byte[] signature = Product.key(seeds.seed("provider")).sign(Purpose.RECEIPT, body);
        return Product.joined(new ByteWriter().bytes(body).toBytes(), signature);
    }

    private void receipt(String fault, String expected, byte[] receipt, byte[] key) {
        suite.add(
                "verify-receipt",
                fault,
                expected,
                new Fields().hex("receipt", receipt).hex("public_key", key));
    }

    private void holdings() {
        Seeds seeds = seeds("verify-holding");
        Value made = Product.of("holding", SignedSuites.holding(seeds, 1, 17, 3).value())
                .value();
        byte[] key = made.hex("public_key");
        byte[] good = made.hex("encoding");
        holding("control", ACCEPTED, good, key);
        holding("truncated", MALFORMED, shorter(good), key);
        holding("surplus-byte", MALFORMED, longer(good), key);
        holding("part-0", MALFORMED, with(good, 48, 0), key);
        holding("part-4", MALFORMED, with(good, 48, 4), key);
        holding("x-0", MALFORMED, with(good, 49, 0), key);
        holding("x-255", MALFORMED, with(good, 49, 255), key);
        holding("chunk-beyond", MALFORMED, with(good, 50, 0x80), key);
        IntStream.of(0, 16, 53, 54)
                .forEach(at -> holding("byte-" + at + "-changed", BAD_SIGNATURE, flipped(good, at), key));
        holding("another-part", BAD_SIGNATURE, with(good, 48, 2), key);
        holding("another-x", BAD_SIGNATURE, with(good, 49, 18), key);
        holding("signature-changed", BAD_SIGNATURE, flipped(good, -1), key);
        holding("of-another-provider", BAD_SIGNATURE, good, Product.publicKey(seeds.seed("another")));
    }

    private void holding(String fault, String expected, byte[] holding, byte[] key) {
        suite.add(
                "verify-holding",
                fault,
                expected,
                new Fields().hex("holding", holding).hex("public_key", key));
    }
}
