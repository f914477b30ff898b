package dev.interlock.core.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.AEADBadTagException;
import org.junit.jupiter.api.Test;

final class AesGcmTest {
    // McGrew and Viega, test case 14: the zero key, nonce and block, no associated data.
    @Test
    void publishedVector() throws Exception {
        ByteBuffer sealed = ByteBuffer.allocate(32);
        try (CipherKey key = CipherKey.taking(new byte[32]);
                AesGcm sealing = AesGcm.sealing(key);
                AesGcm opening = AesGcm.opening(key)) {
            sealing.seal(new byte[12], new byte[0], MemorySegment.ofArray(new byte[16]), sealed);
            assertThat(HexFormat.of().formatHex(sealed.array()))
                    .isEqualTo("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
            byte[] message = new byte[16];
            message[3] = 1;
            opening.open(new byte[12], new byte[0], sealed.flip(), MemorySegment.ofArray(message));
            assertThat(message).containsOnly(0);
        }
    }

    @Test
    void anotherNonceOrAssociatedData() {
        ByteBuffer sealed = ByteBuffer.allocate(20);
        try (CipherKey key = CipherKey.random(new SecureRandom());
                AesGcm sealing = AesGcm.sealing(key);
                AesGcm opening = AesGcm.opening(key)) {
            sealing.seal(new byte[12], new byte[1], MemorySegment.ofArray(new byte[4]), sealed);
            byte[] message = {1, 2, 3, 4};
            byte[] nonce = new byte[12];
            nonce[11] = 1;
            assertThatThrownBy(() -> opening.open(nonce, new byte[1], sealed.flip(), MemorySegment.ofArray(message)))
                    .isInstanceOf(AEADBadTagException.class);
            assertThatThrownBy(() ->
                            opening.open(new byte[12], new byte[2], sealed.rewind(), MemorySegment.ofArray(message)))
                    .isInstanceOf(AEADBadTagException.class);
            assertThat(message).containsOnly(0);
        }
    }

    @Test
    void theKeyIsWipedAndLeavesNoOtherWay() {
        byte[] bytes = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};
        byte[] given = bytes.clone();
        CipherKey key = CipherKey.taking(given);
        MemorySegment held = key.bytes().segment();
        assertThat(given).containsOnly(0);
        assertThat(key.getEncoded()).isEqualTo(bytes);
        assertThat(key.getAlgorithm()).isEqualTo("AES");
        assertThat(key.getFormat()).isEqualTo("RAW");
        assertThatThrownBy(() -> new ObjectOutputStream(new ByteArrayOutputStream()).writeObject(key))
                .isInstanceOf(NotSerializableException.class);
        AesGcm cipher = AesGcm.sealing(key);
        cipher.seal(new byte[12], new byte[0], MemorySegment.ofArray(bytes), ByteBuffer.allocate(48));
        cipher.close();
        cipher.close();
        key.destroy();
        key.close();
        assertThat(held.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
        assertThatThrownBy(key::getEncoded).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void keysOfAnotherLength() {
        assertThatThrownBy(() -> CipherKey.taking(new byte[31]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("32 bytes, not 31");
    }
}
