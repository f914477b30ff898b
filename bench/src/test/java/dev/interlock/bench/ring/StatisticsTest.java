package dev.interlock.bench.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StatisticsTest {

    @Test
    void theMedianIsTheMiddleOrTheMeanOfTheTwoMiddleOnes() {
        assertThat(Statistics.median(3, 1, 2)).isEqualTo(2);
        assertThat(Statistics.median(4, 1, 3, 2)).isEqualTo(2.5);
        assertThat(Statistics.median(List.of(7.0))).isEqualTo(7);
    }

    @Test
    void aPercentileIsTheNearestRank() {
        double[] hundred =
                IntStream.rangeClosed(1, 100).mapToDouble(i -> 101 - i).toArray();
        assertThat(Statistics.percentile(0.99, hundred)).isEqualTo(99);
        assertThat(Statistics.percentile(0.5, hundred)).isEqualTo(50);
        assertThat(Statistics.percentile(1, hundred)).isEqualTo(100);
        assertThat(Statistics.percentile(0.99, 5)).isEqualTo(5);
    }

    @Test
    void thereIsNoPercentileOfNothingNorBeyondAll() {
        assertThatThrownBy(() -> Statistics.percentile(0.5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Statistics.percentile(0, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Statistics.percentile(1.1, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theSlopeIsThatOfTheNearestLine() {
        assertThat(Statistics.slope(List.of(1.0, 2.0, 4.0), List.of(5.0, 7.0, 11.0)))
                .isCloseTo(2, within(1e-12));
        assertThat(Statistics.slope(List.of(0.0, 1.0, 2.0), List.of(0.0, 2.0, 1.0)))
                .isCloseTo(0.5, within(1e-12));
        assertThatThrownBy(() -> Statistics.slope(List.of(1.0), List.of(1.0)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void sizesAreSaidInTheLargestWholeUnit() {
        assertThat(Numbers.size(32)).isEqualTo("32 B");
        assertThat(Numbers.size(65536)).isEqualTo("64 KiB");
        assertThat(Numbers.size(1536L << 20)).isEqualTo("1536 MiB");
        assertThat(Numbers.size(4L << 30)).isEqualTo("4 GiB");
    }

    @Test
    void aMeterIsFoundByItsNameAlone() {
        String text = """
            # HELP interlock_store_transactions_total committed
            # TYPE interlock_store_transactions_total counter
            interlock_store_transactions_total 17.0
            interlock_sessions 3.0
            """;
        assertThat(RingProcesses.meterIn(text, "interlock_store_transactions")).hasValue(17);
        assertThat(RingProcesses.meterIn(text, "interlock_sessions")).hasValue(3);
        assertThat(RingProcesses.meterIn(text, "interlock")).isEmpty();
    }
}
