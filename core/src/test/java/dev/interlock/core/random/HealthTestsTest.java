package dev.interlock.core.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HealthTestsTest {

    /** The standard's own example, H = 2 and α = 2^−20, and values computed by hand. */
    @ParameterizedTest
    @CsvSource({"2, -20, 11", "1, -20, 21", "8, -30, 5", "6, -30, 6", "1, -30, 31", "0.5, -30, 61"})
    void repetitionCutoffs(double bits, int exponent, int cutoff) {
        assertThat(HealthTests.repetitionCutoff(bits, exponent)).isEqualTo(cutoff);
    }

    /** The standard's table for α = 2^−20, and values of other implementations for 2^−30 and 2^−60. */
    @ParameterizedTest
    @CsvSource({
        "1, -20, 1024, 589",
        "1, -20, 512, 311",
        "2, -20, 512, 177",
        "4, -20, 512, 62",
        "8, -20, 512, 13",
        "1, -30, 512, 325",
        "0.5, -30, 512, 422",
        "1, -60, 512, 355",
        "0.5, -60, 512, 447",
        "0.05, -60, 512, 512"
    })
    void proportionCutoffs(double bits, int exponent, int window, int cutoff) {
        assertThat(HealthTests.proportionCutoff(bits, exponent, window)).isEqualTo(cutoff);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, 8.5, Double.NaN})
    void claimsNobodyCanKeepAreRefused(double bits) {
        assertThatThrownBy(() -> new HealthTests("fake", bits))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("fake");
    }

    @Test
    void goodNoisePasses() {
        byte[] samples = new byte[1 << 22];
        new Random(1).nextBytes(samples);
        assertThatCode(() -> new HealthTests("fake", 6).check(samples)).doesNotThrowAnyException();
    }

    @Test
    void noiseThatJustKeepsItsClaimPasses() {
        byte[] samples = new byte[1 << 22];
        Random random = new Random(2);
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (byte) random.nextInt(2);
        }
        assertThatCode(() -> new HealthTests("fake", 1).check(samples)).doesNotThrowAnyException();
    }

    @Test
    void repetitionsFailAtTheCutoffAndNotBefore() {
        int cutoff = HealthTests.repetitionCutoff(6, HealthTests.ALARM_EXPONENT);
        HealthTests tests = new HealthTests("fake", 6);
        tests.check(new byte[] {1, 2, 3});
        tests.check(new byte[cutoff - 1]);
        // The count goes on from one read to the next.
        assertThatThrownBy(() -> tests.check(new byte[1]))
                .isInstanceOfSatisfying(
                        NoiseException.class, e -> assertThat(e.source()).isEqualTo("fake"))
                .hasMessageContaining("repetition count")
                .hasMessageContaining(cutoff + " equal samples");
    }

    @Test
    void aProportionFailsAtTheCutoffAndNotBefore() {
        int cutoff = HealthTests.proportionCutoff(6, HealthTests.ALARM_EXPONENT, HealthTests.WINDOW);
        byte[] window = new byte[HealthTests.WINDOW];
        for (int i = 0, zeros = 0; i < window.length; i++) {
            window[i] = (byte) (i % 2 == 0 && ++zeros < cutoff ? 0 : 1 + i % 200);
        }
        HealthTests tests = new HealthTests("fake", 6);
        tests.check(window);
        tests.check(window);
        window[window.length - 1] = 0;
        assertThatThrownBy(() -> tests.check(window))
                .isInstanceOf(NoiseException.class)
                .hasMessageContaining("adaptive proportion")
                .hasMessageContaining(cutoff + " equal samples");
    }

    /** One value in ten samples is 26 times too many, and never comes often in a row. */
    @Test
    void biasedNoiseFailsTheProportionTest() {
        byte[] samples = new byte[64 * HealthTests.WINDOW];
        new Random(3).nextBytes(samples);
        for (int i = 0; i < samples.length; i += 10) {
            samples[i] = 0;
        }
        assertThatThrownBy(() -> new HealthTests("fake", 6).check(samples)).hasMessageContaining("adaptive proportion");
    }
}
