package dev.interlock.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.Interlock;
import dev.interlock.client.login.Accounts;
import dev.interlock.client.login.Logins;
import dev.interlock.client.login.Session;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.ObjectId;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.login.Tickets;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.RootSecret;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Peers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/**
 * Logins at a ring of processes that are killed: changes of passwords and new shares, broken off at every message by the end of a
 * provider or of the client; and guesses by a hundred clients at once. {@code LoginTable passwd CHANGES SEED}, {@code LoginTable
 * commands COUNT SEED}, {@code LoginTable guesses COUNT SEED}.
 */
final class LoginTable implements AutoCloseable {
    /** A user's guesses are limited, so that each serves for a few changes. */
    private static final int CHANGES_A_USER = 3;

    /** So many users' changes are broken off by each kill, every one at a message of its own. */
    private static final int AT_ONCE = 4;

    private static final Duration PAUSE = Duration.ofSeconds(2);
    static final Duration PATIENCE = Duration.ofSeconds(180);
    private static final int CLIENTS = 100;
    /** The pauses between ten guesses are 126 s in all; after so long all that are allowed have been answered. */
    private static final Duration ALL_PAUSES = Duration.ofSeconds(240);

    /** As long waits whoever has made all guesses of an hour, and nobody else. */
    private static final Duration LOCKED = Duration.ofMinutes(30);

    private final Path dir;
    private final KilledRing ring;
    private final SplittableRandom seeded;
    private final SecureRandom random = new SecureRandom();
    private final List<String> wrong = Collections.synchronizedList(new ArrayList<>());

    LoginTable(Path dir, long seed) throws IOException, InterruptedException {
        this.dir = dir;
        this.ring = KilledRing.start(dir.resolve("ring"), 2, 3);
        this.seeded = new SplittableRandom(seed);
    }

    private Logins logins() {
        return new Logins(ring.descriptor(), ring.deadlines(), random, Clock.systemUTC());
    }

    private UserName enrol(Logins logins, String text, byte[] password) throws InterruptedException {
        return enrol(logins, text, password, Optional.empty());
    }

    private UserName enrol(Logins logins, String text, byte[] password, Optional<byte[]> recoveryCode)
            throws InterruptedException {
        UserName name = new UserName(text);
        Map<String, String> tickets = new LinkedHashMap<>();
        for (String node : ring.names()) {
            tickets.put(node, new Tickets(NodeFolder.open(ring.node(node))).issue(name, random, Instant.now()));
        }
        try (RootSecret root = RootSecret.random(random)) {
            Accounts.Done done =
                    new Accounts(logins).enrol(name, root, password, LoginTest.quick(), recoveryCode, tickets);
            if (!done.missing().isEmpty() || !done.unserved().isEmpty()) {
                throw new IllegalStateException("an enrolment in peace: " + done);
            }
        }
        return name;
    }

    @Override
    public void close() {
        ring.close();
    }

    // ---- Changes ----

    /**
     * What became of changes that were broken off.
     *
     * @param kills how often a provider was killed; each breaks off all changes that are under way, at the message that each has come to
     * @param clients how often the client was gone
     * @param steps how often each message's sending was what broke off
     */
    record Changes(
            int changes,
            int kills,
            int clients,
            int done,
            int stayed,
            int objects,
            Map<String, Integer> steps,
            List<String> wrong) {
        boolean good() {
            return wrong.isEmpty();
        }
    }

    /** A client that is gone: nothing that it would send from then on leaves it. */
    private static final class Gone extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** Who changes their password again and again. */
    private final class Changing implements AutoCloseable {
        private final String text;
        private final UserName name;
        private final SecretBytes device = SecretBytes.random(32, random);
        private final Map<ObjectId, byte[]> put = new LinkedHashMap<>();
        private byte[] password;
        private int changes;

        Changing(Logins logins, String text) throws InterruptedException {
            this.text = text;
            this.password = LoginTest.bytes("password 0 of " + text);
            this.name = enrol(logins, text, password);
        }

        byte[] next() {
            return LoginTest.bytes("password " + ++changes + " of " + text);
        }

        @Override
        public void close() {
            device.close();
        }
    }

    /**
     * How a change is broken off.
     *
     * @param client whether by its client's end, not a provider's
     * @param at the message, from 0
     * @param before whether it doesn't leave
     */
    private record Plan(boolean reshares, boolean client, int at, boolean before) {}

    /** All changes of a round are held at their messages; then the victim is killed. */
    private static final class Round {
        private final CountDownLatch reached;
        private final CountDownLatch sending = new CountDownLatch(1);
        private final CountDownLatch killed = new CountDownLatch(1);

        Round(int held) {
            this.reached = new CountDownLatch(held);
        }

        void hold(boolean before) {
            reached.countDown();
            try {
                (before ? killed : sending).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private record Outcome(String step, boolean works, boolean old) {}

    Changes changes(int count) throws Exception {
        Map<String, Integer> steps = new TreeMap<>();
        List<Changing> users = new ArrayList<>();
        int kills = 0;
        int clients = 0;
        int done = 0;
        int stayed = 0;
        int objects = 0;
        ring.names().forEach(this::awaitAnswers);
        // Closed before the threads are: whoever still waits for this one is interrupted then.
        try (Logins logins = logins();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                AutoCloseable _ = threads::shutdownNow) {
            for (int begun = 0, rounds = 0; begun < count; rounds++) {
                if (rounds % CHANGES_A_USER == 0) {
                    objects += end(users);
                    for (int i = 0; i < AT_ONCE && i < count - begun; i++) {
                        users.add(new Changing(logins, "user" + (begun + i)));
                    }
                }
                List<Plan> plans = new ArrayList<>();
                for (int i = 0; i < users.size() && begun < count; i++, begun++) {
                    boolean reshares = seeded.nextInt(4) == 0;
                    plans.add(new Plan(
                            reshares, seeded.nextInt(4) == 0, seeded.nextInt(reshares ? 9 : 6), seeded.nextBoolean()));
                }
                String victim =
                        ring.providers().get(seeded.nextInt(ring.providers().size()));
                long delay = seeded.nextLong(15);
                int held = (int) plans.stream().filter(plan -> !plan.client()).count();
                Round round = new Round(held);
                List<Future<Outcome>> outcomes = new ArrayList<>();
                CountDownLatch broken = new CountDownLatch(plans.size());
                CountDownLatch healthy = new CountDownLatch(1);
                for (int i = 0; i < plans.size(); i++) {
                    Changing user = users.get(i);
                    Plan plan = plans.get(i);
                    outcomes.add(threads.submit(() -> change(logins, user, plan, round, broken, healthy)));
                }
                round.reached.await();
                round.sending.countDown();
                if (held > 0) {
                    Thread.sleep(delay);
                    ring.end(victim);
                    kills++;
                }
                round.killed.countDown();
                broken.await();
                if (held > 0) {
                    ring.revive(victim);
                    awaitAnswers(victim);
                }
                healthy.countDown();
                for (int i = 0; i < plans.size(); i++) {
                    Outcome outcome = outcomes.get(i).get();
                    Plan plan = plans.get(i);
                    clients += plan.client() ? 1 : 0;
                    steps.merge(outcome.step(), 1, Integer::sum);
                    if (outcome.works() == outcome.old()) {
                        wrong.add(users.get(i).text + ", " + plan + ", " + victim + " at " + outcome.step() + ": "
                                + (outcome.works() ? "both passwords work" : "no password works"));
                    }
                    done += outcome.works() && !plan.reshares() ? 1 : 0;
                    stayed += outcome.works() ? 0 : 1;
                }
                System.out.println(begun + " of " + count + ", wrong: " + wrong);
            }
        }
        objects += end(users);
        return new Changes(count, kills, clients, done, stayed, objects, steps, wrong);
    }

    private static int end(List<Changing> users) {
        int objects = users.stream().mapToInt(user -> user.put.size()).sum();
        users.forEach(Changing::close);
        users.clear();
        return objects;
    }

    /** One change, and what works after it. */
    private Outcome change(
            Logins logins, Changing user, Plan plan, Round round, CountDownLatch broken, CountDownLatch healthy)
            throws Exception {
        byte[] next = plan.reshares() ? user.password : user.next();
        String step;
        try {
            byte[] content = LoginTest.bytes("object of " + user.text + " before " + new String(next, UTF_8));
            try (Session session = login(logins, user.name, user.password, user.device);
                    Interlock owner = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
                user.put.put(TestRing.put(owner, content).object(), content);
            }
        } catch (InterlockException e) {
            // In peace nothing fails: the others aren't left waiting for this one.
            round.reached.countDown();
            broken.countDown();
            throw e;
        }
        try {
            step = broken(user, next, plan, round);
        } finally {
            broken.countDown();
        }
        healthy.await();
        boolean works = opens(logins, user, next);
        boolean old = !plan.reshares() && opens(logins, user, user.password);
        user.password = works ? next : user.password;
        return new Outcome(step, works, old);
    }

    /** @return at which message it broke off */
    private String broken(Changing user, byte[] next, Plan plan, Round round) throws InterruptedException {
        AtomicInteger sent = new AtomicInteger();
        AtomicReference<String> step = new AtomicReference<>();
        try (Logins logins = logins();
                Session session = login(logins, user.name, user.password, user.device)) {
            // That isn't of the messages that are counted.
            if (!session.awaitTold(PATIENCE)) {
                throw new IllegalStateException("in peace nobody is told of a login");
            }
            logins.onSend((what, node) -> {
                int now = sent.getAndIncrement();
                if (plan.client() && (now > plan.at() || (now == plan.at() && plan.before()))) {
                    step.compareAndSet(null, what);
                    throw new Gone();
                }
                if (!plan.client() && now == plan.at()) {
                    step.set(what);
                    round.hold(plan.before());
                }
            });
            if (plan.reshares()) {
                new Accounts(logins).reshare(session);
            } else {
                new Accounts(logins).change(session, next, LoginTest.quick());
            }
        } catch (InterlockException e) {
            // It broke off.
        } finally {
            if (!plan.client() && step.get() == null) {
                round.reached.countDown();
            }
        }
        return Optional.ofNullable(step.get()).orElse("the end");
    }

    private void awaitAnswers(String node) {
        Await.until(node + " answers", PATIENCE, () -> answers(node));
    }

    /** Whether a node has begun to answer. */
    private boolean answers(String node) {
        try (Peers peers = new Peers(Optional.empty(), ring.deadlines())) {
            byte[] _ = peers.to(ring.descriptor().node(node).orElseThrow())
                    .call(HttpMethod.GET, "/log/head", Optional.empty(), new byte[0]);
            return true;
        } catch (InterlockException e) {
            return false;
        }
    }

    /** A success that was lost with its provider stays counted, and the pauses grow: they are waited for. */
    private static Session login(Logins logins, UserName name, byte[] password, SecretBytes device)
            throws InterruptedException {
        while (true) {
            try {
                return logins.login(name, Lock.Kind.PASSWORD, password, device);
            } catch (RefusedException e) {
                if (!e.getMessage().contains("try again in")) {
                    throw e;
                }
                Thread.sleep(PAUSE);
            }
        }
    }

    private boolean opens(Logins logins, Changing user, byte[] password) throws InterruptedException {
        UserName name = user.name;
        try (Session session = login(logins, name, password, user.device);
                Interlock owner = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
            user.put.forEach((object, content) -> {
                if (!Arrays.equals(TestRing.get(owner, object), content)) {
                    wrong.add(object + " of " + name + " opens as something else");
                }
            });
            return true;
        } catch (RefusedException e) {
            if (!e.getMessage().contains("is wrong")) {
                wrong.add(name + ": " + e.getMessage());
            }
            return false;
        } catch (InterlockException e) {
            wrong.add(name + ": " + e.getMessage());
            return false;
        }
    }

    // ---- Commands ----

    KilledCommands.Outcome commands(int count) throws Exception {
        ring.names().forEach(this::awaitAnswers);
        return new KilledCommands(ring, Files.createDirectory(dir.resolve("home")), seeded)
                .run(count, (logins, text, password, code) -> enrol(logins, text, password, Optional.of(code)));
    }

    // ---- Guesses ----

    /**
     * What became of guesses.
     *
     * @param answered how many guesses each provider answered
     * @param kills how often each was killed
     * @param locked who says in the end that no guess is answered for a long time: it has counted just as many as are allowed
     * @param owner how often the owner's device got in meanwhile
     */
    record Guesses(
            int asked,
            Map<String, Integer> answered,
            Map<String, Integer> kills,
            List<String> locked,
            int owner,
            int ownerRefused) {
        /** Each has counted just as many, and answered them but for those that its ends took along: a guess counts before its answer. */
        boolean good(int most) {
            return ownerRefused == 0
                    && owner > 0
                    && locked.size() == answered.size()
                    && answered.entrySet().stream()
                            .allMatch(each -> each.getValue() <= most
                                    && each.getValue() + kills.getOrDefault(each.getKey(), 0) >= most);
        }
    }

    /**
     * @param count decided by each provider at least
     * @param lasting at least
     */
    Guesses guesses(int count, Duration lasting, int kills) throws Exception {
        byte[] password = LoginTest.bytes("the right one");
        RingDescriptor descriptor = ring.descriptor();
        Map<String, AtomicInteger> answered = new TreeMap<>();
        Map<String, AtomicInteger> decided = new TreeMap<>();
        ring.providers().forEach(node -> {
            answered.put(node, new AtomicInteger());
            decided.put(node, new AtomicInteger());
        });
        Map<String, Integer> killed = new TreeMap<>();
        List<String> locked = new ArrayList<>();
        int owner = 0;
        int refused = 0;
        try (Logins logins = logins();
                SecretBytes device = SecretBytes.random(32, random)) {
            ring.names().forEach(this::awaitAnswers);
            UserName name = enrol(logins, "guessed", password);
            LoginRecord record;
            try (Session session = logins.login(name, Lock.Kind.PASSWORD, password, device)) {
                record = session.record().record();
                try (Credential user = session.credential()) {
                    Await.until(
                            "all know the owner's device",
                            PATIENCE,
                            () -> new Accounts(logins)
                                            .devices(user, name)
                                            .devices()
                                            .size()
                                    == ring.providers().size());
                }
            }
            long end = System.nanoTime() + lasting.toNanos();
            List<Future<?>> clients = new ArrayList<>();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int client = 0; client < CLIENTS; client++) {
                    clients.add(threads.submit(() -> {
                        byte[] question = LoginGuesses.question(record, random);
                        try (Peers peers = new Peers(Optional.empty(), ring.deadlines())) {
                            while (System.nanoTime() < end
                                    || decided.values().stream().anyMatch(each -> each.get() * 3 < count)) {
                                for (String node : ring.providers()) {
                                    ask(peers, descriptor, node, record, question, answered, decided);
                                }
                                if (decided.values().stream().allMatch(each -> each.get() * 3 >= count)) {
                                    // What is left is to be there when a pause ends.
                                    Thread.sleep(PAUSE);
                                }
                            }
                            return true;
                        }
                    }));
                }
                for (int kill = 0; kill < kills; kill++) {
                    Thread.sleep(lasting.toMillis() / (kills + 1));
                    String victim =
                            ring.providers().get(seeded.nextInt(ring.providers().size()));
                    ring.kill(victim, Duration.ofMillis(seeded.nextInt(500)));
                    killed.merge(victim, 1, Integer::sum);
                    try {
                        login(logins, name, password, device).close();
                        owner++;
                    } catch (InterlockException e) {
                        System.err.println(e.getMessage());
                        refused++;
                    }
                }
            }
            for (Future<?> client : clients) {
                client.get();
            }
            try (Peers peers = new Peers(Optional.empty(), ring.deadlines())) {
                byte[] question = LoginGuesses.question(record, random);
                for (String node : ring.providers()) {
                    try {
                        byte[] _ = LoginGuesses.evaluate(peers, descriptor, node, record, question, random);
                        answered.get(node).incrementAndGet();
                    } catch (RefusedException e) {
                        if (e.untilAllowed()
                                .filter(wait -> wait.compareTo(LOCKED) > 0)
                                .isPresent()) {
                            locked.add(node);
                        }
                    }
                }
            }
        }
        Map<String, Integer> counts = new TreeMap<>();
        answered.forEach((node, each) -> counts.put(node, each.get()));
        return new Guesses(
                decided.values().stream().mapToInt(AtomicInteger::get).sum(), counts, killed, locked, owner, refused);
    }

    private void ask(
            Peers peers,
            RingDescriptor descriptor,
            String node,
            LoginRecord record,
            byte[] question,
            Map<String, AtomicInteger> answered,
            Map<String, AtomicInteger> decided)
            throws InterruptedException {
        try {
            byte[] _ = LoginGuesses.evaluate(peers, descriptor, node, record, question, random);
            answered.get(node).incrementAndGet();
            decided.get(node).incrementAndGet();
        } catch (RefusedException e) {
            if (e.getMessage().contains("answers no more guesses")) {
                decided.get(node).incrementAndGet();
            }
        } catch (InterlockException e) {
            // It is down, or has more to do than it may.
            Thread.sleep(20);
        }
    }

    public static void main(String[] args) throws Exception {
        String what = args[0];
        int count = Integer.parseInt(args[1]);
        long seed = args.length > 2 ? Long.parseLong(args[2]) : System.nanoTime();
        System.out.println("seed " + seed);
        Path dir = Files.createTempDirectory("interlock-logins-");
        boolean good;
        try (LoginTable table = new LoginTable(dir, seed)) {
            if (what.equals("passwd")) {
                Changes changes = table.changes(count);
                System.out.println(changes);
                good = changes.good();
            } else if (what.equals("commands")) {
                KilledCommands.Outcome outcome = table.commands(count);
                System.out.println(outcome);
                good = outcome.good();
            } else {
                Guesses guesses = table.guesses(count, ALL_PAUSES, 6);
                System.out.println(guesses);
                good = guesses.good(10);
            }
        } finally {
            try (Stream<Path> all = Files.walk(dir)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(path);
                }
            }
        }
        System.exit(good ? 0 : 1);
    }
}
