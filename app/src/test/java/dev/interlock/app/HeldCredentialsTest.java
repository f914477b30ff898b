package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.SeedCredential;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How long an agent holds what logins unsealed. */
final class HeldCredentialsTest {
    private static final RingId RING = RingId.parse("00112233445566778899aabbccddeeff");
    private static final Duration IDLE = Duration.ofMinutes(10);

    private final AtomicLong now = new AtomicLong();
    private final HeldCredentials held = new HeldCredentials(now::get);
    private final Credential secret =
            new SeedCredential(SecretBytes.random(SeedCredential.SEED_BYTES, new SecureRandom()));

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    private void assertWiped(boolean isWiped) {
        if (isWiped) {
            assertThatThrownBy(() -> secret.sign(RING, "cc1", new byte[1])).isInstanceOf(IllegalStateException.class);
        } else {
            assertThat(secret.sign(RING, "cc1", new byte[1])).hasSize(64);
        }
    }

    @Test
    void itIsLentAndGivenBackAndWipedAfterItsTime() {
        held.hold(RING, "ring", "alice", secret, IDLE);
        Credential borrowed = held.borrow(RING).orElseThrow();
        assertThat(borrowed.publicKey(RING, "cc1")).isEqualTo(secret.publicKey(RING, "cc1"));
        borrowed.close();
        borrowed.close();
        assertThatThrownBy(() -> borrowed.sign(RING, "cc1", new byte[1])).isInstanceOf(IllegalStateException.class);
        pass(IDLE.minusNanos(1));
        held.borrow(RING).orElseThrow().close();
        pass(IDLE.minusNanos(1));
        held.expire();
        assertWiped(false);
        pass(Duration.ofNanos(1));
        held.expire();
        assertWiped(true);
        assertThat(held.borrow(RING)).isEmpty();
    }

    @Test
    void aCommandKeepsWhatItUsesAndNobodyElseGetsIt() {
        held.hold(RING, "ring", "alice", secret, IDLE);
        Credential borrowed = held.borrow(RING).orElseThrow();
        pass(IDLE.multipliedBy(2));
        held.expire();
        assertWiped(false);
        assertThat(held.drop(RING)).isTrue();
        assertThat(held.drop(RING)).isFalse();
        assertThat(held.borrow(RING)).isEmpty();
        assertWiped(false);
        borrowed.close();
        assertWiped(true);
    }

    @Test
    void theEndOfTheAgentWaitsForNobody() {
        held.hold(RING, "ring", "alice", secret, IDLE);
        Credential borrowed = held.borrow(RING).orElseThrow();
        held.close();
        assertWiped(true);
        assertThatThrownBy(() -> borrowed.sign(RING, "cc1", new byte[1])).isInstanceOf(IllegalStateException.class);
        Credential late = new SeedCredential(SecretBytes.random(SeedCredential.SEED_BYTES, new SecureRandom()));
        assertThatThrownBy(() -> held.hold(RING, "ring", "alice", late, IDLE)).isInstanceOf(RefusedException.class);
        assertThatThrownBy(() -> late.sign(RING, "cc1", new byte[1])).isInstanceOf(IllegalStateException.class);
    }
}
