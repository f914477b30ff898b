package dev.interlock.core.sharing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkLayoutTest {

    private static final int MIB = 1024 * 1024;

    @ParameterizedTest
    @CsvSource({
        "0,1,0,64",
        "1,1,1,65",
        "1048575,1,1048575,1048639",
        "1048576,1,1048576,1048640",
        "1048577,2,1,1048705",
        "2097152,2,1048576,2097280",
        "1099511627776,1048576,1048576,1099578736640"
    })
    void countLastChunkAndTotal(long length, int count, int last, long padTotal) {
        ChunkLayout layout = new ChunkLayout(length);
        assertThat(layout.count()).isEqualTo(count);
        assertThat(layout.dataLength(count - 1)).isEqualTo(last);
        assertThat(layout.padLength(count - 1)).isEqualTo(64 + last);
        assertThat(layout.padTotal()).isEqualTo(padTotal);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 100, MIB - 1, MIB, MIB + 1, 3L * MIB, 5L * MIB + 77})
    void chunksFollowOneAnotherWithoutGaps(long length) {
        ChunkLayout layout = new ChunkLayout(length);
        long data = 0;
        long pad = 0;
        for (int k = 0; k < layout.count(); k++) {
            assertThat(layout.dataOffset(k)).isEqualTo(data);
            assertThat(layout.padOffset(k)).isEqualTo(pad);
            data += layout.dataLength(k);
            pad += layout.padLength(k);
        }
        assertThat(data).isEqualTo(length);
        assertThat(pad).isEqualTo(layout.padTotal());
    }

    @Test
    void farOffsetsDoNotOverflow() {
        ChunkLayout layout = new ChunkLayout(ChunkLayout.MAX_LENGTH);
        assertThat(layout.dataOffset(1048575)).isEqualTo(1048575L * MIB);
        assertThat(layout.padOffset(1048575)).isEqualTo(1048575L * (MIB + 64));
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, (1L << 40) + 1, Long.MAX_VALUE})
    void refusesBadLengths(long length) {
        assertThatThrownBy(() -> new ChunkLayout(length))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("length is " + length)
                .hasMessageContaining("0..1099511627776");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 2, Integer.MAX_VALUE})
    void refusesChunksThatAreNotThere(int k) {
        ChunkLayout layout = new ChunkLayout(MIB + 1);
        for (Runnable call : new Runnable[] {
            () -> layout.dataLength(k), () -> layout.padLength(k), () -> layout.padOffset(k), () -> layout.dataOffset(k)
        }) {
            assertThatThrownBy(call::run)
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessageContaining("chunk is " + k)
                    .hasMessageContaining("0..1");
        }
    }
}
