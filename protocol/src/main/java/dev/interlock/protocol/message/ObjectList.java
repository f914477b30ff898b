package dev.interlock.protocol.message;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A user's committed objects at one provider, newest first. */
public record ObjectList(List<Entry> objects) {
    /**
     * @param length in bytes
     * @param createdMillis by the clock of the client that wrote it
     * @param epoch of the ring, in which it was written
     * @param missing who was missing at the write and hasn't signed yet, as far as this provider knows
     * @param destroyMillis when it is to be destroyed, by this provider's clock; null where it isn't
     */
    public record Entry(
            String object,
            int protocol,
            String profile,
            long length,
            long createdMillis,
            int epoch,
            List<Integer> missing,
            @JsonSetter(nulls = Nulls.SET) @Nullable Long destroyMillis) {}
}
