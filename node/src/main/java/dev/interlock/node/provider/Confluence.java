package dev.interlock.node.provider;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.protocol.Renewal;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the streams of several dealers, or a dealer's and the share that is there, become one share: chunk k of the sum is
 * the sum of all chunks k, its salt that of their salts. A stream may be a chunk ahead of the others, no more, so that memory
 * doesn't grow with the object; nobody waits for the others longer than the deadline.
 */
final class Confluence {
    private final String node;
    private final Session session;
    private final ShareFeed feed;
    private final ByteSpace space;
    private final LiveSession.@Nullable Before before;

    private final MerkleRoot root = new MerkleRoot();
    private final byte[] leaves;
    /** How many chunks of each dealer are in the sum. */
    private final Map<String, Integer> given = new LinkedHashMap<>();
    /** Whose stream is there whole, and right. */
    private final List<String> verified = new ArrayList<>();

    private ShareFeed.@Nullable Arrival arrival;
    /** The sum, as far as it goes, of the chunk that isn't complete. */
    private @Nullable MemorySegment sum;

    private @Nullable SecretBytes old;
    private int inside;
    private boolean ended;
    private @Nullable InterlockException failure;

    /** @param before what the dealers' shares are added to, in a refresh */
    Confluence(String node, Session session, ShareFeed feed, ByteSpace space, LiveSession.@Nullable Before before) {
        this.node = node;
        this.session = session;
        this.feed = feed;
        this.space = space;
        this.before = before;
        this.leaves = new byte[session.scheme().sealed() ? SealedLayout.leavesBytes(session.layout()) : 0];
    }

    /** One dealer's stream, while it comes. */
    final class Tributary implements AutoCloseable {
        private final String dealer;

        private Tributary(String dealer) {
            this.dealer = dealer;
        }

        /**
         * Adds this dealer's next chunk; waits for the others where it's ahead.
         *
         * @param record a salt, and a share's chunk; unchanged
         * @throws NodeException that names whom it waited for in vain
         */
        void add(MemorySegment record, Duration deadline) throws InterruptedException {
            Confluence.this.add(dealer, record, deadline);
        }

        /**
         * The stream is what its dealer signed for.
         *
         * @return whether all are, so that the sum is there whole
         */
        boolean verified() {
            return Confluence.this.verified(dealer);
        }

        @Override
        public void close() {
            leave();
        }
    }

    /** @throws RefusedException where this dealer's stream came before */
    synchronized Tributary enter(String dealer) {
        requireRunning();
        if (given.putIfAbsent(dealer, 0) != null) {
            throw new RefusedException(
                    node + ": the share of this session from " + dealer + " is there or under way already");
        }
        inside++;
        return new Tributary(dealer);
    }

    private synchronized void add(String dealer, MemorySegment record, Duration deadline) throws InterruptedException {
        int k = given.getOrDefault(dealer, 0);
        long end = System.nanoTime() + deadline.toNanos();
        while (failure == null && root.count() < k) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                throw missed();
            }
            // Rounded up: wait(0) would wait for ever.
            wait(left / 1_000_000 + 1);
        }
        requireRunning();
        MemorySegment to = sum;
        if (to == null) {
            to = room(k, deadline);
            to.copyFrom(record);
            sum = to;
        } else {
            Write.add(space, to, record);
        }
        given.put(dealer, k + 1);
        if (given.size() == session.dealers().size() && given.values().stream().allMatch(count -> count > k)) {
            complete(k, to);
        }
    }

    private MemorySegment room(int k, Duration deadline) throws InterruptedException {
        ShareFeed.Arrival current = arrival;
        if (current == null) {
            current = feed.arrival();
            arrival = current;
        }
        return current.room(k, deadline);
    }

    private void complete(int k, MemorySegment record) {
        LiveSession.Before there = before;
        if (there != null) {
            SecretBytes buffer =
                    old == null ? SecretBytes.allocate(there.share().recordBytes(0)) : old;
            old = buffer;
            MemorySegment was = buffer.segment().asSlice(0, record.byteSize());
            there.share().read(k, was);
            // The salts are the dealers' alone.
            Renewal.add(space, record.asSlice(Leaves.SALT_BYTES), was.asSlice(Leaves.SALT_BYTES));
        }
        byte[] leaf = Write.shareLeaf(
                session.id(),
                session.self(),
                k,
                record.asSlice(0, Leaves.SALT_BYTES),
                record.asSlice(Leaves.SALT_BYTES));
        if (leaves.length > 0) {
            System.arraycopy(leaf, 0, leaves, k * Sha256.BYTES, Sha256.BYTES);
        }
        sum = null;
        if (arrival != null) {
            arrival.append(k, record);
        }
        root.add(leaf);
        notifyAll();
    }

    private synchronized boolean verified(String dealer) {
        requireRunning();
        verified.add(dealer);
        return verified.size() == session.dealers().size();
    }

    /** The root over the sum, once it's there whole. */
    synchronized MerkleRoot root() {
        return root;
    }

    /** Its leaves, in protocol 1. */
    byte[] leaves() {
        return leaves;
    }

    /** Whose part the sum waits for. */
    synchronized List<String> awaited() {
        int k = root.count();
        List<String> behind = session.dealers().stream()
                .filter(dealer -> k < session.layout().count() && given.getOrDefault(dealer, 0) <= k)
                .toList();
        return behind.isEmpty()
                ? session.dealers().stream()
                        .filter(dealer -> !verified.contains(dealer))
                        .toList()
                : behind;
    }

    private NodeException missed() {
        List<String> behind = awaited();
        return new NodeException(
                behind.getFirst(),
                "the share of " + session.object() + " from " + String.join(", ", behind) + " didn't come to " + node
                        + " in time");
    }

    private void requireRunning() {
        if (failure != null) {
            throw failure;
        }
        if (ended) {
            throw new RefusedException(node + ": the session " + session.id() + " ended");
        }
    }

    /** Ends every wait here. */
    synchronized void fail(InterlockException why) {
        failure = failure == null ? why : failure;
        notifyAll();
    }

    /** The session ended: what is in memory is wiped as soon as no stream works on it. */
    synchronized void close() {
        ended = true;
        wipeUnused();
        notifyAll();
    }

    private synchronized void leave() {
        inside--;
        wipeUnused();
    }

    private void wipeUnused() {
        if (inside > 0 || !(ended || verified.size() == session.dealers().size())) {
            return;
        }
        sum = null;
        if (arrival != null) {
            arrival.close();
            arrival = null;
        }
        if (old != null) {
            old.close();
            old = null;
        }
    }
}
