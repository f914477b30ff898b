package dev.interlock.node.log;

import java.io.IOException;

/** The file under a log. Calls come one at a time, but for {@link #force}, which may run beside a write. */
public interface LogFile extends AutoCloseable {
    long size() throws IOException;

    /** The bytes from there on, fewer only at the end of the file. */
    byte[] read(long at, int length) throws IOException;

    /** Writes all of them, or throws; then some may be there. */
    void write(long at, byte[] bytes) throws IOException;

    void truncate(long size) throws IOException;

    /** Returns when all that was written before is durable. */
    void force() throws IOException;

    /** Keeps bytes that are about to be cut off. */
    void setAside(byte[] bytes) throws IOException;

    /** Gives up room that was kept for lines about what makes room. @return whether there was any */
    default boolean makeRoom() {
        return false;
    }

    /** Keeps such room again, where there is enough. */
    default void keepRoom() {}

    @Override
    void close() throws IOException;
}
