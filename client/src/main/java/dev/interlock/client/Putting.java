package dev.interlock.client;

import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.Route;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.WriteCheck;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.message.CheckAnswer;
import dev.interlock.protocol.message.CommitMessage;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.message.SessionReport;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Http2;
import dev.interlock.wire.Peer;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/** One put: U's side of {@link Write}, over the network. */
final class Putting {
    private static final Duration SEALED_POLL = Duration.ofMillis(20);

    private final RingClient client;
    private final RingDescriptor ring;
    private final Write.Plan plan;
    private final WriteSteps steps;
    private final PutOptions options;
    private final List<NodeCard> route;
    private final LongConsumer progress;
    private final WriteCheck check;
    /** H_ρ of every full B_i of an attested write, on the route's order: nothing else could tell them later. */
    private final List<LinearHash> blindHashes;

    private Putting(RingClient client, Write.Plan plan, PutOptions options, WriteCheck check, LongConsumer progress) {
        this.check = check;
        this.client = client;
        this.ring = client.ring();
        this.plan = plan;
        this.options = options;
        this.steps = new WriteSteps(client, plan);
        this.route = steps.route();
        this.progress = progress;
        this.blindHashes = plan.attested() && plan.blinding() == Blinding.FULL
                ? route.stream().map(_ -> check.hash()).toList()
                : List.of();
    }

    /** Providers that can't be reached, before anything of the input was read. */
    private static final class AbsentException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient Map<NodeCard, InterlockException> nodes;

        AbsentException(Map<NodeCard, InterlockException> nodes) {
            super("some providers can't be reached");
            this.nodes = nodes;
        }

        Map<NodeCard, InterlockException> nodes() {
            return nodes;
        }
    }

    /** The stream was changed on its way, and nothing of the put says by whom. */
    private static final class ChangedOnTheWayException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient IntegrityException error;

        ChangedOnTheWayException(IntegrityException error) {
            super(error.explanation());
            this.error = error;
        }

        IntegrityException error() {
            return error;
        }
    }

    static Token put(RingClient client, ReadableByteChannel in, long length, PutOptions options, LongConsumer progress)
            throws IOException, InterruptedException {
        long start = in instanceof SeekableByteChannel seekable ? seekable.position() : 0;
        Map<NodeCard, InterlockException> absent = new LinkedHashMap<>();
        try {
            return put(client, in, length, options, Optional.empty(), absent, false, progress);
        } catch (ChangedOnTheWayException first) {
            if (!rewind(in, start, options)) {
                throw givenUp(first, options);
            }
            client.repeating(first.error());
        }
        try {
            // The bar stands at its end already.
            return put(client, in, length, options, Optional.empty(), absent, true, _ -> {});
        } catch (ChangedOnTheWayException second) {
            throw givenUp(second, options);
        }
    }

    /**
     * Puts the next generation of an object of another ring.
     *
     * @param before its token there
     */
    static Token continuing(RingClient client, ReadableByteChannel in, Token before, PutOptions options)
            throws IOException, InterruptedException {
        try {
            return put(
                    client, in, before.length(), options, Optional.of(before), new LinkedHashMap<>(), false, _ -> {});
        } catch (ChangedOnTheWayException e) {
            throw e.error();
        }
    }

    /** Whether the input can be read, and a user key be written, once more from the start. */
    private static boolean rewind(ReadableByteChannel in, long start, PutOptions options) throws IOException {
        Optional<WritableByteChannel> key = options.userKey().map(UserKeyOutput::channel);
        if (!(in instanceof SeekableByteChannel seekable)
                || key.filter(channel -> !(channel instanceof SeekableByteChannel))
                        .isPresent()) {
            return false;
        }
        seekable.position(start);
        if (key.isPresent() && key.get() instanceof SeekableByteChannel written) {
            written.truncate(0).position(0);
        }
        return true;
    }

    private static IntegrityException givenUp(ChangedOnTheWayException e, PutOptions options) throws IOException {
        if (options.userKey().isPresent()) {
            options.userKey().get().discard();
        }
        return e.error();
    }

    /** @param absent those that can't be reached; takes in who else can't, where the options allow that */
    private static Token put(
            RingClient client,
            ReadableByteChannel in,
            long length,
            PutOptions options,
            Optional<Token> before,
            Map<NodeCard, InterlockException> absent,
            boolean attested,
            LongConsumer progress)
            throws IOException, InterruptedException {
        while (true) {
            try {
                return putAt(client, in, length, options, before, absent, attested, progress);
            } catch (AbsentException e) {
                absent.putAll(e.nodes());
            }
        }
    }

    /** How many providers a put needs. */
    private static int needed(RingDescriptor ring, PutOptions options) {
        int n = ring.threshold().n();
        return Math.max(options.scheme().writers(ring.threshold()), n - options.allowDegraded());
    }

    /** What several dealers dealt is known to nobody, and two ways to write need somebody who knows it. */
    private static void requireOneDealer(RingDescriptor ring, PutOptions options) {
        int dealers = ring.dealers().size();
        if (dealers > 1 && !options.scheme().blinded()) {
            throw new BadInputException(
                    "the ring " + ring.name() + " has " + dealers
                            + " dealers; the published profile is the paper's, with one: use the blinded profile, or another ring");
        }
        if (dealers > 1 && options.allowDegraded() > 0) {
            throw new BadInputException("the ring " + ring.name() + " has " + dealers
                    + " dealers, whose shares each provider sums up and signs for; one that's missing can't:"
                    + " all providers must be there");
        }
    }

    private static Token putAt(
            RingClient client,
            ReadableByteChannel in,
            long length,
            PutOptions options,
            Optional<Token> before,
            Map<NodeCard, InterlockException> absent,
            boolean attested,
            LongConsumer progress)
            throws IOException, InterruptedException {
        RingDescriptor ring = client.ring();
        Scheme scheme = options.scheme();
        if (!ring.allows(scheme.profile())) {
            throw new RefusedException("the ring " + ring.name() + " doesn't allow the "
                    + scheme.profile().text() + " profile: its descriptor says so");
        }
        requireOneDealer(ring, options);
        // Every provider is home to its part of the objects: the ring is entered at a random place.
        List<ShareIndex> path =
                new ArrayList<>(ring.providers().stream().map(Provider::x).toList());
        Collections.rotate(path, client.random().nextInt(path.size()));
        path.removeIf(x -> absent.containsKey(ring.provider(x).card()));
        if (path.size() < needed(ring, options)) {
            throw tooFew(ring, options, path.size(), absent);
        }
        ObjectId object = ObjectId.random(client.random());
        Optional<SealedLayout> sealed = options.recipient().map(recipient -> new SealedLayout(recipient.kem()));
        Write.Plan planned = Write.plan(
                ring,
                scheme,
                object,
                client.owner(),
                sealed.isPresent() ? sealed.get().messageBytes(length) : length,
                path,
                options.recipient(),
                options.blinding(),
                client.random());
        Write.Plan continuing = before.map(planned::continuing).orElse(planned);
        try (Write.Plan plan = attested ? continuing.withAttestation() : continuing;
                WriteCheck check = new WriteCheck(client.random())) {
            Putting putting = new Putting(client, plan, options, check, progress);
            if (options.recipient().isEmpty()) {
                return putting.run(in);
            }
            // Protocol 1: what goes round the ring is m sealed to k_U.
            Sealing what = Sealing.ofMessage(ring.id(), object);
            try (SealingInput sealing =
                    new SealingInput(in, length, options.recipient().get(), what, client.random())) {
                return putting.run(sealing);
            }
        }
    }

    private Token run(ReadableByteChannel in) throws IOException, InterruptedException {
        try {
            return write(in);
        } catch (ChangedOnTheWayException | AbsentException e) {
            // It may be made again, with the same user key file.
            throw e;
        } catch (WriteSteps.CommitUnknownException e) {
            // Home may have committed: nothing may be given up any more, the user key neither.
            throw e.error();
        } catch (IOException | RuntimeException e) {
            if (options.userKey().isPresent()) {
                options.userKey().get().discard();
            }
            throw e;
        } finally {
            blindHashes.forEach(LinearHash::close);
        }
    }

    // Steps 1 to 3 go out together: what arrives before its order waits for it there.
    private Token write(ReadableByteChannel in) throws IOException, InterruptedException {
        Orders orders = sendOrders();
        if (options.allowDegraded() > 0) {
            requireTaken(orders);
        }
        Dealings deal = steps.askDealers();
        orders.whenRefused(deal::fail);
        try {
            Sent sent = sendPad(in, orders, deal);
            Dealt dealt = steps.dealt(deal, client.deadlines().settle());
            Token token = Write.token(
                    plan,
                    MerkleRoot.over(sent.manifest()),
                    dealt,
                    Write.missing(ring, plan.path()).stream()
                            .map(x -> client.claim(ring.provider(x), plan.object()))
                            .toList(),
                    plan.before().map(Token::createdMillis).orElseGet(client.clock()::millis));
            if (plan.scheme().sealed()) {
                sent.complete();
                awaitSealedShares();
            }
            SignatureChain chain = steps.sign(token, sent.manifest(), sent::complete);
            List<Holding> holdings = check(chain);
            if (options.userKey().isPresent()) {
                // Before the object exists: no crash may leave it without its key.
                options.userKey().get().publish();
            }
            steps.commit(token, new CommitMessage(chain, holdings));
            return token;
        } catch (WriteSteps.CommitUnknownException e) {
            throw e;
        } catch (InterlockException e) {
            throw telling(e, orders, deal);
        } catch (IOException | RuntimeException e) {
            // An order that comes after the end of its session would begin it anew.
            var _ = orders.refusals();
            steps.abandon();
            throw e;
        } finally {
            deal.cancel();
        }
    }

    /** Whoever can't be reached may be missing: known before any of the input is gone. */
    private void requireTaken(Orders orders) throws InterruptedException {
        Map<NodeCard, InterlockException> refusals = orders.refusals();
        if (refusals.isEmpty()) {
            return;
        }
        steps.abandon();
        for (InterlockException error : refusals.values()) {
            if (!(error instanceof NodeException)) {
                throw error;
            }
        }
        throw new AbsentException(refusals);
    }

    /** Gives the session up. What failed first is why the rest did, though the rest may say so first: an order, the dealing, the pass. */
    private InterlockException telling(InterlockException e, Orders orders, Dealings deal) throws InterruptedException {
        Map<NodeCard, InterlockException> refusals = orders.refusals();
        if (e instanceof BadInputException || !refusals.isEmpty()) {
            steps.abandon();
            // Our input isn't what was announced: others fail because we broke off.
            return e instanceof BadInputException ? e : notOrdered(refusals);
        }
        InterlockException first = e;
        // Where it deals to us, too, the dealer fails because we left.
        if (!plan.scheme().dealtToUser()) {
            try {
                deal.check();
            } catch (InterlockException dealing) {
                first = dealing;
            }
        }
        InterlockException telling = steps.abandon(first, deal);
        // A provider may be there and fail as a dealer.
        return deal.isOwn(telling) ? telling : tooFew(telling);
    }

    private InterlockException notOrdered(Map<NodeCard, InterlockException> refusals) {
        return refusals.values().stream()
                .filter(error -> !(error instanceof NodeException))
                .findFirst()
                .orElseGet(() -> tooFew(ring, options, route.size() - refusals.size(), refusals));
    }

    private static TooFewProvidersException tooFew(
            RingDescriptor ring, PutOptions options, int available, Map<NodeCard, InterlockException> absent) {
        Map<String, String> why = new LinkedHashMap<>();
        absent.forEach((node, error) -> why.put(node.name(), error.explanation()));
        return new TooFewProvidersException(
                options.allowDegraded() == 0 ? "a put" : "a put without " + options.allowDegraded() + " of them",
                needed(ring, options),
                available,
                why);
    }

    // Step 1.  U →p every CC_i: signed request for this session.
    private Orders sendOrders() {
        return Orders.send(client, route, steps::order);
    }

    /** P on its way, and its leaves. */
    private record Sent(byte[] manifest, Peer.Upload upload, Duration deadline) {
        /** Returns when step 4 is done: c is durable at every home. */
        void complete() {
            byte[] _ = upload.complete(deadline);
        }
    }

    // Step 3.  U →p CC_1: P ⊕ ΣB_i.
    private Sent sendPad(ReadableByteChannel in, Orders orders, Dealings deal)
            throws IOException, InterruptedException {
        ChunkLayout layout = plan.layout();
        Peer.Upload upload = client.upload(
                plan.session(), Route.write(plan.path(), plan.homes()).first());
        // Without everybody's order and the dealer's shares no hop moves: nobody needs to wait for it.
        orders.whenRefused(upload::fail);
        deal.whenFailed(upload::fail);
        byte[] manifest = new byte[layout.count() * Sha256.BYTES];
        try (WriteMasks masks = WriteMasks.begin(client, plan, route, options, blindHashes);
                SecretBytes buffer = SecretBytes.allocate(layout.padLength(0));
                SecretBytes r = SecretBytes.random(Keystream.SEED_BYTES, client.random());
                Keystream randomizers = new Keystream(r.segment())) {
            deal.whenFailed(masks::fail);
            for (int k = 0; k < layout.count(); k++) {
                MemorySegment chunk = buffer.segment().asSlice(0, layout.padLength(k));
                randomizers.fill(chunk.asSlice(0, ChunkLayout.RANDOMIZER_BYTES));
                readFully(in, chunk.asSlice(ChunkLayout.RANDOMIZER_BYTES).asByteBuffer());
                System.arraycopy(Write.chunkLeaf(k, chunk), 0, manifest, k * Sha256.BYTES, Sha256.BYTES);
                deal.check();
                send(upload, chunk, masks);
                progress.accept(layout.dataLength(k));
            }
            requireEnd(in, layout.length());
            masks.end();
            upload.out().end();
            return new Sent(manifest, upload, client.deadlines().settle());
        } catch (UncheckedIOException e) {
            upload.out().fail(e);
            throw e.getCause();
        } catch (IOException | RuntimeException e) {
            upload.out().fail(e);
            throw e;
        }
    }

    /** Masks a chunk and sends it, piece by piece: a hop needs its full blind no sooner than its stream. */
    private void send(Peer.Upload upload, MemorySegment chunk, WriteMasks masks) throws InterruptedException {
        int length;
        for (long done = 0; done < chunk.byteSize(); done += length) {
            length = Http2.pieceBytes(chunk.byteSize() - done);
            MemorySegment part = chunk.asSlice(done, length);
            Write.enter(part, masks.stored());
            check.sending(part);
            Write.enter(part, masks.passing());
            ByteBuf piece = Http2.BUFFERS.directBuffer(length, length);
            piece.writeBytes(part.asByteBuffer());
            upload.send(piece, client.deadlines().stall());
        }
    }

    static void readFully(ReadableByteChannel in, ByteBuffer to) throws IOException {
        while (to.hasRemaining()) {
            if (in.read(to) < 0) {
                throw new BadInputException("the input ended " + to.remaining()
                        + " bytes or more before the length that it had when the put began; nothing was stored");
            }
        }
    }

    static void requireEnd(ReadableByteChannel in, long length) throws IOException {
        if (in.read(ByteBuffer.allocate(1)) > 0) {
            throw new BadInputException("the input is longer than the " + length
                    + " bytes that it had when the put began; nothing was stored");
        }
    }

    /** Protocol 1: a provider signs once its sealed share is durable at every home, which may take longer than the pass. */
    private void awaitSealedShares() throws InterruptedException {
        long before = -1;
        long since = System.nanoTime();
        while (true) {
            long moved = 0;
            boolean done = true;
            for (RingClient.Answer<SessionReport> answer : client.askAll(route, this::report)) {
                switch (answer) {
                    case RingClient.Failure<SessionReport>(NodeCard node, InterlockException error) -> throw error;
                    case RingClient.Value<SessionReport>(NodeCard node, SessionReport report) -> {
                        for (SessionReport.At at : report.stations()) {
                            Problem problem = at.problem();
                            if (problem != null) {
                                throw problem.toException();
                            }
                            moved += at.bytes();
                            done &= at.progress() == SessionReport.Progress.DONE;
                        }
                    }
                }
            }
            if (done) {
                return;
            }
            if (moved != before) {
                before = moved;
                since = System.nanoTime();
            } else if (System.nanoTime() - since > client.deadlines().stall().toNanos()) {
                throw new NodeException(
                        route.getFirst().name(),
                        "the sealed shares of " + plan.object() + " don't reach their homes: nothing moved for "
                                + client.deadlines().stall().toSeconds() + " s");
            }
            Thread.sleep(SEALED_POLL);
        }
    }

    private SessionReport report(NodeCard node) {
        return Json.read(
                "the report of " + node.name(),
                client.get(
                        node,
                        "/v1/sessions/" + plan.session(),
                        Operation.REPORT,
                        plan.session().toString()),
                SessionReport.class);
    }

    // Step 6.  U makes the write check of DESIGN §8: ρ leaves only now, when all have signed for what they stored.
    private List<Holding> check(SignatureChain chain) throws InterruptedException {
        Map<ShareIndex, CheckAnswer> answers = steps.check(check.reveal());
        try {
            return check.verify(plan, answers);
        } catch (IntegrityException e) {
            if (!e.culprits().isEmpty()) {
                throw e;
            }
            Inquest inquest = new Inquest(client, plan, check, chain, answers, blindHashes);
            IntegrityException verdict = inquest.verdict(e);
            throw inquest.changedOnTheWay() ? new ChangedOnTheWayException(verdict) : verdict;
        }
    }

    private InterlockException tooFew(InterlockException e) {
        if (e instanceof NodeException failed && ring.provider(failed.node()).isPresent()) {
            return new TooFewProvidersException(
                    "a put", route.size(), route.size() - 1, Map.of(failed.node(), failed.explanation()));
        }
        return e;
    }
}
