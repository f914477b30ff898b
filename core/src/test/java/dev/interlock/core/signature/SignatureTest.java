package dev.interlock.core.signature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.signers.Ed25519Signer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Labelled Ed25519, against Bouncy Castle's own signer over the labelled message. */
final class SignatureTest {
    private static final byte[] MESSAGE = "u_m".getBytes(StandardCharsets.US_ASCII);

    @ParameterizedTest
    @CsvSource({
        "RING_DESCRIPTOR, interlock/v1/ring-descriptor",
        "NODE_CARD,       interlock/v1/node-card",
        "CLIENT_REQUEST,  interlock/v1/client-request",
        "CLAIM,           interlock/v1/claim",
        "STATEMENT,       interlock/v1/statement",
        "OWNER_COMMAND,   interlock/v1/owner-command",
        "COMMAND,         interlock/v1/command",
        "SHARE_ROOTS,     interlock/v1/share-roots",
        "SUM_ROOT,        interlock/v1/sum-root",
        "PARTICIPATION,   interlock/v1/participation",
        "CERTIFICATE,     interlock/v1/certificate",
        "ABANDONMENT,     interlock/v1/abandonment",
        "NO_CERTIFICATE,  interlock/v1/no-certificate",
        "HOLDING,         interlock/v1/holding",
        "RECEIPT,         interlock/v1/receipt"
    })
    void aSignatureIsEd25519OverTheLabelAndTheMessage(Purpose purpose, String label) {
        byte[] seed = seed(1);
        Ed25519PrivateKeyParameters reference = new Ed25519PrivateKeyParameters(seed);
        Ed25519Signer signer = new Ed25519Signer();
        signer.init(true, reference);
        signer.update((byte) label.length());
        signer.update(label.getBytes(StandardCharsets.US_ASCII), 0, label.length());
        signer.update(MESSAGE, 0, MESSAGE.length);

        try (SigningKey key = new SigningKey(SecretBytes.copyOf(seed))) {
            assertThat(key.sign(purpose, MESSAGE)).isEqualTo(signer.generateSignature());
            assertThat(key.verifyingKey().bytes())
                    .isEqualTo(reference.generatePublicKey().getEncoded());
        }
    }

    /** RFC 8032 §7.1, test 1: the label keeps its signature out of reach, its public key it doesn't. */
    @Test
    void thePublicKeyIsThatOfTheRfc() {
        try (SigningKey key = new SigningKey(SecretBytes.copyOf(
                HexFormat.of().parseHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")))) {
            assertThat(key.verifyingKey())
                    .hasToString("ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        }
    }

    @Test
    void aSignatureServesNoOtherPurpose() {
        try (SigningKey key = key(1)) {
            for (Purpose made : Purpose.values()) {
                byte[] signature = key.sign(made, MESSAGE);
                for (Purpose used : Purpose.values()) {
                    if (used == made) {
                        key.verifyingKey().verify(used, MESSAGE, signature);
                    } else {
                        assertThatThrownBy(() -> key.verifyingKey().verify(used, MESSAGE, signature))
                                .as("made for %s, used for %s", made, used)
                                .isInstanceOf(BadSignatureException.class);
                    }
                }
            }
        }
    }

    @Test
    void aSignatureByAnotherKeyIsRejectedAndBothPurposeAndKeyAreNamed() {
        try (SigningKey key = key(1);
                SigningKey other = key(2)) {
            byte[] signature = other.sign(Purpose.SHARE_ROOTS, MESSAGE);
            assertThatThrownBy(() -> key.verifyingKey().verify(Purpose.SHARE_ROOTS, MESSAGE, signature))
                    .isInstanceOf(BadSignatureException.class)
                    .hasMessageContaining("share roots signature")
                    .hasMessageContaining(key.verifyingKey().toString());
        }
    }

    @Test
    void everyChangedByteOfTheSignatureIsRejected() {
        try (SigningKey key = key(1)) {
            byte[] signature = key.sign(Purpose.RECEIPT, MESSAGE);
            for (int i = 0; i < signature.length; i++) {
                byte[] changed = signature.clone();
                changed[i] ^= (byte) 0x80;
                assertThatThrownBy(() -> key.verifyingKey().verify(Purpose.RECEIPT, MESSAGE, changed))
                        .as("byte %d", i)
                        .isInstanceOf(BadSignatureException.class);
            }
        }
    }

    @Test
    void everyChangedByteOfTheMessageIsRejected() {
        try (SigningKey key = key(1)) {
            byte[] message = seed(9);
            byte[] signature = key.sign(Purpose.RECEIPT, message);
            for (int i = 0; i < message.length; i++) {
                byte[] changed = message.clone();
                changed[i] ^= 1;
                assertThatThrownBy(() -> key.verifyingKey().verify(Purpose.RECEIPT, changed, signature))
                        .as("byte %d", i)
                        .isInstanceOf(BadSignatureException.class);
            }
        }
    }

    /** s and s + ℓ verify the same equation; only the smaller is a signature, else anyone could make a second one. */
    @Test
    void theSameSignatureInAnotherFormIsRejected() {
        byte[] order = HexFormat.of().parseHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        try (SigningKey key = key(1)) {
            byte[] signature = key.sign(Purpose.RECEIPT, MESSAGE);
            int carry = 0;
            for (int i = 0; i < 32; i++) {
                carry += (signature[32 + i] & 0xFF) + (order[i] & 0xFF);
                signature[32 + i] = (byte) carry;
                carry >>>= 8;
            }
            assertThatThrownBy(() -> key.verifyingKey().verify(Purpose.RECEIPT, MESSAGE, signature))
                    .isInstanceOf(BadSignatureException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 32, 63, 65, 128})
    void aSignatureOfAnotherLengthIsRejected(int length) {
        try (SigningKey key = key(1)) {
            byte[] cut = Arrays.copyOf(key.sign(Purpose.RECEIPT, MESSAGE), length);
            assertThatThrownBy(() -> key.verifyingKey().verify(Purpose.RECEIPT, MESSAGE, cut))
                    .isInstanceOf(BadSignatureException.class);
        }
    }

    @ParameterizedTest
    // The points of order 1, 2, 4 and 8: under such a key one signature verifies many messages.
    @ValueSource(
            strings = {
                "0100000000000000000000000000000000000000000000000000000000000000",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "0000000000000000000000000000000000000000000000000000000000000000",
                "0000000000000000000000000000000000000000000000000000000000000080",
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"
            })
    void aPublicKeyOfLowOrderIsRejected(String hex) {
        rejectsKey(HexFormat.of().parseHex(hex));
    }

    @Test
    void bytesThatAreNoPublicKeyAreRejected() {
        byte[] notCanonical = new byte[32];
        Arrays.fill(notCanonical, (byte) 0xFF);
        rejectsKey(notCanonical);
        // y = 2 has no x on the curve.
        byte[] offTheCurve = new byte[32];
        offTheCurve[0] = 2;
        rejectsKey(offTheCurve);
        rejectsKey(new byte[0]);
        rejectsKey(new byte[31]);
        rejectsKey(Arrays.copyOf(key(1).verifyingKey().bytes(), 33));
    }

    @Test
    void aPublicKeyIsReadAgainAsItWasWritten() {
        VerifyingKey key = key(1).verifyingKey();
        assertThat(VerifyingKey.parse(key.toString())).isEqualTo(key);
        assertThat(VerifyingKey.of(key.bytes())).isEqualTo(key);
        assertThat(key).isNotEqualTo(key(2).verifyingKey());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                "ed25519:D75A980182B10AB7D54BFED3C964073A0EE172F3DAA62325AF021A68F707511A",
                "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511",
                "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a0",
                "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n",
                "ed448:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
            })
    void aPublicKeyWrittenOtherwiseIsRejected(String text) {
        assertThatThrownBy(() -> VerifyingKey.parse(text)).isInstanceOf(MalformedException.class);
    }

    @Test
    void aKeyCannotBeChangedThroughItsBytes() {
        byte[] bytes = key(1).verifyingKey().bytes();
        VerifyingKey key = VerifyingKey.of(bytes);
        bytes[0] ^= 1;
        key.bytes()[0] ^= 1;
        assertThat(key).isEqualTo(key(1).verifyingKey());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 31, 33, 64})
    void aSeedOfAnotherLengthIsRefused(int length) {
        try (SecretBytes seed = SecretBytes.allocate(length)) {
            assertThatThrownBy(() -> new SigningKey(seed))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("an Ed25519 seed has 32 bytes, not " + length);
        }
    }

    @Test
    void aClosedKeySignsNoMoreAndItsSeedIsGone() {
        SecretBytes seed = SecretBytes.copyOf(seed(1));
        SigningKey key = new SigningKey(seed);
        byte[] signature = key.sign(Purpose.RECEIPT, MESSAGE);
        key.close();
        assertThatThrownBy(() -> key.sign(Purpose.RECEIPT, MESSAGE)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(seed::copyToHeap).isInstanceOf(IllegalStateException.class);
        assertThatCode(() -> key.verifyingKey().verify(Purpose.RECEIPT, MESSAGE, signature))
                .doesNotThrowAnyException();
    }

    private static void rejectsKey(byte[] bytes) {
        assertThatThrownBy(() -> VerifyingKey.of(bytes))
                .isInstanceOf(MalformedException.class)
                .hasMessageEndingWith("no Ed25519 public key");
    }

    private static SigningKey key(long seed) {
        return new SigningKey(SecretBytes.taking(seed(seed)));
    }

    private static byte[] seed(long seed) {
        byte[] bytes = new byte[SigningKey.SEED_BYTES];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
