package dev.interlock.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Passes TCP connections on to whichever of several ports serves, in turn, as a balancer in front of machines does. What doesn't answer a
 * connection's first bytes soon isn't served by: they go to the next one.
 */
final class Balancer implements AutoCloseable {
    private static final int FIRST_ANSWER_MILLIS = 1500;

    private final ServerSocket front;
    private final List<Integer> ports;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Integer> passed = new ConcurrentHashMap<>();
    private final AtomicInteger next = new AtomicInteger();
    private final List<Cut> cuts = new CopyOnWriteArrayList<>();

    /**
     * A connection that has ended.
     *
     * @param port to which it was passed on
     * @param at when it ended
     * @param sent when the last bytes went there
     */
    record Cut(int port, Instant at, Instant sent) {}

    Balancer(int port, List<Integer> ports) throws IOException {
        this.front = new ServerSocket(port, 50, InetAddress.getByName("127.0.0.1"));
        this.ports = new CopyOnWriteArrayList<>(ports);
        Thread.ofVirtual().start(this::accept);
    }

    void add(int port) {
        ports.add(port);
    }

    /** Passes on to these from now on, and ends all connections there are, so that new ones come to each. */
    void serveBy(List<Integer> serving) {
        ports.clear();
        ports.addAll(serving);
        passed.clear();
        List.copyOf(open).forEach(Balancer::close);
    }

    /** All connections that have ended so far. */
    List<Cut> cuts() {
        return List.copyOf(cuts);
    }

    /** How many connections were passed on to each port since {@link #serveBy}. */
    Map<Integer, Integer> passed() {
        return Map.copyOf(passed);
    }

    /** Passes nothing on to it any more, and ends what goes there, as after a health check that failed. */
    void remove(int port) {
        ports.remove(Integer.valueOf(port));
        for (Socket each : List.copyOf(open)) {
            if (each.getPort() == port) {
                close(each);
            }
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is closed.
        }
    }

    private void accept() {
        while (true) {
            try {
                Socket client = front.accept();
                Thread.ofVirtual().start(() -> pass(client));
            } catch (IOException e) {
                return; // it is closed
            }
        }
    }

    private void pass(Socket client) {
        try (client) {
            byte[] first = new byte[1 << 14];
            int length = client.getInputStream().read(first);
            int from = next.getAndIncrement();
            for (int i = 0; i < ports.size() && length > 0; i++) {
                Socket server = new Socket();
                byte[] answer = new byte[1 << 14];
                int answered;
                try {
                    server.connect(
                            new InetSocketAddress(
                                    InetAddress.getLoopbackAddress(), ports.get(Math.floorMod(from + i, ports.size()))),
                            FIRST_ANSWER_MILLIS);
                    server.getOutputStream().write(first, 0, length);
                    server.setSoTimeout(FIRST_ANSWER_MILLIS);
                    answered = server.getInputStream().read(answer);
                    server.setSoTimeout(0);
                } catch (IOException e) {
                    server.close();
                    continue; // this one doesn't serve
                }
                if (answered > 0) {
                    client.getOutputStream().write(answer, 0, answered);
                    open.add(server);
                    passed.merge(server.getPort(), 1, Integer::sum);
                    AtomicReference<Instant> sent = new AtomicReference<>(Instant.now());
                    // Before the client can see it.
                    Runnable ended = () -> cuts.add(new Cut(server.getPort(), Instant.now(), sent.get()));
                    Thread back = Thread.ofVirtual().start(() -> copy(server, client, () -> {}, ended));
                    copy(client, server, () -> sent.set(Instant.now()), () -> {});
                    back.join();
                    open.remove(server);
                }
                server.close();
                return;
            }
        } catch (IOException e) {
            // It is closed.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void copy(Socket from, Socket to, Runnable copied, Runnable ended) {
        try (from;
                to;
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            byte[] piece = new byte[1 << 14];
            try {
                for (int length = in.read(piece); length >= 0; length = in.read(piece)) {
                    out.write(piece, 0, length);
                    copied.run();
                }
            } finally {
                ended.run();
            }
        } catch (IOException e) {
            // One of them is gone, and the other with it.
        }
    }

    @Override
    public void close() throws IOException {
        front.close();
    }
}
