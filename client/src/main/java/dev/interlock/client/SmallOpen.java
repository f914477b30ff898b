package dev.interlock.client;

import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.SmallRead;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.Parts;
import dev.interlock.wire.RecordReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The read of a small object in one round trip, {@link SmallRead}: what providers give together with what they say of it. Where
 * anything of it is missing or wrong, the object is read as a large one is, which finds out who is to blame.
 */
final class SmallOpen implements AutoCloseable {
    /** What a provider says of an object: its certificate, commands, statements. */
    private static final int MAX_SAID_BYTES = 4 << 20;

    private final RingClient client;
    private final Witnesses witnesses;
    private final Map<String, Given> given = new HashMap<>();
    private boolean closed;

    /** What one provider gave: a share behind its salt, and at a home the ciphertext; empty where there was none. */
    private record Given(SecretBytes share, SecretBytes ciphertext) implements AutoCloseable {
        MemorySegment part(Part part) {
            return (part == Part.SHARE ? share : ciphertext).segment();
        }

        @Override
        public void close() {
            share.close();
            ciphertext.close();
        }
    }

    SmallOpen(RingClient client, ObjectId object) {
        this.client = client;
        this.witnesses = new Witnesses(client, object);
    }

    Witnesses witnesses() {
        return witnesses;
    }

    /** What this provider says; what it gives is kept. */
    Held ask(NodeCard node) {
        return witnesses.heard(node, client.watched(node, () -> fetch(node)));
    }

    private byte[] fetch(NodeCard node) {
        ObjectId object = witnesses.object();
        String path = "/v1/objects/" + object + "/open";
        try (RecordReader in = client.open(node, path, Operation.OPEN, object.toString())) {
            try (SecretBytes said = Parts.next(in, MAX_SAID_BYTES)) {
                SecretBytes share = Parts.next(in, SmallRead.MAX_PART_BYTES);
                try {
                    keep(node, new Given(share, Parts.next(in, SmallRead.MAX_PART_BYTES)));
                } catch (IOException | InterruptedException | RuntimeException e) {
                    share.close();
                    throw e;
                }
                return said.copyToHeap();
            }
        } catch (IOException e) {
            throw client.peer(node).broken(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw client.peer(node).broken(e);
        }
    }

    private synchronized void keep(NodeCard node, Given what) {
        if (closed) {
            // It came too late for anybody.
            what.close();
            return;
        }
        Given before = given.put(node.name(), what);
        if (before != null) {
            before.close();
        }
    }

    /** What came of it. */
    sealed interface Outcome {}

    /** @param chunk P, until this is closed */
    record Opened(MemorySegment chunk) implements Outcome {}

    /** Not all of these gave something, so they are to be asked otherwise. */
    record Missing() implements Outcome {}

    /** One of them gave what it isn't bound to, or all together isn't what was put. */
    record Wrong() implements Outcome {}

    /**
     * P of the chosen generation.
     *
     * @param pad b_U in protocol 2
     */
    Outcome combine(Choice choice, Blind<MemorySegment> pad) {
        List<MemorySegment> shares = new ArrayList<>();
        for (ShareIndex x : choice.s()) {
            shares.add(part(client.ring().provider(x).name(), Part.SHARE));
        }
        MemorySegment flow = part(choice.home().name(), Part.CIPHERTEXT);
        if (flow.byteSize() == 0 || shares.stream().anyMatch(share -> share.byteSize() == 0)) {
            return new Missing();
        }
        boolean promised = isPromised(choice, Part.CIPHERTEXT, choice.home().x(), flow);
        for (int i = 0; i < shares.size(); i++) {
            promised &= isPromised(choice, Part.SHARE, choice.s().get(i), shares.get(i));
        }
        if (!promised) {
            return new Wrong();
        }
        SmallRead.combine(FieldKernels.chosen(), choice.s(), shares, flow);
        pad.addTo(flow);
        return Read.isChunk(choice.token(), new byte[0], 0, flow) ? new Opened(flow) : new Wrong();
    }

    private static boolean isPromised(Choice choice, Part part, ShareIndex x, MemorySegment bytes) {
        return SmallRead.isPromised(choice.generation().chain(), part, x, bytes);
    }

    /** Empty where it gave none. */
    private synchronized MemorySegment part(String name, Part part) {
        Given each = given.get(name);
        return each == null ? MemorySegment.ofArray(new byte[0]) : each.part(part);
    }

    @Override
    public synchronized void close() {
        closed = true;
        given.values().forEach(Given::close);
        given.clear();
    }
}
