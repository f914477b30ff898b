package dev.interlock.protocol;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * The direct read of SPEC §9: U asks providers for their shares themselves, over private channels and in parallel, holds
 * each chunk against the root that its dealer signed, and combines any t good ones with a home's ciphertext. Who gives a
 * wrong chunk has signed for it: that is {@link Evidence}.
 *
 * <p>CC_i answers with the leaves of the part, its signature over their root, and then each chunk with its signature over the
 * chunk's leaf.
 */
public final class Direct {
    private Direct() {}

    /** The bytes of chunk k of a part, as they are stored and sent. */
    public static int chunkBytes(Part part, ChunkLayout layout, int k) {
        return layout.padLength(k) + (part == Part.SHARE ? Leaves.SALT_BYTES : 0);
    }

    /** Where in these bytes the share, or the ciphertext, begins. */
    public static int offset(Part part) {
        return part == Part.SHARE ? Leaves.SALT_BYTES : 0;
    }

    /** The leaf over chunk k of a part. */
    public static byte[] leaf(StatementHash w, Part part, ShareIndex x, int k, MemorySegment chunk) {
        return switch (part) {
            case SHARE ->
                Write.shareLeaf(w, x, k, chunk.asSlice(0, Leaves.SALT_BYTES), chunk.asSlice(Leaves.SALT_BYTES));
            case CIPHERTEXT, PASSED -> Leaves.ofCiphertext(w, k).update(chunk).leaf();
        };
    }

    /**
     * What a provider's part must be: for its share what u_m has, for a home's ciphertext what it took part with.
     *
     * @throws MalformedException when this provider is bound to no such part
     */
    public static Promise promise(SignatureChain chain, Part part, ShareIndex x) {
        return new Promise(chain, root(Token.decode(chain.token()), chain, part, x));
    }

    /** The root in it, for whoever has the chain's token decoded. */
    static byte[] root(Token u, SignatureChain chain, Part part, ShareIndex x) {
        if (part == Part.SHARE) {
            return u.dealt().rootOf(x).root();
        }
        if (!u.homes().contains(x)) {
            throw new MalformedException("x = " + x.x() + " signed for no ciphertext of " + u.object());
        }
        return chain.ciphertextRoot();
    }

    /**
     * What one provider is bound to.
     *
     * @param chain of the token, checked
     * @param root over the part's leaves
     */
    @SuppressWarnings("ArrayRecordComponent") // opaque bytes
    public record Promise(SignatureChain chain, byte[] root) {}

    /**
     * U: whether a provider's statement is about what was asked, and its own.
     *
     * @return the statement
     * @throws BadSignatureException if it isn't this provider's
     */
    public static Holding said(
            RingDescriptor ring, StatementHash w, Part part, ShareIndex x, int chunk, byte[] hash, byte[] signature) {
        Holding said = new Holding(ring.id(), w, part, x, chunk, hash, signature);
        said.verify(ring.provider(x).card().key());
        return said;
    }

    /** The evidence in a statement that doesn't fit the promise; empty where it does. */
    public static Optional<Evidence> lie(Promise promise, byte[] leaves, Holding said) {
        boolean good = said.chunk() == Holding.WHOLE
                ? Arrays.equals(said.hash(), promise.root())
                : Arrays.equals(said.hash(), Write.leaf(leaves, said.chunk()));
        if (good) {
            return Optional.empty();
        }
        byte[] needed = said.chunk() == Holding.WHOLE ? new byte[0] : leaves;
        return Optional.of(new Evidence(promise.chain(), said, needed));
    }
}
