package dev.interlock.protocol.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import org.jspecify.annotations.Nullable;

/**
 * Home's answer to a provider that signed for an object and never heard of its end. Home decides: UNKNOWN is binding,
 * such an object can never become committed.
 *
 * @param chain encoded {@link CommitMessage}, when committed
 */
public record Outcome(
        Decision decision, @JsonSetter(nulls = Nulls.SET) byte @Nullable [] chain) {
    /** What home knows. */
    public enum Decision {
        @JsonProperty("committed")
        COMMITTED,
        @JsonProperty("undecided")
        UNDECIDED,
        @JsonProperty("unknown")
        UNKNOWN,
        @JsonProperty("destroyed")
        DESTROYED
    }
}
