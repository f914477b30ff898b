package dev.interlock.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.message.RestoreMessage;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a provider holds a renewal against: the generation that it has. */
final class RenewalTest {
    private static final MemoryRing MEMORY = new MemoryRing(4, 2, 61);
    private static final ShareIndex X2 = new ShareIndex(2);
    private static final List<ShareIndex> PATH =
            List.of(new ShareIndex(3), new ShareIndex(1), new ShareIndex(4), new ShareIndex(2));

    private static Token written(int length) {
        StatementHash generation = MEMORY.write(new byte[length], PATH);
        return RestoreMessage.decode(MEMORY.cc(X2).proof(generation))
                .certificate()
                .token();
    }

    private static Session session(Token of, boolean ofZero, long number) {
        try (Write.Plan plan = Renewal.plan(MEMORY.ring, of, MEMORY.maker, ofZero, number)) {
            return Session.accept(
                    MEMORY.ring, X2, plan.session().order("cc2"), MEMORY.asking("cc2"), MEMORY.maker.now());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anOrderIsAboutTheGenerationThatIsHere(boolean ofZero) {
        Token here = written(100);
        try (Session session = session(here, ofZero, here.number() + 1)) {
            Renewal.checkOrder(session, here);
            for (Token other : List.of(written(100), written(101))) {
                assertThatThrownBy(() -> Renewal.checkOrder(session, other))
                        .isInstanceOf(MalformedException.class)
                        .hasMessage("the order doesn't fit the token of " + here.object() + " as it is here, number "
                                + other.number());
            }
        }
        // A generation comes after the one that it renews.
        try (Session session = session(here, ofZero, here.number())) {
            assertThatThrownBy(() -> Renewal.checkOrder(session, here)).isInstanceOf(MalformedException.class);
        }
    }

    @Test
    void theSecretStaysTheSame() {
        Token here = written(100);
        Renewal.checkToken(here, here);
        byte[] h = here.commitment().clone();
        h[0] ^= 1;
        for (Token other : List.of(
                new Token(here.statement(), here.id(), h, here.dealt(), List.of(), here.createdMillis()),
                new Token(
                        here.statement(),
                        here.id(),
                        here.commitment(),
                        here.dealt(),
                        List.of(),
                        here.createdMillis() + 1))) {
            assertThatThrownBy(() -> Renewal.checkToken(here, other))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageContaining("another commitment or time");
        }
    }

    @Test
    void anObjectOfAnotherRingIsNotRenewedHere() {
        Token here = written(10);
        MemoryRing other = new MemoryRing(4, 2, 62);
        assertThat(other.ring.id()).isNotEqualTo(MEMORY.ring.id());
        assertThatThrownBy(() -> Renewal.plan(other.ring, here, other.maker, false, 2))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("another ring or epoch");
    }
}
