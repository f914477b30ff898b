package dev.interlock.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is gathered is what came, whoever still holds parts of it, and no buffer stays. */
final class WholeFramesTest {
    private static final int PIECE_BYTES = Http2.pieceBytes(Long.MAX_VALUE);

    private final ByteBufAllocator buffers = UnpooledByteBufAllocator.DEFAULT;
    private final WholeFrames frames = new WholeFrames();

    @Test
    void allBytesArriveInTheirOrderWhileReadersHoldWhatTheyGot() {
        Random random = new Random(1);
        byte[] sent = new byte[3 << 20];
        random.nextBytes(sent);
        ByteBuf gathered = Unpooled.EMPTY_BUFFER;
        List<ByteBuf> held = new ArrayList<>();
        List<ByteBuf> made = new ArrayList<>();
        int frame = PIECE_BYTES + 9;
        for (int done = 0; done < sent.length; ) {
            int length = Math.min(sent.length - done, 1 + random.nextInt(16 << 10));
            ByteBuf record = buffers.directBuffer(length).writeBytes(sent, done, length);
            made.add(record);
            done += length;
            gathered = frames.cumulate(buffers, gathered, record);
            made.add(gathered);
            while (gathered.readableBytes() >= frame) {
                held.add(gathered.readRetainedSlice(frame));
                frame = random.nextBoolean() ? PIECE_BYTES + 9 : 1 + random.nextInt(1000);
            }
        }
        held.add(gathered);
        int at = 0;
        for (ByteBuf part : held) {
            byte[] got = new byte[part.readableBytes()];
            part.readBytes(got);
            assertThat(got).isEqualTo(Arrays.copyOfRange(sent, at, at + got.length));
            at += got.length;
            part.release();
        }
        assertThat(at).isEqualTo(sent.length);
        assertThat(made).allMatch(each -> each.refCnt() == 0);
    }

    /** A few bytes of a frame that somebody keeps are a few bytes. */
    @Test
    void shortBeginningsHaveSmallBuffers() {
        ByteBuf gathered = frames.cumulate(
                buffers,
                buffers.directBuffer(10).writeZero(10),
                buffers.directBuffer(30).writeZero(30));
        assertThat(gathered.capacity()).isLessThanOrEqualTo(80);
        gathered.release();
    }

    @Test
    void aPieceHasRoomAndNoMore() {
        ByteBuf gathered = Unpooled.EMPTY_BUFFER;
        for (int done = 0; done < PIECE_BYTES; done += 16 << 10) {
            gathered = frames.cumulate(
                    buffers, gathered, buffers.directBuffer(16 << 10).writeZero(16 << 10));
        }
        assertThat(gathered.readableBytes()).isEqualTo(PIECE_BYTES);
        assertThat(gathered.capacity()).isLessThan(PIECE_BYTES + (64 << 10));
        gathered.release();
    }
}
