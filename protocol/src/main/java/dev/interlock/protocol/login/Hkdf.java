package dev.interlock.protocol.login;

import dev.interlock.core.secret.SecretBytes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** HKDF-SHA256 (RFC 5869) of 32 secret bytes. */
final class Hkdf {
    private static final int BYTES = 32;

    private Hkdf() {}

    /** 32 bytes, off the heap; the caller closes them, and the secret stays the caller's. */
    static SecretBytes derive(SecretBytes secret, String salt, byte[] info) {
        byte[] bytes = secret.copyToHeap();
        try {
            return SecretBytes.taking(KDF.getInstance("HKDF-SHA256")
                    .deriveData(HKDFParameterSpec.ofExtract()
                            .addIKM(new SecretKeySpec(bytes, "HKDF"))
                            .addSalt(salt.getBytes(StandardCharsets.US_ASCII))
                            .thenExpand(info, BYTES)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the Java platform lacks HKDF-SHA256", e);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }
}
