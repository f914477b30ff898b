package dev.interlock.protocol.message;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import org.jspecify.annotations.Nullable;

/**
 * What one provider says of an object: its state here, and the proof.
 *
 * @param chain encoded {@link CommitMessage}; the signatures are there once it is committed
 * @param destroyMillis when it is to be destroyed, by this provider's clock, since 1970; null where it isn't
 * @param receipt encoded {@link dev.interlock.core.token.Receipt}, when destroyed
 */
public record ObjectInfo(
        String object,
        ObjectState state,
        byte[] chain,
        @JsonSetter(nulls = Nulls.SET) @Nullable Long destroyMillis,
        @JsonSetter(nulls = Nulls.SET) byte @Nullable [] receipt) {}
