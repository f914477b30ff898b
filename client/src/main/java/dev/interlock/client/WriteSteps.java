package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Direct;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.message.CheckAnswer;
import dev.interlock.protocol.message.TokenMessage;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.RecordReader;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** U's steps of {@link Write} that a put has in common with what makes a new generation: all but what feeds the pass. */
final class WriteSteps {
    private static final byte[] NOTHING = {};

    private final RingClient client;
    private final RingDescriptor ring;
    private final Write.Plan plan;
    private final List<NodeCard> route;

    WriteSteps(RingClient client, Write.Plan plan) {
        this.client = client;
        this.ring = client.ring();
        this.plan = plan;
        this.route = plan.path().stream().map(x -> ring.provider(x).card()).toList();
    }

    /** All providers, home first. */
    List<NodeCard> route() {
        return route;
    }

    // Step 1.  U →p every CC_i: signed request for this session.
    Orders sendOrders() {
        return Orders.send(client, route, plan.session());
    }

    // Step 2.  U →p every dealer: deal to this w.
    Dealings askDealers() {
        return new Dealings(client, plan);
    }

    /**
     * The end of step 2: all commitments to shares. Of one dealer they are its own; where shares are sums, each provider's.
     *
     * @param deadline for the dealers
     */
    Dealt dealt(Dealings dealings, Duration deadline) throws InterruptedException {
        Map<NodeCard, byte[]> replies = dealings.complete(deadline);
        if (!plan.summed()) {
            NodeCard dealer = replies.keySet().iterator().next();
            byte[] reply = replies.values().iterator().next();
            Dealt dealt = decoded(dealer, () -> Dealt.decode(dealer.name(), reply));
            Write.checkDealt(plan, dealer.name(), dealt);
            return dealt;
        }
        List<ShareRoot> roots = new ArrayList<>();
        List<byte[]> signatures = new ArrayList<>();
        for (RingClient.Answer<Dealt> answer : client.askAll(route, this::sum)) {
            roots.add(answer.value().roots().getFirst());
            signatures.add(answer.value().signatures().getFirst());
        }
        return new Dealt(true, roots, signatures);
    }

    /** What a provider's share has become, by its own signature. */
    private Dealt sum(NodeCard node) {
        Dealt sum = Dealt.decode(
                node.name(),
                client.call(
                        node,
                        HttpMethod.GET,
                        "/v1/sessions/" + session() + "/root",
                        Operation.ROOT,
                        session(),
                        NOTHING,
                        client.deadlines().settle().plus(RingClient.passTime(plan.layout()))));
        Write.checkSum(plan, ring.provider(index(node)), sum);
        return sum;
    }

    /**
     * Step 5.  u_m travels behind the data: every CC_i gets it, makes durable what it is about to sign for, once its part of step 4
     * is done, and signs; in the published profile behind CC_{i−1}, and CC_1's answer is the whole chain. Nothing of it is
     * checked yet.
     *
     * @param why throws where step 4 failed, which is why they don't; who signed has done its part of it
     */
    SignatureChain sign(Token token, byte[] manifest, Runnable why) throws InterruptedException {
        byte[] encoded = token.encode();
        byte[] body = new TokenMessage(encoded, manifest).encode();
        List<byte[]> answers = answers(node -> sendToken(node, body), _ -> {}, why);
        if (!plan.scheme().blinded()) {
            return decoded(route.getFirst(), () -> SignatureChain.decode(answers.getFirst()));
        }
        return chain(encoded, answers);
    }

    /**
     * The same of a put that is {@linkplain Write.Plan#checkedByValue() checked by value}: each answers with what it stored, too.
     *
     * @param values gets that; the caller's to close, whatever happens
     */
    SignatureChain signWithValues(Token token, byte[] manifest, Runnable why, Map<ShareIndex, OpenAnswer> values)
            throws InterruptedException {
        byte[] encoded = token.encode();
        byte[] body = new TokenMessage(encoded, manifest).encode();
        List<OpenAnswer> answers = answers(node -> sendTokenForValues(node, body), OpenAnswer::close, why);
        for (int place = 0; place < answers.size(); place++) {
            values.put(plan.path().get(place), answers.get(place));
        }
        return chain(encoded, answers.stream().map(OpenAnswer::said).toList());
    }

    /** @param unused gets what came where not all did */
    private <T> List<T> answers(Function<NodeCard, T> question, Consumer<T> unused, Runnable why)
            throws InterruptedException {
        List<CompletableFuture<RingClient.Answer<T>>> asked =
                route.stream().map(to -> client.ask(to, question)).toList();
        boolean all = false;
        try {
            RingClient.await(asked);
            for (CompletableFuture<RingClient.Answer<T>> each : asked.reversed()) {
                if (RingClient.answer(each) instanceof RingClient.Failure<T>(NodeCard _, InterlockException error)) {
                    why.run();
                    throw error;
                }
            }
            List<T> answers = new ArrayList<>();
            for (CompletableFuture<RingClient.Answer<T>> each : asked) {
                answers.add(RingClient.answer(each).value());
            }
            all = true;
            return answers;
        } finally {
            if (!all) {
                for (CompletableFuture<RingClient.Answer<T>> each : asked) {
                    var _ = each.thenAccept(answer -> {
                        if (answer instanceof RingClient.Value<T>(NodeCard _, T value)) {
                            unused.accept(value);
                        }
                    });
                }
            }
        }
    }

    private SignatureChain chain(byte[] token, List<byte[]> answers) {
        List<Participation> participations = new ArrayList<>();
        for (int place = 0; place < answers.size(); place++) {
            byte[] answer = answers.get(place);
            participations.add(decoded(route.get(place), () -> Participation.decode(answer)));
        }
        return new SignatureChain(token, participations);
    }

    private static <T> T decoded(NodeCard from, Supplier<T> answer) {
        try {
            return answer.get();
        } catch (MalformedException e) {
            throw new NodeException(from.name(), from.name() + " gave no proper answer: " + e.getMessage());
        }
    }

    /** What is longer than it may be isn't read. */
    private OpenAnswer sendTokenForValues(NodeCard node, byte[] body) {
        int ciphertext = plan.homes().contains(index(node)) ? Direct.chunkBytes(Part.CIPHERTEXT, plan.layout(), 0) : 0;
        try (RecordReader in = client.open(
                node,
                "/v1/sessions/" + session() + "/token",
                Operation.TOKEN,
                session(),
                body,
                client.deadlines().settle())) {
            return OpenAnswer.read(
                    in, Participation.MAX_BYTES, Direct.chunkBytes(Part.SHARE, plan.layout(), 0), ciphertext);
        } catch (IOException e) {
            throw client.peer(node).broken(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw client.peer(node).broken(e);
        }
    }

    private byte[] sendToken(NodeCard node, byte[] body) {
        return client.call(
                node,
                HttpMethod.POST,
                "/v1/sessions/" + session() + "/token",
                Operation.TOKEN,
                session(),
                body,
                client.deadlines().settle());
    }

    /**
     * Step 6.  U checks the signatures.
     *
     * @throws IntegrityException unless all that took part signed for this u_m, and all homes for one ciphertext; names who signed
     *     for something else, where that one gave its signature to U itself
     */
    void checkChain(Token token, SignatureChain chain) {
        try {
            Write.checkChain(plan, token.encode(), chain);
        } catch (IntegrityException e) {
            throw wrongSigner(chain)
                    .map(node -> new IntegrityException(
                            node.name() + " didn't sign for " + plan.object() + " in this session"
                                    + (plan.renews() ? ". The object stays as it was" : ". Nothing was stored"),
                            List.of(node.name())))
                    .orElse(e);
        }
    }

    /** Who answered U with a signature that isn't one; in the published profile others passed it on. */
    Optional<NodeCard> wrongSigner(SignatureChain chain) {
        for (int place = 0; plan.scheme().blinded() && place < route.size(); place++) {
            try {
                new SignatureChain(chain.token(), chain.participations().subList(0, place + 1)).verify(ring.keys());
            } catch (BadSignatureException | MalformedException e) {
                return Optional.of(route.get(place));
            }
        }
        return Optional.empty();
    }

    /** Whether all homes say that they stored the same ciphertext. */
    boolean ofOneCiphertext(SignatureChain chain) {
        byte[] first = chain.ciphertextRoot();
        return chain.participations().stream()
                .limit(plan.homes().size())
                .allMatch(each -> Arrays.equals(each.ciphertextRoot().orElse(NOTHING), first));
    }

    // ρ leaves only now, when all have signed for what they stored.
    Map<ShareIndex, CheckAnswer> check(byte[] seed) throws InterruptedException {
        Map<ShareIndex, CheckAnswer> answers = new LinkedHashMap<>();
        for (RingClient.Answer<CheckAnswer> answer : client.askAll(route, node -> check(node, seed))) {
            answers.put(index(answer.node()), answer.value());
        }
        return answers;
    }

    private CheckAnswer check(NodeCard node, byte[] seed) {
        return Json.read(
                "the answer of " + node.name(),
                client.call(
                        node,
                        HttpMethod.POST,
                        "/v1/sessions/" + session() + "/check",
                        Operation.CHECK,
                        session(),
                        seed,
                        client.deadlines().settle().plus(RingClient.passTime(plan.layout()))),
                CheckAnswer.class);
    }

    /**
     * Then certifies what was made, after which none of it can be undone, and has all that took part commit.
     *
     * @throws dev.interlock.protocol.error.UnsettledException where too few confirm it
     */
    void commit(Token token, SignatureChain chain) throws InterruptedException {
        Certificate certificate = plan.session().certify(chain);
        Committing.commit(client, token, certificate, what());
    }

    /**
     * Gives the session up, and finds who held it up.
     *
     * @param first the first error that reached U
     */
    InterlockException abandon(InterlockException first, Optional<Dealings> dealings) throws InterruptedException {
        InterlockException telling = Diagnosis.of(client, route, plan.id(), first);
        abandon();
        // Every provider is there and none is at fault: they all waited for somebody.
        boolean unexplained = telling == first && first instanceof NodeException;
        return dealings.filter(deal ->
                        unexplained && !deal.isOwn(first) && ring.dealers().size() > 1)
                .flatMap(deal -> deal.standing(client.deadlines().connect()))
                .orElse(telling);
    }

    /** Has every provider that can be reached give the session up, rather than wait until it does so by itself. */
    void abandon() throws InterruptedException {
        if (plan.session().isCertified()) {
            throw new IllegalStateException("what was certified can't be given up");
        }
        byte[] abandonment = Orders.abandonment(plan.session());
        client.askAll(route, node -> Orders.abandon(client, node, plan.session(), abandonment));
    }

    private String what() {
        return switch (plan.kind()) {
            case REPLACE -> "the replacement";
            case REFRESH -> "the refresh";
            default -> "the put";
        };
    }

    private ShareIndex index(NodeCard node) {
        return ring.provider(node.name()).orElseThrow().x();
    }

    private String session() {
        return plan.id().toString();
    }
}
