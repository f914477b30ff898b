package dev.interlock.core.sharing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.field.LinearSpace;
import dev.interlock.core.field.SlowField;
import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HopTest {

    private static final int LENGTH = 1000;
    private static final int T = 3;
    private static final int[] XS = {3, 1, 200, 254, 17};
    private static final ByteSpace SPACE = new ByteSpace();

    private final Random random = new Random(7);
    private final List<MemorySegment> coefficients = vectors(T);
    private final List<MemorySegment> shares = shares();
    private final byte[] message = bytes(vector());

    @Test
    void oneHopByHand() {
        MemorySegment flow = MemorySegment.ofArray(new byte[] {0x0F});
        MemorySegment share = MemorySegment.ofArray(new byte[] {0x57});
        MemorySegment blind = MemorySegment.ofArray(new byte[] {0x30});
        Hop.apply(SPACE, flow, 0x83, share, Blind.of(SPACE, blind));
        assertThat(flow.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) (0x0F ^ 0xC1 ^ 0x30));
        Hop.applyWithoutBlind(SPACE, flow, 0x83, share);
        assertThat(flow.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) (0x0F ^ 0x30));
    }

    @Test
    void puttingALayerOnTwiceTakesItOff() {
        MemorySegment blind = vector();
        for (int lambda = 0; lambda < 256; lambda++) {
            MemorySegment flow = copy(message);
            Hop.apply(SPACE, flow, lambda, shares.get(1), Blind.of(SPACE, blind));
            assertThat(bytes(flow)).isNotEqualTo(message);
            Hop.apply(SPACE, flow, lambda, shares.get(1), Blind.of(SPACE, blind));
            assertThat(bytes(flow)).isEqualTo(message);
        }
    }

    @Test
    void hopsCommute() {
        List<MemorySegment> blinds = vectors(XS.length);
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, XS.length).boxed().toList());
        byte[] first = null;
        for (int round = 0; round < 30; round++) {
            MemorySegment flow = copy(message);
            for (int i : order) {
                Hop.apply(
                        SPACE, flow, Lagrange.coefficient(0, XS[i], XS), shares.get(i), Blind.of(SPACE, blinds.get(i)));
            }
            if (first == null) {
                first = bytes(flow);
            }
            assertThat(bytes(flow)).as("order %s", order).isEqualTo(first);
            Collections.shuffle(order, random);
        }
    }

    @Test
    void aPassOverAllPutsThePadOn() {
        MemorySegment flow = copy(message);
        pass(flow, 0, 0, 1, 2, 3, 4);
        assertThat(bytes(flow)).isEqualTo(xor(message, bytes(coefficients.getFirst())));
    }

    @Test
    void everyOtherQuorumTakesItOff() {
        MemorySegment ciphertext = copy(message);
        pass(ciphertext, 0, 0, 1, 2, 3, 4);
        for (int size = T; size <= XS.length; size++) {
            for (int[] quorum : Polynomials.subsets(XS.length, size)) {
                MemorySegment flow = copy(bytes(ciphertext));
                pass(flow, 0, quorum);
                assertThat(bytes(flow)).as("quorum %s", Arrays.toString(quorum)).isEqualTo(message);
            }
        }
        for (int[] tooFew : Polynomials.subsets(XS.length, T - 1)) {
            MemorySegment flow = copy(bytes(ciphertext));
            pass(flow, 0, tooFew);
            assertThat(bytes(flow)).isNotEqualTo(message);
        }
    }

    @Test
    void withAnotherTargetALostShareComesBack() {
        MemorySegment flow = SPACE.zero(coefficients.getFirst());
        pass(flow, XS[2], 0, 3, 4);
        assertThat(bytes(flow)).isEqualTo(bytes(shares.get(2)));
    }

    @Test
    void expandedBlindsAreTakenOffByWhoeverHasTheSeeds() {
        int[] quorum = {4, 0, 2};
        MemorySegment flow = copy(xor(message, bytes(coefficients.getFirst())));
        for (int place = 0; place < quorum.length; place++) {
            int i = quorum[place];
            int[] points = Polynomials.pick(XS, quorum);
            Hop.applyWithoutBlind(SPACE, flow, Lagrange.coefficient(0, XS[i], points), shares.get(i));
            addBlind(flow, place);
        }
        assertThat(bytes(flow)).isNotEqualTo(message);
        for (int place = 0; place < quorum.length; place++) {
            addBlind(flow, place);
        }
        assertThat(bytes(flow)).isEqualTo(message);
    }

    /** The same code over linear forms in (a_0..a_{t−1}, m, B_1..B_n), as the auditor uses it. */
    @Test
    void aPassIsExactlyMessagePlusPadPlusBlindsAsALinearForm() {
        FormSpace forms = new FormSpace();
        int unknowns = T + 1 + XS.length;
        List<int[]> a = new ArrayList<>();
        for (int k = 0; k < T; k++) {
            a.add(unit(unknowns, k));
        }
        List<int[]> f = new ArrayList<>();
        for (int i = 0; i < XS.length; i++) {
            f.add(new int[unknowns]);
        }
        Dealing.shares(forms, a, XS, f);

        int[] flow = unit(unknowns, T);
        for (int i = 0; i < XS.length; i++) {
            Hop.apply(
                    forms,
                    flow,
                    Lagrange.coefficient(0, XS[i], XS),
                    f.get(i),
                    Blind.of(forms, unit(unknowns, T + 1 + i)));
        }
        int[] expected = new int[unknowns];
        Arrays.fill(expected, 1);
        Arrays.fill(expected, 1, T, 0);
        assertThat(flow).containsExactly(expected);
    }

    @Test
    void refusesLengthsThatDiffer() {
        MemorySegment flow = vector();
        MemorySegment shorter = MemorySegment.ofArray(new byte[LENGTH - 1]);
        assertThatThrownBy(() -> Hop.apply(SPACE, flow, 1, shorter, Blind.of(SPACE, vector())))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Hop.apply(SPACE, flow, 1, vector(), Blind.of(SPACE, shorter)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Hop.applyWithoutBlind(SPACE, flow, 1, shorter))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Hop.applyWithoutBlind(SPACE, flow, 256, vector()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** In any pieces: a layer and an expanded blind go on where the last piece ended. */
    @Test
    void theUsersOwnLayerIsThatOfAHop() {
        MemorySegment whole = copy(message);
        Hop.applyWithoutBlind(SPACE, whole, 0x53, shares.get(2));

        MemorySegment flow = copy(message);
        long[] position = {0};
        UnaryOperator<MemorySegment> share = piece -> {
            position[0] += piece.byteSize();
            return shares.get(2).asSlice(position[0] - piece.byteSize(), piece.byteSize());
        };
        try (Blind<MemorySegment> layer = Hop.layer(SPACE, 0x53, share)) {
            int from = 0;
            for (int piece : new int[] {1, 0, 63, 600, LENGTH - 664}) {
                layer.addTo(flow.asSlice(from, piece));
                from += piece;
            }
        }
        assertThat(bytes(flow)).isEqualTo(bytes(whole));
    }

    @Test
    void anExpandedBlindIsTheKeystreamOfItsSeed() {
        MemorySegment expected = copy(message);
        addBlind(expected, 9);
        byte[] seed = new byte[Keystream.SEED_BYTES];
        seed[0] = 9;
        MemorySegment flow = copy(message);
        SecretBytes secret = SecretBytes.copyOf(seed);
        try (Blind<MemorySegment> blind = Blind.expanded(secret)) {
            // Copied: what becomes of the seed is the caller's.
            secret.close();
            blind.addTo(flow.asSlice(0, 17));
            blind.addTo(flow.asSlice(17));
        }
        assertThat(bytes(flow)).isEqualTo(bytes(expected));
    }

    @Test
    void anExpandedBlindAddsNothingAfterClose() {
        try (SecretBytes seed = SecretBytes.allocate(Keystream.SEED_BYTES)) {
            Blind<MemorySegment> blind = Blind.expanded(seed);
            blind.close();
            assertThatThrownBy(() -> blind.addTo(vector())).isInstanceOf(IllegalStateException.class);
        }
        try (SecretBytes shorter = SecretBytes.allocate(Keystream.SEED_BYTES - 1)) {
            assertThatThrownBy(() -> Blind.expanded(shorter)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void noBlindChangesNothing() {
        MemorySegment flow = copy(message);
        try (Blind<MemorySegment> none = Blind.none()) {
            none.addTo(flow);
        }
        assertThat(bytes(flow)).isEqualTo(message);
    }

    private void pass(MemorySegment flow, int target, int... quorum) {
        int[] points = Polynomials.pick(XS, quorum);
        for (int i : quorum) {
            Hop.applyWithoutBlind(SPACE, flow, Lagrange.coefficient(target, XS[i], points), shares.get(i));
        }
    }

    private static void addBlind(MemorySegment flow, int place) {
        byte[] seed = new byte[Keystream.SEED_BYTES];
        seed[0] = (byte) place;
        try (Keystream blind = new Keystream(MemorySegment.ofArray(seed))) {
            blind.addTo(flow);
        }
    }

    private List<MemorySegment> shares() {
        List<MemorySegment> shares = new ArrayList<>();
        for (int i = 0; i < XS.length; i++) {
            shares.add(SPACE.zero(coefficients.getFirst()));
        }
        Dealing.shares(SPACE, coefficients, XS, shares);
        return shares;
    }

    private List<MemorySegment> vectors(int count) {
        List<MemorySegment> vectors = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            vectors.add(vector());
        }
        return vectors;
    }

    private MemorySegment vector() {
        byte[] bytes = new byte[LENGTH];
        random.nextBytes(bytes);
        return copy(bytes);
    }

    private static MemorySegment copy(byte[] bytes) {
        return Arena.ofAuto().allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
    }

    private static byte[] bytes(MemorySegment vector) {
        return vector.toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] xor(byte[] a, byte[] b) {
        byte[] sum = new byte[a.length];
        for (int i = 0; i < a.length; i++) {
            sum[i] = (byte) (a[i] ^ b[i]);
        }
        return sum;
    }

    private static int[] unit(int size, int at) {
        int[] unit = new int[size];
        unit[at] = 1;
        return unit;
    }

    private static final class FormSpace implements LinearSpace<int[]> {
        @Override
        public void addScaled(int[] accumulator, int coefficient, int[] v) {
            for (int i = 0; i < v.length; i++) {
                accumulator[i] ^= SlowField.multiply(coefficient, v[i]);
            }
        }

        @Override
        public int[] zero(int[] like) {
            return new int[like.length];
        }
    }
}
