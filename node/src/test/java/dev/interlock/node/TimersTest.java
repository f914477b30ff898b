package dev.interlock.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A task that waits delays no other, and shows. */
@Timeout(240)
final class TimersTest {
    private static final Duration SOON = Duration.ofMillis(10);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Timers timers = new Timers(meters, threads);
    private final CountDownLatch forever = new CountDownLatch(1);

    @AfterEach
    void end() {
        forever.countDown();
        timers.close();
        threads.shutdownNow();
    }

    private void waitForever() {
        try {
            forever.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aTaskThatHangsDelaysNoOtherAndItsLagIsAMetric() throws InterruptedException {
        CountDownLatch runs = new CountDownLatch(5);
        AtomicInteger hanging = new AtomicInteger();
        timers.every(SOON, "hangs", () -> {
            hanging.incrementAndGet();
            waitForever();
        });
        timers.every(SOON, "goes-on", runs::countDown);
        assertThat(runs.await(30, TimeUnit.SECONDS)).isTrue();
        // Never twice at once, and later with every moment.
        assertThat(hanging).hasValueLessThanOrEqualTo(1);
        double before = lag("hangs");
        while (lag("hangs") <= before + 0.2) {
            Thread.onSpinWait();
        }
        assertThat(timers.alarm()).isEmpty();
    }

    private double lag(String timer) {
        return meters.get("interlock.timer.lag.seconds")
                .tag("timer", timer)
                .gauge()
                .value();
    }

    @Test
    void aTaskThatFailsRunsAgain() throws InterruptedException {
        CountDownLatch runs = new CountDownLatch(3);
        timers.every(SOON, "fails", () -> {
            runs.countDown();
            throw new IllegalStateException("as the test wants it");
        });
        assertThat(runs.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aSilentPeerHoldsUpItsOwnWorkAlone() throws InterruptedException {
        PeerWork<String, Integer> work = new PeerWork<>(threads);
        BlockingQueue<Integer> done = new LinkedBlockingQueue<>();
        Map<String, List<Integer>> items = Map.of("silent", List.of(1, 2), "answers", List.of(10, 20, 30));
        for (int round = 0; round < 2; round++) {
            work.begin(items, item -> {
                if (item < 10) {
                    waitForever();
                    return false;
                }
                return done.add(item);
            });
            for (int k = 0; k < 3; k++) {
                assertThat(done.poll(30, TimeUnit.SECONDS)).isIn(10, 20, 30);
            }
            // The second round may begin only once the first has ended there.
            while (work.isBusy("answers")) {
                Thread.onSpinWait();
            }
            assertThat(work.isBusy("silent")).isTrue();
        }
    }

    @Test
    void thePeerThatDoesntAnswerIsAskedOnceARound() throws InterruptedException {
        PeerWork<String, Integer> work = new PeerWork<>(threads);
        BlockingQueue<Integer> asked = new LinkedBlockingQueue<>();
        work.begin(Map.of("down", List.of(1, 2, 3)), item -> !asked.add(item));
        assertThat(asked.poll(30, TimeUnit.SECONDS)).isEqualTo(1);
        while (work.isBusy("down")) {
            Thread.onSpinWait();
        }
        assertThat(asked).isEmpty();
    }
}
