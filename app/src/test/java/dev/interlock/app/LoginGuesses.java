package dev.interlock.app;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.oprf.Element;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginAttempt;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.request.SignedRequest;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Peers;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;

/** Guesses at one provider, by an attacker who asks it alone and shows it nothing. */
final class LoginGuesses {
    private LoginGuesses() {}

    /** One guess by a device that nobody knows. */
    static byte[] evaluate(TestRing ring, String node, CertifiedRecord record, SecureRandom random) {
        try (Peers peers = new Peers(Optional.empty(), ring.deadlines())) {
            return evaluate(peers, ring.descriptor(), node, record.record(), question(record.record(), random), random);
        }
    }

    /** What is asked: some word, blinded. */
    static byte[] question(LoginRecord record, SecureRandom random) {
        byte[] guess = new byte[8];
        random.nextBytes(guess);
        try (LoginAttempt attempt =
                LoginAttempt.begin(record, record.lock(Lock.Kind.PASSWORD).orElseThrow(), guess, random)) {
            return new Messages.Evaluate(record.hash(), Lock.Kind.PASSWORD, Element.decode(attempt.blinded())).encode();
        }
    }

    static byte[] evaluate(
            Peers peers, RingDescriptor ring, String node, LoginRecord record, byte[] question, SecureRandom random) {
        return evaluate(peers, ring.node(node).orElseThrow(), ring, record, question, random);
    }

    /** At this address of the node. */
    static byte[] evaluate(
            Peers peers, NodeCard at, RingDescriptor ring, LoginRecord record, byte[] question, SecureRandom random) {
        try (SeedCredential device = new SeedCredential(SecretBytes.random(32, random))) {
            String header = SignedRequest.sign(
                    device,
                    ring.id(),
                    ring.epoch(),
                    at.name(),
                    Operation.EVALUATE,
                    record.name().text(),
                    question,
                    random,
                    Instant.now());
            return peers.to(at)
                    .call(HttpMethod.POST, "/v1/logins/" + record.name() + "/evaluate", Optional.of(header), question);
        }
    }
}
