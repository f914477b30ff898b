package dev.interlock.protocol.login;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.oprf.Element;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What client and provider tell each other about logins (SPEC §17). */
public final class Messages {
    private static final int SHARE_BYTES = 32;
    private static final int WHOLE = 1;
    private static final int PARTS = 2;
    public static final int NONCE_BYTES = 16;

    private Messages() {}

    /**
     * What a provider shows of a name to anybody.
     *
     * @param certified the record that counts there
     * @param pending of those that it holds beside that and that don't count the one of the highest version, if that is higher. The record
     *     itself, since a change goes above it: its version is its user's word, and nobody else's
     */
    public record Shown(Optional<CertifiedRecord> certified, Optional<LoginRecord.Signed> pending) {
        public static final int MAX_BYTES = CertifiedRecord.MAX_BYTES + LoginRecord.MAX_BYTES + 256;

        /** The form before had none, and began with a length below 2^24: with 0. */
        private static final int VERSION = 2;

        /**
         * Encodes it.
         *
         * @param certified of no bytes where none counts
         * @param pending of no bytes where there is none
         */
        public static byte[] encode(byte[] certified, byte[] pending) {
            return new ByteWriter().u8(VERSION).bytes(certified).bytes(pending).toBytes();
        }

        /**
         * Verifies both records.
         *
         * @throws MalformedException when it isn't one of this version, or of another ring or name
         * @throws dev.interlock.core.signature.BadSignatureException when one of the signatures is another's
         */
        public static Shown decode(RingDescriptor ring, UserName name, byte[] bytes) {
            ByteReader in = new ByteReader("a provider's record of a login", bytes);
            int version = in.u8();
            if (version != VERSION) {
                throw new MalformedException(
                        "a provider's record of a login has version " + version + ", not " + VERSION
                                + ": it is of " + (version < VERSION ? "an older" : "a newer")
                                + " interlock than this one. All nodes and users of a ring have to be of the same build");
            }
            byte[] certified = in.bytes();
            byte[] pending = in.bytes();
            in.end();
            return new Shown(
                    certified.length == 0
                            ? Optional.empty()
                            : Optional.of(CertifiedRecord.decode(ring, name, certified)),
                    pending.length == 0 ? Optional.empty() : Optional.of(pending(ring, name, pending)));
        }

        private static LoginRecord.Signed pending(RingDescriptor ring, UserName name, byte[] bytes) {
            LoginRecord.Signed pending = LoginRecord.Signed.decode(bytes);
            if (!pending.record().ring().equals(ring.id())
                    || !pending.record().name().equals(name)) {
                throw new MalformedException("a login's record that doesn't count yet is of another ring or name");
            }
            return pending;
        }

        /** Both. */
        public Stream<LoginRecord> records() {
            return Stream.concat(
                    certified.map(CertifiedRecord::record).stream(), pending.map(LoginRecord.Signed::record).stream());
        }
    }

    /**
     * A record for a provider to hold, with its shares.
     *
     * @param ticket the operator's, at an enrolment; empty at a change
     * @param told of each lock's share, by its kind; where nothing is, the lock is that of the record before
     * @param before a certified record for a provider that has none: one that lost its store, or is new; else of no bytes
     * @param by which lock's login key allows a change
     * @param change that key's signature over {@link #changeMessage}; empty at an enrolment
     */
    @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
    public record Prepare(
            String ticket,
            LoginRecord.Signed record,
            Map<Lock.Kind, Told> told,
            byte[] before,
            Lock.Kind by,
            byte[] change) {

        public static int maxBytes(RingDescriptor ring) {
            int parts = ring.threshold().t() * (Element.BYTES + DealtShare.MAX_PART_BYTES);
            return LoginRecord.MAX_BYTES + CertifiedRecord.MAX_BYTES + 512 + 2 * parts;
        }

        public byte[] encode() {
            ByteWriter out =
                    new ByteWriter().text(ticket).bytes(record.encode()).u8(told.size());
            told.forEach((kind, each) -> {
                out.u8(kind.code());
                each.write(out);
            });
            return out.bytes(before).u8(by.code()).bytes(change).toBytes();
        }

        public static Prepare decode(byte[] bytes) {
            ByteReader in = new ByteReader("a login's enrolment", bytes);
            String ticket = in.text();
            LoginRecord.Signed record = LoginRecord.Signed.decode(in.bytes());
            Map<Lock.Kind, Told> told = new LinkedHashMap<>();
            int count = in.u8();
            for (int i = 0; i < count; i++) {
                if (told.put(Lock.Kind.of(in.u8()), Told.read(in)) != null) {
                    throw new MalformedException("an enrolment has a share twice");
                }
            }
            Prepare prepare = new Prepare(ticket, record, told, in.bytes(), Lock.Kind.of(in.u8()), in.bytes());
            in.end();
            return prepare;
        }

        /** Wipes what is secret in it. */
        public void wipe() {
            told.values().forEach(each -> {
                if (each instanceof Whole(byte[] share)) {
                    Arrays.fill(share, (byte) 0);
                }
            });
        }
    }

    /** What a provider is told of its share of a lock. */
    public sealed interface Told {
        private void write(ByteWriter out) {
            switch (this) {
                case Whole(byte[] share) -> out.u8(WHOLE).fixed(share, SHARE_BYTES);
                case Parts(Map<ShareIndex, Part> parts) -> {
                    out.u8(PARTS).u8(parts.size());
                    parts.forEach((dealer, part) -> out.u8(dealer.x())
                            .fixed(part.committed().encode(), Element.BYTES)
                            .bytes(part.sealed()));
                }
            }
        }

        private static Told read(ByteReader in) {
            int form = in.u8();
            if (form == WHOLE) {
                return new Whole(in.fixed(SHARE_BYTES));
            }
            if (form != PARTS) {
                throw new MalformedException("a share is told whole or in parts, 1 or 2, not " + form);
            }
            Map<ShareIndex, Part> parts = new LinkedHashMap<>();
            int count = in.u8();
            for (int i = 0; i < count; i++) {
                ShareIndex dealer = Lock.index(in.u8());
                Part part = new Part(Element.decode(in.fixed(Element.BYTES)), in.bytes());
                if (parts.put(dealer, part) != null) {
                    throw new MalformedException("a provider dealt a part twice");
                }
            }
            return new Parts(parts);
        }
    }

    /** A share of a new key. */
    @SuppressWarnings("ArrayRecordComponent") // wiped
    public record Whole(byte[] share) implements Told {}

    /**
     * A share of the key that there is, shared anew.
     *
     * @param parts by who dealt it: any t that have a share under the record before
     */
    public record Parts(Map<ShareIndex, Part> parts) implements Told {}

    /**
     * @param committed what its dealer committed to for this receiver, g(x)·G
     * @param sealed to the receiver
     */
    @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
    public record Part(Element committed, byte[] sealed) {}

    /** What a provider answers in place of its signature: whose part isn't what was committed to. */
    public static byte[] misdealt(ShareIndex dealer) {
        return new byte[] {(byte) dealer.x()};
    }

    /** Whose part isn't what was committed to; empty where an answer is no such complaint. */
    public static Optional<ShareIndex> misdealt(byte[] answer) {
        return answer.length == 1 ? Optional.of(Lock.index(answer[0] & 0xFF)) : Optional.empty();
    }

    /**
     * Has a provider that isn't in the ring any more erase what it has of a login.
     *
     * @param record of a later epoch, signed by the same identity
     * @param change the login key's signature over {@link #changeMessage}
     */
    @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
    public record Leave(LoginRecord.Signed record, Lock.Kind by, byte[] change) {
        public static final int MAX_BYTES = LoginRecord.MAX_BYTES + 256;

        public byte[] encode() {
            return new ByteWriter()
                    .bytes(record.encode())
                    .u8(by.code())
                    .bytes(change)
                    .toBytes();
        }

        public static Leave decode(byte[] bytes) {
            ByteReader in = new ByteReader("a login's end", bytes);
            Leave leave = new Leave(LoginRecord.Signed.decode(in.bytes()), Lock.Kind.of(in.u8()), in.bytes());
            in.end();
            return leave;
        }
    }

    /**
     * Tells a node that a user's root secret was followed by another, and so by which key it knows them from now on: that of whoever
     * signs the request.
     *
     * @param certified the record of the newest version, encoded
     * @param before the keys by which the node may know the user now, each with its word for the new one
     * @param signature of the record's identity over {@link #message}
     */
    @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
    public record Succession(byte[] certified, List<Before> before, byte[] signature) {
        public static final int MAX_BYTES = CertifiedRecord.MAX_BYTES
                + RootSecret.MOST_VERSIONS * (VerifyingKey.BYTES + SigningKey.SIGNATURE_BYTES)
                + 128;

        /** @param signature of this key over {@link Succession#message} */
        @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
        public record Before(VerifyingKey key, byte[] signature) {}

        /** What both sign, for one node. */
        public static byte[] message(RingId ring, String node, RecordHash record, VerifyingKey next) {
            return new ByteWriter()
                    .fixed(ring.bytes(), RingId.BYTES)
                    .text(node)
                    .fixed(record.bytes(), RecordHash.BYTES)
                    .fixed(next.bytes(), VerifyingKey.BYTES)
                    .toBytes();
        }

        /**
         * Verifies all of it.
         *
         * @param next who signed the request
         * @return the record
         * @throws MalformedException when it isn't of a later root than the first
         * @throws dev.interlock.core.signature.BadSignatureException when one of the signatures is another's
         */
        public CertifiedRecord verify(RingDescriptor ring, String node, UserName name, VerifyingKey next) {
            CertifiedRecord record = CertifiedRecord.decode(ring, name, certified);
            if (record.record().line().version() < 2) {
                throw new MalformedException("the root secret of " + name + " was followed by none");
            }
            byte[] message = message(ring.id(), node, record.record().hash(), next);
            record.record().identity().verify(Purpose.LOGIN_SUCCESSION, message, signature);
            before.forEach(each -> each.key().verify(Purpose.LOGIN_SUCCESSION, message, each.signature()));
            return record;
        }

        public byte[] encode() {
            ByteWriter out = new ByteWriter().bytes(certified).u8(before.size());
            before.forEach(each -> out.fixed(each.key().bytes(), VerifyingKey.BYTES)
                    .fixed(each.signature(), SigningKey.SIGNATURE_BYTES));
            return out.fixed(signature, SigningKey.SIGNATURE_BYTES).toBytes();
        }

        public static Succession decode(byte[] bytes) {
            ByteReader in = new ByteReader("a new root's message", bytes);
            byte[] certified = in.bytes();
            List<Before> before = new ArrayList<>();
            int count = in.u8();
            for (int i = 0; i < count; i++) {
                before.add(new Before(
                        VerifyingKey.of(in.fixed(VerifyingKey.BYTES)), in.fixed(SigningKey.SIGNATURE_BYTES)));
            }
            Succession succession = new Succession(certified, before, in.fixed(SigningKey.SIGNATURE_BYTES));
            in.end();
            return succession;
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
