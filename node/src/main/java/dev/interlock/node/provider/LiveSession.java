package dev.interlock.node.provider;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import dev.interlock.node.UserSink;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.PendingObject;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.SessionReport;
import dev.interlock.protocol.message.TokenMessage;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.RecordReader;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One session while it lives at this provider: what the protocol knows of it, and its blobs. */
final class LiveSession implements AutoCloseable {
    private final String node;
    private final Session session;
    private final Optional<PendingObject> pending;
    private final @Nullable Blob share;
    private final @Nullable Blob ciphertext;
    /** The sealed shares that this home keeps, by whose they are. */
    private final Map<ShareIndex, Blob> sealed;

    /** What waits here for providers that are missing. */
    private final Map<ShareIndex, Blob> waiting;
    /** Those of them that are on their way, or there whole. */
    private final Set<ShareIndex> waitingBegun = new HashSet<>();
    /** Those that are there whole. */
    private final Set<ShareIndex> waitingDone = new HashSet<>();

    private final CompletableFuture<Void> waitingArrived = new CompletableFuture<>();

    /** What this provider's hop received, in an attested write. */
    private final @Nullable Blob received;
    /** The same with its signature, and what a home received, by their stations' places. */
    private final Map<Integer, SignedPassage.Received> shown = new ConcurrentHashMap<>();

    private final @Nullable ShareFeed feed;
    /** The generation that is replaced or refreshed; null elsewhere. */
    private final @Nullable Before before;

    private final Map<Integer, Progress> stations = new LinkedHashMap<>();

    /** The share's root, once the share arrived whole and is on its way to the disk. */
    private final CompletableFuture<Dealt> shareArrived = new CompletableFuture<>();
    /** Once every station of this provider has stored and handed on all that passes it; see {@link #handedOn(Station)}. */
    private final CompletableFuture<Void> handedOn = new CompletableFuture<>();
    /** Those that have. */
    private final Set<Integer> over = new HashSet<>();
    /** Once every station of this provider is done, and all behind them are. */
    private final CompletableFuture<Void> passed = new CompletableFuture<>();
    /** u_m and the manifest, once they are durable here. */
    private final CompletableFuture<TokenMessage> prepared = new CompletableFuture<>();
    /** Where a station's output goes to the user: the user's end of it. */
    private final CompletableFuture<UserSink> userSink = new CompletableFuture<>();
    /** The user's full blind for this provider's hop. */
    private final CompletableFuture<RecordReader> fullBlind = new CompletableFuture<>();

    private volatile long lastMoveNanos = System.nanoTime();
    private volatile boolean hasMoved;
    private boolean sharesBegun;
    /** Where a share that is a sum comes to be, once any of it arrives. */
    private @Nullable Confluence confluence;

    private boolean isPrepared;
    private boolean signing;
    private boolean checked;
    private byte @Nullable [] ciphertextRoot;
    private byte @Nullable [] shareRoot;
    private @Nullable InterlockException failure;
    private boolean closed;

    private LiveSession(
            String node,
            Session session,
            Optional<PendingObject> pending,
            @Nullable Blob share,
            @Nullable Blob ciphertext,
            Map<ShareIndex, Blob> sealed,
            Map<ShareIndex, Blob> waiting,
            @Nullable Blob received,
            @Nullable ShareFeed feed,
            @Nullable Before before) {
        this.node = node;
        this.session = session;
        this.pending = pending;
        this.share = share;
        this.ciphertext = ciphertext;
        this.sealed = sealed;
        this.waiting = waiting;
        if (waiting.isEmpty()) {
            waitingArrived.complete(null);
        }
        this.received = received;
        this.feed = feed;
        this.before = before;
        session.stations().forEach(station -> stations.put(station.place(), new Progress(station.place())));
    }

    private static Store.Generation making(Session session) {
        return new Store.Generation(
                session.id(),
                session.object(),
                session.ring().epoch(),
                session.number(),
                session.making().continues().isPresent());
    }

    /** A write's: the generation begins, pending. */
    static LiveSession write(String node, Session session, Store store) {
        PendingObject pending = store.begin(making(session), session.asks().bytes());
        try {
            ChunkLayout layout = session.layout();
            int recordBytes = Leaves.SALT_BYTES + layout.padLength(0);
            long shareBytes = shareBytes(layout);
            // Protocol 1: the share goes sealed to home, and nothing of it stays here.
            Blob share = session.scheme().sealed()
                    ? pending.createTransient(BlobKind.SHARE, recordBytes, shareBytes)
                    : pending.create(BlobKind.SHARE, recordBytes, shareBytes);
            Blob ciphertext = session.isHome()
                    ? pending.create(BlobKind.CIPHERTEXT, layout.padLength(0), layout.padTotal())
                    : null;
            Map<ShareIndex, Blob> sealed = new LinkedHashMap<>();
            if (session.isHome() && session.recipient().isPresent()) {
                long bytes = new SealedLayout(session.recipient().orElseThrow().kem()).shareBytes(layout);
                int piece = (int) Math.min(SealedLayout.PIECE_BYTES, bytes);
                session.path().forEach(x -> sealed.put(x, pending.create(BlobKind.sealedShare(x.x()), piece, bytes)));
            }
            Map<ShareIndex, Blob> waiting = new LinkedHashMap<>();
            for (ShareIndex x : session.custody()) {
                long bytes = waitingBytes(session.ring(), x, layout);
                int piece = (int) Math.min(SealedLayout.PIECE_BYTES, bytes);
                waiting.put(x, pending.create(BlobKind.waitingShare(x.x()), piece, bytes));
            }
            Blob received = session.isAttested()
                    ? pending.createTransient(BlobKind.RECEIVED, layout.padLength(0), layout.padTotal())
                    : null;
            return new LiveSession(
                    node,
                    session,
                    Optional.of(pending),
                    share,
                    ciphertext,
                    sealed,
                    waiting,
                    received,
                    ShareFeed.arriving(share),
                    null);
        } catch (RuntimeException e) {
            pending.close();
            throw e;
        }
    }

    /** What there is of the generation before. */
    record Before(
            Token token,
            Blob share,
            @Nullable ShareFeed feed,
            @Nullable Blob ciphertext) implements AutoCloseable {
        static Before open(Session session, Token token, Store store) {
            Blob share = store.open(token.id(), BlobKind.SHARE);
            try {
                return new Before(
                        token,
                        share,
                        session.kind() == Work.Kind.REPLACE ? ShareFeed.stored(share) : null,
                        session.isHome() ? store.open(token.id(), BlobKind.CIPHERTEXT) : null);
            } catch (RuntimeException e) {
                share.close();
                throw e;
            }
        }

        @Override
        public void close() {
            if (feed != null) {
                feed.abandon();
            }
            share.close();
            if (ciphertext != null) {
                ciphertext.close();
            }
        }
    }

    /** A replacement's or a refresh's: a new generation begins, pending, beside the one that is there. */
    static LiveSession renewed(String node, Session session, Token token, Store store) {
        Before before = Before.open(session, token, store);
        try {
            PendingObject pending = store.begin(making(session), session.asks().bytes());
            try {
                ChunkLayout layout = session.layout();
                Blob share =
                        pending.create(BlobKind.SHARE, Leaves.SALT_BYTES + layout.padLength(0), shareBytes(layout));
                Blob ciphertext = session.isHome()
                        ? pending.create(BlobKind.CIPHERTEXT, layout.padLength(0), layout.padTotal())
                        : null;
                return new LiveSession(
                        node,
                        session,
                        Optional.of(pending),
                        share,
                        ciphertext,
                        Map.of(),
                        Map.of(),
                        null,
                        ShareFeed.arriving(share),
                        before);
            } catch (RuntimeException e) {
                pending.close();
                throw e;
            }
        } catch (RuntimeException e) {
            before.close();
            throw e;
        }
    }

    /** A repair's, at the provider that gets its share back: the object begins anew, pending. */
    static LiveSession repaired(String node, Session session, Store store) {
        // Whether it continues another one isn't known yet; so it's never forgotten by time alone.
        Store.Generation lost = new Store.Generation(
                session.generation(), session.object(), session.ring().epoch(), session.number(), true);
        PendingObject pending = store.begin(lost, session.asks().bytes());
        try {
            ChunkLayout layout = session.layout();
            Blob share = pending.create(BlobKind.SHARE, Leaves.SALT_BYTES + layout.padLength(0), shareBytes(layout));
            Blob ciphertext = session.isHome()
                    ? pending.create(BlobKind.CIPHERTEXT, layout.padLength(0), layout.padTotal())
                    : null;
            return new LiveSession(
                    node, session, Optional.of(pending), share, ciphertext, Map.of(), Map.of(), null, null, null);
        } catch (RuntimeException e) {
            pending.close();
            throw e;
        }
    }

    /** The length of what waits for a missing provider, sealed to its key. */
    static long waitingBytes(RingDescriptor ring, ShareIndex x, ChunkLayout layout) {
        return new SealedLayout(ring.provider(x).card().recipient().kem()).waitingBytes(layout);
    }

    /** Every chunk of a share has its salt before it. */
    static long shareBytes(ChunkLayout layout) {
        return layout.padTotal() + (long) layout.count() * Leaves.SALT_BYTES;
    }

    /** A read's or a repair's, of an object that is committed here. */
    static LiveSession using(String node, Session session, Store store) {
        boolean layers = session.path().contains(session.self());
        Blob share = layers ? store.open(session.generation(), BlobKind.SHARE) : null;
        try {
            Blob ciphertext = session.isHome() ? store.open(session.generation(), BlobKind.CIPHERTEXT) : null;
            return new LiveSession(
                    node,
                    session,
                    Optional.empty(),
                    share,
                    ciphertext,
                    Map.of(),
                    Map.of(),
                    null,
                    share == null ? null : ShareFeed.stored(share),
                    null);
        } catch (RuntimeException e) {
            if (share != null) {
                share.close();
            }
            throw e;
        }
    }

    Session session() {
        return session;
    }

    /** Who may ask in this session. */
    VerifyingKey user() {
        return session.asks();
    }

    /** Whether an object comes to be here: by a write, or by its repair. */
    boolean isStoring() {
        return pending.isPresent();
    }

    PendingObject pending() {
        return pending.orElseThrow(() -> new IllegalStateException("nothing comes to be in this session"));
    }

    /** The token of the generation that is replaced or refreshed. */
    Optional<Token> tokenBefore() {
        return Optional.ofNullable(before).map(Before::token);
    }

    Blob shareBefore() {
        return there(before).share();
    }

    Blob ciphertextBefore() {
        return there(there(before).ciphertext());
    }

    /** For the hop that takes its layer off; null where none comes off. */
    @Nullable
    ShareFeed feedBefore() {
        return before == null ? null : before.feed();
    }

    /** What a pass that begins at home begins with. */
    Blob source() {
        return before == null ? ciphertext() : ciphertextBefore();
    }

    Blob share() {
        return there(share);
    }

    Blob ciphertext() {
        return there(ciphertext);
    }

    /** Where the hop of an attested write keeps what it receives. */
    Blob received() {
        return there(received);
    }

    /** A station of an attested write received its stream whole, and signed for. */
    void received(Station station, SignedPassage.Received what) {
        shown.put(station.place(), what);
    }

    Optional<SignedPassage.Received> receivedAt(int place) {
        return Optional.ofNullable(shown.get(place));
    }

    ShareFeed feed() {
        return there(feed);
    }

    /** What a station that stores keeps. */
    Blob kept(Station station) {
        return switch (station.cargo()) {
            case Station.Flow _ -> ciphertext();
            case Station.Share _ -> share();
            case Station.Sealed(ShareIndex of) -> there(sealed.get(of));
        };
    }

    /** How many bytes pass a station. */
    long streamBytes(Station station) {
        return switch (station.cargo()) {
            case Station.Flow _ -> session.layout().padTotal();
            case Station.Share _ -> shareBytes(session.layout());
            case Station.Sealed _ ->
                new SealedLayout(session.recipient().orElseThrow().kem()).shareBytes(session.layout());
        };
    }

    /** B_i for this provider's hop; waits for a full one to begin. */
    Blind<MemorySegment> hopBlind(ByteSpace space, Duration deadline) throws InterruptedException {
        return switch (session.blinding()) {
            case NONE -> Blind.none();
            case EXPANDED -> Blind.expanded(session.blindSeed().orElseThrow());
            case PAIRED ->
                Blind.sum(session.blindSeeds().stream().map(Blind::expanded).toList());
            case FULL -> new StreamedBlind(node, awaitBlind(deadline), space);
        };
    }

    private RecordReader awaitBlind(Duration deadline) throws InterruptedException {
        try {
            return fullBlind.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new NodeException(node, node + " waited in vain for the user's blind");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof InterlockException known
                    ? known
                    : new NodeException(node, node + " got no blind from the user");
        }
    }

    CompletableFuture<RecordReader> fullBlind() {
        return fullBlind;
    }

    private static <T> T there(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("this session has no such part here");
        }
        return part;
    }

    Progress progress(Station station) {
        return there(stations.get(station.place()));
    }

    CompletableFuture<Dealt> shareArrived() {
        return shareArrived;
    }

    /** Room for what is to wait for this provider: once, and only at its custodians. */
    synchronized Blob beginWaiting(ShareIndex x) {
        Blob blob = waiting.get(x);
        if (blob == null || !waitingBegun.add(x)) {
            throw new RefusedException(
                    node + " keeps no share for x = " + x.x() + " in this session, or has it already");
        }
        return blob;
    }

    /** What is to wait for this provider is there whole. */
    void waits(ShareIndex x) {
        boolean all;
        synchronized (this) {
            waitingDone.add(x);
            all = waitingDone.size() == waiting.size();
        }
        if (all) {
            waitingArrived.complete(null);
        }
    }

    /** Once all that is to wait here does. */
    CompletableFuture<Void> waitingArrived() {
        return waitingArrived;
    }

    CompletableFuture<Void> passed() {
        return passed;
    }

    CompletableFuture<Void> handedOn() {
        return handedOn;
    }

    /**
     * A station has no more to do, though those behind it may have. Where what passes is a share sealed to the user it must be at every
     * home before its provider, which erases its own, vouches for it: that station is over when it's done.
     */
    void handedOn(Station station) {
        if (station.sealed().isEmpty()) {
            over(station);
        }
    }

    private void over(Station station) {
        boolean all;
        synchronized (this) {
            over.add(station.place());
            all = over.size() == stations.size();
        }
        if (all) {
            handedOn.complete(null);
        }
    }

    CompletableFuture<TokenMessage> prepared() {
        return prepared;
    }

    CompletableFuture<UserSink> userSink() {
        return userSink;
    }

    void stationDone(Station station) {
        progress(station).done();
        over(station);
        boolean all =
                stations.values().stream().allMatch(each -> each.report().progress() == SessionReport.Progress.DONE);
        if (all) {
            passed.complete(null);
        }
    }

    SessionReport report() {
        return new SessionReport(
                stations.values().stream().map(Progress::report).toList());
    }

    void moved() {
        lastMoveNanos = System.nanoTime();
        hasMoved = true;
    }

    /** Whether anything of it ever came. */
    boolean hasMoved() {
        return hasMoved;
    }

    long idleNanos() {
        return System.nanoTime() - lastMoveNanos;
    }

    /** @return true the first time: a session has one dealing */
    synchronized boolean beginShares() {
        boolean first = !sharesBegun;
        sharesBegun = true;
        return first;
    }

    /** Where the streams of a share meet that is a sum. */
    synchronized Confluence confluence(ByteSpace space) {
        if (failure != null) {
            throw failure;
        }
        if (closed) {
            throw new RefusedException(node + ": the session " + session.id() + " ended");
        }
        Confluence current = confluence;
        if (current == null) {
            Before base = session.kind() == Work.Kind.REFRESH ? before : null;
            current = new Confluence(node, session, feed(), space, base);
            confluence = current;
        }
        return current;
    }

    private synchronized Optional<Confluence> confluence() {
        return Optional.ofNullable(confluence);
    }

    /** Whose part of the share isn't here yet. */
    private synchronized List<String> awaitedDealers() {
        List<String> awaited = confluence == null ? List.of() : confluence.awaited();
        return awaited.isEmpty() ? session.dealers() : awaited;
    }

    /** That the share doesn't come, and whose fault that is. */
    NodeException shareMissing(String how) {
        List<String> dealers = awaitedDealers();
        return new NodeException(
                dealers.isEmpty() ? node : dealers.getFirst(),
                "the share of " + session.object() + " from "
                        + (dealers.isEmpty() ? "the dealer" : String.join(", ", dealers)) + " didn't arrive at " + node
                        + ": " + how);
    }

    synchronized void markPrepared() {
        isPrepared = true;
    }

    synchronized boolean isPrepared() {
        return isPrepared;
    }

    /** @return true the first time: a session has one chain */
    synchronized boolean beginSigning() {
        boolean first = !signing;
        signing = true;
        return first;
    }

    /** @return true once, after {@link #beginSigning} */
    synchronized boolean beginCheck() {
        boolean first = signing && !checked;
        checked = signing;
        return first;
    }

    synchronized boolean isChecked() {
        return checked;
    }

    /** All records of a blob, one after the other; each only until the next. */
    void eachRecord(Blob blob, Consumer<MemorySegment> task) {
        try (SecretBytes buffer = SecretBytes.allocate(blob.recordBytes(0))) {
            for (int k = 0; k < blob.records(); k++) {
                MemorySegment record = buffer.segment().asSlice(0, blob.recordBytes(k));
                blob.read(k, record);
                task.accept(record);
                moved();
            }
        }
    }

    /** A station that stores has it all; the root over what came. */
    synchronized void stored(Station station, byte[] root) {
        switch (station.cargo()) {
            case Station.Flow _ -> ciphertextRoot = root;
            case Station.Share _ -> shareRoot = root;
            case Station.Sealed _ -> {}
        }
    }

    /** A refresh has no pass: home has the ciphertext once more, the root over it; others have nothing to wait for. */
    void copied(byte @Nullable [] root) {
        synchronized (this) {
            ciphertextRoot = root;
        }
        handedOn.complete(null);
        passed.complete(null);
    }

    /** The root over the share that came out of a repair; the pass is over. */
    synchronized byte[] shareRoot() {
        return there(shareRoot);
    }

    /** The root over the ciphertext that this home stored; the pass is over. */
    synchronized byte[] ciphertextRoot() {
        return there(ciphertextRoot);
    }

    /** Why the session ended, if it failed. */
    synchronized Optional<InterlockException> failure() {
        return Optional.ofNullable(failure);
    }

    /** Ends everything that still waits for this session; idempotent. */
    void fail(InterlockException why) {
        synchronized (this) {
            failure = failure == null ? why : failure;
        }
        stations.values().forEach(progress -> progress.fail(node, why));
        if (feed != null) {
            feed.fail(why);
        }
        confluence().ifPresent(meeting -> meeting.fail(why));
        shareArrived.completeExceptionally(why);
        waitingArrived.completeExceptionally(why);
        handedOn.completeExceptionally(why);
        passed.completeExceptionally(why);
        prepared.completeExceptionally(why);
        userSink.completeExceptionally(why);
        fullBlind.completeExceptionally(why);
    }

    /** Gives the object up unless it is prepared, and wipes what is secret. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        confluence().ifPresent(Confluence::close);
        if (feed != null) {
            feed.abandon();
        }
        pending.ifPresent(PendingObject::close);
        if (before != null) {
            before.close();
        }
        if (pending.isEmpty()) {
            if (share != null) {
                share.close();
            }
            if (ciphertext != null) {
                ciphertext.close();
            }
        }
        session.close();
    }
}
