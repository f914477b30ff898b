package dev.interlock.core.field;

import java.lang.foreign.MemorySegment;

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
}
