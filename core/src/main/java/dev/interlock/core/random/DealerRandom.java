package dev.interlock.core.random;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.PadRandom;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.StatementHash;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.prng.EntropySource;
import org.bouncycastle.crypto.prng.drbg.HMacSP800DRBG;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a dealer's pads grow from: HMAC_DRBG (SP 800-90A) with SHA-512, seeded from several tested noise sources.
 *
 * <p>Every raw sample passes its source's health tests (SP 800-90B §4) before SHA-384 conditions all sources' samples
 * together. Each source alone brings enough for a whole seed, and the samples are put one after the other, so that one
 * honest source is enough and no other can cancel it.
 *
 * <p>Every dealing has a seed of its own, drawn with fresh samples of all quick sources and with the dealing's names as
 * additional input: two dealings share no stream, not even when this process's memory was copied in between and the
 * noise came twice.
 *
 * <p>A failed test, a source that gives nothing, or one that is late, ends it: from then on everything here throws that
 * failure. Only a new object, after new start-up tests, gives bytes again: a source that fails and then passes isn't to
 * be trusted before somebody looked. Safe for several threads.
 */
public final class DealerRandom {
    /** SP 800-90B §4.3: at least 1024 samples in a row; they are thrown away. */
    static final int START_UP_SAMPLES = 1024;

    /** What each quick source adds to a dealing. */
    static final int SAMPLES_PER_DEALING = 64;

    private static final Logger log = LoggerFactory.getLogger(DealerRandom.class);
    private static final int STRENGTH_BITS = 256;
    /** SP 800-90A §8.6.7: half as much again stands for the nonce. */
    private static final int SEED_BITS = STRENGTH_BITS * 3 / 2;
    /** SP 800-90B §3.1.5: 64 bits more than come out let the output of a vetted function count as full entropy. */
    private static final int BITS_PER_SOURCE = SEED_BITS + 64;

    private record Tested(NoiseSource source, HealthTests tests) {}

    /** In the order in which they are asked. */
    private final List<Tested> sources;

    private final Duration patience;
    private final Seed seed = new Seed();
    private @Nullable HMacSP800DRBG generator;
    private long dealings;
    private volatile @Nullable NoiseException failure;

    private DealerRandom(List<NoiseSource> sources, Duration patience) {
        this.sources = sources.stream()
                .map(source -> new Tested(source, new HealthTests(source.name(), source.bitsPerSample())))
                .toList();
        this.patience = patience;
    }

    /**
     * Tests every source, then seeds the generator. If one fails the object is there all the same, to say so.
     *
     * @param sources one of them quick at least, named differently
     * @param patience how long one source may take for all that it is asked at once
     */
    public static DealerRandom start(List<NoiseSource> sources, Duration patience) throws InterruptedException {
        if (sources.stream().noneMatch(NoiseSource::quick)) {
            throw new IllegalArgumentException("none of " + sources.size() + " noise sources is quick");
        }
        DealerRandom random = new DealerRandom(sources, patience);
        random.startUp();
        return random;
    }

    private synchronized void startUp() throws InterruptedException {
        try {
            for (Tested tested : sources) {
                Arrays.fill(samples(tested, START_UP_SAMPLES), (byte) 0);
            }
            seed.bytes = gather();
            generator = new HMacSP800DRBG(
                    new HMac(new SHA512Digest()), STRENGTH_BITS, seed, utf8("interlock dealer"), new byte[0]);
        } catch (NoiseException e) {
            alarm(e);
        }
    }

    /**
     * The generator of one dealing's pad and salts, independent of every other's. The caller closes it.
     *
     * @throws NoiseException if a source failed, now or before
     */
    public synchronized PadRandom forDealing(RingId ring, String dealer, StatementHash session)
            throws InterruptedException {
        HMacSP800DRBG drbg = generator();
        byte[] additional = new byte[0];
        byte[] key = new byte[STRENGTH_BITS / Byte.SIZE];
        try {
            ByteWriter input = new ByteWriter()
                    .text("dealing")
                    .bytes(ring.bytes())
                    .text(dealer)
                    .bytes(session.bytes())
                    .u64(dealings++);
            for (Tested tested : sources) {
                if (tested.source().quick()) {
                    byte[] fresh = samples(tested, SAMPLES_PER_DEALING);
                    input.bytes(fresh);
                    Arrays.fill(fresh, (byte) 0);
                }
            }
            additional = input.toBytes();
            if (drbg.generate(key, additional, false) < 0) {
                throw new IllegalStateException("HMAC_DRBG wants a new seed after " + dealings + " dealings");
            }
            try (SecretBytes secret = SecretBytes.copyOf(key)) {
                return new PadRandom(secret);
            }
        } catch (NoiseException e) {
            throw alarm(e);
        } finally {
            Arrays.fill(key, (byte) 0);
            Arrays.fill(additional, (byte) 0);
        }
    }

    /**
     * Asks and tests all sources again and mixes what they give into the generator. To be called every few seconds: it
     * finds a source that broke while nobody dealt. Throws nothing where one did, see {@link #failure}.
     */
    public synchronized void reseed() throws InterruptedException {
        if (failure != null) {
            return;
        }
        try {
            seed.bytes = gather();
            generator().reseed(new byte[0]);
        } catch (NoiseException e) {
            alarm(e);
        }
    }

    /** @throws NoiseException if a source failed: what was drawn before must not be given out either */
    public void check() {
        NoiseException failed = failure;
        if (failed != null) {
            throw failed;
        }
    }

    /** The failure that ended it, if one did. */
    public Optional<NoiseException> failure() {
        return Optional.ofNullable(failure);
    }

    /** The names of its sources. */
    public List<String> sources() {
        return sources.stream().map(tested -> tested.source().name()).toList();
    }

    private HMacSP800DRBG generator() {
        check();
        if (generator == null) {
            throw new IllegalStateException("start-up was interrupted");
        }
        return generator;
    }

    /** A whole seed, for which each source alone brings enough. */
    private byte[] gather() throws InterruptedException {
        MessageDigest sha384 = sha384();
        for (Tested tested : sources) {
            byte[] samples = samples(
                    tested, (int) Math.ceil(BITS_PER_SOURCE / tested.source().bitsPerSample()));
            // Lengths in front: no two different lists of samples are hashed as the same bytes.
            byte[] part = new ByteWriter()
                    .bytes(utf8(tested.source().name()))
                    .bytes(samples)
                    .toBytes();
            sha384.update(part);
            Arrays.fill(part, (byte) 0);
            Arrays.fill(samples, (byte) 0);
        }
        return sha384.digest();
    }

    /** Raw samples that passed their tests. A thread of its own, so that a source that hangs doesn't hang us. */
    private byte[] samples(Tested tested, int count) throws InterruptedException {
        NoiseSource source = tested.source();
        byte[] samples = new byte[count];
        FutureTask<byte[]> reading = new FutureTask<>(() -> {
            source.read(samples);
            return samples;
        });
        Thread.ofVirtual().name("noise " + source.name()).start(reading);
        try {
            byte[] read = reading.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            tested.tests().check(read);
            return read;
        } catch (ExecutionException e) {
            throw new NoiseException(source.name(), "gave no samples: " + e.getCause());
        } catch (TimeoutException e) {
            reading.cancel(true);
            throw new NoiseException(
                    source.name(), "was late: no " + count + " samples within " + patience.toMillis() + " ms");
        }
    }

    private NoiseException alarm(NoiseException e) {
        if (failure == null) {
            failure = e;
            log.error("{}. Nothing is dealt any more until the node is restarted and its sources pass", e.getMessage());
        }
        return e;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static MessageDigest sha384() {
        try {
            return MessageDigest.getInstance("SHA-384");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java platform has no SHA-384", e);
        }
    }

    /** Hands over what was gathered, once. */
    private static final class Seed implements EntropySource {
        private byte[] bytes = new byte[0];

        @Override
        public byte[] getEntropy() {
            byte[] once = bytes;
            if (once.length != SEED_BITS / Byte.SIZE) {
                throw new IllegalStateException("no fresh seed was gathered");
            }
            bytes = new byte[0];
            return once;
        }

        @Override
        public boolean isPredictionResistant() {
            return true;
        }

        @Override
        public int entropySize() {
            return SEED_BITS;
        }
    }
}
