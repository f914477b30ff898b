package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.client.Fetched;
import dev.interlock.client.GetOptions;
import dev.interlock.client.GetOptions.Way;
import dev.interlock.client.Interlock;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.token.ObjectId;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.Blinding;
import dev.interlock.wire.Deadlines;
import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whoever is late once, on a busy machine, hasn't failed: not even if all are late at once. */
@Timeout(240)
@Tag("long")
final class LateReadTest {
    /** Too long for a read in one round trip. */
    private static final int LENGTH = (64 << 10) + 1;

    /** What a direct read of (3,2) asks for at once: two shares, and a ciphertext. */
    private static final int PARTS = 3;

    @TempDir
    private Path dir;

    /** Gives out nothing until each part was asked for again, whoever was asked. */
    private static Store late(Store store, CountDownLatch askedTwice) {
        return Altered.of(
                Store.class,
                store,
                "open",
                () -> {
                    askedTwice.countDown();
                    try {
                        askedTwice.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                result -> result);
    }

    @Test
    void allAreLateAndNobodyHasFailed() throws Exception {
        CountDownLatch askedTwice = new CountDownLatch(2 * PARTS);
        try (TestRing ring = TestRing.start(dir, 2, 3, TestRing.PATIENT)) {
            byte[] m = TestRing.random(LENGTH);
            ObjectId object = ring.put(m).object();
            for (String name : List.of("cc1", "cc2", "cc3")) {
                ring.stop(name);
                ring.startProvider(name, store -> late(store, askedTwice), FieldKernels.chosen());
            }
            GetOptions direct =
                    new GetOptions(List.of(), Blinding.EXPANDED, Optional.empty(), Optional.empty(), Way.DIRECT);
            try (Interlock user = Interlock.open(
                    ring.descriptor(), ring.credential("credential"), Deadlines.stallAfter(Duration.ofSeconds(8)))) {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                Fetched fetched = user.get(object, Channels.newChannel(out), direct, _ -> {}, _ -> {});
                assertThat(out.toByteArray()).isEqualTo(m);
                assertThat(fetched.detours()).isEmpty();
            }
        }
    }
}
