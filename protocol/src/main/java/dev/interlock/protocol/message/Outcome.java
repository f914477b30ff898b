package dev.interlock.protocol.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import org.jspecify.annotations.Nullable;

/**
 * What a provider knows of a generation, for another one that took part in it and never heard of its end. Its word decides
 * nothing; what it shows does.
 *
 * @param proof encoded {@link dev.interlock.core.token.Certificate} when committed, {@link
 *     dev.interlock.core.token.Abandonment} when abandoned, {@link dev.interlock.core.token.Command.Signed} when destroyed
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes
public record Outcome(
        Known known, @JsonSetter(nulls = Nulls.SET) byte @Nullable [] proof) {
    /** How it stands there. */
    public enum Known {
        @JsonProperty("committed")
        COMMITTED,
        @JsonProperty("abandoned")
        ABANDONED,
        @JsonProperty("destroyed")
        DESTROYED,
        /** Prepared, and no certificate was shown. */
        @JsonProperty("prepared")
        PREPARED,
        @JsonProperty("unknown")
        UNKNOWN,
        /** Nothing of it is here, and what was here before this store began nobody can tell. */
        @JsonProperty("cannot-tell")
        CANNOT_TELL
    }
}
