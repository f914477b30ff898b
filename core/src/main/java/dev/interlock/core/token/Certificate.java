package dev.interlock.core.token;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import java.util.function.Function;

/**
 * What makes a generation committed, and what every provider keeps of it: O's signature over w, the signatures of all that took
 * part over u_m, and over these the session key's, which its owner makes only after the write check. Nobody's word replaces it.
 *
 * @param ownerSignature O's over w, 64 bytes
 * @param chain may grow behind those that took part, by the signatures of providers that were missing
 * @param signature the session key's over u_m and the signatures of those that took part, 64 bytes
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes
public record Certificate(byte[] ownerSignature, SignatureChain chain, byte[] signature) {
    /** @throws MalformedException when a signature has another length */
    public Certificate {
        if (ownerSignature.length != SigningKey.SIGNATURE_BYTES || signature.length != SigningKey.SIGNATURE_BYTES) {
            throw new MalformedException("a certificate has two signatures of 64 bytes");
        }
    }

    /** @param chain with the signatures of all that took part */
    public static Certificate sign(SigningKey session, byte[] ownerSignature, SignatureChain chain) {
        return new Certificate(ownerSignature, chain, session.sign(Purpose.CERTIFICATE, signed(chain)));
    }

    /** The token that it certifies; believed only once {@link #verify verified}. */
    public Token token() {
        return Token.decode(chain.token());
    }

    /**
     * @param keys the signing key of each provider of the ring in the token's epoch
     * @throws dev.interlock.core.signature.BadSignatureException or MalformedException where anything of it doesn't hold
     */
    public void verify(Function<ShareIndex, VerifyingKey> keys) {
        verifyOwner();
        chain.verifyCommitted(keys);
    }

    /** Only what its owner needs to know: O's signature over w, and the session key's. */
    public void verifyOwner() {
        Token u = token();
        u.statement().verify(ownerSignature);
        u.statement().sessionKey().verify(Purpose.CERTIFICATE, signed(chain), signature);
    }

    /** The same with a longer chain over the same token. */
    public Certificate with(SignatureChain longer) {
        return new Certificate(ownerSignature, longer, signature);
    }

    public byte[] encode() {
        return new ByteWriter()
                .fixed(ownerSignature, SigningKey.SIGNATURE_BYTES)
                .bytes(chain.encode())
                .fixed(signature, SigningKey.SIGNATURE_BYTES)
                .toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of one */
    public static Certificate decode(byte[] bytes) {
        ByteReader in = new ByteReader("the certificate", bytes);
        Certificate certificate = new Certificate(
                in.fixed(SigningKey.SIGNATURE_BYTES),
                SignatureChain.decode(in.bytes()),
                in.fixed(SigningKey.SIGNATURE_BYTES));
        in.end();
        return certificate;
    }

    private static byte[] signed(SignatureChain chain) {
        return chain.committed().encode();
    }
}
