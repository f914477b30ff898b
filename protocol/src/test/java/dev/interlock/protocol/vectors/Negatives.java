package dev.interlock.protocol.vectors;

import static dev.interlock.protocol.vectors.Rejection.ACCEPTED;
import static dev.interlock.protocol.vectors.Rejection.BAD_SIGNATURE;
import static dev.interlock.protocol.vectors.Rejection.INTEGRITY;
import static dev.interlock.protocol.vectors.Rejection.MALFORMED;
import static dev.interlock.protocol.vectors.Rejection.WRONG_KEY;

import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.ring.Role;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
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
        new SignedNegatives(negatives::add).all();
        negatives.cards();
        negatives.descriptors();
        negatives.requests();
        negatives.chunks();
        negatives.shares();
        negatives.sealedMessages();
        negatives.sealedShares();
        negatives.userKeys();
        new OrderNegatives(negatives::add).all();
        return negatives.suite;
    }

    /** All vectors of a kind grow from the same seeds: they differ in their faults alone. */
    private void add(String kind, String fault, String expected, Fields inputs) {
        suite.negative(kind + "-" + fault, fault.replace('-', ' '), kind, expected, _ -> inputs);
    }

    static Seeds seeds(String kind) {
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

    /** S + L in the place of S. */
    static byte[] malleated(byte[] signature) {
        BigInteger order = BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));
        byte[] s = reversed(Arrays.copyOfRange(signature, 32, 64));
        byte[] sum = new BigInteger(1, s).add(order).toByteArray();
        byte[] padded = new byte[32];
        System.arraycopy(sum, 0, padded, 32 - sum.length, sum.length);
        return Product.joined(Arrays.copyOf(signature, 32), reversed(padded));
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
        shareFault("another-generation", INTEGRITY, seeds, f -> f.hex("w", seeds.seed("another")));
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
                .hex("w", seeds.seed("w"))
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
            message(label + "another-generation", INTEGRITY, seeds, kem, good, f -> f.hex("w", seeds.seed("another")));
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
        sealedShare("another-generation", INTEGRITY, seeds, good, f -> f.hex("w", seeds.seed("another")));
        // Sealed well, but not what was dealt: the leaf is another's.
        Seeds lying = new Seeds(seeds.vector() + "/lying");
        byte[] dealt = seeds.bytes("share", 104);
        byte[] leaf = Product.shareLeaves(
                        StatementHash.of(seeds.seed("w")),
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
                .hex("w", seeds.seed("w"))
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
}
