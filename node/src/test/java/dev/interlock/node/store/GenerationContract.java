package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An object that another continues: one of them is there at any time, never both. */
@Timeout(240)
abstract class GenerationContract extends EngineTest {
    static final byte[] RECEIPT = Fixture.filled(100, 9);
    static final int SMALL = 3000;
    static final int LARGE = 100_000;

    final ObjectId object = Fixture.newObject();
    final StatementHash first = Fixture.newId();
    final StatementHash second = Fixture.newId();
    final StatementHash third = Fixture.newId();

    @ParameterizedTest
    @ValueSource(ints = {SMALL, LARGE})
    void committingReplacesTheOneBefore(int bytes) {
        put(first, 1, bytes);
        prepare(second, 2, bytes);
        assertOnly(first, bytes);
        assertThat(store.inDoubt()).containsExactly(second);
        Blob reading = store.open(first, BlobKind.SHARE);
        Blob next = store.open(second, BlobKind.SHARE);

        store.commit(second, Fixture.CERTIFICATE);

        assertThatThrownBy(() -> Fixture.read(reading, 0))
                .isInstanceOf(StoreException.Replaced.class)
                .hasMessageContainingAll(first.toString(), "a later generation took its place");
        assertThat(Fixture.read(next, 0)).isEqualTo(Fixture.content(second, BlobKind.SHARE, 0, 1000));
        assertThat(blobs()).hasSize(bytes == LARGE ? 1 : 0);
        for (int round = 0; round < 2; round++) {
            assertReplaced(first);
            assertOnly(second, bytes);
            assertThat(store.inDoubt()).isEmpty();
            // Late messages.
            store.commit(first, Fixture.OTHER_CERTIFICATE);
            store.commit(second, Fixture.OTHER_CERTIFICATE);
            assertThat(store.find(second).orElseThrow().certificate()).isEqualTo(Fixture.CERTIFICATE);
            reopen();
        }
        put(third, 3, bytes);
        assertReplaced(first);
        assertReplaced(second);
        assertOnly(third, bytes);
    }

    @Test
    void whatIsKnownOfAReplacedGeneration() {
        put(first, 1, SMALL);
        put(second, 2, SMALL);
        StoredObject replaced = store.find(first).orElseThrow();
        assertThat(replaced.generation()).isEqualTo(generation(first, 1));
        assertThat(replaced.state()).isEqualTo(ObjectState.REPLACED);
        assertThat(replaced.token()).isEqualTo(Fixture.TOKEN);
        assertThat(replaced.certificate()).isEqualTo(Fixture.CERTIFICATE);
        assertThat(replaced.receipt()).isEmpty();
        assertThat(store.find(second).orElseThrow().generation()).isEqualTo(generation(second, 2));
    }

    @Test
    void whatStandsOfAnObjectIsWhatTheSingleQuestionsSay() {
        assertThat(store.standing(object)).isEmpty();
        prepare(first, 1, SMALL);
        assertStanding();
        prepare(second, 2, SMALL);
        assertStanding();
        var _ = store.commit(first, Fixture.CERTIFICATE);
        assertStanding();
        prepare(third, 3, SMALL);
        Instant at = Instant.ofEpochMilli(1_800_000_000_000L);
        store.schedule(new Store.Schedule(object, 7, Optional.of(at), Fixture.COMMAND, false));
        assertStanding();
        assertThat(store.standing(object).orElseThrow().prepared())
                .extracting(Fixture::id)
                .containsExactly(third, second);
        store.bind(object, 7);
        assertStanding();
        for (int place = 0; place < 2; place++) {
            store.handOver(new Store.HandedOver(
                    object, place, Fixture.USER, Fixture.filled(10, place), Fixture.filled(20, place)));
            assertStanding();
        }
        store.schedule(new Store.Schedule(object, 1, Optional.empty(), Fixture.COMMAND, false));
        assertStanding();
        Store.Generation moved = new Store.Generation(Fixture.newId(), object, 2, 1, true);
        Fixture.prepare(store, moved, 1000, SMALL);
        assertStanding();
        var _ = store.commit(moved.id(), Fixture.CERTIFICATE);
        assertStanding();
        store.destroy(moved.id(), new Store.Scope(object, Optional.empty()), Fixture.COMMAND, RECEIPT);
        assertStanding();
    }

    private void assertStanding() {
        assertThat(store.standing(object).orElseThrow())
                .usingRecursiveComparison()
                .isEqualTo(new Store.Standing(
                        store.current(object).orElseThrow(),
                        store.prepared(object),
                        store.schedule(object),
                        store.lastHandover(object)));
    }

    @Test
    void generationsThatCannotBegin() {
        put(first, 5, SMALL);
        assertForeign();
        assertThatThrownBy(() -> begin(first, 5)).isInstanceOf(StoreException.ObjectExists.class);
        assertThatThrownBy(() -> begin(third, 4))
                .isInstanceOf(StoreException.WrongState.class)
                .hasMessageContainingAll(object.toString(), "number 5 of epoch 1 is committed already");
        // Of the same number one of the two is later, by its hash, and may come.
        StatementHash sibling = first.compareTo(second) > 0 ? first : second;
        if (sibling.equals(second)) {
            begin(second, 5).abort();
        } else {
            assertThatThrownBy(() -> begin(second, 5)).isInstanceOf(StoreException.WrongState.class);
        }
        // Epochs have orders of their own.
        store.begin(new Store.Generation(third, object, 2, 1, true), Fixture.USER)
                .abort();
        try (PendingObject pending = begin(second, 6)) {
            assertThatThrownBy(() -> begin(second, 6))
                    .isInstanceOf(StoreException.ObjectExists.class)
                    .hasMessageContaining("PENDING");
            pending.abort();
        }
        destroy(first);
        for (int number : new int[] {1, 5, 6}) {
            assertThatThrownBy(() -> begin(third, number)).isInstanceOf(StoreException.Destroyed.class);
        }
    }

    /** Two clients of one owner who renew at once: both are prepared, and whichever is certified last by order wins. */
    @Test
    void severalMayBePreparedAndTheHighestStays() throws Exception {
        int threads = 8;
        put(first, 1, SMALL);
        CyclicBarrier together = new CyclicBarrier(threads);
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (int number = 2; number < 12; number++) {
                int next = number;
                List<StatementHash> ids = new ArrayList<>();
                List<Future<Boolean>> begun = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    StatementHash id = Fixture.newId();
                    ids.add(id);
                    begun.add(pool.submit(() -> {
                        together.await();
                        try (PendingObject pending = begin(id, next)) {
                            Fixture.write(pending, id, BlobKind.SHARE, 1000, SMALL);
                            pending.prepare(Fixture.TOKEN, Fixture.MANIFEST);
                            return true;
                        } catch (StoreException.Busy e) {
                            return false;
                        }
                    }));
                }
                List<StatementHash> prepared = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    if (begun.get(i).get()) {
                        prepared.add(ids.get(i));
                    }
                }
                assertThat(prepared).hasSize(Store.MOST_PREPARED);
                assertThat(store.prepared(object))
                        .extracting(Fixture::id)
                        .containsExactlyElementsOf(prepared.stream()
                                .sorted(Comparator.reverseOrder())
                                .toList());
                StatementHash lowest =
                        prepared.stream().min(Comparator.naturalOrder()).orElseThrow();
                StatementHash highest =
                        prepared.stream().max(Comparator.naturalOrder()).orElseThrow();
                assertThat(store.commit(lowest, Fixture.CERTIFICATE)).hasSize(1);
                // What is prepared and higher stays.
                assertThat(store.prepared(object)).hasSize(Store.MOST_PREPARED - 1);
                assertThat(store.commit(highest, Fixture.CERTIFICATE)).hasSize(Store.MOST_PREPARED - 1);
                assertOnly(highest, SMALL);
                assertThat(store.prepared(object)).isEmpty();
                assertThat(store.commit(lowest, Fixture.CERTIFICATE)).isEmpty();
            }
        }
    }

    @Test
    void preparingLooksAgain() {
        put(first, 1, SMALL);
        try (PendingObject late = begin(second, 2)) {
            Fixture.write(late, second, BlobKind.SHARE, 1000, LARGE);
            destroy(first);
            assertThatThrownBy(() -> late.prepare(Fixture.TOKEN, Fixture.MANIFEST))
                    .isInstanceOf(StoreException.Destroyed.class);
        }
        assertThat(store.find(second)).isEmpty();
        assertThat(blobs()).isEmpty();
    }

    /** A move's source ends up to what its owner named: a later generation there, and another epoch, aren't touched. */
    @Test
    void aScopeEndsItsEpochUpToAGeneration() {
        put(first, 1, LARGE);
        prepare(second, 2, LARGE);
        Store.Generation moved = new Store.Generation(third, object, 2, 2, true);
        Fixture.prepare(store, moved, 1000, LARGE);
        var _ = store.commit(third, Fixture.CERTIFICATE);
        assertThat(store.list(Fixture.USER)).extracting(Fixture::id).containsExactly(third);
        Store.Scope scope = new Store.Scope(object, Optional.of(generation(first, 1)));
        assertThat(store.latest(scope).map(Fixture::id)).contains(first);
        store.destroy(first, scope, Fixture.COMMAND, RECEIPT);
        assertThat(store.find(first).orElseThrow().state()).isEqualTo(ObjectState.DESTROYED);
        assertThat(store.find(first).orElseThrow().command()).contains(Fixture.COMMAND);
        assertThat(Fixture.isWhole(store, third, BlobKind.SHARE, LARGE / 1000)).isTrue();
        assertThat(store.prepared(object)).extracting(Fixture::id).containsExactly(second);
        assertThatThrownBy(() -> begin(Fixture.newId(), 0)).isInstanceOf(StoreException.Destroyed.class);
        begin(Fixture.newId(), 3).abort();
        // And for ever.
        destroy(third);
        assertThat(store.prepared(object)).isEmpty();
        assertThatThrownBy(() -> begin(Fixture.newId(), 3)).isInstanceOf(StoreException.Destroyed.class);
    }

    /** Who said that it confirms nothing doesn't, whatever it is shown later; it keeps and serves both. */
    @Test
    void whatWasDeniedIsNeverCommitted() {
        prepare(first, 1, SMALL);
        assertThat(store.deny(first, Instant.EPOCH)).isTrue();
        store.pruneBurns(Instant.now());
        for (int round = 0; round < 2; round++) {
            assertThat(store.isDenied(first))
                    .as("it is here, so the note stays")
                    .isTrue();
            assertThatThrownBy(() -> store.commit(first, Fixture.CERTIFICATE))
                    .isInstanceOf(StoreException.Denied.class);
            reopen();
        }
        store.show(first, Fixture.CERTIFICATE);
        assertThat(store.find(first).orElseThrow().certificate()).isEqualTo(Fixture.CERTIFICATE);
        assertThat(store.find(first).orElseThrow().state()).isEqualTo(ObjectState.PREPARED);
        assertThat(Fixture.isWhole(store, first, BlobKind.SHARE, SMALL / 1000)).isTrue();
        put(second, 2, SMALL);
        assertThat(store.deny(second, Instant.EPOCH)).as("it is committed").isFalse();
        assertReplaced(first);
        // Of what isn't here, until it can't come any more.
        assertThat(store.deny(third, Instant.now())).isTrue();
        assertThat(store.isDenied(third)).isTrue();
        store.pruneBurns(Instant.now().plusSeconds(1));
        assertThat(store.isDenied(third)).isFalse();
    }

    @Test
    void whatWasAbandonedIsForgottenAndTheProofKept() {
        prepare(first, 1, LARGE);
        Instant expires = Instant.now().plusSeconds(60);
        store.abandon(first, RECEIPT, expires);
        store.abandon(first, Fixture.TOKEN, expires);
        assertThat(store.find(first)).isEmpty();
        assertThat(blobs()).isEmpty();
        reopen();
        assertThat(store.abandonment(first)).contains(RECEIPT);
        assertThat(store.abandonment(second)).isEmpty();
        store.pruneBurns(expires.plusSeconds(1));
        assertThat(store.abandonment(first)).isEmpty();
    }

    @Test
    void ofSchedulesTheHighestCountsAndAtATieTheCancel() {
        put(first, 1, SMALL);
        Instant at = Instant.parse("2030-01-02T03:04:05.678Z");
        schedule(2, Optional.of(at));
        schedule(1, Optional.of(at.minusSeconds(9)));
        assertThat(store.due(at.minusMillis(1))).isEmpty();
        assertThat(store.due(at)).containsExactly(object);
        schedule(2, Optional.empty());
        assertThat(store.due(at)).isEmpty();
        // A schedule replayed after its cancel.
        schedule(2, Optional.of(at));
        schedule(1, Optional.of(at));
        assertThat(store.due(at)).isEmpty();
        schedule(3, Optional.of(at));
        store.bind(object, 2);
        assertThat(store.schedule(object).orElseThrow().bound()).isFalse();
        store.bind(object, 3);
        assertThat(store.schedule(object).orElseThrow().bound()).isTrue();
        // It is the object's, not a generation's.
        put(second, 2, SMALL);
        assertThat(store.due(at)).containsExactly(object);
        destroy(second);
        assertThat(store.due(at)).isEmpty();
    }

    void schedule(long number, Optional<Instant> at) {
        store.schedule(new Store.Schedule(object, number, at, Fixture.COMMAND, false));
    }

    @Test
    void oneThatIsCertifiedAfterALaterOneIsReplaced() {
        prepare(first, 1, LARGE);
        put(second, 2, LARGE);
        assertThat(store.find(first).orElseThrow().state()).isEqualTo(ObjectState.REPLACED);
        assertThat(store.commit(first, Fixture.CERTIFICATE)).isEmpty();
        assertReplaced(first);
        assertOnly(second, LARGE);
        assertThat(blobs()).containsExactly(second + ".share");
    }

    @Test
    void theCurrentOne() {
        assertThat(store.current(object)).isEmpty();
        prepare(first, 1, SMALL);
        assertCurrent(first, ObjectState.PREPARED);
        store.commit(first, Fixture.CERTIFICATE);
        assertCurrent(first, ObjectState.COMMITTED);
        try (PendingObject pending = begin(second, 2)) {
            assertCurrent(first, ObjectState.COMMITTED);
            pending.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        }
        assertCurrent(first, ObjectState.COMMITTED);
        store.commit(second, Fixture.CERTIFICATE);
        assertCurrent(second, ObjectState.COMMITTED);
        destroy(second);
        assertCurrent(second, ObjectState.DESTROYED);

        ObjectId elsewhere = Fixture.newObject();
        Fixture.prepare(store, new Store.Generation(third, elsewhere, 1, 4, true), 1000, SMALL);
        assertThat(Fixture.id(store.current(elsewhere).orElseThrow())).isEqualTo(third);
        store.forget(third);
        assertThat(store.current(elsewhere)).isEmpty();
    }

    @Test
    void anObjectKeepsItsPlaceInLists() throws Exception {
        StatementHash later = Fixture.newId();
        put(first, 1, SMALL);
        Thread.sleep(5);
        Fixture.put(store, later, 1000, SMALL);
        put(second, 2, SMALL);
        assertThat(store.list(Fixture.USER)).extracting(Fixture::id).containsExactly(later, second);
        assertThat(store.list(Fixture.USER, Optional.of(later), 10))
                .extracting(Fixture::id)
                .containsExactly(second);
    }

    @Test
    void readersSeeOneOrTheOther() throws Exception {
        put(first, 1, LARGE);
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Future<?>> readers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                readers.add(threads.submit(() -> {
                    long generation = 1;
                    while (generation < 20) {
                        StoredObject current = store.current(object).orElseThrow();
                        assertThat(current.state()).isEqualTo(ObjectState.COMMITTED);
                        assertThat(current.generation().number()).isGreaterThanOrEqualTo(generation);
                        generation = current.generation().number();
                        try {
                            assertThat(Fixture.isWhole(store, Fixture.id(current), BlobKind.SHARE, 100))
                                    .isTrue();
                        } catch (StoreException.Replaced e) {
                            // Then the next is there.
                        }
                    }
                }));
            }
            for (int generation = 2; generation <= 20; generation++) {
                put(Fixture.newId(), generation, LARGE);
            }
            for (Future<?> reader : readers) {
                reader.get();
            }
        }
        assertThat(blobs()).hasSize(1);
    }

    Store.Generation generation(StatementHash id, int number) {
        return new Store.Generation(id, object, 1, number, number > 1);
    }

    PendingObject begin(StatementHash id, int number) {
        return store.begin(generation(id, number), Fixture.USER);
    }

    void prepare(StatementHash id, int number, int bytes) {
        Fixture.prepare(store, generation(id, number), 1000, bytes);
    }

    void put(StatementHash id, int number, int bytes) {
        prepare(id, number, bytes);
        var _ = store.commit(id, Fixture.CERTIFICATE);
    }

    void destroy(StatementHash id) {
        Fixture.destroy(store, id, RECEIPT);
    }

    void assertForeign() {
        assertThatThrownBy(() -> store.begin(generation(second, 9), Fixture.filled(32, 8)))
                .isInstanceOf(StoreException.WrongState.class)
                .hasMessageContainingAll(object.toString(), "belongs to another user");
    }

    void assertCurrent(StatementHash id, ObjectState state) {
        StoredObject current = store.current(object).orElseThrow();
        assertThat(Fixture.id(current)).isEqualTo(id);
        assertThat(current.state()).isEqualTo(state);
    }

    void assertOnly(StatementHash id, int bytes) {
        assertThat(store.list(Fixture.USER)).extracting(Fixture::id).containsExactly(id);
        assertCurrent(id, ObjectState.COMMITTED);
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, bytes / 1000)).isTrue();
        assertThat(store.manifest(id)).isEqualTo(Fixture.MANIFEST);
    }

    void assertReplaced(StatementHash id) {
        assertThat(store.find(id).orElseThrow().state()).isEqualTo(ObjectState.REPLACED);
        assertThatThrownBy(() -> store.open(id, BlobKind.SHARE)).isInstanceOf(StoreException.Replaced.class);
        assertThatThrownBy(() -> store.manifest(id)).isInstanceOf(StoreException.Replaced.class);
        assertThatThrownBy(() -> destroy(id)).isInstanceOf(StoreException.Replaced.class);
        assertThatThrownBy(() -> store.forget(id)).isInstanceOf(StoreException.WrongState.class);
        assertThatThrownBy(() -> begin(id, 1)).isInstanceOf(StoreException.ObjectExists.class);
    }
}
