package dev.interlock.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waits on a clock that the test sets, looked after by the test. */
@Timeout(240)
final class WaitsTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final long PATIENT_SECONDS = 60;

    /** Near its end, where it goes on with negative numbers. */
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - DEADLINE.toNanos() / 2);

    private final Waits waits = new Waits(nanos::get);
    private final AtomicBoolean done = new AtomicBoolean();

    /** Begins to wait in a virtual thread, and really waits when this returns. */
    private <T> Running<T> waiting(Callable<T> task) throws InterruptedException {
        FutureTask<T> running = new FutureTask<>(task);
        int before = waits.count();
        Thread thread = Thread.startVirtualThread(running);
        while (waits.count() == before || thread.getState() != Thread.State.WAITING) {
            Thread.sleep(1);
        }
        return new Running<>(thread, running);
    }

    private record Running<T>(Thread thread, FutureTask<T> task) {
        T get() throws Exception {
            return task.get(PATIENT_SECONDS, TimeUnit.SECONDS);
        }
    }

    private Running<Boolean> waiting() throws InterruptedException {
        return waiting(() -> waits.await(done::get, DEADLINE));
    }

    @Test
    void aWaitEndsAtItsDeadlineAndNotBefore() throws Exception {
        Running<Boolean> wait = waiting();
        nanos.addAndGet(DEADLINE.toNanos() - 1);
        waits.look(0);
        // Whoever wakes up too early waits on.
        LockSupport.unpark(wait.thread());
        waits.look(0);
        assertThat(wait.task().isDone()).isFalse();
        assertThat(waits.count()).isEqualTo(1);
        nanos.addAndGet(1);
        waits.look(0);
        assertThat(wait.get()).isFalse();
        assertThat(waits.count()).isZero();
    }

    /** It looks in time for the next that it sees, and no oftener than it must. */
    @Test
    void whoeverIsNextSaysWhenToLookAgain() throws Exception {
        assertThat(waits.look(0)).isEqualTo(Waits.LOOK.toNanos());
        Running<Boolean> later = waiting(() -> waits.await(done::get, DEADLINE.plusMillis(7)));
        Running<Boolean> first = waiting();
        assertThat(waits.look(0)).isEqualTo(Waits.LOOK.toNanos());
        nanos.addAndGet(DEADLINE.toNanos() - 5);
        assertThat(waits.look(0)).isEqualTo(5);
        nanos.addAndGet(5);
        assertThat(waits.look(0)).isEqualTo(Duration.ofMillis(7).toNanos());
        assertThat(first.get()).isFalse();
        nanos.addAndGet(Duration.ofMillis(7).toNanos());
        assertThat(waits.look(0)).isEqualTo(Waits.LOOK.toNanos());
        assertThat(later.get()).isFalse();
    }

    @Test
    void eachHasItsOwnDeadline() throws Exception {
        List<Running<Boolean>> many = new ArrayList<>();
        for (int i = 1; i <= 8; i++) {
            Duration deadline = DEADLINE.multipliedBy(i);
            many.add(waiting(() -> waits.await(done::get, deadline)));
        }
        for (int i = 0; i < many.size(); i++) {
            assertThat(waits.count()).isEqualTo(many.size() - i);
            nanos.addAndGet(DEADLINE.toNanos());
            waits.look(0);
            assertThat(many.get(i).get()).isFalse();
        }
        assertThat(waits.count()).isZero();
    }

    /** As after a SIGSTOP: the deadline is over on the clock, and the answer may lie in a socket. */
    @Test
    void whileTheProcessWasStoppedNoDeadlineRan() throws Exception {
        Running<Boolean> wait = waiting();
        long half = DEADLINE.toNanos() / 2;
        nanos.addAndGet(half);
        waits.look(0);
        Running<Boolean> young = waiting();
        long stopped = 10 * DEADLINE.toNanos();
        nanos.addAndGet(stopped);
        // Whoever wakes up before the watch has looked isn't over its deadline.
        LockSupport.unpark(wait.thread());
        assertThat(waits.look(stopped)).isEqualTo(Waits.LOOK.toNanos());
        nanos.addAndGet(half - 1);
        assertThat(waits.look(0)).isEqualTo(1);
        assertThat(waits.count()).isEqualTo(2);
        nanos.addAndGet(1);
        waits.look(0);
        assertThat(wait.get()).isFalse();
        nanos.addAndGet(half);
        waits.look(0);
        assertThat(young.get()).isFalse();
    }

    /** It began after the stop, before the watch had seen that there was one: it isn't given the whole of it. */
    @Test
    void aWaitIsGivenNoMoreOfAStopThanItWaited() throws Exception {
        nanos.addAndGet(10 * DEADLINE.toNanos());
        Running<Boolean> wait = waiting();
        nanos.addAndGet(5);
        waits.look(10 * DEADLINE.toNanos());
        nanos.addAndGet(DEADLINE.toNanos());
        waits.look(0);
        assertThat(wait.get()).isFalse();
    }

    @Test
    void aWatchThatIsLateUnderLoadGivesNothing() throws Exception {
        Running<Boolean> wait = waiting();
        nanos.addAndGet(DEADLINE.toNanos());
        waits.look(Waits.STOPPED.toNanos() - 1);
        assertThat(wait.get()).isFalse();
    }

    @Test
    void whatIsDoneInTimeCountsThoughTheDeadlineHasPassedBeforeTheWaiterLooks() throws Exception {
        Running<Boolean> wait = waiting();
        nanos.addAndGet(DEADLINE.toNanos());
        done.set(true);
        waits.look(0);
        assertThat(wait.get()).isTrue();
        assertThat(waits.count()).isZero();
    }

    @Test
    void anInterruptEndsAWait() throws Exception {
        Running<Boolean> wait = waiting();
        wait.thread().interrupt();
        assertThatThrownBy(wait::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InterruptedException.class);
        assertThat(waits.count()).isZero();
    }

    @Test
    void noTimeIsNoWait() throws Exception {
        assertThat(waits.await(done::get, Duration.ZERO)).isFalse();
        assertThat(waits.await(done::get, Duration.ofNanos(-1))).isFalse();
        done.set(true);
        assertThat(waits.await(done::get, Duration.ZERO)).isTrue();
    }

    @Test
    void aFutureIsWaitedForAsByItself() throws Exception {
        CompletableFuture<String> future = new CompletableFuture<>();
        Running<String> first = waiting(() -> waits.get(future, DEADLINE));
        Running<String> second = waiting(() -> waits.get(future, DEADLINE.multipliedBy(2)));
        nanos.addAndGet(DEADLINE.toNanos());
        waits.look(0);
        assertThatThrownBy(first::get).hasCauseInstanceOf(TimeoutException.class);
        future.complete("done");
        assertThat(second.get()).isEqualTo("done");
        assertThat(waits.get(future, Duration.ZERO)).isEqualTo("done");
        assertThatThrownBy(() -> waits.get(CompletableFuture.failedFuture(new IllegalStateException("x")), DEADLINE))
                .isInstanceOf(ExecutionException.class);
        assertThat(waits.count()).isZero();
    }

    /** The watch of the process parks while nobody waits, and whoever comes then wakes it up. */
    @Test
    void theProcessLooksByItself() throws Exception {
        for (int i = 0; i < 20; i++) {
            long begun = System.nanoTime();
            assertThat(Waits.PROCESS.await(() -> false, Duration.ofMillis(5))).isFalse();
            assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(5_000_000L);
        }
    }

    /** Those who are done and those who are late, at the same moment, many times over. */
    @Test
    void nobodyIsForgotten() throws Exception {
        for (int i = 0; i < 300; i++) {
            CompletableFuture<Integer> future = new CompletableFuture<>();
            Running<Boolean> wait = waiting(() -> {
                try {
                    return waits.get(future, DEADLINE) == 1;
                } catch (TimeoutException e) {
                    return false;
                }
            });
            Thread late = Thread.startVirtualThread(() -> {
                nanos.addAndGet(DEADLINE.toNanos());
                waits.look(0);
            });
            future.complete(1);
            Boolean _ = wait.get();
            late.join();
            assertThat(waits.count()).isZero();
        }
    }
}
