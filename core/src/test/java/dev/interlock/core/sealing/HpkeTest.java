package dev.interlock.core.sealing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.secret.SecretBytes;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.bouncycastle.crypto.SecretWithEncapsulation;
import org.bouncycastle.crypto.hpke.HPKEContext;
import org.bouncycastle.crypto.hpke.HPKEContextWithEncapsulation;
import org.bouncycastle.pqc.crypto.xwing.XWingKEMExtractor;
import org.bouncycastle.pqc.crypto.xwing.XWingKEMGenerator;
import org.bouncycastle.pqc.crypto.xwing.XWingPrivateKeyParameters;
import org.bouncycastle.pqc.crypto.xwing.XWingPublicKeyParameters;
import org.junit.jupiter.api.Test;

/** The published vectors. */
final class HpkeTest {
    // RFC 9180, A.7.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, export-only, mode base.
    @Test
    void exportOnlyOfTheRfc() {
        byte[] info = hex("4f6465206f6e2061204772656369616e2055726e");
        byte[] enc = hex("e5e8f9bfff6c2f29791fc351d2c25ce1299aa5eaca78a757c0b4fb4bcd830918");
        byte[] ephemeral = hex("095182b502f1f91f63ba584c7c3ec473d617b8b4c2cec3fad5af7fa6748165ed");
        SecretBytes secret =
                SecretBytes.copyOf(hex("33d196c830a12f9ac65d6e565a590d80f04ee9b19c83c87f2c170d972a812848"));
        try (OpeningKey key = OpeningKey.of(Kem.X25519, secret)) {
            assertThat(key.recipient().toString())
                    .isEqualTo("x25519:194141ca6c3c3beb4792cd97ba0ea1faff09d98435012345766ee33aae2d7664");
            HPKEContextWithEncapsulation sender = Hpke.sender(key.recipient(), info, new FixedRandom(ephemeral));
            assertThat(sender.getEncapsulation()).isEqualTo(enc);
            assertExportsOfTheRfc(sender);
            assertExportsOfTheRfc(Hpke.receiver(key, enc, info));
        }
    }

    // draft-connolly-cfrg-xwing-kem, the first of its test vectors.
    @Test
    void xWingOfTheDraft() {
        byte[] seed = hex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26");
        byte[] randomness = hex("3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2"
                + "35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2");
        byte[] shared = hex("d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384");
        try (OpeningKey key = OpeningKey.of(Kem.XWING, SecretBytes.copyOf(seed))) {
            SecretWithEncapsulation drawn = new XWingKEMGenerator(new FixedRandom(randomness))
                    .generateEncapsulated(
                            new XWingPublicKeyParameters(key.recipient().bytes()));
            assertThat(drawn.getSecret()).isEqualTo(shared);
            assertThat(new XWingKEMExtractor(new XWingPrivateKeyParameters(seed))
                            .extractSecret(drawn.getEncapsulation()))
                    .isEqualTo(shared);

            HPKEContextWithEncapsulation sender = Hpke.sender(key.recipient(), seed, new FixedRandom(randomness));
            assertThat(sender.getEncapsulation()).isEqualTo(drawn.getEncapsulation());
            assertThat(Hpke.receiver(key, sender.getEncapsulation(), seed).export(shared, 32))
                    .isEqualTo(sender.export(shared, 32));
        }
    }

    private static void assertExportsOfTheRfc(HPKEContext context) {
        assertThat(context.export(new byte[0], 32))
                .isEqualTo(hex("7a36221bd56d50fb51ee65edfd98d06a23c4dc87085aa5866cb7087244bd2a36"));
        assertThat(context.export(new byte[1], 32))
                .isEqualTo(hex("d5535b87099c6c3ce80dc112a2671c6ec8e811a2f284f948cec6dd1708ee33f0"));
        assertThat(context.export("TestContext".getBytes(StandardCharsets.US_ASCII), 32))
                .isEqualTo(hex("ffaabc85a776136ca0c378e5d084c9140ab552b78f039d2e8775f26efff4c70e"));
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }
}
