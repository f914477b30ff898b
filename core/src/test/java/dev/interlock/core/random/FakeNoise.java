package dev.interlock.core.random;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;

/** Seeded noise that can be spoilt. */
final class FakeNoise implements NoiseSource {
    /** What it does to fresh samples. */
    interface Fault {
        Fault NONE = _ -> {};
        Fault STUCK = samples -> Arrays.fill(samples, (byte) 7);
        Fault GONE = _ -> {
            throw new IOException("unplugged");
        };
        Fault BROKEN = _ -> {
            throw new IllegalStateException("a bug in its driver");
        };
        Fault LATE = _ -> {
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        };
        /** Every third sample is the same one. */
        Fault BIASED = samples -> {
            for (int i = 0; i < samples.length; i += 3) {
                samples[i] = 7;
            }
        };

        void spoil(byte[] samples) throws IOException;
    }

    private final String name;
    private final Random random;
    private final boolean quick;
    private volatile Fault fault = Fault.NONE;
    private volatile int drawn;

    FakeNoise(String name, long seed) {
        this(name, seed, true);
    }

    FakeNoise(String name, long seed, boolean quick) {
        this.name = name;
        this.random = new Random(seed);
        this.quick = quick;
    }

    FakeNoise spoil(Fault how) {
        fault = how;
        return this;
    }

    int drawn() {
        return drawn;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public double bitsPerSample() {
        return 6;
    }

    @Override
    public boolean quick() {
        return quick;
    }

    @Override
    public void read(byte[] samples) throws IOException {
        random.nextBytes(samples);
        fault.spoil(samples);
        drawn += samples.length;
    }
}
