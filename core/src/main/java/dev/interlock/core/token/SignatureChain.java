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
import java.util.function.Function;

/**
 * The nested signatures over u_m, in the order of its providers: CC_i signs u_m, its own share root and the signature of
 * CC_{i−1} (the paper's sig_CCi(…sig_CC1(u_m)…)). Complete, it proves offline that every provider took part. Those that were
 * missing at the write are the last, and sign when they have got their shares.
 *
 * @param token the bytes of u_m as they were sent; never encoded again
 * @param signatures 64 bytes each; the first is that of the first provider
 */
public record SignatureChain(byte[] token, List<byte[]> signatures) {
    private static final byte[] NO_SIGNATURE = {};

    public SignatureChain {
        signatures = List.copyOf(signatures);
    }

    /** The chain before anyone signed. */
    public static SignatureChain start(byte[] token) {
        return new SignatureChain(token, List.of());
    }

    /** @throws MalformedException when it isn't this provider's turn */
    public SignatureChain sign(ShareIndex x, SigningKey key) {
        Token u = Token.decode(token);
        if (signatures.size() >= u.providers().size()
                || !u.providers().get(signatures.size()).equals(x)) {
            throw new MalformedException(
                    "it isn't the turn of the provider with x = " + x.x() + " to sign: the chain has "
                            + signatures.size() + " of " + u.providers().size() + " signatures");
        }
        List<byte[]> longer = new ArrayList<>(signatures);
        longer.add(key.sign(Purpose.TOKEN_CHAIN, signed(u, signatures.size())));
        return new SignatureChain(token, longer);
    }

    /**
     * Checks all signatures that are there.
     *
     * @param keys the signing key of each provider of the ring
     * @throws BadSignatureException at the first wrong one
     */
    public void verify(Function<ShareIndex, VerifyingKey> keys) {
        verifyBeyond(0, keys);
    }

    /** As {@link #verify}, without the signatures before this place. */
    private void verifyBeyond(int place, Function<ShareIndex, VerifyingKey> keys) {
        Token u = Token.decode(token);
        if (signatures.size() > u.providers().size()) {
            throw new MalformedException("the chain has " + signatures.size() + " signatures for "
                    + u.providers().size() + " providers");
        }
        for (int i = place; i < signatures.size(); i++) {
            keys.apply(u.providers().get(i)).verify(Purpose.TOKEN_CHAIN, signed(u, i), signatures.get(i));
        }
    }

    /** As {@link #verify}, and nobody's signature is missing. */
    public void verifyComplete(Function<ShareIndex, VerifyingKey> keys) {
        verifyComplete(keys, start(token));
    }

    /**
     * As {@link #verifyComplete(Function)}, for whoever verified how this chain begins.
     *
     * @param verified a chain all of whose signatures the caller verified or made; where it isn't the beginning of this
     *     one, it's of no use and does no harm
     */
    public void verifyComplete(Function<ShareIndex, VerifyingKey> keys, SignatureChain verified) {
        verifyBeyond(beginsWith(verified) ? verified.signatures.size() : 0, keys);
        int n = Token.decode(token).providers().size();
        if (signatures.size() != n) {
            throw new MalformedException("the chain has " + signatures.size() + " of " + n + " signatures");
        }
    }

    /** As {@link #verify}, and nobody's signature is missing but those of providers that were missing at the write. */
    public void verifyCommitted(Function<ShareIndex, VerifyingKey> keys) {
        verifyCommitted(keys, start(token));
    }

    /** As {@link #verifyCommitted(Function)}, for whoever verified how this chain begins, as {@link #verifyComplete}. */
    public void verifyCommitted(Function<ShareIndex, VerifyingKey> keys, SignatureChain verified) {
        verifyBeyond(beginsWith(verified) ? verified.signatures.size() : 0, keys);
        int present = Token.decode(token).present().size();
        if (signatures.size() < present) {
            throw new MalformedException("the chain has " + signatures.size() + " of " + present + " signatures");
        }
    }

    /** Whose signatures aren't there yet, in the order in which they'll come. */
    public List<ShareIndex> unsigned() {
        List<ShareIndex> providers = Token.decode(token).providers();
        return providers.subList(Math.min(signatures.size(), providers.size()), providers.size());
    }

    private boolean beginsWith(SignatureChain start) {
        if (!Arrays.equals(token, start.token) || signatures.size() < start.signatures.size()) {
            return false;
        }
        for (int i = 0; i < start.signatures.size(); i++) {
            if (!Arrays.equals(signatures.get(i), start.signatures.get(i))) {
                return false;
            }
        }
        return true;
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter().bytes(token).u8(signatures.size());
        signatures.forEach(signature -> out.fixed(signature, SigningKey.SIGNATURE_BYTES));
        return out.toBytes();
    }

    public static SignatureChain decode(byte[] bytes) {
        ByteReader in = new ByteReader("the signature chain", bytes);
        byte[] token = in.bytes();
        int count = in.u8();
        List<byte[]> signatures = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            signatures.add(in.fixed(SigningKey.SIGNATURE_BYTES));
        }
        in.end();
        return new SignatureChain(token, signatures);
    }

    /** What the provider at this place of the chain signs: u_m ‖ x_i ‖ its share root ‖ the signature before. */
    private byte[] signed(Token u, int place) {
        ShareIndex x = u.providers().get(place);
        return new ByteWriter()
                .bytes(token)
                .u8(x.x())
                .bytes(u.dealt().rootOf(x).root())
                .bytes(place == 0 ? NO_SIGNATURE : signatures.get(place - 1))
                .toBytes();
    }
}
