package dev.interlock.node.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.node.admission.Allowance.Limit;
import dev.interlock.node.admission.Allowances.Kind;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nobody takes more than is allowed, and what was taken comes back. */
final class AllowanceTest {
    private static final String ANN = "ed25519:ann";
    private static final String BOB = "ed25519:bob";

    private final Allowance sessions = new Allowance("cc1", "sessions", new Limit(2, 3), 1, Duration.ofSeconds(10));

    @Test
    void oneUserHasItsOwnAndAllTogetherHaveTheRest() {
        Allowance.Lease first = sessions.take(ANN, 1);
        Allowance.Lease second = sessions.take(ANN, 1);
        assertThatThrownBy(() -> sessions.take(ANN, 1))
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.rule()).isEqualTo(RefusedException.Rule.ALLOWANCE))
                .hasMessage(
                        "cc1 refuses the request: it allows one user 2 sessions, and 2 are in use; ask again in 10 s");
        Allowance.Lease third = sessions.take(BOB, 1);
        assertThatThrownBy(() -> sessions.take(BOB, 1))
                .isInstanceOf(NodeException.class)
                .hasMessage("cc1 has no room: it allows all users together 3 sessions, and 3 are in use;"
                        + " ask again in 10 s");
        assertThat(sessions.refused()).isEqualTo(2);
        assertThat(sessions.isUsedUp()).isTrue();
        first.close();
        first.close();
        assertThat(sessions.held()).isEqualTo(2);
        sessions.take(BOB, 1).close();
        second.close();
        third.close();
        assertThat(sessions.held()).isZero();
    }

    @Test
    void whatIsAddedLaterComesBackAsWell() {
        try (Allowance.Lease lease = sessions.take(ANN, 0)) {
            lease.more(2);
            assertThatThrownBy(() -> lease.more(1)).isInstanceOf(RefusedException.class);
            assertThat(sessions.held()).isEqualTo(2);
        }
        assertThat(sessions.held()).isZero();
    }

    @Test
    void nobodyAsksMoreOftenThanAllowed() {
        AtomicLong now = new AtomicLong();
        RateAllowance rate = new RateAllowance("cc1", "requests a second", new Limit(10, 15), now::get);
        for (int i = 0; i < 20; i++) {
            rate.take(ANN);
        }
        assertThatThrownBy(() -> rate.take(ANN))
                .isInstanceOf(RefusedException.class)
                .hasMessageEndingWith("one user 10 requests a second; ask again in 1 s");
        for (int i = 0; i < 10; i++) {
            rate.take(BOB);
        }
        assertThatThrownBy(() -> rate.take(BOB)).isInstanceOf(NodeException.class);
        now.addAndGet(100_000_000);
        rate.take(ANN);
        assertThatThrownBy(() -> rate.take(ANN)).isInstanceOf(RefusedException.class);
        now.addAndGet(Duration.ofMinutes(1).toNanos());
        rate.sweep();
        for (int i = 0; i < 20; i++) {
            rate.take(BOB);
        }
    }

    @Test
    void aNonceCountsUntilItsRequestHasExpired() {
        Nonces nonces = new Nonces(sessions);
        assertThat(nonces.use(ANN, nonce(1), 1000)).isTrue();
        assertThat(nonces.use(BOB, nonce(1), 1000)).isFalse();
        assertThat(nonces.use(ANN, nonce(2), 2000)).isTrue();
        assertThatThrownBy(() -> nonces.use(ANN, nonce(3), 3000)).isInstanceOf(RefusedException.class);
        nonces.sweep(1500);
        assertThat(sessions.held()).isEqualTo(1);
        assertThat(nonces.use(ANN, nonce(3), 3000)).isTrue();
        assertThat(nonces.use(ANN, nonce(2), 3000)).isFalse();
    }

    private static byte[] nonce(int value) {
        return ByteBuffer.allocate(16).putInt(value).array();
    }

    @Test
    void aFolderSetsThemAndMetricsTellThem(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve(Allowances.FILE), "# a small node\n\nsessions 5 7\nrate 3 4\n");
        Allowances allowances = Allowances.read("cc1", folder, 1);
        assertThat(allowances.of(Kind.SESSIONS).limit()).isEqualTo(new Limit(5, 7));
        assertThat(allowances.rate().limit()).isEqualTo(new Limit(3, 4));
        assertThat(allowances.of(Kind.WAITS).limit())
                .isEqualTo(Allowances.of("cc1", Map.of()).of(Kind.WAITS).limit());
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        allowances.register(meters);
        try (Allowance.Lease _ = allowances.of(Kind.SESSIONS).take(ANN, 4)) {
            assertThat(meters.get("interlock.allowance.held")
                            .tag("allowance", "sessions")
                            .gauge()
                            .value())
                    .isEqualTo(4);
            assertThat(allowances.usedUp()).isEmpty();
            try (Allowance.Lease _ = allowances.of(Kind.SESSIONS).take(BOB, 3)) {
                assertThat(allowances.usedUp()).containsExactly("sessions");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sessions", "sessions 5", "sessions 5 4", "sessions 0 4", "cessions 1 2", "sessions a b"})
    void aLineThatCantBeUsedIsNamed(String line, @TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve(Allowances.FILE), line + "\n");
        assertThatThrownBy(() -> Allowances.read("cc1", folder, 1))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("\"" + line + "\"");
    }
}
