package dev.interlock.core.token;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.SigningKey;
import java.util.Arrays;

/**
 * An owner's word that an object is another's from now on: one link of its {@link Title}.
 *
 * @param to the next owner's key
 * @param signature of the owner before, 64 bytes; {@link Title} says of what
 */
@SuppressWarnings("ArrayRecordComponent") // compared by content below
public record Handover(OwnerKey to, byte[] signature) {
    /** @throws MalformedException unless the signature has its length */
    public Handover {
        if (signature.length != SigningKey.SIGNATURE_BYTES) {
            throw new MalformedException("a handover has a signature of 64 bytes, not " + signature.length);
        }
    }

    void write(ByteWriter out) {
        to.write(out);
        out.fixed(signature, SigningKey.SIGNATURE_BYTES);
    }

    static Handover read(ByteReader in) {
        return new Handover(OwnerKey.read(in), in.fixed(SigningKey.SIGNATURE_BYTES));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Handover that && to.equals(that.to) && Arrays.equals(signature, that.signature);
    }

    @Override
    public int hashCode() {
        return 31 * to.hashCode() + Arrays.hashCode(signature);
    }
}
