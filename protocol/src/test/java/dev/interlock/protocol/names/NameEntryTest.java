package dev.interlock.protocol.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.RingId;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Entries: whoever hasn't the owner's keys makes none, reads none and moves none. */
final class NameEntryTest {
    private static final RingId RING = new RingId(1, 2);
    private static final Name NAME = Name.of("backups/db.key");
    private static final ObjectId OBJECT = new ObjectId(3, 4);

    private final SecureRandom random = new SecureRandom();
    private final NameKeys keys = keys(RING, 1, 7);

    private static NameKeys keys(RingId ring, int version, int seed) {
        byte[] secret = new byte[NameKeys.SECRET_BYTES];
        secret[0] = (byte) seed;
        return NameKeys.of(ring, version, SecretBytes.taking(secret));
    }

    private static NameContent.Versions one() {
        return NameContent.Versions.none(NAME).with(OBJECT, 20, 1_800_000_000_000L);
    }

    @Test
    void comesBackAsItWasSealed() {
        NameEntry entry = keys.seal(one(), 5, NameEntry.nothing(), random);
        NameEntry again = NameEntry.decode(entry.encode());
        assertThat(again).isEqualTo(entry);
        assertThat(again.tag()).isEqualTo(keys.tag(NAME));
        again.verify();
        assertThat(keys.open(again)).contains(one());
        NameEntry note = keys.seal(new NameContent.Carried(3), 1, NameEntry.nothing(), random);
        assertThat(keys.open(note)).contains(new NameContent.Carried(3));
        assertThat(note.tag()).isEqualTo(keys.carriedTag());
    }

    @Test
    void anySingleBitBreaksIt() {
        byte[] encoded = keys.seal(one(), 5, NameEntry.nothing(), random).encode();
        int signature = encoded.length - 64;
        for (int at = 0; at < encoded.length; at++) {
            byte[] other = encoded.clone();
            other[at] ^= 1;
            boolean rest = at >= signature;
            NameEntry entry;
            try {
                entry = NameEntry.decode(other);
            } catch (MalformedException e) {
                continue;
            }
            assertThatThrownBy(entry::verify).as("byte %d", at).isInstanceOf(BadSignatureException.class);
            // The signature is for those who can't open it.
            assertThat(keys.open(entry).isEmpty()).as("byte %d", at).isEqualTo(!rest);
        }
    }

    @Test
    void whateverStandsThereTheOwnersSignatureIsOne() {
        NameEntry entry = keys.seal(one(), 5, NameEntry.nothing(), random);
        NameEntry spoilt = new NameEntry(
                RING, 1, entry.key(), entry.tag(), entry.number(), entry.before(), entry.sealed(), new byte[64]);
        assertThat(keys.signed(spoilt)).isEqualTo(entry);
    }

    @Test
    void isNobodyElses() {
        NameEntry entry = keys.seal(one(), 5, NameEntry.nothing(), random);
        for (NameKeys other : List.of(keys(RING, 1, 8), keys(new RingId(1, 3), 1, 7), keys(RING, 2, 7))) {
            assertThat(other.open(entry)).isEmpty();
        }
        // Another user's place says nothing of the same name.
        assertThat(keys(RING, 1, 8).tag(NAME)).isNotEqualTo(keys.tag(NAME));
    }

    @Test
    void isOfItsPlaceAndNumberAlone() {
        NameEntry entry = keys.seal(one(), 5, NameEntry.nothing(), random);
        NameTag elsewhere = keys.tag(Name.of("other"));
        assertThat(keys.open(moved(entry, elsewhere, 5))).isEmpty();
        assertThat(keys.open(moved(entry, entry.tag(), 6))).isEmpty();
    }

    /** Signed by the owner, as a provider can't. */
    private NameEntry moved(NameEntry entry, NameTag tag, long number) {
        return keys.signed(
                new NameEntry(RING, 1, entry.key(), tag, number, entry.before(), entry.sealed(), new byte[64]));
    }

    @Test
    void itsLengthSaysLittle() {
        int shortest = keys.seal(NameContent.Versions.none(Name.of("a")), 1, NameEntry.nothing(), random)
                .encode()
                .length;
        int usual = keys.seal(one(), 1, NameEntry.nothing(), random).encode().length;
        assertThat(usual).isEqualTo(shortest);
    }

    @Test
    void asManyVersionsFitAsAreAllowed() {
        NameContent.Versions all = NameContent.Versions.none(Name.of("x".repeat(255)));
        for (int i = 0; i < NameContent.Versions.MOST; i++) {
            all = all.with(new ObjectId(1, i), i, i);
        }
        NameEntry entry =
                NameEntry.decode(keys.seal(all, 1, NameEntry.nothing(), random).encode());
        assertThat(keys.open(entry)).contains(all);
        NameContent.Versions full = all;
        assertThatThrownBy(() -> full.with(OBJECT, 1, 1)).hasMessageContaining("no more than 1000");
    }

    @Test
    void numbersOfVersionsNeverComeAgain() {
        NameContent.Versions removed = one().without(Set.of(OBJECT));
        assertThat(removed.versions()).isEmpty();
        assertThat(removed.with(OBJECT, 1, 1).newest().orElseThrow().number()).isEqualTo(2);
    }

    @Test
    void whatTwoChangedAtOnceIsMerged() {
        ObjectId a = new ObjectId(1, 1);
        ObjectId b = new ObjectId(1, 2);
        ObjectId c = new ObjectId(1, 3);
        NameContent.Versions base = one();
        NameContent.Versions first = base.with(a, 1, 1);
        NameContent.Versions second = base.with(b, 1, 1);
        NameContent.Versions both = first.merged(second);
        assertThat(both.versions().stream().map(NameContent.Version::object)).containsExactly(OBJECT, a, b);
        assertThat(both.versions().stream().map(NameContent.Version::number)).containsExactly(1, 2, 3);
        assertThat(both.change()).isEqualTo(new NameContent.Change(List.of(a, b), List.of()));
        // A third that took in another two brings all of them, and what was taken away stays away.
        NameContent.Versions third = base.without(List.of(OBJECT)).merged(base.with(c, 1, 1));
        assertThat(both.merged(third).versions().stream().map(NameContent.Version::object))
                .containsExactly(a, b, c);
        assertThat(third.merged(both).versions().stream().map(NameContent.Version::object))
                .containsExactlyInAnyOrder(a, b, c);
        assertThat(both.merged(third).merged(third)).isEqualTo(both.merged(third));
    }

    /** Two give a name the same object, and a third takes away what the first of them gave: the late one brings nothing back. */
    @Test
    void whatWasTakenAwayIsNotGivenBackByWhoGaveItLate() {
        NameContent.Versions none = NameContent.Versions.none(Name.of("a"));
        NameContent.Versions late = none.with(OBJECT, 1, 1);
        NameContent.Versions removed = none.with(OBJECT, 1, 1).without(Set.of(OBJECT));
        assertThat(removed.merged(late).versions()).isEmpty();
        assertThat(late.merged(removed).versions()).isEmpty();
        assertThat(removed.merged(none.with(new ObjectId(1, 1), 1, 1)).versions())
                .hasSize(1);
    }

    @Test
    void surplusAndMissingBytesAreRefused() {
        byte[] encoded = keys.seal(one(), 5, NameEntry.nothing(), random).encode();
        assertThatThrownBy(() -> NameEntry.decode(Arrays.copyOf(encoded, encoded.length + 1)))
                .isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> NameEntry.decode(Arrays.copyOf(encoded, encoded.length - 1)))
                .isInstanceOf(MalformedException.class);
        byte[] content = one().encode();
        assertThatThrownBy(() -> NameContent.decode(Arrays.copyOf(content, content.length + 1)))
                .isInstanceOf(MalformedException.class);
    }

    @Test
    void messagesAreStrict() {
        List<NameHead> heads = IntStream.range(1, 4)
                .mapToObj(i -> new NameHead(tag(i), i, new byte[32]))
                .toList();
        assertThat(NameMessages.states(NameMessages.states(heads))).isEqualTo(heads);
        assertThatThrownBy(() -> NameMessages.states(NameMessages.states(heads.reversed())))
                .isInstanceOf(MalformedException.class);
        NameMessages.Set set = new NameMessages.Set(2, List.of(keys.seal(one(), 5, NameEntry.nothing(), random)));
        assertThat(NameMessages.Set.decode(set.encode())).isEqualTo(set);
        assertThat(NameMessages.tags(NameMessages.ofTags(List.of(tag(1))))).containsExactly(tag(1));
    }

    private static NameTag tag(int first) {
        byte[] bytes = new byte[NameTag.BYTES];
        bytes[0] = (byte) first;
        return new NameTag(bytes);
    }
}
