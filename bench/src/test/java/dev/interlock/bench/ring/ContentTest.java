package dev.interlock.bench.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.bench.WrongResultException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentTest {

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 32, 1_048_572, 1_048_573, 1_048_574, 3_000_000})
    void whatIsReadIsWhatIsExpected(long length) throws Exception {
        Content content = new Content(12_345, length);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (ReadableByteChannel source = content.source();
                Content.Check check = content.check()) {
            copy(source, Channels.newChannel(all), 4098);
            copy(content.source(), check, 1 << 20);
        }
        assertThat(all.toByteArray()).isEqualTo(content.bytes()).hasSize((int) length);
    }

    @Test
    void oneWrongByteIsFoundAndNamed() {
        Content content = new Content(1, 2_000_000);
        byte[] bytes = content.bytes();
        bytes[1_234_567] ^= 1;
        assertThatThrownBy(() -> content.check().write(ByteBuffer.wrap(bytes)))
                .isInstanceOf(WrongResultException.class)
                .hasMessageContaining("byte 1234567");
    }

    @Test
    void swappedChunksAreFound() {
        Content content = new Content(1, 2 << 20);
        byte[] bytes = content.bytes();
        byte[] swapped = new byte[bytes.length];
        System.arraycopy(bytes, 0, swapped, 1 << 20, 1 << 20);
        System.arraycopy(bytes, 1 << 20, swapped, 0, 1 << 20);
        assertThatThrownBy(() -> content.check().write(ByteBuffer.wrap(swapped)))
                .isInstanceOf(WrongResultException.class);
    }

    @Test
    void tooManyBytesAndTooFewAreFound() {
        Content content = new Content(1, 100);
        byte[] bytes = new Content(1, 101).bytes();
        assertThatThrownBy(() -> content.check().write(ByteBuffer.wrap(bytes)))
                .isInstanceOf(WrongResultException.class)
                .hasMessageContaining("more than the 100 bytes");
        assertThatThrownBy(() -> {
                    try (Content.Check check = content.check()) {
                        check.write(ByteBuffer.wrap(bytes, 0, 99));
                    }
                })
                .isInstanceOf(WrongResultException.class)
                .hasMessageContaining("99 bytes");
    }

    @Test
    void anotherObjectHasOtherBytes() {
        assertThat(new Content(1, 32).bytes()).isNotEqualTo(new Content(2, 32).bytes());
    }

    @Test
    void aLoadCountsWhatEveryClientDidAndTellsAFailure() throws Exception {
        AtomicInteger done = new AtomicInteger();
        Load.Result result = Load.run(4, Duration.ofMillis(20), () -> {
            Thread.sleep(1);
            done.incrementAndGet();
        });
        assertThat(result.count()).isEqualTo(done.get()).isGreaterThanOrEqualTo(4);
        assertThat(result.latencies()).hasSize(result.count());
        assertThatThrownBy(() -> Load.run(2, Duration.ofMillis(1), () -> {
                    throw new WrongResultException("wrong");
                }))
                .isInstanceOf(WrongResultException.class);
    }

    private static void copy(ReadableByteChannel from, WritableByteChannel to, int piece) throws Exception {
        ByteBuffer buffer = ByteBuffer.allocate(piece);
        while (from.read(buffer.clear()) >= 0) {
            to.write(buffer.flip());
        }
    }
}
