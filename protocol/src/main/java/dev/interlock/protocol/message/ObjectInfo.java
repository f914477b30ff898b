package dev.interlock.protocol.message;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one provider says of an object: its state here, and what proves it.
 *
 * @param certificate encoded {@link dev.interlock.core.token.Certificate} of its newest committed generation, or of the one that
 *     was destroyed; null where none was committed here
 * @param prepared the generations that were prepared here and not yet decided, their statements w encoded
 * @param schedule encoded {@link dev.interlock.core.token.Command.Signed} by which it is to be destroyed, or by which that was
 *     taken back; null where there was none
 * @param handover encoded {@link dev.interlock.core.token.Command.Signed} by which it became its owner's here, the last time; null
 *     where it is still its maker's, or its generation names all that is known
 * @param destroyMillis when it is to be destroyed, by this provider's clock, since 1970; null where it isn't
 * @param destroyed encoded {@link dev.interlock.core.token.Command.Signed} by which it was destroyed
 * @param receipt encoded {@link dev.interlock.core.token.Receipt}, when destroyed
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes
public record ObjectInfo(
        ObjectState state,
        @JsonSetter(nulls = Nulls.SET) byte @Nullable [] certificate,
        List<byte[]> prepared,
        @JsonSetter(nulls = Nulls.SET) byte @Nullable [] schedule,
        @JsonSetter(nulls = Nulls.SET) byte @Nullable [] handover,
        @JsonSetter(nulls = Nulls.SET) @Nullable Long destroyMillis,
        @JsonSetter(nulls = Nulls.SET) byte @Nullable [] destroyed,
        @JsonSetter(nulls = Nulls.SET) byte @Nullable [] receipt) {}
