package dev.interlock.app;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Abandonment;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.PlannedSession;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.Renewal;
import dev.interlock.protocol.Repair;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.Commands;
import dev.interlock.protocol.message.HandoverMessage;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.message.RestoreMessage;
import dev.interlock.protocol.message.TokenMessage;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.SignedRequest;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peers;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What a coalition sends: messages composed of what it knows, by its second user, whom every node lets in, and by its providers,
 * with their keys. Each goes to a node that isn't in the coalition; what comes back is the coalition's.
 */
final class CoalitionMoves implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final RingDescriptor ring;
    private final Credential second;
    private final Peers asUser;
    private final Map<String, Peers> asNode = new HashMap<>();
    private final SecureRandom nonces = new SecureRandom();
    private final List<Move> moves = new ArrayList<>();
    /** How often each move came to what. */
    private final Map<String, Map<String, Integer>> outcomes = new TreeMap<>();

    /** One message, or the few that belong together. */
    private interface Step {
        /** @return whether there was something to send */
        boolean take(Coalition by, NodeCard to) throws InterlockException, InterruptedException;
    }

    private record Move(String name, Step step) {}

    CoalitionMoves(CoalitionRing ring) {
        this.ring = ring.descriptor();
        this.second = ring.second();
        Deadlines deadlines = Deadlines.stallAfter(PATIENCE);
        this.asUser = new Peers(Optional.empty(), deadlines);
        this.ring
                .providers()
                .forEach(provider ->
                        asNode.put(provider.name(), new Peers(Optional.of(ring.tls(provider.name())), deadlines)));
        aboutSessions();
        aboutGenerations();
        ordersAndDealings();
        fromProviders();
    }

    /**
     * Makes one move, drawn from the coalition's randomness.
     *
     * @return what was sent, and what came of it, for people
     */
    String make(Coalition by) throws InterruptedException {
        Move move = moves.get(by.random().nextInt(moves.size()));
        List<NodeCard> honest =
                ring.nodes().filter(card -> !by.has(card.name())).toList();
        NodeCard to = honest.get(by.random().nextInt(honest.size()));
        String outcome;
        try {
            if (!move.step().take(by, to)) {
                return move.name() + ": nothing to send yet";
            }
            outcome = "let in";
        } catch (InterlockException e) {
            outcome = outcome(e);
        }
        synchronized (outcomes) {
            outcomes.computeIfAbsent(move.name(), _ -> new TreeMap<>()).merge(outcome, 1, Integer::sum);
        }
        return move.name() + " at " + to.name() + ": " + outcome;
    }

    private static String outcome(InterlockException e) {
        return switch (e) {
            case RefusedException refused ->
                refused.rule() == RefusedException.Rule.REFUSED
                        ? "refused"
                        : refused.rule().name().toLowerCase(Locale.ROOT).replace('_', '-');
            case BadInputException _ -> "malformed";
            case NoSuchObjectException _ -> "no-such-object";
            case DestroyedException _ -> "destroyed";
            case IntegrityException _ -> "integrity";
            default -> "no-answer";
        };
    }

    /** By move, how often it came to what. */
    Map<String, Map<String, Integer>> outcomes() {
        synchronized (outcomes) {
            return new TreeMap<>(outcomes);
        }
    }

    private void move(String name, Step step) {
        moves.add(new Move(name, step));
    }

    private byte[] ask(
            Coalition by, NodeCard to, HttpMethod method, String path, Operation what, String of, byte[] body) {
        String header =
                SignedRequest.sign(second, ring.id(), ring.epoch(), to.name(), what, of, body, nonces, Instant.now());
        byte[] answer = asUser.to(to).call(method, path, Optional.of(header), body, PATIENCE);
        by.saw(answer, "the answer to " + what + " by " + to.name());
        return answer;
    }

    private byte[] tell(Coalition by, NodeCard to, HttpMethod method, String path, byte[] body) {
        List<String> members = List.copyOf(by.members());
        Peers from = asNode.get(members.get(by.random().nextInt(members.size())));
        if (from == null) {
            throw new IllegalStateException("a member of the coalition isn't of the ring");
        }
        byte[] answer = from.to(to).call(method, path, Optional.empty(), body, PATIENCE);
        by.saw(answer, "the answer to " + path + " by " + to.name());
        return answer;
    }

    private static byte[] junk(Coalition by, int bytes) {
        byte[] junk = new byte[bytes];
        by.random().nextBytes(junk);
        return junk;
    }

    /** It was let in, whatever the answer. */
    private static boolean done(byte[] answer) {
        Objects.requireNonNull(answer);
        return true;
    }

    // ---- By the second user, in sessions that aren't its own ----

    private void aboutSessions() {
        move(
                "asks how far another's session came",
                (by, to) -> inSession(by, to, HttpMethod.GET, "", Operation.REPORT));
        move("gives another's session up", (by, to) -> inSession(by, to, HttpMethod.DELETE, "", Operation.ABANDON));
        move(
                "asks for the root of another's sum",
                (by, to) -> inSession(by, to, HttpMethod.GET, "/root", Operation.ROOT));
        move(
                "reveals a check in another's session",
                (by, to) -> inSession(by, to, "/check", Operation.CHECK, junk(by, 32)));
        move(
                "sends another's session a blind",
                (by, to) -> inSession(by, to, "/blind", Operation.BLIND, junk(by, 200)));
        move(
                "sends a stream into another's session",
                (by, to) -> inSession(by, to, "/stations/" + by.random().nextInt(4), Operation.STREAM, junk(by, 200)));
        move(
                "asks for a stream out of another's session",
                (by, to) -> inSession(
                        by, to, HttpMethod.GET, "/stations/" + by.random().nextInt(8), Operation.STREAM));
        move("sends another's session a token", (by, to) -> {
            Optional<Token> token = by.token();
            return token.isPresent()
                    && inSession(
                            by,
                            to,
                            "/token",
                            Operation.TOKEN,
                            new TokenMessage(token.get().encode(), junk(by, 32)).encode());
        });
        move("asks for a share in another's session", (by, to) -> {
            Optional<StatementHash> id = by.session();
            return id.isPresent()
                    && done(ask(
                            by,
                            to,
                            HttpMethod.GET,
                            "/v1/sessions/" + id.get() + "/parts/share?from=0",
                            Operation.SESSION_PART,
                            id.get() + "/share/0",
                            new byte[0]));
        });
    }

    private boolean inSession(Coalition by, NodeCard to, HttpMethod method, String what, Operation operation) {
        Optional<StatementHash> id = by.session();
        return id.isPresent()
                && done(ask(
                        by,
                        to,
                        method,
                        "/v1/sessions/" + id.get() + what,
                        operation,
                        id.get().toString(),
                        new byte[0]));
    }

    private boolean inSession(Coalition by, NodeCard to, String what, Operation operation, byte[] body) {
        Optional<StatementHash> id = by.session();
        return id.isPresent()
                && done(ask(
                        by,
                        to,
                        HttpMethod.POST,
                        "/v1/sessions/" + id.get() + what,
                        operation,
                        id.get().toString(),
                        body));
    }

    // ---- By the second user, about objects that aren't its own ----

    private void aboutGenerations() {
        for (String part : List.of("share", "ciphertext")) {
            move("asks for the " + part + " of another's object", (by, to) -> {
                Optional<Token> u = by.token();
                return u.isPresent()
                        && done(ask(
                                by,
                                to,
                                HttpMethod.GET,
                                "/v1/objects/" + u.get().id() + "/parts/" + part + "?from=0",
                                Operation.PART,
                                u.get().id() + "/" + part + "/0",
                                new byte[0]));
            });
        }
        move("shows a certificate that it changed", (by, to) -> {
            Optional<Certificate> seen = by.certificate();
            if (seen.isEmpty()) {
                return false;
            }
            byte[] other = seen.get().encode();
            other[by.random().nextInt(other.length)] ^= (byte) (1 << by.random().nextInt(8));
            return commit(by, to, seen.get().token().id(), other);
        });
        move("shows a certificate of its own making", (by, to) -> {
            Optional<Certificate> seen = by.certificate();
            try (SigningKey own =
                    new SigningKey(SecretBytes.copyOf(MemorySegment.ofArray(junk(by, SigningKey.SEED_BYTES))))) {
                return seen.isPresent()
                        && commit(
                                by,
                                to,
                                seen.get().token().id(),
                                Certificate.sign(own, junk(by, 64), seen.get().chain())
                                        .encode());
            }
        });
        move("abandons another's generation", (by, to) -> {
            Optional<StatementHash> id = by.session();
            try (SigningKey own =
                    new SigningKey(SecretBytes.copyOf(MemorySegment.ofArray(junk(by, SigningKey.SEED_BYTES))))) {
                return id.isPresent()
                        && done(ask(
                                by,
                                to,
                                HttpMethod.POST,
                                "/v1/objects/" + id.get() + "/abandon",
                                Operation.ABANDON,
                                id.get().toString(),
                                Abandonment.sign(own, id.get()).encode()));
            }
        });
        move(
                "destroys another's object",
                (by, to) -> command(
                        by,
                        to,
                        HttpMethod.DELETE,
                        "",
                        Operation.DESTROY,
                        u -> new Command.Destroy(u.epoch(), u.number() + 1, u.id())));
        move(
                "destroys another's object for ever",
                (by, to) ->
                        command(by, to, HttpMethod.DELETE, "", Operation.DESTROY, _ -> new Command.DestroyForEver()));
        move(
                "schedules another's object",
                (by, to) -> command(
                        by,
                        to,
                        HttpMethod.POST,
                        "/schedule",
                        Operation.SCHEDULE_DESTROY,
                        _ -> new Command.Schedule(Instant.now().toEpochMilli())));
        move("hands another's object over to itself", (by, to) -> {
            Optional<Certificate> seen = by.certificate();
            return seen.isPresent()
                    && aboutObject(
                            by,
                            to,
                            HttpMethod.POST,
                            "/title",
                            Operation.HAND_OVER,
                            u -> new HandoverMessage(seen.get(), alone(u, toItself(u, to), to)).encode());
        });
        move(
                "leaves a notice about another's object",
                (by, to) -> aboutObject(
                        by,
                        to,
                        HttpMethod.POST,
                        "/notices",
                        Operation.NOTIFY,
                        u -> alone(u, new Command.DestroyForEver(), to).encode()));
        move("settles another's generation", (by, to) -> {
            Optional<Token> u = by.token();
            if (u.isEmpty()) {
                return false;
            }
            byte[] command =
                    authorised(u.get(), new Command.Settle(u.get().id()), to).encode();
            byte[] body = new ByteWriter()
                    .bytes(command)
                    .bytes(u.get().statement().encode())
                    .toBytes();
            return done(ask(
                    by,
                    to,
                    HttpMethod.POST,
                    "/v1/objects/" + u.get().id() + "/settle",
                    Operation.SETTLE,
                    u.get().id().toString(),
                    body));
        });
    }

    private boolean commit(Coalition by, NodeCard to, StatementHash id, byte[] certificate) {
        return done(ask(
                by,
                to,
                HttpMethod.POST,
                "/v1/objects/" + id + "/commit",
                Operation.COMMIT,
                id.toString(),
                certificate));
    }

    private interface Ordering {
        Command.Deed deed(Token u);
    }

    private boolean command(
            Coalition by, NodeCard to, HttpMethod method, String what, Operation operation, Ordering ordering) {
        return aboutObject(
                by,
                to,
                method,
                what,
                operation,
                u -> authorised(u, ordering.deed(u), to).encode());
    }

    /** A request about the victim's object, where one is known. */
    private boolean aboutObject(
            Coalition by,
            NodeCard to,
            HttpMethod method,
            String what,
            Operation operation,
            Function<Token, byte[]> body) {
        Optional<Token> u = by.token();
        return u.isPresent()
                && done(ask(
                        by,
                        to,
                        method,
                        "/v1/objects/" + u.get().object() + what,
                        operation,
                        u.get().object().toString(),
                        body.apply(u.get())));
    }

    /** One command, as those that come in lists. */
    private Commands alone(Token u, Command.Deed deed, NodeCard at) {
        return new Commands(List.of(authorised(u, deed, at)));
    }

    private Command.Deed toItself(Token u, NodeCard at) {
        Title title = u.statement().title();
        OwnerKey to = second.nextOwner(u.object());
        try (SigningKey key =
                second.ownerKey(title.owner().rootVersion(), title.owner().nonce())) {
            return new Command.HandOver(
                    title.handOver(key, to),
                    u.epoch(),
                    u.number(),
                    u.id(),
                    second.accept(ring.id(), u.object(), to, at.name()));
        }
    }

    /** As the victim's owner, by the second user's own root secret: it has no other. */
    private Command.Authorised authorised(Token u, Command.Deed deed, NodeCard at) {
        Title title = u.statement().title();
        try (SigningKey key =
                second.ownerKey(title.owner().rootVersion(), title.owner().nonce())) {
            Command.Signed signed = Command.Signed.sign(
                    key,
                    new Command(
                            ring.id(), title, Integer.MAX_VALUE, Instant.now().toEpochMilli(), deed));
            return new Command.Authorised(
                    signed,
                    at.name(),
                    second.publicKey(ring.id(), at.name()),
                    second.signCommand(ring.id(), at.name(), Command.Authorised.message(signed, at.name())));
        }
    }

    // ---- Orders and deal requests by the second user, about another's object ----

    private Write.Maker maker() {
        return new Write.Maker(second, nonces, Instant.now());
    }

    private void ordersAndDealings() {
        move("orders a read of another's object", (by, to) -> {
            Optional<Token> u = by.token();
            if (u.isEmpty() || to.role() != Role.PROVIDER) {
                return false;
            }
            List<ShareIndex> s =
                    u.get().providers().subList(0, u.get().threshold().t());
            try (Read.Plan plan =
                    Read.plan(ring, u.get(), maker(), s, u.get().homes().getFirst(), Blinding.EXPANDED)) {
                return ordered(by, to, plan.session());
            }
        });
        move("orders a replacement of another's object", (by, to) -> renewal(by, to, false));
        move("orders a refresh of another's object", (by, to) -> renewal(by, to, true));
        move("orders a repair of another's object", (by, to) -> {
            Optional<Token> u = by.token();
            if (u.isEmpty()) {
                return false;
            }
            List<ShareIndex> all = u.get().providers();
            ShareIndex repaired = all.getLast();
            List<ShareIndex> s = all.subList(0, u.get().threshold().t());
            if (s.contains(repaired)) {
                return false;
            }
            Optional<ShareIndex> home = u.get().homes().contains(repaired)
                    ? Optional.of(u.get().homes().getFirst())
                    : Optional.empty();
            try (Repair.Plan plan = Repair.plan(ring, u.get(), maker(), s, repaired, home)) {
                return ordered(by, to, plan.session());
            }
        });
        move("orders a write that continues another's object", (by, to) -> {
            Optional<Token> u = by.token();
            if (u.isEmpty()) {
                return false;
            }
            try (Write.Plan plan = Write.plan(
                    ring,
                    u.get().scheme(),
                    maker(),
                    u.get().length(),
                    u.get().providers(),
                    Optional.empty(),
                    Blinding.EXPANDED,
                    false,
                    u)) {
                return ordered(by, to, plan.session());
            }
        });
        move("sends another's statement as its own", (by, to) -> {
            Optional<Token> u = by.token();
            if (u.isEmpty()) {
                return false;
            }
            byte[] signature = by.certificate()
                    .map(Certificate::ownerSignature)
                    .orElseGet(() -> junk(by, SigningKey.SIGNATURE_BYTES));
            return order(
                    by, to, u.get().id(), new Order(u.get().statement().encode(), signature, junk(by, 134)).encode());
        });
    }

    private boolean renewal(Coalition by, NodeCard to, boolean ofZero) {
        Optional<Token> u = by.token();
        if (u.isEmpty()) {
            return false;
        }
        try (Write.Plan plan =
                Renewal.plan(ring, u.get(), maker(), ofZero, u.get().number() + 1)) {
            return ordered(by, to, plan.session());
        }
    }

    private boolean ordered(Coalition by, NodeCard to, PlannedSession session) {
        boolean hasPart = session.statement().parties().stream()
                .anyMatch(party -> party.name().equals(to.name()));
        return hasPart && order(by, to, session.id(), session.order(to.name()).encode());
    }

    private boolean order(Coalition by, NodeCard to, StatementHash id, byte[] order) {
        boolean deals = to.role() == Role.DEALER;
        return done(ask(
                by,
                to,
                HttpMethod.POST,
                deals ? "/v1/deals" : "/v1/sessions",
                deals ? Operation.DEAL : Operation.ORDER,
                id.toString(),
                order));
    }

    // ---- By a corrupt provider, with its own key ----

    private void fromProviders() {
        move("a provider asks for a generation's end", (by, to) -> {
            Optional<StatementHash> id = by.session();
            return id.isPresent()
                    && done(tell(by, to, HttpMethod.GET, "/v1/objects/" + id.get() + "/outcome", new byte[0]));
        });
        move("a provider has a put forgotten", (by, to) -> {
            Optional<Token> u = by.token();
            return u.isPresent()
                    && done(tell(
                            by,
                            to,
                            HttpMethod.POST,
                            "/v1/objects/" + u.get().id() + "/forget",
                            u.get().statement().encode()));
        });
        move("a provider brings a command of the second user", (by, to) -> {
            Optional<Token> u = by.token();
            return u.isPresent()
                    && done(tell(
                            by,
                            to,
                            HttpMethod.POST,
                            "/v1/notices",
                            authorised(u.get(), new Command.DestroyForEver(), to)
                                    .encode()));
        });
        move("a provider says that it's due to be destroyed", (by, to) -> {
            Optional<Token> u = by.token();
            return u.isPresent()
                    && done(tell(
                            by,
                            to,
                            HttpMethod.POST,
                            "/v1/objects/" + u.get().object() + "/due",
                            authorised(u.get(), new Command.Schedule(1), to)
                                    .signed()
                                    .encode()));
        });
        move("a provider brings a share that nobody missed", (by, to) -> {
            Optional<Certificate> seen = by.certificate();
            if (seen.isEmpty()) {
                return false;
            }
            byte[] message = new RestoreMessage(seen.get(), junk(by, 32)).encode();
            byte[] body =
                    new ByteWriter().bytes(message).fixed(junk(by, 500), 500).toBytes();
            return done(tell(
                    by, to, HttpMethod.POST, "/v1/objects/" + seen.get().token().id() + "/waiting", body));
        });
        move("a provider deals", (by, to) -> {
            Optional<StatementHash> id = by.session();
            return id.isPresent()
                    && done(tell(by, to, HttpMethod.POST, "/v1/sessions/" + id.get() + "/shares", junk(by, 300)));
        });
        move("a provider sends a stream out of turn", (by, to) -> {
            Optional<StatementHash> id = by.session();
            return id.isPresent()
                    && done(tell(
                            by,
                            to,
                            HttpMethod.POST,
                            "/v1/sessions/" + id.get() + "/stations/"
                                    + by.random().nextInt(8),
                            junk(by, 200)));
        });
    }

    @Override
    public void close() {
        asUser.close();
        asNode.values().forEach(Peers::close);
        second.close();
    }
}
