package dev.interlock.core.sharing;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.shamir.Scheme;
import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.secret.SecretBytes;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bouncycastle.crypto.threshold.ShamirSecretSplitter;
import org.bouncycastle.crypto.threshold.ShamirSecretSplitter.Algorithm;
import org.bouncycastle.crypto.threshold.ShamirSplitSecret;
import org.bouncycastle.crypto.threshold.ShamirSplitSecretShare;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two other implementations of the same sharing, over the same field, with shares at x = 1..n: what one of the three
 * deals, the others put together, with every quorum.
 */
final class InteroperabilityTest {
    private static final ByteSpace SPACE = new ByteSpace();

    /** Deals, or puts together, in memory. Share i, from 0, is the value at x = i + 1. */
    private interface Sharing {
        List<byte[]> deal(Threshold threshold, int length) throws IOException;

        /** The secret, from the shares at these places: t of them. */
        byte[] combine(Threshold threshold, int[] quorum, List<byte[]> shares) throws IOException;
    }

    /** The dealer and the combiner of this project. */
    private static final class Ours implements Sharing {
        @Override
        public List<byte[]> deal(Threshold threshold, int length) {
            List<byte[]> shares = IntStream.range(0, threshold.n())
                    .mapToObj(_ -> new byte[length])
                    .toList();
            int[] xs = IntStream.rangeClosed(1, threshold.n()).toArray();
            try (SecretBytes seed = SecretBytes.random(32, new SecureRandom());
                    PadDealer dealer = new PadDealer(threshold, xs, FieldKernels.chosen(), seed)) {
                dealer.next(length, shares.stream().map(MemorySegment::ofArray).toList());
            }
            return shares;
        }

        @Override
        public byte[] combine(Threshold threshold, int[] quorum, List<byte[]> shares) {
            int[] points = Arrays.stream(quorum).map(i -> i + 1).toArray();
            List<MemorySegment> picked = Polynomials.pick(shares, quorum).stream()
                    .map(MemorySegment::ofArray)
                    .toList();
            byte[] secret = new byte[shares.getFirst().length];
            PadCombiner.combine(FieldKernels.chosen(), 0, points, picked, MemorySegment.ofArray(secret));

            MemorySegment generic = MemorySegment.ofArray(new byte[secret.length]);
            Dealing.combine(SPACE, 0, points, picked, generic);
            assertThat(generic.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(secret);
            return secret;
        }
    }

    private static final class BouncyCastle implements Sharing {
        @Override
        public List<byte[]> deal(Threshold threshold, int length) throws IOException {
            ShamirSplitSecretShare[] split = ShamirSecretSplitter.getInstance(Algorithm.AES, length, new SecureRandom())
                    .split(threshold.t(), threshold.n())
                    .getSecretShares();
            List<byte[]> shares = new ArrayList<>();
            for (ShamirSplitSecretShare share : split) {
                shares.add(share.getEncoded());
            }
            return shares;
        }

        @Override
        public byte[] combine(Threshold threshold, int[] quorum, List<byte[]> shares) throws IOException {
            ShamirSplitSecretShare[] picked = IntStream.of(quorum)
                    .mapToObj(i -> new ShamirSplitSecretShare(shares.get(i), i + 1))
                    .toArray(ShamirSplitSecretShare[]::new);
            return ShamirSplitSecret.getInstance(Algorithm.AES, picked).getSecret();
        }
    }

    private static final class Codahale implements Sharing {
        @Override
        public List<byte[]> deal(Threshold threshold, int length) {
            SecureRandom random = new SecureRandom();
            byte[] secret = new byte[length];
            random.nextBytes(secret);
            Map<Integer, byte[]> split = new Scheme(random, threshold.n(), threshold.t()).split(secret);
            return IntStream.rangeClosed(1, threshold.n()).mapToObj(split::get).toList();
        }

        @Override
        public byte[] combine(Threshold threshold, int[] quorum, List<byte[]> shares) {
            Map<Integer, byte[]> picked = new HashMap<>();
            for (int i : quorum) {
                picked.put(i + 1, shares.get(i));
            }
            return new Scheme(new SecureRandom(), threshold.n(), threshold.t()).join(picked);
        }
    }

    static Stream<Arguments> cases() {
        Map<String, Sharing> others = Map.of(
                "Bouncy Castle", new BouncyCastle(),
                "codahale", new Codahale());
        List<Threshold> thresholds = List.of(
                new Threshold(3, 5),
                new Threshold(2, 2),
                new Threshold(2, 3),
                new Threshold(4, 4),
                new Threshold(4, 7));
        return others.entrySet().stream()
                .flatMap(other -> thresholds.stream()
                        .flatMap(threshold -> Stream.of(1, 32, 1000)
                                .map(length -> Arguments.of(other.getKey(), other.getValue(), threshold, length))));
    }

    @ParameterizedTest(name = "{0}, {2}, {3} bytes")
    @MethodSource("cases")
    void whatWeDealTheyPutTogether(String name, Sharing other, Threshold threshold, int length) throws IOException {
        everyQuorumGivesTheSame(new Ours(), other, threshold, length);
    }

    @ParameterizedTest(name = "{0}, {2}, {3} bytes")
    @MethodSource("cases")
    void whatTheyDealWePutTogether(String name, Sharing other, Threshold threshold, int length) throws IOException {
        everyQuorumGivesTheSame(other, new Ours(), threshold, length);
    }

    /** The secret itself is what its own dealer's side makes of the first t shares. */
    private static void everyQuorumGivesTheSame(Sharing dealer, Sharing foreign, Threshold threshold, int length)
            throws IOException {
        List<byte[]> shares = dealer.deal(threshold, length);
        assertThat(shares)
                .hasSize(threshold.n())
                .allSatisfy(share -> assertThat(share).hasSize(length));
        byte[] secret =
                dealer.combine(threshold, IntStream.range(0, threshold.t()).toArray(), shares);
        for (int[] quorum : Polynomials.subsets(threshold.n(), threshold.t())) {
            assertThat(foreign.combine(threshold, quorum, shares))
                    .as("quorum %s", Arrays.toString(quorum))
                    .isEqualTo(secret);
        }
    }
}
