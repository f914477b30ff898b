package dev.interlock.protocol;

import dev.interlock.core.field.Gf256;
import java.util.ArrayList;
import java.util.List;

/** All that can be computed from some vectors by adding multiples of them: their span over GF(2^8), in echelon form. */
final class Span {
    private final List<byte[]> rows = new ArrayList<>();

    Span add(byte[] vector) {
        byte[] rest = reduced(vector);
        int pivot = pivot(rest);
        if (pivot < rest.length) {
            int inverse = Gf256.invert(rest[pivot] & 0xFF);
            for (int i = 0; i < rest.length; i++) {
                rest[i] = (byte) Gf256.multiply(rest[i] & 0xFF, inverse);
            }
            rows.add(rest);
        }
        return this;
    }

    boolean contains(byte[] vector) {
        return pivot(reduced(vector)) == vector.length;
    }

    private byte[] reduced(byte[] vector) {
        byte[] rest = vector.clone();
        for (byte[] row : rows) {
            int factor = rest[pivot(row)] & 0xFF;
            for (int i = 0; factor != 0 && i < rest.length; i++) {
                rest[i] ^= (byte) Gf256.multiply(row[i] & 0xFF, factor);
            }
        }
        return rest;
    }

    /** The first place that isn't zero. */
    private static int pivot(byte[] vector) {
        int i = 0;
        while (i < vector.length && vector[i] == 0) {
            i++;
        }
        return i;
    }
}
