package dev.interlock.protocol;

import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Proof, for anyone who has the ring's descriptor, that a provider gave out something else than what it is bound to: its own
 * signature over a wrong chunk, or a wrong root, of its share or its ciphertext. It holds hashes only, and nothing of the
 * share itself.
 *
 * <p>A provider takes part in one write under H(w), once, and what it says at a read names that H(w), too: two words of it that
 * can't both be true need nothing else.
 *
 * @param chain of the generation's token, with the signatures of all that took part
 * @param said the provider's word at the read
 * @param leaves of the part as it should be, 32 bytes each, where a chunk is wrong
 */
public record Evidence(SignatureChain chain, Holding said, byte[] leaves) {
    private static final String FORMAT = "interlock evidence 2";

    private record Text(String format, byte[] chain, byte[] said, byte[] leaves) {}

    /** @param what for people: what the provider gave out */
    public record Finding(Provider liar, String what) {}

    public byte[] encode() {
        return Json.write(new Text(FORMAT, chain.encode(), said.encode(), leaves));
    }

    /** @throws MalformedException unless it is whole evidence of this version */
    public static Evidence decode(byte[] bytes) {
        Text text = Json.read("the evidence", bytes, Text.class);
        if (!text.format().equals(FORMAT)) {
            throw new MalformedException("this is no \"" + FORMAT + "\"; this program reads that version only");
        }
        return new Evidence(SignatureChain.decode(text.chain()), Holding.decode(text.said()), text.leaves());
    }

    /** Of the object that this is about; believed only once verified. */
    public Token token() {
        return Token.decode(chain.token());
    }

    /**
     * Who lied, and how.
     *
     * @throws IntegrityException that says why this proves nothing
     */
    public Finding verify(RingDescriptor descriptor) {
        Token u = Token.decode(chain.token());
        require(
                u.ring().equals(descriptor.id()),
                "it is about the ring " + u.ring() + ", this is the ring " + descriptor.id());
        require(
                descriptor.knows(u.epoch()),
                "it is of the ring's epoch " + u.epoch() + ", this descriptor is of " + descriptor.epoch());
        RingDescriptor ring = descriptor.at(u.epoch());
        require(
                u.providers().contains(said.x()),
                "the object " + u.object() + " has no provider x = " + said.x().x());
        Provider provider = ring.provider(said.x());
        try {
            require(said.part() != Part.PASSED, "what a hop handed on can be judged by the user alone");
            chain.verifyCommitted(ring.keys());
            said.verify(provider.card().key());
            require(
                    said.isAbout(u.ring(), u.id(), said.part(), said.x(), said.chunk()),
                    provider.name() + " said it of another generation");
            Write.verifyRoots(ring, u);
            byte[] root = Direct.promise(chain, said.part(), said.x()).root();
            if (said.chunk() == Holding.WHOLE) {
                require(!Arrays.equals(said.hash(), root), "what " + provider.name() + " said is what it is bound to");
                return new Finding(
                        provider,
                        provider.name() + " gave out another " + said.part().text() + " of " + u.object()
                                + " than the one that " + binding());
            }
            require(
                    said.chunk() < u.layout().count()
                            && leaves.length == u.layout().count() * Sha256.BYTES
                            && Arrays.equals(MerkleRoot.over(leaves), root),
                    "its leaves aren't those of the object");
            require(
                    !Arrays.equals(said.hash(), Write.leaf(leaves, said.chunk())),
                    "the chunk that " + provider.name() + " signed for is the right one");
            return new Finding(
                    provider,
                    provider.name() + " gave out a wrong chunk " + said.chunk() + " of its "
                            + said.part().text() + " of " + u.object());
        } catch (BadSignatureException | MalformedException e) {
            throw broken(e.getMessage());
        }
    }

    private String binding() {
        return said.part() == Part.SHARE ? "its root is signed" : "it signed for itself at the write";
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw broken(otherwise);
        }
    }

    private static IntegrityException broken(@Nullable String why) {
        return new IntegrityException("the evidence proves nothing: " + why, List.of());
    }
}
