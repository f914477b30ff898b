package dev.interlock.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class CommittingTest {
    private static final InterlockException ABSENT = new NodeException("cc1", "cc1 can't be reached");

    /** Any t of p have one among them that confirmed, and t − 1 liars among those leave t. */
    @Test
    void aQuorumMeetsEveryReadAndOutvotesTheLiars() {
        for (int p = 2; p <= 12; p++) {
            for (int t = 2; t <= p; t++) {
                int quorum = Write.quorum(p, t);
                assertThat(quorum).isBetween(p - t + 1, p);
                assertThat(quorum == p || quorum - (t - 1) >= t).isTrue();
            }
        }
        assertThat(Write.quorum(5, 3)).isEqualTo(5);
        assertThat(Write.quorum(7, 3)).isEqualTo(5);
        assertThat(Write.quorum(12, 3)).isEqualTo(10);
    }

    @Test
    void whoCanNotBeReachedMayBeMissing() {
        assertThat(Committing.acknowledged(7, Map.of(), 3)).isTrue();
        assertThat(Committing.acknowledged(5, Map.of("cc1", ABSENT, "cc2", ABSENT), 3))
                .isTrue();
        assertThat(Committing.acknowledged(4, Map.of("cc1", ABSENT, "cc2", ABSENT, "cc3", ABSENT), 3))
                .isFalse();
    }

    @Test
    void whoRefusesMayNot() {
        assertThat(Committing.acknowledged(6, Map.of("cc1", new RefusedException("no")), 3))
                .isFalse();
    }
}
