package dev.interlock.app;

import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.sharing.ChunkLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;

/** Does its sums right, but for one byte of some. */
record WrongKernel(FieldKernel honest, int least, AtomicInteger left) implements FieldKernel {
    /** @param times how many sums are wrong, of those that are a chunk */
    WrongKernel(int times) {
        this(FieldKernels.chosen(), new ChunkLayout(0).padLength(0), new AtomicInteger(times));
    }

    @Override
    public void addScaled(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src) {
        honest.addScaled(out, in, coefficient, src);
        if (out.byteSize() >= least && left.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
            byte wrong = (byte) (out.get(ValueLayout.JAVA_BYTE, 60) ^ 4);
            out.set(ValueLayout.JAVA_BYTE, 60, wrong);
        }
    }

    @Override
    public String name() {
        return "wrong";
    }
}
