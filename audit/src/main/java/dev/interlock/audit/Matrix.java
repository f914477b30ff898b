package dev.interlock.audit;

import dev.interlock.core.field.Gf256;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Rows over GF(2^8) in echelon form, which grow one by one: the span of what was added. Nothing here is secret; products
 * come from a table.
 */
final class Matrix {
    private static final byte[] PRODUCTS = products();

    private final int width;
    /** By the column of its first element that isn't zero, which is 1. */
    private final byte[] @Nullable [] rows;

    Matrix(int width) {
        this.width = width;
        this.rows = new byte[width][];
    }

    private static byte[] products() {
        byte[] products = new byte[1 << 16];
        for (int i = 0; i < products.length; i++) {
            products[i] = (byte) Gf256.multiply(i >> 8, i & 0xFF);
        }
        return products;
    }

    static int multiply(int a, int b) {
        return PRODUCTS[(a << 8) | b] & 0xFF;
    }

    /** The same span, to grow on its own. Rows are never changed, so they are shared. */
    Matrix copy() {
        Matrix copy = new Matrix(width);
        System.arraycopy(rows, 0, copy.rows, 0, width);
        return copy;
    }

    /** Adds a row to the span; false if it lay in it already. The row stays as it is. */
    boolean add(byte[] row) {
        byte[] rest = row.clone();
        for (int column = 0; column < width; column++) {
            int element = rest[column] & 0xFF;
            if (element == 0) {
                continue;
            }
            byte[] pivot = rows[column];
            if (pivot == null) {
                scale(rest, Gf256.invert(element), column);
                rows[column] = rest;
                return true;
            }
            subtract(rest, element, pivot, column);
        }
        return false;
    }

    int rank() {
        return (int) Arrays.stream(rows).filter(Objects::nonNull).count();
    }

    /** Whether the span has a vector whose only element that isn't zero stands last. */
    boolean hasLast() {
        return rows[width - 1] != null;
    }

    /**
     * A basis of the vectors of the span that are zero before a column, without those zeros: reduced, so that equal spans
     * give equal bases.
     */
    List<byte[]> from(int column) {
        List<byte[]> basis = new ArrayList<>();
        for (int pivot = width - 1; pivot >= column; pivot--) {
            byte[] row = rows[pivot];
            if (row != null) {
                byte[] reduced = row.clone();
                for (byte[] later : basis) {
                    int at = first(later);
                    subtract(reduced, reduced[at] & 0xFF, later, at);
                }
                basis.add(reduced);
            }
        }
        return basis.stream().map(row -> Arrays.copyOfRange(row, column, width)).toList();
    }

    /** Coefficients with which the vectors add up to the target, if they can. */
    static Optional<int[]> combination(List<byte[]> vectors, byte[] target) {
        int width = target.length;
        // Behind every vector stands its unit vector, which records what is added to it.
        Matrix echelon = new Matrix(width + vectors.size());
        for (int i = 0; i < vectors.size(); i++) {
            byte[] row = Arrays.copyOf(vectors.get(i), width + vectors.size());
            row[width + i] = 1;
            var _ = echelon.add(row);
        }
        byte[] rest = Arrays.copyOf(target, width + vectors.size());
        for (int column = 0; column < width; column++) {
            int element = rest[column] & 0xFF;
            byte[] pivot = echelon.rows[column];
            if (element != 0 && pivot == null) {
                return Optional.empty();
            }
            if (pivot != null) {
                subtract(rest, element, pivot, column);
            }
        }
        int[] coefficients = new int[vectors.size()];
        Arrays.setAll(coefficients, i -> rest[width + i] & 0xFF);
        return Optional.of(coefficients);
    }

    private static int first(byte[] row) {
        int column = 0;
        while (row[column] == 0) {
            column++;
        }
        return column;
    }

    private static void scale(byte[] row, int factor, int from) {
        for (int i = from; i < row.length; i++) {
            row[i] = (byte) multiply(factor, row[i] & 0xFF);
        }
    }

    /** row − factor · other, which is +. */
    private static void subtract(byte[] row, int factor, byte[] other, int from) {
        int table = factor << 8;
        for (int i = from; i < row.length; i++) {
            row[i] ^= PRODUCTS[table | (other[i] & 0xFF)];
        }
    }
}
