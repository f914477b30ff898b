package dev.interlock.core.token;

import static dev.interlock.core.token.Sample.OBJECT;
import static dev.interlock.core.token.Sample.RING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class ReceiptTest {
    private static final ShareIndex X = new ShareIndex(200);
    private static final SigningKey PROVIDER = Sample.key(X);
    private static final VerifyingKey KEY = PROVIDER.verifyingKey();
    private static final Receipt RECEIPT =
            Receipt.sign(PROVIDER, RING, OBJECT, X, Sample.filled(32, 0x5A), Sample.CREATED_MILLIS);

    @Test
    void aReceiptIsReadAgainAndHolds() {
        Receipt read = Receipt.decode(RECEIPT.encode());
        assertThat(read).usingRecursiveComparison().isEqualTo(RECEIPT);
        read.verify(KEY);
    }

    @Test
    void anotherProvidersKeyDidntSignIt() {
        assertThatThrownBy(() -> RECEIPT.verify(Sample.key(new ShareIndex(4)).verifyingKey()))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageStartingWith("the receipt signature");
    }

    @Test
    void everyChangedByteIsRejected() {
        byte[] bytes = RECEIPT.encode();
        for (int i = 0; i < bytes.length; i++) {
            for (int flip : new int[] {1, 0x80, 0xFF}) {
                byte[] changed = bytes.clone();
                changed[i] ^= (byte) flip;
                assertThatThrownBy(() -> Receipt.decode(changed).verify(KEY))
                        .as("byte %d, flipped by %d", i, flip)
                        .isInstanceOfAny(BadSignatureException.class, MalformedException.class);
            }
        }
    }

    @Test
    void everyTruncationAndAnyTrailingByteIsRejected() {
        byte[] whole = RECEIPT.encode();
        for (int length = 0; length <= whole.length + 1; length++) {
            if (length != whole.length) {
                byte[] other = Arrays.copyOf(whole, length);
                assertThatThrownBy(() -> Receipt.decode(other))
                        .as("%d of %d bytes", length, whole.length)
                        .isInstanceOf(MalformedException.class);
            }
        }
    }

    @Test
    void aByteMoreInsideTheSignedPartIsRejected() {
        byte[] inner = new byte[16 + 16 + 1 + 32 + 8 + 1];
        inner[32] = 1;
        byte[] bytes = new ByteWriter()
                .bytes(inner)
                .fixed(RECEIPT.signature(), SigningKey.SIGNATURE_BYTES)
                .toBytes();
        assertThatThrownBy(() -> Receipt.decode(bytes))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the receipt has 1 bytes after its end");
    }

    @Test
    void aReceiptOfNoProviderIsMalformed() {
        for (int x : new int[] {0, 255}) {
            byte[] bytes = RECEIPT.encode();
            bytes[4 + 16 + 16] = (byte) x;
            assertThatThrownBy(() -> Receipt.decode(bytes))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageContaining(String.valueOf(x));
        }
    }
}
