package dev.interlock.client;

import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.List;

/** All blinds of one pass, each grown from its seed as the stream goes by; wiped on close. */
record Blinds(List<Keystream> streams) implements AutoCloseable {
    static Blinds grownFrom(Collection<SecretBytes> seeds) {
        return new Blinds(
                seeds.stream().map(seed -> new Keystream(seed.segment())).toList());
    }

    List<Blind<MemorySegment>> all() {
        return streams.stream()
                .<Blind<MemorySegment>>map(stream -> stream::addTo)
                .toList();
    }

    @Override
    public void close() {
        streams.forEach(Keystream::close);
    }
}
