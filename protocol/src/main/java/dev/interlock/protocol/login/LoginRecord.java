package dev.interlock.protocol.login;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * What all providers keep of a user's login, the same at each (SPEC §17).
 *
 * @param epoch of the ring, whose providers all hold it
 * @param identity signs it; derives from the root secret
 * @param version from 1; of one user's records the root's version orders them, then this, then their hashes
 * @param line of the root secret that is sealed
 * @param locks of different kinds, a password's among them
 */
public record LoginRecord(
        RingId ring, int epoch, UserName name, VerifyingKey identity, long version, RootLine line, List<Lock> locks) {
    /** More than any of 254 providers has. */
    public static final int MAX_BYTES = 48 << 10;

    private static final int FORMAT = 3;

    /** @throws MalformedException when a lock is missing, or there twice */
    public LoginRecord {
        locks = List.copyOf(locks);
        if (epoch < 1 || version < 1) {
            throw new MalformedException("a login's record has an epoch and a version from 1");
        }
        if (locks.isEmpty()
                || locks.getFirst().kind() != Lock.Kind.PASSWORD
                || new HashSet<>(locks.stream().map(Lock::kind).toList()).size() != locks.size()) {
            throw new MalformedException("a login's record has a password's lock, and then others of other kinds");
        }
    }

    public Optional<Lock> lock(Lock.Kind kind) {
        return locks.stream().filter(each -> each.kind() == kind).findFirst();
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter()
                .u8(FORMAT)
                .fixed(ring.bytes(), RingId.BYTES)
                .u32(epoch)
                .text(name.text())
                .fixed(identity.bytes(), VerifyingKey.BYTES)
                .u64(version);
        line.write(out);
        out.u8(locks.size());
        locks.forEach(lock -> lock.write(out));
        return out.toBytes();
    }

    /** @throws MalformedException unless these bytes are one record, in its one encoding */
    public static LoginRecord decode(byte[] bytes) {
        ByteReader in = new ByteReader("a login's record", bytes);
        if (in.u8() != FORMAT) {
            throw new MalformedException("a login's record is of a format that this program doesn't know");
        }
        RingId ring = RingId.of(in.fixed(RingId.BYTES));
        int epoch = in.u32();
        UserName name = new UserName(in.text());
        VerifyingKey identity = VerifyingKey.of(in.fixed(VerifyingKey.BYTES));
        long version = in.u64();
        RootLine line = RootLine.read(in);
        List<Lock> locks = new ArrayList<>();
        int count = in.u8();
        for (int i = 0; i < count; i++) {
            locks.add(Lock.read(in));
        }
        in.end();
        return new LoginRecord(ring, epoch, name, identity, version, line, locks);
    }

    /** By what it is named. */
    public RecordHash hash() {
        return new RecordHash(Sha256.labelled("interlock/v1/login-record-hash")
                .update(encode())
                .digest());
    }

    /** The same under its identity's signature. */
    public Signed sign(SigningKey identityKey) {
        return new Signed(this, identityKey.sign(Purpose.LOGIN_RECORD, encode()));
    }

    /** The identity of the first version of the root secret: who the user is, whatever came after. */
    public VerifyingKey origin() {
        return line.earlier().isEmpty() ? identity : line.earlier().getFirst();
    }

    /** Whether this is of a later version of the same user's root secret. */
    public boolean succeeds(LoginRecord other) {
        int then = other.line.version();
        return line.version() > then && line.earlier().get(then - 1).equals(other.identity);
    }

    /** Whether this comes after another record of the same user. */
    public boolean isLaterThan(LoginRecord other) {
        if (line.version() != other.line.version()) {
            return line.version() > other.line.version();
        }
        return version != other.version ? version > other.version : hash().compareTo(other.hash()) > 0;
    }

    /** A record that its identity signed. */
    @SuppressWarnings("ArrayRecordComponent") // compared by the record; the signature is deterministic
    public record Signed(LoginRecord record, byte[] signature) {
        public byte[] encode() {
            return new ByteWriter()
                    .bytes(record.encode())
                    .fixed(signature, SigningKey.SIGNATURE_BYTES)
                    .toBytes();
        }

        /** @throws dev.interlock.core.signature.BadSignatureException unless its identity signed it */
        public static Signed decode(byte[] bytes) {
            ByteReader in = new ByteReader("a login's signed record", bytes);
            byte[] encoded = in.bytes();
            byte[] signature = in.fixed(SigningKey.SIGNATURE_BYTES);
            in.end();
            LoginRecord record = LoginRecord.decode(encoded);
            record.identity().verify(Purpose.LOGIN_RECORD, encoded, signature);
            return new Signed(record, signature);
        }
    }
}
