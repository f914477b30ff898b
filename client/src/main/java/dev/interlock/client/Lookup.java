package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Custody;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.message.CommitMessage;
import dev.interlock.protocol.message.ObjectInfo;
import dev.interlock.protocol.message.ObjectState;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Collectors;

/**
 * What the providers say of one object, in the order in which they answered. Tokens and receipts in it were checked.
 */
final class Lookup {
    /** What one provider holds of the object. */
    record Holding(
            Provider provider,
            ObjectState state,
            CommitMessage commit,
            Token token,
            Optional<Instant> destroyAt,
            Optional<Receipt> receipt) {
        /** Whether it serves a read. */
        boolean isOpen() {
            return state == ObjectState.COMMITTED && destroyAt.isEmpty();
        }

        SignatureChain chain() {
            return commit.chain();
        }
    }

    private final RingDescriptor ring;
    private final ObjectId object;
    private final List<Provider> asked;
    /** Chains that were checked: the providers of an object all have the same, and checking is dear. */
    private final ConcurrentMap<ByteBuffer, Token> believed = new ConcurrentHashMap<>();

    /** Those that weren't asked so far. */
    private final List<Provider> others;

    private final RingClient.Answers<Holding> answers;
    private final Map<String, Holding> holdings = new LinkedHashMap<>();
    private final Map<String, InterlockException> errors = new LinkedHashMap<>();
    /** Who was told of a newer generation, once. */
    private final Set<String> told = new HashSet<>();

    private Lookup(RingClient client, ObjectId object, List<Provider> asked, List<Provider> first) {
        this.ring = client.ring();
        this.object = object;
        this.asked = asked;
        this.others = new ArrayList<>(asked);
        others.removeAll(first);
        this.answers = client.ask(cards(first), node -> holding(client, node));
    }

    private static List<NodeCard> cards(List<Provider> providers) {
        return providers.stream().map(Provider::card).toList();
    }

    /** Asks these providers; all answers, or an end of waiting for each. */
    static Lookup complete(RingClient client, ObjectId object, List<Provider> providers) throws InterruptedException {
        Lookup lookup = new Lookup(client, object, providers, providers);
        Duration deadline = longest(client);
        while (lookup.take(client, deadline)) {
            // The next.
        }
        lookup.bringUp(client);
        return lookup;
    }

    /**
     * Asks those of these providers that the record speaks for, and the others too when those are late or not enough; returns
     * once enough have answered to read.
     */
    static Lookup enough(RingClient client, ObjectId object, List<Provider> providers) throws InterruptedException {
        ProviderRecord record = client.record();
        List<Provider> first = providers.stream()
                .filter(provider -> record.worthAsking(provider.name()))
                .toList();
        Lookup lookup = new Lookup(client, object, providers, first);
        // By then t should have answered, whoever else is slow.
        Duration patience = first.stream()
                .map(provider -> record.deadline(provider.name()))
                .sorted()
                .limit(client.ring().threshold().t())
                .reduce(Duration.ZERO, (_, later) -> later);
        while (!lookup.suffices()) {
            if (lookup.bringUp(client)) {
                continue;
            }
            boolean reserve = !lookup.others.isEmpty();
            if (!lookup.take(client, reserve ? patience : longest(client))) {
                if (!reserve) {
                    break;
                }
                lookup.askOthers(client);
            }
        }
        return lookup;
    }

    private void askOthers(RingClient client) {
        client.ask(answers, cards(others), node -> holding(client, node));
        others.clear();
    }

    private static Duration longest(RingClient client) {
        return client.deadlines().answer().plus(client.deadlines().connect());
    }

    /** Takes in what was answered since; asks those, too, that weren't asked, for the next time. */
    void more(RingClient client) throws InterruptedException {
        askOthers(client);
        while (take(client, Duration.ZERO)) {
            // The next.
        }
    }

    /** @return whether there was another answer within the deadline */
    private boolean take(RingClient client, Duration deadline) throws InterruptedException {
        Optional<RingClient.Answer<Holding>> answer = answers.next(deadline);
        switch (answer.orElse(null)) {
            case null -> {}
            case RingClient.Value<Holding>(NodeCard node, Holding holding) -> holdings.put(node.name(), holding);
            case RingClient.Failure<Holding>(NodeCard node, InterlockException error) -> {
                if (error instanceof IntegrityException) {
                    client.record().failed(node.name());
                }
                errors.put(node.name(), error);
            }
        }
        return answer.isPresent();
    }

    private Holding holding(RingClient client, NodeCard node) {
        ObjectInfo info = Json.read(
                "the answer of " + node.name(),
                client.watched(
                        node, () -> client.get(node, "/v1/objects/" + object, Operation.INFO, object.toString())),
                ObjectInfo.class);
        Provider provider = ring.everProvider(node.name()).orElseThrow();
        CommitMessage commit = CommitMessage.decode(info.chain());
        SignatureChain chain = commit.chain();
        // Only a committed object's chain has everyone's signature; what is in doubt serves no reader.
        if (info.state() == ObjectState.PREPARED) {
            return new Holding(
                    provider, info.state(), commit, Token.decode(chain.token()), Optional.empty(), Optional.empty());
        }
        Token token = believed.computeIfAbsent(
                ByteBuffer.wrap(info.chain()), _ -> Read.checkToken(ring, object, chain, node.name()));
        byte[] bytes = info.receipt();
        Optional<Receipt> receipt = bytes == null ? Optional.empty() : Optional.of(Receipt.decode(bytes));
        receipt.ifPresent(r -> r.verify(node.key()));
        Long destroyMillis = info.destroyMillis();
        Optional<Instant> destroyAt =
                destroyMillis == null ? Optional.empty() : Optional.of(Instant.ofEpochMilli(destroyMillis));
        return new Holding(provider, info.state(), commit, token, destroyAt, receipt);
    }

    /**
     * Has providers that missed the commit of the newest generation make up for it. All had prepared it before anyone committed it, as
     * the chain shows, so none has to stay behind, and a commit that broke off half-way keeps nobody from reading.
     *
     * @return whether any did
     */
    private boolean bringUp(RingClient client) throws InterruptedException {
        Optional<Holding> newest = known();
        if (newest.isEmpty() || newest.get().state() != ObjectState.COMMITTED) {
            return false;
        }
        Token token = newest.get().token();
        byte[] commit = newest.get().commit().encode();
        String id = token.object().toString();
        List<Holding> behind = holdings.values().stream()
                .filter(holding -> holding.token().generation() < token.generation()
                        && token.providers().contains(holding.provider().x())
                        && told.add(holding.provider().name()))
                .toList();
        boolean any = false;
        for (RingClient.Answer<byte[]> answer : client.askAll(
                behind.stream().map(holding -> holding.provider().card()).toList(),
                node -> client.call(
                        node,
                        HttpMethod.POST,
                        "/v1/objects/" + id + "/commit",
                        Operation.COMMIT,
                        id,
                        commit,
                        client.deadlines().settle()))) {
            if (answer instanceof RingClient.Value<byte[]>(NodeCard node, byte[] _)) {
                holdings.computeIfPresent(
                        node.name(),
                        (_, old) -> new Holding(
                                old.provider(),
                                ObjectState.COMMITTED,
                                newest.get().commit(),
                                token,
                                Optional.empty(),
                                Optional.empty()));
                any = true;
            }
        }
        return any;
    }

    /** The object's manifest from one of its providers, checked against the token. */
    static byte[] manifest(RingClient client, Token token, Provider from) {
        String object = token.object().toString();
        byte[] manifest = client.get(from.card(), "/v1/objects/" + object + "/manifest", Operation.MANIFEST, object);
        try {
            Write.checkManifest(token, manifest);
        } catch (IllegalArgumentException e) {
            throw new IntegrityException(from.name() + ": " + e.getMessage(), List.of(from.name()));
        }
        return manifest;
    }

    /** Providers that can serve a read of the newest generation, the quickest first. */
    List<Holding> readable() {
        int newest = generation();
        return holdings.values().stream()
                .filter(holding -> holding.isOpen() && holding.token().generation() == newest)
                .toList();
    }

    /** The newest generation that anyone knows of; 0 if nobody does. */
    int generation() {
        return token().map(Token::generation).orElse(0);
    }

    private boolean suffices() {
        List<ShareIndex> alive =
                readable().stream().map(holding -> holding.provider().x()).toList();
        return readable().stream().anyMatch(holding -> holding.token().openableBy(alive));
    }

    Map<String, Holding> holdings() {
        return holdings;
    }

    Map<String, InterlockException> errors() {
        return errors;
    }

    /** How many of the object's providers had it destroyed; who left the ring destroyed only what was left there. */
    long destroyed() {
        List<ShareIndex> providers = token().map(Token::providers).orElse(List.of());
        return holdings.values().stream()
                .filter(holding -> holding.state() == ObjectState.DESTROYED)
                .filter(holding -> providers.contains(holding.provider().x()))
                .count();
    }

    /** Whether so many have destroyed what they had that nobody can ever open the object. */
    boolean lost() {
        List<ShareIndex> left = ring.providers().stream()
                .filter(provider -> {
                    Holding holding = holdings.get(provider.name());
                    return holding == null || holding.state() != ObjectState.DESTROYED;
                })
                .map(Provider::x)
                .toList();
        return token().filter(u -> !u.openableBy(left)).isPresent();
    }

    /** Who is to destroy it at a later time, and when. */
    Map<String, Instant> scheduled() {
        Map<String, Instant> scheduled = new LinkedHashMap<>();
        holdings.forEach((name, holding) -> holding.destroyAt().ifPresent(at -> scheduled.put(name, at)));
        return scheduled;
    }

    /** Whether it can't be opened before those who are to destroy it are told otherwise. */
    private boolean closed() {
        List<ShareIndex> left = ring.providers().stream()
                .filter(provider -> !scheduled().containsKey(provider.name()))
                .map(Provider::x)
                .toList();
        return token().filter(u -> !u.openableBy(left)).isPresent();
    }

    /** The token, if anyone has it. */
    Optional<Token> token() {
        return known().map(Holding::token);
    }

    /** What everyone keeps of the commit, if anyone has it. */
    Optional<CommitMessage> commit() {
        return known().map(Holding::commit);
    }

    /** The chain with the most signatures, if anyone has it committed. */
    Optional<SignatureChain> chain() {
        return known().map(Holding::chain);
    }

    private Optional<Holding> known() {
        return holdings.values().stream()
                .filter(holding -> holding.state() != ObjectState.PREPARED)
                // The chain of a degraded object grows, and reaches them one after the other.
                .max(Comparator.<Holding>comparingInt(holding -> holding.token().generation())
                        .thenComparingInt(
                                holding -> holding.chain().signatures().size()));
    }

    /**
     * Who was missing at the write and hasn't got its share yet, and at whom it waits: at those of its custodians that don't say
     * that they have nothing of the object.
     */
    Map<String, List<String>> waiting() {
        Map<String, List<String>> waiting = new LinkedHashMap<>();
        chain().ifPresent(chain -> {
            Token u = Token.decode(chain.token());
            for (ShareIndex x : chain.unsigned()) {
                Holding there = holdings.get(name(x));
                if (there == null || there.state() == ObjectState.PREPARED) {
                    waiting.put(
                            name(x),
                            Custody.custodians(u.present(), u.missing(), x).stream()
                                    .map(this::name)
                                    .filter(this::mayKeep)
                                    .toList());
                }
            }
        });
        return waiting;
    }

    private boolean mayKeep(String custodian) {
        Holding holding = holdings.get(custodian);
        return holding == null
                ? !(errors.get(custodian) instanceof NoSuchObjectException)
                : holding.state() == ObjectState.COMMITTED;
    }

    private String name(ShareIndex x) {
        return ring.everProvider(x).name();
    }

    /**
     * Why the object can't be read with what was found.
     *
     * @param operation for the message: "a get"
     */
    InterlockException unreadable(String operation) {
        int t = ring.threshold().t();
        if (lost()) {
            return new DestroyedException("the object " + object + " was destroyed at " + destroyed() + " of "
                    + ring.threshold().n() + " providers; what is left is too little for anybody to open it");
        }
        for (InterlockException error : errors.values()) {
            if (error instanceof IntegrityException) {
                return error;
            }
        }
        if (closed()) {
            return new RefusedException(
                    "the object " + object + " is to be destroyed at "
                            + scheduled().values().stream()
                                    .min(Instant::compareTo)
                                    .orElseThrow() + " by "
                            + String.join(", ", scheduled().keySet()) + " and closed until then",
                    new Advice.CancelDestroy(object.toString()));
        }
        boolean nobodyHasIt = holdings.isEmpty();
        for (InterlockException error : errors.values()) {
            if (nobodyHasIt && (error instanceof RefusedException || error instanceof BadInputException)) {
                return error;
            }
        }
        long denials = errors.values().stream()
                .filter(NoSuchObjectException.class::isInstance)
                .count();
        // Fewer than t don't answer: an object that they had alone couldn't be opened.
        if (nobodyHasIt && denials > ring.threshold().n() - t) {
            return new NoSuchObjectException(
                    "there's no object " + object + " in the ring \"" + ring.name() + "\"", new Advice.ListObjects());
        }
        Map<String, String> absent = new LinkedHashMap<>();
        for (Provider provider : ring.providers()) {
            Holding holding = holdings.get(provider.name());
            InterlockException error = errors.get(provider.name());
            if (holding != null && holding.state() == ObjectState.DESTROYED) {
                absent.put(provider.name(), "destroyed its share");
            } else if (holding != null && holding.destroyAt().isPresent()) {
                absent.put(
                        provider.name(),
                        "is to destroy it at " + holding.destroyAt().get());
            } else if (holding != null && holding.state() == ObjectState.PREPARED) {
                absent.put(provider.name(), "hasn't heard yet whether the put was committed");
            } else if (holding == null
                    && error instanceof NoSuchObjectException
                    && waiting().containsKey(provider.name())) {
                absent.put(provider.name(), "was missing at the put and hasn't got its share yet");
            } else if (holding == null && !asked.contains(provider)) {
                absent.put(provider.name(), "isn't among those that were to be asked");
            } else if (holding == null) {
                absent.put(provider.name(), error == null ? "didn't answer" : error.explanation());
            }
        }
        return tooFew(operation, readable(), absent);
    }

    /**
     * Too few providers are left, or none of them is a home, without which no others help.
     *
     * @param operation for the message: "a get"
     * @param usable those that are left
     * @param absent the others, and why
     */
    TooFewProvidersException tooFew(String operation, List<Holding> usable, Map<String, String> absent) {
        Optional<Token> u = token();
        int readers = u.map(token -> token.scheme().readers(ring.threshold()))
                .orElse(ring.threshold().t());
        if (u.isPresent() && (u.get().scheme().sealed() || usable.size() >= readers)) {
            List<ShareIndex> homes = u.get().homes();
            String names = homes.stream().map(x -> ring.provider(x).name()).collect(Collectors.joining(" or "));
            int left = (int) usable.stream()
                    .filter(holding -> homes.contains(holding.provider().x()))
                    .count();
            return new TooFewProvidersException(
                    operation + " from a home of the object (" + names + ")", 1, left, absent);
        }
        return new TooFewProvidersException(operation, readers, usable.size(), absent);
    }
}
