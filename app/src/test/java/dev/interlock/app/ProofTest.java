package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Proof;
import dev.interlock.protocol.error.IntegrityException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A proof of participation holds anywhere, offline, and nothing that was changed in it does. */
@Timeout(240)
final class ProofTest {
    @TempDir
    private static Path dir;

    private static TestRing ring;
    private static RingFolder otherRing;
    private static Token token;
    private static Proof proof;

    /** All nodes are stopped before the first check. */
    @BeforeAll
    static void start() throws Exception {
        ring = TestRing.start(dir, 2, 3, TestRing.PATIENT);
        token = Way.ONE.put(ring.owner(), dir, new byte[100]).token();
        proof = ring.owner().proof(token.object());
        ring.close();
        otherRing = RingFolder.create(
                dir.resolve("other"), "test", 2, 3, 1, TestRing.freePorts(4), EnumSet.allOf(Profile.class));
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    private static void broken(Proof changed, String... says) {
        broken(() -> changed.verify(ring.descriptor()), says);
    }

    private static void broken(ThrowingCallable check, String... says) {
        assertThatThrownBy(check).isInstanceOf(IntegrityException.class).hasMessageContainingAll(says);
    }

    private static Proof with(List<Participation> signatures) {
        return new Proof(new SignatureChain(proof.chain().token(), signatures), proof.providers());
    }

    @Test
    void holdsOffline() {
        Token u = Proof.decode(proof.encode()).verify(ring.descriptor());
        assertThat(u.encode()).isEqualTo(token.encode());
        assertThat(proof.providers()).extracting(Proof.Certificate::name).containsExactlyElementsOf(ring.route(token));
    }

    @Test
    void ofAnotherRing() {
        broken(
                () -> proof.verify(otherRing.descriptor()),
                "made on the ring",
                ring.descriptor().id().toString());
    }

    @Test
    void aChangedTokenIsNotSigned() {
        byte[] u = proof.chain().token();
        int holds = 0;
        for (int at = 0; at < u.length; at++) {
            Proof changed = new Proof(
                    new SignatureChain(LyingStore.flipped(u, at), proof.chain().participations()), proof.providers());
            try {
                var _ = changed.verify(ring.descriptor());
                holds++;
            } catch (IntegrityException | MalformedException e) {
                assertThat(e.getMessage()).as("byte %d", at).isNotEmpty();
            }
        }
        assertThat(holds).isZero();
        // Past all that is compared with the descriptor: the time, its last byte.
        broken(
                new Proof(
                        new SignatureChain(
                                LyingStore.flipped(u, u.length - 1),
                                proof.chain().participations()),
                        proof.providers()),
                "a signature doesn't hold");
    }

    @Test
    void aChangedSignature() {
        for (int i = 0; i < 3; i++) {
            for (int at : new int[] {0, 31, 32, 63}) {
                List<Participation> signatures = new ArrayList<>(proof.chain().participations());
                Participation good = signatures.get(i);
                signatures.set(i, new Participation(good.ciphertextRoot(), LyingStore.flipped(good.signature(), at)));
                broken(with(signatures), "a signature doesn't hold");
            }
        }
    }

    @Test
    void aSignatureOfAnotherObject() throws Exception {
        List<Participation> signatures = new ArrayList<>(proof.chain().participations());
        signatures.set(2, signatures.get(1));
        broken(with(signatures), "a signature doesn't hold");
    }

    @Test
    void reorderedSignatures() {
        List<Participation> signatures = new ArrayList<>(proof.chain().participations());
        Collections.swap(signatures, 0, 2);
        broken(with(signatures), "not in the order");
    }

    @Test
    void aMissingSignature() {
        broken(with(proof.chain().participations().subList(0, 2)), "2 signatures", "3 providers");
    }

    @Test
    void aMissingProvider() {
        String missing = proof.providers().get(1).name();
        broken(
                new Proof(
                        proof.chain(),
                        List.of(proof.providers().get(0), proof.providers().get(2))),
                "the provider " + missing + " is missing");
        List<Proof.Certificate> twice = new ArrayList<>(proof.providers());
        twice.add(twice.getFirst());
        broken(new Proof(proof.chain(), twice), "4 providers");
    }

    @Test
    void anotherProvidersData() {
        Proof.Certificate c = proof.providers().getFirst();
        for (Proof.Certificate other : List.of(
                new Proof.Certificate(c.x(), "cc9", c.address(), c.tlsPin(), c.key()),
                new Proof.Certificate(c.x(), c.name(), "127.0.0.1:1", c.tlsPin(), c.key()),
                new Proof.Certificate(c.x(), c.name(), c.address(), "0".repeat(64), c.key()),
                new Proof.Certificate(
                        c.x(),
                        c.name(),
                        c.address(),
                        c.tlsPin(),
                        proof.providers().get(1).key()))) {
            List<Proof.Certificate> changed = new ArrayList<>(proof.providers());
            changed.set(0, other);
            broken(new Proof(proof.chain(), changed), "isn't what the ring's descriptor says");
        }
    }

    @Test
    void theOrderOfTheProviders() {
        broken(new Proof(proof.chain(), proof.providers().reversed()), "order");
    }

    private static void malformed(byte[] bytes, String says) {
        assertThatThrownBy(() -> Proof.decode(bytes))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining(says);
    }

    @Test
    void noProofAtAll() {
        String text = new String(proof.encode(), StandardCharsets.UTF_8);
        malformed(
                text.replace("proof 2", "proof 3").getBytes(StandardCharsets.UTF_8), "this program reads that version");
        for (int length : new int[] {0, 1, 20, text.length() / 2, text.length() - 1}) {
            malformed(text.substring(0, length).getBytes(StandardCharsets.UTF_8), "the proof");
        }
        malformed((text + "x").getBytes(StandardCharsets.UTF_8), "the proof");
        String chain = Base64.getEncoder().encodeToString(proof.chain().encode());
        assertThat(text).contains(chain);
        byte[] cut = Arrays.copyOf(proof.chain().encode(), 100);
        malformed(text.replace(chain, Base64.getEncoder().encodeToString(cut)).getBytes(StandardCharsets.UTF_8), "");
        malformed(text.replace("\"providers\"", "\"provider\"").getBytes(StandardCharsets.UTF_8), "the proof");
    }

    @Test
    void everyByteOfTheFile() {
        byte[] file = proof.encode();
        for (int at = 0; at < file.length; at += 7) {
            byte[] changed = LyingStore.flipped(file, at);
            assertThatThrownBy(() -> Proof.decode(changed).verify(ring.descriptor()))
                    .as("byte %d", at)
                    .isInstanceOfAny(IntegrityException.class, MalformedException.class);
        }
    }
}
