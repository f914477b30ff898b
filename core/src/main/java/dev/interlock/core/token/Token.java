package dev.interlock.core.token;

import static dev.interlock.core.token.Encodings.require;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/**
 * The token u_m of one generation: the statement that it was made under, h, the commitments to the shares, the time. All its
 * providers sign it as the bytes that were sent.
 *
 * @param statement w, of a session that makes a generation
 * @param id H(w), which names the generation
 * @param commitment h, the Merkle root over the chunk leaves: 32 bytes
 * @param dealt the commitments to the shares
 * @param claims for each provider that was missing at the write, in its order
 * @param createdMillis of the object's first generation, by the client's clock, since 1970
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes
public record Token(
        Statement statement, StatementHash id, byte[] commitment, Dealt dealt, List<Claim> claims, long createdMillis) {
    private static final int VERSION = 2;

    /** @throws MalformedException when the parts don't fit together */
    public Token {
        claims = List.copyOf(claims);
        Work.Making making = statement
                .making()
                .orElseThrow(() -> new MalformedException("the token's statement makes no generation"));
        require(commitment.length == Sha256.BYTES, "the commitment has 32 bytes, not " + commitment.length);
        require(
                claims.stream().map(Claim::x).toList().equals(making.missing()),
                "the token must have a claim for each provider that was missing");
        require(
                dealt.roots().stream()
                        .map(ShareRoot::x)
                        .toList()
                        .equals(points(statement.scheme(), making.providers())),
                "a dealing must have one share root for each point, in the token's order");
        require(
                dealt.summed()
                        == (making.kind() == Work.Kind.REFRESH
                                || making.dealers().size() > 1),
                "several dealers' shares, and no others but a refresh's, are sums");
    }

    public Token(Statement statement, byte[] commitment, Dealt dealt, List<Claim> claims, long createdMillis) {
        this(statement, statement.hash(), commitment, dealt, claims, createdMillis);
    }

    /** Those that a dealing is for: all providers, and the user where it has a point. */
    public static List<ShareIndex> points(Scheme scheme, List<ShareIndex> providers) {
        return Stream.concat(providers.stream(), scheme.user(providers).stream())
                .toList();
    }

    public Work.Making making() {
        return (Work.Making) statement.work();
    }

    /** The id that the object's owner knows. */
    public ObjectId object() {
        return statement.object();
    }

    /** Where this generation stands among those of its object. */
    public long number() {
        return statement.number();
    }

    /** Orders the generations of one object in one ring and epoch. */
    public boolean isLaterThan(Token other) {
        return number() != other.number() ? number() > other.number() : id.compareTo(other.id) > 0;
    }

    public RingId ring() {
        return statement.ring();
    }

    public int epoch() {
        return statement.epoch();
    }

    public Scheme scheme() {
        return statement.scheme();
    }

    public Threshold threshold() {
        return statement.threshold();
    }

    /** All n, in the order of the write. */
    public List<ShareIndex> providers() {
        return making().providers();
    }

    /** Those that hold the ciphertext. */
    public List<ShareIndex> homes() {
        return making().homes();
    }

    public ShareIndex home() {
        return homes().getFirst();
    }

    /** Those that took part in the write. */
    public List<ShareIndex> present() {
        return making().path();
    }

    /** Those that didn't, whose shares wait for them. */
    public List<ShareIndex> missing() {
        return making().missing();
    }

    /** By name: who dealt. */
    public List<String> dealers() {
        return making().dealers();
    }

    /** Of m, or in protocol 1 of m as sealed, in bytes. */
    public long length() {
        return statement.work().length();
    }

    public ChunkLayout layout() {
        return new ChunkLayout(length());
    }

    /** Whether the object can be opened while these providers have what they stored (and the user what it keeps). */
    public boolean openableBy(Collection<ShareIndex> alive) {
        boolean ciphertext = homes().stream().anyMatch(alive::contains);
        return ciphertext
                && (scheme().sealed()
                        || providers().stream().filter(alive::contains).count()
                                >= threshold().t());
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter().u8(VERSION).bytes(statement.encode()).fixed(commitment, Sha256.BYTES);
        dealt.write(out);
        for (Claim claim : claims) {
            out.fixed(claim.key().bytes(), VerifyingKey.BYTES).fixed(claim.signature(), SigningKey.SIGNATURE_BYTES);
        }
        return out.u64(createdMillis).toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of one token */
    public static Token decode(byte[] bytes) {
        ByteReader in = new ByteReader("the token", bytes);
        int version = in.u8();
        require(version == VERSION, "the token has version " + version + "; this program reads version " + VERSION);
        byte[] w = in.bytes();
        Statement statement = Statement.decode(w);
        byte[] commitment = in.fixed(Sha256.BYTES);
        Dealt dealt = Dealt.read(in);
        List<Claim> claims = new ArrayList<>();
        for (ShareIndex x : statement.making().map(Work.Making::missing).orElse(List.of())) {
            VerifyingKey key = VerifyingKey.of(in.fixed(VerifyingKey.BYTES));
            claims.add(new Claim(x, key, in.fixed(SigningKey.SIGNATURE_BYTES)));
        }
        long created = in.u64();
        in.end();
        return new Token(statement, Statement.hash(w), commitment, dealt, claims, created);
    }
}
