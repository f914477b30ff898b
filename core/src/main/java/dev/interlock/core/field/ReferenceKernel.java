package dev.interlock.core.field;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/** A byte at a time through {@link Gf256}: slow, and what the other kernels are compared with. */
public final class ReferenceKernel implements FieldKernel {

    @Override
    public void addScaled(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src) {
        long length = Operands.check(out, in, coefficient, src);
        for (long i = 0; i < length; i++) {
            int product = Gf256.multiply(coefficient, Byte.toUnsignedInt(src.get(JAVA_BYTE, i)));
            out.set(JAVA_BYTE, i, (byte) (in.get(JAVA_BYTE, i) ^ product));
        }
    }

    @Override
    public String name() {
        return "reference";
    }
}
