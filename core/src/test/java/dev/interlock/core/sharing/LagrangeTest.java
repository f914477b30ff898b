package dev.interlock.core.sharing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.field.SlowField;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LagrangeTest {

    /** By hand: λ(1) = 2/(1−2) = 2/3 = 0xF7 and λ(2) = 1/(2−1) = 1/3 = 0xF6, for 3 · 0xF6 = 1. */
    @Test
    void twoPointsByHand() {
        int[] points = {1, 2};
        assertThat(SlowField.multiply(3, 0xF6)).isEqualTo(1);
        assertThat(Lagrange.coefficient(0, 1, points)).isEqualTo(0xF7);
        assertThat(Lagrange.coefficient(0, 2, points)).isEqualTo(0xF6);
        assertThat(Lagrange.coefficients(0, points)).containsExactly(0xF7, 0xF6);
    }

    /** That Σ λ_i x_i^k = z^k for all k < |S| holds for one choice of λ only. */
    @Test
    void reproducesEveryPowerBelowTheNumberOfPoints() {
        Random random = new Random(1);
        for (int round = 0; round < 300; round++) {
            int size = 1 + random.nextInt(12);
            int[] points = random.ints(1, 255).distinct().limit(size).toArray();
            int target = random.nextInt(255);
            int[] lambdas = Lagrange.coefficients(target, points);
            for (int k = 0; k < size; k++) {
                int[] power = new int[size];
                power[k] = 1;
                int sum = 0;
                for (int i = 0; i < size; i++) {
                    assertThat(lambdas[i]).isEqualTo(Lagrange.coefficient(target, points[i], points));
                    sum ^= SlowField.multiply(lambdas[i], Polynomials.at(power, points[i]));
                }
                assertThat(sum).isEqualTo(Polynomials.at(power, target));
            }
        }
    }

    @Test
    void allPointsAtOnce() {
        int[] points = IntStream.rangeClosed(1, 254).toArray();
        int[] lambdas = Lagrange.coefficients(0, points);
        int sum = 0;
        for (int lambda : lambdas) {
            assertThat(lambda).isNotZero();
            sum ^= lambda;
        }
        assertThat(sum).isEqualTo(1);
    }

    @Test
    void atOneOfThePointsOnlyThatPointCounts() {
        int[] points = {7, 1, 254};
        assertThat(Lagrange.coefficients(1, points)).containsExactly(0, 1, 0);
        assertThat(Lagrange.coefficients(254, points)).containsExactly(0, 0, 1);
    }

    @Test
    void validatedPointsGiveTheSame() {
        int[] xs = {7, 1, 254, 33};
        List<ShareIndex> points = IntStream.of(xs).mapToObj(ShareIndex::new).toList();
        for (int x : xs) {
            assertThat(Lagrange.coefficient(0, new ShareIndex(x), points)).isEqualTo(Lagrange.coefficient(0, x, xs));
            assertThat(Lagrange.coefficient(9, new ShareIndex(x), points)).isEqualTo(Lagrange.coefficient(9, x, xs));
        }
        assertThatThrownBy(() -> Lagrange.coefficient(0, new ShareIndex(2), points))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 is none of the 4 points");
        assertThatThrownBy(
                        () -> Lagrange.coefficient(0, points.getFirst(), List.of(points.getFirst(), points.getFirst())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("7 stands twice");
    }

    @Test
    void leavesThePointsAsTheyAre() {
        int[] points = {5, 3, 9};
        Lagrange.coefficients(0, points);
        assertThat(points).containsExactly(5, 3, 9);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 255, 256})
    void refusesPointsOutOfRange(int bad) {
        assertThatThrownBy(() -> Lagrange.coefficient(0, 1, new int[] {1, bad, 3}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("index is " + bad)
                .hasMessageContaining("1..254");
        assertThatThrownBy(() -> Lagrange.coefficients(0, new int[] {bad}))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 255, 256})
    void refusesTargetsOutOfRange(int bad) {
        assertThatThrownBy(() -> Lagrange.coefficient(bad, 1, new int[] {1, 2}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("target is " + bad)
                .hasMessageContaining("0..254");
    }

    @Test
    void refusesRepeatedPoints() {
        assertThatThrownBy(() -> Lagrange.coefficient(0, 1, new int[] {1, 4, 9, 4}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4 stands twice");
    }

    @Test
    void refusesIndicesThatAreNoPoint() {
        assertThatThrownBy(() -> Lagrange.coefficient(0, 6, new int[] {1, 4, 9}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("6 is none of the 3 points");
        assertThatThrownBy(() -> Lagrange.coefficient(0, 6, new int[0])).isInstanceOf(IllegalArgumentException.class);
    }
}
