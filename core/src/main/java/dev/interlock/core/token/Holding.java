package dev.interlock.core.token;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import java.util.Locale;

/**
 * A provider's signed word about what it holds of an object: the root over all chunks of a part, or the leaf of one. Two
 * that don't agree, or one that doesn't agree with what the dealer signed ({@link ShareRoot}), show that it lied.
 *
 * @param generation H(w) of the write that made what it holds
 * @param x the provider
 * @param chunk 0, 1, …; {@link #WHOLE} for the root over all
 * @param hash the leaf or the root: 32 bytes
 * @param signature 64 bytes, the provider's
 */
public record Holding(
        RingId ring, StatementHash generation, Part part, ShareIndex x, int chunk, byte[] hash, byte[] signature) {
    /** The size of the encoding. */
    public static final int BYTES =
            RingId.BYTES + StatementHash.BYTES + 2 + Integer.BYTES + Sha256.BYTES + SigningKey.SIGNATURE_BYTES;

    /** Stands for all chunks. */
    public static final int WHOLE = Integer.MAX_VALUE;

    /** What it is that a provider holds, or handed on. */
    public enum Part {
        /** f(x_i), each chunk behind its salt. */
        SHARE(1),
        /** P ⊕ a0, at a home. */
        CIPHERTEXT(2),
        /** What its hop handed on, in an attested write; nothing that an object consists of. */
        PASSED(3);

        private final int code;

        Part(int code) {
            this.code = code;
        }

        /** As a path writes it. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** @throws MalformedException when no part is called so */
        public static Part parse(String text) {
            for (Part part : values()) {
                if (part != PASSED && part.text().equals(text)) {
                    return part;
                }
            }
            throw new MalformedException("the parts of an object are share and ciphertext, not \"" + text + "\"");
        }

        private static Part ofCode(int code) {
            for (Part part : values()) {
                if (part.code == code) {
                    return part;
                }
            }
            throw new MalformedException("the statement is about a part " + code + ", which no object has");
        }
    }

    public static Holding sign(
            SigningKey provider,
            RingId ring,
            StatementHash generation,
            Part part,
            ShareIndex x,
            int chunk,
            byte[] hash) {
        return new Holding(
                ring,
                generation,
                part,
                x,
                chunk,
                hash,
                provider.sign(Purpose.HOLDING, signed(ring, generation, part, x, chunk, hash)));
    }

    /** Whether it is this provider's, about this; {@link #verify} tells whether that provider said it. */
    public boolean isAbout(RingId ring, StatementHash generation, Part part, ShareIndex x, int chunk) {
        return this.ring.equals(ring)
                && this.generation.equals(generation)
                && this.part == part
                && this.x.equals(x)
                && this.chunk == chunk;
    }

    /** @throws dev.interlock.core.signature.BadSignatureException unless this provider signed it */
    public void verify(VerifyingKey provider) {
        provider.verify(Purpose.HOLDING, signed(ring, generation, part, x, chunk, hash), signature);
    }

    public byte[] encode() {
        return new ByteWriter()
                .fixed(signed(ring, generation, part, x, chunk, hash), BYTES - SigningKey.SIGNATURE_BYTES)
                .fixed(signature, SigningKey.SIGNATURE_BYTES)
                .toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of one */
    public static Holding decode(byte[] bytes) {
        ByteReader in = new ByteReader("the statement of a provider", bytes);
        RingId ring = RingId.of(in.fixed(RingId.BYTES));
        StatementHash generation = StatementHash.of(in.fixed(StatementHash.BYTES));
        Part part = Part.ofCode(in.u8());
        int x = in.u8();
        int chunk = in.u32();
        byte[] hash = in.fixed(Sha256.BYTES);
        byte[] signature = in.fixed(SigningKey.SIGNATURE_BYTES);
        in.end();
        try {
            return new Holding(ring, generation, part, new ShareIndex(x), chunk, hash, signature);
        } catch (IllegalArgumentException e) {
            throw new MalformedException("the statement names no provider: " + e.getMessage());
        }
    }

    private static byte[] signed(
            RingId ring, StatementHash generation, Part part, ShareIndex x, int chunk, byte[] hash) {
        return new ByteWriter()
                .fixed(ring.bytes(), RingId.BYTES)
                .fixed(generation.bytes(), StatementHash.BYTES)
                .u8(part.code)
                .u8(x.x())
                .u32(chunk)
                .fixed(hash, Sha256.BYTES)
                .toBytes();
    }
}
