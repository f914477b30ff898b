package dev.interlock.core.token;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The commitments to an object's shares, and who is bound to them. One dealer signs all roots at once, over H(w). Where a share
 * is a sum that no dealer knows (of several dealers', or of what was there before), its provider signs its root, over H(w).
 *
 * @param summed whether the shares are sums
 * @param roots one for each point: the providers' in the order of the token, then the user's where it has one
 * @param signatures 64 bytes each: the dealer's alone; of sums one for each root
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes
public record Dealt(boolean summed, List<ShareRoot> roots, List<byte[]> signatures) {
    /** @throws MalformedException when the parts don't fit together */
    public Dealt {
        roots = List.copyOf(roots);
        signatures = List.copyOf(signatures);
        if (roots.isEmpty() || signatures.size() != (summed ? roots.size() : 1)) {
            throw new MalformedException(
                    signatures.size() + " signatures for " + roots.size() + (summed ? " sums" : " dealt shares"));
        }
    }

    /** The dealer signs for all shares that it dealt. */
    public static Dealt sign(SigningKey dealer, StatementHash w, List<ShareRoot> roots) {
        return new Dealt(false, roots, List.of(dealer.sign(Purpose.SHARE_ROOTS, message(w, roots))));
    }

    /** A provider signs for the share that it summed up. */
    public static byte[] signSum(SigningKey provider, StatementHash w, ShareRoot sum) {
        return provider.sign(Purpose.SUM_ROOT, message(w, List.of(sum)));
    }

    /** @throws dev.interlock.core.signature.BadSignatureException unless this provider signed for that sum */
    public static void verifySum(VerifyingKey provider, StatementHash w, ShareRoot sum, byte[] signature) {
        provider.verify(Purpose.SUM_ROOT, message(w, List.of(sum)), signature);
    }

    /**
     * Checks all signatures.
     *
     * @param dealer the one dealer's key; not asked for where the shares are sums
     * @param providers the providers' keys
     * @throws dev.interlock.core.signature.BadSignatureException at the first wrong one
     */
    public void verify(VerifyingKey dealer, Function<ShareIndex, VerifyingKey> providers, StatementHash w) {
        if (!summed) {
            dealer.verify(Purpose.SHARE_ROOTS, message(w, roots), signatures.getFirst());
            return;
        }
        for (int i = 0; i < roots.size(); i++) {
            verifySum(providers.apply(roots.get(i).x()), w, roots.get(i), signatures.get(i));
        }
    }

    /** @throws MalformedException when the point has no share */
    public ShareRoot rootOf(ShareIndex x) {
        return roots.get(place(x));
    }

    /** The signature that binds somebody to this point's root: the dealer's, or of a sum its provider's. */
    public byte[] signatureOf(ShareIndex x) {
        return signatures.get(summed ? place(x) : 0);
    }

    private int place(ShareIndex x) {
        for (int i = 0; i < roots.size(); i++) {
            if (roots.get(i).x().equals(x)) {
                return i;
            }
        }
        throw new MalformedException("the dealing has no share root for x = " + x.x());
    }

    /** The length of what one dealer commits to, in bytes. */
    public static int dealtBytes(int points) {
        return 2 + points * (1 + Sha256.BYTES) + SigningKey.SIGNATURE_BYTES;
    }

    void write(ByteWriter out) {
        out.u8(summed ? 1 : 0).u8(roots.size());
        roots.forEach(root -> out.u8(root.x().x()).fixed(root.root(), Sha256.BYTES));
        signatures.forEach(signature -> out.fixed(signature, SigningKey.SIGNATURE_BYTES));
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter();
        write(out);
        return out.toBytes();
    }

    static Dealt read(ByteReader in) {
        int summed = in.u8();
        if (summed > 1) {
            throw new MalformedException("roots are signed by their dealer (0) or their providers (1), not " + summed);
        }
        List<ShareRoot> roots = new ArrayList<>();
        int count = in.u8();
        for (int i = 0; i < count; i++) {
            roots.add(new ShareRoot(Encodings.x(in), in.fixed(Sha256.BYTES)));
        }
        List<byte[]> signatures = new ArrayList<>();
        for (int i = 0; i < (summed == 1 ? count : 1); i++) {
            signatures.add(in.fixed(SigningKey.SIGNATURE_BYTES));
        }
        return new Dealt(summed == 1, roots, signatures);
    }

    /** @throws MalformedException unless these are exactly the bytes of one dealing's commitments */
    public static Dealt decode(String from, byte[] bytes) {
        ByteReader in = new ByteReader("the dealing of " + from, bytes);
        Dealt dealt = read(in);
        in.end();
        return dealt;
    }

    private static byte[] message(StatementHash w, List<ShareRoot> roots) {
        ByteWriter out = new ByteWriter().fixed(w.bytes(), StatementHash.BYTES).u8(roots.size());
        roots.forEach(root -> out.u8(root.x().x()).fixed(root.root(), Sha256.BYTES));
        return out.toBytes();
    }
}
