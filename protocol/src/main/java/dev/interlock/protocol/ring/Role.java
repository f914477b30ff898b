package dev.interlock.protocol.ring;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** What a node is in its ring. */
public enum Role {
    @JsonProperty("provider")
    PROVIDER,
    @JsonProperty("dealer")
    DEALER;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
