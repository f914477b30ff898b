package dev.interlock.client;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.SmallRead;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.wire.Parts;
import dev.interlock.wire.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Small objects that are opened together: whoever is the first to ask a provider asks it for all of them, in one request. What
 * comes of each is that one's alone, and nothing here is believed: each is checked as if it had been asked for by itself.
 */
final class OpenBatch implements AutoCloseable {
    private final RingClient client;
    /** Those that are still to be opened. */
    private final Set<ObjectId> open = new LinkedHashSet<>();
    /** What was asked for, by provider. */
    private final Map<String, Map<ObjectId, CompletableFuture<OpenAnswer>>> answers = new HashMap<>();

    private final Map<List<Provider>, List<Provider>> ranked = new HashMap<>();

    OpenBatch(RingClient client) {
        this.client = client;
    }

    /** @return false when it is full, or has this one */
    synchronized boolean add(ObjectId object) {
        return open.size() < SmallRead.MAX_AT_ONCE && open.add(object);
    }

    /** For one of them. */
    Opener of(ObjectId object) {
        return new Opener() {
            @Override
            public List<Provider> ranked(List<Provider> providers) {
                synchronized (OpenBatch.this) {
                    // The same for all of them, so that as few as possible are asked.
                    return ranked.computeIfAbsent(providers, all -> Opener.worthAsking(client, all));
                }
            }

            @Override
            public OpenAnswer ask(NodeCard node) {
                return OpenBatch.this.ask(node, object);
            }
        };
    }

    private OpenAnswer ask(NodeCard node, ObjectId object) {
        Map<ObjectId, CompletableFuture<OpenAnswer>> asking = new LinkedHashMap<>();
        CompletableFuture<OpenAnswer> own = answer(node, object, asking);
        if (asking.isEmpty()) {
            return await(node, own);
        }
        // How quick a provider is shows in the first of its answers.
        return client.watched(node, () -> {
            client.aside(() -> fetch(node, asking));
            return await(node, own);
        });
    }

    /** @param asking gets what this provider is to be asked for now, this one first; nothing where it was asked before */
    private synchronized CompletableFuture<OpenAnswer> answer(
            NodeCard node, ObjectId object, Map<ObjectId, CompletableFuture<OpenAnswer>> asking) {
        Map<ObjectId, CompletableFuture<OpenAnswer>> known = answers.computeIfAbsent(node.name(), _ -> new HashMap<>());
        CompletableFuture<OpenAnswer> before = known.get(object);
        if (before != null) {
            return before;
        }
        CompletableFuture<OpenAnswer> own = new CompletableFuture<>();
        asking.put(object, own);
        for (ObjectId other : open) {
            if (!known.containsKey(other)) {
                asking.putIfAbsent(other, new CompletableFuture<>());
            }
        }
        known.putAll(asking);
        return own;
    }

    private void fetch(NodeCard node, Map<ObjectId, CompletableFuture<OpenAnswer>> asking) {
        ByteBuffer ids = ByteBuffer.allocate(asking.size() * ObjectId.BYTES);
        asking.keySet().forEach(id -> ids.put(id.bytes()));
        try (RecordReader in = client.open(node, "/v1/open", Operation.OPEN_ALL, "", ids.array())) {
            for (CompletableFuture<OpenAnswer> each : asking.values()) {
                next(node, in, each);
            }
        } catch (InterlockException e) {
            fail(asking, e);
        } catch (IOException e) {
            fail(asking, client.peer(node).broken(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail(asking, client.peer(node).broken(e));
        } catch (RuntimeException e) {
            fail(asking, new NodeException(node.name(), "asking " + node.name() + " failed: " + e));
        }
    }

    private static void next(NodeCard node, RecordReader in, CompletableFuture<OpenAnswer> to)
            throws IOException, InterruptedException {
        try (SecretBytes problem = Parts.next(in, OpenAnswer.MAX_SAID_BYTES)) {
            if (problem.segment().byteSize() > 0) {
                to.completeExceptionally(Json.read("the answer of " + node.name(), problem.copyToHeap(), Problem.class)
                        .toException(node.name()));
                return;
            }
        } catch (MalformedException e) {
            throw new NodeException(node.name(), node.name() + " gave no proper answer: " + e.getMessage());
        }
        OpenAnswer answer = OpenAnswer.read(in);
        if (!to.complete(answer)) {
            // Nobody waits for it any more.
            answer.close();
        }
    }

    private static void fail(Map<ObjectId, CompletableFuture<OpenAnswer>> asking, InterlockException why) {
        asking.values().forEach(each -> each.completeExceptionally(why));
    }

    private OpenAnswer await(NodeCard node, CompletableFuture<OpenAnswer> answer) {
        try {
            return answer.get(client.deadlines().settle().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof InterlockException known
                    ? known
                    : client.peer(node).broken(e);
        } catch (TimeoutException e) {
            throw new NodeException(node.name(), node.name() + " didn't answer in time");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw client.peer(node).broken(e);
        }
    }

    /** This one is opened, or can't be: what came of it and nobody took is wiped. */
    void leave(ObjectId object) {
        List<CompletableFuture<OpenAnswer>> left = new ArrayList<>();
        synchronized (this) {
            open.remove(object);
            answers.values().forEach(ofNode -> {
                CompletableFuture<OpenAnswer> answer = ofNode.get(object);
                if (answer != null) {
                    left.add(answer);
                }
            });
        }
        for (CompletableFuture<OpenAnswer> each : left) {
            if (!each.cancel(false) && !each.isCompletedExceptionally()) {
                each.join().close();
            }
        }
    }

    @Override
    public void close() {
        List<ObjectId> all;
        synchronized (this) {
            all = new ArrayList<>(open);
        }
        all.forEach(this::leave);
    }
}
