package dev.interlock.wire;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.stream.StreamMessage;
import com.linecorp.armeria.common.stream.SubscriptionOption;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * The receiving end of a stream, for one blocking reader. Asks for a few pieces ahead and no more, so a slow reader slows
 * the sender, and fills no memory.
 */
public final class Inbound implements AutoCloseable {
    private static final int AHEAD = 4;
    /** Asking wakes the event loop up. */
    private static final int ASKED_AT_ONCE = AHEAD / 2;

    private sealed interface Event {}

    private record Piece(HttpData data) implements Event {}

    private record End() implements Event {}

    private record Broken(Throwable cause) implements Event {}

    private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private final EventExecutor eventLoop;
    private volatile @Nullable Subscription subscription;
    private volatile boolean closed;
    private @Nullable Event ended;
    private int taken;

    /** Starts to receive. Objects other than data are passed over. */
    public Inbound(StreamMessage<? extends HttpObject> stream) {
        eventLoop = stream.defaultSubscriberExecutor();
        stream.subscribe(
                new Receiver(),
                eventLoop,
                SubscriptionOption.WITH_POOLED_OBJECTS,
                SubscriptionOption.NOTIFY_CANCELLATION);
    }

    /**
     * The next piece, never empty, which the caller releases; null at the stream's orderly end.
     *
     * @throws StalledException when nothing comes within the deadline
     * @throws IOException when the sender broke off
     */
    public @Nullable ByteBuf read(Duration deadline) throws IOException, InterruptedException {
        while (true) {
            Event event = ended != null ? ended : events.poll(deadline.toMillis(), TimeUnit.MILLISECONDS);
            switch (event) {
                case null -> throw new StalledException(deadline);
                case End end -> {
                    ended = end;
                    return null;
                }
                case Broken broken -> {
                    ended = broken;
                    throw new IOException("the stream broke off", broken.cause());
                }
                case Piece(HttpData data) -> {
                    taken++;
                    if (taken == ASKED_AT_ONCE) {
                        request(taken);
                        taken = 0;
                    }
                    if (!data.isEmpty()) {
                        // Its own indices, the data's reference count.
                        return data.byteBuf();
                    }
                    data.close();
                }
            }
        }
    }

    private void request(long pieces) {
        Subscription current = subscription;
        if (current != null) {
            current.request(pieces);
        }
    }

    /** Stops receiving; the sender sees its stream cancelled unless it had ended. */
    @Override
    public void close() {
        closed = true;
        Subscription current = subscription;
        if (current != null) {
            cancel(current);
        }
        drain();
    }

    /**
     * On the event loop, which would otherwise meet a stream that closes between its look and its write: it resets the
     * whole exchange then, and the answer that says why is lost.
     */
    private void cancel(Subscription current) {
        try {
            eventLoop.execute(current::cancel);
        } catch (RejectedExecutionException e) {
            // The event loop has ended, and nothing comes any more.
            current.cancel();
        }
    }

    private void drain() {
        for (Event event = events.poll(); event != null; event = events.poll()) {
            if (event instanceof Piece(HttpData data)) {
                data.close();
            }
        }
    }

    /** Nothing came within the deadline. */
    public static final class StalledException extends IOException {
        private static final long serialVersionUID = 1L;

        public StalledException(Duration deadline) {
            super("nothing moved for " + deadline.toMillis() / 1000.0 + " s");
        }
    }

    private final class Receiver implements Subscriber<HttpObject> {
        @Override
        public void onSubscribe(Subscription s) {
            subscription = s;
            s.request(AHEAD);
        }

        @Override
        public void onNext(HttpObject object) {
            if (!(object instanceof HttpData data)) {
                request(1);
                return;
            }
            events.add(new Piece(data));
            if (closed) {
                drain();
            }
        }

        @Override
        public void onError(Throwable cause) {
            events.add(new Broken(cause));
        }

        @Override
        public void onComplete() {
            events.add(new End());
        }
    }
}
