package dev.interlock.wire;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpObject;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.stream.StreamMessage;
import com.linecorp.armeria.common.stream.SubscriptionOption;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * The receiving end of a stream, for one blocking reader. Asks for a few pieces ahead and no more, so a slow reader slows
 * the sender, and fills no memory. What comes goes from the event loop of its connection to the reader at once, and as long as the
 * reader keeps up it is the event loop that asks for more: neither wakes a third thread.
 */
public final class Inbound implements AutoCloseable {
    private static final int AHEAD = 4;
    /** A reader that fell behind wakes the event loop up. */
    private static final int ASKED_AT_ONCE = AHEAD / 2;

    private sealed interface Event {}

    private record Piece(HttpData data) implements Event {}

    private record End() implements Event {}

    private record Broken(Throwable cause) implements Event {}

    private final Queue<Event> events = new ConcurrentLinkedQueue<>();
    private final Waits waits;
    private final EventExecutor eventLoop;
    private final CompletableFuture<ResponseHeaders> begun = new CompletableFuture<>();
    /** Pieces that are asked for and haven't come. */
    private final AtomicInteger due = new AtomicInteger();
    /** Pieces that were taken and not asked for again. */
    private final AtomicInteger taken = new AtomicInteger();

    private volatile @Nullable Subscription subscription;
    private volatile @Nullable Thread reader;
    /** Whether nothing comes any more. */
    private volatile boolean over;

    private volatile boolean closed;
    private @Nullable Event ended;

    /** Starts to receive. Objects other than data are passed over. */
    public Inbound(HttpRequest request) {
        this(request, Waits.PROCESS);
    }

    /** Starts to receive an answer's body, behind its {@link #begun headers}. */
    Inbound(HttpResponse response) {
        this(response, Waits.PROCESS);
    }

    Inbound(StreamMessage<? extends HttpObject> stream, Waits waits) {
        this.waits = waits;
        // That of the connection.
        this.eventLoop = stream.defaultSubscriberExecutor();
        stream.subscribe(
                new Receiver(),
                eventLoop,
                SubscriptionOption.WITH_POOLED_OBJECTS,
                SubscriptionOption.NOTIFY_CANCELLATION);
    }

    /** The headers of an answer, as soon as they are here. */
    CompletableFuture<ResponseHeaders> begun() {
        return begun;
    }

    /**
     * The next piece, never empty, which the caller releases; null at the stream's orderly end.
     *
     * @throws StalledException when nothing comes within the deadline
     * @throws IOException when the sender broke off
     */
    public @Nullable ByteBuf read(Duration deadline) throws IOException, InterruptedException {
        while (true) {
            Event event = ended != null ? ended : next(deadline);
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
                    taken.incrementAndGet();
                    askIfBehind();
                    if (!data.isEmpty()) {
                        // Its own indices, the data's reference count.
                        return data.byteBuf();
                    }
                    data.close();
                }
            }
        }
    }

    /** Null where none comes within the deadline. */
    private @Nullable Event next(Duration deadline) throws InterruptedException {
        reader = Thread.currentThread();
        try {
            boolean _ = waits.await(() -> !events.isEmpty(), deadline);
            return events.poll();
        } finally {
            reader = null;
        }
    }

    /** Where nothing is due, the event loop doesn't come by to ask. */
    private void askIfBehind() {
        if (due.get() == 0 && !over && taken.get() >= ASKED_AT_ONCE) {
            ask(0);
        }
    }

    /** Asks for as many as were taken, and for those that aren't pieces. */
    private void ask(int others) {
        int pieces = taken.getAndSet(0);
        Subscription current = subscription;
        if (pieces + others > 0 && current != null) {
            due.addAndGet(pieces);
            current.request(pieces + others);
        }
    }

    /** Stops receiving; the sender sees its stream cancelled unless it had ended. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Subscription current = subscription;
            if (current != null && !over) {
                cancel(current);
            }
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
            due.set(AHEAD);
            s.request(AHEAD);
            if (closed) {
                s.cancel();
            }
        }

        @Override
        public void onNext(HttpObject object) {
            if (object instanceof HttpData data) {
                due.decrementAndGet();
                add(new Piece(data));
                ask(0);
                if (closed) {
                    drain();
                }
                return;
            }
            if (object instanceof ResponseHeaders headers && !headers.status().isInformational()) {
                begun.complete(headers);
            }
            ask(1);
        }

        @Override
        public void onError(Throwable cause) {
            over = true;
            begun.completeExceptionally(cause);
            add(new Broken(cause));
        }

        @Override
        public void onComplete() {
            over = true;
            begun.completeExceptionally(new IOException("the answer has no headers"));
            add(new End());
        }

        private void add(Event event) {
            events.add(event);
            LockSupport.unpark(reader);
        }
    }
}
