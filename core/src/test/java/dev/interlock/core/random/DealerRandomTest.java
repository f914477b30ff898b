package dev.interlock.core.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.random.FakeNoise.Fault;
import dev.interlock.core.sharing.PadRandom;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.StatementHash;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(240)
class DealerRandomTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final RingId RING = new RingId(1, 2);
    private static final StatementHash SESSION = new StatementHash(5, 6, 0, 0);
    /** Each fault, and the words by which it is told. */
    private static final Map<String, Fault> FAULTS = Map.of(
            "failed the repetition count test", Fault.STUCK,
            "failed the adaptive proportion test", Fault.BIASED,
            "gave no samples: java.io.IOException: unplugged", Fault.GONE,
            "gave no samples: java.lang.IllegalStateException", Fault.BROKEN,
            "was late", Fault.LATE);

    @Test
    void sameNoiseAndSameNamesGiveTheSameStream() throws InterruptedException {
        assertThat(first(RING, "dealer1", SESSION)).isEqualTo(first(RING, "dealer1", SESSION));
    }

    /** As after a restored snapshot: equal state, equal noise, and only a name differs. */
    @Test
    void everyNameOfADealingMakesAStreamOfItsOwn() throws InterruptedException {
        Set<String> streams = new HashSet<>(List.of(
                first(RING, "dealer1", SESSION),
                first(new RingId(1, 3), "dealer1", SESSION),
                first(RING, "dealer2", SESSION),
                first(RING, "dealer1", new StatementHash(5, 7, 0, 0))));
        assertThat(streams).hasSize(4);
    }

    @Test
    void aSnapshotThatWentOnGivesAnotherStreamToAnotherSession() throws InterruptedException {
        DealerRandom original = start(new FakeNoise("a", 1), new FakeNoise("b", 2));
        DealerRandom restored = start(new FakeNoise("a", 1), new FakeNoise("b", 2));
        assertThat(draw(original, SESSION)).isEqualTo(draw(restored, SESSION));
        assertThat(draw(original, new StatementHash(8, 8, 0, 0)))
                .isNotEqualTo(draw(restored, new StatementHash(9, 9, 0, 0)));
    }

    @Test
    void theSameNamesTwiceGiveTwoStreams() throws InterruptedException {
        DealerRandom random = start(new FakeNoise("a", 1));
        assertThat(draw(random, SESSION)).isNotEqualTo(draw(random, SESSION));
    }

    @Test
    void everyDealingDrawsFreshNoiseFromTheQuickSourcesOnly() throws InterruptedException {
        FakeNoise quick = new FakeNoise("quick", 1);
        FakeNoise slow = new FakeNoise("slow", 2, false);
        DealerRandom random = start(quick, slow);
        int quickBefore = quick.drawn();
        int slowBefore = slow.drawn();
        assertThat(quickBefore).isGreaterThan(DealerRandom.START_UP_SAMPLES);
        assertThat(slowBefore).isEqualTo(quickBefore);
        draw(random, SESSION);
        assertThat(quick.drawn() - quickBefore).isEqualTo(DealerRandom.SAMPLES_PER_DEALING);
        assertThat(slow.drawn()).isEqualTo(slowBefore);
        random.reseed();
        assertThat(slow.drawn()).as("samples of 6 bits for 448").isEqualTo(slowBefore + 75);
    }

    /** The others are known to the byte; the one that differs makes every stream differ. */
    @Test
    void oneGoodSourceIsEnough() throws InterruptedException {
        for (int good = 0; good < 3; good++) {
            Set<String> streams = new HashSet<>();
            for (int seed = 100; seed < 110; seed++) {
                FakeNoise[] sources = new FakeNoise[3];
                for (int i = 0; i < 3; i++) {
                    sources[i] = new FakeNoise("s" + i, i == good ? seed : i, i != good);
                }
                streams.add(draw(start(sources), SESSION));
            }
            assertThat(streams).as("source %d is good", good).hasSize(10);
        }
    }

    /** A source that repeats another one's samples takes nothing away, as it would if they were added. */
    @Test
    void aSourceThatCopiesAnotherCancelsNothing() throws InterruptedException {
        String one = draw(start(new FakeNoise("a", 1), new FakeNoise("b", 1)), SESSION);
        String other = draw(start(new FakeNoise("a", 2), new FakeNoise("b", 2)), SESSION);
        assertThat(one).isNotEqualTo(other);
    }

    @Test
    void reseedingChangesTheStream() throws InterruptedException {
        FakeNoise never = new FakeNoise("slow", 2, false);
        FakeNoise again = new FakeNoise("slow", 2, false);
        DealerRandom left = start(new FakeNoise("a", 1), never);
        DealerRandom reseeded = start(new FakeNoise("a", 1), again);
        reseeded.reseed();
        assertThat(draw(left, SESSION)).isNotEqualTo(draw(reseeded, SESSION));
    }

    @Test
    void everyFaultIsFoundAtStartUp() throws InterruptedException {
        for (Map.Entry<String, Fault> fault : FAULTS.entrySet()) {
            DealerRandom random = DealerRandom.start(
                    List.of(new FakeNoise("good", 1), new FakeNoise("bad", 2).spoil(fault.getValue())),
                    fault.getValue() == Fault.LATE ? SHORT : PATIENCE);
            failed(random, fault.getKey());
        }
    }

    @Test
    void everyFaultIsFoundAtAReseed() throws InterruptedException {
        for (Map.Entry<String, Fault> fault : FAULTS.entrySet()) {
            FakeNoise bad = new FakeNoise("bad", 2, false);
            DealerRandom random = DealerRandom.start(
                    List.of(new FakeNoise("good", 1), bad), fault.getValue() == Fault.LATE ? SHORT : PATIENCE);
            random.check();
            bad.spoil(fault.getValue());
            // A bias shows only in a window that begins with the value that comes too often.
            for (int i = 0; i < 60; i++) {
                random.reseed();
            }
            failed(random, fault.getKey());
        }
    }

    @Test
    void aQuickSourceThatBreaksIsFoundByTheNextDealing() throws InterruptedException {
        FakeNoise bad = new FakeNoise("bad", 2);
        DealerRandom random = start(new FakeNoise("good", 1), bad);
        draw(random, SESSION);
        bad.spoil(Fault.STUCK);
        assertThatThrownBy(() -> draw(random, SESSION)).isInstanceOf(NoiseException.class);
        failed(random, "failed the repetition count test");
    }

    @Test
    void whatFailedStaysFailedEvenWhenTheSourceRecovers() throws InterruptedException {
        FakeNoise bad = new FakeNoise("bad", 2);
        DealerRandom random = start(bad);
        bad.spoil(Fault.STUCK);
        random.reseed();
        bad.spoil(Fault.NONE);
        random.reseed();
        failed(random, "failed the repetition count test");
        assertThat(draw(start(new FakeNoise("bad", 3)), SESSION))
                .as("a new one")
                .isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void aSourceThatIsAskedForEveryDealingIsNeeded(int slow) {
        List<NoiseSource> sources = Collections.nCopies(slow, new FakeNoise("slow", 1, false));
        assertThatThrownBy(() -> DealerRandom.start(sources, PATIENCE)).isInstanceOf(IllegalArgumentException.class);
    }

    private static void failed(DealerRandom random, String how) {
        assertThat(random.failure()).hasValueSatisfying(failure -> {
            assertThat(failure.source()).isEqualTo("bad");
            assertThat(failure).hasMessageStartingWith("noise source bad " + how);
        });
        assertThatThrownBy(random::check).isInstanceOf(NoiseException.class);
        assertThatThrownBy(() -> draw(random, SESSION))
                .isInstanceOf(NoiseException.class)
                .hasMessageContaining(how);
    }

    private static DealerRandom start(NoiseSource... sources) throws InterruptedException {
        return DealerRandom.start(List.of(sources), PATIENCE);
    }

    private static String first(RingId ring, String dealer, StatementHash session) throws InterruptedException {
        return draw(start(new FakeNoise("a", 1), new FakeNoise("b", 2)), ring, dealer, session);
    }

    private static String draw(DealerRandom random, StatementHash session) throws InterruptedException {
        return draw(random, RING, "dealer1", session);
    }

    private static String draw(DealerRandom random, RingId ring, String dealer, StatementHash session)
            throws InterruptedException {
        byte[] bytes = new byte[48];
        try (PadRandom pad = random.forDealing(ring, dealer, session)) {
            pad.fill(MemorySegment.ofArray(bytes));
        }
        return HexFormat.of().formatHex(bytes);
    }
}
