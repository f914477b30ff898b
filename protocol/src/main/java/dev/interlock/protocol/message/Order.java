package dev.interlock.protocol.message;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Step 1 of a write, a read or a repair: what U asks of one provider for one pass. As it came off the wire; {@link
 * dev.interlock.protocol.Session#accept} checks it.
 *
 * @param path the share indices of S, in the order of the pass
 * @param homes write: those that store the ciphertext; read: the one that sends it; repair: the provider that gets its share
 *     back and, if it's a home of the object, behind it the home that sends it the ciphertext
 * @param length of m, in bytes
 * @param dealers write: who deals: all dealers of the ring, in its order; else empty
 * @param recipient protocol 1, write: the user's public key, as text, for which the provider seals its share
 * @param continues what a new generation of an object continues; null for a first one, and for reads
 * @param blinds {@link dev.interlock.protocol.Blinding} as text: where this provider's B_i comes from
 * @param blind the 32-byte seed of an expanded B_i, for this provider alone; of paired blinds the seeds that this provider
 *     shares with every other one of the path, in its order, and with the repaired one; empty otherwise
 */
public record Order(
        Kind kind,
        int protocol,
        String profile,
        String object,
        String session,
        List<Integer> path,
        List<Integer> homes,
        long length,
        List<String> dealers,
        @JsonSetter(nulls = Nulls.SET) @Nullable String recipient,
        String blinds,
        byte[] blind,
        @JsonSetter(nulls = Nulls.SET) @Nullable Continues continues) {
    /** What the pass is for. */
    public enum Kind {
        @JsonProperty("write")
        WRITE,
        /** A write whose stations sign for what they hand on. */
        @JsonProperty("attested")
        ATTESTED,
        @JsonProperty("read")
        READ,
        @JsonProperty("repair")
        REPAIR,
        /** A write whose stream is the ciphertext that home has: one pass takes the old pad off and puts the new one on. */
        @JsonProperty("replace")
        REPLACE,
        /** A write without a pass: shares of zero are added to those that are there. */
        @JsonProperty("refresh")
        REFRESH
    }

    /**
     * What a new generation continues.
     *
     * @param origin the id of the first generation
     * @param generation the new one's number, at least 2
     * @param from the id of the generation before, where this ring has it: to be replaced or refreshed; null where it comes
     *     from another ring
     */
    public record Continues(
            String origin,
            int generation,
            @JsonSetter(nulls = Nulls.SET) @Nullable String from) {}
}
