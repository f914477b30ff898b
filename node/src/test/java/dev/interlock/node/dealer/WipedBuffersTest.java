package dev.interlock.node.dealer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.wire.WipedBuffer;
import io.netty.buffer.ByteBuf;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WipedBuffersTest {
    private static final int LENGTH = 10_000;

    private final List<byte[]> freed = new ArrayList<>();
    private final WipedBuffers buffers = new WipedBuffers(
            LENGTH, capacity -> new WipedBuffer(capacity, memory -> freed.add(memory.toArray(ValueLayout.JAVA_BYTE))));

    private static ByteBuf filled(ByteBuf buffer) {
        for (int i = 0; i < buffer.readableBytes(); i++) {
            buffer.setByte(i, 1);
        }
        return buffer;
    }

    private static byte[] bytes(ByteBuf buffer) {
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.getBytes(buffer.readerIndex(), bytes);
        return bytes;
    }

    private static boolean allOne(byte[] bytes) {
        for (byte b : bytes) {
            if (b != 1) {
                return false;
            }
        }
        return true;
    }

    @Test
    void whatIsOnItsWayStaysWholeWhenTheDealingIsOver() {
        ByteBuf first = filled(buffers.take(LENGTH));
        ByteBuf second = filled(buffers.take(100));
        buffers.close();
        assertThat(allOne(bytes(first))).isTrue();
        assertThat(allOne(bytes(second))).isTrue();
        assertThat(freed).isEmpty();
        first.release();
        second.release();
        assertThat(freed).hasSize(2).allSatisfy(memory -> assertThat(memory).containsOnly(0));
    }

    @Test
    void whatIsNoLongerOnItsWayIsWipedWithTheDealing() {
        filled(buffers.take(LENGTH)).release();
        assertThat(freed).isEmpty();
        buffers.close();
        assertThat(freed).hasSize(1).allSatisfy(memory -> assertThat(memory).containsOnly(0));
    }

    @Test
    void whatTheNetworkHasLetGoOfIsUsedAgainFromZero() {
        filled(buffers.take(LENGTH - 5)).release();
        ByteBuf again = buffers.take(LENGTH);
        assertThat(bytes(again)).containsOnly(0);
        ByteBuf another = buffers.take(LENGTH);
        assertThat(bytes(another)).containsOnly(0);
        filled(another);
        assertThat(bytes(again)).containsOnly(0);
        again.release();
        another.release();
        buffers.close();
        assertThat(freed).hasSize(2).allSatisfy(memory -> assertThat(memory).containsOnly(0));
    }

    @Test
    void oneThatIsTooShortGivesWayToALongerOne() {
        filled(buffers.take(10)).release();
        ByteBuf longer = buffers.take(LENGTH);
        assertThat(longer.readableBytes()).isEqualTo(LENGTH);
        assertThat(bytes(longer)).containsOnly(0);
        assertThat(freed).hasSize(1).allSatisfy(memory -> assertThat(memory).containsOnly(0));
        longer.release();
        buffers.close();
    }
}
