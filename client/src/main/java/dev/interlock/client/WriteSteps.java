package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.message.ChainMessage;
import dev.interlock.protocol.message.CheckAnswer;
import dev.interlock.protocol.message.CommitMessage;
import dev.interlock.protocol.message.DealReply;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** U's steps of {@link Write} that a put has in common with what makes a new generation: all but what feeds the pass. */
final class WriteSteps {
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

    // Step 1.  U →p CC_i: signed request for this session.
    byte[] order(NodeCard node) {
        Order order = Write.order(plan, index(node));
        byte[] body = Json.write(order);
        try {
            return client.call(node, HttpMethod.POST, "/v1/sessions", Operation.ORDER, session(), body);
        } finally {
            Arrays.fill(order.blind(), (byte) 0);
            Arrays.fill(body, (byte) 0);
        }
    }

    // Step 2.  U →p every dealer: deal for this object.
    Dealings askDealers() {
        byte[] body = Json.write(Write.dealRequest(plan));
        return new Dealings(
                ring.dealers(),
                dealer -> client.peer(dealer)
                        .begin(
                                HttpMethod.POST,
                                "/v1/deals",
                                client.authorization(dealer, Operation.DEAL, session(), body),
                                body));
    }

    /**
     * The end of step 2: all commitments to shares. Of one dealer they are its own; where shares are sums, each provider's.
     *
     * @param deadline for the dealers
     */
    Dealt dealt(Dealings dealings, Duration deadline) throws InterruptedException {
        Map<NodeCard, byte[]> replies = dealings.complete(deadline);
        List<ShareRoot> roots = new ArrayList<>();
        if (!plan.summed()) {
            replies.forEach(
                    (dealer, reply) -> roots.addAll(Json.read("the reply of " + dealer.name(), reply, DealReply.class)
                            .checked(dealer.name())));
        } else {
            for (RingClient.Answer<ShareRoot> answer : client.askAll(route, this::root)) {
                roots.add(answer.value());
            }
        }
        return new Dealt(plan.dealers(), plan.summed(), roots);
    }

    /** What a provider's share has become, by its own signature. */
    private ShareRoot root(NodeCard node) {
        List<ShareRoot> roots = Json.read(
                        "the answer of " + node.name(),
                        client.call(
                                node,
                                HttpMethod.GET,
                                "/v1/sessions/" + session() + "/root",
                                Operation.ROOT,
                                session(),
                                new byte[0],
                                client.deadlines().settle().plus(RingClient.passTime(plan.layout()))),
                        DealReply.class)
                .checked(node.name());
        if (roots.size() != 1 || !roots.getFirst().x().equals(index(node))) {
            throw new NodeException(node.name(), node.name() + " answered with the root of another share");
        }
        Write.checkSum(plan, roots.getFirst());
        return roots.getFirst();
    }

    /**
     * Step 5.  u_m and the signature chain travel behind the data: every CC_i gets u_m, makes durable what it is about to sign
     * for, once its part of step 4 is done, and signs behind CC_{i−1}. CC_1's answer is the whole chain.
     *
     * @param meanwhile done while they do; throws where step 4 failed
     */
    SignatureChain sign(Token token, byte[] manifest, Runnable meanwhile) throws InterruptedException {
        byte[] encoded = token.encode();
        byte[] body = new ChainMessage(SignatureChain.start(encoded), manifest).encode();
        List<CompletableFuture<RingClient.Answer<byte[]>>> answers = route.stream()
                .map(to -> client.ask(to, node -> sendToken(node, body)))
                .toList();
        meanwhile.run();
        for (CompletableFuture<RingClient.Answer<byte[]>> each : answers.reversed()) {
            var _ = RingClient.answer(each).value();
        }
        SignatureChain chain =
                SignatureChain.decode(RingClient.answer(answers.getFirst()).value());
        Write.checkChain(plan, encoded, chain);
        return chain;
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

    // Step 6.  ρ leaves only now, when all have signed for what they stored.
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

    // Then tells every provider to commit: home first, whose commit is the one that decides.
    void commit(Token token, CommitMessage message) throws InterruptedException {
        byte[] body = message.encode();
        try {
            commit(route.getFirst(), body);
        } catch (NodeException lost) {
            commitAgain(token, body, lost);
        }
        for (RingClient.Answer<byte[]> answer :
                client.askAll(route.subList(1, route.size()), node -> commit(node, body))) {
            // A provider that missed it holds its share durably and learns of the commit from home.
            if (answer instanceof RingClient.Failure<byte[]>(NodeCard node, InterlockException error)
                    && !(error instanceof NodeException)) {
                throw new CommitUnknownException(new NodeException(
                        node.name(),
                        "home committed " + token.origin() + ", but " + node.name() + " doesn't follow: "
                                + error.explanation(),
                        new Advice.ShowObject(token.origin().toString())));
            }
        }
    }

    private byte[] commit(NodeCard node, byte[] body) {
        String object = plan.object().toString();
        return client.call(
                node,
                HttpMethod.POST,
                "/v1/objects/" + object + "/commit",
                Operation.COMMIT,
                object,
                body,
                client.deadlines().settle());
    }

    /** The answer to the deciding commit was lost; committing twice is committing once. */
    private void commitAgain(Token token, byte[] body, NodeException lost) {
        try {
            byte[] _ = commit(route.getFirst(), body);
        } catch (NoSuchObjectException forgotten) {
            // Home's word is binding: it hadn't committed, and never will.
            throw forgotten;
        } catch (InterlockException stillUnknown) {
            throw new CommitUnknownException(new NodeException(
                    lost.node(),
                    lost.explanation() + ". Whether the " + what() + " of " + token.origin()
                            + " was committed isn't known until " + lost.node() + " is back; if it wasn't, repeat it",
                    new Advice.ShowObject(token.origin().toString())));
        }
    }

    /** It may have been committed, so nothing of it may be undone. */
    static final class CommitUnknownException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient InterlockException error;

        CommitUnknownException(InterlockException error) {
            super(error.explanation());
            this.error = error;
        }

        InterlockException error() {
            return error;
        }
    }

    /**
     * Gives the session up, and finds who held it up.
     *
     * @param first the first error that reached U
     */
    InterlockException abandon(InterlockException first, Dealings dealings) throws InterruptedException {
        InterlockException telling = Diagnosis.of(client, route, plan.session(), first);
        abandon();
        // Every provider is there and none is at fault: they all waited for somebody.
        boolean unexplained = telling == first && first instanceof NodeException && !dealings.isOwn(first);
        return unexplained && ring.dealers().size() > 1
                ? dealings.standing(client.deadlines().connect()).orElse(telling)
                : telling;
    }

    /** Has every provider that can be reached give the session up, rather than wait until it does so by itself. */
    void abandon() throws InterruptedException {
        client.askAll(
                route,
                node -> client.call(
                        node,
                        HttpMethod.DELETE,
                        "/v1/sessions/" + session(),
                        Operation.ABANDON,
                        session(),
                        new byte[0]));
    }

    private String what() {
        return switch (plan.kind()) {
            case REPLACE -> "replacement";
            case REFRESH -> "refresh";
            default -> "put";
        };
    }

    private ShareIndex index(NodeCard node) {
        return ring.provider(node.name()).orElseThrow().x();
    }

    private String session() {
        return plan.session().toString();
    }
}
