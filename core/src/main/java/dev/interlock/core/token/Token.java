package dev.interlock.core.token;

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
import java.util.HashSet;
import java.util.List;

/**
 * The token u_m (DESIGN §7): everything public about one object, signed by all its providers as the bytes that were
 * sent.
 *
 * @param object the id of this generation, under which its providers keep it
 * @param origin the id of the first generation, which is the one that the owner knows
 * @param generation 1, and one more with each new pad, new shares or move to another ring
 * @param owner 16 bytes that name the owner in this ring
 * @param threshold t of n
 * @param providers the share indices of all n providers, in the order of the write
 * @param homes those that hold the ciphertext, the first of them decides the commit; a prefix of {@code providers}
 * @param claims for each provider that was missing at the write, in its order: the last of {@code providers}
 * @param length of m, in bytes
 * @param commitment h, the Merkle root over the chunk leaves: 32 bytes
 * @param dealt the commitments to the shares
 * @param createdMillis by the client's clock, since 1970
 */
public record Token(
        ObjectId object,
        ObjectId origin,
        int generation,
        RingId ring,
        int epoch,
        Scheme scheme,
        byte[] owner,
        Threshold threshold,
        List<ShareIndex> providers,
        List<ShareIndex> homes,
        List<Claim> claims,
        long length,
        byte[] commitment,
        Dealt dealt,
        long createdMillis) {
    public static final int OWNER_BYTES = 16;
    private static final int VERSION = 1;

    /** @throws MalformedException when the parts don't fit together */
    public Token {
        providers = List.copyOf(providers);
        homes = List.copyOf(homes);
        claims = List.copyOf(claims);
        require(
                generation >= 1 && (generation == 1) == origin.equals(object),
                "the first generation, and no other, is its own origin");
        require(epoch >= 1, "the epoch " + epoch + " must be at least 1");
        require(owner.length == OWNER_BYTES, "the owner has 16 bytes, not " + owner.length);
        require(commitment.length == Sha256.BYTES, "the commitment has 32 bytes, not " + commitment.length);
        require(
                providers.size() == threshold.n() && new HashSet<>(providers).size() == providers.size(),
                "the token must name n = " + threshold.n() + " different providers");
        require(
                !homes.isEmpty()
                        && homes.size() <= providers.size()
                        && providers.subList(0, homes.size()).equals(homes),
                "the homes must be the first of the providers");
        int present = providers.size() - claims.size();
        require(
                present >= (claims.isEmpty() ? 0 : scheme.writers(threshold))
                        && homes.size() <= present
                        && providers
                                .subList(present, providers.size())
                                .equals(claims.stream().map(Claim::x).toList()),
                "those that were missing must be the last of the providers and no homes, and leave enough of them");
        require(
                dealt.roots().stream().map(ShareRoot::x).toList().equals(providers),
                "a dealing must have one share root for each provider, in the providers' order");
        require(claims.isEmpty() || !dealt.summed(), "a provider that was missing can't have signed for a sum");
        require(
                length >= 0 && length <= ChunkLayout.MAX_LENGTH,
                "the length " + length + " is outside 0.." + ChunkLayout.MAX_LENGTH);
    }

    public ShareIndex home() {
        return homes.getFirst();
    }

    /** Those that took part in the write. */
    public List<ShareIndex> present() {
        return providers.subList(0, providers.size() - claims.size());
    }

    /** Those that didn't, whose shares wait for them. */
    public List<ShareIndex> missing() {
        return providers.subList(providers.size() - claims.size(), providers.size());
    }

    /** Whether the object can be opened while these providers have what they stored (and the user what it keeps). */
    public boolean openableBy(Collection<ShareIndex> alive) {
        boolean ciphertext = homes.stream().anyMatch(alive::contains);
        return ciphertext
                && (scheme.sealed()
                        || providers.stream().filter(alive::contains).count() >= scheme.readers(threshold));
    }

    public ChunkLayout layout() {
        return new ChunkLayout(length);
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter()
                .u8(VERSION)
                .fixed(object.bytes(), ObjectId.BYTES)
                .fixed(ring.bytes(), RingId.BYTES)
                .u32(epoch)
                .u8(scheme.protocol())
                .u8(scheme.profile().code())
                .fixed(owner, OWNER_BYTES)
                .u8(threshold.t())
                .u8(threshold.n());
        providers.forEach(x -> out.u8(x.x()));
        out.u8(homes.size()).u8(claims.size());
        for (Claim claim : claims) {
            out.fixed(claim.key().bytes(), VerifyingKey.BYTES).fixed(claim.signature(), SigningKey.SIGNATURE_BYTES);
        }
        out.u64(length).u32(ChunkLayout.CHUNK_BYTES).fixed(commitment, Sha256.BYTES);
        out.u8(dealt.dealers().size());
        dealt.dealers().forEach(out::text);
        out.u8(dealt.summed() ? 1 : 0);
        dealt.roots()
                .forEach(root ->
                        out.fixed(root.root(), Sha256.BYTES).fixed(root.signature(), SigningKey.SIGNATURE_BYTES));
        return out.u32(generation)
                .fixed(origin.bytes(), ObjectId.BYTES)
                .u64(createdMillis)
                .toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of one token */
    public static Token decode(byte[] bytes) {
        ByteReader in = new ByteReader("the token", bytes);
        int version = in.u8();
        require(version == VERSION, "the token has version " + version + "; this program reads version " + VERSION);
        try {
            return decodeFields(in);
        } catch (IllegalArgumentException e) {
            throw new MalformedException("the token is malformed: " + e.getMessage());
        }
    }

    private static Token decodeFields(ByteReader in) {
        ObjectId object = ObjectId.of(in.fixed(ObjectId.BYTES));
        RingId ring = RingId.of(in.fixed(RingId.BYTES));
        int epoch = in.u32();
        Scheme scheme = new Scheme(in.u8(), Profile.ofCode(in.u8()));
        byte[] owner = in.fixed(OWNER_BYTES);
        Threshold threshold = new Threshold(in.u8(), in.u8());
        List<ShareIndex> providers = new ArrayList<>();
        for (int i = 0; i < threshold.n(); i++) {
            providers.add(new ShareIndex(in.u8()));
        }
        int homes = in.u8();
        require(homes <= providers.size(), homes + " homes of " + providers.size() + " providers");
        int missing = in.u8();
        require(missing <= providers.size(), missing + " missing of " + providers.size() + " providers");
        List<Claim> claims = new ArrayList<>();
        for (ShareIndex x : providers.subList(providers.size() - missing, providers.size())) {
            VerifyingKey key = VerifyingKey.of(in.fixed(VerifyingKey.BYTES));
            claims.add(new Claim(x, key, in.fixed(SigningKey.SIGNATURE_BYTES)));
        }
        long length = in.u64();
        int chunkBytes = in.u32();
        require(
                chunkBytes == ChunkLayout.CHUNK_BYTES,
                "chunks of " + chunkBytes + " bytes; this program has chunks of " + ChunkLayout.CHUNK_BYTES);
        byte[] commitment = in.fixed(Sha256.BYTES);
        int dealing = in.u8();
        List<String> dealers = new ArrayList<>();
        for (int d = 0; d < dealing; d++) {
            dealers.add(in.text());
        }
        int summed = in.u8();
        require(summed <= 1, "roots are signed by their dealer (0) or their providers (1), not " + summed);
        List<ShareRoot> roots = new ArrayList<>();
        for (ShareIndex x : providers) {
            roots.add(new ShareRoot(x, in.fixed(Sha256.BYTES), in.fixed(SigningKey.SIGNATURE_BYTES)));
        }
        Dealt dealt = new Dealt(dealers, summed == 1, roots);
        int generation = in.u32();
        ObjectId origin = ObjectId.of(in.fixed(ObjectId.BYTES));
        long created = in.u64();
        in.end();
        return new Token(
                object,
                origin,
                generation,
                ring,
                epoch,
                scheme,
                owner,
                threshold,
                providers,
                providers.subList(0, homes),
                claims,
                length,
                commitment,
                dealt,
                created);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new MalformedException(otherwise);
        }
    }
}
