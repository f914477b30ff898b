package dev.interlock.client;

import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Http2;
import dev.interlock.wire.Inbound;
import dev.interlock.wire.Peer;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * All that U takes off what comes out of the ring in one read: ΣB_i; in protocol 2 what it keeps; in the published
 * protocol 3 the K that it put on c on its way back into the ring, which it does meanwhile.
 */
final class ReadMasks implements AutoCloseable {
    private final RingClient client;
    private final Read.Plan plan;
    private final List<Blind<MemorySegment>> all = new ArrayList<>();
    private final AtomicReference<@Nullable InterlockException> failure = new AtomicReference<>();
    private @Nullable Thread relay;

    private ReadMasks(RingClient client, Read.Plan plan) {
        this.client = client;
        this.plan = plan;
    }

    static ReadMasks begin(RingClient client, Read.Plan plan, GetOptions options) throws IOException {
        ReadMasks masks = new ReadMasks(client, plan);
        try {
            plan.blindSeeds().values().forEach(seed -> masks.all.add(Blind.expanded(seed)));
            if (plan.blinding() == Blinding.FULL) {
                RingDescriptor ring = client.ring();
                List<NodeCard> hops =
                        plan.path().stream().map(x -> ring.provider(x).card()).toList();
                masks.all.add(new BlindsAhead(
                        client,
                        new FullBlinds(client, plan.id(), hops),
                        plan.layout().padTotal()));
            }
            if (plan.scheme().protocol() == 2) {
                masks.all.add(userLayer(plan, options.userKey().orElseThrow()));
            }
            if (plan.scheme().readThroughUser()) {
                masks.sendBack();
            }
            return masks;
        } catch (IOException | RuntimeException e) {
            masks.close();
            throw e;
        }
    }

    /** What U takes off in a direct read, beginning with this chunk: b_U, in protocol 2. */
    static Blind<MemorySegment> userPad(Token token, GetOptions options, int from) throws IOException {
        if (!token.scheme().paddedByUser()) {
            return Blind.none();
        }
        Blind<MemorySegment> pad = userPad(options.userKey().orElseThrow());
        try (SecretBytes before = SecretBytes.allocate(token.layout().padLength(0))) {
            for (int k = 0; k < from; k++) {
                pad.addTo(before.segment().asSlice(0, token.layout().padLength(k)));
            }
        }
        return pad;
    }

    private static Blind<MemorySegment> userPad(UserKeyFile key) throws IOException {
        UserKeyFile.Bytes bytes = key.bytes();
        if (key.kind() == UserKeyFile.Kind.EXPANDED) {
            try (bytes;
                    SecretBytes seed = SecretBytes.allocate(Keystream.SEED_BYTES)) {
                bytes.fill(seed.segment());
                return Blind.expanded(seed);
            }
        }
        return new OwnLayer(1, bytes::fill, bytes::close);
    }

    /** b_U, or λ(x_U)·f(x_U). */
    private static Blind<MemorySegment> userLayer(Read.Plan plan, UserKeyFile key) throws IOException {
        if (key.kind() != UserKeyFile.Kind.SHARE) {
            return userPad(key);
        }
        UserKeyFile.Bytes share = key.bytes();
        return new OwnLayer(plan.userLambda(), share::fill, share::close);
    }

    /** Published 3: home →p U: c;  U →p first of S: c ⊕ K. */
    private void sendBack() {
        SecretBytes k = SecretBytes.random(Keystream.SEED_BYTES, client.random());
        Blind<MemorySegment> on = Blind.expanded(k);
        all.add(Blind.expanded(k));
        k.close();
        List<Station> stations = plan.route().stations();
        relay = Thread.ofVirtual().start(() -> {
            try (on) {
                relay(stations.get(0), stations.get(1), on);
            } catch (InterlockException e) {
                failure.set(e);
            } catch (InterruptedException e) {
                // Closed: nobody waits for it.
            }
        });
    }

    private void relay(Station home, Station first, Blind<MemorySegment> k) throws InterruptedException {
        Peer from = client.peer(client.ring().provider(home.provider()).card());
        try (Inbound in = client.download(plan.id(), home).open()) {
            Peer.Upload upload = client.upload(plan.id(), first);
            try {
                for (ByteBuf c = in.read(client.deadlines().stall());
                        c != null;
                        c = in.read(client.deadlines().stall())) {
                    ByteBuf piece = Http2.BUFFERS.directBuffer(c.readableBytes());
                    piece.writeBytes(c);
                    c.release();
                    Read.reenter(MemorySegment.ofBuffer(piece.nioBuffer()), k);
                    upload.send(piece, client.deadlines().stall());
                }
            } catch (IOException e) {
                upload.out().fail(e);
                throw from.broken(e);
            } catch (InterlockException | InterruptedException e) {
                upload.out().fail(e);
                throw e;
            }
            upload.out().end();
            byte[] _ = upload.complete(client.deadlines().settle());
        }
    }

    List<Blind<MemorySegment>> all() {
        return all;
    }

    /** @throws NodeException or another one, if what U sends meanwhile broke off */
    void check() {
        InterlockException why = failure.get();
        if (why != null) {
            throw why;
        }
    }

    @Override
    public void close() {
        if (relay != null) {
            relay.interrupt();
        }
        all.forEach(Blind::close);
    }
}
