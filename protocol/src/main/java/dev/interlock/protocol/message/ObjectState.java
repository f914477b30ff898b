package dev.interlock.protocol.message;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What an object is at one provider. */
public enum ObjectState {
    /** Signed for, but this provider hasn't heard yet whether the write was committed. */
    @JsonProperty("prepared")
    PREPARED,
    @JsonProperty("committed")
    COMMITTED,
    @JsonProperty("destroyed")
    DESTROYED
}
