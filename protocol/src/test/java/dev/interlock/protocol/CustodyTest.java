package dev.interlock.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sealing.SealedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Claim;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.IntegrityException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Writes from which providers were missing: what they are brought later, and that nothing else is believed. */
final class CustodyTest {
    private static final List<ShareIndex> PATH = MemoryRing.xs(2, 3, 4);
    private static final ShareIndex K = new ShareIndex(1);
    /** Those of K where it alone is missing. */
    private static final List<ShareIndex> CUSTODIANS = Custody.custodians(PATH, List.of(K), K);

    @Test
    void everyTOfThoseThatWereThereOpenItAndLaterEveryT() {
        byte[] m = message(100);
        for (int n = 3; n <= 5; n++) {
            for (int t = 2; t < n; t++) {
                MemoryRing memory = new MemoryRing(n, t, 70 + n);
                List<ShareIndex> all = memory.all();
                for (int there = t + 1; there < n; there++) {
                    for (List<ShareIndex> path : subsets(all, there)) {
                        StatementHash object = memory.write(m, path);
                        opensByEvery(memory, object, m, path, t);
                        List<ShareIndex> missing = Write.missing(memory.ring, path);
                        assertThat(missing).hasSize(n - there).doesNotContainAnyElementsOf(path);
                        // Back in the other order, from the second of their custodians.
                        for (ShareIndex k : missing.reversed()) {
                            List<ShareIndex> at = Custody.custodians(path, missing, k);
                            assertThat(at).doesNotHaveDuplicates().hasSize(2);
                            var _ = memory.bring(object, at.getLast(), k);
                        }
                        complete(memory, object);
                        opensByEvery(memory, object, m, all, t);
                    }
                }
            }
        }
    }

    /** Everyone asks whose turn it is, as often as that helps. */
    private static void complete(MemoryRing memory, StatementHash object) {
        List<ShareIndex> all = memory.all();
        for (ShareIndex x : Collections.nCopies(all.size(), all).stream()
                .flatMap(List::stream)
                .toList()) {
            List<ShareIndex> unsigned = memory.cc(x).chain(object).unsigned();
            if (!unsigned.isEmpty()) {
                var _ = memory.cc(x)
                        .learn(object, memory.cc(unsigned.getFirst()).chain(object));
            }
        }
        all.forEach(x -> memory.cc(x).chain(object).verifyComplete(memory.ring.keys()));
    }

    private static void opensByEvery(MemoryRing memory, StatementHash object, byte[] m, List<ShareIndex> of, int t) {
        List<ShareIndex> homes =
                Token.decode(memory.cc(of.getFirst()).chain(object).token()).homes();
        for (List<ShareIndex> s : subsets(of, t)) {
            ShareIndex home = s.stream().filter(homes::contains).findFirst().orElse(homes.getFirst());
            assertThat(memory.read(object, s, home)).isEqualTo(m);
        }
    }

    @Test
    void nobodySignsBeforeItsTurn() {
        MemoryRing memory = new MemoryRing(5, 2, 5);
        List<ShareIndex> path = MemoryRing.xs(3, 1, 5);
        List<ShareIndex> missing = MemoryRing.xs(2, 4);
        ShareIndex first = missing.getFirst();
        ShareIndex second = missing.getLast();
        StatementHash object = memory.write(message(10), path);
        SignatureChain early =
                memory.bring(object, Custody.custodians(path, missing, second).getFirst(), second);
        assertThat(early.unsigned()).isEqualTo(missing);
        SignatureChain longer =
                memory.bring(object, Custody.custodians(path, missing, first).getFirst(), first);
        assertThat(longer.unsigned()).containsExactly(second);
        assertThat(Custody.describe(memory.ring, longer)).isEqualTo("cc4's share waits at cc3 and cc5");
        assertThat(memory.cc(second).learn(object, longer).unsigned()).isEmpty();
        // What is there already isn't made shorter, and isn't signed twice.
        assertThat(memory.cc(second).learn(object, early).participations()).hasSize(5);
    }

    @Test
    void aWrongShareIsNoticedAndTheOtherCustodianServes() {
        MemoryRing memory = new MemoryRing(4, 2, 6);
        StatementHash object = memory.write(message(50), PATH);
        byte[] waiting = memory.cc(CUSTODIANS.getFirst()).waiting.get(object).get(K);
        waiting[waiting.length - 20] ^= 1;
        assertThatThrownBy(() -> memory.bring(object, CUSTODIANS.getFirst(), K))
                .isInstanceOf(SealedException.Broken.class);
        assertThat(memory.cc(K).shares).isEmpty();
        assertThat(memory.bring(object, CUSTODIANS.getLast(), K).unsigned()).isEmpty();
    }

    /** The dealer seals something else than what it signs for. */
    @Test
    void aShareThatItsDealerDidntSignForIsNoticed() {
        MemoryRing memory = new MemoryRing(4, 2, 7).with(new MemoryRing.Tap() {
            @Override
            public MemoryRing.DealtShare dealt(ShareIndex to, MemoryRing.DealtShare share) {
                if (to.equals(K)) {
                    MemorySegment bytes = share.share();
                    bytes.set(ValueLayout.JAVA_BYTE, 0, (byte) (bytes.get(ValueLayout.JAVA_BYTE, 0) ^ 1));
                }
                return share;
            }
        });
        StatementHash object = memory.write(message(50), PATH);
        for (ShareIndex custodian : CUSTODIANS) {
            assertThatThrownBy(() -> memory.bring(object, custodian, K))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessageContaining("isn't the one that dealer1 signed for");
        }
        assertThat(memory.cc(K).shares).isEmpty();
    }

    @Test
    void onlyWhoWasMissingTakesItAndOnlyItsOwn() {
        MemoryRing memory = new MemoryRing(5, 2, 8);
        List<ShareIndex> missing = MemoryRing.xs(1, 5);
        StatementHash object = memory.write(message(50), PATH);
        ShareIndex at = Custody.custodians(PATH, missing, K).getFirst();
        byte[] sealed = memory.cc(at).waiting.get(object).get(K);
        ShareIndex there = PATH.getFirst();
        memory.cc(at).waiting.put(object, new HashMap<>());
        memory.cc(at).waiting.get(object).put(there, sealed);
        memory.cc(at).waiting.get(object).put(missing.getLast(), sealed);
        assertThatThrownBy(() -> memory.bring(object, at, there))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("cc2 wasn't missing");
        assertThatThrownBy(() -> memory.bring(object, at, missing.getLast()))
                .isInstanceOf(SealedException.WrongKey.class);
    }

    /** Nobody takes part in a write that lays an object under another's key at a provider that isn't there to ask. */
    @Test
    void aClaimThatItsKeyDidntSignIsNotTaken() {
        MemoryRing memory = new MemoryRing(4, 2, 12);
        memory.with(new MemoryRing.Tap() {
            @Override
            public Claim claimed(Claim claim) {
                byte[] forged = claim.signature().clone();
                forged[0] ^= 1;
                return new Claim(claim.x(), claim.key(), forged);
            }
        });
        assertThatThrownBy(() -> memory.write(message(50), PATH)).isInstanceOf(BadSignatureException.class);
    }

    @Test
    void aChainThatDoesntHoldIsNotTaken() {
        MemoryRing memory = new MemoryRing(4, 2, 9);
        StatementHash object = memory.write(message(50), PATH);
        StatementHash another = memory.write(message(50), PATH);
        SignatureChain own = memory.cc(PATH.getFirst()).chain(object);
        SignatureChain good = memory.bring(object, CUSTODIANS.getFirst(), K);
        SignatureChain foreign = memory.bring(another, CUSTODIANS.getFirst(), K);
        assertThatThrownBy(() -> Custody.longer(memory.ring, own, foreign))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("another token");
        List<Participation> forged = new ArrayList<>(good.participations());
        forged.set(3, foreign.participations().getLast());
        assertThatThrownBy(() -> Custody.longer(memory.ring, own, new SignatureChain(own.token(), forged)))
                .isInstanceOf(BadSignatureException.class);
        assertThat(Custody.longer(memory.ring, own, good)).isEqualTo(good);
        assertThat(Custody.longer(memory.ring, good, own)).isEqualTo(good);
    }

    @Test
    void nobodyElseSeesTheShare() {
        MemoryRing memory = new MemoryRing(4, 2, 10);
        StatementHash object = memory.write(message(300), PATH);
        var _ = memory.bring(object, CUSTODIANS.getFirst(), K);
        String share = text(MemoryRing.bytes(memory.cc(K).shares.get(object).share()));
        for (ShareIndex x : PATH) {
            memory.cc(x).seen.forEach(seen -> assertThat(text(seen)).doesNotContain(share));
        }
    }

    private static byte[] message(int length) {
        byte[] m = new byte[length];
        for (int i = 0; i < length; i++) {
            m[i] = (byte) (31 * i + 7);
        }
        return m;
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static List<List<ShareIndex>> subsets(List<ShareIndex> all, int size) {
        return IntStream.range(0, 1 << all.size())
                .filter(bits -> Integer.bitCount(bits) == size)
                .mapToObj(bits -> IntStream.range(0, all.size())
                        .filter(i -> (bits >> i & 1) == 1)
                        .mapToObj(all::get)
                        .toList())
                .toList();
    }
}
