package dev.interlock.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.field.Gf256;
import dev.interlock.core.sharing.ShareIndex;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DecodingTest {
    private final Random random = new Random(9);

    private Map<ShareIndex, byte[]> hashes(int m, int t) {
        Map<ShareIndex, byte[]> hashes = new LinkedHashMap<>();
        int[][] coefficients = new int[16][];
        for (int column = 0; column < 16; column++) {
            coefficients[column] = random.ints(t, 0, 256).toArray();
        }
        for (int x = 1; x <= m; x++) {
            byte[] hash = new byte[16];
            for (int column = 0; column < 16; column++) {
                int value = 0;
                for (int k = t - 1; k >= 0; k--) {
                    value = Gf256.multiply(value, x) ^ coefficients[column][k];
                }
                hash[column] = (byte) value;
            }
            hashes.put(new ShareIndex(x), hash);
        }
        return hashes;
    }

    private void spoil(Map<ShareIndex, byte[]> hashes, Set<ShareIndex> liars) {
        liars.forEach(x -> hashes.get(x)[3] ^= (byte) (1 + random.nextInt(255)));
    }

    private static Set<ShareIndex> firstOf(int count) {
        return Set.copyOf(
                IntStream.rangeClosed(1, count).mapToObj(ShareIndex::new).toList());
    }

    /** All but t may lie: the leaf tells. */
    @ParameterizedTest
    @CsvSource({"3, 2", "4, 3", "5, 3", "5, 2", "7, 3", "9, 4"})
    void whoeverLiesIsFound(int m, int t) {
        for (int lying = 0; lying <= m - t; lying++) {
            Map<ShareIndex, byte[]> hashes = hashes(m, t);
            Set<ShareIndex> liars = firstOf(lying);
            spoil(hashes, liars);
            assertThat(Decoding.off(t, hashes, s -> s.stream().noneMatch(liars::contains)))
                    .hasValueSatisfying(off -> assertThat(off).isEqualTo(liars));
        }
    }

    /** Liars who lie on one polynomial of their own, with honest ones on it, too: they are nearer, and the leaf says no. */
    @Test
    void aPolynomialOfTheLiarsIsntBelieved() {
        Map<ShareIndex, byte[]> honest = hashes(5, 2);
        Map<ShareIndex, byte[]> others = hashes(5, 2);
        Set<ShareIndex> liars = firstOf(3);
        liars.forEach(x -> honest.put(x, others.get(x)));
        assertThat(Decoding.off(2, honest, s -> s.stream().noneMatch(liars::contains)))
                .hasValueSatisfying(off -> assertThat(off).isEqualTo(liars));
    }

    @Test
    void whereTheCiphertextIsWrongNobodyIsNamed() {
        AtomicInteger tries = new AtomicInteger();
        assertThat(Decoding.off(3, hashes(7, 3), _ -> {
                    tries.incrementAndGet();
                    return false;
                }))
                .isEmpty();
        assertThat(tries).as("any t open the same").hasValue(1);
    }

    @Test
    void moreThanCanBeTriedArentTried() {
        Map<ShareIndex, byte[]> hashes = hashes(40, 20);
        spoil(hashes, firstOf(11));
        AtomicInteger tries = new AtomicInteger();
        assertThat(Decoding.off(20, hashes, _ -> {
                    tries.incrementAndGet();
                    return false;
                }))
                .isEmpty();
        assertThat(tries).hasValue(0);
        // Half the distance is found all the same.
        Map<ShareIndex, byte[]> fewer = hashes(40, 20);
        Set<ShareIndex> liars = firstOf(10);
        spoil(fewer, liars);
        assertThat(Decoding.off(20, fewer, s -> List.copyOf(s).stream().noneMatch(liars::contains)))
                .hasValueSatisfying(off -> assertThat(off).isEqualTo(liars));
    }
}
