package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Claim;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Handover;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Title;
import dev.interlock.protocol.Acceptances;
import dev.interlock.protocol.Evidence;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.names.NameKeys;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.SignedRequest;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peer;
import dev.interlock.wire.Peers;
import dev.interlock.wire.RecordReader;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** One user's way to the nodes of one ring: every request signed for the node that gets it, or in a channel to it, many nodes asked at once. */
final class RingClient implements AutoCloseable {
    /** What a slow provider's disk still gives. */
    private static final long STORED_BYTES_PER_SECOND = 10_000_000;

    private final RingDescriptor ring;
    private final Credential credential;
    private final SecureRandom random;
    private final Clock clock;
    private final Peers peers;
    private final Runnable disconnect;
    private final ProviderRecord record;
    private volatile Consumer<Evidence> accuser = _ -> {};
    private volatile Consumer<IntegrityException> repeated = _ -> {};
    private volatile Interlock.Leaving leaving = (_, _, _, _) -> {};
    private final ExecutorService threads;
    private final NodeChannels channels;
    private final CheckedCertificates certificates;
    private final OwnKeys ownKeys;

    /** @param disconnect ends the connections, where they are this client's alone */
    RingClient(
            RingDescriptor ring,
            Credential credential,
            Peers peers,
            Runnable disconnect,
            ProviderRecord record,
            SecureRandom random,
            Clock clock) {
        this.ring = ring;
        this.credential = credential;
        this.record = record;
        this.random = random;
        this.clock = clock;
        this.peers = peers;
        this.disconnect = disconnect;
        this.threads = Executors.newVirtualThreadPerTaskExecutor();
        this.channels = new NodeChannels(ring.id(), credential, random, clock, threads, this::signed);
        this.certificates = new CheckedCertificates();
        this.ownKeys = new OwnKeys(credential);
    }

    private RingClient(RingClient of, RingDescriptor ring) {
        this.ring = ring;
        this.credential = of.credential;
        this.record = of.record;
        this.random = of.random;
        this.clock = of.clock;
        this.peers = of.peers;
        this.disconnect = of.disconnect;
        this.threads = of.threads;
        this.channels = of.channels;
        this.certificates = of.certificates;
        this.ownKeys = of.ownKeys;
        this.accuser = of.accuser;
        this.repeated = of.repeated;
        this.leaving = of.leaving;
    }

    /** The same user's way to the ring as it was in another epoch; not to be closed by itself. */
    RingClient at(int epoch) {
        return epoch == ring.epoch() ? this : new RingClient(this, ring.at(epoch));
    }

    /** Who is to hear of liars. */
    void onLie(Consumer<Evidence> listener) {
        accuser = listener;
    }

    void accuse(Evidence evidence) {
        record.lied(ring.provider(evidence.said().x()).name());
        accuser.accept(evidence);
    }

    /** Who is to hear that a put is made again. */
    void onRepeat(Consumer<IntegrityException> listener) {
        repeated = listener;
    }

    /** Who is to hear of requests. */
    void onRequest(Interlock.Leaving listener) {
        leaving = listener;
    }

    void repeating(IntegrityException why) {
        repeated.accept(why);
    }

    RingDescriptor ring() {
        return ring;
    }

    ProviderRecord record() {
        return record;
    }

    CheckedCertificates certificates() {
        return certificates;
    }

    /** Who makes sessions: this user, now. */
    Write.Maker maker() {
        return new Write.Maker(credential, random, clock.instant());
    }

    /** Whether an object with this title is this user's. */
    boolean owns(Title title) {
        return ownKeys.contains(title.owner());
    }

    /** The keys of this user's names. The caller closes them. */
    NameKeys nameKeys() {
        return credential.nameKeys(ring.id());
    }

    /** The newest version of the user's root secret. */
    int rootVersion() {
        return credential.rootVersion();
    }

    /** Those of one version of the user's root secret; the caller closes them. */
    NameKeys nameKeys(int rootVersion) {
        try (SecretBytes secret = credential.nameSecret(ring.id(), rootVersion)) {
            return NameKeys.of(ring.id(), rootVersion, secret);
        }
    }

    /** This user's word that they want an object. */
    Acceptances accept(ObjectId object) {
        return Acceptances.make(ring, credential, object);
    }

    SecureRandom random() {
        return random;
    }

    Clock clock() {
        return clock;
    }

    Deadlines deadlines() {
        return peers.deadlines();
    }

    Peer peer(NodeCard node) {
        return peers.to(node);
    }

    /** The header that lets one request in at one node, by a signature. */
    Optional<String> authorization(NodeCard node, Operation operation, String subject, byte[] body) {
        leaving.request(node.name(), operation, subject, body);
        return signature(node, operation, subject, body);
    }

    private Optional<String> signature(NodeCard node, Operation operation, String subject, byte[] body) {
        return Optional.of(SignedRequest.sign(
                credential,
                ring.id(),
                lastEpochOf(node),
                node.name(),
                operation,
                subject,
                body,
                random,
                clock.instant()));
    }

    /** Whoever left the ring never heard of the epochs after. */
    private int lastEpochOf(NodeCard node) {
        if (ring.node(node.name()).isPresent()) {
            return ring.epoch();
        }
        return ring.epochs().reversed().stream()
                .filter(each -> each.node(node.name()).isPresent())
                .map(RingDescriptor::epoch)
                .findFirst()
                .orElse(ring.epoch());
    }

    /** The owner's word that something is to be done with an object. */
    Command.Signed command(Title title, long number, Command.Deed deed) {
        try (SigningKey o = ownerKey(title)) {
            return Command.Signed.sign(o, new Command(ring.id(), title, number, clock.millis(), deed));
        }
    }

    /** The owner's word that an object is another's from now on. */
    Handover handOver(Title title, OwnerKey to) {
        try (SigningKey o = ownerKey(title)) {
            return title.handOver(o, to);
        }
    }

    private SigningKey ownerKey(Title title) {
        return credential.ownerKey(title.owner().rootVersion(), title.owner().nonce());
    }

    /** The same for one provider, by the user's key there. */
    Command.Authorised authorised(Command.Signed signed, String node) {
        return new Command.Authorised(
                signed,
                node,
                credential.publicKey(ring.id(), node),
                credential.signCommand(ring.id(), node, Command.Authorised.message(signed, node)));
    }

    /** The owner's word for a provider that is missing while a generation is written. */
    Claim claim(Provider provider, StatementHash w) {
        byte[] message = Claim.message(w, provider.x());
        return new Claim(
                provider.x(),
                credential.publicKey(ring.id(), provider.name()),
                credential.signClaim(ring.id(), provider.name(), message));
    }

    byte[] call(NodeCard node, HttpMethod method, String path, Operation operation, String subject, byte[] body) {
        return call(node, method, path, operation, subject, body, deadlines().answer());
    }

    byte[] call(
            NodeCard node,
            HttpMethod method,
            String path,
            Operation operation,
            String subject,
            byte[] body,
            Duration deadline) {
        return byChannel(
                node, operation, subject, body, header -> peer(node).call(method, path, header, body, deadline));
    }

    private byte[] signed(
            NodeCard node, HttpMethod method, String path, Operation operation, String subject, byte[] body) {
        return peer(node)
                .call(
                        method,
                        path,
                        signature(node, operation, subject, body),
                        body,
                        deadlines().answer());
    }

    /** By the channel to this node where there is one; signed where there isn't, or the node doesn't know it any more. */
    private <T> T byChannel(
            NodeCard node, Operation operation, String subject, byte[] body, Function<Optional<String>, T> request) {
        leaving.request(node.name(), operation, subject, body);
        Optional<String> header = channels.header(node, lastEpochOf(node), operation, subject, body);
        if (header.isPresent()) {
            try {
                return request.apply(header);
            } catch (RefusedException e) {
                if (e.rule() != RefusedException.Rule.UNKNOWN_CHANNEL) {
                    throw e;
                }
                channels.forget(node);
            }
        }
        return request.apply(signature(node, operation, subject, body));
    }

    byte[] get(NodeCard node, String path, Operation operation, String subject) {
        return call(node, HttpMethod.GET, path, operation, subject, new byte[0]);
    }

    /** A small answer as it comes, for what may be secret; the caller's to close. */
    RecordReader open(NodeCard node, String path, Operation operation, String subject) {
        return byChannel(
                node,
                operation,
                subject,
                new byte[0],
                header -> new RecordReader(
                        peer(node).download(path, header).open(deadlines().answer()),
                        deadlines().answer()));
    }

    /** The same of a request with a body. */
    RecordReader open(NodeCard node, String path, Operation operation, String subject, byte[] body) {
        return open(node, path, operation, subject, body, deadlines().answer());
    }

    /** @param deadline until the answer begins */
    RecordReader open(NodeCard node, String path, Operation operation, String subject, byte[] body, Duration deadline) {
        return byChannel(
                node,
                operation,
                subject,
                body,
                header -> new RecordReader(
                        peer(node).download(path, header, body).open(deadline),
                        deadlines().answer()));
    }

    /** Puts a small question, and keeps in the record how the node took it. */
    <T> T watched(NodeCard node, Supplier<T> question) {
        ProviderRecord.Question asked = record.ask(node.name());
        long begun = System.nanoTime();
        try {
            T answer = question.get();
            asked.answered(Duration.ofNanos(System.nanoTime() - begun));
            return answer;
        } catch (NodeException e) {
            asked.failed();
            throw e;
        } catch (InterlockException e) {
            // A refusal is an answer.
            asked.answered(Duration.ofNanos(System.nanoTime() - begun));
            throw e;
        } catch (RuntimeException | Error e) {
            asked.failed();
            throw e;
        }
    }

    /** The output of a station that is for the user. */
    Peer.Download download(StatementHash session, Station station) {
        NodeCard node = ring.provider(station.provider()).card();
        return peer(node)
                .download(
                        stationPath(session, station.place()),
                        authorization(node, Operation.STREAM, session.toString(), new byte[0]));
    }

    /** How long a pass over what a provider stores may take, with nothing moving on the wire meanwhile. */
    static Duration passTime(ChunkLayout layout) {
        return Duration.ofSeconds(layout.length() / STORED_BYTES_PER_SECOND);
    }

    /** The input of a station that is from the user. */
    Peer.Upload upload(StatementHash session, Station station) {
        NodeCard node = ring.provider(station.provider()).card();
        return peer(node)
                .upload(
                        stationPath(session, station.place()),
                        authorization(node, Operation.STREAM, session.toString(), new byte[0]));
    }

    private static String stationPath(StatementHash session, int place) {
        return "/v1/sessions/" + session + "/stations/" + place;
    }

    /** What one node answered: a value or an error. */
    sealed interface Answer<T> {
        NodeCard node();

        /** The value, or the error, thrown. */
        T value();
    }

    record Value<T>(NodeCard node, T value) implements Answer<T> {}

    record Failure<T>(NodeCard node, InterlockException error) implements Answer<T> {
        @Override
        public T value() {
            throw error;
        }
    }

    /** Answers in the order in which they come, for one who takes them; the slow ones hold up only those who wait for them. */
    static final class Answers<T> {
        private final Queue<Answer<T>> here = new ArrayDeque<>();
        private int outstanding;
        /** Whoever takes them isn't woken up for fewer. */
        private int awaited;

        /** How many haven't been taken. */
        synchronized int outstanding() {
            return outstanding;
        }

        synchronized void expect(int more) {
            outstanding += more;
        }

        synchronized void add(Answer<T> answer) {
            here.add(answer);
            if (isEnough()) {
                notifyAll();
            }
        }

        private boolean isEnough() {
            return here.size() >= Math.min(awaited, outstanding)
                    || here.stream().anyMatch(Failure.class::isInstance);
        }

        /** The next answer; empty when all were given or none comes within the deadline. */
        synchronized Optional<Answer<T>> next(Duration deadline) throws InterruptedException {
            await(1, deadline);
            Optional<Answer<T>> next = Optional.ofNullable(here.poll());
            outstanding -= next.isPresent() ? 1 : 0;
            return next;
        }

        /**
         * Those that have come by the time that so many are here, or all that are still to come, or one that failed, or the deadline has
         * passed.
         */
        synchronized List<Answer<T>> next(int many, Duration deadline) throws InterruptedException {
            await(many, deadline);
            List<Answer<T>> all = List.copyOf(here);
            here.clear();
            outstanding -= all.size();
            return all;
        }

        private void await(int many, Duration deadline) throws InterruptedException {
            awaited = many;
            long end = System.nanoTime() + deadline.toNanos();
            while (!isEnough()) {
                long millis = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime() + 999_999);
                if (millis <= 0) {
                    return;
                }
                wait(millis);
            }
        }
    }

    /** Asks one node, beside the caller. */
    <T> CompletableFuture<Answer<T>> ask(NodeCard node, Function<NodeCard, T> question) {
        return CompletableFuture.supplyAsync(() -> answer(node, () -> question.apply(node)), threads);
    }

    /** What comes of a question to a node, or of a look at its answer. */
    static <T> Answer<T> answer(NodeCard node, Supplier<T> question) {
        try {
            return new Value<>(node, question.get());
        } catch (InterlockException e) {
            return new Failure<>(node, e);
        } catch (Throwable e) {
            // Whoever waits must hear of it, be it an answer that can't be read or a library that can't be loaded.
            return new Failure<>(node, new NodeException(node.name(), "asking " + node.name() + " failed: " + e));
        }
    }

    /** Asks all these nodes at once. */
    <T> Answers<T> ask(List<NodeCard> nodes, Function<NodeCard, T> question) {
        Answers<T> answers = new Answers<>();
        ask(answers, nodes, question);
        return answers;
    }

    /** Asks more of them. */
    <T> void ask(Answers<T> answers, List<NodeCard> nodes, Function<NodeCard, T> question) {
        answers.expect(nodes.size());
        for (NodeCard node : nodes) {
            threads.execute(() -> answers.add(answer(node, () -> question.apply(node))));
        }
    }

    /** Asks all these nodes at once and waits for every answer; in the order of the nodes. */
    <T> List<Answer<T>> askAll(List<NodeCard> nodes, Function<NodeCard, T> question) throws InterruptedException {
        List<CompletableFuture<Answer<T>>> asked =
                nodes.stream().map(node -> ask(node, question)).toList();
        List<Answer<T>> answers = new ArrayList<>();
        await(asked);
        for (CompletableFuture<Answer<T>> each : asked) {
            answers.add(answer(each));
        }
        return answers;
    }

    /** Waits until all have answered, or one has failed: whoever needs all of them isn't woken up for each. */
    static <T> void await(List<CompletableFuture<Answer<T>>> asked) throws InterruptedException {
        CompletableFuture<Void> end = new CompletableFuture<>();
        var _ = CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new)).thenRun(() -> end.complete(null));
        for (CompletableFuture<Answer<T>> each : asked) {
            var _ = each.thenAccept(answer -> {
                if (answer instanceof Failure) {
                    end.complete(null);
                }
            });
        }
        try {
            // Every question has a deadline of its own, so this ends.
            end.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a question ends with an answer", e);
        }
    }

    static <T> Answer<T> answer(CompletableFuture<Answer<T>> asked) throws InterruptedException {
        try {
            return asked.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a question ends with an answer", e);
        }
    }

    /** Does something beside the caller. */
    <T> Future<T> beside(Callable<T> task) {
        return threads.submit(task);
    }

    /** Does something beside the caller, whose outcome nobody waits for. */
    void aside(Runnable task) {
        threads.execute(task);
    }

    @Override
    public void close() {
        // Before all that is under way breaks off, and seems to fail.
        record.settle();
        threads.shutdownNow();
        channels.close();
        disconnect.run();
        credential.close();
    }
}
