package dev.interlock.protocol.request;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Acceptance;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.names.NameKeys;
import java.security.SecureRandom;
import java.util.Arrays;

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

    /** The same for the purpose {@code ACCEPTANCE}. */
    byte[] signAcceptance(RingId ring, String node, byte[] message);

    /** The newest version of the user's root secret, from 1. */
    int rootVersion();

    /**
     * O's private key, of one object in every ring: from a version of the root secret and the object's nonce. The caller closes it.
     *
     * @throws dev.interlock.protocol.error.RefusedException when this credential doesn't have that version
     */
    SigningKey ownerKey(int rootVersion, byte[] nonce);

    /**
     * What the keys of the user's names in one ring derive from: 32 bytes, from a version of the root secret. The caller closes it.
     *
     * @throws dev.interlock.protocol.error.RefusedException when this credential doesn't have that version
     */
    SecretBytes nameSecret(RingId ring, int rootVersion);

    /** The keys of the user's names in one ring, from the newest version of the root secret. The caller closes them. */
    default NameKeys nameKeys(RingId ring) {
        try (SecretBytes secret = nameSecret(ring, rootVersion())) {
            return NameKeys.of(ring, rootVersion(), secret);
        }
    }

    /** The owner's key of a new object. */
    default OwnerKey newOwner(SecureRandom random) {
        byte[] nonce = OwnerKey.nonce(random);
        try (SigningKey key = ownerKey(rootVersion(), nonce)) {
            return new OwnerKey(rootVersion(), nonce, key.verifyingKey());
        }
    }

    /**
     * The owner's key of an object that somebody else hands over, always the same, so that whatever is done twice is done once: the
     * nonce is the first 32 bytes of its id, filled up with zeros.
     */
    default OwnerKey nextOwner(ObjectId object) {
        byte[] nonce = Arrays.copyOf(object.bytes(), OwnerKey.NONCE_BYTES);
        try (SigningKey key = ownerKey(rootVersion(), nonce)) {
            return new OwnerKey(rootVersion(), nonce, key.verifyingKey());
        }
    }

    /** The word for one provider that this user wants the object. */
    default Acceptance accept(RingId ring, ObjectId object, OwnerKey to, String node) {
        VerifyingKey key = publicKey(ring, node);
        byte[] message = Acceptance.message(ring, object, to, node, key);
        try (SigningKey o = ownerKey(to.rootVersion(), to.nonce())) {
            return new Acceptance(node, key, o.sign(Purpose.ACCEPTANCE, message), signAcceptance(ring, node, message));
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
