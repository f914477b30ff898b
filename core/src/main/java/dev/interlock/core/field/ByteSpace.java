package dev.interlock.core.field;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The space of byte vectors: every byte is one element, addition is XOR. Constant-time in the bytes, as the kernel is.
 *
 * @param kernel does the arithmetic
 */
public record ByteSpace(FieldKernel kernel) implements LinearSpace<MemorySegment> {

    /** The space over {@link FieldKernels#chosen}. */
    public ByteSpace() {
        this(FieldKernels.chosen());
    }

    @Override
    public void addScaled(MemorySegment accumulator, int coefficient, MemorySegment v) {
        kernel.addScaled(accumulator, accumulator, coefficient, v);
    }

    /** New native memory, freed by the garbage collector; whoever puts a secret into it wipes it. */
    @Override
    public MemorySegment zero(MemorySegment like) {
        return Arena.ofAuto().allocate(like.byteSize());
    }
}
