package dev.interlock.protocol.request;

import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.core.token.RingId;
import java.security.SecureRandom;

/**
 * What a user proves with who they are. The key differs for each node, so that no node can ask another in the user's
 * name, nor link users across rings. Where the keys come from is the implementation's matter.
 */
public interface Credential extends AutoCloseable {
    /** The key by which this node knows the user. */
    VerifyingKey publicKey(RingId ring, String node);

    /** An Ed25519 signature by the key for this node, for the purpose {@code CLIENT_REQUEST}. */
    byte[] sign(RingId ring, String node, byte[] message);

    /** The same for the purpose {@code COMMAND}. */
    byte[] signCommand(RingId ring, String node, byte[] message);

    /** The same for the purpose {@code CLAIM}. */
    byte[] signClaim(RingId ring, String node, byte[] message);

    /** The newest version of the user's root secret, from 1. */
    int rootVersion();

    /**
     * O's private key, of one object in every ring: from a version of the root secret and the object's nonce. The caller closes it.
     *
     * @throws dev.interlock.protocol.error.RefusedException when this credential doesn't have that version
     */
    SigningKey ownerKey(int rootVersion, byte[] nonce);

    /** The owner's key of a new object. */
    default OwnerKey newOwner(SecureRandom random) {
        byte[] nonce = OwnerKey.nonce(random);
        try (SigningKey key = ownerKey(rootVersion(), nonce)) {
            return new OwnerKey(rootVersion(), nonce, key.verifyingKey());
        }
    }

    /** Whether this is an object of this user's: its owner's key is the one that derives from the user's own root secret. */
    default boolean owns(OwnerKey owner) {
        if (owner.rootVersion() > rootVersion()) {
            return false;
        }
        try (SigningKey key = ownerKey(owner.rootVersion(), owner.nonce())) {
            return key.verifyingKey().equals(owner.key());
        }
    }

    @Override
    void close();
}
