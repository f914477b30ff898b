package dev.interlock.bench.kernels;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;

/**
 * Measures contenders by turns of some hundred microseconds, so that whatever else the machine does meets all of them
 * alike, and by the thread's processor time, so that waiting for a processor isn't counted.
 */
final class Turns {

    /** Long beside a look at the clock, short beside what disturbs. */
    private static final long TURN_NANOS = 300_000;

    private static final long QUIET_NANOS = 700_000_000;
    private static final long MOST_WARM_UP_NANOS = 20_000_000_000L;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final CompilationMXBean COMPILER = ManagementFactory.getCompilationMXBean();

    private final List<Contender> contenders;
    private final int[] calls;
    private final double[] bytes;
    private final long[] nanos;

    Turns(List<Contender> contenders) {
        this.contenders = List.copyOf(contenders);
        this.calls = new int[contenders.size()];
        this.bytes = new double[contenders.size()];
        this.nanos = new long[contenders.size()];
        Arrays.fill(calls, 1);
    }

    /**
     * Does the work until the compiler has had nothing to do for a while. Counted in processor time: on a busy machine the
     * compiler, too, takes longer, and vector code that isn't compiled yet is a thousand times slower.
     */
    static void warmUp(Runnable work) {
        long start = THREADS.getCurrentThreadCpuTime();
        long quietSince = start;
        long compiled = COMPILER.getTotalCompilationTime();
        long now = start;
        while (now - quietSince < QUIET_NANOS && now - start < MOST_WARM_UP_NANOS) {
            work.run();
            now = THREADS.getCurrentThreadCpuTime();
            long compiledNow = COMPILER.getTotalCompilationTime();
            if (compiledNow != compiled) {
                compiled = compiledNow;
                quietSince = now;
            }
        }
    }

    /** One turn of each. */
    void round() {
        for (int i = 0; i < calls.length; i++) {
            Contender contender = contenders.get(i);
            // Not counted: it brings the buffers back that the one before drove out of the caches. At 1 MiB a turn is a
            // single call, and whoever came after a peer, which fills the heap, paid for it alone.
            contender.task().run();
            long start = THREADS.getCurrentThreadCpuTime();
            call(contender.task(), calls[i]);
            long turn = THREADS.getCurrentThreadCpuTime() - start;
            nanos[i] += turn;
            bytes[i] += (double) calls[i] * contender.bytes();
            // They get faster while the compiler works.
            if (turn < TURN_NANOS / 2 && calls[i] < 1 << 20) {
                calls[i] *= 2;
            } else if (turn > 2 * TURN_NANOS && calls[i] > 1) {
                calls[i] /= 2;
            }
        }
    }

    /** Forgets what was measured until now. */
    void reset() {
        Arrays.fill(bytes, 0);
        Arrays.fill(nanos, 0);
    }

    /** Bytes by nanosecond, which are GB/s, of the i-th contender; 0 where there is none or it had no turn. */
    double rate(int i) {
        return i < nanos.length && nanos[i] > 0 ? bytes[i] / nanos[i] : 0;
    }

    private static void call(Runnable task, int times) {
        for (int i = 0; i < times; i++) {
            task.run();
        }
    }
}
