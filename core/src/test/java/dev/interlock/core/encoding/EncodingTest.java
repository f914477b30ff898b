package dev.interlock.core.encoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was written is read again, and nothing else is. */
final class EncodingTest {
    /** One field of every kind. */
    private static byte[] sample() {
        return new ByteWriter()
                .u8(0x01)
                .u16(0x0203)
                .u32(0x04050607)
                .u64(0x08090A0B0C0D0E0FL)
                .fixed(new byte[] {0x10, 0x11}, 2)
                .bytes(new byte[] {0x12, 0x13, 0x14})
                .text("é")
                .toBytes();
    }

    private static void readSample(byte[] bytes) {
        ByteReader in = new ByteReader("the sample", bytes);
        assertThat(in.u8()).isEqualTo(0x01);
        assertThat(in.u16()).isEqualTo(0x0203);
        assertThat(in.u32()).isEqualTo(0x04050607);
        assertThat(in.u64()).isEqualTo(0x08090A0B0C0D0E0FL);
        assertThat(in.fixed(2)).containsExactly(0x10, 0x11);
        assertThat(in.bytes()).containsExactly(0x12, 0x13, 0x14);
        assertThat(in.text()).isEqualTo("é");
        in.end();
    }

    @Test
    void theBytesAreThoseOfTheSpecification() {
        assertThat(HexFormat.of().formatHex(sample()))
                .isEqualTo("01" + "0203" + "04050607" + "08090a0b0c0d0e0f" + "1011" + "00000003121314" + "02c3a9");
    }

    @Test
    void whatWasWrittenIsReadAgain() {
        readSample(sample());
    }

    @Test
    void everyTruncationIsRejected() {
        byte[] whole = sample();
        for (int length = 0; length < whole.length; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> readSample(part))
                    .as("%d of %d bytes", length, whole.length)
                    .isInstanceOf(MalformedException.class)
                    .hasMessageStartingWith("the sample ends early: ");
        }
    }

    @Test
    void anyTrailingByteIsRejected() {
        byte[] whole = sample();
        for (int extra = 0; extra < 256; extra++) {
            byte[] longer = Arrays.copyOf(whole, whole.length + 1);
            longer[whole.length] = (byte) extra;
            assertThatThrownBy(() -> readSample(longer))
                    .isInstanceOf(MalformedException.class)
                    .hasMessage("the sample has 1 bytes after its end");
        }
    }

    @Test
    void theBoundsOfEveryNumberAreReadAgain() {
        byte[] least = new ByteWriter().u8(0).u16(0).u32(0).u64(0).toBytes();
        byte[] most = new ByteWriter()
                .u8(0xFF)
                .u16(0xFFFF)
                .u32(Integer.MAX_VALUE)
                .u64(Long.MAX_VALUE)
                .toBytes();
        ByteReader low = new ByteReader("the numbers", least);
        assertThat(low.u8()).isZero();
        assertThat(low.u16()).isZero();
        assertThat(low.u32()).isZero();
        assertThat(low.u64()).isZero();
        ByteReader high = new ByteReader("the numbers", most);
        assertThat(high.u8()).isEqualTo(255);
        assertThat(high.u16()).isEqualTo(65535);
        assertThat(high.u32()).isEqualTo(Integer.MAX_VALUE);
        assertThat(high.u64()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aNumberOutOfBoundsIsNotWritten() {
        refusesToWrite(out -> out.u8(-1));
        refusesToWrite(out -> out.u8(256));
        refusesToWrite(out -> out.u16(-1));
        refusesToWrite(out -> out.u16(65536));
        refusesToWrite(out -> out.u32(-1));
        refusesToWrite(out -> out.u32(Integer.MIN_VALUE));
        refusesToWrite(out -> out.u64(-1));
        refusesToWrite(out -> out.u64(Long.MIN_VALUE));
    }

    @Test
    void aNumberBeyondTheSignedRangeIsNotRead() {
        byte[] top = new byte[8];
        top[0] = (byte) 0x80;
        assertThatThrownBy(() -> new ByteReader("x", top).u32())
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("2^31");
        assertThatThrownBy(() -> new ByteReader("x", top).u64())
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("2^63");
        assertThatThrownBy(() -> new ByteReader("x", top).bytes()).isInstanceOf(MalformedException.class);
    }

    @Test
    void aLengthBeyondTheInputIsRejectedBeforeAnythingIsAllocated() {
        byte[] huge = new ByteWriter().u32(Integer.MAX_VALUE).toBytes();
        assertThatThrownBy(() -> new ByteReader("x", huge).bytes())
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("2147483647 more bytes expected, 0 left");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 5})
    void aFixedFieldOfAnotherLengthIsNotWritten(int length) {
        refusesToWrite(out -> out.fixed(new byte[length], 4));
    }

    @Test
    void textIsCountedInBytesUpTo255() {
        String longest = "é".repeat(127) + "x";
        ByteReader in = new ByteReader("x", new ByteWriter().text(longest).toBytes());
        assertThat(in.text()).isEqualTo(longest);
        in.end();
        refusesToWrite(out -> out.text("é".repeat(128)));
    }

    @ParameterizedTest
    // A lone continuation byte, a cut sequence, an overlong slash, half a surrogate pair, beyond U+10FFFF, Latin-1.
    @ValueSource(strings = {"80", "c3", "c0af", "eda080", "f4908080", "e9"})
    void textThatIsNotUtf8IsRejected(String hex) {
        byte[] bad = HexFormat.of().parseHex(hex);
        byte[] field = new ByteWriter().u8(bad.length).fixed(bad, bad.length).toBytes();
        assertThatThrownBy(() -> new ByteReader("the name", field).text())
                .isInstanceOf(MalformedException.class)
                .hasMessage("the name has text that isn't UTF-8");
    }

    private static void refusesToWrite(Consumer<ByteWriter> write) {
        ByteWriter out = new ByteWriter();
        assertThatThrownBy(() -> write.accept(out)).isInstanceOf(IllegalArgumentException.class);
    }
}
