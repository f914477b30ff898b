package dev.interlock.node;

import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.RequestHeadersBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.StatementHash;
import dev.interlock.node.admission.Allowance;
import dev.interlock.node.admission.Allowances;
import dev.interlock.node.admission.Channels;
import dev.interlock.node.admission.Connections;
import dev.interlock.node.admission.Nonces;
import dev.interlock.node.log.AuditLog;
import dev.interlock.node.log.Entry;
import dev.interlock.node.log.Event;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.request.Channel;
import dev.interlock.protocol.request.ChannelRequest;
import dev.interlock.protocol.request.ClientRequest;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.PassedRequest;
import dev.interlock.protocol.request.SignedRequest;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Tls;
import io.netty.util.AttributeKey;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.Locale;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Who may ask this node: users by signed requests, nodes by their TLS keys. Every answer to that goes into the log. */
public final class Gate {
    private static final AttributeKey<Asked> ASKED = AttributeKey.valueOf(Gate.class, "ASKED");
    private static final AttributeKey<ClientRequest> LET_IN = AttributeKey.valueOf(Gate.class, "LET_IN");
    private static final AttributeKey<NodeCard> NODE_LET_IN = AttributeKey.valueOf(Gate.class, "NODE_LET_IN");
    /** Whom another process of this node let in. Nobody else is believed that. */
    private static final String PASSED = "interlock-passed";

    private static final String USER = "user ";
    private static final String NODE = "node ";
    private static final byte[] NO_BODY = {};
    private static final Pattern ID = Pattern.compile("[0-9a-f]{32}|[0-9a-f]{64}");

    private final RingDescriptor ring;
    private final NavigableSet<Integer> epochs;
    private final String self;
    private final Users users;
    private final Clock clock;
    private final AuditLog log;
    private final Allowances allowances;
    private final Nonces nonces;
    private final Channels channels;
    private final NodeCard card;
    private volatile Once once = (_, _) -> true;
    private final SecureRandom random = new SecureRandom();

    Gate(RingDescriptor ring, NodeFolder folder, AuditLog log, Allowances allowances, Clock clock) {
        this.ring = ring;
        this.epochs =
                new TreeSet<>(ring.epochs().stream().map(RingDescriptor::epoch).toList());
        this.card = folder.card();
        this.self = card.name();
        this.users = folder.users();
        this.clock = clock;
        this.log = log;
        this.allowances = allowances;
        this.nonces = new Nonces(allowances.of(Allowances.Kind.NONCES));
        this.channels = new Channels(self, allowances.limit(Allowances.Kind.CHANNELS));
        allowances.of(Allowances.Kind.CHANNELS).standing(_ -> channels.size());
    }

    /** What is used up over all processes of this node. */
    @FunctionalInterface
    public interface Once {
        /** @return false where it was used before, or may have been */
        boolean use(StatementHash what, Instant expires);
    }

    /** Before the first request, where several processes serve this node. */
    public void once(Once over) {
        once = over;
    }

    /**
     * What the log says of a request.
     *
     * @param admitted was it let in?
     */
    private record Asked(Entry entry, boolean admitted) {}

    /**
     * Admits a user's request without a body that would have to be read first; {@link NodeServer#admit} reads one.
     *
     * @param subject the object's or session's id, as in the path; empty where there's none
     * @throws RefusedException that says which rule failed
     */
    public ClientRequest admit(ServiceRequestContext context, Operation operation, String subject) {
        ClientRequest request = enter(context, operation, Optional.of(subject));
        request.requireBody(NO_BODY);
        admitted(context, request);
        return request;
    }

    /**
     * The part of admission that comes before the body: signature or MAC, user, allowance, nonce or number.
     *
     * @param subject empty where the body has it; the caller compares it then
     */
    public ClientRequest enter(ServiceRequestContext context, Operation operation, Optional<String> subject) {
        Entry asked = asked(operation, subject.orElse(""));
        context.setAttr(ASKED, new Asked(asked, false));
        ClientRequest before = context.attr(LET_IN);
        ClientRequest request = before != null ? before : verified(context, asked, operation);
        ClientRequest.require(
                Rule.OTHER_OPERATION,
                self,
                request.operation() == operation,
                () -> "it was made for the operation " + request.operation());
        Entry known = (subject.isPresent() ? asked : asked(operation, request.subject())).user(request.key());
        context.setAttr(ASKED, new Asked(known, false));
        subject.ifPresent(request::requireSubject);
        context.setAttr(ASKED, new Asked(known, true));
        if (before == null) {
            use(context, request);
            context.setAttr(LET_IN, request);
        }
        return request;
    }

    /** By its signature or MAC, or by the word of another process of this node. */
    private ClientRequest verified(ServiceRequestContext context, Entry asked, Operation operation) {
        Optional<String> passed = passed(context, USER);
        if (passed.isPresent()) {
            PassedRequest request = PassedRequest.decode(passed.get(), self);
            requireServed(context, asked, request.key());
            return request;
        }
        String header = context.request().headers().get(ClientRequest.HEADER);
        if (header == null || header.length() > ClientRequest.MAX_HEADER_CHARS) {
            throw new RefusedException(
                    Rule.UNSIGNED,
                    self + " refuses the request: it carries no signature in the header " + ClientRequest.HEADER);
        }
        return header.startsWith(Channel.PREFIX)
                ? ofChannel(header, operation, key -> requireServed(context, asked, key))
                : SignedRequest.verify(
                        header,
                        ring.id(),
                        epochs,
                        self,
                        operation,
                        clock.instant(),
                        key -> requireServed(context, asked, key));
    }

    private void use(ServiceRequestContext context, ClientRequest request) {
        Connections.letIn(context);
        String holder = request.key().toString();
        if (!(request instanceof PassedRequest)) {
            allowances.rate().take(holder);
        }
        whenDone(context, allowances.of(Allowances.Kind.REQUESTS).take(holder, 1));
        switch (request) {
            case ChannelRequest ofChannel -> channels.use(ofChannel, clock.millis());
            case SignedRequest signed -> {
                if (!nonces.use(holder, signed.nonce(), signed.expiresMillis())
                        || !once.use(nonce(signed), Instant.ofEpochMilli(signed.expiresMillis()))) {
                    throw new RefusedException(
                            Rule.REPLAYED, self + " refuses the request: it was made before; sign a new one");
                }
            }
            case PassedRequest _ -> {}
        }
    }

    /** What a signed request is once over all processes. */
    private static StatementHash nonce(SignedRequest request) {
        return StatementHash.of(Sha256.labelled("interlock/v1/nonce")
                .update(request.key().bytes())
                .update(request.nonce())
                .digest());
    }

    // ---- One process of this node to another ----

    /** Whether another process of this node passed this request on, which isn't passed on again. */
    public boolean isPassed(ServiceRequestContext context) {
        return context.request().headers().contains(PASSED);
    }

    private Optional<String> passed(ServiceRequestContext context, String kind) {
        return Optional.ofNullable(context.request().headers().get(PASSED))
                .filter(value -> isOwn(context) && value.startsWith(kind))
                .map(value -> value.substring(kind.length()));
    }

    private boolean isOwn(ServiceRequestContext context) {
        return Tls.peer(ring, context.sslSession())
                .filter(peer -> peer.tlsPin().equals(card.tlsPin()))
                .isPresent();
    }

    /** A request that was let in, to be passed on: with the word that it was. */
    public RequestHeaders passingOn(ServiceRequestContext context) {
        ClientRequest user = context.attr(LET_IN);
        NodeCard node = context.attr(NODE_LET_IN);
        if (user == null && node == null) {
            throw new IllegalStateException("the request was never checked");
        }
        RequestHeaders headers = context.request().headers();
        RequestHeadersBuilder passed = RequestHeaders.builder(headers.method(), headers.path());
        Optional.ofNullable(headers.contentType()).ifPresent(passed::contentType);
        return passed.set(
                        PASSED,
                        user != null
                                ? USER + PassedRequest.of(user).encode()
                                : NODE + Objects.requireNonNull(node).tlsPin())
                .build();
    }

    /** Admits another process of this node, for what no other party may ask. @throws RefusedException for anyone else */
    public void admitProcess(ServiceRequestContext context) {
        context.setAttr(ASKED, new Asked(asked(context), false));
        if (!isOwn(context) || isPassed(context)) {
            throw new RefusedException(
                    Rule.NOT_OF_THE_RING, self + " answers this only to its own processes, which show its certificate");
        }
        Connections.letIn(context);
    }

    private void requireServed(ServiceRequestContext context, Entry asked, VerifyingKey key) {
        if (!users.contains(key)) {
            context.setAttr(ASKED, new Asked(asked.user(key), false));
            if (users.isSucceeded(key)) {
                throw new RefusedException(
                        Rule.SUCCEEDED,
                        self + " serves this root secret no more: its user changed it for a new one, which a login"
                                + " opens");
            }
            throw new RefusedException(
                    Rule.UNKNOWN_USER, self + " doesn't know this user: its operator can let " + key + " in");
        }
    }

    /** What a signature would say by itself is said by the channel: the node, the ring, the user. */
    private ChannelRequest ofChannel(String header, Operation operation, Consumer<VerifyingKey> served) {
        ChannelRequest request = channels.verify(header, clock.millis());
        served.accept(request.key());
        ClientRequest.require(
                Rule.OTHER_EPOCH,
                self,
                epochs.contains(request.epoch()),
                () -> "it was made for epoch " + request.epoch() + ", this is " + epochs.last());
        ClientRequest.require(
                Rule.OTHER_OPERATION,
                self,
                request.operation() == operation,
                () -> "it was made for the operation " + request.operation());
        ClientRequest.require(
                Rule.UNSIGNED, self, operation != Operation.CHANNEL, () -> "a channel is opened by a signed request");
        return request;
    }

    /**
     * Opens a channel for whoever asks by a signed request.
     *
     * @param offered the user's ephemeral key
     * @return the answer
     */
    byte[] openChannel(SigningKey key, VerifyingKey user, byte[] offered) {
        Channel.Opened opened = Channel.open(ring.id(), self, key, user, offered, random);
        channels.add(opened.channel(), clock.millis());
        return opened.answer();
    }

    /**
     * Admits somebody who needn't be a user: whoever logs in shows who they are only by it (SPEC §17). The connection stays a stranger's,
     * with a stranger's bounds, and the address has an allowance.
     *
     * @return whose allowance of bytes a body counts against
     */
    String admitStranger(ServiceRequestContext context) {
        String holder = "login from " + context.remoteAddress().getAddress().getHostAddress();
        allowances.logins().take(holder);
        whenDone(context, allowances.of(Allowances.Kind.REQUESTS).take(holder, 1));
        return holder;
    }

    /**
     * Verifies such a request's signature, by a key that needn't be a user's, before its body is read. That it comes once is for the
     * caller to see.
     */
    SignedRequest enterStranger(ServiceRequestContext context, Operation operation, String subject) {
        String header = context.request().headers().get(SignedRequest.HEADER);
        if (header == null || header.length() > SignedRequest.MAX_HEADER_CHARS) {
            throw new RefusedException(
                    Rule.UNSIGNED,
                    self + " refuses the request: it carries no signature in the header " + SignedRequest.HEADER);
        }
        SignedRequest request =
                SignedRequest.verify(header, ring.id(), epochs, self, operation, clock.instant(), _ -> {});
        request.requireSubject(subject);
        return request;
    }

    /** Logs that a request was let in, its body included. */
    void admitted(ServiceRequestContext context, ClientRequest request) {
        Asked asked = context.attr(ASKED);
        if (asked == null) {
            throw new IllegalStateException("the request was never checked");
        }
        if (request.operation() == Operation.DESTROY) {
            // A full disk doesn't keep anyone from having objects erased.
            log.record(asked.entry());
        } else {
            log.append(asked.entry());
        }
    }

    /** Gives back what a request took once it is answered, or broken off. */
    static void whenDone(ServiceRequestContext context, Allowance.Lease lease) {
        var _ = context.log().whenComplete().whenComplete((_, _) -> lease.close());
    }

    /** Whether this node serves the user with this key. */
    public boolean serves(VerifyingKey user) {
        return users.contains(user);
    }

    /** Whether the operator lets a user in by this key, or did until another key came in its place. */
    public boolean lists(VerifyingKey user) {
        return users.lists(user);
    }

    /** By which key a user goes now, of whom this is a key; what was signed by it while it was served stays signed by them. */
    public VerifyingKey present(VerifyingKey user) {
        return users.present(user);
    }

    /** Admits a node of the ring, known by its TLS key. @throws RefusedException for anyone else */
    public NodeCard admitNode(ServiceRequestContext context) {
        Entry asked = asked(context);
        context.setAttr(ASKED, new Asked(asked, false));
        NodeCard before = context.attr(NODE_LET_IN);
        if (before != null) {
            context.setAttr(ASKED, new Asked(asked.with("node", before.name()), true));
            return before;
        }
        NodeCard node = passed(context, NODE)
                .flatMap(pin -> ring.everyNode()
                        .filter(each -> each.tlsPin().equals(pin))
                        .findFirst())
                .or(() -> Tls.peer(ring, context.sslSession()))
                .orElseThrow(() -> new RefusedException(
                        Rule.NOT_OF_THE_RING,
                        self + " answers this only to nodes of the ring " + ring.name()
                                + ", and the connection shows no certificate of one"));
        Connections.letIn(context);
        asked = asked.with("node", node.name());
        context.setAttr(ASKED, new Asked(asked, true));
        log.append(asked);
        context.setAttr(NODE_LET_IN, node);
        return node;
    }

    /**
     * Confines nodes that left the ring to what is of their epochs.
     *
     * @param epoch of the object that the node asks about
     * @throws RefusedException when the node had no part in it
     */
    public void requireIn(RingDescriptor epoch, NodeCard node) {
        if (!epoch.node(node.name()).equals(Optional.of(node))) {
            throw new RefusedException(
                    Rule.NOT_OF_THE_RING,
                    self + " answers " + node.name() + " only about objects of epochs that it was in, not of epoch "
                            + epoch.epoch());
        }
    }

    /**
     * Logs that a request was refused. That a node failed is no refusal.
     *
     * @return whether the node's own log is to say so, too: both have one allowance
     */
    boolean refused(ServiceRequestContext context, InterlockException why) {
        if (why instanceof NodeException || why instanceof TooFewProvidersException) {
            return log.mayTellFailure();
        }
        Asked asked = context.attr(ASKED);
        if (asked == null) {
            asked = new Asked(asked(context), false);
        }
        String reason = why instanceof RefusedException refused
                ? refused.rule().text()
                : Problem.of(self, why).kind().text();
        return log.refused(asked.entry().as(Event.REFUSED).with("reason", reason), asked.admitted());
    }

    private static Entry asked(Operation operation, String subject) {
        Entry asked = Entry.of(Event.AUTHORISED).with("op", operation);
        return switch (operation) {
            case CHANNEL -> asked;
            case INFO, OPEN, LIST, DESTROY, SCHEDULE_DESTROY, NOTIFY, HAND_OVER, TITLE ->
                withId(asked, "object", subject);
            case COMMIT, SETTLE, MANIFEST, FETCH, PART -> withId(asked, "generation", start(subject));
            case ENROL, DEAL_LOGIN, LEAVE_LOGIN, EVALUATE, DEVICES -> asked.with("name", start(subject));
            case ORDER, STREAM, BLIND, REPORT, ABANDON, DEAL, SHARE, ROOT, TOKEN, CHECK, RESTORE, SESSION_PART ->
                withId(asked, "session", start(subject));
            // A tag would tell for ever which requests were about one name.
            case SET_NAMES, FIND_NAMES, LIST_NAMES -> asked;
            // Each object has an entry of its own.
            case OPEN_ALL -> asked;
        };
    }

    /** The id before the part. */
    private static String start(String subject) {
        int end = subject.indexOf('/');
        return end < 0 ? subject : subject.substring(0, end);
    }

    /** What nodes ask is named by the end of its path. */
    private static Entry asked(ServiceRequestContext context) {
        String last = "";
        for (String part : context.config().route().patternString().split("/", -1)) {
            last = part.isEmpty() || part.startsWith(":") || part.startsWith("{") ? last : part;
        }
        Entry asked = Entry.of(Event.AUTHORISED).with("op", last.toUpperCase(Locale.ROOT));
        asked = withId(asked, "session", String.valueOf(context.pathParam("session")));
        String object = String.valueOf(context.pathParam("object"));
        return withId(asked, object.length() > 32 ? "generation" : "object", object);
    }

    /** An id that comes from outside: what isn't one is left out. */
    private static Entry withId(Entry entry, String name, String id) {
        return ID.matcher(id).matches() ? entry.with(name, id) : entry;
    }

    /** Wipes the channels' keys. */
    void close() {
        channels.close();
    }

    /** Forgets nonces whose requests have expired, and channels that are over. */
    void sweep() {
        nonces.sweep(clock.millis());
        channels.sweep(clock.millis());
        allowances.sweep();
    }
}
