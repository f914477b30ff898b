package dev.interlock.core.oprf;

import dev.interlock.core.encoding.MalformedException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The verifiable OPRF of RFC 9497, suite P256-SHA256, mode 0x01. Who evaluates learns nothing of the input, and proves that the
 * output is that of the key whose public key is known. Constant-time in keys, blinds and inputs of one length.
 */
public final class Voprf {
    /** The length of an output. */
    public static final int OUTPUT_BYTES = 32;

    private static final byte[] CONTEXT = HashToCurve.ascii("OPRFV1-\u0001-P256-SHA256");
    private static final byte[] TO_GROUP = tag("HashToGroup-");
    private static final byte[] TO_SCALAR = tag("HashToScalar-");
    private static final byte[] SEED = tag("Seed-");
    private static final byte[] DERIVE = tag("DeriveKeyPair");
    private static final int MOST_BATCH = 65_535;
    private static final int MOST_INPUT_BYTES = 65_535;

    private Voprf() {}

    /** The public key of a private one. */
    public static Element publicKey(Scalar key) {
        return Element.generator().times(key);
    }

    /** RFC 9497 §3.2.1, DeriveKeyPair; for tests and for keys that must come again. */
    public static Scalar deriveKey(byte[] seed, byte[] info) {
        for (int counter = 0; counter < 256; counter++) {
            byte[] input = concat(seed, length(info), info, new byte[] {(byte) counter});
            Scalar key = HashToCurve.scalar(input, DERIVE);
            Arrays.fill(input, (byte) 0);
            if (!key.isZero()) {
                return key;
            }
        }
        throw new IllegalArgumentException("this seed gives no key");
    }

    /**
     * RFC 9497 §3.3.2, Blind.
     *
     * @param input at most 65,535 bytes
     * @param blind random, fresh for each
     */
    public static Element blind(byte[] input, Scalar blind) {
        requireInput(input);
        Element hashed = HashToCurve.element(input, TO_GROUP);
        if (hashed.isIdentity()) {
            throw new IllegalArgumentException("this input has no element");
        }
        Element blinded = hashed.times(blind);
        hashed.wipe();
        return blinded.published();
    }

    /** What an evaluation gives back: the elements under the key, in the order of the blinded ones, and the proof for all of them. */
    public record Evaluated(List<Element> elements, DleqProof proof) {}

    /**
     * RFC 9497 §3.3.2, BlindEvaluate.
     *
     * @param proofScalar random, fresh for each
     */
    public static Evaluated evaluate(Scalar key, Element publicKey, List<Element> blinded, Scalar proofScalar) {
        requireBatch(blinded);
        List<Element> elements =
                blinded.stream().map(each -> each.times(key).published()).toList();
        // GenerateProof, §2.2.1; the owner of the key computes Z from M.
        Element m = Element.sum(blinded, weights(publicKey, blinded, elements));
        Element z = m.times(key);
        Element t2 = Element.generator().times(proofScalar);
        Element t3 = m.times(proofScalar);
        Scalar c = challenge(publicKey, m, z, t2, t3);
        try (Scalar ck = c.times(key)) {
            return new Evaluated(elements, new DleqProof(c, proofScalar.minus(ck)));
        }
    }

    /** RFC 9497 §2.2.2, VerifyProof. */
    public static boolean isProven(Element publicKey, List<Element> blinded, List<Element> evaluated, DleqProof proof) {
        requireBatch(blinded);
        if (blinded.size() != evaluated.size()) {
            return false;
        }
        List<Scalar> weights = weights(publicKey, blinded, evaluated);
        Element m = Element.sum(blinded, weights);
        Element z = Element.sum(evaluated, weights);
        List<Scalar> sc = List.of(proof.s(), proof.c());
        Element t2 = Element.sum(List.of(Element.generator(), publicKey), sc);
        Element t3 = Element.sum(List.of(m, z), sc);
        if (m.isIdentity() || z.isIdentity() || t2.isIdentity() || t3.isIdentity()) {
            return false;
        }
        return challenge(publicKey, m, z, t2, t3).isSame(proof.c());
    }

    /** RFC 9497 §3.3.2, Finalize, of an evaluated element whose proof was verified: 32 bytes. The caller wipes them. */
    public static byte[] finish(byte[] input, Scalar blind, Element evaluated) {
        requireInput(input);
        Element unblinded;
        try (Scalar inverse = blind.inverse()) {
            unblinded = evaluated.times(inverse);
        }
        byte[] element = unblinded.encode();
        unblinded.wipe();
        MessageDigest hash = HashToCurve.sha256();
        hash.update(length(input));
        hash.update(input);
        hash.update(length(element));
        hash.update(element);
        hash.update(HashToCurve.ascii("Finalize"));
        Arrays.fill(element, (byte) 0);
        return hash.digest();
    }

    /**
     * What all of the above comes to, for who has key and input: 32 bytes. The caller wipes them.
     *
     * @param blind random; the output doesn't depend on it
     */
    public static byte[] output(Scalar key, byte[] input, Scalar blind) {
        Element blinded = blind(input, blind);
        Element evaluated = blinded.times(key);
        byte[] output = finish(input, blind, evaluated);
        evaluated.wipe();
        return output;
    }

    /** An element that comes from outside; empty where it is none. */
    public static Optional<Element> element(byte[] bytes) {
        try {
            return Optional.of(Element.decode(bytes));
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }

    /** RFC 9497 §2.2.1, ComputeComposites: the d_i, from a hash of everything; M is Σ d_i·C_i, Z is Σ d_i·D_i. */
    private static List<Scalar> weights(Element publicKey, List<Element> c, List<Element> d) {
        byte[] key = publicKey.encode();
        MessageDigest hash = HashToCurve.sha256();
        hash.update(concat(length(key), key, length(SEED), SEED));
        byte[] seed = hash.digest();
        List<Scalar> weights = new ArrayList<>();
        for (int i = 0; i < c.size(); i++) {
            byte[] ci = c.get(i).encode();
            byte[] di = d.get(i).encode();
            byte[] transcript = concat(
                    length(seed),
                    seed,
                    new byte[] {(byte) (i >>> 8), (byte) i},
                    length(ci),
                    ci,
                    length(di),
                    di,
                    HashToCurve.ascii("Composite"));
            weights.add(HashToCurve.scalar(transcript, TO_SCALAR));
        }
        return weights;
    }

    private static Scalar challenge(Element publicKey, Element... elements) {
        byte[] key = publicKey.encode();
        List<byte[]> parts = new ArrayList<>(List.of(length(key), key));
        for (byte[] bytes : Element.encodeAll(List.of(elements))) {
            parts.add(length(bytes));
            parts.add(bytes);
        }
        parts.add(HashToCurve.ascii("Challenge"));
        return HashToCurve.scalar(concat(parts.toArray(byte[][]::new)), TO_SCALAR);
    }

    private static void requireBatch(List<Element> blinded) {
        if (blinded.isEmpty() || blinded.size() > MOST_BATCH) {
            throw new IllegalArgumentException("1 to " + MOST_BATCH + " elements at once, not " + blinded.size());
        }
    }

    private static void requireInput(byte[] input) {
        if (input.length > MOST_INPUT_BYTES) {
            throw new IllegalArgumentException("an input has at most " + MOST_INPUT_BYTES + " bytes");
        }
    }

    private static byte[] tag(String what) {
        return concat(HashToCurve.ascii(what), CONTEXT);
    }

    private static byte[] length(byte[] bytes) {
        return new byte[] {(byte) (bytes.length >>> 8), (byte) bytes.length};
    }

    private static byte[] concat(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        byte[] all = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }
}
