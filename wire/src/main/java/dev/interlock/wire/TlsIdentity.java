package dev.interlock.wire;

import com.linecorp.armeria.common.TlsKeyPair;
import dev.interlock.core.commitment.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/**
 * A node's TLS key and its self-signed certificate: ECDSA on P-256. Nobody's signature makes it trusted; the ring
 * descriptor's pin of its public key does.
 *
 * @param certificatePem public
 * @param privateKeyPem secret
 */
public record TlsIdentity(String certificatePem, String privateKeyPem) {
    // The pin decides, not the date; the ring's epoch retires a key.
    private static final Duration VALID = Duration.ofDays(3650);

    public static TlsIdentity generate(String name, SecureRandom random, Instant now) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            KeyPair pair = generator.generateKeyPair();
            X500Name subject = new X500Name("CN=" + name);
            X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    subject,
                    new BigInteger(120, random).setBit(0),
                    Date.from(now.minus(Duration.ofDays(1))),
                    Date.from(now.plus(VALID)),
                    subject,
                    pair.getPublic());
            X509Certificate certificate = new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())));
            // An encoded private key is PKCS#8 already; the PEM writer would choose the older SEC 1 form.
            return new TlsIdentity(
                    pem(certificate),
                    pem(new PemObject("PRIVATE KEY", pair.getPrivate().getEncoded())));
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException("the Java platform can't make a P-256 certificate", e);
        }
    }

    /** SHA-256 of the certificate's SubjectPublicKeyInfo, 64 hex digits: what a ring descriptor pins. */
    public String pin() {
        return pin(keyPair().certificateChain().getFirst());
    }

    static String pin(X509Certificate certificate) {
        return HexFormat.of().formatHex(Sha256.plain(certificate.getPublicKey().getEncoded()));
    }

    public TlsKeyPair keyPair() {
        TlsKeyPair read = TlsKeyPair.of(stream(privateKeyPem), stream(certificatePem));
        try {
            // Armeria hashes the pair at every request, and its own reader's keys multiply points for that: a fifth of
            // a
            // node's work.
            PrivateKey key = KeyFactory.getInstance("EC")
                    .generatePrivate(new PKCS8EncodedKeySpec(read.privateKey().getEncoded()));
            return TlsKeyPair.of(key, read.certificateChain());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the TLS key isn't a P-256 key", e);
        }
    }

    private static ByteArrayInputStream stream(String pem) {
        return new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
    }

    private static String pem(Object object) {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    @Override
    public String toString() {
        return "TlsIdentity[" + pin() + "]";
    }
}
