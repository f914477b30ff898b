package dev.interlock.protocol.login;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.oprf.Element;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What client and provider tell each other about logins (SPEC §17). */
public final class Messages {
    private static final int SHARE_BYTES = 32;
    public static final int NONCE_BYTES = 16;

    private Messages() {}

    /**
     * What a provider shows of a name to anybody.
     *
     * @param certified the record that counts there
     * @param highest version of any record there, the prepared ones too; 0 for none
     */
    public record Shown(Optional<CertifiedRecord> certified, long highest) {
        public static final int MAX_BYTES = CertifiedRecord.MAX_BYTES + 64;

        /** @param certified of no bytes where none counts */
        public static byte[] encode(byte[] certified, long highest) {
            return new ByteWriter().bytes(certified).u64(highest).toBytes();
        }

        /** Verifies the record. */
        public static Shown decode(RingDescriptor ring, UserName name, byte[] bytes) {
            ByteReader in = new ByteReader("a provider's record of a login", bytes);
            byte[] certified = in.bytes();
            long highest = in.u64();
            in.end();
            return new Shown(
                    certified.length == 0
                            ? Optional.empty()
                            : Optional.of(CertifiedRecord.decode(ring, name, certified)),
                    highest);
        }
    }

    /**
     * A record for a provider to hold, with its shares.
     *
     * @param ticket the operator's, at an enrolment; empty at a change
     * @param shares by the code of their lock's kind; where one is missing, its lock is that of the record before
     * @param before a certified record for a provider that has none: one that lost its store, or is new; else of no bytes
     * @param by which lock's login key allows a change
     * @param change that key's signature over {@link #changeMessage}; empty at an enrolment
     */
    @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
    public record Prepare(
            String ticket,
            LoginRecord.Signed record,
            Map<Lock.Kind, byte[]> shares,
            byte[] before,
            Lock.Kind by,
            byte[] change) {
        public static final int MAX_BYTES = LoginRecord.MAX_BYTES + CertifiedRecord.MAX_BYTES + 512;

        public byte[] encode() {
            ByteWriter out =
                    new ByteWriter().text(ticket).bytes(record.encode()).u8(shares.size());
            shares.forEach((kind, share) -> out.u8(kind.code()).fixed(share, SHARE_BYTES));
            return out.bytes(before).u8(by.code()).bytes(change).toBytes();
        }

        public static Prepare decode(byte[] bytes) {
            ByteReader in = new ByteReader("a login's enrolment", bytes);
            String ticket = in.text();
            LoginRecord.Signed record = LoginRecord.Signed.decode(in.bytes());
            Map<Lock.Kind, byte[]> shares = new LinkedHashMap<>();
            int count = in.u8();
            for (int i = 0; i < count; i++) {
                if (shares.put(Lock.Kind.of(in.u8()), in.fixed(SHARE_BYTES)) != null) {
                    throw new MalformedException("an enrolment has a share twice");
                }
            }
            Prepare prepare = new Prepare(ticket, record, shares, in.bytes(), Lock.Kind.of(in.u8()), in.bytes());
            in.end();
            return prepare;
        }
    }

    /** What a change's login key signs, for one provider. */
    public static byte[] changeMessage(RingId ring, String node, RecordHash next) {
        return CertifiedRecord.heldMessage(ring, node, next);
    }

    /** @param record whose lock it is */
    public record Evaluate(RecordHash record, Lock.Kind kind, Element blinded) {
        public static final int BYTES = RecordHash.BYTES + 1 + Element.BYTES;

        public byte[] encode() {
            return new ByteWriter()
                    .fixed(record.bytes(), RecordHash.BYTES)
                    .u8(kind.code())
                    .fixed(blinded.encode(), Element.BYTES)
                    .toBytes();
        }

        /** @throws MalformedException when the element isn't a point of the curve, or is the identity */
        public static Evaluate decode(byte[] bytes) {
            ByteReader in = new ByteReader("a login's question", bytes);
            Evaluate evaluate = new Evaluate(
                    new RecordHash(in.fixed(RecordHash.BYTES)),
                    Lock.Kind.of(in.u8()),
                    Element.decode(in.fixed(Element.BYTES)));
            in.end();
            return evaluate;
        }
    }

    /**
     * That a login succeeded, for one provider: it gives back what that one attempt cost, and makes the device a known one.
     *
     * @param nonce of the request that was evaluated
     * @param device what signs the next attempts from there
     * @param signature of the lock's login key for that provider
     */
    @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
    public record Success(RecordHash record, Lock.Kind kind, byte[] nonce, VerifyingKey device, byte[] signature) {
        public static final int BYTES =
                RecordHash.BYTES + 1 + NONCE_BYTES + VerifyingKey.BYTES + SigningKey.SIGNATURE_BYTES;

        public static Success sign(
                SigningKey loginKey,
                RingId ring,
                String node,
                UserName name,
                RecordHash record,
                Lock.Kind kind,
                byte[] nonce,
                VerifyingKey device) {
            byte[] message = message(ring, node, name, record, kind, nonce, device);
            return new Success(record, kind, nonce, device, loginKey.sign(Purpose.LOGIN_SUCCESS, message));
        }

        private static byte[] message(
                RingId ring,
                String node,
                UserName name,
                RecordHash record,
                Lock.Kind kind,
                byte[] nonce,
                VerifyingKey device) {
            return new ByteWriter()
                    .fixed(ring.bytes(), RingId.BYTES)
                    .text(node)
                    .text(name.text())
                    .fixed(record.bytes(), RecordHash.BYTES)
                    .u8(kind.code())
                    .fixed(nonce, NONCE_BYTES)
                    .fixed(device.bytes(), VerifyingKey.BYTES)
                    .toBytes();
        }

        /** @throws dev.interlock.core.signature.BadSignatureException unless that key signed it for this node and name */
        public void verify(VerifyingKey loginKey, RingId ring, String node, UserName name) {
            loginKey.verify(Purpose.LOGIN_SUCCESS, message(ring, node, name, record, kind, nonce, device), signature);
        }

        public byte[] encode() {
            return new ByteWriter()
                    .fixed(record.bytes(), RecordHash.BYTES)
                    .u8(kind.code())
                    .fixed(nonce, NONCE_BYTES)
                    .fixed(device.bytes(), VerifyingKey.BYTES)
                    .fixed(signature, SigningKey.SIGNATURE_BYTES)
                    .toBytes();
        }

        public static Success decode(byte[] bytes) {
            ByteReader in = new ByteReader("a login's success", bytes);
            Success success = new Success(
                    new RecordHash(in.fixed(RecordHash.BYTES)),
                    Lock.Kind.of(in.u8()),
                    in.fixed(NONCE_BYTES),
                    VerifyingKey.of(in.fixed(VerifyingKey.BYTES)),
                    in.fixed(SigningKey.SIGNATURE_BYTES));
            in.end();
            return success;
        }
    }
}
