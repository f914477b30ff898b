package dev.interlock.protocol.message;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import org.jspecify.annotations.Nullable;

/**
 * A provider's part of the write check: the hashes H_ρ of what it stored, for the user alone.
 *
 * @param share H_ρ(f(x_i)), 16 bytes
 * @param salts H_ρ of its salts, one after the other, 16 bytes
 * @param ciphertext H_ρ(c), 16 bytes, from a home
 * @param before the same of the generation before, where that is replaced or refreshed
 */
public record CheckAnswer(
        byte[] share,
        byte[] salts,
        @JsonSetter(nulls = Nulls.SET) byte @Nullable [] ciphertext,
        @JsonSetter(nulls = Nulls.SET) @Nullable Before before) {
    /**
     * @param share H_ρ of this provider's share of the generation before
     * @param ciphertext H_ρ of its ciphertext, from a home
     */
    public record Before(
            byte[] share, @JsonSetter(nulls = Nulls.SET) byte @Nullable [] ciphertext) {}
}
