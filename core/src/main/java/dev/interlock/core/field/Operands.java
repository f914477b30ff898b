package dev.interlock.core.field;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** The checks that every kernel makes before its first byte. */
final class Operands {

    private Operands() {}

    /** Returns the common length in bytes, or throws IllegalArgumentException. */
    static long check(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src) {
        long length = out.byteSize();
        if (in.byteSize() != length || src.byteSize() != length) {
            throw new IllegalArgumentException("lengths differ: in has " + in.byteSize() + " and src has "
                    + src.byteSize() + " bytes, expected " + length + ", the length of out");
        }
        if ((coefficient & ~0xFF) != 0) {
            throw new IllegalArgumentException("coefficient is " + coefficient + ", must be in 0..255");
        }
        return length;
    }

    /** The same for each of several sources. */
    static long check(MemorySegment out, MemorySegment in, int[] coefficients, List<MemorySegment> sources) {
        if (coefficients.length != sources.size()) {
            throw new IllegalArgumentException(
                    "there are " + coefficients.length + " coefficients for " + sources.size() + " sources");
        }
        long length = out.byteSize();
        if (in.byteSize() != length) {
            throw new IllegalArgumentException(
                    "lengths differ: in has " + in.byteSize() + " bytes, expected " + length + ", the length of out");
        }
        for (int i = 0; i < coefficients.length; i++) {
            check(out, in, coefficients[i], sources.get(i));
        }
        return length;
    }
}
