package dev.interlock.core.sharing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PadRandomTest {

    private static final byte[] SEED = new Random(9)
            .ints(32)
            .collect(() -> new byte[32], (b, i) -> b[Math.floorMod(i, 32)] ^= (byte) i, (a, b) -> {});
    private static final int PER_KEY = PadRandom.BYTES_PER_KEY;

    @Test
    void eachKeyGivesOneBlockAndThenTheNextKey() {
        byte[] expected = new byte[2 * PER_KEY + 100];
        byte[] key = SEED;
        for (int offset = 0; offset < expected.length; offset += PER_KEY) {
            try (Keystream keystream = new Keystream(MemorySegment.ofArray(key))) {
                int length = Math.min(PER_KEY, expected.length - offset);
                keystream.fill(MemorySegment.ofArray(expected).asSlice(offset, length));
                key = new byte[32];
                keystream.fill(MemorySegment.ofArray(key));
            }
        }
        byte[] actual = new byte[expected.length];
        try (PadRandom random = seeded()) {
            random.fill(MemorySegment.ofArray(actual));
        }
        assertThat(Arrays.equals(actual, expected)).isTrue();
    }

    @Test
    void piecesDoNotChangeTheStream() {
        int length = PER_KEY + 50_000;
        byte[] whole = new byte[length];
        byte[] pieces = new byte[length];
        try (PadRandom a = seeded();
                PadRandom b = seeded()) {
            a.fill(MemorySegment.ofArray(whole));
            Random random = new Random(1);
            for (int offset = 0; offset < length; ) {
                int piece = Math.min(random.nextInt(30_000), length - offset);
                b.fill(MemorySegment.ofArray(pieces).asSlice(offset, piece));
                offset += piece;
            }
        }
        assertThat(Arrays.equals(pieces, whole)).isTrue();
    }

    @Test
    void forgettingTakesTheNextKeyFromTheStreamAtOnce() {
        byte[] key = new byte[32];
        byte[] expected = new byte[40];
        try (Keystream old = Keystream.at(MemorySegment.ofArray(SEED), 10)) {
            old.fill(MemorySegment.ofArray(key));
        }
        try (Keystream next = new Keystream(MemorySegment.ofArray(key))) {
            next.fill(MemorySegment.ofArray(expected));
        }
        byte[] actual = new byte[40];
        try (PadRandom random = seeded()) {
            random.fill(MemorySegment.ofArray(new byte[10]));
            random.forget();
            random.fill(MemorySegment.ofArray(actual));
        }
        assertThat(actual).isEqualTo(expected);
    }

    @Test
    void theOldKeyIsWiped() {
        MemorySegment out = MemorySegment.ofArray(new byte[PER_KEY - 1]);
        try (PadRandom random = seeded()) {
            Keystream first = random.keystream();
            random.fill(out);
            assertThat(random.keystream()).isSameAs(first);
            random.fill(out.asSlice(0, 1));
            Keystream second = random.keystream();
            assertThat(second).as("a new key after a whole block").isNotSameAs(first);
            random.forget();
            for (Keystream old : List.of(first, second)) {
                assertThatThrownBy(() -> old.fill(out))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("wiped");
            }
        }
    }

    @Test
    void isKeyedFromTheSourceHandedIn() {
        byte[] actual = new byte[64];
        byte[] expected = new byte[64];
        SecureRandom source = new SecureRandom() {
            private static final long serialVersionUID = 1;

            @Override
            public void nextBytes(byte[] bytes) {
                System.arraycopy(SEED, 0, bytes, 0, 32);
            }
        };
        try (PadRandom random = new PadRandom(source);
                PadRandom seeded = seeded()) {
            random.fill(MemorySegment.ofArray(actual));
            seeded.fill(MemorySegment.ofArray(expected));
        }
        assertThat(actual).isEqualTo(expected);
    }

    @Test
    void refusesUseAfterCloseAndBadSeeds() {
        PadRandom random = seeded();
        random.close();
        random.close();
        assertThatThrownBy(() -> random.fill(MemorySegment.ofArray(new byte[1])))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(random::forget).isInstanceOf(IllegalStateException.class);
        try (SecretBytes seed = SecretBytes.allocate(31)) {
            assertThatThrownBy(() -> new PadRandom(seed)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static PadRandom seeded() {
        try (SecretBytes seed = SecretBytes.copyOf(SEED)) {
            return new PadRandom(seed);
        }
    }
}
