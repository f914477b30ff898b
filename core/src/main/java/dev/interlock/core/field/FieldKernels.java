package dev.interlock.core.field;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collections;
import java.util.function.Supplier;

/**
 * The choice of the field kernel, made once for this JVM: plain Java, or vectors where the JVM was started with their module.
 *
 * <p>Nobody gets the module by default: it keeps profiles and linked classes out of the JVM's AOT cache, and vector code is
 * slow until the second compiler has had it. {@code docs/performance/starts.md} has the figures.
 */
public final class FieldKernels {

    private static final String MODULE = "jdk.incubator.vector";

    private FieldKernels() {}

    /** A kernel, and for the log why it is this one. */
    record Choice(FieldKernel kernel, String reason) {}

    /** Made at the first use, not when this class is loaded. */
    private static final class Chosen {
        // A lambda, not a method reference: linking VectorKernel::new would load the class where the module is absent.
        static final Choice CHOICE =
                choose(ModuleLayer.boot().findModule(MODULE).isPresent(), () -> new VectorKernel());
    }

    /** The fastest kernel that works in this JVM; always the same one. */
    public static FieldKernel chosen() {
        return Chosen.CHOICE.kernel();
    }

    /** Why {@link #chosen} is what it is, as a line for the log; names the flag that mends it where one does. */
    public static String reason() {
        return Chosen.CHOICE.reason();
    }

    static Choice choose(boolean modulePresent, Supplier<FieldKernel> vector) {
        if (!modulePresent) {
            return new Choice(
                    new SwarKernel(),
                    "field kernel swar; --add-modules " + MODULE
                            + " chooses vector, slower in a JVM's first minute and quicker after");
        }
        try {
            FieldKernel kernel = vector.get();
            selfTest(kernel);
            return new Choice(
                    kernel, "field kernel " + kernel.name() + ": " + MODULE + " is present and passed its test");
        } catch (LinkageError | RuntimeException e) {
            return new Choice(
                    new SwarKernel(), "field kernel swar, not vector: " + MODULE + " is present but failed: " + e);
        }
    }

    /**
     * Compares a kernel with the reference over a few awkward lengths.
     *
     * @throws IllegalStateException if they differ
     */
    static void selfTest(FieldKernel kernel) {
        FieldKernel reference = new ReferenceKernel();
        try (Arena arena = Arena.ofConfined()) {
            for (int length : new int[] {0, 1, 13, 64, 207}) {
                MemorySegment in = arena.allocate(length);
                MemorySegment src = arena.allocate(length);
                for (int i = 0; i < length; i++) {
                    in.setAtIndex(JAVA_BYTE, i, (byte) (31 * i + 7));
                    src.setAtIndex(JAVA_BYTE, i, (byte) (89 * i + 3));
                }
                MemorySegment expected = arena.allocate(length);
                MemorySegment actual = arena.allocate(length);
                for (int coefficient : new int[] {0, 1, 2, 0x53, 0xFF}) {
                    reference.addScaled(expected, in, coefficient, src);
                    kernel.addScaled(actual, in, coefficient, src);
                    requireSame(kernel, expected, actual, "coefficient " + coefficient);
                }
                // As many sources as a kernel may add in one pass, and more.
                int[] coefficients = {0x53, 2, 0xFF, 1, 3};
                for (int n = 2; n <= coefficients.length; n++) {
                    int[] some = Arrays.copyOf(coefficients, n);
                    reference.addCombination(expected, in, some, Collections.nCopies(n, src));
                    kernel.addCombination(actual, in, some, Collections.nCopies(n, src));
                    requireSame(kernel, expected, actual, n + " sources");
                }
            }
        }
    }

    private static void requireSame(FieldKernel kernel, MemorySegment expected, MemorySegment actual, String what) {
        if (expected.mismatch(actual) != -1) {
            throw new IllegalStateException("kernel " + kernel.name() + " differs from the reference: length "
                    + expected.byteSize() + ", " + what);
        }
    }
}
