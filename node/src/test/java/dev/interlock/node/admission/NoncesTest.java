package dev.interlock.node.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.node.admission.Allowance.Limit;
import dev.interlock.node.admission.Allowances.Kind;
import dev.interlock.protocol.error.RefusedException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class NoncesTest {
    private static final String GREEDY = "ed25519:1";
    private static final String SECOND = "ed25519:2";
    private static final String MODEST = "ed25519:3";

    private final Allowance allowance =
            Allowances.of("cc1", Map.of(Kind.NONCES, new Limit(60, 100))).of(Kind.NONCES);
    private final Nonces nonces = new Nonces(allowance);

    private static byte[] nonce(int i) {
        return ByteBuffer.allocate(16).putInt(12, i).array();
    }

    @Test
    void anOldNonceIsKnownUntilItsRequestExpires() {
        assertThat(nonces.use(GREEDY, nonce(1), 1000)).isTrue();
        assertThat(nonces.use(GREEDY, nonce(1), 1000)).isFalse();
        nonces.sweep(1000);
        assertThat(nonces.use(GREEDY, nonce(1), 1000)).isFalse();
        nonces.sweep(1001);
        assertThat(allowance.held()).isZero();
    }

    @Test
    void aUserHasNoMoreThanItsOwn() {
        for (int i = 0; i < 60; i++) {
            assertThat(nonces.use(GREEDY, nonce(i), 1000 + i)).isTrue();
        }
        assertThatThrownBy(() -> nonces.use(GREEDY, nonce(60), 2000))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("one user 60 requests");
    }

    /** Two users have taken all that there is: a third one is let in, and nothing of theirs can be sent again. */
    @Test
    void nobodyKeepsOthersOut() {
        for (int i = 0; i < 60; i++) {
            assertThat(nonces.use(GREEDY, nonce(i), 1000 + i)).isTrue();
        }
        for (int i = 100; i < 140; i++) {
            assertThat(nonces.use(SECOND, nonce(i), 1000 + i)).isTrue();
        }
        assertThat(allowance.isUsedUp()).isTrue();
        assertThat(nonces.use(MODEST, nonce(200), 1000)).isTrue();
        assertThat(allowance.held()).isEqualTo(60 - 31 + 40 + 1);
        for (int i = 0; i < 60; i++) {
            assertThat(nonces.use(GREEDY, nonce(i), 1000 + i))
                    .as("replay of %d", i)
                    .isFalse();
        }
        for (int i = 100; i < 140; i++) {
            assertThat(nonces.use(SECOND, nonce(i), 1000 + i)).isFalse();
        }
        // A fresh one that expires later is taken, and once the floor has passed, any.
        assertThat(nonces.use(GREEDY, nonce(300), 1030)).isFalse();
        assertThat(nonces.use(GREEDY, nonce(301), 1031)).isTrue();
        nonces.sweep(5000);
        assertThat(allowance.held()).isZero();
        assertThat(nonces.use(GREEDY, nonce(302), 1)).isTrue();
    }

    @Test
    void whoHoldsTheMostMakesNoRoomForItself() {
        for (int i = 0; i < 59; i++) {
            assertThat(nonces.use(GREEDY, nonce(i), 1000)).isTrue();
        }
        for (int i = 100; i < 141; i++) {
            assertThat(nonces.use(SECOND, nonce(i), 1000)).isTrue();
        }
        assertThatThrownBy(() -> nonces.use(GREEDY, nonce(60), 1000)).hasMessageContaining("has no room");
        assertThat(nonces.use(SECOND, nonce(141), 1000)).isTrue();
    }
}
