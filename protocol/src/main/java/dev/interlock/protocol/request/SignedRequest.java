package dev.interlock.protocol.request;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.Base64Url;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.NavigableSet;
import java.util.function.Consumer;

/**
 * What a client says over a request's body (SPEC §6): for which node, what, on which object or session, once, and
 * until when. It travels in the header {@value ClientRequest#HEADER} as base64url of its bytes, a dot, and base64url of the
 * signature over them.
 *
 * @param subject the object's or the session's id in hex, or empty
 * @param bodyHash SHA-256 of the body; of no bytes where the body is a stream, whose bytes the commitments bind
 * @param nonce 16 random bytes
 * @param expiresMillis since 1970
 */
public record SignedRequest(
        VerifyingKey key,
        RingId ring,
        int epoch,
        String node,
        Operation operation,
        String subject,
        byte[] bodyHash,
        byte[] nonce,
        long expiresMillis)
        implements ClientRequest {
    public static final Duration LIFETIME = Duration.ofMinutes(2);
    /** How far a client's clock may run ahead of a node's. */
    public static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

    private static final int NONCE_BYTES = 16;
    private static final int VERSION = 1;

    /** Signs a request for one node; the value of the header. */
    public static String sign(
            Credential credential,
            RingId ring,
            int epoch,
            String node,
            Operation operation,
            String subject,
            byte[] body,
            SecureRandom random,
            Instant now) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        return sign(credential, ring, epoch, node, operation, subject, body, nonce, now);
    }

    /** The same with a nonce that the client has to know later; fresh and random. */
    public static String sign(
            Credential credential,
            RingId ring,
            int epoch,
            String node,
            Operation operation,
            String subject,
            byte[] body,
            byte[] nonce,
            Instant now) {
        byte[] message = new SignedRequest(
                        credential.publicKey(ring, node),
                        ring,
                        epoch,
                        node,
                        operation,
                        subject,
                        Sha256.plain(body),
                        nonce,
                        now.plus(LIFETIME).toEpochMilli())
                .encode();
        return Base64Url.encode(message) + "." + Base64Url.encode(credential.sign(ring, node, message));
    }

    /**
     * A node's check of a request that reached it. The caller still has to see that the key belongs to a user, and that
     * the nonce is new.
     *
     * @param epochs of the ring that the node serves
     * @throws RefusedException that says which rule failed
     */
    public static SignedRequest verify(
            String header,
            RingId ring,
            NavigableSet<Integer> epochs,
            String node,
            Operation operation,
            String subject,
            byte[] body,
            Instant now) {
        SignedRequest request = verify(header, ring, epochs, node, operation, now, _ -> {});
        request.requireSubject(subject);
        request.requireBody(body);
        return request;
    }

    /**
     * The same before the body is there: the caller still has to see {@link #requireSubject} and {@link #requireBody} as well.
     *
     * @param served is given the key before its signature is verified, which costs far more than knowing whom one serves
     * @throws RefusedException that says which rule failed
     */
    public static SignedRequest verify(
            String header,
            RingId ring,
            NavigableSet<Integer> epochs,
            String node,
            Operation operation,
            Instant now,
            Consumer<VerifyingKey> served) {
        int dot = header.indexOf('.');
        byte[] message;
        SignedRequest request;
        try {
            if (dot < 0) {
                throw new MalformedException("it has no signature");
            }
            message = Base64Url.decode(header.substring(0, dot));
            request = decode(message);
        } catch (IllegalArgumentException e) {
            throw badSignature(node, e);
        }
        ClientRequest.require(
                Rule.OTHER_NODE, node, request.node().equals(node), () -> "it was signed for " + request.node());
        ClientRequest.require(
                Rule.OTHER_RING,
                node,
                request.ring().equals(ring),
                () -> "it was signed for another ring, " + request.ring());
        ClientRequest.require(
                Rule.OTHER_EPOCH,
                node,
                epochs.contains(request.epoch()),
                () -> "it was signed for epoch " + request.epoch() + ", this is " + epochs.last());
        ClientRequest.require(
                Rule.OTHER_OPERATION,
                node,
                request.operation() == operation,
                () -> "it was signed for the operation " + request.operation());
        Instant expires = Instant.ofEpochMilli(request.expiresMillis());
        ClientRequest.require(
                Rule.EXPIRED,
                node,
                now.isBefore(expires),
                () -> "it expired at " + expires + ", here it is " + now + ": check the clocks");
        ClientRequest.require(
                Rule.TOO_FAR_AHEAD,
                node,
                expires.isBefore(now.plus(LIFETIME).plus(CLOCK_SKEW)),
                () -> "it expires too far ahead, at " + expires + ", here it is " + now + ": check the clocks");
        served.accept(request.key());
        try {
            request.key().verify(Purpose.CLIENT_REQUEST, message, Base64Url.decode(header.substring(dot + 1)));
        } catch (IllegalArgumentException | BadSignatureException e) {
            throw badSignature(node, e);
        }
        return request;
    }

    private static RefusedException badSignature(String node, Exception why) {
        return new RefusedException(
                Rule.SIGNATURE, node + " refuses the request: its signature can't be accepted: " + why.getMessage());
    }

    public String nonceHex() {
        return HexFormat.of().formatHex(nonce);
    }

    private byte[] encode() {
        return new ByteWriter()
                .u8(VERSION)
                .fixed(key.bytes(), VerifyingKey.BYTES)
                .fixed(ring.bytes(), RingId.BYTES)
                .u32(epoch)
                .text(node)
                .text(operation.name())
                .text(subject)
                .fixed(bodyHash, Sha256.BYTES)
                .fixed(nonce, NONCE_BYTES)
                .u64(expiresMillis)
                .toBytes();
    }

    private static SignedRequest decode(byte[] message) {
        ByteReader in = new ByteReader("the signed request", message);
        int version = in.u8();
        if (version != VERSION) {
            throw new MalformedException("its version is " + version + ", not " + VERSION);
        }
        SignedRequest request = new SignedRequest(
                VerifyingKey.of(in.fixed(VerifyingKey.BYTES)),
                RingId.of(in.fixed(RingId.BYTES)),
                in.u32(),
                in.text(),
                Operation.valueOf(in.text()),
                in.text(),
                in.fixed(Sha256.BYTES),
                in.fixed(NONCE_BYTES),
                in.u64());
        in.end();
        return request;
    }
}
