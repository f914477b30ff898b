package dev.interlock.wire;

import com.linecorp.armeria.common.TlsKeyPair;
import dev.interlock.core.commitment.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import org.bouncycastle.asn1.ASN1BitString;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;

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
    private static final int CURVE_BITS = 256;

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
            return new TlsIdentity(pem(certificate), pem(new PemObject("PRIVATE KEY", withPublicKey(pair))));
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new IllegalStateException("the Java platform can't make a P-256 certificate", e);
        }
    }

    /** In PKCS#8, with the public key in it (RFC 5915): to find it by multiplying a point takes a part of a node's start. */
    private static byte[] withPublicKey(KeyPair pair) throws IOException {
        PrivateKeyInfo plain = PrivateKeyInfo.getInstance(pair.getPrivate().getEncoded());
        SubjectPublicKeyInfo itsPublic =
                SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded());
        ECPrivateKey whole = new ECPrivateKey(
                CURVE_BITS,
                ECPrivateKey.getInstance(plain.parsePrivateKey()).getKey(),
                itsPublic.getPublicKeyData(),
                null);
        return new PrivateKeyInfo(plain.getPrivateKeyAlgorithm(), whole).getEncoded();
    }

    /**
     * SHA-256 of the certificate's SubjectPublicKeyInfo, 64 hex digits: what a ring descriptor pins.
     *
     * @throws IllegalArgumentException when the certificate can't be read
     */
    public String pin() {
        return pin(certificate());
    }

    static String pin(X509Certificate certificate) {
        return HexFormat.of().formatHex(Sha256.plain(certificate.getPublicKey().getEncoded()));
    }

    /**
     * As the server and the client of the wire take it. Read by the platform: Armeria's own reader sets up a provider
     * with all its curves for it, and gives keys that multiply points at every request.
     *
     * @throws IllegalArgumentException when the key or the certificate can't be read, or they aren't one pair
     */
    public TlsKeyPair keyPair() {
        try {
            byte[] encoded = der(privateKeyPem);
            PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
            X509Certificate certificate = certificate();
            if (!pair(encoded, key, certificate)) {
                throw new IllegalArgumentException("the TLS key isn't the certificate's");
            }
            return TlsKeyPair.of(key, certificate);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalArgumentException("the TLS key isn't an EC key in PKCS#8", e);
        }
    }

    /** Whether files were mixed up. That the public key in a private one belongs to it, the TLS library checks. */
    private static boolean pair(byte[] encoded, PrivateKey key, X509Certificate certificate)
            throws GeneralSecurityException, IOException {
        ASN1BitString own = ECPrivateKey.getInstance(
                        PrivateKeyInfo.getInstance(encoded).parsePrivateKey())
                .getPublicKey();
        if (own != null) {
            return own.equals(
                    SubjectPublicKeyInfo.getInstance(certificate.getPublicKey().getEncoded())
                            .getPublicKeyData());
        }
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key);
        byte[] signed = signature.sign();
        signature.initVerify(certificate.getPublicKey());
        return signature.verify(signed);
    }

    private X509Certificate certificate() {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(der(certificatePem)));
        } catch (CertificateException e) {
            throw new IllegalArgumentException("the TLS certificate isn't one of X.509", e);
        }
    }

    private static byte[] der(String pem) {
        try (PemReader reader = new PemReader(new StringReader(pem))) {
            PemObject object = reader.readPemObject();
            if (object == null) {
                throw new IllegalArgumentException("there is no PEM in it");
            }
            return object.getContent();
        } catch (IOException e) {
            throw new IllegalArgumentException("the PEM in it is damaged", e);
        }
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
