package dev.interlock.node.dealer;

import dev.interlock.core.random.NoiseSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Bytes of a file that never ends: the kernel's generator, or an operator's device.
 *
 * <p>It is opened for every read: nothing stays in a buffer, and a device that is gone is found out.
 *
 * @param quick whether it gives kilobytes in a millisecond
 */
record DeviceNoise(String name, Path file, double bitsPerSample, boolean quick) implements NoiseSource {

    /** {@code getrandom} by another name; 8 bits a byte if it is what it should be, 6 to have no false alarms. */
    static DeviceNoise kernel() {
        return new DeviceNoise("kernel", Path.of("/dev/urandom"), 6, true);
    }

    /** A hardware generator of unknown quality, so one bit of the eight is claimed. */
    static DeviceNoise of(Path file) {
        return new DeviceNoise(file.toString(), file, 1, false);
    }

    @Override
    public void read(byte[] samples) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            int length = in.readNBytes(samples, 0, samples.length);
            if (length < samples.length) {
                throw new IOException(file + " ended after " + length + " of " + samples.length + " bytes");
            }
        }
    }
}
