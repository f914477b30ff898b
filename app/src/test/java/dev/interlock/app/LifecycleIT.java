package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Refreshes, replacements and a move while nodes are killed: a part of what {@link LifecycleTable} runs through. */
@Timeout(300)
@Tag("long")
final class LifecycleIT {
    @Test
    void everyObjectLivesThroughItAndNoOldShareHelps(@TempDir Path dir) throws Exception {
        try (LifecycleTable table = new LifecycleTable(dir, 4, 1)) {
            assertThat(table.run(1, Duration.ofMillis(300))).matches(LifecycleTable.Outcome::good, "is good");
        }
    }
}
