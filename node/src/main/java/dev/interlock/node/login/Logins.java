package dev.interlock.node.login;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
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
import dev.interlock.protocol.login.GuessLimit;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginAttempt;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.RecordHash;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.Provider;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

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

    private final NodeServer server;
    private final Provider self;
    private final HeldRecords records;
    private final LoginStore store;
    private final SecureRandom random;
    private final GuessLimit limit;
    private final Tickets tickets;
    private final OtherProviders others;
    private final NewShares newShares;
    private final Changes changes;
    private final Succession succession;

    /** Erases the shares of a store that was restored from a backup. */
    public Logins(
            NodeServer server, NodeFolder folder, Provider self, Store of, SecureRandom random, GuessLimit limit) {
        this.server = server;
        this.self = self;
        this.records = new HeldRecords(server, self, of);
        this.store = records.store();
        this.random = random;
        this.limit = limit;
        this.tickets = new Tickets(folder);
        this.others = new OtherProviders(server, self);
        this.changes = new Changes(server.ring().id(), self.name(), self.x());
        this.newShares = new NewShares(server, self, folder.openingKey());
        this.succession = new Succession(server, folder, self, records, others, changes, random);
    }

    public void route() {
        server.route(HttpMethod.GET, "/v1/logins/{name}/record", this::show)
                .route(HttpMethod.POST, "/v1/logins/{name}/record", this::prepare)
                .route(HttpMethod.POST, "/v1/logins/{name}/evaluate", this::evaluate)
                .route(HttpMethod.POST, "/v1/logins/{name}/success", this::success)
                .route(HttpMethod.GET, "/v1/logins/{name}/devices", this::devices)
                .route(HttpMethod.DELETE, "/v1/logins/{name}/devices/{key}", this::forget);
        succession.route();
    }

    private HttpResponse show(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = records.name(context);
        byte[] _ = server.admitAnybody(context, request, 0);
        Optional<LoginStore.Held> counts = store.certified(name.text());
        Optional<LoginStore.Held> pending = store.prepared(name.text()).stream()
                .filter(each ->
                        counts.isPresent() && each.version() > counts.get().version())
                .max(Comparator.comparingLong(LoginStore.Held::version));
        return NodeServer.bytes(Messages.Shown.encode(
                counts.map(LoginStore.Held::certified).orElse(new byte[0]),
                pending.map(LoginStore.Held::record).orElse(new byte[0])));
    }

    // ---- Enrolment, and changes ----

    private HttpResponse prepare(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = records.name(context);
        NodeServer.StrangerRequest asked = server.admitStranger(
                context, request, Operation.ENROL, name.text(), Messages.Prepare.maxBytes(server.ring()));
        Messages.Prepare prepare = Messages.Prepare.decode(asked.body());
        Arrays.fill(asked.body(), (byte) 0);
        try {
            LoginRecord record = prepare.record().record();
            try (Processes.Turn _ = records.turn(name)) {
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
            byte[] mine = requireTicket(name, prepare, record, prepared);
            ticket = mine;
            // One that this provider signed may count already elsewhere, and is taken then: those of the same ticket
            // stay.
            List<LoginStore.Held> same = prepared.stream()
                    .filter(each -> Arrays.equals(each.ticket(), mine))
                    .toList();
            prepared.stream().filter(each -> !same.contains(each)).forEach(each -> gone.add(each.hash()));
            oldest(same).forEach(each -> gone.add(each.hash()));
        } else {
            changes.require(
                    before.get(),
                    record,
                    prepared.stream().map(records::decoded).toList(),
                    prepare.by(),
                    prepare.change());
            if (store.dropped(name.text()).size() >= MOST_DROPPED) {
                throw new RefusedException(self.name() + ": more than " + MOST_DROPPED + " changes of the login of "
                        + name + " broke off. Show it the one that counts");
            }
            oldest(prepared).forEach(each -> gone.add(each.hash()));
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
                            records.now()),
                    shares,
                    gone);
        } finally {
            shares.values().forEach(SecretBytes::close);
        }
    }

    /** Those that give way to one more. */
    private static Stream<LoginStore.Held> oldest(List<LoginStore.Held> prepared) {
        return prepared.stream().limit(Math.max(0, prepared.size() - MOST_PREPARED + 1));
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
        byte[] ticket = tickets.require(prepare.ticket(), name, records.now());
        requireNobodys(name);
        if (record.version() != 1 || record.line().version() != 1) {
            throw new BadInputException(self.name() + ": a login's first record is version 1, of a first root");
        }
        // Whoever has the same ticket begins anew after a crash.
        boolean others = prepared.stream()
                .anyMatch(each -> !Arrays.equals(each.ticket(), ticket)
                        && each.at().plus(ENROLLING).isAfter(records.now()));
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
            throw records.taken(name);
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
            boolean succeeds = record.succeeds(records.decoded(counts.get()));
            if (!succeeds && !VerifyingKey.of(counts.get().user()).equals(user)) {
                throw records.taken(name);
            }
            return counts.map(records::decoded);
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

    // ---- New shares of the same key ----

    // ---- Logging in ----

    private HttpResponse evaluate(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = records.name(context);
        NodeServer.StrangerRequest asked =
                server.admitStranger(context, request, Operation.EVALUATE, name.text(), Messages.Evaluate.BYTES);
        Messages.Evaluate question = Messages.Evaluate.decode(asked.body());
        LoginStore.Held counts = records.requireCounts(name, question.record());
        if (!server.gate().lists(VerifyingKey.of(counts.user()))) {
            throw new RefusedException(
                    Rule.UNKNOWN_USER, self.name() + " doesn't serve " + name + " any more: its operator ended that");
        }
        Lock lock = lock(name, counts, question.kind());
        succession.requireFresh(name, counts);
        try (SecretBytes secret = store.share(counts.hash(), question.kind())
                .orElseThrow(() -> new NoSuchObjectException(self.name() + " has no share of this lock of " + name
                        + ": it was away, or restored from a backup, since that was made"))) {
            requireAllowed(name, asked);
            try (Scalar share = HeldRecords.scalar(secret);
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
                records.now());
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

    private HttpResponse success(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = records.name(context);
        Messages.Success success =
                Messages.Success.decode(server.admitAnybody(context, request, Messages.Success.BYTES));
        LoginStore.Held counts = records.requireCounts(name, success.record());
        VerifyingKey loginKey = lock(name, counts, success.kind())
                .loginKey(self.x())
                .orElseThrow(() -> new NoSuchObjectException(
                        self.name() + " knows no key of this lock of " + name + ": it came into the ring after it"));
        success.verify(loginKey, server.ring().id(), self.name(), name);
        if (!store.giveBack(name.text(), success.nonce(), success.device().bytes(), MOST_DEVICES, records.now())) {
            throw new RefusedException(
                    Rule.REPLAYED, self.name() + " counts no such guess for " + name + ", or gave it back before");
        }
        // Who has logged in is no stranger any more.
        Connections.letIn(context);
        server.audit().append(Entry.of(Event.LOGGED_IN).with("name", name));
        return NodeServer.done();
    }

    private Lock lock(UserName name, LoginStore.Held held, Lock.Kind kind) {
        return records.decoded(held)
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
        UserName name = records.name(context);
        records.requireOwn(
                name,
                server.gate().admit(context, Operation.DEVICES, name.text()).key());
        return NodeServer.json(store.devices(name.text()).stream()
                .map(each -> new Device(
                        VerifyingKey.of(each.key()).toString(), each.last().toEpochMilli()))
                .toList());
    }

    private HttpResponse forget(ServiceRequestContext context, HttpRequest request) {
        UserName name = records.name(context);
        String text = String.valueOf(context.pathParam("key"));
        records.requireOwn(
                name,
                server.gate()
                        .admit(context, Operation.DEVICES, name.text() + "/" + text)
                        .key());
        boolean _ = store.forgetDevice(
                name.text(), VerifyingKey.parse("ed25519:" + text).bytes());
        return NodeServer.done();
    }

    @Override
    public void close() {
        others.close();
        newShares.close();
    }
}
