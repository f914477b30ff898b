package dev.interlock.core.token;

import static dev.interlock.core.token.Encodings.require;
import static dev.interlock.core.token.Encodings.requireDistinct;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The statement w of a session: everything public about it, in one encoding. H(w) is the session's id, names the generation that
 * the session makes, and stands under everything that is signed in it, so that no signature can be carried from one session
 * into another.
 *
 * @param threshold t of n, of the ring in this epoch
 * @param title whose the object is, and so the object
 * @param number orders the generations of the object, with H(w) where two have the same: above every number that its maker was
 *     shown; of a read or a repair that of the generation
 * @param expiryMillis until when orders and deal requests with it are taken, since 1970
 * @param parties for each party the hash of what it alone is told
 * @param sessionKey whose owner alone certifies or abandons what is made here
 */
public record Statement(
        RingId ring,
        int epoch,
        Threshold threshold,
        Scheme scheme,
        Title title,
        long number,
        long expiryMillis,
        Work work,
        List<Party> parties,
        VerifyingKey sessionKey) {
    private static final int VERSION = 2;

    /**
     * @param name of a provider or a dealer
     * @param privateHash of its {@code PrivatePart}, 32 bytes
     */
    @SuppressWarnings("ArrayRecordComponent") // opaque bytes
    public record Party(String name, byte[] privateHash) {
        public Party {
            require(privateHash.length == Sha256.BYTES, "a private part's hash has 32 bytes");
        }
    }

    /** @throws MalformedException when the parts don't fit together */
    public Statement {
        parties = List.copyOf(parties);
        require(epoch >= 1, "the epoch " + epoch + " must be at least 1");
        require(number >= 1, "the number " + number + " must be at least 1");
        require(expiryMillis >= 0, "a statement expires after 1970");
        requireDistinct(parties.stream().map(Party::name).toList(), "a party");
        if (work instanceof Work.Making making) {
            require(
                    making.providers().size() == threshold.n(),
                    "a write names n = " + threshold.n() + " providers, not "
                            + making.providers().size());
            require(
                    making.path().size() >= (making.missing().isEmpty() ? 0 : scheme.writers(threshold)),
                    "a write goes through at least " + scheme.writers(threshold) + " providers");
            require(
                    making.missing().isEmpty()
                            || (making.dealers().size() == 1 && scheme.blinded() && !scheme.sealed()),
                    "providers may be missing in protocols 2 and 3, blinded, with one dealer");
        }
    }

    /** O. */
    public OwnerKey owner() {
        return title.owner();
    }

    public ObjectId object() {
        return title.object();
    }

    /** What this session makes, if it makes something. */
    public Optional<Work.Making> making() {
        return work instanceof Work.Making making ? Optional.of(making) : Optional.empty();
    }

    /** The generation that this session makes, or works on. */
    public StatementHash generation() {
        return work instanceof Work.Using using ? using.generation() : hash();
    }

    /** H(w). */
    public StatementHash hash() {
        return hash(encode());
    }

    /** H(w) of a statement that came in these bytes. */
    public static StatementHash hash(byte[] w) {
        return StatementHash.of(
                Sha256.labelled("interlock/v1/statement").update(w).digest());
    }

    /** O's signature, by which this is a generation of its object. */
    public byte[] sign(SigningKey owner) {
        return owner.sign(Purpose.STATEMENT, encode());
    }

    /** @throws dev.interlock.core.signature.BadSignatureException unless it is O's by right, and O signed it */
    public void verify(byte[] ownerSignature) {
        title.verify();
        owner().key().verify(Purpose.STATEMENT, encode(), ownerSignature);
    }

    /** @throws MalformedException when this party isn't told anything in this session */
    public Party party(String name) {
        return parties.stream()
                .filter(party -> party.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new MalformedException("the statement has no part for " + name));
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter()
                .u8(VERSION)
                .fixed(ring.bytes(), RingId.BYTES)
                .u32(epoch)
                .u8(threshold.t())
                .u8(threshold.n())
                .u8(scheme.protocol())
                .u8(scheme.profile().code());
        title.write(out);
        out.u64(number).u64(expiryMillis);
        Work.write(out, work);
        out.u16(parties.size());
        parties.forEach(party -> out.text(party.name()).fixed(party.privateHash(), Sha256.BYTES));
        return out.fixed(sessionKey.bytes(), VerifyingKey.BYTES).toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of one statement */
    public static Statement decode(byte[] bytes) {
        ByteReader in = new ByteReader("the statement", bytes);
        int version = in.u8();
        require(version == VERSION, "the statement has version " + version + "; this program reads version " + VERSION);
        try {
            Statement statement = new Statement(
                    RingId.of(in.fixed(RingId.BYTES)),
                    in.u32(),
                    new Threshold(in.u8(), in.u8()),
                    new Scheme(in.u8(), Profile.ofCode(in.u8())),
                    Title.read(in),
                    in.u64(),
                    in.u64(),
                    Work.read(in),
                    parties(in),
                    VerifyingKey.of(in.fixed(VerifyingKey.BYTES)));
            in.end();
            return statement;
        } catch (IllegalArgumentException e) {
            throw e instanceof MalformedException ? e : new MalformedException("the statement: " + e.getMessage());
        }
    }

    private static List<Party> parties(ByteReader in) {
        List<Party> parties = new ArrayList<>();
        int count = in.u16();
        for (int i = 0; i < count; i++) {
            parties.add(new Party(in.text(), in.fixed(Sha256.BYTES)));
        }
        return parties;
    }
}
