package dev.interlock.node.store;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/** A store whose rows are in PostgreSQL. */
@Timeout(240)
@Tag("long")
final class PostgresStoreTest extends StoreContract {
    @Override
    Engine engine() {
        return Engine.POSTGRES;
    }
}
