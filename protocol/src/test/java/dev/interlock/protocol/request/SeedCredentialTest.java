package dev.interlock.protocol.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.SeededRandom;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.names.Name;
import dev.interlock.protocol.names.NameKeys;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Map;
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
    private static final byte[] NONCE = new SeededRandom(2).bytes(OwnerKey.NONCE_BYTES);
    private static final byte[] MESSAGE = {1, 2, 3};

    private static SeedCredential credential() {
        return new SeedCredential(SecretBytes.copyOf(SEED));
    }

    @Test
    void namesHaveKeysOfTheirOwnInEachRing() {
        try (SeedCredential credential = new SeedCredential(SecretBytes.allocate(SeedCredential.SEED_BYTES));
                NameKeys here = credential.nameKeys(new RingId(1, 2));
                NameKeys again = credential.nameKeys(new RingId(1, 2));
                NameKeys there = credential.nameKeys(new RingId(1, 3))) {
            Name name = Name.of("backups/db.key");
            assertThat(again.owner()).isEqualTo(here.owner()).isNotEqualTo(there.owner());
            assertThat(again.tag(name)).isEqualTo(here.tag(name)).isNotEqualTo(there.tag(name));
            assertThatThrownBy(() -> credential.nameSecret(new RingId(1, 2), 2)).isInstanceOf(RefusedException.class);
        }
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
            assertThat(ownerOf(laptop, NONCE)).isEqualTo(ownerOf(phone, NONCE));
        }
    }

    private static VerifyingKey ownerOf(SeedCredential user, byte[] nonce) {
        try (SigningKey key = user.ownerKey(1, nonce)) {
            return key.verifyingKey();
        }
    }

    /** It depends on no ring and no node: an object keeps its id where it moves. */
    @Test
    void everyObjectHasAnOwnersKeyOfItsOwnInAllRings() {
        try (SeedCredential user = credential()) {
            byte[] other = NONCE.clone();
            other[31] ^= 1;
            assertThat(ownerOf(user, NONCE)).isEqualTo(ownerOf(user, NONCE)).isNotEqualTo(ownerOf(user, other));
            assertThat(ownerOf(user, NONCE))
                    .isNotEqualTo(user.publicKey(RING, "cc1"))
                    .isNotEqualTo(user.publicKey(OTHER_RING, "cc1"));
            OwnerKey here = new OwnerKey(1, NONCE, ownerOf(user, NONCE));
            OwnerKey there = new OwnerKey(1, other, ownerOf(user, other));
            assertThat(here.object()).isNotEqualTo(there.object());
            // The nonce is in the id beside the key.
            assertThat(here.object()).isNotEqualTo(new OwnerKey(1, other, here.key()).object());
        }
    }

    @Test
    void anotherVersionOfTheRootSecretIsntThere() {
        try (SeedCredential user = credential()) {
            assertThat(user.rootVersion()).isEqualTo(1);
            for (int version : new int[] {0, 2}) {
                assertThatThrownBy(() -> user.ownerKey(version, NONCE))
                        .isInstanceOf(RefusedException.class)
                        .hasMessage(
                                "this credential has version 1 of its user's root secret, and the object is of version "
                                        + version);
            }
        }
    }

    @Test
    void anObjectIsItsUsersIfItsKeyDerivesFromTheRootSecret() {
        byte[] changed = SEED.clone();
        changed[0] ^= 1;
        try (SeedCredential user = credential();
                SeedCredential other = new SeedCredential(SecretBytes.copyOf(changed))) {
            OwnerKey own = user.newOwner(new SeededRandom(3));
            assertThat(own.rootVersion()).isEqualTo(1);
            assertThat(user.owns(own)).isTrue();
            assertThat(other.owns(own)).isFalse();
            // The same nonce under another's key, and another nonce under its own: a provider could say either.
            assertThat(user.owns(new OwnerKey(1, own.nonce(), ownerOf(other, own.nonce()))))
                    .isFalse();
            assertThat(user.owns(new OwnerKey(1, NONCE, own.key()))).isFalse();
            assertThat(user.owns(new OwnerKey(2, own.nonce(), own.key()))).isFalse();
            assertThat(user.newOwner(new SeededRandom(4)).object()).isNotEqualTo(own.object());
        }
    }

    @Test
    void anotherSeedIsAnotherUser() {
        byte[] changed = SEED.clone();
        changed[31] ^= 1;
        try (SeedCredential one = credential();
                SeedCredential two = new SeedCredential(SecretBytes.copyOf(changed))) {
            assertThat(one.publicKey(RING, "cc1")).isNotEqualTo(two.publicKey(RING, "cc1"));
            assertThat(ownerOf(one, NONCE)).isNotEqualTo(ownerOf(two, NONCE));
        }
    }

    @Test
    void aSignatureHoldsForItsNodeAndItsPurposeOnly() {
        try (SeedCredential user = credential()) {
            Map<Purpose, byte[]> signatures = Map.of(
                    Purpose.CLIENT_REQUEST, user.sign(RING, "cc1", MESSAGE),
                    Purpose.COMMAND, user.signCommand(RING, "cc1", MESSAGE),
                    Purpose.CLAIM, user.signClaim(RING, "cc1", MESSAGE));
            signatures.forEach((purpose, signature) -> {
                user.publicKey(RING, "cc1").verify(purpose, MESSAGE, signature);
                assertThatThrownBy(() -> user.publicKey(RING, "cc2").verify(purpose, MESSAGE, signature))
                        .isInstanceOf(BadSignatureException.class);
                for (Purpose other : Purpose.values()) {
                    if (other != purpose) {
                        assertThatThrownBy(() -> user.publicKey(RING, "cc1").verify(other, MESSAGE, signature))
                                .isInstanceOf(BadSignatureException.class);
                    }
                }
            });
        }
    }

    /** RFC 5869, written out with HMAC alone. */
    @Test
    void keysAreHkdfOfTheSeed() throws Exception {
        byte[] prk = hmac("interlock/v1/credential".getBytes(StandardCharsets.US_ASCII), SEED);
        ByteBuffer request = ByteBuffer.allocate(32).put((byte) 11).put(ascii("request key"));
        request.put(RING.bytes()).put((byte) 3).put(ascii("cc1"));
        byte[] seed = hmac(prk, request.array(), new byte[] {1});
        ByteBuffer owner = ByteBuffer.allocate(46).put((byte) 9).put(ascii("owner key"));
        owner.putInt(1).put(NONCE);
        byte[] ownerSeed = hmac(prk, owner.array(), new byte[] {1});
        try (SeedCredential user = credential();
                SigningKey expected = new SigningKey(SecretBytes.taking(seed));
                SigningKey expectedOwner = new SigningKey(SecretBytes.taking(ownerSeed))) {
            assertThat(user.publicKey(RING, "cc1")).isEqualTo(expected.verifyingKey());
            assertThat(ownerOf(user, NONCE)).isEqualTo(expectedOwner.verifyingKey());
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
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
        assertThatThrownBy(() -> user.ownerKey(1, NONCE)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(seed::copyToHeap).isInstanceOf(IllegalStateException.class);
    }
}
