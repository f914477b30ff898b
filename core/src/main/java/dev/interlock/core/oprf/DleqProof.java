package dev.interlock.core.oprf;

import dev.interlock.core.encoding.MalformedException;
import java.util.Arrays;

/** That two elements have the same logarithm to two bases (RFC 9497 §2.2): 64 bytes, c ‖ s. */
public record DleqProof(Scalar c, Scalar s) {
    public static final int BYTES = 2 * Scalar.BYTES;

    /** @throws MalformedException unless these are two scalars */
    public static DleqProof decode(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new MalformedException("a proof has " + BYTES + " bytes, not " + bytes.length);
        }
        return new DleqProof(
                Scalar.decode(Arrays.copyOf(bytes, Scalar.BYTES)),
                Scalar.decode(Arrays.copyOfRange(bytes, Scalar.BYTES, BYTES)));
    }

    public byte[] encode() {
        byte[] bytes = Arrays.copyOf(c.encode(), BYTES);
        System.arraycopy(s.encode(), 0, bytes, Scalar.BYTES, Scalar.BYTES);
        return bytes;
    }
}
