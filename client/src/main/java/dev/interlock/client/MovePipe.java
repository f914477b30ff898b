package dev.interlock.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import org.jspecify.annotations.Nullable;

/** Bytes from one thread to another without a copy in between: who writes waits until who reads has taken them. */
final class MovePipe {
    private @Nullable ByteBuffer offered;
    private boolean ended;
    private boolean closed;
    private @Nullable Throwable failure;

    /** The writer's end. */
    WritableByteChannel to() {
        return new WritableByteChannel() {
            @Override
            public int write(ByteBuffer bytes) throws IOException {
                return offer(bytes);
            }

            @Override
            public boolean isOpen() {
                return !isClosed();
            }

            @Override
            public void close() {
                end();
            }
        };
    }

    /** The reader's end; closing it ends the writer, too. */
    ReadableByteChannel from() {
        return new ReadableByteChannel() {
            @Override
            public int read(ByteBuffer into) throws IOException {
                return take(into);
            }

            @Override
            public boolean isOpen() {
                return !isClosed();
            }

            @Override
            public void close() {
                giveUp();
            }
        };
    }

    private synchronized int offer(ByteBuffer bytes) throws IOException {
        int length = bytes.remaining();
        offered = bytes;
        notifyAll();
        try {
            while (bytes.hasRemaining() && !closed) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            offered = null;
        }
        if (bytes.hasRemaining()) {
            throw new ClosedChannelException();
        }
        return length;
    }

    private synchronized int take(ByteBuffer into) throws IOException {
        try {
            while (offered == null || !offered.hasRemaining()) {
                if (failure != null) {
                    throw new IOException("what is read from broke off", failure);
                }
                if (ended) {
                    return -1;
                }
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        ByteBuffer from = offered;
        int length = Math.min(into.remaining(), from.remaining());
        into.put(from.slice(from.position(), length));
        from.position(from.position() + length);
        if (!from.hasRemaining()) {
            notifyAll();
        }
        return length;
    }

    private synchronized boolean isClosed() {
        return closed || ended;
    }

    /** All was written. */
    private synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** The writer can't go on. */
    synchronized void fail(Throwable why) {
        failure = why;
        notifyAll();
    }

    private synchronized void giveUp() {
        closed = true;
        notifyAll();
    }
}
