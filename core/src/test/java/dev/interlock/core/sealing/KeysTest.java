package dev.interlock.core.sealing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class KeysTest {
    private static final SecureRandom RANDOM = new SecureRandom();

    @ParameterizedTest
    @EnumSource
    void textIsThePublicKey(Kem kem) {
        try (OpeningKey key = OpeningKey.generate(kem, RANDOM)) {
            RecipientKey recipient = key.recipient();
            assertThat(recipient.kem()).isEqualTo(kem);
            assertThat(recipient.bytes()).hasSize(kem.publicKeyBytes());
            assertThat(recipient.toString())
                    .isEqualTo(kem.label() + ":" + HexFormat.of().formatHex(recipient.bytes()));
            RecipientKey parsed = RecipientKey.parse(recipient.toString());
            assertThat(parsed).isEqualTo(recipient).hasSameHashCodeAs(recipient);
            assertThat(parsed.recipientId()).isEqualTo(recipient.recipientId()).hasSize(16);
        }
    }

    @Test
    void sizesAreTheSpecifications() {
        assertThat(Kem.X25519.publicKeyBytes()).isEqualTo(32);
        assertThat(Kem.X25519.encBytes()).isEqualTo(32);
        assertThat(Kem.XWING.publicKeyBytes()).isEqualTo(1216);
        assertThat(Kem.XWING.encBytes()).isEqualTo(1120);
        assertThat(Kem.of(1)).isEqualTo(Kem.X25519);
        assertThat(Kem.of(2)).isEqualTo(Kem.XWING);
        assertThatThrownBy(() -> Kem.of(3)).isInstanceOf(MalformedException.class);
    }

    @ParameterizedTest
    @EnumSource
    void recipientIdIsAHashOfTheKey(Kem kem) throws Exception {
        try (OpeningKey key = OpeningKey.generate(kem, RANDOM)) {
            MessageDigest hash = MessageDigest.getInstance("SHA-256");
            hash.update((byte) 22);
            hash.update("interlock/v1/recipient".getBytes(StandardCharsets.US_ASCII));
            hash.update((byte) kem.code());
            byte[] expected = Arrays.copyOf(hash.digest(key.recipient().bytes()), 16);
            assertThat(key.recipient().recipientId()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theSecretMakesTheSameKeyAgain(Kem kem) {
        try (OpeningKey key = OpeningKey.generate(kem, RANDOM);
                OpeningKey again = OpeningKey.of(kem, SecretBytes.taking(key.copyToHeap()));
                OpeningKey other = OpeningKey.generate(kem, RANDOM)) {
            assertThat(again.recipient()).isEqualTo(key.recipient()).isNotEqualTo(other.recipient());
        }
    }

    @Test
    void secretsOfAnotherLength() {
        for (int wrong : new int[] {0, 31, 33}) {
            try (SecretBytes secret = SecretBytes.allocate(wrong)) {
                assertThatThrownBy(() -> OpeningKey.of(Kem.XWING, secret))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("32 bytes, not " + wrong);
            }
        }
    }

    @Test
    void closeWipes() {
        SecretBytes secret = SecretBytes.random(OpeningKey.BYTES, RANDOM);
        OpeningKey key = OpeningKey.of(Kem.X25519, secret);
        var segment = secret.segment();
        key.close();
        key.close();
        assertThat(segment.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
        assertThatThrownBy(key::copyToHeap).isInstanceOf(IllegalStateException.class);
    }

    // u = 0, 1, the two of order 8, p−1, p, p+1; with the bit that is ignored, too.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0000000000000000000000000000000000000000000000000000000000000000",
                "0100000000000000000000000000000000000000000000000000000000000000",
                "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "0000000000000000000000000000000000000000000000000000000000000080",
            })
    void pointsOfLowOrder(String point) {
        assertThatThrownBy(() -> RecipientKey.parse("x25519:" + point))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("low order");
        try (OpeningKey key = OpeningKey.generate(Kem.XWING, RANDOM)) {
            String text = key.recipient().toString();
            assertThatThrownBy(() -> RecipientKey.parse(text.substring(0, text.length() - 64) + point))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageContaining("low order");
        }
    }

    // FIPS 203, §7.2: every coefficient is below 3329.
    @Test
    void coefficientsBeyondTheModulus() {
        try (OpeningKey key = OpeningKey.generate(Kem.XWING, RANDOM)) {
            byte[] bytes = key.recipient().bytes();
            bytes[0] = (byte) 0xFF;
            bytes[1] = (byte) 0xFF;
            assertThatThrownBy(() -> RecipientKey.of(Kem.XWING, bytes))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageContaining("xwing");
        }
    }

    @ParameterizedTest
    @EnumSource
    void anotherLength(Kem kem) {
        try (OpeningKey key = OpeningKey.generate(kem, RANDOM)) {
            byte[] bytes = key.recipient().bytes();
            for (int wrong : new int[] {0, bytes.length - 1, bytes.length + 1}) {
                assertThatThrownBy(() -> RecipientKey.of(kem, Arrays.copyOf(bytes, wrong)))
                        .isInstanceOf(MalformedException.class)
                        .hasMessageContaining("not " + wrong);
            }
            String text = key.recipient().toString();
            for (String wrong : new String[] {
                text.substring(0, text.length() - 1),
                text + "00",
                text.substring(0, text.length() - 1) + "G",
                text.toUpperCase(Locale.ROOT),
                "ed25519:" + text.substring(text.length() - 64),
                " " + text,
                ""
            }) {
                assertThatThrownBy(() -> RecipientKey.parse(wrong)).isInstanceOf(MalformedException.class);
            }
        }
    }
}
