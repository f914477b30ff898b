package dev.interlock.node.login;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.oprf.Scalar;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.NodeServer;
import dev.interlock.node.admission.Connections;
import dev.interlock.node.log.Entry;
import dev.interlock.node.log.Event;
import dev.interlock.node.store.LoginStore;
import dev.interlock.node.store.Processes;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Changes;
import dev.interlock.protocol.login.DealtShare;
import dev.interlock.protocol.login.GuessLimit;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginAttempt;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.RecordHash;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.Provider;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The logins at one provider (SPEC §17). It holds each record that it signed for until a later one counts, evaluates under the one
 * that counts, and counts every guess durably before it answers.
 */
public final class Logins implements AutoCloseable {
    /** Changes of one login that broke off; the oldest gives way. */
    static final int MOST_PREPARED = 4;

    /** Changes that gave way, of which no certificate is taken. */
    static final int MOST_DROPPED = 1000;

    static final int MOST_DEVICES = 16;
    /** Of two people with tickets for one name the first has so long. */
    private static final Duration ENROLLING = Duration.ofHours(1);

    private static final int NAMES_AT_ONCE = 64;
    /** Some 10 KiB each. */
    private static final int DECODED = 256;

    private final NodeServer server;
    private final NodeFolder folder;
    private final Provider self;
    private final LoginStore store;
    private final Processes processes;
    private final SecureRandom random;
    private final GuessLimit limit;
    private final Tickets tickets;
    private final StoreMark mark;
    private final OtherProviders others;
    private final NewShares newShares;
    private final Changes changes;
    /** Names of which this process knows that no record is later than its own. */
    private final Set<String> fresh = ConcurrentHashMap.newKeySet();
    /** By their bytes, the last ones: decoding a record's points takes as long as an evaluation. */
    private final Map<ByteBuffer, LoginRecord> decoded =
            Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<ByteBuffer, LoginRecord> eldest) {
                    return size() > DECODED;
                }
            });
    /** What is decided of a name is decided by one request at a time. */
    private final Object users = new Object();

    private final ReentrantLock[] names = new ReentrantLock[NAMES_AT_ONCE];

    /** Erases the shares of a store that was restored from a backup. */
    public Logins(
            NodeServer server, NodeFolder folder, Provider self, Store of, SecureRandom random, GuessLimit limit) {
        this.server = server;
        this.processes = of.processes();
        this.folder = folder;
        this.self = self;
        this.store = of.logins();
        this.random = random;
        this.limit = limit;
        this.tickets = new Tickets(folder);
        this.mark = StoreMark.open(folder, store);
        this.others = new OtherProviders(server, self);
        this.changes = new Changes(server.ring().id(), self.name(), self.x());
        this.newShares = new NewShares(server, self, folder.openingKey());
        Arrays.setAll(names, _ -> new ReentrantLock());
    }

    public void route() {
        server.route(HttpMethod.GET, "/v1/logins/{name}/record", this::show)
                .route(HttpMethod.POST, "/v1/logins/{name}/record", this::prepare)
                .route(HttpMethod.POST, "/v1/logins/{name}/certified", this::certify)
                .route(HttpMethod.POST, "/v1/logins/{name}/succeed", this::succeed)
                .route(HttpMethod.POST, "/v1/logins/{name}/deal", this::deal)
                .route(HttpMethod.POST, "/v1/logins/{name}/leave", this::leave)
                .route(HttpMethod.POST, "/v1/logins/{name}/evaluate", this::evaluate)
                .route(HttpMethod.POST, "/v1/logins/{name}/success", this::success)
                .route(HttpMethod.GET, "/v1/logins/{name}/devices", this::devices)
                .route(HttpMethod.DELETE, "/v1/logins/{name}/devices/{key}", this::forget);
    }

    private HttpResponse show(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = name(context);
        byte[] _ = server.admitAnybody(context, request, 0);
        Optional<LoginStore.Held> counts = store.certified(name.text());
        long highest = store.prepared(name.text()).stream()
                .mapToLong(LoginStore.Held::version)
                .max()
                .orElse(0);
        return NodeServer.bytes(Messages.Shown.encode(
                counts.map(LoginStore.Held::certified).orElse(new byte[0]),
                Math.max(highest, counts.map(LoginStore.Held::version).orElse(0L))));
    }

    // ---- Enrolment, and changes ----

    private HttpResponse prepare(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = name(context);
        NodeServer.StrangerRequest asked = server.admitStranger(
                context, request, Operation.ENROL, name.text(), Messages.Prepare.maxBytes(server.ring()));
        Messages.Prepare prepare = Messages.Prepare.decode(asked.body());
        Arrays.fill(asked.body(), (byte) 0);
        try {
            LoginRecord record = prepare.record().record();
            try (Processes.Turn _ = turn(name)) {
                keep(name, prepare, record, asked.key());
            }
            // Only what is held durably is signed for.
            return NodeServer.bytes(server.key()
                    .sign(
                            Purpose.LOGIN_HELD,
                            CertifiedRecord.heldMessage(server.ring().id(), self.name(), record.hash())));
        } catch (NewShares.Misdealt e) {
            return NodeServer.bytes(Messages.misdealt(e.dealer()));
        } finally {
            prepare.wipe();
        }
    }

    private void keep(UserName name, Messages.Prepare prepare, LoginRecord record, VerifyingKey user)
            throws InterruptedException, NewShares.Misdealt {
        RecordHash hash = record.hash();
        Optional<LoginStore.Held> counts = store.certified(name.text());
        List<LoginStore.Held> prepared = store.prepared(name.text());
        if (counts.map(LoginStore.Held::hash).filter(hash::equals).isPresent()
                || prepared.stream().anyMatch(each -> each.hash().equals(hash))) {
            return;
        }
        requireSound(name, record);
        byte[] ticket = new byte[0];
        List<RecordHash> gone = new ArrayList<>();
        Optional<LoginRecord> before = before(name, prepare, record, user, counts);
        if (before.isEmpty()) {
            ticket = requireTicket(name, prepare, record, prepared);
            prepared.forEach(each -> gone.add(each.hash()));
        } else {
            changes.require(
                    before.get(),
                    record,
                    prepared.stream().map(this::decoded).toList(),
                    prepare.by(),
                    prepare.change());
            if (store.dropped(name.text()).size() >= MOST_DROPPED) {
                throw new RefusedException(self.name() + ": more than " + MOST_DROPPED + " changes of the login of "
                        + name + " broke off. Show it the one that counts");
            }
            prepared.stream()
                    .limit(Math.max(0, prepared.size() - MOST_PREPARED + 1))
                    .forEach(each -> gone.add(each.hash()));
        }
        Map<Lock.Kind, SecretBytes> shares = new EnumMap<>(Lock.Kind.class);
        try {
            for (Lock lock : record.locks()) {
                share(name, lock, prepare, before, counts).ifPresent(share -> shares.put(lock.kind(), share));
            }
            store.prepare(
                    new LoginStore.Held(
                            name.text(),
                            hash,
                            record.version(),
                            prepare.record().encode(),
                            new byte[0],
                            user.bytes(),
                            ticket,
                            now()),
                    shares,
                    gone);
        } finally {
            shares.values().forEach(SecretBytes::close);
        }
    }

    private void requireSound(UserName name, LoginRecord record) {
        if (!record.ring().equals(server.ring().id()) || !record.name().equals(name)) {
            throw new BadInputException(self.name() + ": the login's record is of another ring or name");
        }
        if (record.epoch() != server.ring().epoch()) {
            throw new RefusedException(
                    Rule.OTHER_EPOCH,
                    self.name() + ": the ring is in epoch " + server.ring().epoch()
                            + ", and the login's record of epoch " + record.epoch());
        }
    }

    private byte[] requireTicket(
            UserName name, Messages.Prepare prepare, LoginRecord record, List<LoginStore.Held> prepared)
            throws InterruptedException {
        byte[] ticket = tickets.require(prepare.ticket(), name, now());
        requireNobodys(name);
        if (record.version() != 1 || record.line().version() != 1) {
            throw new BadInputException(self.name() + ": a login's first record is version 1, of a first root");
        }
        // Whoever has the same ticket begins anew after a crash.
        boolean others = prepared.stream()
                .anyMatch(each -> !Arrays.equals(each.ticket(), ticket)
                        && each.at().plus(ENROLLING).isAfter(now()));
        if (others) {
            throw new RefusedException(
                    self.name() + ": somebody else is being enrolled as " + name + " by another ticket just now");
        }
        return ticket;
    }

    /** A name of an earlier epoch is taken, whether or not its record has come over. */
    private void requireNobodys(UserName name) throws InterruptedException {
        OtherProviders.Earlier earlier = others.earlier(name);
        if (!earlier.records().isEmpty()) {
            throw taken(name);
        }
        if (!earlier.silent().isEmpty()) {
            throw new RefusedException(self.name() + " enrols nobody as " + name + " now: of the providers of epoch "
                    + earlier.silent().getFirst() + ", of which most have left the ring, too few say that nobody has"
                    + " this name");
        }
    }

    /**
     * The record that a change follows: the one that counts here, or, where none does, one that all providers of its epoch signed. So
     * a provider that lost its store gets its part again, and a new one gets its own, at the next change; for whom its operator lets
     * in.
     */
    private Optional<LoginRecord> before(
            UserName name,
            Messages.Prepare prepare,
            LoginRecord record,
            VerifyingKey user,
            Optional<LoginStore.Held> counts) {
        if (counts.isPresent()) {
            // A new root's user has a new key.
            boolean succeeds = record.succeeds(decoded(counts.get()));
            if (!succeeds && !VerifyingKey.of(counts.get().user()).equals(user)) {
                throw taken(name);
            }
            return counts.map(this::decoded);
        }
        if (prepare.before().length == 0) {
            return Optional.empty();
        }
        LoginRecord before =
                CertifiedRecord.decode(server.ring(), name, prepare.before()).record();
        if (!server.gate().serves(user)) {
            throw new RefusedException(
                    Rule.UNKNOWN_USER, self.name() + " doesn't know this user: its operator can let " + user + " in");
        }
        return Optional.of(before);
    }

    /** This provider's share of a lock: told with it, or that of the same lock in the record before, if it has one. */
    private Optional<SecretBytes> share(
            UserName name,
            Lock lock,
            Messages.Prepare prepare,
            Optional<LoginRecord> before,
            Optional<LoginStore.Held> counts)
            throws NewShares.Misdealt {
        Optional<Lock> same = before.flatMap(each -> each.lock(lock.kind()));
        return switch (prepare.told().get(lock.kind())) {
            case null -> {
                if (!same.equals(Optional.of(lock))) {
                    throw new BadInputException(
                            self.name() + ": the share of a lock is missing, and the record before hasn't that lock");
                }
                yield counts.flatMap(held -> store.share(held.hash(), lock.kind()));
            }
            case Messages.Whole(byte[] share) -> Optional.of(newShares.whole(lock, share));
            case Messages.Parts parts ->
                Optional.of(newShares.ofParts(
                        name,
                        before.orElseThrow(
                                () -> new BadInputException(self.name() + ": a first record's locks are shared whole")),
                        lock,
                        parts));
        };
    }

    private RefusedException taken(UserName name) {
        return new RefusedException(self.name() + ": the name " + name + " is taken");
    }

    private HttpResponse certify(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = name(context);
        CertifiedRecord certified = CertifiedRecord.decode(
                server.ring(), name, server.admitAnybody(context, request, CertifiedRecord.MAX_BYTES));
        if (!take(name, certified)) {
            throw new NoSuchObjectException(self.name() + " doesn't hold this record of the login of " + name);
        }
        return NodeServer.done();
    }

    /**
     * Takes a record that counts, and erases all that it ends. One that this store doesn't hold is later than the store, or this
     * provider was away: then what was before ends all the same, and there is no share here until one is made.
     *
     * @return false where it is nobody's that this provider knows
     */
    private boolean take(UserName name, CertifiedRecord certified) throws IOException {
        LoginRecord record = certified.record();
        try (Processes.Turn _ = turn(name)) {
            Optional<LoginStore.Held> counts = store.certified(name.text());
            if (counts.isPresent()) {
                LoginRecord known = decoded(counts.get());
                if (known.succeeds(record)) {
                    return true;
                }
                if (!known.identity().equals(record.identity()) && !record.succeeds(known)) {
                    throw taken(name);
                }
                if (!record.isLaterThan(known)) {
                    return true;
                }
            }
            List<LoginStore.Held> prepared = store.prepared(name.text());
            Optional<LoginStore.Held> held = prepared.stream()
                    .filter(each -> each.hash().equals(record.hash()))
                    .findFirst();
            if (held.isEmpty()
                    && (counts.isEmpty() || store.dropped(name.text()).contains(record.hash()))) {
                return false;
            }
            List<RecordHash> gone = new ArrayList<>();
            counts.ifPresent(before -> gone.add(before.hash()));
            for (LoginStore.Held other : prepared) {
                boolean itself = other.hash().equals(record.hash());
                if (!itself && (counts.isEmpty() || Changes.ends(record, decoded(other)))) {
                    gone.add(other.hash());
                }
            }
            VerifyingKey user = server.gate()
                    // Of a store that is older than this folder the user may have a new key by now.
                    .present(VerifyingKey.of(held.or(() -> counts).orElseThrow().user()));
            if (counts.isEmpty()) {
                // Before the record counts: whoever is enrolled is served. Not again later, since their operator may
                // end that.
                changeUsers(() -> folder.allow(name.text(), user.toString()));
            }
            Optional<VerifyingKey> before = counts.filter(
                            each -> !decoded(each).identity().equals(record.identity()))
                    .map(each -> VerifyingKey.of(each.user()));
            // Before the record counts, too: from then on no word by an earlier root does.
            before.ifPresent(old -> end(name, record, old, held.map(_ -> user)));
            // Before the erasure: a store from before it is known to be old.
            mark.raise();
            if (held.isPresent()) {
                store.certify(record.hash(), certified.encode(), gone);
            } else {
                store.prepare(superseding(name, certified, user), Map.of(), gone);
            }
            if (record.line().isSettled() && record.line().version() > 1) {
                store.eraseEarlierNames(user.bytes(), record.line().version());
            }
            before.filter(old -> !old.equals(user))
                    .ifPresent(old -> store.succeed(name.text(), old.bytes(), user.bytes()));
            server.audit()
                    .recordDurably(Entry.of(Event.ENROLLED)
                            .with("name", name)
                            .with("version", record.version())
                            .user(user));
        }
        return true;
    }

    /** What goes by the root before is served no more, and its devices, whose secrets it opens, are strangers. */
    private void end(UserName name, LoginRecord record, VerifyingKey old, Optional<VerifyingKey> now) {
        changeUsers(() ->
                folder.succeed(name.text(), List.of(old), now, record.line().version()));
        store.devices(name.text()).forEach(device -> {
            boolean _ = store.forgetDevice(name.text(), device.key());
        });
    }

    /**
     * Where the record counts, its user is known by the key that held it here, or by the one that this names; all that was the user's by
     * earlier keys is theirs by this one.
     */
    private HttpResponse succeed(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = name(context);
        NodeServer.StrangerRequest asked =
                server.admitStranger(context, request, Operation.ENROL, name.text(), Messages.Succession.MAX_BYTES);
        Messages.Succession succession = Messages.Succession.decode(asked.body());
        CertifiedRecord record = succession.verify(server.ring(), self.name(), name, asked.key());
        boolean _ = take(name, record);
        try (Processes.Turn _ = turn(name)) {
            LoginStore.Held counts = requireCounts(name, record.record().hash());
            List<VerifyingKey> before = succession.before().stream()
                    .map(Messages.Succession.Before::key)
                    .toList();
            VerifyingKey user = VerifyingKey.of(counts.user());
            if (!user.equals(asked.key()) && !before.contains(user)) {
                throw taken(name);
            }
            changeUsers(() -> folder.succeed(
                    name.text(),
                    before,
                    Optional.of(asked.key()),
                    record.record().line().version()));
            before.forEach(
                    old -> store.succeed(name.text(), old.bytes(), asked.key().bytes()));
        }
        server.audit()
                .recordDurably(Entry.of(Event.SUCCEEDED)
                        .with("name", name)
                        .with("root", record.record().line().version())
                        .user(asked.key()));
        return NodeServer.done();
    }

    private LoginStore.Held superseding(UserName name, CertifiedRecord certified, VerifyingKey user) {
        return new LoginStore.Held(
                name.text(),
                certified.record().hash(),
                certified.record().version(),
                certified.signed().encode(),
                certified.encode(),
                user.bytes(),
                new byte[0],
                now());
    }

    // ---- New shares of the same key ----

    /** Deals this provider's shares to the ring's providers as they are now; the answer is sealed to each of them. */
    private HttpResponse deal(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = name(context);
        NodeServer.UserRequest asked =
                server.admit(context, request, Operation.DEAL_LOGIN, Optional.of(name.text()), RecordHash.BYTES);
        requireOwn(name, asked.key());
        LoginStore.Held counts = requireCounts(name, new RecordHash(asked.body()));
        requireFresh(name, counts);
        LoginRecord record = decoded(counts);
        List<DealtShare> dealt = new ArrayList<>();
        for (Lock lock : record.locks()) {
            Optional<SecretBytes> own = store.share(counts.hash(), lock.kind());
            if (own.isPresent()) {
                try (SecretBytes secret = own.get();
                        Scalar share = scalar(secret)) {
                    dealt.add(
                            DealtShare.deal(server.ring(), name, record.hash(), lock.kind(), self.x(), share, random));
                }
            }
        }
        return NodeServer.bytes(DealtShare.encode(dealt));
    }

    /** The login is another epoch's providers' now: at one that isn't among them its shares end. */
    private HttpResponse leave(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = name(context);
        NodeServer.UserRequest asked = server.admit(
                context, request, Operation.LEAVE_LOGIN, Optional.of(name.text()), Messages.Leave.MAX_BYTES);
        requireOwn(name, asked.key());
        Messages.Leave leave = Messages.Leave.decode(asked.body());
        LoginRecord record = leave.record().record();
        if (!record.ring().equals(server.ring().id())
                || !record.name().equals(name)
                || record.locks().stream().anyMatch(lock -> lock.keys().containsKey(self.x()))) {
            throw new BadInputException(self.name() + ": a login leaves a provider that has no part in it");
        }
        try (Processes.Turn _ = turn(name)) {
            LoginRecord before = decoded(store.certified(name.text())
                    .orElseThrow(() -> new NoSuchObjectException(self.name() + " knows no user " + name)));
            changes.require(before, record, List.of(), leave.by(), leave.change());
            mark.raise();
            store.eraseShares(name.text());
        }
        return NodeServer.done();
    }

    /**
     * A provider whose whole folder was restored can't see that by itself. So before a process first uses a name's share it takes
     * what the others show; it goes on without those that don't answer, and asks them again the next time.
     */
    private void requireFresh(UserName name, LoginStore.Held counts) throws InterruptedException, IOException {
        if (fresh.contains(name.text())) {
            return;
        }
        OtherProviders.Said said = others.present(name);
        for (CertifiedRecord record : said.records()) {
            if (record.record().origin().equals(decoded(counts).origin())) {
                boolean _ = take(name, record);
            }
        }
        int t = server.ring().threshold().t();
        if (said.answered().size() >= Math.min(t, server.ring().providers().size() - 1)) {
            fresh.add(name.text());
        }
        LoginStore.Held _ = requireCounts(name, counts.hash());
    }

    // ---- Logging in ----

    private HttpResponse evaluate(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = name(context);
        NodeServer.StrangerRequest asked =
                server.admitStranger(context, request, Operation.EVALUATE, name.text(), Messages.Evaluate.BYTES);
        Messages.Evaluate question = Messages.Evaluate.decode(asked.body());
        LoginStore.Held counts = requireCounts(name, question.record());
        if (!server.gate().lists(VerifyingKey.of(counts.user()))) {
            throw new RefusedException(
                    Rule.UNKNOWN_USER, self.name() + " doesn't serve " + name + " any more: its operator ended that");
        }
        Lock lock = lock(name, counts, question.kind());
        requireFresh(name, counts);
        try (SecretBytes secret = store.share(counts.hash(), question.kind())
                .orElseThrow(() -> new NoSuchObjectException(self.name() + " has no share of this lock of " + name
                        + ": it was away, or restored from a backup, since that was made"))) {
            requireAllowed(name, asked);
            try (Scalar share = scalar(secret);
                    Scalar proofScalar = Scalar.random(random)) {
                return NodeServer.bytes(
                        LoginAttempt.answer(share, ownKeys(lock).share(), question.blinded(), proofScalar));
            }
        }
    }

    private void requireAllowed(UserName name, NodeServer.StrangerRequest asked) {
        VerifyingKey device = asked.key();
        boolean known = store.isDevice(name.text(), device.bytes());
        // Durable before anything of the answer exists.
        LoginStore.Guess guess = store.guess(
                name.text(),
                known ? device.bytes() : new byte[0],
                asked.signed().nonce(),
                limit,
                now());
        if (guess.repeated()) {
            throw new RefusedException(
                    Rule.REPLAYED, self.name() + " refuses the request: it was made before; sign a new one");
        }
        if (guess.decision() instanceof GuessLimit.Refused(Duration left)) {
            throw RefusedException.lockedOut(
                    self.name() + " answers no more guesses for " + name + (known ? " from this device" : "")
                            + " now: try again in " + Math.max(1, (left.toMillis() + 999) / 1000) + " s",
                    left);
        }
        server.audit().append(Entry.of(Event.GUESSED).with("name", name).with("known", known ? "yes" : "no"));
    }

    private static Scalar scalar(SecretBytes secret) {
        byte[] bytes = secret.copyToHeap();
        try {
            return Scalar.decode(bytes);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    private HttpResponse success(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = name(context);
        Messages.Success success =
                Messages.Success.decode(server.admitAnybody(context, request, Messages.Success.BYTES));
        LoginStore.Held counts = requireCounts(name, success.record());
        VerifyingKey loginKey = lock(name, counts, success.kind())
                .loginKey(self.x())
                .orElseThrow(() -> new NoSuchObjectException(
                        self.name() + " knows no key of this lock of " + name + ": it came into the ring after it"));
        success.verify(loginKey, server.ring().id(), self.name(), name);
        if (!store.giveBack(name.text(), success.nonce(), success.device().bytes(), MOST_DEVICES, now())) {
            throw new RefusedException(
                    Rule.REPLAYED, self.name() + " counts no such guess for " + name + ", or gave it back before");
        }
        // Who has logged in is no stranger any more.
        Connections.letIn(context);
        server.audit().append(Entry.of(Event.LOGGED_IN).with("name", name));
        return NodeServer.done();
    }

    private LoginStore.Held requireCounts(UserName name, RecordHash hash) {
        LoginStore.Held counts = store.certified(name.text())
                .orElseThrow(() -> new NoSuchObjectException(self.name() + " knows no user " + name));
        if (!counts.hash().equals(hash)) {
            throw new NoSuchObjectException(self.name() + " has another record of the login of " + name);
        }
        return counts;
    }

    private Lock lock(UserName name, LoginStore.Held held, Lock.Kind kind) {
        return decoded(held)
                .lock(kind)
                .filter(lock -> lock.keys().containsKey(self.x()))
                .orElseThrow(() -> new NoSuchObjectException(
                        self.name() + " has nothing of the login of " + name + " that this would open"));
    }

    private Lock.Keys ownKeys(Lock lock) {
        Lock.Keys keys = lock.keys().get(self.x());
        if (keys == null) {
            throw new IllegalStateException("a lock without this provider");
        }
        return keys;
    }

    // ---- Devices ----

    /**
     * A device that has logged in.
     *
     * @param last when it did, ms since 1970
     */
    record Device(String key, long last) {}

    private HttpResponse devices(ServiceRequestContext context, HttpRequest request) {
        UserName name = name(context);
        requireOwn(
                name,
                server.gate().admit(context, Operation.DEVICES, name.text()).key());
        return NodeServer.json(store.devices(name.text()).stream()
                .map(each -> new Device(
                        VerifyingKey.of(each.key()).toString(), each.last().toEpochMilli()))
                .toList());
    }

    private HttpResponse forget(ServiceRequestContext context, HttpRequest request) {
        UserName name = name(context);
        String text = String.valueOf(context.pathParam("key"));
        requireOwn(
                name,
                server.gate()
                        .admit(context, Operation.DEVICES, name.text() + "/" + text)
                        .key());
        boolean _ = store.forgetDevice(
                name.text(), VerifyingKey.parse("ed25519:" + text).bytes());
        return NodeServer.done();
    }

    private void requireOwn(UserName name, VerifyingKey user) {
        boolean own = store.certified(name.text())
                .filter(held -> VerifyingKey.of(held.user()).equals(user))
                .isPresent();
        if (!own) {
            throw new RefusedException(Rule.OTHER_ASKER, self.name() + ": " + name + " isn't this user's login");
        }
    }

    // ---- Helpers ----

    private LoginRecord decoded(LoginStore.Held held) {
        ByteBuffer bytes = ByteBuffer.wrap(held.record());
        LoginRecord known = decoded.get(bytes);
        if (known == null) {
            known = LoginRecord.Signed.decode(held.record()).record();
            decoded.put(bytes, known);
        }
        return known;
    }

    private UserName name(ServiceRequestContext context) {
        try {
            return new UserName(String.valueOf(context.pathParam("name")));
        } catch (MalformedException e) {
            throw new BadInputException(self.name() + ": " + e.getMessage());
        }
    }

    /** The files that say whom this node serves are everybody's. */
    private void changeUsers(Runnable change) {
        synchronized (users) {
            try (Processes.Turn _ = processes.turn("users")) {
                change.run();
            }
        }
    }

    /** One thread of one process at a time changes what is kept of a name. */
    private Processes.Turn turn(UserName name) {
        int stripe = Math.floorMod(name.hashCode(), NAMES_AT_ONCE);
        ReentrantLock lock = names[stripe];
        lock.lock();
        try {
            Processes.Turn turn = lock.getHoldCount() > 1 ? () -> {} : processes.turn("login " + stripe);
            return () -> {
                try {
                    turn.close();
                } finally {
                    lock.unlock();
                }
            };
        } catch (RuntimeException e) {
            lock.unlock();
            throw e;
        }
    }

    private Instant now() {
        return server.clock().instant();
    }

    @Override
    public void close() {
        others.close();
        newShares.close();
    }
}
