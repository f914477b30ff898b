package dev.interlock.node.store;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A test of what a store does whatever its engines are. */
abstract class EngineTest {
    @TempDir
    Path folder;

    SealedStore store;

    abstract Engine engine();

    @BeforeEach
    void open() {
        store = engine().open(folder, Clock.systemUTC());
    }

    @AfterEach
    void close() {
        store.close();
    }

    void reopen() {
        reopen(Clock.systemUTC());
    }

    void reopen(Clock clock) {
        store.close();
        store = engine().open(folder, clock);
    }

    /** The names of the large blobs that are there or being written. */
    Set<String> blobs() {
        return engine().blobs(folder);
    }
}
