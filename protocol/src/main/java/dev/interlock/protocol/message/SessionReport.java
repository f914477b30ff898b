package dev.interlock.protocol.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How far one provider's stations of a session came; for finding who held a pass up. */
public record SessionReport(List<At> stations) {
    /** @param bytes that left the station, or were stored by it */
    public record At(
            int place,
            Progress progress,
            long bytes,
            @JsonSetter(nulls = Nulls.SET) @Nullable Problem problem) {}

    /** A station's state. */
    public enum Progress {
        @JsonProperty("waiting")
        WAITING,
        @JsonProperty("running")
        RUNNING,
        @JsonProperty("done")
        DONE,
        @JsonProperty("failed")
        FAILED
    }
}
