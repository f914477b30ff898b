package dev.interlock.core.sharing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ThresholdTest {

    @ParameterizedTest
    @CsvSource({"2,2", "2,254", "254,254", "3,5"})
    void acceptsTheLegalRange(int t, int n) {
        assertThat(new Threshold(t, n)).extracting(Threshold::t, Threshold::n).containsExactly(t, n);
    }

    @ParameterizedTest
    @CsvSource({"1,5,2..5", "0,5,2..5", "-1,5,2..5", "6,5,2..5", "255,254,2..254"})
    void refusesBadThresholds(int t, int n, String range) {
        assertThatThrownBy(() -> new Threshold(t, n))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("t is " + t)
                .hasMessageContaining(range);
    }

    @ParameterizedTest
    @CsvSource({"2,1", "2,255", "2,0", "2,-3", "1,1"})
    void refusesBadNumbersOfProviders(int t, int n) {
        assertThatThrownBy(() -> new Threshold(t, n))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("n is " + n)
                .hasMessageContaining("2..254");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 255, 256, Integer.MAX_VALUE})
    void refusesBadShareIndices(int x) {
        assertThatThrownBy(() -> new ShareIndex(x))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("index is " + x)
                .hasMessageContaining("1..254");
    }

    @Test
    void acceptsShareIndices() {
        for (int x = 1; x <= 254; x++) {
            assertThat(new ShareIndex(x).x()).isEqualTo(x);
        }
    }
}
