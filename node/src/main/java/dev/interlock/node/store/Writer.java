package dev.interlock.node.store;

import java.io.IOException;
import java.sql.SQLException;

/** The connection that writes, and what its engine does around transactions. One thread. */
interface Writer extends AutoCloseable {
    /** @throws SQLException when there is no connection */
    Link link() throws SQLException;

    /** Begins a transaction. */
    void begin(Link link) throws SQLException;

    /** After a transaction that deleted something: makes that it is gone as the engine says. */
    void erased() throws SQLException, IOException;

    /** On a full disk: gives what erases the room that is kept for it, if there is any left. */
    boolean makeRoom();

    /** Whether the transaction that failed so may succeed when it is done again. */
    boolean mayRepeat(SQLException failure);

    /** Whether nobody can know what became of a COMMIT that failed so. */
    boolean isUnknown(SQLException failure);

    @Override
    void close();
}
