package dev.interlock.node.store;

import dev.interlock.core.token.StatementHash;
import java.sql.SQLException;
import java.util.List;

/**
 * The processes that serve a store together, as one of them sees it. Each has a row, and claims, by name, what it alone works on; what a
 * process writes is written only while it has that row. This class is a process that is alone: then all of it is trivial.
 */
public class Processes {
    /** A process whose store nobody else has. */
    public static final Processes ALONE = new Processes();

    Processes() {}

    /** Another one. */
    public record Other(int number, String instance, String address) {}

    /** What is asked of other processes. Each call returns once the other has done it, and throws where that isn't known. */
    public interface Calls {
        /** Has it end whatever reads or makes these generations; their rows say why. */
        void end(Other process, List<StatementHash> generations);

        /** Has it forget the keys of all epochs before this one. */
        void letGo(Other process, long epoch);
    }

    /** What only one process does at a time. */
    public interface Turn extends AutoCloseable {
        @Override
        void close();
    }

    /** Whether no other process can have the store open. */
    public boolean isAlone() {
        return true;
    }

    /** Its number, from 1. */
    public int number() {
        return 1;
    }

    /** Whether it has the lowest number of those that live: it does what one is enough for, and two would do no harm by. */
    public boolean isFirst() {
        return true;
    }

    /** A task that this process does when it {@linkplain #isFirst is the first}. */
    public final Runnable ofFirst(Runnable task) {
        return () -> {
            if (isFirst()) {
                task.run();
            }
        };
    }

    /** Those that serve beside this one, now. */
    public List<Other> others() {
        return List.of();
    }

    /** How they are reached; from now on they reach this one. Before it serves anything. */
    public void reachBy(Calls calls) {}

    /**
     * Waits until no process has this turn, and takes it. Its own threads must keep out of each other's way by themselves.
     *
     * @param what the same for what excludes each other
     * @throws StoreException.Failed when another process has it for too long
     */
    public Turn turn(String what) {
        return () -> {};
    }

    /** @throws StoreException.Failed while others may take this process for dead: it may have lost what it thinks is its own */
    public void requireServing() {}

    /** As {@link Calls#end}, for all others. */
    void end(List<StatementHash> generations) {}

    /** As {@link Calls#letGo}, for all others. */
    void letGo(long epoch) {}

    /** Takes a generation, of which there is nothing, for this process to make; false where another one makes it. */
    boolean claim(Link link, StatementHash generation) throws SQLException {
        return true;
    }

    void release(Link link, StatementHash generation) throws SQLException {}

    /** The same in a transaction of its own, some time. */
    void giveBack(StatementHash generation) {}

    boolean isClaimed(Link link, StatementHash generation) throws SQLException {
        return false;
    }
}
