package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Peer;
import dev.interlock.wire.RecordReader;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/** One get: U's side of {@link Read}, over the network, again with other providers while enough are left. */
final class Getting {
    private final RingClient client;
    private final RingDescriptor ring;
    private final ObjectId object;
    private final WritableByteChannel out;
    private final LongConsumer progress;
    /** Providers that failed this get, and how. */
    private final Map<String, String> failed = new LinkedHashMap<>();
    /** Chunks that went out already; a second attempt checks them again and doesn't write them twice. */
    private int released;
    /** Whether a write of ours took so long that providers may have taken it for our end. */
    private boolean ownDelay;

    private Getting(RingClient client, ObjectId object, WritableByteChannel out, LongConsumer progress) {
        this.client = client;
        this.ring = client.ring();
        this.object = object;
        this.out = out;
        this.progress = progress;
    }

    static Fetched get(
            RingClient client,
            ObjectId object,
            List<Provider> candidates,
            WritableByteChannel out,
            LongConsumer start,
            LongConsumer progress)
            throws IOException, InterruptedException {
        return new Getting(client, object, out, progress).run(candidates, start);
    }

    private Fetched run(List<Provider> candidates, LongConsumer start) throws IOException, InterruptedException {
        Lookup lookup = Lookup.enough(client, object, candidates);
        for (boolean first = true; ; first = false) {
            Optional<Read.Plan> chosen = choose(lookup);
            if (chosen.isEmpty() && lookup.readable().size() + lookup.errors().size() < candidates.size()) {
                // The quick ones weren't enough after all; hear the slow ones out.
                lookup = Lookup.complete(client, object, candidates);
                chosen = choose(lookup);
            }
            if (chosen.isEmpty()) {
                throw unreadable(lookup);
            }
            try (Read.Plan plan = chosen.get()) {
                if (first) {
                    start.accept(plan.token().length());
                }
                pass(plan);
                return new Fetched(
                        plan.token(),
                        plan.path().stream().map(x -> ring.provider(x).name()).toList(),
                        ring.provider(plan.home()).name(),
                        Map.copyOf(failed));
            } catch (NodeException e) {
                if (ownDelay) {
                    // Whoever takes our output was slow, and the providers rightly gave up: nobody is to blame.
                    ownDelay = false;
                    continue;
                }
                // One of S is dead or slow: a detour round it, in a new session.
                if (failed.put(e.node(), e.explanation()) != null
                        || ring.provider(e.node()).isEmpty()) {
                    throw e;
                }
            }
        }
    }

    /** S: a home first, then the quickest others; empty when there aren't t. */
    private Optional<Read.Plan> choose(Lookup lookup) {
        int t = ring.threshold().t();
        List<Lookup.Holding> usable = lookup.readable().stream()
                .filter(holding -> !failed.containsKey(holding.provider().name()))
                .toList();
        Optional<Lookup.Holding> home = usable.stream()
                .filter(holding ->
                        holding.token().homes().contains(holding.provider().x()))
                .findFirst();
        if (usable.size() < t || home.isEmpty()) {
            return Optional.empty();
        }
        Lookup.Holding chosen = home.get();
        List<ShareIndex> s = Stream.concat(
                        home.stream(),
                        usable.stream().filter(holding -> !holding.provider().equals(chosen.provider())))
                .limit(t)
                .map(holding -> holding.provider().x())
                .toList();
        return Optional.of(Read.plan(ring, chosen.token(), s, chosen.provider().x(), client.random()));
    }

    private InterlockException unreadable(Lookup lookup) {
        if (failed.isEmpty()) {
            return lookup.unreadable("a get");
        }
        Map<String, String> absent = new LinkedHashMap<>(failed);
        lookup.errors().forEach((name, error) -> absent.putIfAbsent(name, error.explanation()));
        int left = (int) lookup.readable().stream()
                .filter(holding -> !failed.containsKey(holding.provider().name()))
                .count();
        return new TooFewProvidersException("a get", ring.threshold().t(), left, absent);
    }

    private void pass(Read.Plan plan) throws IOException, InterruptedException {
        List<NodeCard> route = plan.route().stations().stream()
                .map(station -> ring.provider(station.provider()).card())
                .toList();
        try {
            byte[] manifest = manifest(plan);
            sendOrders(plan, route);
            receive(plan, manifest, route.getLast());
        } catch (InterlockException e) {
            InterlockException telling = Diagnosis.of(client, route, plan.session(), e);
            abandon(plan, route);
            throw telling;
        } catch (IOException | RuntimeException e) {
            abandon(plan, route);
            throw e;
        }
    }

    private byte[] manifest(Read.Plan plan) {
        NodeCard home = ring.provider(plan.home()).card();
        byte[] manifest =
                client.get(home, "/v1/objects/" + object + "/manifest", Operation.MANIFEST, object.toString());
        try {
            Write.checkManifest(plan.token(), manifest);
        } catch (IllegalArgumentException e) {
            throw new IntegrityException(home.name() + ": " + e.getMessage(), List.of(home.name()));
        }
        return manifest;
    }

    // Step 1.  U →p each CC_i in S, and home: signed request, with fresh B_i.  The first of the route gets its own
    // last:
    //          with it the stream begins, and by then everyone must be ready.
    private void sendOrders(Read.Plan plan, List<NodeCard> route) throws InterruptedException {
        List<NodeCard> rest = route.subList(1, route.size());
        for (RingClient.Answer<byte[]> answer : client.askAll(rest, node -> sendOrder(plan, node))) {
            if (answer instanceof RingClient.Failure<byte[]>(NodeCard node, InterlockException error)) {
                throw error;
            }
        }
        byte[] _ = sendOrder(plan, route.getFirst());
    }

    private byte[] sendOrder(Read.Plan plan, NodeCard node) {
        Order order = Read.order(plan, ring.provider(node.name()).orElseThrow().x());
        byte[] body = Json.write(order);
        try {
            return client.call(
                    node,
                    HttpMethod.POST,
                    "/v1/sessions",
                    Operation.ORDER,
                    plan.session().toString(),
                    body);
        } finally {
            Arrays.fill(order.blind(), (byte) 0);
            Arrays.fill(body, (byte) 0);
        }
    }

    // Step 3.  last →p U: P ⊕ ΣB_i.
    private void receive(Read.Plan plan, byte[] manifest, NodeCard last) throws IOException, InterruptedException {
        ChunkLayout layout = plan.layout();
        Peer peer = client.peer(last);
        String session = plan.session().toString();
        try (Blinds grown = Blinds.grownFrom(plan.blindSeeds().values());
                SecretBytes buffer = SecretBytes.allocate(layout.padLength(0));
                RecordReader in = new RecordReader(
                        peer.download(
                                "/v1/sessions/" + session + "/stream",
                                client.authorization(last, Operation.STREAM, session, new byte[0])),
                        client.deadlines().stall())) {
            List<Blind<MemorySegment>> blinds = grown.all();
            for (int k = 0; k < layout.count(); k++) {
                MemorySegment chunk = buffer.segment().asSlice(0, layout.padLength(k));
                fill(in, chunk, peer);
                // U removes the blinds, checks every chunk against u_m's commitment before releasing it.
                Read.unblind(chunk, blinds);
                Read.checkChunk(plan, manifest, k, chunk);
                if (k == released) {
                    ByteBuffer m = chunk.asSlice(ChunkLayout.RANDOMIZER_BYTES).asByteBuffer();
                    long begun = System.nanoTime();
                    while (m.hasRemaining()) {
                        out.write(m);
                    }
                    ownDelay |= System.nanoTime() - begun
                            > client.deadlines().stall().toNanos() / 2;
                    released++;
                    progress.accept(layout.dataLength(k));
                }
            }
        }
    }

    private static void fill(RecordReader in, MemorySegment chunk, Peer from) throws InterruptedException {
        try {
            in.fill(chunk);
        } catch (EOFException e) {
            throw new IntegrityException(
                    from.name() + " ended the stream early; only whole, checked chunks were released", List.of());
        } catch (IOException e) {
            throw from.broken(e);
        }
    }

    private void abandon(Read.Plan plan, List<NodeCard> route) {
        String session = plan.session().toString();
        for (NodeCard node : route) {
            client.aside(() -> {
                try {
                    byte[] _ = client.call(
                            node,
                            HttpMethod.DELETE,
                            "/v1/sessions/" + session,
                            Operation.ABANDON,
                            session,
                            new byte[0]);
                } catch (InterlockException e) {
                    // It ends the session by itself when nothing moves.
                }
            });
        }
    }
}
