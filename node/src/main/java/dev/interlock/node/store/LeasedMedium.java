package dev.interlock.node.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A blob to read while its process is one of those that serve: the others wait for no process that was silent for too long. */
record LeasedMedium(Medium of, Processes processes) implements Medium {
    @Override
    public void read(ByteBuffer sealed, long position) throws IOException {
        processes.requireServing();
        of.read(sealed, position);
    }

    @Override
    public void write(ByteBuffer sealed, long position) throws IOException {
        of.write(sealed, position);
    }

    @Override
    public void sync() throws IOException {
        of.sync();
    }

    @Override
    public byte @Nullable [] row() {
        return of.row();
    }

    @Override
    public void close() {
        of.close();
    }
}
