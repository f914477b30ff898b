package dev.interlock.core.sealing;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.StatementHash;

/**
 * What a sealed stream is bound to: it opens as nothing else.
 *
 * @param generation H(w) of the write
 * @param x the share of this provider, 1..254, or 0 for the message
 */
public record Sealing(RingId ring, StatementHash generation, int x) {
    static final String LABEL = "interlock/v1/sealed";

    /** @throws IllegalArgumentException if x is outside 0..254 */
    public Sealing {
        if (x < 0 || x > ShareIndex.MAX) {
            throw new IllegalArgumentException(
                    "x is " + x + ", must be 0 for the message or a share's 1.." + ShareIndex.MAX);
        }
    }

    public static Sealing ofMessage(RingId ring, StatementHash generation) {
        return new Sealing(ring, generation, 0);
    }

    public static Sealing ofShare(RingId ring, StatementHash generation, ShareIndex x) {
        return new Sealing(ring, generation, x.x());
    }

    /** HPKE's info. */
    byte[] info() {
        return new ByteWriter()
                .text(LABEL)
                .fixed(ring.bytes(), RingId.BYTES)
                .fixed(generation.bytes(), StatementHash.BYTES)
                .u8(x)
                .toBytes();
    }

    @Override
    public String toString() {
        return (x == 0 ? "the message" : "share " + x) + " of generation " + generation;
    }
}
