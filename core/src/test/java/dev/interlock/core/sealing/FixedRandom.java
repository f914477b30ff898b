package dev.interlock.core.sealing;

import java.nio.ByteBuffer;
import java.security.SecureRandom;

/** Gives these bytes and no more. */
@SuppressWarnings("serial")
final class FixedRandom extends SecureRandom {
    private final transient ByteBuffer left;

    FixedRandom(byte[] bytes) {
        left = ByteBuffer.wrap(bytes);
    }

    @Override
    public void nextBytes(byte[] out) {
        left.get(out);
    }
}
