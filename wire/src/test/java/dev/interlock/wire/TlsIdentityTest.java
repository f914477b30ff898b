package dev.interlock.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.StringReader;
import java.io.StringWriter;
import java.security.SecureRandom;
import java.time.Instant;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;
import org.junit.jupiter.api.Test;

/** A key and a certificate that aren't one pair are told apart, whether or not the key has its public key with it. */
final class TlsIdentityTest {
    private final TlsIdentity one = TlsIdentity.generate("cc1", new SecureRandom(), Instant.now());
    private final TlsIdentity other = TlsIdentity.generate("cc1", new SecureRandom(), Instant.now());

    @Test
    void aKeyHasItsPublicKeyWithIt() throws Exception {
        assertThat(ECPrivateKey.getInstance(info(one.privateKeyPem()).parsePrivateKey())
                        .getPublicKey())
                .isNotNull();
        assertThat(one.keyPair().certificateChain()).hasSize(1);
        refused(new TlsIdentity(one.certificatePem(), other.privateKeyPem()));
    }

    @Test
    void aKeyWithoutItIsTried() throws Exception {
        TlsIdentity old = new TlsIdentity(one.certificatePem(), withoutPublicKey(one.privateKeyPem()));
        assertThat(old.keyPair().certificateChain()).isEqualTo(one.keyPair().certificateChain());
        refused(new TlsIdentity(one.certificatePem(), withoutPublicKey(other.privateKeyPem())));
    }

    private static void refused(TlsIdentity mixed) {
        assertThatThrownBy(mixed::keyPair)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("isn't the certificate's");
    }

    private static PrivateKeyInfo info(String pem) throws Exception {
        try (PemReader reader = new PemReader(new StringReader(pem))) {
            return PrivateKeyInfo.getInstance(reader.readPemObject().getContent());
        }
    }

    private static String withoutPublicKey(String pem) throws Exception {
        PrivateKeyInfo info = info(pem);
        ECPrivateKey bare = new ECPrivateKey(
                256, ECPrivateKey.getInstance(info.parsePrivateKey()).getKey());
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(
                    new PemObject("PRIVATE KEY", new PrivateKeyInfo(info.getPrivateKeyAlgorithm(), bare).getEncoded()));
        }
        return text.toString();
    }
}
