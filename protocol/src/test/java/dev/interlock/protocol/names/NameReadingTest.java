package dev.interlock.protocol.names;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.RingId;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is believed of what providers show. */
final class NameReadingTest {
    private static final Name NAME = Name.of("backups/db.key");
    private final SecureRandom random = new SecureRandom();
    private final NameKeys keys = NameKeys.of(new RingId(1, 2), 1, SecretBytes.allocate(NameKeys.SECRET_BYTES));

    private NameEntry entry(long number) {
        return keys.seal(
                NameContent.Versions.none(NAME).with(new ObjectId(random.nextLong(), number), 1, 1),
                number,
                NameEntry.nothing(),
                random);
    }

    private NameReading read(Map<String, Optional<NameEntry>> shown) {
        return NameReading.of(keys.tag(NAME), shown, keys::open);
    }

    @Test
    void theHighestNumberCounts() {
        Map<String, Optional<NameEntry>> shown = new LinkedHashMap<>();
        NameEntry later = entry(2);
        shown.put("cc1", Optional.of(entry(1)));
        shown.put("cc2", Optional.of(later));
        shown.put("cc3", Optional.empty());
        NameReading reading = read(shown);
        assertThat(reading.latest().orElseThrow().entry()).isEqualTo(later);
        assertThat(reading.holders()).containsExactly("cc2");
        assertThat(reading.behind()).containsExactly("cc1", "cc3");
    }

    @Test
    void ofOneNumberTheHigherHashCountsWhoeverComesFirst() {
        NameEntry a = entry(3);
        NameEntry b = entry(3);
        NameEntry higher = a.head().isLaterThan(b.head()) ? a : b;
        for (List<NameEntry> order : List.of(List.of(a, b), List.of(b, a))) {
            Map<String, Optional<NameEntry>> shown = new LinkedHashMap<>();
            shown.put("cc1", Optional.of(order.getFirst()));
            shown.put("cc2", Optional.of(order.getLast()));
            assertThat(read(shown).latest().orElseThrow().entry()).isEqualTo(higher);
        }
    }

    @Test
    void nobodyHasAny() {
        NameReading reading = read(Map.of("cc1", Optional.empty(), "cc2", Optional.empty()));
        assertThat(reading.latest()).isEmpty();
        assertThat(reading.holders()).containsExactlyInAnyOrder("cc1", "cc2");
    }

    @Test
    void whatTheOwnerNeverMadeCountsForNothing() {
        NameEntry genuine = entry(1);
        NameEntry higher = new NameEntry(
                genuine.ring(),
                1,
                genuine.key(),
                genuine.tag(),
                9,
                genuine.before(),
                genuine.sealed(),
                genuine.signature());
        NameEntry elsewhere = keys.seal(NameContent.Versions.none(Name.of("other")), 9, NameEntry.nothing(), random);
        Map<String, Optional<NameEntry>> shown = new LinkedHashMap<>();
        shown.put("cc1", Optional.of(genuine));
        shown.put("cc2", Optional.of(higher));
        shown.put("cc3", Optional.of(elsewhere));
        NameReading reading = read(shown);
        assertThat(reading.latest().orElseThrow().entry()).isEqualTo(genuine);
        assertThat(reading.wrong()).containsExactly("cc2", "cc3");
        assertThat(reading.behind()).isEmpty();
    }

    /** For every ring up to n = 9, whoever holds a write, whoever is asked, whoever lies. */
    @Test
    void whateverWasWrittenIsAmongWhatTheHonestOnesThatAreReadShow() {
        for (int n = 2; n <= 9; n++) {
            for (int t = 2; t <= n; t++) {
                NameQuorum quorum = NameQuorum.of(new Threshold(t, n));
                for (int holders : subsets(n, quorum.write())) {
                    for (int asked : subsets(n, quorum.read())) {
                        // At worst the liars are among those that both meet in.
                        assertThat(Integer.bitCount(holders & asked)).isGreaterThanOrEqualTo(t);
                    }
                }
                // One less in either wouldn't do, or there are no more providers.
                assertThat(quorum.write() == n || quorum.write() + quorum.read() - n == t)
                        .isTrue();
            }
        }
    }

    private static List<Integer> subsets(int n, int size) {
        List<Integer> all = new ArrayList<>();
        for (int set = 0; set < 1 << n; set++) {
            if (Integer.bitCount(set) == size) {
                all.add(set);
            }
        }
        return all;
    }
}
