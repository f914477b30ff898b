package dev.interlock.core.sharing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.field.Gf256;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ReedSolomonTest {
    private static final int COLUMNS = 16;

    private final Random random = new Random(16);

    /** Points drawn from 1..254, and a word for each column. */
    private record Word(int[] points, List<byte[]> values) {}

    private Word word(int m, int t) {
        List<Integer> all =
                new ArrayList<>(IntStream.rangeClosed(1, 254).boxed().toList());
        Collections.shuffle(all, random);
        int[] points = all.subList(0, m).stream().mapToInt(Integer::intValue).toArray();
        List<byte[]> values = new ArrayList<>();
        for (int i = 0; i < m; i++) {
            values.add(new byte[COLUMNS]);
        }
        for (int column = 0; column < COLUMNS; column++) {
            int[] coefficients = random.ints(t, 0, 256).toArray();
            for (int i = 0; i < m; i++) {
                int value = 0;
                for (int k = t - 1; k >= 0; k--) {
                    value = Gf256.multiply(value, points[i]) ^ coefficients[k];
                }
                values.get(i)[column] = (byte) value;
            }
        }
        return new Word(points, values);
    }

    /** In these places, and in so many columns. */
    private void spoil(Word word, BitSet places, int columns) {
        places.stream().forEach(place -> {
            for (int column = 0; column < columns; column++) {
                word.values().get(place)[column] ^= (byte) (1 + random.nextInt(255));
            }
        });
    }

    private BitSet places(int m, int count) {
        List<Integer> all = new ArrayList<>(IntStream.range(0, m).boxed().toList());
        Collections.shuffle(all, random);
        BitSet places = new BitSet();
        all.subList(0, count).forEach(places::set);
        return places;
    }

    @ParameterizedTest
    @CsvSource({"3, 2", "4, 2", "5, 3", "5, 2", "7, 3", "7, 7", "9, 4", "15, 5", "40, 13", "60, 8"})
    void upToHalfTheDistanceAllAreFound(int m, int t) {
        int most = (m - t) / 2;
        for (int wrong : new int[] {0, Math.min(1, most), most}) {
            for (int columns : new int[] {1, COLUMNS}) {
                Word word = word(m, t);
                BitSet places = places(m, wrong);
                spoil(word, places, columns);
                assertThat(ReedSolomon.errors(word.points(), word.values(), t))
                        .as("%d of %d, in %d columns", wrong, m, columns)
                        .contains(places);
            }
        }
    }

    /** One wrong value more than that: some word of another polynomial may be as near, but with 16 columns none is. */
    @ParameterizedTest
    @CsvSource({"4, 3", "5, 3", "7, 3", "9, 4"})
    void beyondItNobodyIsAccused(int m, int t) {
        for (int i = 0; i < 50; i++) {
            Word word = word(m, t);
            spoil(word, places(m, (m - t) / 2 + 1), COLUMNS);
            assertThat(ReedSolomon.errors(word.points(), word.values(), t)).isEmpty();
        }
    }

    @Test
    void withoutOneToSpareAnyWordIsRight() {
        Word word = word(4, 4);
        spoil(word, places(4, 2), COLUMNS);
        assertThat(ReedSolomon.errors(word.points(), word.values(), 4)).contains(new BitSet());
    }

    @Test
    void zerosAreAWord() {
        List<byte[]> zeros = List.of(new byte[2], new byte[2], new byte[2], new byte[2], new byte[2]);
        assertThat(ReedSolomon.errors(new int[] {1, 2, 3, 4, 5}, zeros, 3)).contains(new BitSet());
    }

    @Test
    void whatIsntAWordIsRefused() {
        List<byte[]> values = List.of(new byte[2], new byte[2]);
        assertThatThrownBy(() -> ReedSolomon.errors(new int[] {1, 2}, values, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("2 points for a polynomial of degree below 3");
        assertThatThrownBy(() -> ReedSolomon.errors(new int[] {1, 1}, values, 2))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ReedSolomon.errors(new int[] {1, 2, 3}, values, 2))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ReedSolomon.errors(new int[] {1, 2}, List.of(new byte[2], new byte[3]), 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("values of different lengths");
    }
}
