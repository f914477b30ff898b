package dev.interlock.node.store;

import java.sql.SQLException;

/** Something done with the database. It may be run again after its transaction failed. */
@FunctionalInterface
interface Operation<T> {
    T run(Link link) throws SQLException;
}
