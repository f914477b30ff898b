package dev.interlock.protocol.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.SeededRandom;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SeedCredentialTest {
    private static final byte[] SEED = new SeededRandom(1).bytes(SeedCredential.SEED_BYTES);
    private static final RingId RING = new RingId(1, 2);
    private static final RingId OTHER_RING = new RingId(1, 3);
    private static final byte[] MESSAGE = {1, 2, 3};

    private static SeedCredential credential() {
        return new SeedCredential(SecretBytes.copyOf(SEED));
    }

    @Test
    void everyNodeOfEveryRingKnowsTheUserByAnotherKey() {
        try (SeedCredential user = credential()) {
            Set<VerifyingKey> keys = new HashSet<>();
            for (RingId ring : new RingId[] {RING, OTHER_RING, new RingId(2, 1)}) {
                for (String node : new String[] {"cc1", "cc2", "cc11", "dealer1", "c", "c1"}) {
                    assertThat(keys.add(user.publicKey(ring, node)))
                            .as("%s in %s has a key of its own", node, ring)
                            .isTrue();
                }
            }
        }
    }

    @Test
    void keysAndOwnerAreTheSameInEveryInstance() {
        try (SeedCredential laptop = credential();
                SeedCredential phone = credential()) {
            assertThat(laptop.publicKey(RING, "cc1")).isEqualTo(phone.publicKey(RING, "cc1"));
            assertThat(laptop.owner(RING)).isEqualTo(phone.owner(RING));
        }
    }

    @Test
    void theOwnerIsAnotherInEveryRing() {
        try (SeedCredential user = credential()) {
            assertThat(user.owner(RING)).hasSize(16).isNotEqualTo(user.owner(OTHER_RING));
        }
    }

    @Test
    void anotherSeedIsAnotherUser() {
        byte[] changed = SEED.clone();
        changed[31] ^= 1;
        try (SeedCredential one = credential();
                SeedCredential two = new SeedCredential(SecretBytes.copyOf(changed))) {
            assertThat(one.publicKey(RING, "cc1")).isNotEqualTo(two.publicKey(RING, "cc1"));
            assertThat(one.owner(RING)).isNotEqualTo(two.owner(RING));
        }
    }

    @Test
    void aSignatureHoldsForItsNodeAndAsARequestOnly() {
        try (SeedCredential user = credential()) {
            byte[] signature = user.sign(RING, "cc1", MESSAGE);
            user.publicKey(RING, "cc1").verify(Purpose.CLIENT_REQUEST, MESSAGE, signature);
            assertThatThrownBy(() -> user.publicKey(RING, "cc2").verify(Purpose.CLIENT_REQUEST, MESSAGE, signature))
                    .isInstanceOf(BadSignatureException.class);
            assertThatThrownBy(() -> user.publicKey(RING, "cc1").verify(Purpose.TOKEN_CHAIN, MESSAGE, signature))
                    .isInstanceOf(BadSignatureException.class);
        }
    }

    /** RFC 5869, written out with HMAC alone. */
    @Test
    void keysAreHkdfOfTheSeed() throws Exception {
        byte[] prk = hmac("interlock/v1/credential".getBytes(StandardCharsets.US_ASCII), SEED);
        byte[] seed = hmac(prk, info("request key", "cc1"), new byte[] {1});
        byte[] owner = Arrays.copyOf(hmac(prk, info("owner", ""), new byte[] {1}), 16);
        try (SeedCredential user = credential();
                SigningKey expected = new SigningKey(SecretBytes.taking(seed))) {
            assertThat(user.publicKey(RING, "cc1")).isEqualTo(expected.verifyingKey());
            assertThat(user.owner(RING)).isEqualTo(owner);
        }
    }

    private static byte[] info(String use, String node) {
        return ByteBuffer.allocate(1 + use.length() + 16 + 1 + node.length())
                .put((byte) use.length())
                .put(use.getBytes(StandardCharsets.US_ASCII))
                .put(RING.bytes())
                .put((byte) node.length())
                .put(node.getBytes(StandardCharsets.US_ASCII))
                .array();
    }

    private static byte[] hmac(byte[] key, byte[]... parts) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        for (byte[] part : parts) {
            mac.update(part);
        }
        return mac.doFinal();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 16, 31, 33})
    void aSeedOfAnotherLengthIsRefused(int length) {
        try (SecretBytes seed = SecretBytes.allocate(length)) {
            assertThatThrownBy(() -> new SeedCredential(seed))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a credential has 32 secret bytes, not " + length);
        }
    }

    @Test
    void aClosedCredentialSignsNoMore() {
        SecretBytes seed = SecretBytes.copyOf(SEED);
        SeedCredential user = new SeedCredential(seed);
        byte[] _ = user.sign(RING, "cc1", MESSAGE);
        user.close();
        assertThatThrownBy(() -> user.sign(RING, "cc1", MESSAGE)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> user.owner(RING)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(seed::copyToHeap).isInstanceOf(IllegalStateException.class);
    }
}
