package dev.interlock.protocol.message;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.protocol.Json;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.error.UnsettledException;
import dev.interlock.protocol.message.Problem.Kind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An error is the same one after it has travelled. */
final class ProblemTest {
    static Stream<Arguments> errors() {
        return Stream.of(
                Arguments.of(new BadInputException("too long"), Kind.BAD_INPUT, 400, "bad-input"),
                Arguments.of(new RefusedException("not yours"), Kind.REFUSED, 403, "refused"),
                Arguments.of(
                        new RefusedException(Rule.UNKNOWN_CHANNEL, "no such channel"),
                        Kind.UNKNOWN_CHANNEL,
                        401,
                        "unknown-channel"),
                Arguments.of(
                        RefusedException.lockedOut("too many guesses", Duration.ofMillis(61_001)),
                        Kind.LOCKED_OUT,
                        429,
                        "locked-out"),
                Arguments.of(new NoSuchObjectException("none"), Kind.NO_SUCH_OBJECT, 404, "no-such-object"),
                Arguments.of(new DestroyedException("gone"), Kind.DESTROYED, 410, "destroyed"),
                Arguments.of(
                        new IntegrityException("broken", List.of("cc1", "dealer1")), Kind.INTEGRITY, 422, "integrity"),
                Arguments.of(new NodeException("cc2", "stalled"), Kind.NODE_FAILED, 503, "node-failed"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void everyErrorIsTheSameAfterItsJourney(InterlockException error, Kind kind, int status, String text) {
        byte[] body = Json.write(Problem.of("cc9", error));
        assertThat(new String(body, StandardCharsets.UTF_8)).contains("\"kind\" : \"" + text + "\"");
        Problem arrived = Json.read("the answer", body, Problem.class);
        assertThat(arrived.kind()).isEqualTo(kind);
        assertThat(arrived.kind().status()).isEqualTo(status);

        assertThat(arrived.toException("cc9")).hasSameClassAs(error).hasMessage(error.getMessage());
    }

    /** Or a liar would name others, and put the blame on whom it likes. */
    @Test
    void anAnswerAccusesNobodyButTheNodeThatAnswered() {
        IntegrityException broken = new IntegrityException("broken", List.of("cc1", "cc9", "dealer1"));
        Problem problem = Json.read("it", Json.write(Problem.of("cc9", broken)), Problem.class);
        assertThat(problem.culprits()).containsExactly("cc1", "cc9", "dealer1");
        assertThat(culprits(problem, "cc9")).containsExactly("cc9");
        assertThat(culprits(problem, "cc1")).containsExactly("cc1");
        assertThat(culprits(problem, "cc2")).isEmpty();
        // Nor does whoever says that it is another node.
        Problem posing = new Problem(Kind.INTEGRITY, "broken", "cc1", List.of("cc1"));
        assertThat(culprits(posing, "cc9")).isEmpty();
    }

    private static List<String> culprits(Problem problem, String from) {
        return ((IntegrityException) problem.toException(from)).culprits();
    }

    @Test
    void everyKindHasAnError() {
        assertThat(errors().map(arguments -> arguments.get()[1])).containsExactlyInAnyOrder((Object[]) Kind.values());
        assertThat(Arrays.stream(Kind.values()).map(Kind::status)).doesNotHaveDuplicates();
        // TooFewProvidersException and UnsettledException are the client's own, below; a refusal has three kinds.
        assertThat(InterlockException.class.getPermittedSubclasses()).hasSameSizeAs(Kind.values());
    }

    @Test
    void aClientKnowsWhenToSignInstead() {
        RefusedException unknown = new RefusedException(Rule.UNKNOWN_CHANNEL, "no such channel");
        assertThat(Problem.of("cc9", unknown).toException("cc9"))
                .isInstanceOfSatisfying(
                        RefusedException.class,
                        refused -> assertThat(refused.rule()).isEqualTo(Rule.UNKNOWN_CHANNEL));
    }

    /** In whole seconds, and no longer than any provider's window: who waits for a liar doesn't wait for ever. */
    @Test
    void aWaitArrives() {
        for (long millis : new long[] {0, 1, 61_001, Long.MAX_VALUE / 2_000_000}) {
            RefusedException locked = RefusedException.lockedOut("too many guesses", Duration.ofMillis(millis));
            Problem problem = Json.read("it", Json.write(Problem.of("cc9", locked)), Problem.class);
            RefusedException arrived = (RefusedException) problem.toException("cc9");
            assertThat(arrived.rule()).isEqualTo(Rule.LOCKED_OUT);
            assertThat(arrived.untilAllowed())
                    .contains(Duration.ofSeconds(Math.clamp((millis + 999) / 1000, 1, 7 * 24 * 3600)));
        }
    }

    /** The node that failed, which need not be the one that says so. */
    @Test
    void aFailedNodeIsNamedByWhoeverSawIt() {
        Problem problem = Problem.of("cc1", new NodeException("cc2", "stalled"));
        assertThat(problem.node()).isEqualTo("cc2");
        assertThat(((NodeException) problem.toException("cc1")).node()).isEqualTo("cc2");
        assertThat(Problem.of("cc1", new RefusedException("no")).node()).isEqualTo("cc1");
    }

    @Test
    void tooFewProvidersSaysWhoIsMissingAndWhy() {
        Map<String, String> absent = new LinkedHashMap<>();
        absent.put("cc2", "destroyed it");
        absent.put("cc1", "cc1 doesn't answer");
        TooFewProvidersException few = new TooFewProvidersException("A get", 3, 2, absent);
        assertThat(few).hasMessage("A get needs 3 providers and 2 can be used. cc2: destroyed it; cc1 doesn't answer");
        assertThat(Problem.of("cc9", few).toException("cc9"))
                .isInstanceOf(NodeException.class)
                .hasMessage(few.getMessage());
    }

    @Test
    void whatIsntSettledSaysWhoConfirmedIt() {
        UnsettledException open =
                new UnsettledException("the put isn't settled", List.of("cc1"), new Advice.Settle("ab"));
        assertThat(open.confirmed()).containsExactly("cc1");
        assertThat(Problem.of("cc9", open).toException("cc9"))
                .isInstanceOf(NodeException.class)
                .hasMessage(open.getMessage());
    }
}
