package dev.interlock.protocol.request;

import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;

/**
 * What a user proves with who they are. The key differs for each node, so that no node can ask another in the user's
 * name, nor link users across rings. Where the keys come from is the implementation's matter.
 */
public interface Credential extends AutoCloseable {
    /** 16 bytes that name this user in u_m, in this ring only. */
    byte[] owner(RingId ring);

    /** The key by which this node knows the user. */
    VerifyingKey publicKey(RingId ring, String node);

    /** An Ed25519 signature by the key for this node, for the purpose {@code CLIENT_REQUEST}. */
    byte[] sign(RingId ring, String node, byte[] message);

    /** The same for the purpose {@code DESTROY_NOTICE}. */
    byte[] signNotice(RingId ring, String node, byte[] message);

    /** The same for the purpose {@code CLAIM}. */
    byte[] signClaim(RingId ring, String node, byte[] message);

    @Override
    void close();
}
