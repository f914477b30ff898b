package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.interlock.client.Interlock;
import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.token.ObjectId;
import dev.interlock.node.dealer.Noise;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.request.Operation;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One of two dealers stands still: the put ends in time, and says whose fault that is. */
@Timeout(240)
@Tag("long")
final class StandingDealerTest {
    private static final Duration STALL = Duration.ofSeconds(4);
    private static final int CHUNK = ChunkLayout.CHUNK_BYTES;

    @TempDir
    private Path dir;

    private TestRing ring;

    /** One that deals so many sums and then stands still. */
    private record StandingKernel(FieldKernel honest, AtomicInteger left, CountDownLatch end) implements FieldKernel {
        @Override
        public void addScaled(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src) {
            if (left.getAndDecrement() <= 0) {
                try {
                    end.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            honest.addScaled(out, in, coefficient, src);
        }

        @Override
        public String name() {
            return "standing";
        }
    }

    @Test
    void oneThatStandsStillIsNamedInTime() throws Exception {
        try (TestRing started = TestRing.start(dir, 3, 5, STALL, 2, List.of())) {
            ring = started;
            standsStill();
        }
    }

    private void standsStill() throws Exception {
        // Before its first byte; then within a stream of several chunks.
        for (int sums : new int[] {0, 70}) {
            CountDownLatch end = new CountDownLatch(1);
            ring.stop("dealer2");
            ring.startDealer(
                    "dealer2",
                    Noise.start(List.of()),
                    new StandingKernel(FieldKernels.chosen(), new AtomicInteger(sums), end));
            refusesFor("dealer2", "dealer2", sums == 0 ? 100 : 6 * CHUNK);
            end.countDown();
            ring.restart("dealer2");
        }
    }

    private void refusesFor(String dealer, String why, int length) {
        List<ObjectId> before = listed();
        InterlockException refused;
        List<String> asked = new CopyOnWriteArrayList<>();
        int attempts = 0;
        // The dealer stands still until this has ended: it ends by a deadline, or not at all.
        try (Interlock user = ring.client("credential")) {
            user.onRequest((node, operation, _, _) -> {
                if (operation == Operation.DEAL) {
                    asked.add(node);
                }
            });
            do {
                assertThat(attempts++)
                        .as("providers are too slow to take any order")
                        .isLessThan(10);
                asked.clear();
                refused = catchThrowableOfType(
                        InterlockException.class, () -> TestRing.put(user, TestRing.random(length)));
                // Of the providers none stands still, but on a machine that does much else one may be slow: then nobody
                // dealt.
            } while (refused instanceof TooFewProvidersException);
        }
        assertThat(refused).hasMessageContaining(why);
        assertThat(refused)
                .isInstanceOfSatisfying(
                        NodeException.class, named -> assertThat(named.node()).isEqualTo(dealer));
        // Of one session: it isn't tried again.
        assertThat(asked).containsExactlyInAnyOrder("dealer1", "dealer2");
        assertThat(listed()).isEqualTo(before);
        Await.until(
                "nothing is left of the put",
                () -> ring.providers().stream()
                        .allMatch(name -> ring.dataFiles(name).stream()
                                .allMatch(file -> before.stream()
                                        .anyMatch(id ->
                                                file.getFileName().toString().startsWith(id.toString())))));
    }

    private List<ObjectId> listed() {
        try {
            return ring.owner().list().stream().map(each -> each.object()).toList();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
