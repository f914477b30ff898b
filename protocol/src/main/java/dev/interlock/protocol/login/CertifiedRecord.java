package dev.interlock.protocol.login;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A record that all providers of its epoch say they hold, with their share of each lock: only then does it count (SPEC §17). So a
 * name is taken at all or at none, and a password's change leaves nobody behind.
 *
 * @param held each provider's signature over {@link #heldMessage}, in the order of the ring
 */
public record CertifiedRecord(LoginRecord.Signed signed, Map<ShareIndex, byte[]> held) {
    /** With 254 signatures. */
    public static final int MAX_BYTES = LoginRecord.MAX_BYTES + (20 << 10);

    public CertifiedRecord {
        held = Collections.unmodifiableMap(new LinkedHashMap<>(held));
    }

    public LoginRecord record() {
        return signed.record();
    }

    /** What a provider signs when it holds a record durably, by the key of its card. */
    public static byte[] heldMessage(RingId ring, String node, RecordHash hash) {
        return new ByteWriter()
                .fixed(ring.bytes(), RingId.BYTES)
                .text(node)
                .fixed(hash.bytes(), RecordHash.BYTES)
                .toBytes();
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter().bytes(signed.encode()).u8(held.size());
        held.forEach((x, signature) -> out.u8(x.x()).fixed(signature, SigningKey.SIGNATURE_BYTES));
        return out.toBytes();
    }

    /**
     * A record that counts in this ring.
     *
     * @throws MalformedException when it isn't one of this ring and name, or a provider's signature is missing
     * @throws dev.interlock.core.signature.BadSignatureException when one of the signatures is another's
     */
    public static CertifiedRecord decode(RingDescriptor ring, UserName name, byte[] bytes) {
        ByteReader in = new ByteReader("a login's certified record", bytes);
        LoginRecord.Signed signed = LoginRecord.Signed.decode(in.bytes());
        Map<ShareIndex, byte[]> held = new LinkedHashMap<>();
        int count = in.u8();
        for (int i = 0; i < count; i++) {
            held.put(Lock.index(in.u8()), in.fixed(SigningKey.SIGNATURE_BYTES));
        }
        in.end();
        CertifiedRecord certified = new CertifiedRecord(signed, held);
        certified.verify(ring, name);
        return certified;
    }

    private void verify(RingDescriptor ring, UserName name) {
        LoginRecord record = record();
        if (!record.ring().equals(ring.id()) || !record.name().equals(name)) {
            throw new MalformedException("a login's record is of another ring or name");
        }
        if (!ring.knows(record.epoch())) {
            throw new MalformedException("a login's record is of epoch " + record.epoch() + ", which isn't known here");
        }
        RingDescriptor then = ring.at(record.epoch());
        if (held.size() != then.providers().size()) {
            throw new MalformedException("a login's record has " + held.size() + " signatures, and the ring has "
                    + then.providers().size() + " providers");
        }
        for (Provider provider : then.providers()) {
            byte[] signature = held.get(provider.x());
            if (signature == null) {
                throw new MalformedException("a login's record lacks the signature of " + provider.name());
            }
            VerifyingKey key = provider.card().key();
            key.verify(Purpose.LOGIN_HELD, heldMessage(ring.id(), provider.name(), record.hash()), signature);
        }
    }

    @Override
    public boolean equals(Object other) {
        // The signatures are deterministic.
        return other instanceof CertifiedRecord that && record().equals(that.record());
    }

    @Override
    public int hashCode() {
        return record().hash().hashCode();
    }
}
