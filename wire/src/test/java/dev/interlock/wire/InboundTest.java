package dev.interlock.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.stream.CancelledSubscriptionException;
import com.linecorp.armeria.common.stream.DefaultStreamMessage;
import io.netty.buffer.ByteBuf;
import io.netty.channel.DefaultEventLoop;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A reader and its stream, on a clock and an event loop of the test's. */
@Timeout(240)
final class InboundTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final int AHEAD = 4;

    private final AtomicLong nanos = new AtomicLong();
    private final Waits waits = new Waits(nanos::get);
    private final CountingLoop loop = new CountingLoop();
    private final Stream stream = new Stream();
    private final AtomicInteger held = new AtomicInteger();
    /** What has left the stream, read or not. */
    private final AtomicInteger delivered = new AtomicInteger();

    /** Counts what others have it do. */
    private static final class CountingLoop extends DefaultEventLoop {
        private final AtomicInteger tasks = new AtomicInteger();

        @Override
        public void execute(Runnable task) {
            if (!inEventLoop()) {
                tasks.incrementAndGet();
            }
            super.execute(task);
        }
    }

    private final class Stream extends DefaultStreamMessage<HttpObject> {
        @Override
        public EventExecutor defaultSubscriberExecutor() {
            return loop;
        }

        @Override
        protected void onRemoval(HttpObject object) {
            delivered.incrementAndGet();
        }
    }

    @AfterEach
    void stop() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private HttpData piece(int length) {
        held.incrementAndGet();
        return HttpData.wrap(new WipedBuffer(length, _ -> held.decrementAndGet()).writeZero(length));
    }

    /** As a connection does: all at once, on its event loop. */
    private void come(HttpObject... objects) throws Exception {
        loop.submit(() -> {
                    for (HttpObject object : objects) {
                        stream.write(object);
                    }
                })
                .get();
    }

    private void end() throws Exception {
        loop.submit(() -> stream.close()).get();
    }

    /** What the event loop was told so far is done. */
    private void settled() throws Exception {
        loop.submit(() -> {}).get();
    }

    private Inbound inbound() throws Exception {
        Inbound in = new Inbound(stream, waits);
        settled();
        return in;
    }

    private <T> FutureTask<T> waiting(Callable<T> task) throws InterruptedException {
        FutureTask<T> running = new FutureTask<>(task);
        Thread thread = Thread.startVirtualThread(running);
        while (waits.count() == 0 || thread.getState() != Thread.State.WAITING) {
            Thread.sleep(1);
        }
        return running;
    }

    private static int taken(ByteBuf piece) {
        int length = piece.readableBytes();
        piece.release();
        return length;
    }

    @Test
    void aReaderStallsAtItsDeadlineAndMayReadOn() throws Exception {
        Inbound in = inbound();
        FutureTask<ByteBuf> read = waiting(() -> in.read(DEADLINE));
        nanos.addAndGet(DEADLINE.toNanos() - 1);
        waits.look(0);
        assertThat(read.isDone()).isFalse();
        nanos.addAndGet(1);
        waits.look(0);
        assertThatThrownBy(read::get).hasCauseInstanceOf(Inbound.StalledException.class);
        // Each read has its whole deadline.
        FutureTask<ByteBuf> next = waiting(() -> in.read(DEADLINE));
        nanos.addAndGet(DEADLINE.toNanos() - 1);
        waits.look(0);
        come(piece(3));
        assertThat(taken(next.get())).isEqualTo(3);
        end();
        assertThat(in.read(DEADLINE)).isNull();
        assertThat(in.read(DEADLINE)).isNull();
        in.close();
        assertThat(waits.count()).isZero();
        assertThat(held).hasValue(0);
    }

    @Test
    void aPieceThatComesWithTheDeadlineIsReadOrLeft() throws Exception {
        for (int i = 0; i < 200; i++) {
            Stream each = new Stream();
            Inbound in = new Inbound(each, waits);
            FutureTask<ByteBuf> read = waiting(() -> in.read(DEADLINE));
            loop.execute(() -> each.write(piece(1)));
            nanos.addAndGet(DEADLINE.toNanos());
            waits.look(0);
            try {
                assertThat(taken(read.get())).isEqualTo(1);
            } catch (ExecutionException e) {
                assertThat(e).hasCauseInstanceOf(Inbound.StalledException.class);
                assertThat(taken(in.read(DEADLINE))).isEqualTo(1);
            }
            in.close();
            settled();
            assertThat(waits.count()).isZero();
            assertThat(held).hasValue(0);
        }
    }

    /** What is small and here as a whole costs the event loop nothing more. */
    @Test
    void aSmallStreamThatHasEndedTroublesItsEventLoopNoMore() throws Exception {
        Inbound in = inbound();
        come(ResponseHeaders.of(HttpStatus.OK), piece(1), piece(2), piece(3), piece(4));
        end();
        assertThat(in.begun().join().status()).isEqualTo(HttpStatus.OK);
        int before = loop.tasks.get();
        assertThat(taken(in.read(DEADLINE))).isEqualTo(1);
        assertThat(taken(in.read(DEADLINE))).isEqualTo(2);
        in.close();
        assertThat(loop.tasks).hasValue(before);
        assertThat(held).hasValue(0);
        assertThat(waits.count()).isZero();
    }

    /** A reader that takes each piece as it comes leaves it to the event loop to ask for more. */
    @Test
    void aReaderThatKeepsUpDoesNotWakeItsEventLoop() throws Exception {
        Inbound in = inbound();
        int before = loop.tasks.get();
        for (int i = 0; i < 50; i++) {
            come(piece(1));
            assertThat(taken(in.read(DEADLINE))).isEqualTo(1);
        }
        assertThat(loop.tasks.get() - before).isEqualTo(50);
        in.close();
    }

    @Test
    void noMoreThanAFewPiecesAreTakenAheadHoweverTheReaderReads() throws Exception {
        Inbound in = inbound();
        int pieces = 0;
        int read = 0;
        for (int i = 0; i < 40; i++) {
            for (int k = 0; k < 3; k++) {
                come(piece(1));
                pieces++;
            }
            // Slowly at first, then all that is there.
            int take = i < 20 ? 1 : 5;
            for (int k = 0; k < take && read < pieces; k++) {
                assertThat(taken(in.read(DEADLINE))).isEqualTo(1);
                read++;
            }
            settled();
            assertThat(delivered.get() - read).isLessThanOrEqualTo(AHEAD);
        }
        while (read < pieces) {
            assertThat(taken(in.read(DEADLINE))).isEqualTo(1);
            read++;
        }
        assertThat(delivered).hasValue(pieces);
        in.close();
        settled();
        assertThat(held).hasValue(0);
    }

    @Test
    void aSlowReaderGetsAllInOrder() throws Exception {
        Inbound in = inbound();
        List<Integer> lengths = new ArrayList<>();
        Thread sender = Thread.startVirtualThread(() -> {
            for (int i = 1; i <= 2000; i++) {
                int length = 1 + i % 7;
                loop.execute(() -> stream.write(piece(length)));
            }
            loop.execute(stream::close);
        });
        for (ByteBuf piece = in.read(DEADLINE); piece != null; piece = in.read(DEADLINE)) {
            lengths.add(taken(piece));
        }
        sender.join();
        assertThat(lengths).hasSize(2000);
        for (int i = 1; i <= 2000; i++) {
            assertThat(lengths.get(i - 1)).isEqualTo(1 + i % 7);
        }
        in.close();
        assertThat(held).hasValue(0);
    }

    @Test
    void aClosedReaderKeepsNothingAndCancels() throws Exception {
        Inbound in = inbound();
        come(piece(1), piece(1), piece(1), piece(1), piece(1), piece(1));
        in.close();
        settled();
        assertThatThrownBy(() -> stream.whenComplete().get()).hasCauseInstanceOf(CancelledSubscriptionException.class);
        assertThat(held).hasValue(0);
        assertThat(waits.count()).isZero();
    }

    @Test
    void oneThatIsClosedBeforeItBeganCancelsToo() throws Exception {
        Inbound in = new Inbound(stream, waits);
        in.close();
        settled();
        assertThatThrownBy(() -> stream.whenComplete().get()).hasCauseInstanceOf(CancelledSubscriptionException.class);
        assertThatThrownBy(() -> in.begun().get()).hasCauseInstanceOf(CancelledSubscriptionException.class);
    }

    @Test
    void aReaderHearsOfABrokenStreamOverAndOver() throws Exception {
        Inbound in = inbound();
        FutureTask<ByteBuf> read = waiting(() -> in.read(DEADLINE));
        loop.submit(() -> stream.close(new IllegalStateException("gone"))).get();
        assertThatThrownBy(read::get).hasCauseInstanceOf(IOException.class).hasRootCauseMessage("gone");
        assertThatThrownBy(() -> in.read(DEADLINE))
                .isInstanceOf(IOException.class)
                .hasRootCauseMessage("gone");
        assertThatThrownBy(() -> in.begun().get()).hasRootCauseMessage("gone");
        in.close();
    }
}
