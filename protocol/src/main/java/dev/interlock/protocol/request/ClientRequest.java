package dev.interlock.protocol.request;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import java.security.MessageDigest;
import java.util.function.Supplier;

/** What a node knows of a user's request once it was let in: whose it is, and what it is about (SPEC §6). */
public sealed interface ClientRequest permits SignedRequest, ChannelRequest, PassedRequest {
    /** The header that carries it. */
    String HEADER = "interlock-request";

    /** A signature of 64 bytes, or a MAC, makes any header far shorter than this. */
    int MAX_HEADER_CHARS = 1024 + 64;

    /** The user's key at this node. */
    VerifyingKey key();

    /** Of the ring, as the client knows it. */
    int epoch();

    /** Whom it is for. */
    String node();

    Operation operation();

    /** The object's or the session's id in hex, or empty. */
    String subject();

    /** SHA-256 of the body; of no bytes where the body is a stream, whose bytes the commitments bind. */
    byte[] bodyHash();

    /** @throws RefusedException when it was made for another object or session */
    default void requireSubject(String expected) {
        require(
                Rule.OTHER_SUBJECT,
                node(),
                subject().equals(expected),
                () -> "it was signed for another object or session");
    }

    /** @throws RefusedException when it was made with another body */
    default void requireBody(byte[] body) {
        require(
                Rule.OTHER_BODY,
                node(),
                MessageDigest.isEqual(bodyHash(), Sha256.plain(body)),
                () -> "its body isn't the one that was signed");
    }

    /** @throws RefusedException by this rule, unless it holds */
    static void require(Rule rule, String node, boolean holds, Supplier<String> otherwise) {
        if (!holds) {
            throw new RefusedException(rule, node + " refuses the request: " + otherwise.get());
        }
    }
}
