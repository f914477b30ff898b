package dev.interlock.protocol;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.PadCombiner;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.util.List;
import java.util.Set;

/**
 * The read of a small object in one round trip (SPEC §9): each of t providers answers at once with all that it has of it, and U,
 * who trusts none of them, holds each part against the token and combines them.
 */
public final class SmallRead {
    /** The longest object that is read so, in bytes. */
    public static final int MAX_BYTES = 64 << 10;

    /** The longest part: a share behind its salt. */
    public static final int MAX_PART_BYTES = Leaves.SALT_BYTES + ChunkLayout.RANDOMIZER_BYTES + MAX_BYTES;

    /** How many objects one request opens, at most. */
    public static final int MAX_AT_ONCE = 64;

    private SmallRead() {}

    /** Whether an object is read so. */
    public static boolean isFor(Token u) {
        return isFor(u.scheme(), u.length());
    }

    /** The same by what a session's statement says: a single chunk, whose shares each provider has in the clear. */
    static boolean isFor(Scheme scheme, long length) {
        return scheme.blinded() && !scheme.sealed() && length <= MAX_BYTES;
    }

    /** Which parts the provider x gives. */
    public static Set<Part> partsOf(Token u, ShareIndex x) {
        return u.homes().contains(x) ? Set.of(Part.SHARE, Part.CIPHERTEXT) : Set.of(Part.SHARE);
    }

    /**
     * U: whether a part is the one that its provider is bound to. A single leaf makes the root by itself.
     *
     * @param u the token
     * @param chain of it, certified
     * @param bytes of the part: a share behind its salt
     */
    public static boolean isPromised(Token u, SignatureChain chain, Part part, ShareIndex x, MemorySegment bytes) {
        try {
            return isUnder(Direct.root(u, chain, part, x), u, part, x, bytes);
        } catch (MalformedException e) {
            return false;
        }
    }

    /** Whether a part of u_m's object, as its provider gives it, has this root. */
    static boolean isUnder(byte[] root, Token u, Part part, ShareIndex x, MemorySegment bytes) {
        return bytes.byteSize() == Direct.chunkBytes(part, u.layout(), 0)
                && MessageDigest.isEqual(
                        root,
                        new MerkleRoot()
                                .add(Direct.leaf(u.id(), part, x, 0, bytes))
                                .root());
    }

    /**
     * c ⊕ Σ λ_{S,0}(i)·f(x_i), in place: P, in protocol 2 P ⊕ b_U.
     *
     * @param s t providers
     * @param shares of these, each as it was given, behind its salt
     * @param c of a home
     */
    public static void combine(FieldKernel kernel, List<ShareIndex> s, List<MemorySegment> shares, MemorySegment c) {
        PadCombiner.combine(
                kernel,
                0,
                s.stream().mapToInt(ShareIndex::x).toArray(),
                shares.stream()
                        .map(share -> share.asSlice(Direct.offset(Part.SHARE)))
                        .toList(),
                c);
    }
}
