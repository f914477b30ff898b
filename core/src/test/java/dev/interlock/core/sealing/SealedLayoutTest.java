package dev.interlock.core.sealing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ChunkLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SealedLayoutTest {
    private static final long MAX = ChunkLayout.MAX_LENGTH;

    @ParameterizedTest
    @CsvSource({
        "0, 1, 66",
        "1, 1, 67",
        "1048575, 1, 1048641",
        "1048576, 1, 1048642",
        "1048577, 2, 1048659",
        "2097152, 2, 2097234",
        "3145733, 4, 3145847",
    })
    void messages(long plain, int pieces, long sealed) {
        SealedLayout layout = new SealedLayout(Kem.X25519);
        assertThat(SealedLayout.pieces(plain)).isEqualTo(pieces);
        assertThat(layout.messageBytes(plain)).isEqualTo(sealed);
        assertThat(layout.plainBytes(sealed)).isEqualTo(plain);
        assertThat(new SealedLayout(Kem.XWING).messageBytes(plain)).isEqualTo(sealed + 1088);
        long sum = 0;
        for (int k = 0; k < pieces; k++) {
            sum += SealedLayout.pieceBytes(plain, k);
        }
        assertThat(sum).isEqualTo(plain);
        assertThatThrownBy(() -> SealedLayout.pieceBytes(plain, pieces)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> SealedLayout.pieceBytes(plain, -1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    // Around the seams, a length is that of one message or of none.
    @ParameterizedTest
    @EnumSource
    void everyLengthIsOfOneMessageOrNone(Kem kem) {
        SealedLayout layout = new SealedLayout(kem);
        for (long pieces = 0; pieces < 4; pieces++) {
            long seam = layout.headerBytes() + pieces * ((1 << 20) + 16);
            for (long sealed = Math.max(0, seam - 40); sealed <= seam + 40; sealed++) {
                long length = sealed;
                boolean none =
                        length < layout.headerBytes() + 16 || (pieces > 0 && length > seam && length <= seam + 16);
                if (none) {
                    assertThatThrownBy(() -> layout.plainBytes(length))
                            .isInstanceOf(MalformedException.class)
                            .hasMessageContaining(length + " bytes");
                } else {
                    assertThat(layout.messageBytes(layout.plainBytes(length))).isEqualTo(length);
                }
            }
        }
    }

    @Test
    void theLongest() {
        SealedLayout layout = new SealedLayout(Kem.XWING);
        long plain = layout.plainBytes(MAX);
        assertThat(layout.messageBytes(plain)).isEqualTo(MAX);
        assertThatThrownBy(() -> layout.messageBytes(plain + 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most " + MAX);
        assertThatThrownBy(() -> layout.plainBytes(MAX + 1)).isInstanceOf(MalformedException.class);
        for (long wrong : new long[] {-1, MAX + 1, Long.MAX_VALUE, Long.MIN_VALUE}) {
            assertThatThrownBy(() -> layout.messageBytes(wrong)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> layout.plainBytes(wrong)).isInstanceOf(MalformedException.class);
        }
    }

    // Length: header + c*(32 + 64 + 16) + |P|.
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 1 << 20, (1 << 20) + 1, 3_145_733, MAX})
    void shares(long length) {
        ChunkLayout object = new ChunkLayout(length);
        for (Kem kem : Kem.values()) {
            SealedLayout layout = new SealedLayout(kem);
            assertThat(layout.shareBytes(object))
                    .isEqualTo(18 + kem.encBytes() + object.count() * 112L + object.padTotal());
        }
        assertThat(SealedLayout.leavesBytes(object)).isEqualTo(32 * object.count());
        assertThat(SealedLayout.sharePieceBytes(object, 0)).isEqualTo(64 + object.padLength(0));
    }
}
