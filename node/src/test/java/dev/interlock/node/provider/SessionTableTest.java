package dev.interlock.node.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.error.RefusedException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(240)
final class SessionTableTest {
    private static final StatementHash ID = StatementHash.of(new byte[StatementHash.BYTES]);

    private final SecureRandom random = new SecureRandom();
    private final SessionTable table = new SessionTable("cc1");

    private VerifyingKey user() {
        byte[] seed = new byte[SigningKey.SEED_BYTES];
        random.nextBytes(seed);
        try (SigningKey key = new SigningKey(SecretBytes.taking(seed))) {
            return key.verifyingKey();
        }
    }

    /** H(w) is no secret among those who took part: another user's word for it ends nobody's wait. */
    @Test
    void onlyWhoseOrderWasRefusedGivesTheSessionUp() throws Exception {
        VerifyingKey asks = user();
        RefusedException why = new RefusedException("given up");
        CompletableFuture<LiveSession> waiting = CompletableFuture.supplyAsync(() -> {
            try {
                return table.await(ID, Duration.ofSeconds(20));
            } catch (InterruptedException e) {
                throw new CompletionException(e);
            }
        });
        table.giveUp(ID, asks, why);
        table.refused(ID, asks);
        table.giveUp(ID, user(), why);
        assertThat(waiting).isNotDone();
        while (!waiting.isDone()) {
            // Until it waits.
            table.giveUp(ID, asks, why);
            Thread.onSpinWait();
        }
        assertThatThrownBy(waiting::get).isInstanceOf(ExecutionException.class).hasMessageContaining("given up");
    }
}
