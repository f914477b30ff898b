package dev.interlock.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.error.IntegrityException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Every provider gets back exactly what it lost, from every t others, and keeps nothing else. */
final class RepairTest {
    private static byte[] message(int length) {
        byte[] m = new byte[length];
        for (int i = 0; i < length; i++) {
            m[i] = (byte) (31 * i + 7);
        }
        return m;
    }

    @Test
    void everyProviderByEveryTOthers() {
        for (int n = 2; n <= 5; n++) {
            for (int t = 2; t <= n - 1; t++) {
                MemoryRing memory = new MemoryRing(n, t, 40 + n);
                List<ShareIndex> all = memory.all();
                StatementHash object = memory.write(message(100), all);
                for (ShareIndex k : all) {
                    byte[] share =
                            MemoryRing.bytes(memory.cc(k).shares.get(object).share());
                    MemorySegment c = memory.cc(k).ciphertexts.get(object);
                    for (List<ShareIndex> s : subsets(all, t)) {
                        if (!s.contains(k)) {
                            memory.cc(k).lose(object);
                            memory.repair(object, s, k);
                            assertThat(MemoryRing.bytes(
                                            memory.cc(k).shares.get(object).share()))
                                    .as("share of %s by %s", k, s)
                                    .isEqualTo(share);
                            MemorySegment back = memory.cc(k).ciphertexts.get(object);
                            assertThat(back == null).isEqualTo(c == null);
                            if (c != null) {
                                assertThat(MemoryRing.bytes(back)).isEqualTo(MemoryRing.bytes(c));
                            }
                        }
                    }
                }
            }
        }
    }

    @Test
    void nobodysShareStandsInWhatHelpersSee() {
        MemoryRing memory = new MemoryRing(5, 3, 9);
        List<ShareIndex> all = memory.all();
        StatementHash object = memory.write(message(300), all);
        ShareIndex k = all.get(4);
        List<byte[]> shares = all.stream()
                .map(x -> MemoryRing.bytes(memory.cc(x).shares.get(object).share()))
                .toList();
        memory.cc(k).lose(object);
        all.forEach(x -> memory.cc(x).seen.clear());
        memory.repair(object, all.subList(0, 3), k);
        for (ShareIndex helper : all.subList(0, 3)) {
            for (byte[] seen : memory.cc(helper).seen) {
                // Neither behind its salt nor anywhere else.
                shares.forEach(share -> assertThat(text(seen)).doesNotContain(text(share)));
            }
        }
    }

    @Test
    void aWrongHelperIsNoticedBeforeAnythingIsKept() {
        MemoryRing memory = new MemoryRing(5, 3, 10);
        List<ShareIndex> all = memory.all();
        StatementHash object = memory.write(message(50), all);
        ShareIndex k = all.get(3);
        memory.cc(k).lose(object);
        MemorySegment wrong = memory.cc(all.get(1)).shares.get(object).share();
        wrong.set(ValueLayout.JAVA_BYTE, 5, (byte) (wrong.get(ValueLayout.JAVA_BYTE, 5) ^ 1));
        assertThatThrownBy(() -> memory.repair(object, all.subList(0, 3), k))
                .isInstanceOf(IntegrityException.class)
                .hasMessageContaining("one of cc1, cc2, cc3");
        assertThat(memory.cc(k).shares).doesNotContainKey(object);
        memory.repair(object, List.of(all.get(0), all.get(2), all.get(4)), k);
        assertThat(memory.cc(k).shares).containsKey(object);
    }

    @Test
    void aHomeGetsItsCiphertextFromAHome() {
        MemoryRing memory = new MemoryRing(5, 3, 11);
        List<ShareIndex> all = memory.all();
        StatementHash object = memory.write(message(50), all);
        ShareIndex home = all.get(1);
        memory.cc(home).lose(object);
        MemorySegment wrong = memory.cc(all.get(0)).ciphertexts.get(object);
        wrong.set(ValueLayout.JAVA_BYTE, 0, (byte) (wrong.get(ValueLayout.JAVA_BYTE, 0) ^ 1));
        assertThatThrownBy(() -> memory.repair(object, all.subList(2, 5), home))
                .isInstanceOfSatisfying(
                        IntegrityException.class, e -> assertThat(e.culprits()).containsExactly("cc1"));
        assertThat(memory.cc(home).shares).doesNotContainKey(object);
    }

    @Test
    void ordersThatNobodyAccepts() {
        MemoryRing memory = new MemoryRing(5, 3, 12);
        List<ShareIndex> all = memory.all();
        StatementHash object = memory.write(message(50), all);
        assertThatThrownBy(() -> memory.repair(object, all.subList(0, 2), all.get(4)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("t = 3");
        assertThatThrownBy(() -> memory.repair(object, all.subList(0, 3), all.get(2)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("can't help");
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static List<List<ShareIndex>> subsets(List<ShareIndex> all, int size) {
        return IntStream.range(0, 1 << all.size())
                .filter(set -> Integer.bitCount(set) == size)
                .mapToObj(set -> IntStream.range(0, all.size())
                        .filter(i -> (set >> i & 1) == 1)
                        .mapToObj(all::get)
                        .toList())
                .toList();
    }
}
