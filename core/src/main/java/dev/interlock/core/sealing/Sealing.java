package dev.interlock.core.sealing;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.RingId;

/**
 * What a sealed stream is bound to: it opens as nothing else.
 *
 * @param x the share of this provider, 1..254, or 0 for the message
 */
public record Sealing(RingId ring, ObjectId object, int x) {
    static final String LABEL = "interlock/v1/sealed";

    /** @throws IllegalArgumentException if x is outside 0..254 */
    public Sealing {
        if (x < 0 || x > ShareIndex.MAX) {
            throw new IllegalArgumentException(
                    "x is " + x + ", must be 0 for the message or a share's 1.." + ShareIndex.MAX);
        }
    }

    public static Sealing ofMessage(RingId ring, ObjectId object) {
        return new Sealing(ring, object, 0);
    }

    public static Sealing ofShare(RingId ring, ObjectId object, ShareIndex x) {
        return new Sealing(ring, object, x.x());
    }

    /** HPKE's info. */
    byte[] info() {
        return new ByteWriter()
                .text(LABEL)
                .fixed(ring.bytes(), RingId.BYTES)
                .fixed(object.bytes(), ObjectId.BYTES)
                .u8(x)
                .toBytes();
    }

    @Override
    public String toString() {
        return (x == 0 ? "the message" : "share " + x) + " of object " + object;
    }
}
