package dev.interlock.node.store;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/** A store whose large blobs are in S3. */
@Timeout(240)
@Tag("long")
final class S3StoreTest extends StoreContract {
    @Override
    Engine engine() {
        return Engine.S3;
    }
}
