package dev.interlock.client.login;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.DealtShare;
import dev.interlock.protocol.login.Enrolment;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.RootLine;
import dev.interlock.protocol.login.RootSecret;
import dev.interlock.protocol.login.Stretching;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Enrolling a user, changing their password, listing their devices (SPEC §17). Both make a record that all n providers hold, then one
 * that counts: whatever breaks off in between, the login is what it was before or what it is to be.
 */
public final class Accounts {
    private final Logins logins;
    private final RingDescriptor ring;

    public Accounts(Logins logins) {
        this.logins = logins;
        this.ring = logins.ring();
    }

    /**
     * What came of an enrolment or a change.
     *
     * @param record that counts now
     * @param missing the providers that don't know yet that it does: the next login tells them. Until then they answer with what was
     *     before
     * @param unserved dealers that don't serve the user yet, with the reason
     */
    public record Done(CertifiedRecord record, List<String> missing, Map<String, String> unserved) {}

    /**
     * Enrols a user at all providers and dealers, or at none.
     *
     * @param root the user's root secret: a new one, or that of a credential file
     * @param password UTF-8; the caller wipes it, as the recovery code
     * @param tickets of each node's operator, by node
     * @throws RefusedException where the name is taken, or a ticket doesn't hold
     * @throws TooFewProvidersException unless all n take part
     */
    public Done enrol(
            UserName name,
            RootSecret root,
            byte[] password,
            Stretching stretching,
            Optional<byte[]> recoveryCode,
            Map<String, String> tickets)
            throws InterruptedException {
        Logins.Records before = logins.allRecords(name);
        requireAll("enrolling " + name, before.absent());
        if (!before.counting().isEmpty()) {
            return goOn(name, before, password, tickets);
        }
        try (SecretBytes next = SecretBytes.random(RootSecret.BYTES, logins.random());
                Made made = make(name, root, next, password, stretching, recoveryCode);
                Credential user = root.credential()) {
            LoginRecord.Signed record =
                    Enrolment.record(ring, name, root, RootLine.first(ring.id(), next), 1, made.lockList());
            CertifiedRecord certified = agree(
                    user,
                    record,
                    provider -> new Messages.Prepare(
                            tickets.getOrDefault(provider.name(), ""),
                            record,
                            made.toldTo(provider.x()),
                            Logins.NOTHING,
                            Lock.Kind.PASSWORD,
                            Logins.NOTHING));
            return finish(user, certified, tickets);
        }
    }

    /** A name that is taken may be one's own: of an enrolment that broke off after its record counted somewhere. */
    private Done goOn(UserName name, Logins.Records before, byte[] password, Map<String, String> tickets)
            throws InterruptedException {
        // Where fewer than t count it, no login believes it; the others count it once it is shown to them.
        for (CertifiedRecord counting : before.counting()) {
            List<String> _ = logins.spread(counting, before.holdingOther(counting));
        }
        try (SecretBytes device = SecretBytes.random(RootSecret.BYTES, logins.random());
                Session session = logins.login(name, Lock.Kind.PASSWORD, password, device);
                Credential user = session.credential()) {
            return finish(user, session.record(), tickets);
        } catch (RefusedException | TooFewProvidersException e) {
            throw new RefusedException("the name " + name + " is taken");
        }
    }

    private Done finish(Credential user, CertifiedRecord certified, Map<String, String> tickets)
            throws InterruptedException {
        List<String> missing = spread(certified);
        Map<String, byte[]> bodies = new LinkedHashMap<>();
        tickets.forEach((node, ticket) -> bodies.put(node, ticket.getBytes(StandardCharsets.US_ASCII)));
        Map<String, String> unserved = new TreeMap<>(
                logins.admit(user, certified.record().name(), bodies).absent());
        for (NodeCard dealer : ring.dealers()) {
            if (!tickets.containsKey(dealer.name())) {
                unserved.put(dealer.name(), "there is no ticket for " + dealer.name());
            }
        }
        return new Done(certified, missing, unserved);
    }

    /**
     * Gives a login a new password, under a new OPRF key. The old one is dead when {@link Done#missing} is empty: then no provider has
     * its share any more.
     *
     * <p>What else opens the login, the recovery code, is of the providers that its lock was shared among: where the ring has others by
     * now, that key moves to them first, as long as t of its shares are left.
     *
     * @param session of a login by the old password, or by the recovery code
     * @throws TooFewProvidersException unless all n take part; then the old password stays
     */
    public Done change(Session session, byte[] password, Stretching stretching) throws InterruptedException {
        // Where another record counts, nothing is given back of a guess under this one.
        session.awaitTold();
        return changeHere(following(session), password, stretching);
    }

    private Session following(Session session) throws InterruptedException {
        Set<ShareIndex> present = ring.providers().stream().map(Provider::x).collect(Collectors.toSet());
        boolean stays = session.record().record().locks().stream()
                .filter(lock -> lock.kind() != Lock.Kind.PASSWORD)
                .allMatch(lock -> lock.keys().keySet().equals(present));
        if (stays) {
            return session;
        }
        try {
            return session.of(reshare(session).record());
        } catch (TooFewProvidersException | IntegrityException e) {
            // Too few are left that have a share of it, or not all take part; then the change says so.
            return session;
        }
    }

    private Done changeHere(Session session, byte[] password, Stretching stretching) throws InterruptedException {
        LoginRecord before = session.record().record();
        UserName name = before.name();
        Logins.Records records = logins.allRecords(name);
        requireAll("changing the password of " + name, records.absent());
        // Whoever missed the record that counts would refuse what follows it.
        bringUp(session, records);
        RootSecret root = session.opened().root();
        try (Enrolment.Made lock = Enrolment.lock(
                        ring,
                        name,
                        Lock.Kind.PASSWORD,
                        password,
                        stretching,
                        root,
                        session.opened().next(),
                        logins.random());
                Credential user = session.credential()) {
            List<Lock> locks = new ArrayList<>(List.of(lock.lock()));
            before.locks().stream().skip(1).forEach(locks::add);
            LoginRecord.Signed record = Enrolment.record(ring, name, root, before.line(), records.after(before), locks);
            CertifiedRecord certified = agree(
                    user,
                    record,
                    provider -> changing(
                            session,
                            record,
                            provider,
                            copies(Map.of(Lock.Kind.PASSWORD, lock.shares()), provider.x()),
                            records));
            return new Done(certified, spread(certified), Map.of());
        }
    }

    /**
     * Changes a login to the next version of its root secret, under new OPRF keys (SPEC §17). Whatever has only the version before
     * commands nothing any more at who has taken the record; what was made under it is still to be brought over.
     *
     * @param session of a login
     * @param password of the new record's lock, most often as before; the caller wipes it, as the recovery code
     * @throws TooFewProvidersException unless all n take part; then all stays as it was
     */
    public Done rotate(Session session, byte[] password, Stretching stretching, Optional<byte[]> recoveryCode)
            throws InterruptedException {
        session.awaitTold();
        UserName name = session.record().record().name();
        Logins.Records records = logins.allRecords(name);
        requireAll("changing the root secret of " + name, records.absent());
        Session at = session;
        if (records.after(at.record().record()) > at.record().record().version() + 1) {
            // What broke off is left behind first: a root must not be followed by two others.
            at = session.of(reshare(session).record());
            records = logins.allRecords(name);
            requireAll("changing the root secret of " + name, records.absent());
        }
        LoginRecord before = at.record().record();
        List<String> _ = logins.spread(at.record(), records.holdingOther(at.record()));
        try (RootSecret root = at.opened().root().followedBy(at.opened().next());
                SecretBytes next = SecretBytes.random(RootSecret.BYTES, logins.random());
                Made made = make(name, root, next, password, stretching, recoveryCode);
                Credential user = root.credential()) {
            long version = records.after(before);
            LoginRecord.Signed record =
                    Enrolment.succession(ring, before, root, next, version, made.lockList(), logins.random());
            Session by = at;
            Logins.Records shown = records;
            CertifiedRecord certified =
                    agree(user, record, provider -> changing(by, record, provider, made.toldTo(provider.x()), shown));
            return new Done(certified, spread(certified), Map.of());
        }
    }

    /**
     * Tells every node that this root followed the versions before it: dealers, who hold no record, and providers that counted the
     * record without having held it, or were interrupted. Once is as good as twice.
     *
     * @return why some don't know it yet, by node
     */
    public Map<String, String> succeed(Session session) throws InterruptedException {
        session.awaitTold();
        LoginRecord record = session.record().record();
        RootSecret root = session.opened().root();
        Map<String, byte[]> bodies = new LinkedHashMap<>();
        try (SeedCredential user = session.credential();
                SigningKey identity = root.identity(ring.id())) {
            for (NodeCard node : logins.nodes()) {
                byte[] message = Messages.Succession.message(
                        ring.id(), node.name(), record.hash(), user.publicKey(ring.id(), node.name()));
                List<Messages.Succession.Before> before = new ArrayList<>();
                for (int version = root.version() - 1; version >= 1; version--) {
                    try (SeedCredential earlier = root.credential(version)) {
                        before.add(new Messages.Succession.Before(
                                earlier.publicKey(ring.id(), node.name()),
                                earlier.signSuccession(ring.id(), node.name(), message)));
                    }
                }
                bodies.put(
                        node.name(),
                        new Messages.Succession(
                                        session.record().encode(),
                                        before,
                                        identity.sign(Purpose.LOGIN_SUCCESSION, message))
                                .encode());
            }
            return new TreeMap<>(logins.succeed(user, record.name(), bodies).absent());
        }
    }

    /**
     * Notes in a login's record that everything of earlier roots was brought over.
     *
     * @throws TooFewProvidersException unless all n take part; then a later login does it again
     */
    public Done settle(Session session) throws InterruptedException {
        session.awaitTold();
        LoginRecord before = session.record().record();
        Logins.Records records = logins.allRecords(before.name());
        requireAll("noting that all is brought over for " + before.name(), records.absent());
        List<String> _ = logins.spread(session.record(), records.holdingOther(session.record()));
        try (Credential user = session.credential()) {
            LoginRecord.Signed record = Enrolment.record(
                    ring,
                    before.name(),
                    session.opened().root(),
                    before.line().settled(),
                    records.after(before),
                    before.locks());
            CertifiedRecord certified =
                    agree(user, record, provider -> changing(session, record, provider, Map.of(), records));
            return new Done(certified, spread(certified), Map.of());
        }
    }

    /**
     * Has the providers share a login's OPRF keys anew, among the ring as it is now: what opens it stays, and shares of before don't
     * fit to those of after. It is the refresh, the repair of a provider that lost its shares or was restored from a backup, and
     * the move into the ring's present epoch.
     *
     * @param session of a login
     * @throws TooFewProvidersException unless all n take part, and t have their shares; then all stays as it was
     * @throws IntegrityException where a provider dealt what isn't so, or says that others did
     */
    public Done reshare(Session session) throws InterruptedException {
        try (Credential user = session.credential()) {
            CertifiedRecord certified = sharedAnew(session, user);
            List<String> missing = new ArrayList<>(spread(certified));
            missing.addAll(leave(session, user, certified.signed()));
            return new Done(certified, missing, Map.of());
        }
    }

    /** Phase 1 of that: all n hold it, and nothing has changed before the record is spread. */
    CertifiedRecord sharedAnew(Session session, Credential user) throws InterruptedException {
        Logins.Records records = ready(session);
        LoginRecord before = session.record().record();
        Everyone<Map<Lock.Kind, DealtShare>> dealt = logins.deal(user, before);
        return sharedAnew(session, user, records, DealtKeys.of(ring, before, dealt.answers(), dealt.absent()));
    }

    /** What all n show, all of whom know the record that counts by then. */
    Logins.Records ready(Session session) throws InterruptedException {
        session.awaitTold();
        UserName name = session.record().record().name();
        Logins.Records records = logins.allRecords(name);
        requireAll("sharing the keys of " + name + " anew", records.absent());
        bringUp(session, records);
        return records;
    }

    CertifiedRecord sharedAnew(Session session, Credential user, Logins.Records records, DealtKeys dealt)
            throws InterruptedException {
        LoginRecord before = session.record().record();
        while (true) {
            LoginRecord.Signed record = Enrolment.record(
                    ring,
                    before.name(),
                    session.opened().root(),
                    before.line(),
                    records.after(before),
                    dealt.locks(session));
            try {
                return agree(
                        user,
                        record,
                        provider -> changing(session, record, provider, dealt.toldTo(provider.x()), records));
            } catch (Misdealt e) {
                // One of the two lies: without the dealer it goes on as long as there are enough others.
                dealt.without(e.dealer, e.receiver);
            }
        }
    }

    /** Has everybody know the record that counts, and by which key its user goes: a folder from a backup may know neither. */
    private void bringUp(Session session, Logins.Records records) throws InterruptedException {
        List<String> behind = records.holdingOther(session.record());
        List<String> _ = logins.spread(session.record(), behind);
        if (!behind.isEmpty() && session.record().record().line().version() > 1) {
            Map<String, String> _ = succeed(session);
        }
    }

    /** One of these says that the other's part isn't what that committed to. */
    private static final class Misdealt extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final String receiver;
        private final transient ShareIndex dealer;

        Misdealt(String receiver, ShareIndex dealer) {
            super(receiver + " complains");
            this.receiver = receiver;
            this.dealer = dealer;
        }
    }

    /** Those that had a part in the login and aren't in the ring any more. @return who may still have it */
    private List<String> leave(Session session, Credential user, LoginRecord.Signed next) throws InterruptedException {
        List<NodeCard> gone = session.record().record().locks().stream()
                .flatMap(lock -> lock.keys().keySet().stream())
                .distinct()
                .map(ring::everProvider)
                .map(Provider::card)
                .filter(card -> ring.provider(card.name()).isEmpty())
                .toList();
        Map<String, byte[]> bodies = new LinkedHashMap<>();
        for (NodeCard card : gone) {
            bodies.put(
                    card.name(), new Messages.Leave(next, session.by(), change(session, card.name(), next)).encode());
        }
        return List.copyOf(
                logins.leave(user, next.record().name(), gone, bodies).absent().keySet());
    }

    private byte[] change(Session session, String node, LoginRecord.Signed record) {
        try (SigningKey key = session.opened().secrets().loginKey(node)) {
            return key.sign(
                    Purpose.LOGIN_CHANGE,
                    Messages.changeMessage(ring.id(), node, record.record().hash()));
        }
    }

    private Messages.Prepare changing(
            Session session,
            LoginRecord.Signed record,
            Provider provider,
            Map<Lock.Kind, Messages.Told> told,
            Logins.Records records) {
        byte[] change = change(session, provider.name(), record);
        boolean knows = records.certified()
                .getOrDefault(provider.name(), Optional.empty())
                .isPresent();
        return new Messages.Prepare(
                "", record, told, knows ? Logins.NOTHING : session.record().encode(), session.by(), change);
    }

    /** Phase 1: all n hold the record, durably, and say so. Nothing has changed before this returns, nor if it throws. */
    private CertifiedRecord agree(
            Credential user, LoginRecord.Signed record, Function<Provider, Messages.Prepare> message)
            throws InterruptedException {
        UserName name = record.record().name();
        Map<String, byte[]> bodies = new LinkedHashMap<>();
        boolean inParts = false;
        for (Provider provider : ring.providers()) {
            Messages.Prepare prepare = message.apply(provider);
            inParts |= prepare.told().values().stream().anyMatch(Messages.Parts.class::isInstance);
            bodies.put(provider.name(), prepare.encode());
            prepare.wipe();
        }
        Everyone<byte[]> answers = logins.prepare(user, name, bodies);
        bodies.values().forEach(body -> Arrays.fill(body, (byte) 0));
        if (!answers.failures().isEmpty()) {
            Optional<RefusedException> refused = answers.failures().values().stream()
                    .filter(RefusedException.class::isInstance)
                    .map(RefusedException.class::cast)
                    .findFirst();
            if (refused.isPresent()) {
                throw refused.get();
            }
            requireAll("the login of " + name, answers.absent());
        }
        Map<ShareIndex, byte[]> held = new LinkedHashMap<>();
        for (Provider provider : ring.providers()) {
            byte[] signature = answers.answers().getOrDefault(provider.name(), Logins.NOTHING);
            try {
                // Of parts alone: a share of a new key nobody but this client deals.
                Optional<ShareIndex> complaint = inParts ? Messages.misdealt(signature) : Optional.empty();
                complaint.ifPresent(dealer -> {
                    throw new Misdealt(provider.name(), dealer);
                });
                provider.card()
                        .key()
                        .verify(
                                Purpose.LOGIN_HELD,
                                CertifiedRecord.heldMessage(
                                        ring.id(),
                                        provider.name(),
                                        record.record().hash()),
                                signature);
            } catch (MalformedException | BadSignatureException e) {
                throw new IntegrityException(
                        provider.name() + " says that it holds the login of " + name + ", and didn't sign it",
                        List.of(provider.name()));
            }
            held.put(provider.x(), signature);
        }
        return new CertifiedRecord(record, held);
    }

    /** Phase 2: the record counts, wherever this arrives; whoever meets it spreads it. @return who doesn't know it yet */
    private List<String> spread(CertifiedRecord certified) throws InterruptedException {
        List<String> missing = new ArrayList<>();
        List<String> names = ring.providers().stream().map(Provider::name).toList();
        // The first alone: a record that counts nowhere is nobody's, and one that counts somewhere will be everybody's.
        for (List<String> some : List.of(names.subList(0, 1), names.subList(1, names.size()))) {
            Everyone<byte[]> told = logins.show(certified, some);
            if (certified.record().version() == 1) {
                // Another's first record counts there. At the first provider that decides it, before this one counts
                // anywhere.
                requireUncontested(certified.record().name(), told.failures());
            }
            some.stream().filter(name -> !told.answers().containsKey(name)).forEach(missing::add);
        }
        if (missing.size() == names.size()) {
            throw new TooFewProvidersException(
                    "the login of " + certified.record().name() + " may be as it was or as it was to be: it",
                    1,
                    0,
                    Map.of("all", "no provider has said that it was told"));
        }
        return missing;
    }

    private static void requireUncontested(UserName name, Map<String, InterlockException> failures) {
        List<String> refusals = failures.values().stream()
                .filter(RefusedException.class::isInstance)
                .map(InterlockException::explanation)
                .toList();
        if (!refusals.isEmpty()) {
            throw new RefusedException(
                    "the enrolment of " + name + " isn't sure to count: " + String.join("; ", refusals)
                            + ". Somebody with the same tickets may have been quicker; a login tells whose the name is");
        }
    }

    private void requireAll(String what, Map<String, String> absent) {
        if (!absent.isEmpty()) {
            int n = ring.threshold().n();
            throw new TooFewProvidersException(what, n, n - absent.size(), new TreeMap<>(absent))
                    .advising(new Advice.RepeatWithAll());
        }
    }

    /** The locks of a new login, and each provider's shares of them. */
    private record Made(List<Enrolment.Made> locks) implements AutoCloseable {
        List<Lock> lockList() {
            return locks.stream().map(Enrolment.Made::lock).toList();
        }

        Map<Lock.Kind, Messages.Told> toldTo(ShareIndex x) {
            Map<Lock.Kind, Map<ShareIndex, SecretBytes>> all = new LinkedHashMap<>();
            locks.forEach(each -> all.put(each.lock().kind(), each.shares()));
            return copies(all, x);
        }

        @Override
        public void close() {
            locks.forEach(Enrolment.Made::close);
        }
    }

    private static Map<Lock.Kind, Messages.Told> copies(
            Map<Lock.Kind, Map<ShareIndex, SecretBytes>> shares, ShareIndex x) {
        Map<Lock.Kind, Messages.Told> own = new LinkedHashMap<>();
        shares.forEach((kind, each) -> Optional.ofNullable(each.get(x))
                .ifPresent(share -> own.put(kind, new Messages.Whole(share.copyToHeap()))));
        return own;
    }

    private Made make(
            UserName name,
            RootSecret root,
            SecretBytes next,
            byte[] password,
            Stretching stretching,
            Optional<byte[]> recoveryCode) {
        List<Enrolment.Made> locks = new ArrayList<>();
        locks.add(Enrolment.lock(ring, name, Lock.Kind.PASSWORD, password, stretching, root, next, logins.random()));
        recoveryCode.ifPresent(code -> locks.add(Enrolment.lock(
                ring, name, Lock.Kind.RECOVERY, code, Stretching.least(logins.random()), root, next, logins.random())));
        return new Made(locks);
    }

    // ---- Devices ----

    /**
     * A device as one provider knows it: its key differs for each.
     *
     * @param last when it last logged in there
     */
    public record Device(String provider, VerifyingKey key, Instant last) {}

    private record Line(String key, long last) {}

    /** All devices that providers know, and who didn't answer. */
    public record Devices(List<Device> devices, Map<String, String> absent) {}

    /** What each provider says; some of it may not be in the user's own book, and some of it be a lie. */
    public Devices devices(Credential user, UserName name) throws InterruptedException {
        Everyone<byte[]> answers = logins.everyone(node -> logins.signed(
                user,
                node,
                HttpMethod.GET,
                Logins.path(name, "devices"),
                Operation.DEVICES,
                name.text(),
                Logins.NOTHING));
        Map<String, String> absent = new TreeMap<>(answers.absent());
        List<Device> devices = new ArrayList<>();
        answers.answers().forEach((node, answer) -> {
            try {
                for (Line line : Json.read("the devices at " + node, answer, Line[].class)) {
                    devices.add(new Device(node, VerifyingKey.parse(line.key()), Instant.ofEpochMilli(line.last())));
                }
            } catch (MalformedException e) {
                absent.put(node, "answers what can't be read: " + e.getMessage());
            }
        });
        return new Devices(devices, absent);
    }
}
