package dev.interlock.client.login;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.oprf.Element;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.login.Believed;
import dev.interlock.protocol.login.BlindedSecret;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Changes;
import dev.interlock.protocol.login.DealtShare;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginAttempt;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.request.SignedRequest;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peers;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Logging in at one ring (SPEC §17): asks all providers for the record, believes one, has the blinded secret evaluated, opens the
 * root with t answers, and only then shows anybody anything that was made from them. Safe for use by many threads.
 */
public final class Logins implements AutoCloseable {
    /**
     * How long the others are waited for once t have answered: a later record, or one that answers wrongly, is worth that. As long is
     * waited for those that are being told of a success, where something depends on it.
     */
    public static final Duration GRACE = Duration.ofMillis(500);
    /** How long the rest are waited for where a login fails without them: they may know of a change that the others missed. */
    private static final Duration SLOW = Duration.ofSeconds(5);

    static final byte[] NOTHING = {};

    private final RingDescriptor ring;
    private final Peers peers;
    private final SecureRandom random;
    private final Clock clock;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    /** Logins of which some providers don't know yet that they succeeded. */
    private final Set<Successes> telling = ConcurrentHashMap.newKeySet();

    private volatile BiConsumer<String, String> sending = (_, _) -> {};

    public Logins(RingDescriptor ring, Deadlines deadlines, SecureRandom random, Clock clock) {
        this.ring = ring;
        this.peers = new Peers(Optional.empty(), deadlines);
        this.random = random;
        this.clock = clock;
    }

    /**
     * Hears of each message of an enrolment or a change before it goes out.
     *
     * @param listener told what it is and to which node; what it throws keeps the message back
     */
    public void onSend(BiConsumer<String, String> listener) {
        sending = listener;
    }

    /**
     * Logs in.
     *
     * @param secret UTF-8 of a password, or the bits of a recovery code; the caller wipes it
     * @param device 32 secret bytes of this device, by which providers that it has logged in at know it; they know it after a success
     * @throws dev.interlock.protocol.error.NoSuchObjectException where no such user is enrolled
     * @throws RefusedException for a wrong secret, or where too many guesses were made
     * @throws TooFewProvidersException where too few answer
     * @throws IntegrityException where what they give contradicts itself
     */
    public Session login(UserName name, Lock.Kind kind, byte[] secret, SecretBytes device) throws InterruptedException {
        // It doesn't depend on the record, and takes as long as asking for that.
        Future<BlindedSecret> early = blinding(name, kind, secret);
        Blinded blinded = new Blinded(early, () -> BlindedSecret.of(ring.id(), name, kind, secret, random));
        try {
            return login(name, kind, blinded, device);
        } finally {
            // Nothing reads the secret any more.
            blinded.end();
        }
    }

    private Session login(UserName name, Lock.Kind kind, Blinded blinded, SecretBytes device)
            throws InterruptedException {
        // SPEC §17, login, step 1.
        Everyone<Messages.Shown> asked = askForRecord(name, ring);
        Records records = records(asked);
        Believed believed = believed(name, records);
        try {
            return open(believed, records, kind, blinded, device);
        } catch (RefusedException | TooFewProvidersException e) {
            // Whoever was slow may be the only one that knows a later record, and so that another password counts.
            Records slow = records(asked.until(_ -> true, SLOW));
            Believed later = believed(name, slow);
            if (!later.first().record().isLaterThan(believed.first().record())) {
                throw e;
            }
            return open(later, slow, kind, blinded, device);
        }
    }

    private Session open(Believed believed, Records records, Lock.Kind kind, Blinded blinded, SecretBytes device)
            throws InterruptedException {
        TooFewProvidersException first = null;
        for (CertifiedRecord record : believed.records()) {
            // Who has another record, and doesn't take this one, answers no guess under it.
            Map<String, String> others = new TreeMap<>(records.holdingLater(record));
            List<String> behind = records.holdingOther(record).stream()
                    .filter(node -> !others.containsKey(node))
                    .toList();
            others.putAll(show(record, behind).absent());
            try {
                return open(record, kind, blinded, device, records.absent(), others);
            } catch (TooFewProvidersException e) {
                // Of a change that broke off the record before is still where t have it.
                first = first == null ? e : first;
            }
        }
        throw first == null ? new IllegalStateException("a believed record") : first;
    }

    private Believed believed(UserName name, Records records) throws InterruptedException {
        try {
            return Believed.choose(name, ring.threshold().t(), records.certified(), records.absent());
        } catch (NoSuchObjectException | TooFewProvidersException e) {
            // Of a ring that changed most of its providers, those before still have it.
            return earlier(name).orElseThrow(() -> e);
        }
    }

    private Session open(
            CertifiedRecord certified,
            Lock.Kind kind,
            Blinded blinded,
            SecretBytes deviceSecret,
            Map<String, String> silent,
            Map<String, String> others)
            throws InterruptedException {
        LoginRecord record = certified.record();
        Lock lock = record.lock(kind)
                .orElseThrow(() -> new RefusedException("the login of " + record.name() + " has no recovery code"));
        // A device's login of just now makes it a known one, and gives its guess back.
        awaitTold(record.name());
        try (LoginAttempt attempt = LoginAttempt.begin(record, lock, blinded.next());
                SeedCredential device = new SeedCredential(SecretBytes.copyOf(deviceSecret.segment()))) {
            // Step 2: the same question to all.
            byte[] question = new Messages.Evaluate(record.hash(), kind, Element.decode(attempt.blinded())).encode();
            Map<String, byte[]> nonces = new ConcurrentHashMap<>();
            Map<String, Provider> providers = new LinkedHashMap<>();
            lock.keys().keySet().forEach(x -> {
                Provider provider = ring.everProvider(x);
                providers.put(provider.name(), provider);
            });
            List<NodeCard> asked = providers.values().stream()
                    .map(Provider::card)
                    // Who didn't even say what it has would only be waited for.
                    .filter(card -> !silent.containsKey(card.name()) && !others.containsKey(card.name()))
                    .toList();
            Map<String, String> absent = new TreeMap<>(others);
            absent.putAll(silent);
            if (asked.size() < lock.t()) {
                // Each that answered would count a guess, of which nothing can come.
                throw new TooFewProvidersException("the login of " + record.name(), lock.t(), asked.size(), absent);
            }
            Successes successes = new Successes(
                    record.name(), asked, threads, (node, body) -> post(node, record.name(), "success", body));
            // Step 3: each answer against its commitment, on the thread that it came by.
            Everyone<Boolean> answers = Everyone.ask(threads, asked, node -> {
                try {
                    byte[] answer = evaluate(node, record.name(), device, question, nonces);
                    boolean right =
                            attempt.accept(provider(providers, node.name()).x(), answer);
                    successes.answered(node);
                    return right;
                } catch (RuntimeException e) {
                    successes.failed(node);
                    throw e;
                }
            });
            attempt.requireConsistent();
            answers.until(_ -> attempt.missing() == 0, Duration.ZERO);
            if (attempt.missing() > 0) {
                absent.putAll(answers.absent());
                throw tooFew(record.name(), lock.t(), attempt.missing(), answers, wrong(answers), absent);
            }
            // Step 4: the others may answer meanwhile.
            long begun = System.nanoTime();
            Optional<LoginAttempt.Opened> tried = attempt.open();
            try {
                Duration left = GRACE.minusNanos(System.nanoTime() - begun);
                answers.until(_ -> true, left.isNegative() ? Duration.ZERO : left);
                absent.putAll(answers.absent());
                List<String> wrong = wrong(answers);
                LoginAttempt.Opened opened = tried.orElseThrow(() ->
                        new RefusedException((kind == Lock.Kind.PASSWORD ? "the password" : "the recovery code")
                                + " is wrong for " + record.name() + ". It cost one guess at each of "
                                + String.join(", ", answers.answers().keySet())
                                + said(wrong)
                                + (silent.isEmpty()
                                        ? ""
                                        : ". " + String.join(", ", silent.keySet())
                                                + " didn't say whether it has been changed")));
                // Step 5: from here on its maker is known to know the secret.
                tellSuccess(record, kind, opened, device, nonces, asked, successes);
                return new Session(certified, kind, opened, wrong, absent, successes, Optional.empty());
            } catch (InterruptedException | RuntimeException e) {
                tried.ifPresent(LoginAttempt.Opened::close);
                throw e;
            }
        }
    }

    private Future<BlindedSecret> blinding(UserName name, Lock.Kind kind, byte[] secret) {
        return threads.submit(() -> BlindedSecret.of(ring.id(), name, kind, secret, random));
    }

    /** The secret, blinded anew for each attempt; for the first one it was before. */
    private static final class Blinded {
        private final Future<BlindedSecret> early;
        private final Supplier<BlindedSecret> another;
        private boolean taken;

        Blinded(Future<BlindedSecret> early, Supplier<BlindedSecret> another) {
            this.early = early;
            this.another = another;
        }

        /** The caller closes it. */
        BlindedSecret next() throws InterruptedException {
            if (taken) {
                return another.get();
            }
            taken = true;
            return await();
        }

        void end() {
            if (!taken) {
                try (BlindedSecret _ = await()) {
                    taken = true;
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        private BlindedSecret await() throws InterruptedException {
            try {
                return early.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw new IllegalStateException("a secret can't be blinded", e.getCause());
            }
        }
    }

    private static Provider provider(Map<String, Provider> providers, String node) {
        return Objects.requireNonNull(providers.get(node));
    }

    private static List<String> wrong(Everyone<Boolean> answers) {
        return answers.answers().entrySet().stream()
                .filter(each -> !each.getValue())
                .map(Map.Entry::getKey)
                .toList();
    }

    private static String said(List<String> wrong) {
        return wrong.isEmpty() ? "" : "; " + String.join(", ", wrong) + " answered something that isn't so";
    }

    private static InterlockException tooFew(
            UserName name,
            int t,
            int missing,
            Everyone<Boolean> answers,
            List<String> wrong,
            Map<String, String> absent) {
        Map<String, String> why = new TreeMap<>(absent);
        wrong.forEach(node -> why.put(node, "answered something that isn't so: it has another share, or lies"));
        // When enough of those that wait for it answer again; one that lies about its time doesn't put that off.
        List<Duration> waits = answers.failures().values().stream()
                .filter(RefusedException.class::isInstance)
                .map(failure -> ((RefusedException) failure).untilAllowed())
                .flatMap(Optional::stream)
                .sorted()
                .toList();
        if (waits.size() >= missing) {
            Duration wait = waits.get(missing - 1);
            return RefusedException.lockedOut(
                    "the login of " + name + " is locked: too many wrong guesses were made. The next is answered in "
                            + spoken(wait)
                            + "; a device that has logged in before has guesses of its own. "
                            + String.join("; ", why.values()),
                    wait);
        }
        long refused = answers.failures().values().stream()
                .filter(RefusedException.class::isInstance)
                .count();
        if (refused >= missing) {
            return new RefusedException("the login of " + name + " is refused: " + String.join("; ", why.values()));
        }
        return new TooFewProvidersException("the login of " + name, t, t - missing, why);
    }

    private static String spoken(Duration wait) {
        long seconds = Math.max(1, wait.plusMillis(999).toSeconds());
        return seconds < 120 ? seconds + " s" : (seconds + 59) / 60 + " min";
    }

    private byte[] evaluate(
            NodeCard node, UserName name, Credential device, byte[] question, Map<String, byte[]> nonces) {
        byte[] nonce = new byte[Messages.NONCE_BYTES];
        random.nextBytes(nonce);
        nonces.put(node.name(), nonce);
        String header = SignedRequest.sign(
                device,
                ring.id(),
                epochOf(node),
                node.name(),
                Operation.EVALUATE,
                name.text(),
                question,
                nonce,
                clock.instant());
        return peers.to(node).call(HttpMethod.POST, path(name, "evaluate"), Optional.of(header), question);
    }

    /** Signs for all who are asked while the secrets are there; they are told in the background. */
    private void tellSuccess(
            LoginRecord record,
            Lock.Kind kind,
            LoginAttempt.Opened opened,
            SeedCredential device,
            Map<String, byte[]> nonces,
            List<NodeCard> asked,
            Successes successes) {
        Map<String, byte[]> bodies = new LinkedHashMap<>();
        for (NodeCard node : asked) {
            try (SigningKey key = opened.secrets().loginKey(node.name())) {
                byte[] nonce = nonces.getOrDefault(node.name(), NOTHING);
                bodies.put(
                        node.name(),
                        Messages.Success.sign(
                                        key,
                                        ring.id(),
                                        node.name(),
                                        record.name(),
                                        record.hash(),
                                        kind,
                                        nonce,
                                        device.publicKey(ring.id(), node.name()))
                                .encode());
            }
        }
        telling.removeIf(Successes::isThrough);
        telling.add(successes);
        successes.succeeded(bodies, GRACE);
    }

    /** Until the providers know of this name's logins here, each up to the grace after it. */
    private void awaitTold(UserName name) throws InterruptedException {
        for (Successes each : telling) {
            if (each.name().equals(name)) {
                each.await();
            }
        }
    }

    // ---- For enrolments and changes ----

    /** What the providers show of a name. */
    record Records(Map<String, Messages.Shown> shown, Map<String, String> absent) {
        Map<String, Optional<CertifiedRecord>> certified() {
            Map<String, Optional<CertifiedRecord>> certified = new LinkedHashMap<>();
            shown.forEach((node, each) -> certified.put(node, each.certified()));
            return certified;
        }

        /** The version of a record that follows this one. */
        long after(LoginRecord before) {
            return Changes.nextVersion(before, shown.values().stream().flatMap(Messages.Shown::records));
        }

        /** Who has a later one of the same user's, and so takes this one no more; with that as the reason. */
        Map<String, String> holdingLater(CertifiedRecord record) {
            Map<String, String> later = new LinkedHashMap<>();
            shown.forEach((node, each) -> each.certified()
                    .map(CertifiedRecord::record)
                    .filter(other ->
                            other.origin().equals(record.record().origin()) && other.isLaterThan(record.record()))
                    .ifPresent(_ -> later.put(node, "has a later record of it")));
            return later;
        }

        /** Those that count anywhere, each once. */
        List<CertifiedRecord> counting() {
            return shown.values().stream()
                    .flatMap(each -> each.certified().stream())
                    .distinct()
                    .toList();
        }

        /** Who answered, and has another one, or none. */
        List<String> holdingOther(CertifiedRecord record) {
            return shown.entrySet().stream()
                    .filter(each -> !each.getValue().certified().equals(Optional.of(record)))
                    .map(Map.Entry::getKey)
                    .toList();
        }
    }

    private Everyone<Messages.Shown> askForRecord(UserName name, RingDescriptor epoch) throws InterruptedException {
        int t = epoch.threshold().t();
        Map<ByteBuffer, Messages.Shown> decoded = new ConcurrentHashMap<>();
        return Everyone.ask(
                        threads,
                        epoch.providers().stream().map(Provider::card).toList(),
                        node -> shown(node, name, decoded))
                .until(given -> hasAgreed(given, t), GRACE);
    }

    /**
     * Those of the providers of earlier epochs, the latest epoch of which t give one: a login that hasn't come over yet.
     *
     * @throws TooFewProvidersException where too few of an epoch answer to say that there is none
     */
    private Optional<Believed> earlier(UserName name) throws InterruptedException {
        for (RingDescriptor epoch : ring.epochs().reversed()) {
            if (epoch.epoch() >= ring.epoch()) {
                continue;
            }
            Records records = records(askForRecord(name, epoch));
            try {
                return Optional.of(Believed.choose(name, epoch.threshold().t(), records.certified(), records.absent()));
            } catch (NoSuchObjectException e) {
                // Nor in the epochs before, maybe.
            }
        }
        return Optional.empty();
    }

    /** The same from everyone, however long it takes. */
    Records allRecords(UserName name) throws InterruptedException {
        Map<ByteBuffer, Messages.Shown> decoded = new ConcurrentHashMap<>();
        return records(Everyone.ask(threads, cards(), node -> shown(node, name, decoded))
                .all());
    }

    private static Records records(Everyone<Messages.Shown> asked) {
        return new Records(new LinkedHashMap<>(asked.answers()), asked.absent());
    }

    private static boolean hasAgreed(Map<String, Messages.Shown> given, int t) {
        Map<Optional<CertifiedRecord>, Integer> counts = new LinkedHashMap<>();
        given.values().forEach(each -> counts.merge(each.certified(), 1, Integer::sum));
        return counts.values().stream().anyMatch(count -> count >= t);
    }

    /** @param decoded what others showed already: the same bytes, as a rule, and their points and signatures take longest to check */
    private Messages.Shown shown(NodeCard node, UserName name, Map<ByteBuffer, Messages.Shown> decoded) {
        byte[] answer = peers.to(node).call(HttpMethod.GET, path(name, "record"), Optional.empty(), NOTHING);
        try {
            return decoded.computeIfAbsent(ByteBuffer.wrap(answer), _ -> Messages.Shown.decode(ring, name, answer));
        } catch (MalformedException | BadSignatureException e) {
            throw new IntegrityException(
                    node.name() + " gives a record of " + name + " that doesn't hold: " + e.getMessage(),
                    List.of(node.name()));
        }
    }

    /**
     * Shows a record that counts to those who may not know that it does; each checks it by itself.
     *
     * @return who took it
     */
    List<String> spread(CertifiedRecord record, List<String> nodes) throws InterruptedException {
        return List.copyOf(show(record, nodes).answers().keySet());
    }

    Everyone<byte[]> show(CertifiedRecord record, List<String> nodes) throws InterruptedException {
        byte[] body = record.encode();
        List<NodeCard> cards =
                cards().stream().filter(card -> nodes.contains(card.name())).toList();
        return Everyone.ask(threads, cards, node -> post(node, record.record().name(), "certified", body))
                .all();
    }

    /** Leaves a record at all providers: what each says to it. */
    Everyone<byte[]> prepare(Credential user, UserName name, Map<String, byte[]> bodies) throws InterruptedException {
        return Everyone.ask(
                        threads,
                        cards(),
                        node -> signed(
                                user,
                                node,
                                HttpMethod.POST,
                                path(name, "record"),
                                Operation.ENROL,
                                name.text(),
                                bodies.getOrDefault(node.name(), NOTHING)))
                .all();
    }

    /** Has dealers serve a user. */
    Everyone<byte[]> admit(Credential user, UserName name, Map<String, byte[]> tickets) throws InterruptedException {
        return Everyone.ask(
                        threads,
                        ring.dealers().stream()
                                .filter(card -> tickets.containsKey(card.name()))
                                .toList(),
                        node -> signed(
                                user,
                                node,
                                HttpMethod.POST,
                                path(name, "admit"),
                                Operation.ENROL,
                                name.text(),
                                tickets.getOrDefault(node.name(), NOTHING)))
                .all();
    }

    /** Tells all nodes, dealers too, of a new root. */
    Everyone<byte[]> succeed(Credential user, UserName name, Map<String, byte[]> bodies) throws InterruptedException {
        return Everyone.ask(
                        threads,
                        nodes(),
                        node -> signed(
                                user,
                                node,
                                HttpMethod.POST,
                                path(name, "succeed"),
                                Operation.ENROL,
                                name.text(),
                                bodies.getOrDefault(node.name(), NOTHING)))
                .all();
    }

    /** Has all present providers deal their shares anew. */
    Everyone<Map<Lock.Kind, DealtShare>> deal(Credential user, LoginRecord before) throws InterruptedException {
        return Everyone.ask(threads, cards(), node -> {
                    byte[] answer = signed(
                            user,
                            node,
                            HttpMethod.POST,
                            path(before.name(), "deal"),
                            Operation.DEAL_LOGIN,
                            before.name().text(),
                            before.hash().bytes());
                    try {
                        return DealtShare.decode(answer);
                    } catch (MalformedException e) {
                        throw new IntegrityException(
                                node.name() + " deals what can't be read: " + e.getMessage(), List.of(node.name()));
                    }
                })
                .all();
    }

    /** Has providers that left the ring erase their shares. */
    Everyone<byte[]> leave(Credential user, UserName name, List<NodeCard> gone, Map<String, byte[]> bodies)
            throws InterruptedException {
        return Everyone.ask(
                        threads,
                        gone,
                        node -> signed(
                                user,
                                node,
                                HttpMethod.POST,
                                path(name, "leave"),
                                Operation.LEAVE_LOGIN,
                                name.text(),
                                bodies.getOrDefault(node.name(), NOTHING)))
                .all();
    }

    byte[] signed(
            Credential user,
            NodeCard node,
            HttpMethod method,
            String path,
            Operation operation,
            String subject,
            byte[] body) {
        sending.accept(path.substring(path.lastIndexOf('/') + 1), node.name());
        String header = SignedRequest.sign(
                user, ring.id(), epochOf(node), node.name(), operation, subject, body, random, clock.instant());
        return peers.to(node).call(method, path, Optional.of(header), body);
    }

    <T> Everyone<T> everyone(Function<NodeCard, T> question) throws InterruptedException {
        return Everyone.ask(threads, cards(), question).all();
    }

    private byte[] post(NodeCard node, UserName name, String what, byte[] body) {
        sending.accept(what, node.name());
        return peers.to(node).call(HttpMethod.POST, path(name, what), Optional.empty(), body);
    }

    static String path(UserName name, String what) {
        return "/v1/logins/" + name + "/" + what;
    }

    /** Providers, and dealers that are none. */
    List<NodeCard> nodes() {
        return Stream.concat(cards().stream(), ring.dealers().stream())
                .distinct()
                .toList();
    }

    private List<NodeCard> cards() {
        return ring.providers().stream().map(Provider::card).toList();
    }

    private int epochOf(NodeCard node) {
        return ring.node(node.name()).isPresent()
                ? ring.epoch()
                : ring.epochs().reversed().stream()
                        .filter(each -> each.node(node.name()).isPresent())
                        .map(RingDescriptor::epoch)
                        .findFirst()
                        .orElse(ring.epoch());
    }

    RingDescriptor ring() {
        return ring;
    }

    SecureRandom random() {
        return random;
    }

    /** Ends it. First the providers are told of the logins of the last {@link #GRACE}, so that the end of a process doesn't lose that. */
    @Override
    public void close() {
        try {
            for (Successes each : telling) {
                each.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        threads.shutdownNow();
        peers.close();
    }
}
