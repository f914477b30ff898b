package dev.interlock.bench.kernels;

import dev.interlock.core.field.FieldKernels;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A bout at one size, in a JVM of its own: JMH forks it, warms it up and repeats it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
public class TurnBenchmark {

    private static final int WARM_UP_BYTES = 4098;

    @Param("LAYER")
    public Bout bout = Bout.LAYER;

    @Param("65536")
    public int size;

    private Contest contest = new Contest(List.of(), () -> {});
    private Turns turns = new Turns(contest.contenders());

    @Setup
    public void open() {
        // Compiled over short buffers: with long ones this would take as many calls, and minutes.
        Contest warmUp = bout.open(FieldKernels.chosen(), Math.min(size, WARM_UP_BYTES));
        warmUp.check().run();
        Turns.warmUp(new Turns(warmUp.contenders())::round);
        contest = bout.open(FieldKernels.chosen(), size);
        contest.check().run();
        turns = new Turns(contest.contenders());
    }

    @Setup(Level.Iteration)
    public void reset() {
        turns.reset();
    }

    /** After the compiler has done its work the results are still to be right. */
    @TearDown
    public void check() {
        contest.check().run();
    }

    @Benchmark
    public void round(Rates rates) {
        turns.round();
        rates.turns = turns;
    }

    /** The rates of an iteration in GB/s, in the order of the contenders; JMH wants a method for each. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Rates {
        private Turns turns = new Turns(List.of());

        public double rate0() {
            return turns.rate(0);
        }

        public double rate1() {
            return turns.rate(1);
        }

        public double rate2() {
            return turns.rate(2);
        }

        public double rate3() {
            return turns.rate(3);
        }

        public double rate4() {
            return turns.rate(4);
        }

        public double rate5() {
            return turns.rate(5);
        }
    }
}
