package dev.interlock.bench.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.interlock.bench.Report;
import dev.interlock.bench.WrongResultException;
import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.field.ReferenceKernel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.openjdk.jmh.runner.BenchmarkException;
import org.openjdk.jmh.runner.RunnerException;

final class KernelsTest {

    /** Right but for the last byte. */
    private static final FieldKernel WRONG = new FieldKernel() {
        private final FieldKernel right = new ReferenceKernel();

        @Override
        public void addScaled(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src) {
            right.addScaled(out, in, coefficient, src);
            long last = out.byteSize() - 1;
            out.set(ValueLayout.JAVA_BYTE, last, (byte) (out.get(ValueLayout.JAVA_BYTE, last) + 1));
        }

        @Override
        public String name() {
            return "wrong";
        }
    };

    @ParameterizedTest
    @EnumSource
    void everyoneComputesWhatIsRight(Bout bout) {
        for (int size : new int[] {1, 13, 64, 207, 4098}) {
            Contest contest = bout.open(FieldKernels.chosen(), size);
            contest.check().run();
            Turns turns = new Turns(contest.contenders());
            turns.round();
            contest.check().run();
            for (int i = 0; i < contest.contenders().size(); i++) {
                assertThat(turns.rate(i)).as(contest.contenders().get(i).name()).isPositive();
            }
            turns.reset();
            assertThat(turns.rate(0)).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(names = "JDK", mode = EnumSource.Mode.EXCLUDE)
    void aWrongByteIsSeen(Bout bout) {
        for (int size : new int[] {13, 64, 4098}) {
            Contest contest = bout.open(WRONG, size);
            assertThatExceptionOfType(WrongResultException.class)
                    .isThrownBy(() -> contest.check().run())
                    .withMessageMatching("(layer by wrong|combine by wrong|deal, share .): byte .* expected 0x..");
        }
    }

    @Test
    void aWrongByteEndsThePlainRun() {
        Report report = new Report();
        assertThatExceptionOfType(WrongResultException.class)
                .isThrownBy(() -> new PlainRun(WRONG, true).run("kernels", report))
                .withMessageStartingWith("hop by wrong in a plain run: byte 0 of 1 is ");
        assertThat(report.rows()).isEmpty();
    }

    @Test
    void sharesOfALowerDegreeAreSeen() {
        MemorySegment same = Bout.noise(64, 1);
        assertThatExceptionOfType(WrongResultException.class)
                .isThrownBy(() -> Truth.dealt("deal", 3, new int[] {1, 2, 3, 4}, List.of(same, same, same, same)))
                .withMessageContaining("fewer than 3 shares determine the others");
    }

    /** What JMH throws here when a check fails in its fork. */
    @Test
    void aWrongResultIsFoundAmongWhatJmhThrows() {
        WrongResultException wrong = new WrongResultException("byte 7");
        RunnerException thrown = new RunnerException(
                "Benchmark caught the exception",
                new BenchmarkException("Benchmark error during the run", List.of(new Exception(), wrong)));
        assertThat(Kernels.wrongResult(thrown)).containsSame(wrong);
        assertThat(Kernels.wrongResult(new RunnerException("no fork", new Exception())))
                .isEmpty();
    }

    @Test
    void sizesInBinaryUnits() {
        assertThat(List.of(1, 4098, 64 << 10, 16 << 20).stream().map(Kernels::size))
                .containsExactly("1 B", "4098 B", "64 KiB", "16 MiB");
    }
}
