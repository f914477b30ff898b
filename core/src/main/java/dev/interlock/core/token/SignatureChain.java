package dev.interlock.core.token;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The providers' signatures over u_m, in the order of its providers. In the published profile each covers the one before, as
 * the paper has it: sig_CCi(…sig_CC1(u_m)…); in the blinded one all sign at once. Complete, they prove offline that every
 * provider took part. Those that were missing at the write are the last, and sign when they have got their shares.
 *
 * @param token the bytes of u_m as they were sent; never encoded again
 * @param participations the first is that of the first provider
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes
public record SignatureChain(byte[] token, List<Participation> participations) {
    private static final byte[] NOTHING = {};

    public SignatureChain {
        participations = List.copyOf(participations);
    }

    /** The chain before anyone signed. */
    public static SignatureChain start(byte[] token) {
        return new SignatureChain(token, List.of());
    }

    /**
     * A provider's own participation; nothing of this chain but, in the published profile, its last signature goes into it.
     *
     * @param ciphertextRoot at a home
     * @throws MalformedException in the published profile, when it isn't this provider's turn; when it's no home and has a root,
     *     or the other way round
     */
    public Participation participate(ShareIndex x, Optional<byte[]> ciphertextRoot, SigningKey key) {
        Token u = Token.decode(token);
        int place = u.providers().indexOf(x);
        if (place < 0 || (isNested(u) && place != participations.size())) {
            throw new MalformedException(
                    "it isn't the turn of the provider with x = " + x.x() + " to sign: the chain has "
                            + participations.size() + " of " + u.providers().size() + " signatures");
        }
        if (u.homes().contains(x) != ciphertextRoot.isPresent()) {
            throw new MalformedException("a home signs for its ciphertext, and nobody else does");
        }
        return new Participation(ciphertextRoot, key.sign(Purpose.PARTICIPATION, signed(u, place, ciphertextRoot)));
    }

    /** This chain with one signature more. */
    public SignatureChain with(Participation next) {
        List<Participation> longer = new ArrayList<>(participations);
        longer.add(next);
        return new SignatureChain(token, longer);
    }

    /** @throws MalformedException when it isn't this provider's turn */
    public SignatureChain sign(ShareIndex x, Optional<byte[]> ciphertextRoot, SigningKey key) {
        if (!unsigned().stream().findFirst().equals(Optional.of(x))) {
            throw new MalformedException("it isn't the turn of the provider with x = " + x.x() + " to sign");
        }
        return with(participate(x, ciphertextRoot, key));
    }

    /**
     * Checks all signatures that are there.
     *
     * @param keys the signing key of each provider of the ring
     * @throws BadSignatureException at the first wrong one
     * @throws MalformedException where there are too many, or a home signed for no ciphertext
     */
    public void verify(Function<ShareIndex, VerifyingKey> keys) {
        verifyBeyond(0, keys);
    }

    /** As {@link #verify}, without the signatures before this place. */
    private void verifyBeyond(int start, Function<ShareIndex, VerifyingKey> keys) {
        Token u = Token.decode(token);
        if (participations.size() > u.providers().size()) {
            throw new MalformedException("the chain has " + participations.size() + " signatures for "
                    + u.providers().size() + " providers");
        }
        for (int place = start; place < participations.size(); place++) {
            verify(u, place, keys);
        }
    }

    private void verify(Token u, int place, Function<ShareIndex, VerifyingKey> keys) {
        ShareIndex x = u.providers().get(place);
        Participation each = participations.get(place);
        if (u.homes().contains(x) != each.ciphertextRoot().isPresent()) {
            throw new MalformedException("a home signs for its ciphertext, and nobody else does");
        }
        keys.apply(x).verify(Purpose.PARTICIPATION, signed(u, place, each.ciphertextRoot()), each.signature());
    }

    /** As {@link #verify}, and nobody's signature is missing. */
    public void verifyComplete(Function<ShareIndex, VerifyingKey> keys) {
        verifyCommitted(keys);
        int n = Token.decode(token).providers().size();
        if (participations.size() != n) {
            throw new MalformedException("the chain has " + participations.size() + " of " + n + " signatures");
        }
    }

    /**
     * As {@link #verify}, nobody's signature is missing but those of providers that were missing at the write, and all homes
     * signed for the same ciphertext.
     */
    public void verifyCommitted(Function<ShareIndex, VerifyingKey> keys) {
        verifyCommitted(keys, start(token));
    }

    /**
     * As {@link #verifyCommitted(Function)}, for whoever verified how this chain begins.
     *
     * @param verified a chain all of whose signatures the caller verified; where it isn't the beginning of this one, it's of no
     *     use and does no harm
     */
    public void verifyCommitted(Function<ShareIndex, VerifyingKey> keys, SignatureChain verified) {
        verifyBeyond(beginsWith(verified) ? verified.participations.size() : 0, keys);
        Token u = Token.decode(token);
        int present = u.present().size();
        if (participations.size() < present) {
            throw new MalformedException("the chain has " + participations.size() + " of " + present + " signatures");
        }
        byte[] root = ciphertextRoot();
        for (int place = 0; place < u.homes().size(); place++) {
            if (!Arrays.equals(root, participations.get(place).ciphertextRoot().orElse(NOTHING))) {
                throw new MalformedException("the homes signed for different ciphertexts");
            }
        }
    }

    /** The root over the ciphertext's leaves, which all homes signed for, once the first one has; 32 bytes. */
    public byte[] ciphertextRoot() {
        return participations.getFirst().ciphertextRoot().orElse(NOTHING);
    }

    /** The signatures of those that took part in the write, without those that came later. */
    public SignatureChain committed() {
        int present = Token.decode(token).present().size();
        return new SignatureChain(token, participations.subList(0, Math.min(present, participations.size())));
    }

    /** Whose signatures aren't there yet, in the order in which they'll come. */
    public List<ShareIndex> unsigned() {
        List<ShareIndex> providers = Token.decode(token).providers();
        return providers.subList(Math.min(participations.size(), providers.size()), providers.size());
    }

    private boolean beginsWith(SignatureChain start) {
        int length = start.participations.size();
        if (!Arrays.equals(token, start.token) || participations.size() < length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (!Arrays.equals(
                    participations.get(i).encode(), start.participations.get(i).encode())) {
                return false;
            }
        }
        return true;
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter().bytes(token).u8(participations.size());
        participations.forEach(each -> each.write(out));
        return out.toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of one chain */
    public static SignatureChain decode(byte[] bytes) {
        ByteReader in = new ByteReader("the signature chain", bytes);
        byte[] token = in.bytes();
        int count = in.u8();
        List<Participation> participations = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            participations.add(Participation.read(in));
        }
        in.end();
        return new SignatureChain(token, participations);
    }

    private static boolean isNested(Token u) {
        return !u.scheme().blinded();
    }

    /** What the provider at this place signs: u_m ‖ x_i ‖ its ciphertext's root ‖ published: the signature before. */
    private byte[] signed(Token u, int place, Optional<byte[]> ciphertextRoot) {
        return new ByteWriter()
                .bytes(token)
                .u8(u.providers().get(place).x())
                .bytes(ciphertextRoot.orElse(NOTHING))
                .bytes(isNested(u) && place > 0 ? participations.get(place - 1).signature() : NOTHING)
                .toBytes();
    }
}
