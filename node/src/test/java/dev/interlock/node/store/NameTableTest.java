package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names in the store: of each entry the latest state, for its user alone, over restarts. */
final class NameTableTest {
    private static final byte[] OTHER_USER = Fixture.filled(32, 9);
    private static final byte[] OWNER = Fixture.filled(32, 11);
    private static final int ROOM = 1 << 20;

    @TempDir
    private Path dir;

    private static NameStore.Kept kept(int tag, long number, int hash, int before, byte[] owner) {
        return new NameStore.Kept(
                owner,
                Fixture.filled(32, tag),
                number,
                Fixture.filled(32, hash),
                Fixture.filled(32, before),
                Fixture.filled(100 + (int) number, hash));
    }

    private static NameStore.Kept kept(int tag, long number, int hash, int before) {
        return kept(tag, number, hash, before, OWNER);
    }

    private static List<byte[]> set(NameStore names, NameStore.Kept... entries) {
        return names.set(Fixture.USER, List.of(entries), ROOM);
    }

    private static List<byte[]> find(NameStore names, byte[] user, int tag) {
        return names.find(user, List.of(Fixture.filled(32, tag)), ROOM).entries();
    }

    @Test
    void theLatestStaysOverARestart() {
        NameStore.Kept first = kept(1, 1, 21, 0);
        NameStore.Kept second = kept(1, 2, 22, 21);
        try (SealedStore store = Fixture.open(dir)) {
            assertThat(set(store.names(), first)).isEmpty();
            assertThat(set(store.names(), second))
                    .as("what it continues is no surprise")
                    .isEmpty();
            assertThat(set(store.names(), first)).containsExactly(second.entry());
        }
        try (SealedStore store = Fixture.open(dir)) {
            assertThat(find(store.names(), Fixture.USER, 1)).containsExactly(second.entry());
            assertThat(find(store.names(), OTHER_USER, 1)).isEmpty();
        }
    }

    @Test
    void ofOneNumberTheHigherHashStaysAndEachHearsOfTheOther() {
        NameStore.Kept lower = kept(1, 1, 21, 0);
        NameStore.Kept higher = kept(1, 1, 22, 0);
        try (SealedStore store = Fixture.open(dir)) {
            NameStore names = store.names();
            assertThat(set(names, lower)).isEmpty();
            assertThat(set(names, lower)).as("the same again").isEmpty();
            assertThat(set(names, higher)).containsExactly(lower.entry());
            assertThat(set(names, lower)).containsExactly(higher.entry());
            assertThat(find(names, Fixture.USER, 1)).containsExactly(higher.entry());
            // Who continues what was lost, or nothing that is known here, hears of what is here.
            assertThat(set(names, kept(1, 2, 23, 21))).containsExactly(higher.entry());
        }
    }

    @Test
    void anotherOwnersKeyChangesNothingNorDoesWhatComesBesideIt() {
        try (SealedStore store = Fixture.open(dir)) {
            NameStore names = store.names();
            assertThat(set(names, kept(1, 1, 21, 0))).isEmpty();
            assertThatThrownBy(() -> set(names, kept(2, 1, 21, 0), kept(1, 9, 22, 21, Fixture.filled(32, 12))))
                    .isInstanceOf(NameStore.OtherOwner.class);
            assertThat(find(names, Fixture.USER, 2)).isEmpty();
        }
    }

    /** Of a new root: all that was the old key's is the new one's, in use too, and what the new one has set stays. */
    @Test
    void aSucceededKeysEntriesAreTheNewOnes() {
        try (SealedStore store = Fixture.open(dir)) {
            NameStore names = store.names();
            assertThat(set(names, kept(1, 1, 1, 0), kept(2, 1, 3, 0), kept(3, 1, 3, 0)))
                    .isEmpty();
            NameStore.Kept newer = kept(2, 2, 4, 3);
            assertThat(names.set(OTHER_USER, List.of(newer), ROOM)).isEmpty();
            for (int again = 0; again < 2; again++) {
                store.logins().succeed("alice", Fixture.USER, OTHER_USER);
                assertThat(find(names, OTHER_USER, 1)).hasSize(1);
                assertThat(find(names, OTHER_USER, 2)).containsExactly(newer.entry());
                assertThat(find(names, Fixture.USER, 1)).isEmpty();
                assertThat(store.usage(Optional.of(Fixture.USER))).isEqualTo(new Store.Usage(0, 0));
                assertThat(store.usage(Optional.of(OTHER_USER))).isEqualTo(new Store.Usage(3, 101 + 102 + 101));
            }
            // An entry says the root's version behind the ring's id.
            store.logins().eraseEarlierNames(OTHER_USER, 0x0303_0303);
            assertThat(find(names, OTHER_USER, 1)).isEmpty();
            assertThat(find(names, OTHER_USER, 3)).hasSize(1);
            assertThat(store.usage(Optional.of(OTHER_USER))).isEqualTo(new Store.Usage(2, 102 + 101));
        }
    }

    @Test
    void entriesCountAsObjectsWithTheirBytes() {
        try (SealedStore store = Fixture.open(dir)) {
            assertThat(set(store.names(), kept(1, 1, 21, 0), kept(2, 1, 21, 0))).isEmpty();
            assertThat(store.usage(Optional.of(Fixture.USER))).isEqualTo(new Store.Usage(2, 202));
            assertThat(set(store.names(), kept(1, 2, 22, 21))).isEmpty();
            assertThat(store.usage(Optional.of(Fixture.USER))).isEqualTo(new Store.Usage(2, 203));
            assertThat(store.usage(Optional.of(OTHER_USER))).isEqualTo(new Store.Usage(0, 0));
            assertThat(store.names().missing(Fixture.USER, List.of(Fixture.filled(32, 1), Fixture.filled(32, 3))))
                    .isEqualTo(1);
        }
    }

    @Test
    void pagesAreBoundedInEntriesAndBytesAndLeaveNothingOut() {
        try (SealedStore store = Fixture.open(dir)) {
            NameStore names = store.names();
            for (int tag = 1; tag <= 20; tag++) {
                assertThat(set(names, kept(tag, tag, 21, 0))).isEmpty();
            }
            for (int[] bound : new int[][] {{3, ROOM}, {20, 250}, {20, 1}}) {
                List<byte[]> all = new ArrayList<>();
                Optional<byte[]> after = Optional.empty();
                while (true) {
                    List<byte[]> page = names.list(Fixture.USER, after, bound[0], bound[1]);
                    if (page.isEmpty()) {
                        break;
                    }
                    assertThat(page).hasSizeLessThanOrEqualTo(bound[0]);
                    all.addAll(page);
                    after = Optional.of(Fixture.filled(32, all.size()));
                }
                assertThat(all).hasSize(20);
            }
            assertThat(names.states(
                            Fixture.USER, Optional.of(Fixture.filled(32, 4)), Optional.of(Fixture.filled(32, 7)), 10))
                    .extracting(NameStore.State::number)
                    .containsExactly(5L, 6L, 7L);
            NameStore.Found some = names.find(
                    Fixture.USER, List.of(Fixture.filled(32, 1), Fixture.filled(32, 99), Fixture.filled(32, 2)), 150);
            assertThat(some.looked()).isEqualTo(2);
            assertThat(some.entries()).hasSize(1);
        }
    }
}
