package dev.interlock.client;

import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.SmallRead;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
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
    private final RingClient client;
    private final Opener opener;
    private final Witnesses witnesses;
    private final Map<String, OpenAnswer> given = new HashMap<>();
    private boolean closed;

    SmallOpen(RingClient client, ObjectId object, Opener opener) {
        this.client = client;
        this.opener = opener;
        this.witnesses = new Witnesses(client, object);
    }

    Witnesses witnesses() {
        return witnesses;
    }

    /** What this provider says, for the {@link #witnesses}; what it gives is kept. */
    byte[] ask(NodeCard node) {
        OpenAnswer answer = opener.ask(node);
        keep(node, answer);
        return answer.said();
    }

    /** Those of these that are to be asked first, the best first. */
    List<Provider> ranked(List<Provider> providers) {
        return opener.ranked(providers);
    }

    private synchronized void keep(NodeCard node, OpenAnswer what) {
        if (closed) {
            // It came too late for anybody.
            what.close();
            return;
        }
        OpenAnswer before = given.put(node.name(), what);
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
        return SmallRead.isPromised(choice.token(), choice.generation().chain(), part, x, bytes);
    }

    /** Empty where it gave none. */
    private synchronized MemorySegment part(String name, Part part) {
        OpenAnswer each = given.get(name);
        return each == null
                ? MemorySegment.ofArray(new byte[0])
                : (part == Part.SHARE ? each.share() : each.ciphertext()).segment();
    }

    @Override
    public synchronized void close() {
        closed = true;
        given.values().forEach(OpenAnswer::close);
        given.clear();
    }
}
