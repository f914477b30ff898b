package dev.interlock.core.field;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Gf256Test {

    @Test
    void allProductsMatchPolynomialDivision() {
        for (int a = 0; a < 256; a++) {
            for (int b = 0; b < 256; b++) {
                assertThat(Gf256.multiply(a, b)).as("%d * %d", a, b).isEqualTo(SlowField.multiply(a, b));
            }
        }
    }

    /** FIPS 197 §4.2 and its multiples of 0x57. */
    @ParameterizedTest
    @CsvSource({"57,83,c1", "57,13,fe", "57,02,ae", "57,04,47", "57,08,8e", "57,10,07", "02,80,1b"})
    void productsPublishedWithAes(String a, String b, String product) {
        assertThat(Gf256.multiply(Integer.parseInt(a, 16), Integer.parseInt(b, 16)))
                .isEqualTo(Integer.parseInt(product, 16));
    }

    @Test
    void fieldAxiomsHoldForAllTriples() {
        int[][] product = new int[256][256];
        for (int a = 0; a < 256; a++) {
            for (int b = 0; b < 256; b++) {
                product[a][b] = Gf256.multiply(a, b);
            }
        }
        for (int a = 0; a < 256; a++) {
            assertThat(product[a][1]).isEqualTo(a);
            assertThat(product[a][0]).isZero();
            for (int b = 0; b < 256; b++) {
                assertThat(product[a][b]).isEqualTo(product[b][a]);
                for (int c = 0; c < 256; c++) {
                    if (product[product[a][b]][c] != product[a][product[b][c]]) {
                        throw new AssertionError("not associative: " + a + ", " + b + ", " + c);
                    }
                    if (product[a][b ^ c] != (product[a][b] ^ product[a][c])) {
                        throw new AssertionError("not distributive: " + a + ", " + b + ", " + c);
                    }
                }
            }
        }
    }

    @Test
    void everyElementButZeroHasItsInverse() {
        for (int a = 1; a < 256; a++) {
            assertThat(SlowField.multiply(a, Gf256.invert(a))).as("%d", a).isEqualTo(1);
        }
        assertThat(Gf256.invert(0x53)).isEqualTo(0xCA);
    }

    @Test
    void zeroHasNoInverse() {
        assertThatThrownBy(() -> Gf256.invert(0))
                .isInstanceOf(ArithmeticException.class)
                .hasMessageContaining("zero");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 256, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void refusesWhatIsNoElementWithoutNamingIt(int bad) {
        for (Runnable call :
                new Runnable[] {() -> Gf256.multiply(bad, 1), () -> Gf256.multiply(1, bad), () -> Gf256.invert(bad)}) {
            assertThatThrownBy(call::run)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("0..255")
                    .hasMessageNotContaining(String.valueOf(bad));
        }
    }
}
