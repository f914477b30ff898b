package dev.interlock.client.login;

import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.ring.NodeCard;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;

/**
 * Who is told that an attempt was a success: each provider that answered it, once, in the background, also where its answer comes when
 * the login is through without it. Else that guess would stay counted there, and the device a stranger.
 */
final class Successes {
    /** Tells a provider; what it throws is that provider's loss. */
    @FunctionalInterface
    interface Teller {
        void tell(NodeCard node, byte[] body);
    }

    private final UserName name;
    private final ExecutorService threads;
    private final Teller teller;
    /** Who was asked and neither was told nor failed. */
    private final Set<String> outstanding = new HashSet<>();

    private final List<NodeCard> answered = new ArrayList<>();
    private Map<String, byte[]> bodies = Map.of();
    private long until;

    Successes(UserName name, List<NodeCard> asked, ExecutorService threads, Teller teller) {
        this.name = name;
        this.threads = threads;
        this.teller = teller;
        asked.forEach(node -> outstanding.add(node.name()));
    }

    UserName name() {
        return name;
    }

    /** On the thread of that answer; nobody waits for it any more where it is late. */
    void answered(NodeCard node) {
        byte[] late;
        synchronized (this) {
            late = bodies.get(node.name());
            if (late == null) {
                answered.add(node);
            }
        }
        if (late != null) {
            tell(node, late);
        }
    }

    /** It gave no answer, and there is nothing to tell it. */
    void failed(NodeCard node) {
        end(node);
    }

    /**
     * The login has succeeded.
     *
     * @param signed for each that was asked
     * @param grace how long those that depend on it wait for it
     */
    void succeeded(Map<String, byte[]> signed, Duration grace) {
        List<NodeCard> before;
        synchronized (this) {
            bodies = signed;
            until = System.nanoTime() + grace.toNanos();
            before = List.copyOf(answered);
        }
        for (NodeCard node : before) {
            byte[] body = signed.get(node.name());
            try {
                if (body == null) {
                    end(node);
                } else {
                    threads.execute(() -> tell(node, body));
                }
            } catch (RejectedExecutionException e) {
                end(node);
            }
        }
    }

    /** Best effort: where it doesn't arrive, the guess stays counted, and the device unknown. */
    private void tell(NodeCard node, byte[] body) {
        try {
            teller.tell(node, body);
        } catch (RuntimeException e) {
            // As for one that wasn't told.
        } finally {
            end(node);
        }
    }

    private synchronized void end(NodeCard node) {
        outstanding.remove(node.name());
        notifyAll();
    }

    synchronized boolean isThrough() {
        return outstanding.isEmpty();
    }

    /** Until all that were asked have been told or failed, or the grace since the success is over. */
    void await() throws InterruptedException {
        long left;
        synchronized (this) {
            left = until - System.nanoTime();
        }
        boolean _ = await(Duration.ofNanos(Math.max(0, left)));
    }

    /** @return whether all that were asked have been told, or failed */
    synchronized boolean await(Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        while (!outstanding.isEmpty()) {
            long left = (end - System.nanoTime() + 999_999) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }
}
