package dev.interlock.protocol.message;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.SigningKey;
import java.util.Arrays;

/**
 * Step 1: what U asks of one party in one session. A provider takes it as an order for its part of the pass, a dealer as the
 * request to deal. As it came off the wire; {@link dev.interlock.protocol.Session#accept} and {@link
 * dev.interlock.protocol.Write#acceptDeal} check it.
 *
 * @param statement w
 * @param ownerSignature O's over w, 64 bytes, where a generation is made; else empty
 * @param privatePart this party's {@link dev.interlock.protocol.PrivatePart}, encoded; wiped by whoever accepts it
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes
public record Order(byte[] statement, byte[] ownerSignature, byte[] privatePart) {
    /** @throws MalformedException when the signature has another length */
    public Order {
        if (ownerSignature.length != 0 && ownerSignature.length != SigningKey.SIGNATURE_BYTES) {
            throw new MalformedException("an owner's signature has " + SigningKey.SIGNATURE_BYTES + " bytes");
        }
    }

    public byte[] encode() {
        return new ByteWriter()
                .bytes(statement)
                .bytes(ownerSignature)
                .bytes(privatePart)
                .toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of one */
    public static Order decode(byte[] bytes) {
        ByteReader in = new ByteReader("the order", bytes);
        Order order = new Order(in.bytes(), in.bytes(), in.bytes());
        in.end();
        return order;
    }

    /** Wipes what this party alone is told. */
    public void wipe() {
        Arrays.fill(privatePart, (byte) 0);
    }
}
