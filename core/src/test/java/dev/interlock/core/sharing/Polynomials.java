package dev.interlock.core.sharing;

import dev.interlock.core.field.SlowField;
import java.util.ArrayList;
import java.util.List;

/** Polynomials over GF(2^8) for tests, sharing no code with the code under test. */
final class Polynomials {

    private Polynomials() {}

    /** By powers. */
    static int at(int[] coefficients, int x) {
        int value = 0;
        int power = 1;
        for (int coefficient : coefficients) {
            value ^= SlowField.multiply(coefficient, power);
            power = SlowField.multiply(power, x);
        }
        return value;
    }

    /** The one polynomial of degree below xs.length with these values, by Gaussian elimination of the Vandermonde rows. */
    static int[] through(int[] xs, int[] ys) {
        int n = xs.length;
        int[][] rows = new int[n][n + 1];
        for (int i = 0; i < n; i++) {
            int power = 1;
            for (int k = 0; k < n; k++) {
                rows[i][k] = power;
                power = SlowField.multiply(power, xs[i]);
            }
            rows[i][n] = ys[i];
        }
        for (int column = 0; column < n; column++) {
            int pivot = column;
            while (rows[pivot][column] == 0) {
                pivot++;
            }
            int[] swapped = rows[pivot];
            rows[pivot] = rows[column];
            rows[column] = swapped;
            int inverse = SlowField.invert(swapped[column]);
            for (int k = column; k <= n; k++) {
                swapped[k] = SlowField.multiply(swapped[k], inverse);
            }
            for (int i = 0; i < n; i++) {
                int factor = rows[i][column];
                if (i != column && factor != 0) {
                    for (int k = column; k <= n; k++) {
                        rows[i][k] ^= SlowField.multiply(factor, swapped[k]);
                    }
                }
            }
        }
        int[] coefficients = new int[n];
        for (int i = 0; i < n; i++) {
            coefficients[i] = rows[i][n];
        }
        return coefficients;
    }

    /** All subsets of 0..n−1 with size elements. */
    static List<int[]> subsets(int n, int size) {
        List<int[]> subsets = new ArrayList<>();
        for (int bits = 0; bits < 1 << n; bits++) {
            if (Integer.bitCount(bits) == size) {
                int[] subset = new int[size];
                int next = 0;
                for (int i = 0; i < n; i++) {
                    if ((bits >> i & 1) == 1) {
                        subset[next++] = i;
                    }
                }
                subsets.add(subset);
            }
        }
        return subsets;
    }

    static int[] pick(int[] from, int[] indices) {
        int[] picked = new int[indices.length];
        for (int i = 0; i < indices.length; i++) {
            picked[i] = from[indices[i]];
        }
        return picked;
    }

    static <V> List<V> pick(List<V> from, int[] indices) {
        List<V> picked = new ArrayList<>();
        for (int index : indices) {
            picked.add(from.get(index));
        }
        return picked;
    }
}
