package dev.interlock.node.dealer;

import dev.interlock.core.random.DealerRandom;
import dev.interlock.core.random.NoiseSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The noise sources of a dealer's machine. */
public final class Noise {
    /** Far more than any source needs on a busy machine. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private Noise() {}

    /**
     * A generator that is seeded by the kernel, by the processor's timing, and by what the operator adds.
     *
     * @param devices files that give raw random bytes without end, as {@code /dev/hwrng}
     */
    public static DealerRandom start(List<Path> devices) throws InterruptedException {
        List<NoiseSource> sources = new ArrayList<>(List.of(DeviceNoise.kernel(), new JitterNoise(System::nanoTime)));
        devices.forEach(device -> sources.add(DeviceNoise.of(device)));
        return DealerRandom.start(sources, PATIENCE);
    }
}
