package dev.interlock.protocol.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.interlock.core.encoding.ForeignText;
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
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * An error as it travels: the body of every answer that isn't 2xx.
 *
 * @param node the node at which it happened
 * @param culprits nodes that it holds to be at fault; its word accuses nobody but itself
 * @param waitSeconds until the same may be allowed, where it is known; else 0
 */
public record Problem(Kind kind, String message, String node, List<String> culprits, int waitSeconds) {
    private static final int MAX_CULPRITS = 256;
    /** No provider's window is longer. */
    private static final int MAX_WAIT_SECONDS = 7 * 24 * 3600;

    public Problem {
        // What another node says reaches logs and terminals.
        message = ForeignText.line(message, ForeignText.MAX_MESSAGE_CHARS);
        node = ForeignText.line(node, ForeignText.MAX_NAME_CHARS);
        culprits = culprits.stream()
                .limit(MAX_CULPRITS)
                .map(each -> ForeignText.line(each, ForeignText.MAX_NAME_CHARS))
                .toList();
        waitSeconds = Math.clamp(waitSeconds, 0, MAX_WAIT_SECONDS);
    }

    public Problem(Kind kind, String message, String node, List<String> culprits) {
        this(kind, message, node, culprits, 0);
    }

    /** What the receiver can do about it, and the HTTP status that carries it. */
    public enum Kind {
        @JsonProperty("bad-input")
        BAD_INPUT(400),
        @JsonProperty("refused")
        REFUSED(403),
        /** A MAC of a channel that the node doesn't have: the same request, signed, may be let in. */
        @JsonProperty("unknown-channel")
        UNKNOWN_CHANNEL(401),
        /** Too many guesses of a login's password. */
        @JsonProperty("locked-out")
        LOCKED_OUT(429),
        @JsonProperty("no-such-object")
        NO_SUCH_OBJECT(404),
        @JsonProperty("destroyed")
        DESTROYED(410),
        @JsonProperty("integrity")
        INTEGRITY(422),
        @JsonProperty("node-failed")
        NODE_FAILED(503);

        private final int status;

        Kind(int status) {
            this.status = status;
        }

        public int status() {
            return status;
        }

        /** As it is written. */
        public String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    public static Problem of(String node, InterlockException e) {
        return switch (e) {
            case BadInputException bad -> new Problem(Kind.BAD_INPUT, bad.explanation(), node, List.of());
            case RefusedException unknown
            when unknown.rule() == Rule.UNKNOWN_CHANNEL ->
                new Problem(Kind.UNKNOWN_CHANNEL, unknown.explanation(), node, List.of());
            case RefusedException locked
            when locked.rule() == Rule.LOCKED_OUT ->
                new Problem(Kind.LOCKED_OUT, locked.explanation(), node, List.of(), (int) locked.untilAllowed()
                        .orElse(Duration.ZERO)
                        .plusMillis(999)
                        .toSeconds());
            case RefusedException refused -> new Problem(Kind.REFUSED, refused.explanation(), node, List.of());
            case NoSuchObjectException none -> new Problem(Kind.NO_SUCH_OBJECT, none.explanation(), node, List.of());
            case DestroyedException gone -> new Problem(Kind.DESTROYED, gone.explanation(), node, List.of());
            case IntegrityException broken ->
                new Problem(Kind.INTEGRITY, broken.explanation(), node, broken.culprits());
            // The node that failed need not be the one that says so.
            case NodeException failed -> new Problem(Kind.NODE_FAILED, failed.explanation(), failed.node(), List.of());
            case TooFewProvidersException few -> new Problem(Kind.NODE_FAILED, few.explanation(), node, List.of());
            case UnsettledException open -> new Problem(Kind.NODE_FAILED, open.explanation(), node, List.of());
        };
    }

    /**
     * The error as its receiver may take it. Who is at fault is decided by what the receiver verified, never by an answer: a liar
     * would name others. Whoever says that its own data is broken is believed.
     *
     * @param from the node that answered
     */
    public InterlockException toException(String from) {
        return switch (kind) {
            case BAD_INPUT -> new BadInputException(message);
            case REFUSED -> new RefusedException(message);
            case UNKNOWN_CHANNEL -> new RefusedException(Rule.UNKNOWN_CHANNEL, message);
            case LOCKED_OUT -> RefusedException.lockedOut(message, Duration.ofSeconds(Math.max(1, waitSeconds)));
            case NO_SUCH_OBJECT -> new NoSuchObjectException(message);
            case DESTROYED -> new DestroyedException(message);
            case INTEGRITY ->
                new IntegrityException(
                        message, culprits.stream().filter(from::equals).toList());
            case NODE_FAILED -> new NodeException(node, message);
        };
    }
}
