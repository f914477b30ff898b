import dev.interlock.core.random.DealerRandom;
import dev.interlock.core.sharing.PadRandom;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.SessionId;
import dev.interlock.node.dealer.Noise;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/**
 * Writes the dealer's pad bytes to stdout, or those of a generator that is bad on purpose, until nobody reads any more.
 * Run from its source by {@code randomness.sh}, with the app's jar as class path.
 */
public final class RandomnessSample {
    private static final int PIECE_BYTES = 1 << 20;
    /** What a dealing of four chunks takes in a ring with t = 3. */
    private static final int PIECES_PER_DEALING = 12;

    private RandomnessSample() {}

    public static void main(String[] args) throws Exception {
        String which = args[0];
        byte[] piece = new byte[PIECE_BYTES];
        RandomGenerator good = new SecureRandom();
        good.nextBytes(piece);
        DealerRandom random = which.equals("dealer") ? Noise.start(List.of()) : null;
        RingId ring = RingId.of(Arrays.copyOf(piece, RingId.BYTES));
        SecureRandom ids = new SecureRandom();
        // Not System.out, which doesn't tell that nobody reads any more.
        try (OutputStream out = new FileOutputStream(FileDescriptor.out)) {
            for (long counter = 0; ; ) {
                switch (which) {
                    case "dealer" -> {
                        try (PadRandom pad =
                                random.forDealing(ring, "dealer1", ObjectId.random(ids), SessionId.random(ids))) {
                            for (int i = 0; i < PIECES_PER_DEALING; i++) {
                                pad.fill(MemorySegment.ofArray(piece));
                                out.write(piece);
                            }
                        }
                    }
                    case "stuck" -> Arrays.fill(piece, (byte) 0x5A);
                    // One bit in a hundred, and only if it was 0, becomes 1: ones have a chance of 50.5 %.
                    case "biased" -> {
                        good.nextBytes(piece);
                        for (int i = 0; i < piece.length; i++) {
                            for (int bit = 0; bit < 8; bit++) {
                                if (ThreadLocalRandom.current().nextInt(100) == 0) {
                                    piece[i] |= (byte) (1 << bit);
                                }
                            }
                        }
                    }
                    // The same good 64 KiB again and again.
                    case "short-period" -> {
                        for (int i = 1 << 16; i < piece.length; i++) {
                            piece[i] = piece[i - (1 << 16)];
                        }
                    }
                    case "counter" -> {
                        for (int i = 0; i < piece.length; i += 4, counter++) {
                            for (int j = 0; j < 4; j++) {
                                piece[i + j] = (byte) (counter >>> (8 * j));
                            }
                        }
                    }
                    default -> throw new IllegalArgumentException("no generator is called " + which);
                }
                if (!which.equals("dealer")) {
                    out.write(piece);
                }
            }
        } catch (IOException e) {
            // The reader has had enough.
        }
    }
}
