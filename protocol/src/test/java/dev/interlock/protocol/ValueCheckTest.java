package dev.interlock.protocol;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Profile;
import dev.interlock.protocol.MemoryRing.Tap;
import dev.interlock.protocol.error.IntegrityException;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the check by value finds in answers of a ring in memory, and whom it names. */
final class ValueCheckTest {
    private static final byte[] M = {1, 2, 3};
    private static final ShareIndex X2 = new ShareIndex(2);

    private static MemorySegment flipped(MemorySegment bytes, long at) {
        byte[] other = bytes.toArray(JAVA_BYTE);
        other[(int) at] ^= 1;
        return MemorySegment.ofArray(other);
    }

    /** What a provider answers with instead. */
    private interface Lie {
        ValueCheck.Stored instead(ValueCheck.Stored honest);
    }

    private static void isNamed(Lie lie) {
        MemoryRing memory = new MemoryRing(3, 2, 6);
        memory.with(new Tap() {
            @Override
            public ValueCheck.Stored stored(ShareIndex by, ValueCheck.Stored stored) {
                return by.equals(X2) ? lie.instead(stored) : stored;
            }
        });
        assertThatThrownBy(() -> memory.write(M, memory.all()))
                .isInstanceOfSatisfying(
                        IntegrityException.class, e -> assertThat(e.culprits()).containsExactly("cc2"))
                .hasMessageContaining("cc2 stored another ")
                .hasMessageContaining("Nothing was stored");
    }

    @Test
    void whatIsNotUnderItsRootNamesItsProvider() {
        MemorySegment nothing = MemorySegment.ofArray(new byte[0]);
        for (int at : new int[] {0, Leaves.SALT_BYTES, Leaves.SALT_BYTES + 66}) {
            isNamed(honest -> new ValueCheck.Stored(flipped(honest.share(), at), honest.ciphertext()));
        }
        isNamed(honest -> new ValueCheck.Stored(honest.share(), flipped(honest.ciphertext(), 66)));
        isNamed(honest -> new ValueCheck.Stored(honest.share().asSlice(0, 130), honest.ciphertext()));
        isNamed(honest -> new ValueCheck.Stored(nothing, honest.ciphertext()));
        isNamed(honest -> new ValueCheck.Stored(honest.share(), nothing));
    }

    /** What a write of this ring's providers answered with, and what was sent: c ⊕ a_0. */
    private static Map<ShareIndex, ValueCheck.Stored> answers(MemoryRing memory) {
        Map<ShareIndex, ValueCheck.Stored> answers = new LinkedHashMap<>();
        memory.with(new Tap() {
            @Override
            public ValueCheck.Stored stored(ShareIndex by, ValueCheck.Stored stored) {
                answers.put(by, stored);
                return stored;
            }
        });
        var _ = memory.write(M, memory.all());
        return answers;
    }

    private static Optional<IntegrityException> verify(MemoryRing memory, Map<ShareIndex, ValueCheck.Stored> answers) {
        return verify(memory, answers, sent(memory, answers));
    }

    private static Optional<IntegrityException> verify(
            MemoryRing memory, Map<ShareIndex, ValueCheck.Stored> answers, MemorySegment sent) {
        try (Write.Plan plan = memory.plan(M.length, memory.all());
                ValueCheck check = new ValueCheck(plan, FieldKernels.chosen())) {
            check.sending(sent.asSlice(0, 10));
            check.sending(sent.asSlice(10));
            return check.verify(answers);
        }
    }

    private static MemorySegment sent(MemoryRing memory, Map<ShareIndex, ValueCheck.Stored> answers) {
        List<ShareIndex> s = memory.all().subList(0, 2);
        MemorySegment sent =
                MemorySegment.ofArray(answers.get(s.getFirst()).ciphertext().toArray(JAVA_BYTE));
        SmallRead.combine(
                FieldKernels.chosen(),
                s,
                s.stream().map(x -> answers.get(x).share()).toList(),
                sent);
        return sent;
    }

    private static void spoil(Map<ShareIndex, ValueCheck.Stored> answers, ShareIndex x, int shareAt) {
        answers.computeIfPresent(
                x, (_, honest) -> new ValueCheck.Stored(flipped(honest.share(), shareAt), honest.ciphertext()));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, Leaves.SALT_BYTES - 1, Leaves.SALT_BYTES, Leaves.SALT_BYTES + 66})
    void sharesOrSaltsOffOnePolynomialNameTheDealer(int at) {
        for (int x = 1; x <= 3; x++) {
            MemoryRing memory = new MemoryRing(3, 2, 7);
            Map<ShareIndex, ValueCheck.Stored> answers = answers(memory);
            MemorySegment sent = sent(memory, answers);
            spoil(answers, new ShareIndex(x), at);
            assertThatThrownBy(() -> verify(memory, answers, sent))
                    .isInstanceOfSatisfying(
                            IntegrityException.class,
                            e -> assertThat(e.culprits()).containsExactly("dealer1"))
                    .hasMessageContaining("dealer1 dealt " + (at < Leaves.SALT_BYTES ? "salts" : "shares")
                            + " that don't lie on one polynomial");
        }
    }

    @Test
    void sumsOffOnePolynomialNameNobodyAndSayWhoItMayHaveBeen() {
        for (int odd = 1; odd <= 4; odd++) {
            MemoryRing memory = new MemoryRing(4, 2, 13, Set.of(Profile.BLINDED), 2, List.of());
            Map<ShareIndex, ValueCheck.Stored> answers = answers(memory);
            MemorySegment sent = sent(memory, answers);
            spoil(answers, new ShareIndex(odd), Leaves.SALT_BYTES);
            assertThatThrownBy(() -> verify(memory, answers, sent))
                    .isInstanceOfSatisfying(
                            IntegrityException.class,
                            e -> assertThat(e.culprits()).isEmpty())
                    .hasMessageContaining(". It was cc" + odd
                            + " or one of the dealers dealer1, dealer2; which of them can't be told");
        }
    }

    /** All homes' signatures hold, each for what that home received. */
    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void aLastHopThatGivesHomesSomethingElseIsFound(int place) {
        MemoryRing memory = new MemoryRing(3, 2, 9);
        memory.with(new Tap() {
            @Override
            public void arrives(Station at, MemorySegment stream) {
                if (at.place() == place) {
                    stream.set(JAVA_BYTE, 66, (byte) (stream.get(JAVA_BYTE, 66) ^ 1));
                }
            }
        });
        // In memory what comes to a home is what the one before it got, too: the last one alone, or all.
        String who = place == 4 ? "cc1, or cc3 which sent it to the homes," : "one of the hops (cc1, cc2, cc3)";
        assertThatThrownBy(() -> memory.write(M, memory.all()))
                .isInstanceOfSatisfying(
                        IntegrityException.class, e -> assertThat(e.culprits()).isEmpty())
                .hasMessageContaining("all shares are right, and the ciphertext at ")
                .hasMessageContaining(who + " changed it. Nothing was stored");
    }

    @Test
    void aCiphertextThatDoesNotOpenWasChangedOnItsWay() {
        MemoryRing memory = new MemoryRing(3, 2, 8);
        Map<ShareIndex, ValueCheck.Stored> answers = answers(memory);
        MemorySegment sent = sent(memory, answers);
        assertThat(verify(memory, answers)).isEmpty();
        for (ShareIndex home : memory.all().subList(0, 2)) {
            Map<ShareIndex, ValueCheck.Stored> changed = new LinkedHashMap<>(answers);
            changed.computeIfPresent(
                    home, (_, honest) -> new ValueCheck.Stored(honest.share(), flipped(honest.ciphertext(), 66)));
            assertThat(verify(memory, changed, sent))
                    .get()
                    .satisfies(found -> assertThat(found.culprits()).isEmpty())
                    .satisfies(found -> assertThat(found)
                            .hasMessageContaining("all shares are right, and the ciphertext at cc" + home.x()
                                    + " isn't: cc" + home.x() + ", or cc3 which sent it to the homes, changed it"));
        }
        assertThat(verify(memory, answers, flipped(sent, 0)))
                .get()
                .satisfies(
                        found -> assertThat(found).hasMessageContaining("one of the hops (cc1, cc2, cc3) changed it"));
    }
}
