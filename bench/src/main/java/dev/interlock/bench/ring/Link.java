package dev.interlock.bench.ring;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A way over a wide area network to one port of this machine: each connection through it has a delay and a rate in either direction, and
 * a queue before the line as a router has one. Bytes wait; none is lost.
 */
final class Link implements AutoCloseable {
    private static final int PIECE_BYTES = 16 << 10;
    /** What a router keeps beside what is under way. */
    private static final int QUEUE_BYTES = 256 << 10;

    private final ServerSocket listening;
    private final int to;
    private final long delayNanos;
    private final double bytesPerNano;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Set<Line> lines = ConcurrentHashMap.newKeySet();

    /**
     * What went through one direction of one connection since it was last asked.
     *
     * @param into whether to the port that the link leads to
     * @param idleNanos how long the line had nothing to carry between the two
     * @param begunNanos when the first piece came to the line
     * @param endedNanos when the last one had passed it
     */
    record Flow(boolean into, long bytes, long begunNanos, long endedNanos, long idleNanos) {}

    private Link(ServerSocket listening, int to, Duration delay, double bytesPerSecond) {
        this.listening = listening;
        this.to = to;
        this.delayNanos = delay.toNanos();
        this.bytesPerNano = bytesPerSecond / 1e9;
    }

    /**
     * @param from where it listens, 0 for a free port
     * @param to where it leads
     * @param delay in one direction
     */
    static Link open(int from, int to, Duration delay, double bytesPerSecond) throws IOException {
        Link link = new Link(new ServerSocket(from, 1024, InetAddress.getLoopbackAddress()), to, delay, bytesPerSecond);
        Thread.ofVirtual().start(link::accept);
        return link;
    }

    int port() {
        return listening.getLocalPort();
    }

    /** What went through each direction of each connection since this was last asked. */
    List<Flow> flows() {
        List<Flow> flows = new ArrayList<>();
        lines.forEach(line -> flows.add(line.flow()));
        return flows;
    }

    private void accept() {
        try {
            while (true) {
                Socket near = listening.accept();
                sockets.add(near);
                Thread.ofVirtual().start(() -> connect(near));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void connect(Socket near) {
        try {
            // The caller's connection stands already; over a real line it would be told so a round trip later.
            long established = System.nanoTime() + 2 * delayNanos;
            Socket far = new Socket(InetAddress.getLoopbackAddress(), to);
            sockets.add(far);
            near.setTcpNoDelay(true);
            far.setTcpNoDelay(true);
            new Line(near, far, true, established).start();
            new Line(far, near, false, established).start();
        } catch (IOException e) {
            shut(near);
        }
    }

    /** A piece on its way, or the end. */
    private record Piece(long due, byte[] bytes, int length) {}

    /** One direction of one connection. */
    private final class Line {
        private final Socket from;
        private final Socket into;
        private final Deque<Piece> under = new ArrayDeque<>();
        private final long most = (long) (delayNanos * bytesPerNano) + QUEUE_BYTES;
        private final boolean inwards;
        private long waiting;
        private long free;
        private long passed;
        private long begun;
        private long idle;

        Line(Socket from, Socket into, boolean inwards, long established) {
            this.from = from;
            this.into = into;
            this.inwards = inwards;
            this.free = established;
        }

        synchronized Flow flow() {
            Flow flow = new Flow(inwards, passed, begun, free, idle);
            passed = 0;
            return flow;
        }

        void start() {
            lines.add(this);
            Thread.ofVirtual().start(this::read);
            Thread.ofVirtual().start(this::write);
        }

        private void read() {
            try {
                InputStream in = from.getInputStream();
                while (true) {
                    byte[] bytes = new byte[PIECE_BYTES];
                    int length = in.read(bytes);
                    put(bytes, length);
                    if (length < 0) {
                        return;
                    }
                }
            } catch (IOException e) {
                end();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                end();
            }
        }

        private synchronized void put(byte[] bytes, int length) throws InterruptedException {
            while (waiting > most) {
                wait();
            }
            long now = System.nanoTime();
            if (passed == 0) {
                begun = now;
                idle = 0;
            } else {
                idle += Math.max(0, now - free);
            }
            passed += Math.max(0, length);
            free = Math.max(free, now) + (long) (Math.max(0, length) / bytesPerNano);
            under.add(new Piece(free + delayNanos, bytes, length));
            waiting += Math.max(0, length);
            notifyAll();
        }

        private synchronized Piece take() throws InterruptedException {
            while (under.isEmpty()) {
                wait();
            }
            Piece piece = under.remove();
            waiting -= Math.max(0, piece.length());
            notifyAll();
            return piece;
        }

        private void write() {
            try {
                OutputStream out = into.getOutputStream();
                while (true) {
                    Piece piece = take();
                    long left = piece.due() - System.nanoTime();
                    if (left > 0) {
                        Thread.sleep(Duration.ofNanos(left));
                    }
                    if (piece.length() < 0) {
                        lines.remove(this);
                        into.shutdownOutput();
                        return;
                    }
                    out.write(piece.bytes(), 0, piece.length());
                }
            } catch (IOException e) {
                end();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                end();
            }
        }

        private void end() {
            lines.remove(this);
            shut(from);
            shut(into);
        }
    }

    private void shut(@Nullable Socket socket) {
        if (socket != null) {
            sockets.remove(socket);
            try {
                socket.close();
            } catch (IOException e) {
                // It is closed.
            }
        }
    }

    @Override
    public void close() {
        try {
            listening.close();
        } catch (IOException e) {
            // It is closed.
        }
        sockets.forEach(this::shut);
    }
}
