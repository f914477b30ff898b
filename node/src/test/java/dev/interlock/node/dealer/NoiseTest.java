package dev.interlock.node.dealer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.random.DealerRandom;
import dev.interlock.core.random.NoiseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NoiseTest {

    @Test
    void thisMachinesSourcesPass() throws InterruptedException {
        DealerRandom random = Noise.start(List.of());
        assertThat(random.failure()).isEmpty();
        assertThat(random.sources()).containsExactly("kernel", "jitter");
        for (int i = 0; i < 20; i++) {
            random.reseed();
        }
        assertThat(random.failure()).isEmpty();
    }

    @Test
    void anOperatorsDeviceIsTestedLikeTheRest(@TempDir Path dir) throws Exception {
        Path device = dir.resolve("device");
        byte[] noise = new byte[1 << 16];
        new Random(1).nextBytes(noise);
        Files.write(device, noise);
        DealerRandom random = Noise.start(List.of(device));
        assertThat(random.failure()).isEmpty();
        assertThat(random.sources()).containsExactly("kernel", "jitter", device.toString());
        Files.write(device, new byte[1 << 16]);
        random.reseed();
        assertThat(random.failure())
                .map(NoiseException::getMessage)
                .hasValueSatisfying(
                        message -> assertThat(message).contains(device.toString(), "repetition count test"));
    }

    @Test
    void aDeviceThatIsShortOrGoneIsAnError(@TempDir Path dir) throws Exception {
        Path device = Files.write(dir.resolve("device"), new byte[10]);
        DeviceNoise noise = DeviceNoise.of(device);
        noise.read(new byte[10]);
        assertThatThrownBy(() -> noise.read(new byte[11]))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("10 of 11 bytes");
        Files.delete(device);
        assertThatThrownBy(() -> noise.read(new byte[1])).isInstanceOf(IOException.class);
    }

    @Test
    void jitterIsTheTimeOfEachWalk() {
        AtomicLong time = new AtomicLong();
        AtomicLong step = new AtomicLong();
        JitterNoise noise = new JitterNoise(() -> time.addAndGet(256 + step.incrementAndGet()));
        byte[] samples = new byte[4];
        noise.read(samples);
        assertThat(samples).containsExactly(2, 3, 4, 5);
    }

    @Test
    void aClockThatTicksEvenlyIsFound() throws Exception {
        AtomicLong time = new AtomicLong();
        JitterNoise noise = new JitterNoise(() -> time.addAndGet(1000));
        DealerRandom random = DealerRandom.start(List.of(noise), Duration.ofSeconds(10));
        assertThat(random.failure())
                .hasValueSatisfying(failure -> assertThat(failure).hasMessageContaining("jitter failed"));
    }
}
