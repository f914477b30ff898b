package dev.interlock.node.store;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Stands between a store and a real server, and lets things go wrong on the way. */
final class Relay implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int target;
    private final boolean http;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Queue<String> answers = new ConcurrentLinkedQueue<>();
    private final AtomicInteger answered = new AtomicInteger();
    private volatile String always = "";
    private volatile long cutAfter = Long.MAX_VALUE;
    private volatile boolean silent;
    private volatile boolean refuse;

    private Relay(int target, boolean http) throws IOException {
        this.target = target;
        this.http = http;
        Thread.ofVirtual().start(this::accept);
    }

    /** Bytes, in both directions. */
    static Relay ofBytes(int target) throws IOException {
        return new Relay(target, false);
    }

    /** One HTTP request a connection. */
    static Relay ofRequests(int target) throws IOException {
        return new Relay(target, true);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** The next request gets this answer, and the server doesn't see it. */
    void answer(String status, String code) {
        answers.add(text(status, code));
    }

    /** All do, until this is called with nothing. */
    void always(String status, String code) {
        always = status.isEmpty() ? "" : text(status, code);
    }

    private static String text(String status, String code) {
        String body = "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>by the relay</Message></Error>";
        return "HTTP/1.1 " + status + "\r\nContent-Type: application/xml\r\nConnection: close\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    /** How many requests the server didn't see. */
    int answered() {
        return answered.get();
    }

    /** Of the next answer that is longer only so much comes through. */
    void cutAfter(long bytes) {
        cutAfter = bytes;
    }

    /** From now on nothing comes through, in no direction, and no connection ends. */
    void silent(boolean now) {
        silent = now;
    }

    /** Whether new connections are ended at once, as without a server. */
    void refuse(boolean now) {
        refuse = now;
    }

    /** Ends all connections, on both sides. */
    void drop() throws IOException {
        for (Socket each : Set.copyOf(open)) {
            open.remove(each);
            each.close();
        }
    }

    private void accept() {
        while (true) {
            try {
                Socket client = listener.accept();
                if (refuse) {
                    client.close();
                    continue;
                }
                open.add(client);
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket client) {
        try (client;
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target)) {
            open.add(server);
            if (http && !request(client, server)) {
                return;
            }
            Thread there = Thread.ofVirtual().start(() -> pump(client, server, Long.MAX_VALUE));
            pump(server, client, http ? cutAfter : Long.MAX_VALUE);
            if (http) {
                client.close();
            }
            there.join();
        } catch (IOException e) {
            // One of the two has gone.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the server is to have it. */
    private boolean request(Socket client, Socket server) throws IOException {
        InputStream in = client.getInputStream();
        String head = head(in);
        String canned = always.isEmpty() ? answers.poll() : always;
        if (canned == null) {
            server.getOutputStream()
                    .write(head.replaceFirst("\r\n", "\r\nConnection: close\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            return true;
        }
        answered.incrementAndGet();
        boolean waits = head.toLowerCase(Locale.ROOT).contains("expect: 100-continue");
        in.skipNBytes(waits ? 0 : length(head));
        OutputStream out = client.getOutputStream();
        out.write(canned.getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        client.shutdownOutput();
        return false;
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        for (int end = 0; end < 4; ) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("no request");
            }
            head.write(next);
            end = next == (end % 2 == 0 ? '\r' : '\n') ? end + 1 : 0;
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    private static long length(String head) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("content-length:"))
                .mapToLong(line -> Long.parseLong(line.substring(15).strip()))
                .findFirst()
                .orElse(0);
    }

    private void pump(Socket from, Socket to, long most) {
        byte[] piece = new byte[8192];
        long rest = most;
        try {
            while (rest > 0) {
                int read = from.getInputStream().read(piece, 0, (int) Math.min(piece.length, rest));
                if (read < 0) {
                    break;
                }
                rest -= read;
                if (!silent) {
                    to.getOutputStream().write(piece, 0, read);
                }
            }
            if (rest == 0) {
                cutAfter = Long.MAX_VALUE;
            }
            to.shutdownOutput();
        } catch (IOException e) {
            // One of the two has gone.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
            drop();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
