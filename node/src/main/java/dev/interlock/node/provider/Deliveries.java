package dev.interlock.node.provider;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.SealedException;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sealing.SealedReader;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeServer;
import dev.interlock.node.admission.Allowances;
import dev.interlock.node.admission.Leases;
import dev.interlock.node.log.Entry;
import dev.interlock.node.log.Event;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.ObjectState;
import dev.interlock.node.store.PendingObject;
import dev.interlock.node.store.Processes;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.StoreException;
import dev.interlock.node.store.StoredObject;
import dev.interlock.protocol.Custody;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.Outcome;
import dev.interlock.protocol.message.RestoreMessage;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import dev.interlock.wire.Http2;
import dev.interlock.wire.Inbound;
import dev.interlock.wire.Peer;
import dev.interlock.wire.RecordReader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of writes from which providers were missing, {@link Custody}: a custodian brings what waits to those that are back,
 * and all fetch the growing chain from whoever signs next. The store marks what isn't finished, and every step may be done
 * again: a crash costs a step, never a share.
 */
final class Deliveries implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Deliveries.class);
    private static final int AT_ONCE = 1000;
    private static final int MAX_MESSAGE_BYTES = Objects.MAX_CERTIFICATE_BYTES + PendingObject.MAX_MANIFEST_BYTES;
    /** Who refused its share isn't brought it for so long, and who has it, and signs after others, isn't asked. */
    private static final Duration LEFT_ALONE = Duration.ofMinutes(1);

    private final NodeServer server;
    private final RingDescriptor ring;
    private final Provider self;
    private final Store store;
    private final Objects objects;
    private final OpeningKey opening;
    private final AtomicBoolean sweeping = new AtomicBoolean();
    /** What is being brought here, and by whom: a custodian that trickles keeps the other one out of nothing. */
    private final Set<Arrival> arriving = ConcurrentHashMap.newKeySet();

    private final ConcurrentMap<Waiting, Long> leftAloneNanos = new ConcurrentHashMap<>();
    private Optional<StatementHash> last = Optional.empty();

    private record Arrival(StatementHash generation, String from) {}

    /** A share that waits here. */
    private record Waiting(StatementHash generation, ShareIndex x) {}

    /** @param opening closed with this */
    Deliveries(NodeServer server, Provider self, Store store, Objects objects, OpeningKey opening) {
        this.server = server;
        this.ring = server.ring();
        this.self = self;
        this.store = store;
        this.objects = objects;
        this.opening = opening;
    }

    void route() {
        server.route(HttpMethod.POST, "/v1/objects/{object}/waiting", this::take);
    }

    // ---- CC_k: what it missed is brought to it ----

    private HttpResponse take(ServiceRequestContext context, HttpRequest request) throws Exception {
        StatementHash id = Objects.generation(context);
        NodeCard from = server.gate().admitNode(context);
        if (from.role() != Role.PROVIDER) {
            throw new RefusedException(name() + " takes what it missed from providers alone");
        }
        Arrival arrival = new Arrival(id, from.name());
        if (!arriving.add(arrival)) {
            throw new NodeException(name(), name() + " is being brought " + id + " by " + from.name() + " already");
        }
        try (RecordReader in =
                new RecordReader(new Inbound(request), server.deadlines().stall())) {
            RestoreMessage message = message(in);
            VerifyingKey owner = server.gate().present(Custody.checkBrought(ring, self.x(), message));
            Token u = message.certificate().token();
            if (!u.id().equals(id)) {
                throw new MalformedException("the certificate is that of another generation");
            }
            server.gate().requireIn(ring.of(u), from);
            if (!server.gate().serves(owner)) {
                throw new RefusedException(
                        RefusedException.Rule.UNKNOWN_USER, name() + " doesn't serve the owner of " + id);
            }
            store(u, owner, message, in, from);
            return NodeServer.bytes(keep(id, message.certificate().chain()).encode());
        } catch (IOException e) {
            throw new NodeException(from.name(), "what " + from.name() + " brought of " + id + " broke off");
        } finally {
            arriving.remove(arrival);
        }
    }

    private static RestoreMessage message(RecordReader in) throws IOException, InterruptedException {
        byte[] length = new byte[Integer.BYTES];
        in.fill(MemorySegment.ofArray(length));
        int bytes = new ByteReader("the message", length).u32();
        if (bytes > MAX_MESSAGE_BYTES) {
            throw new MalformedException("the message has " + bytes + " bytes, at most " + MAX_MESSAGE_BYTES);
        }
        byte[] message = new byte[bytes];
        in.fill(MemorySegment.ofArray(message));
        return RestoreMessage.decode(message);
    }

    /** Durably, as one that was committed long ago, or not at all. */
    private void store(Token u, VerifyingKey owner, RestoreMessage message, RecordReader in, NodeCard from)
            throws Exception {
        StatementHash id = u.id();
        Store.Generation generation = new Store.Generation(
                id, u.object(), u.epoch(), u.number(), u.making().continues().isPresent());
        try (Leases taken = new Leases();
                PendingObject pending = store.begin(generation, owner.bytes())) {
            Allowances allowances = server.allowances();
            taken.take(allowances.of(Allowances.Kind.OBJECTS), owner.toString(), 1);
            taken.take(
                    allowances.of(Allowances.Kind.DISK),
                    owner.toString(),
                    u.layout().padTotal());
            open(u, pending, in, from.name());
            objects.preparing(id);
            pending.prepare(message.certificate().chain().token(), message.manifest());
            server.audit().append(Entry.of(Event.STORED).object(u.object()).generation(id));
            try {
                // Only now: whoever destroys it from here on finds it here.
                requireAlive(u);
            } catch (InterlockException e) {
                objects.forget(id, "unconfirmed");
                throw e;
            }
            objects.restored(id, message.certificate());
        }
        log.info("object {}: {} brought the share that waited for {}", id, from.name(), name());
    }

    private void open(Token u, PendingObject pending, RecordReader in, String from)
            throws IOException, InterruptedException {
        ChunkLayout layout = u.layout();
        Blob share =
                pending.create(BlobKind.SHARE, SealedLayout.sharePieceBytes(layout, 0), LiveSession.shareBytes(layout));
        byte[] header = new byte[new SealedLayout(opening.recipient().kem()).headerBytes()];
        in.fill(MemorySegment.ofArray(header));
        MerkleRoot root = new MerkleRoot();
        int most = SealedLayout.sharePieceBytes(layout, 0);
        try (SealedReader reader = new SealedReader(header, opening, Sealing.ofShare(ring.id(), u.id(), self.x()));
                SecretBytes sealed = SecretBytes.allocate(most + SealedLayout.TAG_BYTES);
                SecretBytes piece = SecretBytes.allocate(most)) {
            for (int k = 0; k < layout.count(); k++) {
                int length = SealedLayout.sharePieceBytes(layout, k);
                MemorySegment whole = sealed.segment().asSlice(0, length + SealedLayout.TAG_BYTES);
                MemorySegment record = piece.segment().asSlice(0, length);
                in.fill(whole);
                reader.open(k, k == layout.count() - 1, whole, record);
                root.add(Write.shareLeaf(
                        u.id(), self.x(), k, record.asSlice(0, Leaves.SALT_BYTES), record.asSlice(Leaves.SALT_BYTES)));
                share.append(record);
            }
        } catch (SealedException e) {
            throw new IntegrityException(
                    "what waited at " + from + " for " + name() + " can't be opened: " + e.getMessage()
                            + ". Nothing of it was kept",
                    List.of());
        }
        if (!in.atEnd()) {
            throw new MalformedException("what " + from + " brought is longer than a share of this object");
        }
        Custody.checkShare(u, self.x(), root.root(), from);
        share.finish();
    }

    /** Only a valid destroy statement stops it; who was there shows it. */
    private void requireAlive(Token u) throws Exception {
        List<Future<Optional<Outcome>>> asked = u.present().stream()
                .map(x -> server.threads().submit(() -> outcome(u.id(), x)))
                .toList();
        for (Future<Optional<Outcome>> each : asked) {
            Optional<Outcome> outcome = each.get();
            if (outcome.isPresent() && isDestroyed(u, outcome.get())) {
                throw new DestroyedException(
                        name() + ": the object " + u.object() + " was destroyed while " + name() + " was away");
            }
        }
    }

    private boolean isDestroyed(Token u, Outcome outcome) {
        byte[] proof = outcome.proof();
        if (outcome.known() != Outcome.Known.DESTROYED || proof == null) {
            return false;
        }
        try {
            Command.Signed signed = Command.Signed.decode(proof);
            signed.verify();
            Command command = signed.command();
            boolean due =
                    command.at().filter(at -> at <= server.clock().millis()).isPresent();
            return command.title().continues(u.statement().title())
                    && command.ring().equals(ring.id())
                    && (due || command.ends(u));
        } catch (MalformedException | BadSignatureException e) {
            return false;
        }
    }

    // ---- Everyone: what isn't finished goes on ----

    /** One at a time, beside what else is to be done every second: a share may be long. */
    void sweep() {
        if (sweeping.compareAndSet(false, true)) {
            var _ = server.threads().submit(() -> {
                try {
                    finishSome();
                } catch (RuntimeException e) {
                    log.error("bringing what waits failed", e);
                } finally {
                    sweeping.set(false);
                }
            });
        }
    }

    private void finishSome() {
        leftAloneNanos.values().removeIf(until -> until - System.nanoTime() < 0);
        List<StoredObject> page = store.unfinished(last, AT_ONCE);
        Set<ShareIndex> silent = new HashSet<>();
        for (StoredObject object : page) {
            try {
                finish(object, silent);
            } catch (InterlockException | MalformedException | BadSignatureException | StoreException e) {
                log.info("object {}: not finished yet: {}", object.generation().id(), e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        last = page.size() < AT_ONCE
                ? Optional.empty()
                : Optional.of(page.getLast().generation().id());
    }

    private void finish(StoredObject object, Set<ShareIndex> silent) throws InterruptedException {
        StatementHash id = object.generation().id();
        SignatureChain chain =
                keep(id, Certificate.decode(object.certificate()).chain()).chain();
        Token u = Token.decode(chain.token());
        List<ShareIndex> custody = Custody.of(self.x(), u.present(), u.missing());
        // Whose turn it is has the longer chain, if anyone has.
        for (int before = -1; before < size(chain) && !chain.unsigned().isEmpty(); ) {
            before = size(chain);
            chain = ask(object, chain, chain.unsigned().getFirst(), custody, silent);
        }
        for (ShareIndex x :
                chain.unsigned().stream().skip(1).filter(custody::contains).toList()) {
            chain = ask(object, chain, x, custody, silent);
        }
        List<ShareIndex> unsigned = chain.unsigned();
        for (ShareIndex x : custody) {
            // Its signature says that it has its share durably.
            if (!unsigned.contains(x) && waits(id, x)) {
                store.discard(id, BlobKind.waitingShare(x.x()));
                server.audit()
                        .record(Entry.of(Event.DELIVERED)
                                .object(u.object())
                                .generation(id)
                                .with("for", ring.everProvider(x).name()));
            }
        }
        if (unsigned.isEmpty()) {
            complete(id, chain);
        }
    }

    /** What x has by now: its chain where that is longer, or its share, brought to it where it waits here. */
    private SignatureChain ask(
            StoredObject object, SignatureChain chain, ShareIndex x, List<ShareIndex> custody, Set<ShareIndex> silent)
            throws InterruptedException {
        Waiting waiting = new Waiting(object.generation().id(), x);
        int turn = chain.unsigned().indexOf(x);
        boolean isNext = turn == 0;
        boolean leftAlone = leftAloneNanos.containsKey(waiting);
        if (turn < 0 || x.equals(self.x()) || silent.contains(x) || (leftAlone && !isNext)) {
            return chain;
        }
        Optional<Outcome> outcome = outcome(object.generation().id(), x);
        if (outcome.isEmpty()) {
            silent.add(x);
            return chain;
        }
        byte[] proof = outcome.get().proof();
        switch (outcome.get().known()) {
            case COMMITTED -> {
                if (!isNext) {
                    // It has its share, and signs after others.
                    leave(waiting);
                }
                return proof == null ? chain : longer(chain, proof);
            }
            case UNKNOWN, CANNOT_TELL -> {
                boolean brings = custody.contains(x)
                        && !leftAlone
                        && waits(object.generation().id(), x);
                return brings ? bring(object, chain, x, silent) : chain;
            }
            case DESTROYED, ABANDONED -> leave(waiting);
            case PREPARED -> {}
        }
        return chain;
    }

    private void leave(Waiting waiting) {
        leftAloneNanos.put(waiting, System.nanoTime() + LEFT_ALONE.toNanos());
    }

    private SignatureChain longer(SignatureChain chain, byte[] there) {
        SignatureChain longer = Custody.longer(
                ring.of(Token.decode(chain.token())),
                chain,
                Certificate.decode(there).chain());
        return size(longer) == size(chain)
                ? chain
                : keep(Token.decode(chain.token()).id(), longer).chain();
    }

    private SignatureChain bring(StoredObject object, SignatureChain chain, ShareIndex x, Set<ShareIndex> silent)
            throws InterruptedException {
        StatementHash id = object.generation().id();
        try {
            Certificate certificate = Certificate.decode(object.certificate()).with(chain);
            SignatureChain longer = longer(chain, bring(id, certificate, x));
            log.info("object {}: brought {} its share", id, ring.everProvider(x).name());
            return longer;
        } catch (NodeException e) {
            silent.add(x);
            throw e;
        } catch (InterlockException e) {
            leave(new Waiting(id, x));
            throw e;
        }
    }

    private byte[] bring(StatementHash id, Certificate certificate, ShareIndex x) throws InterruptedException {
        byte[] message = new RestoreMessage(certificate, store.manifest(id)).encode();
        try (Blob blob = store.open(id, BlobKind.waitingShare(x.x()));
                SecretBytes buffer = SecretBytes.allocate(blob.recordBytes(0))) {
            Peer.Upload upload = peer(x).upload("/v1/objects/" + id + "/waiting", Optional.empty());
            try {
                send(
                        upload,
                        MemorySegment.ofArray(new ByteWriter().bytes(message).toBytes()));
                for (int k = 0; k < blob.records(); k++) {
                    MemorySegment record = buffer.segment().asSlice(0, blob.recordBytes(k));
                    blob.read(k, record);
                    send(upload, record);
                }
                upload.out().end();
            } catch (RuntimeException e) {
                upload.out().fail(e);
                throw e;
            }
            return upload.complete(server.deadlines().settle());
        }
    }

    private void send(Peer.Upload upload, MemorySegment bytes) throws InterruptedException {
        int length;
        for (long done = 0; done < bytes.byteSize(); done += length) {
            length = Http2.pieceBytes(bytes.byteSize() - done);
            ByteBuf piece = Unpooled.buffer(length, length);
            piece.writeBytes(bytes.asSlice(done, length).asByteBuffer());
            upload.send(piece, server.deadlines().stall());
        }
    }

    private boolean waits(StatementHash id, ShareIndex x) {
        try (Blob _ = store.open(id, BlobKind.waitingShare(x.x()))) {
            return true;
        } catch (StoreException.NoSuchObject e) {
            return false;
        }
    }

    /** Empty where x can't be asked; well before what is prepared here would be taken for something in doubt. */
    private Optional<Outcome> outcome(StatementHash id, ShareIndex x) {
        try {
            return Optional.of(Json.read(
                    "the outcome",
                    peer(x).call(
                                    HttpMethod.GET,
                                    "/v1/objects/" + id + "/outcome",
                                    Optional.empty(),
                                    new byte[0],
                                    server.deadlines().answer().dividedBy(2)),
                    Outcome.class));
        } catch (InterlockException | MalformedException e) {
            return Optional.empty();
        }
    }

    /**
     * Keeps the longer one of this chain and the one that is kept, with this provider's signature if it's its turn.
     *
     * @param chain verified
     * @return what is kept
     */
    private synchronized Certificate keep(StatementHash id, SignatureChain chain) {
        try (Processes.Turn _ = store.processes().turn("chain " + id)) {
            return keepLonger(id, chain);
        }
    }

    private Certificate keepLonger(StatementHash id, SignatureChain chain) {
        StoredObject object = store.find(id)
                .filter(each -> each.state() == ObjectState.COMMITTED)
                .orElseThrow(() -> new NoSuchObjectException(name() + " has no object " + id + " any more"));
        Certificate kept = Certificate.decode(object.certificate());
        boolean longer = size(chain) > size(kept.chain());
        SignatureChain signed = Custody.sign(longer ? chain : kept.chain(), self.x(), server.key());
        if (size(signed) == size(kept.chain())) {
            return kept;
        }
        Certificate keeping = kept.with(signed);
        // Unfinished until what waits here is gone, too.
        store.extend(id, keeping.encode(), true);
        return keeping;
    }

    /** Nobody's signature is missing, and nothing waits here any more. */
    private void complete(StatementHash id, SignatureChain chain) {
        store.extend(id, keep(id, chain).encode(), false);
        server.audit()
                .record(Entry.of(Event.COMPLETED)
                        .object(Token.decode(chain.token()).object())
                        .generation(id));
        log.info("object {}: complete", id);
    }

    private static int size(SignatureChain chain) {
        return chain.participations().size();
    }

    private Peer peer(ShareIndex x) {
        return server.peers().to(ring.everProvider(x).card());
    }

    private String name() {
        return self.name();
    }

    @Override
    public void close() {
        opening.close();
    }
}
