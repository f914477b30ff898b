package dev.interlock.core.token;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.SigningKey;
import java.util.Optional;

/**
 * One provider's word that it took part in a write, and holds all that it is to hold, durably.
 *
 * @param ciphertextRoot over the leaves of the ciphertext that a home stored, 32 bytes; empty at the others
 * @param signature 64 bytes
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes
public record Participation(Optional<byte[]> ciphertextRoot, byte[] signature) {
    /** The longest one encoded: a home's. */
    public static final int MAX_BYTES = Integer.BYTES + Sha256.BYTES + SigningKey.SIGNATURE_BYTES;

    /** @throws MalformedException when a field has another length */
    public Participation {
        if (ciphertextRoot.filter(root -> root.length != Sha256.BYTES).isPresent()
                || signature.length != SigningKey.SIGNATURE_BYTES) {
            throw new MalformedException("a participation has a root of 32 bytes, or none, and a signature of 64");
        }
    }

    void write(ByteWriter out) {
        out.bytes(ciphertextRoot.orElse(new byte[0])).fixed(signature, SigningKey.SIGNATURE_BYTES);
    }

    static Participation read(ByteReader in) {
        byte[] root = in.bytes();
        return new Participation(
                root.length == 0 ? Optional.empty() : Optional.of(root), in.fixed(SigningKey.SIGNATURE_BYTES));
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter();
        write(out);
        return out.toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of one */
    public static Participation decode(byte[] bytes) {
        ByteReader in = new ByteReader("the participation", bytes);
        Participation participation = read(in);
        in.end();
        return participation;
    }
}
