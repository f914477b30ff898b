package dev.interlock.bench.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ProcTest {
    private static final String NUMBERS =
            " S 1 42 42 0 -1 4194560 1000 0 3 0 1234 66 7 8 20 0 30 0 5000 1000000 2000 18446744073709551615";

    @Test
    void cpuIsUserAndSystemTimeInTicksOfAHundredth() {
        assertThat(Proc.cpuSecondsIn("42 (java)" + NUMBERS)).isCloseTo(13.0, within(1e-9));
    }

    @Test
    void aNameMayHoldSpacesAndParentheses() {
        assertThat(Proc.cpuSecondsIn("42 (a) S 9 (b)" + NUMBERS)).isCloseTo(13.0, within(1e-9));
    }

    @Test
    void aCutStatIsRefused() {
        assertThatThrownBy(() -> Proc.cpuSecondsIn("42 (java) S 1 42"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("3 fields");
    }

    @Test
    void thePeakIsVmHwmInKilobytes() {
        assertThat(Proc.peakBytesIn("Name:\tjava\nVmPeak:\t  900000 kB\nVmHWM:\t  123456 kB\nVmRSS:\t  1 kB\n"))
                .isEqualTo(123456L * 1024);
    }

    @Test
    void anEndedProcessHasNoPeak() {
        assertThatThrownBy(() -> Proc.peakBytesIn("Name:\tjava\nState:\tZ (zombie)\n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("VmHWM");
    }
}
