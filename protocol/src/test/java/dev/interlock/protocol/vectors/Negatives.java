package dev.interlock.protocol.vectors;

import static dev.interlock.protocol.vectors.Rejection.ACCEPTED;
import static dev.interlock.protocol.vectors.Rejection.BAD_INPUT;
import static dev.interlock.protocol.vectors.Rejection.BAD_SIGNATURE;
import static dev.interlock.protocol.vectors.Rejection.INTEGRITY;
import static dev.interlock.protocol.vectors.Rejection.MALFORMED;
import static dev.interlock.protocol.vectors.Rejection.REFUSED_ORDER;
import static dev.interlock.protocol.vectors.Rejection.WRONG_KEY;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.ring.Role;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** One fault a vector, in something that is otherwise right, and the class of its rejection. */
final class Negatives {
    private final Suite suite = new Suite("negative", "one fault each, and how it must be rejected");

    private Negatives() {}

    static Suite all() {
        Negatives negatives = new Negatives();
        negatives.publicKeys();
        negatives.tokens();
        negatives.chains();
        negatives.receipts();
        negatives.shareRoots();
        negatives.cards();
        negatives.descriptors();
        negatives.requests();
        negatives.chunks();
        negatives.shares();
        negatives.sealedMessages();
        negatives.sealedShares();
        negatives.userKeys();
        negatives.orders();
        return negatives.suite;
    }

    /** All vectors of a kind grow from the same seeds: they differ in their faults alone. */
    private void add(String kind, String fault, String expected, Fields inputs) {
        suite.negative(kind + "-" + fault, fault.replace('-', ' '), kind, expected, _ -> inputs);
    }

    private static Seeds seeds(String kind) {
        return new Seeds("negative/" + kind);
    }

    static byte[] flipped(byte[] bytes, int at) {
        return with(bytes, at, bytes[at < 0 ? bytes.length + at : at] ^ 1);
    }

    /** @param at from the end, where it's negative */
    static byte[] with(byte[] bytes, int at, int... values) {
        byte[] changed = bytes.clone();
        for (int i = 0; i < values.length; i++) {
            changed[(at < 0 ? bytes.length + at : at) + i] = (byte) values[i];
        }
        return changed;
    }

    private static byte[] without(byte[] bytes, int from, int to) {
        return Product.joined(Arrays.copyOf(bytes, from), Arrays.copyOfRange(bytes, to, bytes.length));
    }

    static byte[] longer(byte[] bytes) {
        return Arrays.copyOf(bytes, bytes.length + 1);
    }

    static byte[] shorter(byte[] bytes) {
        return Arrays.copyOf(bytes, bytes.length - 1);
    }

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    // ------------------------------------------------------------------------------------------------- public keys

    private void publicKeys() {
        byte[] good = Product.publicKey(seeds("decode-public-key").seed("key"));
        publicKey("control", ACCEPTED, good);
        publicKey("identity", MALFORMED, with(new byte[32], 0, 1));
        publicKey("order-2", MALFORMED, hex("ec" + "ff".repeat(30) + "7f"));
        publicKey("order-4", MALFORMED, new byte[32]);
        publicKey("order-8", MALFORMED, hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"));
        publicKey("mixed-order", MALFORMED, plusOrder2(good));
        publicKey("beyond-the-field", MALFORMED, hex("f0" + "ff".repeat(30) + "7f"));
        publicKey("zero-with-a-sign", MALFORMED, with(with(new byte[32], 0, 1), 31, 0x80));
        publicKey("not-on-the-curve", MALFORMED, with(new byte[32], 0, 2));
    }

    /** (x, y) + (0, −1) = (−x, −y). */
    private static byte[] plusOrder2(byte[] point) {
        BigInteger p = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));
        byte[] y = reversed(with(point, 31, point[31] & 0x7F));
        byte[] negated = p.subtract(new BigInteger(1, y)).toByteArray();
        byte[] padded = new byte[32];
        System.arraycopy(negated, 0, padded, 32 - negated.length, negated.length);
        byte[] encoded = reversed(padded);
        encoded[31] |= (byte) (~point[31] & 0x80);
        return encoded;
    }

    private static byte[] reversed(byte[] bytes) {
        byte[] out = new byte[bytes.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = bytes[bytes.length - 1 - i];
        }
        return out;
    }

    private void publicKey(String fault, String expected, byte[] key) {
        add("decode-public-key", fault, expected, new Fields().hex("public_key", key));
    }

    // ---------------------------------------------------------------------------------------- tokens, chains, receipts

    /** Places in the encoding of {@link Suites#smallToken}. */
    private void tokens() {
        byte[] good = Suites.smallToken(seeds("decode-token"));
        token("control", ACCEPTED, good);
        token("truncated", MALFORMED, shorter(good));
        token("surplus-byte", MALFORMED, longer(good));
        token("empty", MALFORMED, new byte[0]);
        token("version-0", MALFORMED, with(good, 0, 0));
        token("version-2", MALFORMED, with(good, 0, 2));
        token("epoch-0", MALFORMED, with(good, 33, 0, 0, 0, 0));
        token("epoch-beyond", MALFORMED, with(good, 33, 0x80));
        token("protocol-0", MALFORMED, with(good, 37, 0));
        token("protocol-4", MALFORMED, with(good, 37, 4));
        token("profile-0", MALFORMED, with(good, 38, 0));
        token("profile-3", MALFORMED, with(good, 38, 3));
        token("threshold-1", MALFORMED, with(good, 55, 1));
        token("threshold-above-n", MALFORMED, with(good, 55, 4));
        token("x-0", MALFORMED, with(good, 57, 0));
        token("x-255", MALFORMED, with(good, 57, 255));
        token("x-twice", MALFORMED, with(good, 57, 4));
        token("no-home", MALFORMED, with(good, 60, 0));
        token("more-homes-than-providers", MALFORMED, with(good, 60, 4));
        token("too-long", MALFORMED, with(good, 62, 0, 0, 1, 0, 0, 0, 0, 1));
        token("length-beyond", MALFORMED, with(good, 62, 0x80));
        token("other-chunks", MALFORMED, with(good, 70, 0, 0x20));
        token("no-dealer", MALFORMED, with(without(good, 107, 115), 106, 0));
        token("dealer-missing", MALFORMED, with(good, 106, 2));
        token("control-dealer-in-capitals", ACCEPTED, with(good, 108, 'D'));
        token("control-dealer-without-a-name", ACCEPTED, with(without(good, 108, 115), 107, 0));
        token("dealer-not-utf-8", MALFORMED, with(good, 111, 0xFF));
        token("roots-signed-by-somebody-else", MALFORMED, with(good, 115, 2));
        // The second dealer's name ends at 122, then who signed.
        byte[] two = Product.of(
                        "token",
                        Suites.token(seeds("decode-token"), 3, "blinded", 2, 2, 2, 3_000_000, 9, 4, 200)
                                .value())
                .value()
                .hex("encoding");
        token("two-dealers-control", ACCEPTED, two);
        token("dealer-twice", MALFORMED, with(two, 122, '1'));
        token("two-dealers-and-one-signed", MALFORMED, with(two, 123, 0));
        token("generation-0", MALFORMED, with(good, -28, 0, 0, 0, 0));
        token("later-generation-is-its-own-origin", MALFORMED, with(good, -28, 0, 0, 0, 2));
        token("first-generation-of-another-origin", MALFORMED, with(good, -24, ~good[good.length - 24]));
        token("time-beyond", MALFORMED, with(good, -8, 0x80));
        token("missing-in-no-place", MALFORMED, with(good, 61, 4));
        // t = 2 of five, x = 2 and 3 missing: those that were there are homes.
        token("missing-control", ACCEPTED, withMissing(2, "blinded", 3, 2));
        token("missing-too-many", MALFORMED, withMissing(2, "blinded", 2, 3));
        token("missing-a-home", MALFORMED, withMissing(2, "blinded", 4, 2));
        token("missing-in-protocol-1", MALFORMED, withMissing(1, "blinded", 3, 2));
        token("missing-published", MALFORMED, withMissing(3, "published", 1, 2));
        token("missing-under-a-sum", MALFORMED, with(withMissing(2, "blinded", 3, 2), 309, 1));
        token("missing-claim-without-a-key", MALFORMED, with(withMissing(2, "blinded", 3, 2), 64, new int[32]));
    }

    /** As the bytes would be; a token of its own would refuse them. */
    private static byte[] withMissing(int protocol, String profile, int homes, int missing) {
        Seeds seeds = seeds("decode-token");
        byte[] all = Product.of(
                        "token",
                        Suites.token(seeds, protocol, profile, 2, homes, 1, 100, 4, 5, 1, 2, 3)
                                .value())
                .value()
                .hex("encoding");
        byte[] claims = new byte[0];
        for (Fields claim : Suites.claims(seeds, missing)) {
            claims = Product.joined(
                    claims, claim.value().hex("key"), claim.value().hex("signature"));
        }
        return Product.joined(
                Arrays.copyOf(all, 63), new byte[] {(byte) missing}, claims, Arrays.copyOfRange(all, 64, all.length));
    }

    private void token(String fault, String expected, byte[] token) {
        add("decode-token", fault, expected, new Fields().hex("token", token));
    }

    private void chains() {
        Seeds seeds = seeds("verify-chain");
        byte[] u = Suites.smallToken(seeds);
        List<byte[]> providers = seeds.many("provider", 3, 32);
        List<byte[]> keys = providers.stream().map(Product::publicKey).toList();
        List<byte[]> signatures = Product.chain(u, providers).signatures();
        byte[] good = chain(u, 3, signatures);
        chain("control", ACCEPTED, good, keys);
        chain("truncated", MALFORMED, shorter(good), keys);
        chain("surplus-byte", MALFORMED, longer(good), keys);
        chain("count-above-the-signatures", MALFORMED, chain(u, 4, signatures), keys);
        chain("token-malformed", MALFORMED, chain(with(u, 0, 2), 3, signatures), keys);
        chain("no-signature", BAD_SIGNATURE, chain(u, 0, List.of()), keys);
        chain("last-signature-missing", BAD_SIGNATURE, chain(u, 2, signatures.subList(0, 2)), keys);
        List<byte[]> four = new ArrayList<>(signatures);
        four.add(signatures.getLast());
        chain("a-signature-too-many", BAD_SIGNATURE, chain(u, 4, four), keys);
        List<byte[]> swapped = new ArrayList<>(signatures);
        Collections.swap(swapped, 1, 2);
        chain("signatures-in-another-order", BAD_SIGNATURE, chain(u, 3, swapped), keys);
        for (int i = 0; i < 3; i++) {
            List<byte[]> changed = new ArrayList<>(signatures);
            changed.set(i, flipped(signatures.get(i), 5 * i));
            chain("signature-" + i + "-changed", BAD_SIGNATURE, chain(u, 3, changed), keys);
        }
        List<byte[]> malleated = new ArrayList<>(signatures);
        malleated.set(2, malleated(signatures.get(2)));
        chain("s-not-reduced", BAD_SIGNATURE, chain(u, 3, malleated), keys);
        chain("token-changed", BAD_SIGNATURE, chain(flipped(u, 80), 3, signatures), keys);
        List<byte[]> other = new ArrayList<>(keys);
        Collections.swap(other, 0, 1);
        chain("keys-in-another-order", BAD_SIGNATURE, good, other);

        // CC_2 signs a root that isn't its own in u_m; CC_3 signs behind it.
        SigningKey second = Product.key(providers.get(1));
        byte[] foreign = second.sign(
                Purpose.TOKEN_CHAIN,
                new ByteWriter()
                        .bytes(u)
                        .u8(4)
                        .bytes(new byte[32])
                        .bytes(signatures.getFirst())
                        .toBytes());
        chain(
                "signed-with-a-foreign-root",
                BAD_SIGNATURE,
                chain(u, 3, List.of(signatures.get(0), foreign, signatures.get(2))),
                keys);
    }

    static byte[] chain(byte[] token, int count, List<byte[]> signatures) {
        return Product.joined(
                new ByteWriter().bytes(token).u8(count).toBytes(), Product.joined(signatures.toArray(byte[][]::new)));
    }

    /** S + L in the place of S. */
    static byte[] malleated(byte[] signature) {
        BigInteger order = BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));
        byte[] s = reversed(Arrays.copyOfRange(signature, 32, 64));
        byte[] sum = new BigInteger(1, s).add(order).toByteArray();
        byte[] padded = new byte[32];
        System.arraycopy(sum, 0, padded, 32 - sum.length, sum.length);
        return Product.joined(Arrays.copyOf(signature, 32), reversed(padded));
    }

    private void chain(String fault, String expected, byte[] chain, List<byte[]> keys) {
        add("verify-chain", fault, expected, new Fields().hex("chain", chain).hexes("public_keys", keys));
    }

    private void receipts() {
        Seeds seeds = seeds("verify-receipt");
        Value made = Product.of(
                        "receipt", Suites.receipt(seeds, 17, Suites.TIME).value())
                .value();
        byte[] key = made.hex("public_key");
        byte[] good = made.hex("encoding");
        byte[] b = made.hex("body");
        receipt("control", ACCEPTED, good, key);
        receipt("truncated", MALFORMED, shorter(good), key);
        receipt("surplus-byte", MALFORMED, longer(good), key);
        receipt("surplus-byte-in-the-body", MALFORMED, receipt(seeds, longer(b)), key);
        receipt("body-too-short", MALFORMED, receipt(seeds, shorter(b)), key);
        receipt("x-0", MALFORMED, receipt(seeds, with(b, 32, 0)), key);
        receipt("x-255", MALFORMED, receipt(seeds, with(b, 32, 255)), key);
        receipt("time-beyond", MALFORMED, receipt(seeds, with(b, -8, 0x80)), key);
        receipt("object-changed", BAD_SIGNATURE, flipped(good, 4 + 16), key);
        receipt("root-changed", BAD_SIGNATURE, flipped(good, 4 + 40), key);
        receipt("time-changed", BAD_SIGNATURE, flipped(good, 4 + 72), key);
        receipt("signature-changed", BAD_SIGNATURE, flipped(good, -1), key);
        receipt("of-another-provider", BAD_SIGNATURE, good, Product.publicKey(seeds.seed("another")));
        receipt(
                "signed-for-another-purpose",
                BAD_SIGNATURE,
                Product.joined(
                        new ByteWriter().bytes(b).toBytes(),
                        Product.key(seeds.seed("provider")).sign(Purpose.TOKEN_CHAIN, b)),
                key);
    }

    private static byte[] receipt(Seeds seeds, byte[] body) {
        byte[] signature = Product.key(seeds.seed("provider")).sign(Purpose.RECEIPT, body);
        return Product.joined(new ByteWriter().bytes(body).toBytes(), signature);
    }

    private void receipt(String fault, String expected, byte[] receipt, byte[] key) {
        add(
                "verify-receipt",
                fault,
                expected,
                new Fields().hex("receipt", receipt).hex("public_key", key));
    }

    private void shareRoots() {
        Seeds seeds = seeds("verify-share-root");
        shareRoot("control", ACCEPTED, seeds, _ -> {});
        shareRoot(
                "another-dealer",
                BAD_SIGNATURE,
                seeds,
                f -> f.hex("public_key", Product.publicKey(seeds.seed("another"))));
        shareRoot("another-ring", BAD_SIGNATURE, seeds, f -> f.hex("ring", seeds.id("another")));
        shareRoot("another-epoch", BAD_SIGNATURE, seeds, f -> f.number("epoch", 6));
        shareRoot("another-object", BAD_SIGNATURE, seeds, f -> f.hex("object", seeds.id("another")));
        shareRoot("another-x", BAD_SIGNATURE, seeds, f -> f.number("x", 18));
        shareRoot("another-length", BAD_SIGNATURE, seeds, f -> f.number("length", 101));
        shareRoot("another-root", BAD_SIGNATURE, seeds, f -> f.hex("root", seeds.bytes("another", 32)));
        shareRoot("another-signature", BAD_SIGNATURE, seeds, f -> f.hex("signature", seeds.bytes("another", 64)));
    }

    private void shareRoot(String fault, String expected, Seeds seeds, Consumer<Fields> change) {
        Fields signed = Suites.shareRoot(seeds, 17, 5, 100);
        Value made = Product.of("share-root", signed.value()).value();
        Fields in = new Fields()
                .hex("public_key", made.hex("public_key"))
                .hex("ring", seeds.id("ring"))
                .number("epoch", 5)
                .hex("object", seeds.id("object"))
                .number("x", 17)
                .number("length", 100)
                .hex("root", seeds.bytes("root", 32))
                .hex("signature", made.hex("signature"));
        change.accept(in);
        add("verify-share-root", fault, expected, in);
    }

    // ------------------------------------------------------------------------------------------ cards and descriptors

    private void cards() {
        Seeds seeds = seeds("verify-card");
        SigningKey key = Product.key(seeds.seed("node"));
        String json = Suites.card(seeds, Role.PROVIDER, "cc1", "cc1.example:443");
        String pin = HexFormat.of().formatHex(seeds.bytes("pin", 32));
        byte[] good = Product.signedDocument(Purpose.NODE_CARD, json, key);
        card("control", ACCEPTED, good);
        cardJson("another-format", key, json, "interlock card 1", "interlock card 2");
        cardJson("unknown-field", key, json, "\"role\"", "\"colour\" : \"red\", \"role\"");
        cardJson("field-missing", key, json, "\"tlsPin\" : \"" + pin + "\",", "");
        cardJson("field-twice", key, json, "\"role\"", "\"role\" : \"provider\", \"role\"");
        cardJson("name-in-capitals", key, json, "\"cc1\"", "\"CC1\"");
        cardJson("name-too-long", key, json, "\"cc1\"", "\"" + "c".repeat(33) + "\"");
        cardJson("role-unknown", key, json, "\"provider\"", "\"user\"");
        cardJson("address-without-port", key, json, "cc1.example:443", "cc1.example");
        cardJson("port-0", key, json, "cc1.example:443", "cc1.example:0");
        cardJson("pin-in-capitals", key, json, pin, pin.toUpperCase(Locale.ROOT));
        cardJson("pin-too-short", key, json, pin, pin.substring(2));
        cardJson("key-of-another-kind", key, json, "ed25519:", "ed448:");
        String sealing = Rings.sealing(pin);
        cardJson("sealing-in-capitals", key, json, sealing, sealing.toUpperCase(Locale.ROOT));
        cardJson("sealing-too-short", key, json, sealing, sealing.substring(0, sealing.length() - 2));
        cardJson("sealing-of-another-kind", key, json, "x25519:", "x448:");
        cardJson("sealing-of-a-provider-null", key, json, "\"" + sealing + "\"", "null");
        cardJson("sealing-of-a-dealer", key, json, "\"provider\"", "\"dealer\"");
        cardJson("not-json", key, json, "{", "");
        cardJson("null", key, json, "\"cc1\"", "null");
        card("no-signature-line", MALFORMED, utf8(json + "\n"));
        card("empty", MALFORMED, new byte[0]);
        card("no-newline-at-the-end", MALFORMED, shorter(good));
        card("something-behind-the-signature", MALFORMED, Product.joined(good, utf8("\n")));
        String text = new String(good, StandardCharsets.UTF_8);
        int signature = text.lastIndexOf(' ') + 1;
        card(
                "signature-in-capitals",
                MALFORMED,
                utf8(text.substring(0, signature) + text.substring(signature).toUpperCase(Locale.ROOT)));
        card("name-changed", BAD_SIGNATURE, utf8(text.replace("\"cc1\"", "\"cc2\"")));
        card("space-added", BAD_SIGNATURE, utf8(text.replace("\"cc1\"", " \"cc1\"")));
        card("signed-for-another-purpose", BAD_SIGNATURE, Product.signedDocument(Purpose.RING_DESCRIPTOR, json, key));
        card(
                "signed-by-another-key",
                WRONG_KEY,
                Product.signedDocument(Purpose.NODE_CARD, json, Product.key(seeds.seed("another"))));
    }

    private void cardJson(String fault, SigningKey key, String json, String there, String then) {
        card(fault, MALFORMED, Product.signedDocument(Purpose.NODE_CARD, replaced(json, there, then), key));
    }

    static String replaced(String text, String there, String then) {
        if (!text.contains(there)) {
            throw new IllegalArgumentException("there is no " + there);
        }
        return text.replace(there, then);
    }

    private void card(String fault, String expected, byte[] file) {
        add("verify-card", fault, expected, new Fields().hex("file", file));
    }

    private void descriptors() {
        Seeds seeds = seeds("verify-descriptor");
        String json = Suites.descriptor(seeds, "study", 1, 2, List.of("blinded"), 1, 1, 2, 3)
                .value()
                .text("json");
        SigningKey key = Product.key(seeds.seed("ring"));
        byte[] good = Product.signedDocument(Purpose.RING_DESCRIPTOR, json, key);
        descriptor("control", ACCEPTED, good);
        descriptor("another-format", json, "interlock ring 1", "interlock ring 2");
        descriptor("epoch-0", json, "\"epoch\" : 1", "\"epoch\" : 0");
        descriptor("threshold-1", json, "\"threshold\" : 2", "\"threshold\" : 1");
        descriptor("threshold-above-n", json, "\"threshold\" : 2", "\"threshold\" : 4");
        descriptor("threshold-as-text", json, "\"threshold\" : 2", "\"threshold\" : \"2\"");
        descriptor("profile-unknown", json, "\"blinded\"", "\"plain\"");
        descriptor("x-0", json, "\"x\" : 1", "\"x\" : 0");
        descriptor("x-255", json, "\"x\" : 1", "\"x\" : 255");
        descriptor("x-twice", json, "\"x\" : 1", "\"x\" : 2");
        descriptor("name-twice", json, "\"cc1\"", "\"cc2\"");
        descriptor("address-twice", json, "cc1.example:443", "cc2.example:443");
        descriptor("pin-twice", json, pin(seeds, "cc1"), pin(seeds, "cc2"));
        descriptor("pin-twice-with-the-dealer", json, pin(seeds, "cc1"), pin(seeds, "dealer1"));
        descriptor("key-twice", json, nodeKey(seeds, "cc1"), nodeKey(seeds, "cc2"));
        descriptor("sealing-twice", json, Rings.sealing(pin(seeds, "cc1")), Rings.sealing(pin(seeds, "cc2")));
        String first = replaced(json, "\"provider\",\n  \"name\" : \"cc1\"", "\"dealer\",\n  \"name\" : \"cc1\"");
        descriptor("dealer-among-the-providers", first, "\"" + Rings.sealing(pin(seeds, "cc1")) + "\"", "null");
        String dealer = replaced(json, "\"dealer\"", "\"provider\"");
        descriptor(
                "provider-among-the-dealers",
                dealer,
                "\"sealing\" : null",
                "\"sealing\" : \"" + Rings.sealing(pin(seeds, "dealer1")) + "\"");
        descriptor(
                "no-dealer",
                json.substring(0, json.indexOf("\"dealers\""))
                        + "\"dealers\" : [ ],\n\"dealing\" : [ ],\n\"history\" : null\n}",
                "study",
                "study");
        String none = "\"dealing\" : [ ]";
        descriptor("dealing-missing", json, ",\n" + none, "");
        descriptor("dealing-a-stranger", json, none, "\"dealing\" : [ \"cc4\" ]");
        descriptor("dealing-the-dealer", json, none, "\"dealing\" : [ \"dealer1\" ]");
        descriptor("dealing-twice", json, none, "\"dealing\" : [ \"cc1\", \"cc1\" ]");
        descriptor(
                "fewer-than-t-deal-alone",
                json.substring(0, json.indexOf("\"dealers\""))
                        + "\"dealers\" : [ ],\n\"dealing\" : [ \"cc2\" ],\n\"history\" : null\n}",
                "study",
                "study");
        descriptor("unknown-field", json, "\"epoch\"", "\"colour\" : 1, \"epoch\"");
        descriptor("field-twice", json, "\"epoch\"", "\"epoch\" : 1, \"epoch\"");
        descriptor("name-in-capitals", json, "\"study\"", "\"Study\"");
        descriptor("truncated", MALFORMED, shorter(good));
        descriptor("changed", BAD_SIGNATURE, utf8(new String(good, StandardCharsets.UTF_8).replace("study", "stud")));
        descriptor("signed-for-another-purpose", BAD_SIGNATURE, Product.signedDocument(Purpose.NODE_CARD, json, key));
        descriptor(
                "of-another-ring",
                WRONG_KEY,
                Product.signedDocument(Purpose.RING_DESCRIPTOR, json, Product.key(seeds.seed("another"))));
    }

    private static String pin(Seeds seeds, String node) {
        return HexFormat.of().formatHex(new Seeds(seeds.vector() + "/" + node).bytes("pin", 32));
    }

    private static String nodeKey(Seeds seeds, String node) {
        return Product.key(new Seeds(seeds.vector() + "/" + node).seed("node"))
                .verifyingKey()
                .toString();
    }

    private void descriptor(String fault, String json, String there, String then) {
        SigningKey key = Product.key(seeds("verify-descriptor").seed("ring"));
        descriptor(fault, MALFORMED, Product.signedDocument(Purpose.RING_DESCRIPTOR, replaced(json, there, then), key));
    }

    private void descriptor(String fault, String expected, byte[] file) {
        byte[] key = Product.publicKey(seeds("verify-descriptor").seed("ring"));
        byte[] ring = Product.of("ring-id", new Fields().hex("key", key).value())
                .value()
                .hex("ring");
        add("verify-descriptor", fault, expected, new Fields().hex("file", file).hex("ring", ring));
    }

    // ------------------------------------------------------------------------------------------------------- requests

    private void requests() {
        Seeds seeds = seeds("verify-request");
        Value made = Product.of(
                        "request",
                        Suites.request(seeds, "cc1", "INFO", "00112233445566778899aabbccddeeff", 0)
                                .value())
                .value();
        String header = made.text("header");
        byte[] e = made.hex("encoding");
        byte[] signature = made.hex("signature");
        SigningKey user = Product.key(seeds.seed("user"));
        UnaryOperator<byte[]> resigned = changed -> user.sign(Purpose.CLIENT_REQUEST, changed);
        request("control", ACCEPTED, header);
        request("no-signature", MALFORMED, header.substring(0, header.indexOf('.')));
        request("signature-empty", MALFORMED, header.substring(0, header.indexOf('.') + 1));
        request("empty", MALFORMED, "");
        request("a-second-dot", MALFORMED, header + ".");
        request("padded", MALFORMED, header + "==");
        request("padded-before-the-dot", MALFORMED, header.replace(".", "==."));
        request("spare-bits-set", MALFORMED, header.substring(0, header.length() - 1) + next(header));
        request("a-space", MALFORMED, " " + header);
        request(
                "alphabet-of-base64",
                MALFORMED,
                Base64.getEncoder().withoutPadding().encodeToString(e) + "."
                        + Base64.getEncoder().withoutPadding().encodeToString(signature));
        request("signature-too-short", MALFORMED, header(e, shorter(signature)));
        request("signature-too-long", MALFORMED, header(e, longer(signature)));
        byte[] version = with(e, 0, 2);
        request("version-2", MALFORMED, header(version, resigned.apply(version)));
        request("surplus-byte", MALFORMED, header(longer(e), resigned.apply(longer(e))));
        request("truncated", MALFORMED, header(shorter(e), resigned.apply(shorter(e))));
        byte[] expiry = with(e, -8, 0x80);
        request("expiry-beyond", MALFORMED, header(expiry, resigned.apply(expiry)));
        request("nonce-changed", BAD_SIGNATURE, header(flipped(e, -9), signature));
        request(
                "key-of-another-user",
                BAD_SIGNATURE,
                header(
                        Product.joined(
                                Arrays.copyOf(e, 1),
                                Product.publicKey(seeds.seed("another")),
                                Arrays.copyOfRange(e, 33, e.length)),
                        signature));
        request("signature-changed", BAD_SIGNATURE, header(e, flipped(signature, 3)));
        request("s-not-reduced", BAD_SIGNATURE, header(e, malleated(signature)));
        request("signed-for-another-purpose", BAD_SIGNATURE, header(e, user.sign(Purpose.RECEIPT, e)));
    }

    /** The last digit with one of the bits set that stand for no byte. */
    static char next(String header) {
        String digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return digits.charAt(digits.indexOf(header.charAt(header.length() - 1)) | 1);
    }

    private static String header(byte[] e, byte[] signature) {
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        return base64.encodeToString(e) + "." + base64.encodeToString(signature);
    }

    private void request(String fault, String expected, String header) {
        add("verify-request", fault, expected, new Fields().text("header", header));
    }

    // ------------------------------------------------------------------------------------------------------ integrity

    private void chunks() {
        Seeds seeds = seeds("verify-chunk");
        List<byte[]> r = seeds.many("r", 3, 64);
        List<byte[]> m = seeds.many("m", 3, 20);
        Value made = Product.of(
                        "chunks", new Fields().hexes("r", r).hexes("m", m).value())
                .value();
        byte[] manifest = Product.joined(made.hexes("leaves").toArray(byte[][]::new));
        byte[] h = made.hex("h");
        chunk("control", ACCEPTED, h, manifest, 1, r.get(1), m.get(1));
        chunk("m-changed", INTEGRITY, h, manifest, 1, r.get(1), flipped(m.get(1), 0));
        chunk("m-truncated", INTEGRITY, h, manifest, 1, r.get(1), shorter(m.get(1)));
        chunk("r-changed", INTEGRITY, h, manifest, 1, flipped(r.get(1), 63), m.get(1));
        chunk("another-place", INTEGRITY, h, manifest, 2, r.get(1), m.get(1));
        chunk("another-commitment", INTEGRITY, flipped(h, 0), manifest, 1, r.get(1), m.get(1));
        chunk("another-leaf-in-the-manifest", INTEGRITY, h, flipped(manifest, 0), 1, r.get(1), m.get(1));
        chunk("a-leaf-missing", INTEGRITY, h, Arrays.copyOf(manifest, 64), 1, r.get(1), m.get(1));
    }

    private void chunk(String fault, String expected, byte[] h, byte[] manifest, int index, byte[] r, byte[] m) {
        add(
                "verify-chunk",
                fault,
                expected,
                new Fields()
                        .hex("h", h)
                        .hex("manifest", manifest)
                        .number("index", index)
                        .hex("r", r)
                        .hex("m", m));
    }

    private void shares() {
        Seeds seeds = seeds("verify-share");
        shareFault("control", ACCEPTED, seeds, _ -> {});
        List<byte[]> salts = new ArrayList<>(seeds.many("salt", 2, 64));
        List<byte[]> chunks = new ArrayList<>(seeds.many("chunk", 2, 80));
        shareFault("another-object", INTEGRITY, seeds, f -> f.hex("object", seeds.id("another")));
        shareFault("another-x", INTEGRITY, seeds, f -> f.number("x", 18));
        shareFault(
                "salt-changed",
                INTEGRITY,
                seeds,
                f -> f.hexes("salts", List.of(flipped(salts.get(0), 0), salts.get(1))));
        shareFault(
                "chunk-changed",
                INTEGRITY,
                seeds,
                f -> f.hexes("chunks", List.of(chunks.get(0), flipped(chunks.get(1), 79))));
        shareFault(
                "chunks-in-another-order",
                INTEGRITY,
                seeds,
                f -> f.hexes("chunks", List.of(chunks.get(1), chunks.get(0)))
                        .hexes("salts", List.of(salts.get(1), salts.get(0))));
        shareFault(
                "a-chunk-missing",
                INTEGRITY,
                seeds,
                f -> f.hexes("chunks", List.of(chunks.get(0))).hexes("salts", List.of(salts.get(0))));
        shareFault("another-root", INTEGRITY, seeds, f -> f.hex("root", seeds.bytes("another", 32)));
    }

    private void shareFault(String fault, String expected, Seeds seeds, Consumer<Fields> change) {
        Fields in = new Fields()
                .hex("object", seeds.id("object"))
                .number("x", 17)
                .hexes("salts", seeds.many("salt", 2, 64))
                .hexes("chunks", seeds.many("chunk", 2, 80));
        in.hex("root", Product.of("share-chunks", in.value()).value().hex("root"));
        change.accept(in);
        add("verify-share", fault, expected, in);
    }

    // -------------------------------------------------------------------------------------------------------- sealing

    private void sealedMessages() {
        Seeds seeds = seeds("open-message");
        for (Kem kem : Kem.values()) {
            String label = kem.label() + "-";
            byte[] good = Suites.sealedMessage(seeds, kem, seeds.bytes("m", 40));
            int header = 18 + kem.encBytes();
            message(label + "control", ACCEPTED, seeds, kem, good, _ -> {});
            message(
                    label + "another-key",
                    WRONG_KEY,
                    seeds,
                    kem,
                    good,
                    f -> f.hex("private_key", seeds.seed("another")));
            message(label + "id-changed", WRONG_KEY, seeds, kem, flipped(good, 17), _ -> {});
            message(label + "version-2", INTEGRITY, seeds, kem, with(good, 0, 2), _ -> {});
            message(label + "kem-unknown", INTEGRITY, seeds, kem, with(good, 1, 3), _ -> {});
            message(label + "kem-of-the-other-kind", INTEGRITY, seeds, kem, with(good, 1, 3 - kem.code()), _ -> {});
            message(label + "enc-changed", INTEGRITY, seeds, kem, flipped(good, 18), _ -> {});
            message(label + "enc-of-low-order", INTEGRITY, seeds, kem, with(good, header - 32, new int[32]), _ -> {});
            message(label + "piece-changed", INTEGRITY, seeds, kem, flipped(good, header), _ -> {});
            message(label + "tag-changed", INTEGRITY, seeds, kem, flipped(good, -1), _ -> {});
            message(label + "truncated", INTEGRITY, seeds, kem, shorter(good), _ -> {});
            message(label + "surplus-byte", INTEGRITY, seeds, kem, longer(good), _ -> {});
            message(label + "header-alone", INTEGRITY, seeds, kem, Arrays.copyOf(good, header), _ -> {});
            message(label + "header-truncated", INTEGRITY, seeds, kem, Arrays.copyOf(good, header - 1), _ -> {});
            message(label + "empty", INTEGRITY, seeds, kem, new byte[0], _ -> {});
            message(label + "another-ring", INTEGRITY, seeds, kem, good, f -> f.hex("ring", seeds.id("another")));
            message(label + "another-object", INTEGRITY, seeds, kem, good, f -> f.hex("object", seeds.id("another")));
            message(label + "a-share", INTEGRITY, seeds, kem, Suites.sealedShare(seeds, kem, 17, 40), _ -> {});
        }
        for (Kem kem : Kem.values()) {
            byte[] other = Suites.sealedMessage(seeds, other(kem), seeds.bytes("m", 40));
            message(kem.label() + "-sealed-to-a-key-of-the-other-kind", WRONG_KEY, seeds, kem, other, _ -> {});
        }
    }

    private static Kem other(Kem kem) {
        return Kem.of(3 - kem.code());
    }

    private void message(String fault, String expected, Seeds seeds, Kem kem, byte[] sealed, Consumer<Fields> change) {
        Fields in = Suites.sealing(seeds, kem).hex("sealed", sealed);
        change.accept(in);
        add("open-message", fault, expected, in);
    }

    private void sealedShares() {
        Seeds seeds = seeds("open-share");
        Kem kem = Kem.X25519;
        byte[] good = Suites.sealedShare(seeds, kem, 17, 40);
        int header = 18 + kem.encBytes();
        sealedShare("control", ACCEPTED, seeds, good, _ -> {});
        sealedShare("another-key", WRONG_KEY, seeds, good, f -> f.hex("private_key", seeds.seed("another")));
        sealedShare(
                "sealed-to-a-key-of-the-other-kind",
                WRONG_KEY,
                seeds,
                Suites.sealedShare(seeds, Kem.XWING, 17, 40),
                _ -> {});
        sealedShare("key-of-the-other-kind", WRONG_KEY, seeds, good, f -> f.number("kem", Kem.XWING.code()));
        sealedShare("version-0", INTEGRITY, seeds, with(good, 0, 0), _ -> {});
        sealedShare("leaf-changed", INTEGRITY, seeds, flipped(good, header), _ -> {});
        sealedShare("another-root", INTEGRITY, seeds, good, f -> f.hex("root", seeds.bytes("another", 32)));
        sealedShare("salt-changed", INTEGRITY, seeds, flipped(good, header + 32), _ -> {});
        sealedShare("share-changed", INTEGRITY, seeds, flipped(good, header + 32 + 64), _ -> {});
        sealedShare("tag-changed", INTEGRITY, seeds, flipped(good, -1), _ -> {});
        sealedShare("truncated", INTEGRITY, seeds, shorter(good), _ -> {});
        sealedShare("surplus-byte", INTEGRITY, seeds, longer(good), _ -> {});
        sealedShare("another-length", INTEGRITY, seeds, good, f -> f.number("length", 41));
        sealedShare("of-another-provider", INTEGRITY, seeds, good, f -> f.number("x", 18));
        sealedShare("another-object", INTEGRITY, seeds, good, f -> f.hex("object", seeds.id("another")));
        // Sealed well, but not what was dealt: the leaf is another's.
        Seeds lying = new Seeds(seeds.vector() + "/lying");
        byte[] dealt = seeds.bytes("share", 104);
        byte[] leaf = Product.shareLeaves(
                        ObjectId.of(seeds.id("object")),
                        new ShareIndex(17),
                        List.of(seeds.bytes("salt", 64)),
                        List.of(dealt))
                .getFirst();
        byte[] sealed = Suites.sealedShare(seeds, kem, 17, seeds.bytes("salt", 64), lying.bytes("share", 104));
        System.arraycopy(leaf, 0, sealed, header, 32);
        sealedShare("not-what-was-dealt", INTEGRITY, seeds, sealed, _ -> {});
    }

    private void sealedShare(String fault, String expected, Seeds seeds, byte[] sealed, Consumer<Fields> change) {
        Fields share = new Fields()
                .hex("object", seeds.id("object"))
                .number("x", 17)
                .hexes("salts", List.of(seeds.bytes("salt", 64)))
                .hexes("chunks", List.of(seeds.bytes("share", 104)));
        Fields in = Suites.sealing(seeds, Kem.X25519)
                .number("x", 17)
                .number("length", 40)
                .hex("root", Product.of("share-chunks", share.value()).value().hex("root"))
                .hex("sealed", sealed);
        change.accept(in);
        add("open-share", fault, expected, in);
    }

    private void userKeys() {
        Seeds seeds = seeds("read-user-key");
        for (String kind : List.of("expanded", "full", "share")) {
            userKey("control-" + kind, ACCEPTED, seeds, file(seeds, kind, 32));
        }
        byte[] good = file(seeds, "expanded", 32);
        String head = new String(Arrays.copyOf(good, good.length - 48), StandardCharsets.US_ASCII);
        byte[] secret = seeds.bytes("bytes", 32);
        String ring = HexFormat.of().formatHex(seeds.id("ring"));
        userKey("secret-changed", INTEGRITY, seeds, flipped(good, -20));
        userKey("check-changed", INTEGRITY, seeds, flipped(good, -1));
        userKey("truncated", INTEGRITY, seeds, shorter(good));
        userKey("surplus-byte", INTEGRITY, seeds, longer(good));
        userKey("empty", MALFORMED, seeds, new byte[0]);
        userKey("head-alone", MALFORMED, seeds, utf8(head));
        userKey("another-format", MALFORMED, seeds, headed(head.replace("key 1", "key 2"), secret));
        userKey("kind-unknown", MALFORMED, seeds, headed(head.replace("expanded", "seed"), secret));
        userKey("no-empty-line", MALFORMED, seeds, headed(head.substring(0, head.length() - 1), secret));
        userKey("lines-of-another-system", MALFORMED, seeds, headed(head.replace("\n", "\r\n"), secret));
        userKey("ring-missing", MALFORMED, seeds, headed(head.replace("ring " + ring + "\n", ""), secret));
        userKey("ring-too-short", MALFORMED, seeds, headed(head.replace(ring, ring.substring(2)), secret));
        userKey("expanded-with-31-bytes", MALFORMED, seeds, headed(head, shorter(secret)));
        userKey("expanded-with-33-bytes", MALFORMED, seeds, headed(head, longer(secret)));
        for (String of : List.of("ring", "object")) {
            add(
                    "read-user-key",
                    "of-another-" + of,
                    WRONG_KEY,
                    new Fields()
                            .hex("file", good)
                            .hex("ring", seeds.id(of.equals("ring") ? "another" : "ring"))
                            .hex("object", seeds.id(of.equals("object") ? "another" : "object")));
        }
    }

    private static byte[] file(Seeds seeds, String kind, int length) {
        return Product.of("user-key", Suites.userKey(seeds, kind, length).value())
                .value()
                .hex("file");
    }

    private static byte[] headed(String head, byte[] secret) {
        return UserKeyFile.checked(Product.joined(utf8(head), secret));
    }

    private void userKey(String fault, String expected, Seeds seeds, byte[] file) {
        add(
                "read-user-key",
                fault,
                expected,
                new Fields().hex("file", file).hex("ring", seeds.id("ring")).hex("object", seeds.id("object")));
    }

    // --------------------------------------------------------------------------------------------------------- orders

    /** An order to CC_2 of five providers, three of which open; and what CC_2 has of the object. */
    private static final class Asked {
        final Seeds seeds = seeds("accept-order");
        final ObjectNode order = new Fields().json;
        final Fields ring = new Fields()
                .number("threshold", 3)
                .numbers("xs", 1, 2, 3, 4, 5)
                .texts("dealers", List.of("dealer1"))
                .texts("profiles", List.of("published", "blinded"));
        int x = 2;
        Fields stored;

        Asked(String kind, int protocol, String profile) {
            boolean write = kind.equals("write");
            boolean blinded = profile.equals("blinded");
            Fields all = new Fields()
                    .text("kind", kind)
                    .number("protocol", protocol)
                    .text("profile", profile)
                    .hex("object", seeds.id("object"))
                    .hex("session", seeds.id("session"))
                    .numbers("path", write ? new int[] {4, 2, 5, 1, 3} : new int[] {4, 2, 5})
                    .numbers("homes", write && blinded ? new int[] {4, 2, 5} : new int[] {4})
                    .number("length", 1000);
            order.setAll(all.json);
            order.setAll(new Fields().texts("dealers", write ? List.of("dealer1") : List.of()).json);
            order.put("recipient", write && protocol == 1 ? recipient() : null);
            order.putNull("continues");
            order.put("blinds", blinded ? "expanded" : "none");
            order.put("blind", blinded ? Base64.getEncoder().encodeToString(seeds.seed("blind")) : "");
            if (!write) {
                stored = new Fields()
                        .text("state", "committed")
                        .hex("key", seeds.bytes("user", 32))
                        .number("protocol", protocol)
                        .text("profile", profile)
                        .number("length", 1000)
                        .numbers("xs", 4, 2, 5, 1, 3)
                        .numbers("homes", blinded ? new int[] {4, 2, 5} : new int[] {4});
            }
        }

        private String recipient() {
            Fields in = Suites.sealing(seeds, Kem.X25519)
                    .hex("sealed", Suites.sealedMessage(seeds, Kem.X25519, new byte[0]));
            return Product.of("sealed-message", in.value()).value().text("public_key");
        }

        void path(int... xs) {
            order.setAll(new Fields().numbers("path", xs).json);
        }

        void homes(int... xs) {
            order.setAll(new Fields().numbers("homes", xs).json);
        }

        void dealers(String... names) {
            order.setAll(new Fields().texts("dealers", List.of(names)).json);
        }

        void twoDealers() {
            ring.texts("dealers", List.of("dealer1", "dealer2"));
            dealers("dealer1", "dealer2");
        }

        void noBlind() {
            order.put("blinds", "none");
            order.put("blind", "");
        }
    }

    private interface OrderFault {
        void in(Asked asked);
    }

    private void orders() {
        for (int protocol = 1; protocol <= 3; protocol++) {
            for (String profile : List.of("blinded", "published")) {
                order("write-" + protocol + "-" + profile + "-control", ACCEPTED, "write", protocol, profile, _ -> {});
                if (protocol > 1) {
                    order(
                            "read-" + protocol + "-" + profile + "-control",
                            ACCEPTED,
                            "read",
                            protocol,
                            profile,
                            _ -> {});
                }
            }
        }
        order("read-2-published-with-t-minus-1", ACCEPTED, "read", 2, "published", a -> a.path(4, 2));
        order("home-without-a-layer", ACCEPTED, "read", 3, "blinded", a -> {
            a.path(4, 1, 5);
            a.homes(2);
            a.noBlind();
        });
        malformedOrders();
        refusedWrites();
        refusedReads();
    }

    private void malformedOrders() {
        Asked asked = new Asked("read", 3, "blinded");
        String read = asked.order.toString();
        String blind = asked.order.get("blind").textValue();
        byte[] allBits = Suites.filled(32, 0xFF);
        text("field-missing", replaced(read, "\"dealers\":[],", ""));
        text("blinds-missing", replaced(read, "\"blinds\":\"expanded\",", ""));
        text("field-unknown", replaced(read, "\"length\"", "\"colour\":1,\"length\""));
        text("field-twice", replaced(read, "\"length\"", "\"length\":1000,\"length\""));
        text("number-as-text", replaced(read, "\"protocol\":3", "\"protocol\":\"3\""));
        text("number-with-a-fraction", replaced(read, "\"length\":1000", "\"length\":1000.5"));
        text("path-null", replaced(read, "\"path\":[4,2,5]", "\"path\":null"));
        text("path-a-number", replaced(read, "\"path\":[4,2,5]", "\"path\":4"));
        text("kind-unknown", replaced(read, "\"read\"", "\"erase\""));
        text("blind-not-base64", replaced(read, "\"blind\":\"", "\"blind\":\"*"));
        text("blind-of-base64url", replaced(read, blind, Base64.getUrlEncoder().encodeToString(allBits)));
        text("blind-without-padding", replaced(read, blind, blind.replace("=", "")));
        text(
                "blind-with-spare-bits",
                replaced(read, blind, blind.substring(0, 42) + next(blind.substring(0, 43)) + "="));
        text("an-array", "[" + read + "]");
        text("something-behind", read + "{}");
        text("not-json", read.substring(1));
        text("empty", "");
        outOfRange();
    }

    private void outOfRange() {
        String read = new Asked("read", 3, "blinded").order.toString();
        String object = new Asked("read", 3, "blinded").order.get("object").textValue();
        String session = new Asked("read", 3, "blinded").order.get("session").textValue();
        for (String protocol : List.of("0", "4", "-1")) {
            text(named("protocol", protocol), replaced(read, "\"protocol\":3", "\"protocol\":" + protocol));
        }
        for (String x : List.of("0", "255", "256", "-1", "4294967300")) {
            text(named("path-x", x), replaced(read, "\"path\":[4,", "\"path\":[" + x + ","));
        }
        text("home-x-0", replaced(read, "\"homes\":[4]", "\"homes\":[0]"));
        text("home-x-260", replaced(read, "\"homes\":[4]", "\"homes\":[260]"));
        for (String length : List.of("-1", "1099511627777", "18446744073709552616")) {
            text(named("length", length), replaced(read, "\"length\":1000", "\"length\":" + length));
        }
        text("profile-unknown", replaced(read, "\"blinded\"", "\"plain\""));
        text("profile-in-capitals", replaced(read, "\"blinded\"", "\"Blinded\""));
        text("blinds-unknown", replaced(read, "\"expanded\"", "\"partial\""));
        text("object-too-short", replaced(read, object, object.substring(2)));
        text("object-in-capitals", replaced(read, object, object.toUpperCase(Locale.ROOT)));
        text("session-too-long", replaced(read, session, session + "00"));
        text("session-empty", replaced(read, session, ""));
        text("path-empty", replaced(read, "\"path\":[4,2,5]", "\"path\":[]"));
    }

    private static String named(String field, String number) {
        return field + "-" + number.replace("-", "minus-");
    }

    private void refusedWrites() {
        String write = "write";
        order(
                "write-profile-not-of-the-ring",
                BAD_INPUT,
                write,
                3,
                "published",
                a -> a.ring.texts("profiles", List.of("blinded")));
        order("write-x-twice", BAD_INPUT, write, 3, "blinded", a -> a.path(4, 2, 5, 1, 1));
        order("write-one-missing", ACCEPTED, write, 3, "blinded", a -> a.path(4, 2, 5, 1));
        order("write-too-many-missing", BAD_INPUT, write, 3, "blinded", a -> a.path(4, 2, 5));
        order("write-1-not-through-all", BAD_INPUT, write, 1, "blinded", a -> a.path(4, 2, 5, 1));
        order("write-published-not-through-all", BAD_INPUT, write, 3, "published", a -> a.path(4, 2, 5, 1));
        order("write-fewer-there-than-homes", ACCEPTED, write, 3, "blinded", a -> {
            a.ring.number("threshold", 2);
            a.path(4, 2, 5);
            a.homes(4, 2, 5);
        });
        order("write-stranger", BAD_INPUT, write, 3, "blinded", a -> a.path(4, 2, 5, 1, 6));
        order("write-homes-in-another-order", BAD_INPUT, write, 3, "blinded", a -> a.homes(2, 4, 5));
        order("write-a-home-too-few", BAD_INPUT, write, 3, "blinded", a -> a.homes(4, 2));
        order("write-a-home-too-many", BAD_INPUT, write, 3, "blinded", a -> a.homes(4, 2, 5, 1));
        order("write-published-two-homes", BAD_INPUT, write, 3, "published", a -> a.homes(4, 2));
        order("write-no-home", BAD_INPUT, write, 3, "blinded", a -> a.homes());
        order("write-dealer-unknown", BAD_INPUT, write, 3, "blinded", a -> a.dealers("dealer2"));
        order("write-no-dealer", BAD_INPUT, write, 3, "blinded", a -> a.dealers());
        order("write-two-dealers", ACCEPTED, write, 3, "blinded", Asked::twoDealers);
        order("write-1-two-dealers", ACCEPTED, write, 1, "blinded", Asked::twoDealers);
        order("write-published-two-dealers", BAD_INPUT, write, 3, "published", Asked::twoDealers);
        order("write-two-dealers-one-missing", BAD_INPUT, write, 3, "blinded", a -> {
            a.twoDealers();
            a.path(4, 2, 5, 1);
        });
        order("write-one-of-two-dealers", BAD_INPUT, write, 3, "blinded", a -> {
            a.twoDealers();
            a.dealers("dealer2");
        });
        order("write-two-dealers-in-another-order", BAD_INPUT, write, 3, "blinded", a -> {
            a.twoDealers();
            a.dealers("dealer2", "dealer1");
        });
        order("write-a-dealer-twice", BAD_INPUT, write, 3, "blinded", a -> a.dealers("dealer1", "dealer1"));
        order("write-1-without-recipient", BAD_INPUT, write, 1, "blinded", a -> a.order.putNull("recipient"));
        order("write-1-recipient-no-key", BAD_INPUT, write, 1, "blinded", a -> a.order.put("recipient", "x25519:00"));
        order("write-3-with-recipient", BAD_INPUT, write, 3, "blinded", a -> a.order.put("recipient", a.recipient()));
        order("write-no-blind", BAD_INPUT, write, 3, "blinded", Asked::noBlind);
        order(
                "write-blind-too-short",
                BAD_INPUT,
                write,
                3,
                "blinded",
                a -> a.order.put("blind", Base64.getEncoder().encodeToString(new byte[31])));
        order("write-published-with-a-blind", BAD_INPUT, write, 3, "published", a -> {
            a.order.put("blinds", "expanded");
            a.order.put("blind", Base64.getEncoder().encodeToString(new byte[32]));
        });
        for (int protocol = 2; protocol <= 3; protocol++) {
            order("write-" + protocol + "-no-point-for-the-user", BAD_INPUT, write, protocol, "published", a -> {
                a.ring.numbers("xs", 254, 2, 3, 4, 5);
                a.path(4, 2, 5, 254, 3);
            });
        }
        order("write-1-needs-no-point-for-the-user", ACCEPTED, write, 1, "published", a -> {
            a.ring.numbers("xs", 254, 2, 3, 4, 5);
            a.path(4, 2, 5, 254, 3);
        });
    }

    private void refusedReads() {
        String read = "read";
        order("read-of-protocol-1", BAD_INPUT, read, 1, "blinded", _ -> {});
        order("read-1-published", BAD_INPUT, read, 1, "published", _ -> {});
        order("read-one-too-few", BAD_INPUT, read, 3, "blinded", a -> a.path(4, 2));
        order("read-2-blinded-one-too-few", BAD_INPUT, read, 2, "blinded", a -> a.path(4, 2));
        order("read-3-published-one-too-few", BAD_INPUT, read, 3, "published", a -> a.path(4, 2));
        order("read-2-published-two-too-few", BAD_INPUT, read, 2, "published", a -> a.path(2));
        order("read-x-twice", BAD_INPUT, read, 3, "blinded", a -> a.path(4, 2, 2));
        order("read-stranger", BAD_INPUT, read, 3, "blinded", a -> a.path(4, 2, 6));
        order("read-two-homes", BAD_INPUT, read, 3, "blinded", a -> a.homes(4, 2));
        order("read-home-not-first", BAD_INPUT, read, 3, "blinded", a -> a.path(2, 4, 5));
        order("read-no-part", BAD_INPUT, read, 3, "blinded", a -> a.x = 3);
        order("read-with-a-dealer", BAD_INPUT, read, 3, "blinded", a -> a.dealers("dealer1"));
        order("read-with-a-recipient", BAD_INPUT, read, 3, "blinded", a -> a.order.put("recipient", a.recipient()));
        order(
                "read-profile-not-of-the-ring",
                BAD_INPUT,
                read,
                2,
                "published",
                a -> a.ring.texts("profiles", List.of("blinded")));
        order("read-nothing-stored", REFUSED_ORDER, read, 3, "blinded", a -> a.stored = null);
        order("read-prepared", REFUSED_ORDER, read, 3, "blinded", a -> a.stored.text("state", "prepared"));
        order("read-destroyed", REFUSED_ORDER, read, 3, "blinded", a -> a.stored.text("state", "destroyed"));
        order(
                "read-of-another-user",
                REFUSED_ORDER,
                read,
                3,
                "blinded",
                a -> a.stored.hex("key", a.seeds.bytes("another", 32)));
        order("read-another-protocol", REFUSED_ORDER, read, 3, "blinded", a -> a.stored.number("protocol", 2));
        order("read-another-profile", REFUSED_ORDER, read, 3, "blinded", a -> a.stored.text("profile", "published"));
        order("read-another-length", REFUSED_ORDER, read, 3, "blinded", a -> a.order.put("length", 999));
        order("read-no-home-of-the-object", REFUSED_ORDER, read, 3, "blinded", a -> {
            a.path(1, 2, 5);
            a.homes(1);
        });
        order("read-home-alone-with-a-blind", BAD_INPUT, read, 3, "blinded", a -> {
            a.path(4, 1, 5);
            a.homes(2);
        });
        order("read-no-blind", BAD_INPUT, read, 3, "blinded", Asked::noBlind);
        order("read-published-with-a-blind", BAD_INPUT, read, 3, "published", a -> {
            a.order.put("blinds", "expanded");
            a.order.put("blind", Base64.getEncoder().encodeToString(new byte[32]));
        });
    }

    private void order(String fault, String expected, String kind, int protocol, String profile, OrderFault change) {
        Asked asked = new Asked(kind, protocol, profile);
        change.in(asked);
        order(fault, expected, asked, asked.order.toString());
    }

    private void text(String fault, String order) {
        order(fault, BAD_INPUT, new Asked("read", 3, "blinded"), order);
    }

    private void order(String fault, String expected, Asked asked, String text) {
        add(
                "accept-order",
                fault,
                expected,
                new Fields()
                        .text("order", text)
                        .object("ring", asked.ring)
                        .number("x", asked.x)
                        .hex("key", asked.seeds.bytes("user", 32))
                        .object("stored", asked.stored));
    }
}
