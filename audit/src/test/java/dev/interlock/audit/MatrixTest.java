package dev.interlock.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.field.Gf256;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The linear algebra against spans that are listed vector by vector. */
final class MatrixTest {
    private static final int WIDTH = 3;

    @Test
    void productsAreTheFields() {
        assertThat(IntStream.range(0, 1 << 16)
                        .filter(i -> Matrix.multiply(i >> 8, i & 0xFF) != Gf256.multiply(i >> 8, i & 0xFF)))
                .isEmpty();
    }

    /** Two vectors of 3 elements; small elements and copies, so that dependence is common. */
    static Stream<List<byte[]>> few() {
        Random random = new Random(7);
        return IntStream.range(0, 24).mapToObj(i -> {
            byte[] first = vector(random, i % 3 == 0 ? 2 : 256);
            byte[] second = i % 4 == 0 ? scaled(first, random.nextInt(256)) : vector(random, i % 3 == 0 ? 2 : 256);
            return List.of(first, second);
        });
    }

    private static byte[] vector(Random random, int below) {
        byte[] vector = new byte[WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            vector[i] = (byte) (random.nextInt(3) == 0 ? 0 : random.nextInt(below));
        }
        return vector;
    }

    private static byte[] scaled(byte[] vector, int factor) {
        byte[] scaled = new byte[vector.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = (byte) Gf256.multiply(factor, vector[i] & 0xFF);
        }
        return scaled;
    }

    /** All 65 536 combinations, as text. */
    private static Set<String> span(List<byte[]> vectors) {
        Set<String> span = new HashSet<>();
        for (int a = 0; a < 256; a++) {
            byte[] first = scaled(vectors.get(0), a);
            for (int b = 0; b < 256; b++) {
                byte[] sum = scaled(vectors.get(1), b);
                for (int i = 0; i < WIDTH; i++) {
                    sum[i] ^= first[i];
                }
                span.add(Arrays.toString(sum));
            }
        }
        return span;
    }

    private static Matrix matrix(List<byte[]> vectors) {
        Matrix matrix = new Matrix(WIDTH);
        vectors.forEach(matrix::add);
        return matrix;
    }

    @ParameterizedTest
    @MethodSource("few")
    void theRankAndTheSpanAreThoseOfAllCombinations(List<byte[]> vectors) {
        Set<String> span = span(vectors);
        Matrix matrix = matrix(vectors);
        assertThat(span).hasSize(1 << (8 * matrix.rank()));
        assertThat(matrix.hasLast()).isEqualTo(span.contains("[0, 0, 1]"));

        Random random = new Random(11);
        List<byte[]> targets = new ArrayList<>(List.of(new byte[] {0, 0, 1}, new byte[WIDTH], vectors.getFirst()));
        IntStream.range(0, 20).forEach(i -> targets.add(vector(random, 256)));
        for (byte[] target : targets) {
            Optional<int[]> factors = Matrix.combination(vectors, target);
            assertThat(factors.isPresent()).isEqualTo(span.contains(Arrays.toString(target)));
            factors.ifPresent(found -> {
                byte[] sum = new byte[WIDTH];
                for (int v = 0; v < vectors.size(); v++) {
                    byte[] part = scaled(vectors.get(v), found[v]);
                    for (int i = 0; i < WIDTH; i++) {
                        sum[i] ^= part[i];
                    }
                }
                assertThat(sum).isEqualTo(target);
            });
        }
    }

    @ParameterizedTest
    @MethodSource("few")
    void whatIsZeroBeforeAColumnIsFoundInFull(List<byte[]> vectors) {
        for (int column = 0; column < WIDTH; column++) {
            int before = column;
            long expected = span(vectors).stream()
                    .filter(text -> {
                        String[] elements = text.substring(1, text.length() - 1).split(", ", -1);
                        return Arrays.stream(elements).limit(before).allMatch("0"::equals);
                    })
                    .count();
            assertThat(1L << (8 * matrix(vectors).from(column).size())).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @MethodSource("few")
    void equalSpansHaveEqualBases(List<byte[]> vectors) {
        byte[] mixed = scaled(vectors.get(0), 0x53);
        byte[] second = scaled(vectors.get(1), 0xCA);
        for (int i = 0; i < WIDTH; i++) {
            mixed[i] ^= second[i];
        }
        List<byte[]> one = matrix(vectors).from(0);
        List<byte[]> other = matrix(List.of(mixed, second)).from(0);
        assertThat(other).usingRecursiveComparison().isEqualTo(one);
    }
}
