package dev.interlock.protocol.vectors;

import static dev.interlock.protocol.vectors.Rejection.ACCEPTED;
import static dev.interlock.protocol.vectors.Rejection.INTEGRITY;
import static dev.interlock.protocol.vectors.Rejection.MALFORMED;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.SignatureChain;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Proofs of participation: what one holds, and one fault each in the others. */
final class Proofs {
    /** In the order of the token; the descriptor has another. */
    private static final int[] XS = {9, 4, 200};

    private static final int EPOCH = 2;

    private final Suite suite = new Suite("proof", "proofs of participation, against a ring's descriptor");
    private final Seeds seeds = new Seeds("proof");
    private final byte[] descriptor = descriptor(EPOCH, "ring");
    private final byte[] token = token();
    private final SignatureChain whole =
            Made.chain(token, IntStream.of(XS).mapToObj(this::seed).toList(), seeds.seed("ciphertext"));
    private final List<Participation> signatures = whole.participations();
    private final byte[] chain = whole.encode();
    private final String good = json(chain);

    private Proofs() {}

    static Suite all() {
        Proofs proofs = new Proofs();
        proofs.suite.add(
                "three-providers",
                "x = 9, 4, 200; in the descriptor 4, 9, 200",
                "proof",
                _ -> new Fields().hex("descriptor", proofs.descriptor).hex("chain", proofs.chain));
        proofs.malformed();
        proofs.ofAnotherRing();
        proofs.chainChanged();
        proofs.providersChanged();
        return proofs.suite;
    }

    private byte[] seed(int x) {
        return new Seeds(seeds.vector() + "/cc" + x).seed("node");
    }

    private byte[] descriptor(int epoch, String ringKey) {
        String json = Suites.descriptor(seeds, "study", epoch, 2, List.of("blinded"), 1, 4, 9, 200)
                .value()
                .text("json");
        return Product.signedDocument(Purpose.RING_DESCRIPTOR, json, Product.key(seeds.seed(ringKey)));
    }

    private byte[] token() {
        RingId ring = RingId.of(Product.key(seeds.seed("ring")).verifyingKey());
        Fields statement =
                SignedSuites.statement(seeds, 3, "blinded", 2, 3, SignedSuites.work("write", List.of(9, 4, 200), 2));
        Fields party = new Fields().text("name", "a-dealer").hex("hash", seeds.seed("hash"));
        return SignedSuites.tokenOf(seeds, statement.hex("ring", ring.bytes()).objects("parties", List.of(party)));
    }

    /** One line: a fault in it is easy to see. */
    private String json(byte[] ofChain) {
        Fields in = new Fields().hex("descriptor", descriptor).hex("chain", chain);
        Fields proof = new Fields();
        proof.json.setAll(Product.of("proof", in.value()).json);
        proof.text("chain", Base64.getEncoder().encodeToString(ofChain));
        return proof.json.toString();
    }

    private void malformed() {
        proof("control", ACCEPTED, good);
        proof("another-format", MALFORMED, Negatives.replaced(good, "interlock proof 2", "interlock proof 1"));
        proof("format-missing", MALFORMED, Negatives.replaced(good, "\"format\":\"interlock proof 2\",", ""));
        proof("field-unknown", MALFORMED, Negatives.replaced(good, "\"chain\"", "\"colour\":1,\"chain\""));
        proof("field-twice", MALFORMED, Negatives.replaced(good, "{\"x\":9", "{\"x\":9,\"x\":9"));
        proof("providers-null", MALFORMED, good.substring(0, good.indexOf('[')) + "null}");
        proof("provider-without-address", MALFORMED, Negatives.replaced(good, address(9) + ",", ""));
        proof("x-as-text", MALFORMED, Negatives.replaced(good, "\"x\":9", "\"x\":\"9\""));
        proof("truncated", MALFORMED, good.substring(0, good.length() - 1));
        proof("something-behind", MALFORMED, good + "{}");
        proof("empty", MALFORMED, "");
        String base64 = Base64.getEncoder().encodeToString(chain);
        proof("chain-not-base64", MALFORMED, Negatives.replaced(good, base64, "*" + base64.substring(1)));
        String digits = base64.replace("=", "");
        proof(
                "chain-with-spare-bits",
                MALFORMED,
                Negatives.replaced(
                        good,
                        base64,
                        digits.substring(0, digits.length() - 1)
                                + Negatives.next(digits)
                                + base64.substring(digits.length())));
        proof("chain-truncated", MALFORMED, json(Negatives.shorter(chain)));
        proof("chain-with-a-surplus-byte", MALFORMED, json(Negatives.longer(chain)));
        proof("chain-empty", MALFORMED, json(new byte[0]));
        proof(
                "token-of-another-version",
                MALFORMED,
                json(SignedSuites.chainBytes(Negatives.with(token, 0, 1), 3, signatures)));
        proof("token-truncated", MALFORMED, json(SignedSuites.chainBytes(Negatives.shorter(token), 3, signatures)));
    }

    private void ofAnotherRing() {
        proof("of-another-ring", INTEGRITY, good, descriptor(EPOCH, "another ring"));
        proof("of-an-earlier-epoch", INTEGRITY, good, descriptor(EPOCH + 1, "ring"));
    }

    private void chainChanged() {
        // A byte of the owner's nonce and of a private part's hash in w, of a root, of the time.
        for (int at : new int[] {40, 170, 300, token.length - 1}) {
            proof(
                    "byte-" + at + "-of-the-token-changed",
                    INTEGRITY,
                    json(SignedSuites.chainBytes(Negatives.flipped(token, at), 3, signatures)));
        }
        for (int i = 0; i < XS.length; i++) {
            int at = 20 * i;
            proof(
                    "signature-" + i + "-changed",
                    INTEGRITY,
                    json(SignedSuites.chainBytes(token, 3, changed(i, bytes -> Negatives.flipped(bytes, at)))));
        }
        List<Participation> otherRoot = new ArrayList<>(signatures);
        otherRoot.set(
                1,
                new Participation(
                        Optional.of(seeds.seed("another")), signatures.get(1).signature()));
        proof("ciphertext-root-changed", INTEGRITY, json(SignedSuites.chainBytes(token, 3, otherRoot)));
        proof("s-not-reduced", INTEGRITY, json(SignedSuites.chainBytes(token, 3, changed(2, Negatives::malleated))));
        for (int[] swap : new int[][] {{0, 1}, {1, 2}}) {
            List<Participation> reordered = new ArrayList<>(signatures);
            Collections.swap(reordered, swap[0], swap[1]);
            proof(
                    "signatures-" + swap[0] + "-and-" + swap[1] + "-reordered",
                    INTEGRITY,
                    json(SignedSuites.chainBytes(token, 3, reordered)));
        }
        proof("no-signature", INTEGRITY, json(SignedSuites.chainBytes(token, 0, List.of())));
        proof("last-signature-missing", INTEGRITY, json(SignedSuites.chainBytes(token, 2, signatures.subList(0, 2))));
        List<Participation> four = new ArrayList<>(signatures);
        four.add(signatures.getLast());
        proof("a-signature-too-many", INTEGRITY, json(SignedSuites.chainBytes(token, 4, four)));

        // Whole and valid under a key that the proof names and the descriptor doesn't.
        SigningKey forger = Product.key(seeds.seed("forger"));
        List<Participation> forged = new ArrayList<>(signatures.subList(0, 2));
        forged.add(whole.participate(new ShareIndex(XS[2]), Optional.empty(), forger));
        proof(
                "last-signature-by-a-foreign-key",
                INTEGRITY,
                Negatives.replaced(
                        json(SignedSuites.chainBytes(token, 3, forged)),
                        key(XS[2]),
                        forger.verifyingKey().toString()));
    }

    private List<Participation> changed(int i, UnaryOperator<byte[]> signature) {
        List<Participation> all = new ArrayList<>(signatures);
        Participation one = all.get(i);
        all.set(i, new Participation(one.ciphertextRoot(), signature.apply(one.signature())));
        return all;
    }

    private void providersChanged() {
        List<String> providers = IntStream.of(XS).mapToObj(this::provider).toList();
        String all = String.join(",", providers);
        UnaryOperator<String> having = list -> Negatives.replaced(good, all, list);
        proof("no-providers", INTEGRITY, having.apply(""));
        for (int i = 0; i < XS.length; i++) {
            List<String> fewer = new ArrayList<>(providers);
            fewer.remove(i);
            proof("provider-" + XS[i] + "-missing", INTEGRITY, having.apply(String.join(",", fewer)));
        }
        proof(
                "providers-in-another-order",
                INTEGRITY,
                having.apply(String.join(",", providers.get(1), providers.get(0), providers.get(2))));
        proof("provider-twice", INTEGRITY, having.apply(all + "," + providers.getLast()));
        proof(
                "provider-in-the-place-of-another",
                INTEGRITY,
                having.apply(all.replace(providers.get(0), providers.get(1))));
        proof(
                "provider-too-many",
                INTEGRITY,
                having.apply(all + "," + providers.getLast().replace("200", "201")));
        proof("x-changed", INTEGRITY, Negatives.replaced(good, "\"x\":4,", "\"x\":5,"));
        proof("name-changed", INTEGRITY, Negatives.replaced(good, "\"cc4\"", "\"cc5\""));
        proof("address-changed", INTEGRITY, Negatives.replaced(good, "cc4.example:443", "cc4.example:444"));
        String pin = HexFormat.of().formatHex(new Seeds(seeds.vector() + "/cc4").bytes("pin", 32));
        proof("pin-changed", INTEGRITY, Negatives.replaced(good, pin, "00" + pin.substring(2)));
        proof(
                "key-changed",
                INTEGRITY,
                Negatives.replaced(
                        good, key(4), Product.key(seed(5)).verifyingKey().toString()));
        proof(
                "keys-swapped",
                INTEGRITY,
                good.replace(key(4), "*").replace(key(9), key(4)).replace("*", key(9)));
    }

    private String provider(int x) {
        int from = good.indexOf("{\"x\":" + x + ",");
        return good.substring(from, good.indexOf('}', from) + 1);
    }

    private static String address(int x) {
        return "\"address\":\"cc" + x + ".example:443\"";
    }

    private String key(int x) {
        return Product.key(seed(x)).verifyingKey().toString();
    }

    private void proof(String fault, String expected, String proof) {
        proof(fault, expected, proof, descriptor);
    }

    private void proof(String fault, String expected, String proof, byte[] against) {
        suite.negative(
                "verify-proof-" + fault,
                fault.replace('-', ' '),
                "verify-proof",
                expected,
                _ -> new Fields().text("proof", proof).hex("descriptor", against));
    }
}
