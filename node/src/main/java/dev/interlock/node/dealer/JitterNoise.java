package dev.interlock.node.dealer;

import dev.interlock.core.random.NoiseSource;
import java.util.function.LongSupplier;

/**
 * How long the processor takes for a walk through memory: caches, address translation, clock domains, interrupts.
 *
 * <p>A sample is the low byte of the nanoseconds of one walk, whose way depends on all walks before. The claim is far
 * below the 3 to 6 bits of the most frequent value that were seen, since no model of the processor backs it.
 */
final class JitterNoise implements NoiseSource {
    private static final int MEMORY_BYTES = 1 << 20;
    private static final int STEPS = 16;

    private final LongSupplier nanoTime;
    private final byte[] memory = new byte[MEMORY_BYTES];
    private long state;

    JitterNoise(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    @Override
    public String name() {
        return "jitter";
    }

    @Override
    public double bitsPerSample() {
        return 0.5;
    }

    @Override
    public boolean quick() {
        return true;
    }

    @Override
    public synchronized void read(byte[] samples) {
        long before = nanoTime.getAsLong();
        for (int i = 0; i < samples.length; i++) {
            walk();
            long now = nanoTime.getAsLong();
            samples[i] = (byte) (now - before);
            state ^= now - before;
            before = now;
        }
    }

    /** Each step's address depends on what the last one read, so that no two steps overlap. */
    private void walk() {
        for (int step = 0; step < STEPS; step++) {
            // Knuth's MMIX generator; its high bits are the best.
            state = state * 6364136223846793005L + 1442695040888963407L;
            int at = (int) (state >>> 44);
            state += ++memory[at];
        }
    }
}
