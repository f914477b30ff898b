package dev.interlock.protocol;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.field.ReferenceKernel;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Dealing;
import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.message.CheckAnswer;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The check of SPEC §8 before a put is acknowledged: do the shares that the providers stored, and their salts, lie on one
 * polynomial of degree below t each, and does the former open the ciphertext that the homes stored to what U sent? U hashes P (⊕ b_U) with H_ρ while it
 * streams, and reveals ρ only after everybody signed for what they stored. H_ρ is linear, so n hashes of 16 bytes answer for
 * n shares, and a wrong one passes with probability below 2^(−127).
 */
public final class WriteCheck implements AutoCloseable {
    /** For hashes, which are short. */
    private static final FieldKernel KERNEL = new ReferenceKernel();

    private final SecretBytes seed;
    private final LinearHash sending;
    private byte[] sent = new byte[0];

    /** Draws ρ. */
    public WriteCheck(SecureRandom random) {
        seed = SecretBytes.random(LinearHash.SEED_BYTES, random);
        sending = new LinearHash(seed.copyToHeap());
    }

    /** U: the next piece of P ⊕ b_U (b_U is nothing but in protocol 2), before the blinds go on. */
    public void sending(MemorySegment piece) {
        sending.update(piece);
    }

    /** ρ, for every provider, once all have signed. */
    public byte[] reveal() {
        if (sent.length == 0) {
            sent = sending.digest();
        }
        return seed.copyToHeap();
    }

    /**
     * What the answers say, after {@link #reveal}.
     *
     * @param answers of all n providers
     * @throws IntegrityException when the object couldn't be opened by every t of them; who is at fault only opening it
     *     tells, unless an answer by itself does
     */
    public void verify(Write.Plan plan, Map<ShareIndex, CheckAnswer> answers) {
        Map<ShareIndex, byte[]> shares = new LinkedHashMap<>();
        Map<ShareIndex, byte[]> salts = new LinkedHashMap<>();
        answers.forEach((x, answer) -> {
            shares.put(x, hash(plan, x, answer.share()));
            salts.put(x, hash(plan, x, answer.salts()));
        });
        Map<ShareIndex, byte[]> ciphertexts = new LinkedHashMap<>();
        for (ShareIndex home : plan.homes()) {
            CheckAnswer answer = answers.get(home);
            byte[] hash = answer == null ? null : answer.ciphertext();
            if (hash == null) {
                throw failed(plan, name(plan, home) + " didn't answer for its ciphertext", List.of(name(plan, home)));
            }
            ciphertexts.put(home, hash(plan, home, hash));
        }
        if (plan.renews()) {
            sent = before(plan, answers);
        }
        if (!onOnePolynomial(plan.ring().threshold().t(), shares)) {
            throw failed(
                    plan,
                    "the stored shares don't lie on one polynomial" + odd(plan, shares) + suspects(plan, shares),
                    List.of());
        }
        // Or no repair could bring a share back that its root knows.
        if (!onOnePolynomial(plan.ring().threshold().t(), salts)) {
            throw failed(
                    plan, "the stored shares' salts don't lie on one polynomial" + suspects(plan, salts), List.of());
        }
        ciphertexts.forEach((home, hash) -> {
            if (!opens(plan, shares, hash)) {
                throw failed(plan, "the ciphertext at " + name(plan, home) + " doesn't open to it", List.of());
            }
        });
    }

    /**
     * H_ρ of what the generation before opens to: nobody sent it. Up to n − t liars can't shift it together: their hashes would
     * leave the polynomial of the other t, and of n − t + 1 homes one tells the truth.
     */
    private static byte[] before(Write.Plan plan, Map<ShareIndex, CheckAnswer> answers) {
        int t = plan.ring().threshold().t();
        Map<ShareIndex, byte[]> shares = new LinkedHashMap<>();
        Map<ShareIndex, byte[]> ciphertexts = new LinkedHashMap<>();
        answers.forEach((x, answer) -> {
            CheckAnswer.Before before = answer.before();
            byte[] ciphertext = before == null ? null : before.ciphertext();
            if (before == null || (ciphertext == null) == plan.homes().contains(x)) {
                throw failed(plan, name(plan, x) + " didn't answer for the generation before", List.of(name(plan, x)));
            }
            shares.put(x, hash(plan, x, before.share()));
            if (ciphertext != null) {
                ciphertexts.put(x, hash(plan, x, ciphertext));
            }
        });
        if (!onOnePolynomial(t, shares)) {
            throw failed(
                    plan,
                    "its shares as they were don't lie on one polynomial" + odd(plan, shares),
                    List.of(),
                    new Advice.ReadDirect(plan.object().toString()));
        }
        byte[] ciphertext = ciphertexts.values().iterator().next();
        if (!ciphertexts.values().stream().allMatch(hash -> MessageDigest.isEqual(hash, ciphertext))) {
            throw failed(
                    plan,
                    "its homes don't have the same ciphertext of the generation before",
                    List.of(),
                    new Advice.ReadDirect(plan.object().toString()));
        }
        byte[] hash = at(0, t, shares);
        for (int i = 0; i < hash.length; i++) {
            hash[i] ^= ciphertext[i];
        }
        return hash;
    }

    /**
     * For people: who may be at fault where summed shares don't lie on one polynomial, each under its own provider's signature.
     * A dealer may have given that provider another share than it should have, or the provider may have kept another one; what
     * it got was on a private channel, and nothing that a third party could check tells which. Nothing where one dealer dealt
     * what is stored, which it signed for.
     */
    public static String suspects(Write.Plan plan, Map<ShareIndex, byte[]> shares) {
        return suspects(plan, oddOne(plan, shares));
    }

    /** @param odd without whose share the others lie on one polynomial */
    static String suspects(Write.Plan plan, Optional<ShareIndex> odd) {
        if (!plan.summed()) {
            return "";
        }
        return ". It was " + odd.map(x -> name(plan, x)).orElse("one of the providers") + " or "
                + (plan.dealers().size() == 1 ? "the dealer " : "one of the dealers ")
                + String.join(", ", plan.dealers()) + "; which of them can't be told";
    }

    private static String odd(Write.Plan plan, Map<ShareIndex, byte[]> shares) {
        return oddOne(plan, shares)
                .map(x -> ", and without that of " + name(plan, x) + " they do")
                .orElse("");
    }

    /** The one without whom the others lie on one polynomial, where there are enough others to tell. */
    private static Optional<ShareIndex> oddOne(Write.Plan plan, Map<ShareIndex, byte[]> shares) {
        return OnePolynomial.odd(KERNEL, plan.ring().threshold().t(), segments(shares));
    }

    /**
     * Whether a ciphertext opens to what was sent, after {@link #reveal}.
     *
     * @param shares the hashes of shares that lie on one polynomial, t of them or more
     * @param ciphertext its hash
     */
    public boolean opens(Write.Plan plan, Map<ShareIndex, byte[]> shares, byte[] ciphertext) {
        return MessageDigest.isEqual(ciphertext(plan, shares), ciphertext);
    }

    /**
     * H_ρ of the ciphertext that opens to what was sent, after {@link #reveal}.
     *
     * @param shares the hashes of shares that lie on one polynomial, t of them or more
     */
    public byte[] ciphertext(Write.Plan plan, Map<ShareIndex, byte[]> shares) {
        byte[] hash = at(0, plan.ring().threshold().t(), shares);
        for (int i = 0; i < hash.length; i++) {
            hash[i] ^= sent[i];
        }
        return hash;
    }

    /** H_ρ once more, for something else that only U knows; the caller's to close. */
    public LinearHash hash() {
        return new LinearHash(seed.copyToHeap());
    }

    private static byte[] hash(Write.Plan plan, ShareIndex x, byte[] hash) {
        if (hash.length != LinearHash.BYTES) {
            throw failed(
                    plan,
                    name(plan, x) + " answered with " + hash.length + " bytes instead of " + LinearHash.BYTES,
                    List.of(name(plan, x)));
        }
        return hash;
    }

    /** Whether the values at these points lie on polynomials of degree below t, byte by byte. */
    public static boolean onOnePolynomial(int t, Map<ShareIndex, byte[]> values) {
        return OnePolynomial.holds(KERNEL, t, segments(values));
    }

    private static Map<ShareIndex, MemorySegment> segments(Map<ShareIndex, byte[]> values) {
        Map<ShareIndex, MemorySegment> segments = new LinkedHashMap<>();
        values.forEach((x, value) -> segments.put(x, MemorySegment.ofArray(value)));
        return segments;
    }

    /** The value at z of the polynomials of degree below t through the first t of these. */
    private static byte[] at(int z, int t, Map<ShareIndex, byte[]> values) {
        MemorySegment value = MemorySegment.ofArray(new byte[LinearHash.BYTES]);
        Dealing.combine(
                new ByteSpace(KERNEL),
                z,
                values.keySet().stream().limit(t).mapToInt(ShareIndex::x).toArray(),
                values.values().stream().limit(t).map(MemorySegment::ofArray).toList(),
                value);
        return value.toArray(JAVA_BYTE);
    }

    private static String name(Write.Plan plan, ShareIndex x) {
        return plan.ring().provider(x).name();
    }

    static IntegrityException failed(Write.Plan plan, String why, List<String> culprits) {
        return new IntegrityException(failure(plan, why), culprits);
    }

    private static IntegrityException failed(Write.Plan plan, String why, List<String> culprits, Advice advice) {
        return new IntegrityException(failure(plan, why), culprits, advice);
    }

    private static String failure(Write.Plan plan, String why) {
        return switch (plan.kind()) {
            case REPLACE ->
                "the replacement of the pad of " + plan.object() + " failed its check: " + why
                        + ". The object stays as it was";
            case REFRESH ->
                "the refresh of " + plan.object() + " failed its check: " + why + ". The object stays as it was";
            default -> "the put of " + plan.object() + " failed its check: " + why + ". Nothing was stored";
        };
    }

    @Override
    public void close() {
        sending.close();
        seed.close();
    }
}
