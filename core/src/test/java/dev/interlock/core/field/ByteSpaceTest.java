package dev.interlock.core.field;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class ByteSpaceTest {

    private final ByteSpace space = new ByteSpace();

    @Test
    void addsScaledInPlace() {
        MemorySegment accumulator = MemorySegment.ofArray(new byte[] {0x01, 0x00});
        MemorySegment v = MemorySegment.ofArray(new byte[] {0x57, 0x02});
        space.addScaled(accumulator, 0x83, v);
        assertThat(accumulator.toArray(ValueLayout.JAVA_BYTE)).containsExactly(0xC0, 0x1D);
        assertThat(v.toArray(ValueLayout.JAVA_BYTE)).containsExactly(0x57, 0x02);
    }

    @Test
    void addingTwiceIsNothing() {
        MemorySegment accumulator = MemorySegment.ofArray(new byte[] {1, 2, 3});
        MemorySegment v = MemorySegment.ofArray(new byte[] {7, 7, 9});
        space.add(accumulator, v);
        assertThat(accumulator.toArray(ValueLayout.JAVA_BYTE)).containsExactly(6, 5, 10);
        space.add(accumulator, v);
        assertThat(accumulator.toArray(ValueLayout.JAVA_BYTE)).containsExactly(1, 2, 3);
    }

    @Test
    void zeroIsNewZeroedAndAsLong() {
        MemorySegment like = MemorySegment.ofArray(new byte[] {1, 2, 3});
        MemorySegment zero = space.zero(like);
        assertThat(zero.isNative()).isTrue();
        assertThat(zero.toArray(ValueLayout.JAVA_BYTE)).containsExactly(0, 0, 0);
        assertThat(space.zero(MemorySegment.ofArray(new byte[0])).byteSize()).isZero();
    }

    @Test
    void refusesLengthsThatDiffer() {
        assertThatThrownBy(() -> space.add(MemorySegment.ofArray(new byte[2]), MemorySegment.ofArray(new byte[3])))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
