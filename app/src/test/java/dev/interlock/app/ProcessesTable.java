package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.Interlock;
import dev.interlock.client.Renewed;
import dev.interlock.client.login.Accounts;
import dev.interlock.client.login.Logins;
import dev.interlock.client.login.Session;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.log.Event;
import dev.interlock.node.log.Line;
import dev.interlock.node.log.LogCheck;
import dev.interlock.node.store.Engine;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.error.UnsettledException;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.RootSecret;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.PassedRequest;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.Peer;
import dev.interlock.wire.Peers;
import dev.interlock.wire.TlsIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One provider in several processes behind one address, which serve at once, under load: one is killed, one is stopped for longer than
 * its lease, one is added, and nothing breaks but what ran there. {@code -Dinterlock.processes.minutes=10} goes on for so long, and
 * {@code -Dinterlock.processes.erasure=PT0S} erases keys at once.
 */
@Timeout(1800)
final class ProcessesTable {
    private static final Duration LIMIT = Duration.ofSeconds(300);
    private static final int MINUTES = Integer.getInteger("interlock.processes.minutes", 0);

    private static final int SECONDS = Integer.getInteger("interlock.processes.seconds", 10);
    /** Each there and back, after one that warms up. */
    private static final int TURNS = Integer.getInteger("interlock.processes.turns", 3);

    private static final String ERASURE = System.getProperty("interlock.processes.erasure", "PT1M");

    /** Nobody is given up for being slow, on a machine that runs all of it: what fails here was broken off. */
    private static final Duration STALL = Duration.ofSeconds(90);

    private static final int USERS = 9;
    /** Between a clock that is read and a line that is written by it, in another process. */
    private static final Duration APART = Duration.ofMillis(50);

    private static final byte[] PASSWORD = LoginTest.bytes("correct horse battery staple");
    private static final int MOST = 4;

    @TempDir
    private Path dir;

    private final List<ProviderProcess> processes = new ArrayList<>();
    private final List<Death> deaths = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();

    @AfterEach
    void end() {
        over.set(true);
        processes.forEach(ProviderProcess::close);
    }

    private ProviderProcess start(TestRing ring, int port) throws IOException {
        ProviderProcess started = new ProviderProcess(
                ring.node("cc1"),
                port,
                dir.resolve("log-" + processes.size()),
                "--stall",
                Long.toString(STALL.toSeconds()));
        processes.add(started);
        return started;
    }

    /** Has a provider that stands still served by as many processes at once, over PostgreSQL and S3. */
    private static void severalServe(TestRing ring, int most) throws IOException {
        Path conf = ring.node("cc1").resolve("store.conf");
        Files.writeString(conf, Files.readString(conf).replace("erasure=PT1M", "erasure=" + ERASURE));
        Files.writeString(ring.node("cc1").resolve("processes"), most + "\n");
    }

    /**
     * One that died, or didn't answer any more.
     *
     * @param port where it listened
     * @param log in which it told what it let in
     * @param from when it was killed, or stopped
     * @param until nothing goes there any more
     */
    private record Death(int port, Path log, Instant from, Instant until) {}

    /** Which of the processes this is. */
    private static Path logOf(TestRing ring, ProviderProcess process) throws IOException {
        for (Path pid : NodeFolder.open(ring.node("cc1")).ofAllProcesses("pid")) {
            if (Files.exists(pid)
                    && Files.readString(pid)
                            .strip()
                            .lines()
                            .findFirst()
                            .orElse("")
                            .equals(Long.toString(process.pid()))) {
                return pid.resolveSibling("audit.log");
            }
        }
        throw new IllegalStateException("no process of cc1 has the pid " + process.pid());
    }

    private void kill(TestRing ring, ProviderProcess victim) throws IOException {
        Path log = logOf(ring, victim);
        Instant from = Instant.now();
        victim.kill();
        deaths.add(new Death(victim.port(), log, from, Instant.now()));
    }

    private static void awaitServing(ProviderProcess process) {
        Await.until("it serves", LIMIT, () -> process.log().contains("cc1 serves the ring"));
    }

    /** An operation that a user was told of that it failed, at a step of its load. */
    private record Failure(int step, Instant begun, Instant ended, String why) {
        @Override
        public String toString() {
            return step + " " + why;
        }
    }

    /** What one user does, and what became of it. */
    private final class Load {
        private final TestRing ring;
        private final Interlock user;
        private final String key;
        private final Map<ObjectId, byte[]> there = new ConcurrentHashMap<>();
        private final Set<ObjectId> gone = ConcurrentHashMap.newKeySet();
        private final List<Failure> failures = new CopyOnWriteArrayList<>();
        private final List<String> wrong = new CopyOnWriteArrayList<>();
        private final AtomicLong done = new AtomicLong();
        private final Thread thread;

        private final Logins logins;
        private final UserName name;

        /**
         * @param credential the file with the user's
         * @param name under which the user logs in as well
         */
        Load(TestRing ring, Interlock user, String credential, Logins logins, String name) {
            try (Credential own = ring.credential(credential)) {
                this.key = own.publicKey(ring.descriptor().id(), "cc1").toString();
            }
            this.logins = logins;
            this.name = new UserName(name);
            this.ring = ring;
            this.user = user;
            this.thread = Thread.ofVirtual().start(this::run);
        }

        private void run() {
            for (int i = 0; !over.get(); i++) {
                Instant begun = Instant.now();
                try {
                    step(i);
                    done.incrementAndGet();
                } catch (NodeException | TooFewProvidersException | UnsettledException e) {
                    // Its session ended with the process; what isn't settled wasn't acknowledged.
                    failures.add(new Failure(i, begun, Instant.now(), String.valueOf(e.getMessage())));
                    LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
                } catch (RefusedException e) {
                    // So, too, where its next request came to another process.
                    if (String.valueOf(e.getMessage()).contains("has no session")) {
                        failures.add(new Failure(i, begun, Instant.now(), e.toString()));
                    } else {
                        wrong.add(i + " " + e);
                    }
                } catch (RuntimeException | Error e) {
                    // Anything else is a wrong answer.
                    wrong.add(i + " " + e);
                }
            }
        }

        private void step(int i) {
            byte[] bytes = TestRing.random(i % 2 == 0 ? 100 : 200_000);
            ObjectId object = TestRing.put(user, bytes).object();
            there.put(object, bytes);
            check(object, bytes);
            if (i % 4 == 1) {
                login();
            }
            if (i % 3 == 2) {
                ObjectId victim = there.keySet().stream()
                        .skip(ThreadLocalRandom.current().nextInt(there.size()))
                        .findFirst()
                        .orElseThrow();
                there.remove(victim);
                destroy(victim);
                gone.add(victim);
                requireGone(victim);
            }
        }

        private void login() {
            try (SecretBytes device = SecretBytes.random(32, new SecureRandom());
                    Session session = logins.login(name, Lock.Kind.PASSWORD, PASSWORD, device)) {
                assertThat(session.record().record().name()).isEqualTo(name);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private void destroy(ObjectId victim) {
            try {
                user.destroy(victim, ring.providers(), _ -> {});
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private void check(ObjectId object, byte[] bytes) {
            if (!Arrays.equals(
                    TestRing.get(
                            user, object, "cc1", ThreadLocalRandom.current().nextBoolean() ? "cc2" : "cc3"),
                    bytes)) {
                wrong.add("other bytes of " + object);
            }
        }

        private void requireGone(ObjectId object) {
            try {
                byte[] _ = TestRing.get(user, object, "cc1", "cc2");
                wrong.add(object + " was destroyed, and is there");
            } catch (InterlockException e) {
                if (!String.valueOf(e.getMessage()).contains("destroyed")) {
                    throw e; // it isn't reached
                }
            }
        }

        long done() {
            return done.get();
        }
    }

    @Test
    void severalServeAtOnce() throws Exception {
        int free = TestRing.freePorts(MOST);
        try (TestRing ring = TestRing.start(
                        dir, 2, 3, STALL, name -> name.equals("cc1") ? Engine.POSTGRES_S3 : Engine.EMBEDDED);
                Logins logins = LoginTest.logins(ring)) {
            ring.stop("cc1");
            severalServe(ring, MOST);
            int address = ring.descriptor().provider("cc1").orElseThrow().card().port();
            List<Load> loads = new ArrayList<>();
            List<Balancer.Cut> cuts = new ArrayList<>();
            try (Balancer balancer = new Balancer(address, List.of(free, free + 1, free + 2))) {
                for (int i = 0; i < 3; i++) {
                    var _ = start(ring, free + i);
                }
                processes.forEach(ProcessesTable::awaitServing);
                // They have just started, and answer slowly.
                for (int i = 0; i < 6; i++) {
                    Token _ = eventually(() -> ring.put(TestRing.random(100)));
                }
                for (String name : List.of("alice", "bob", "carol")) {
                    enrol(ring, logins, name);
                }
                loads.add(new Load(ring, ring.owner(), "credential", logins, "alice"));
                loads.add(new Load(ring, ring.other(), "other", logins, "bob"));
                goOn(loads, 2);
                requireAttackersRefused(ring, List.of(free, free + 1, free + 2));
                requireGuessesCounted(ring, logins, List.of(free, free + 1, free + 2));

                // The fourth comes, and one of the three is killed: the others go on.
                ProviderProcess fourth = start(ring, free + 3);
                kill(ring, processes.get(1));
                goOn(loads, 2);
                awaitServing(fourth);
                balancer.add(free + 3);
                goOn(loads, 2);

                // One stands still for longer than its lease, and is none of them any more.
                Path stopped = logOf(ring, processes.get(2));
                Instant from = Instant.now();
                processes.get(2).signal("STOP");
                Await.until(
                        "it is taken for dead",
                        LIMIT,
                        () -> processes.stream()
                                .anyMatch(each -> each.isAlive() && each.log().contains("is taken for dead")));
                balancer.remove(free + 2);
                deaths.add(new Death(free + 2, stopped, from, Instant.now()));
                goOn(loads, 2);
                processes.get(2).signal("CONT");
                assertThat(processes.get(2).end()).isEqualTo(1);
                assertThat(processes.get(2).log()).contains("taken this one for dead");
                goOn(loads, 2);
                long end = System.nanoTime() + Duration.ofMinutes(MINUTES).toNanos();
                for (int round = 0; System.nanoTime() < end; round++) {
                    // Each in turn dies and comes back at its port.
                    ProviderProcess victim = processes.stream()
                            .filter(ProviderProcess::isAlive)
                            .toList()
                            .get(0);
                    if (round % 4 == 3) {
                        Path log = logOf(ring, victim);
                        Instant began = Instant.now();
                        victim.signal("STOP");
                        balancer.remove(victim.port());
                        Thread.sleep(Duration.ofSeconds(15));
                        victim.signal("CONT");
                        assertThat(victim.end()).isEqualTo(1);
                        deaths.add(new Death(victim.port(), log, began, Instant.now()));
                    } else {
                        kill(ring, victim);
                    }
                    balancer.remove(victim.port());
                    goOn(loads, 3);
                    awaitServing(start(ring, victim.port()));
                    balancer.add(victim.port());
                    goOn(loads, 3);
                    System.out.println("round " + round + ": " + summary(loads));
                }
                over.set(true);
                for (Load load : loads) {
                    load.thread.join();
                }
                System.out.println(summary(loads));
                cuts.addAll(balancer.cuts());
                for (Load load : loads) {
                    assertThat(load.wrong).isEmpty();
                    load.there.forEach(load::check);
                    load.gone.forEach(load::requireGone);
                    assertThat(load.wrong).isEmpty();
                }
            }
            assertThat(processes).filteredOn(ProviderProcess::isAlive).hasSizeGreaterThan(1);
            assertThat(NodeProcess.stop(List.of(new NodeProcess(ring.node("cc1")))))
                    .isEqualTo(1);
            assertThat(processes).noneMatch(ProviderProcess::isAlive);
            for (Load load : loads) {
                assertThat(unexplained(ring, load, cuts))
                        .as("what failed, and ran in no process that died")
                        .isEmpty();
            }
            requireSoundLogs(ring);
        }
    }

    /**
     * Failures that no death explains: of each the log of a process that died meanwhile must tell that something of it ran there, a
     * request of its user's or one for a session of that operation, before it died; or a request was under way there that it hadn't let in
     * yet, on a connection that ended with it.
     */
    private List<Failure> unexplained(TestRing ring, Load load, List<Balancer.Cut> cuts) throws IOException {
        Map<Path, List<Line>> lines = new HashMap<>();
        for (Path log : NodeFolder.open(ring.node("cc1")).logs().values()) {
            List<Line> all = new ArrayList<>();
            LogCheck _ = LogCheck.verify(log, Optional.empty(), all::add);
            lines.put(log, all);
        }
        return load.failures.stream()
                .filter(failure -> {
                    Set<String> sessions = lines.values().stream()
                            .flatMap(List::stream)
                            .filter(line -> line.event() == Event.ORDERED
                                    && load.key.equals(line.fields().get("user"))
                                    && isWithin(line.time(), failure.begun(), failure.ended()))
                            .map(line -> line.field("session"))
                            .collect(Collectors.toSet());
                    return deaths.stream()
                            .filter(death -> !death.until().isBefore(failure.begun())
                                    && death.from().isBefore(failure.ended()))
                            .noneMatch(death -> wasCut(failure, death, cuts)
                                    || lines.get(death.log()).stream()
                                            .filter(line -> isWithin(line.time(), failure.begun(), death.until()))
                                            .anyMatch(line -> load.key.equals(
                                                            line.fields().get("user"))
                                                    || sessions.contains(String.valueOf(
                                                            line.fields().get("session")))));
                })
                .toList();
    }

    private static boolean wasCut(Failure failure, Death death, List<Balancer.Cut> cuts) {
        return failure.why().contains("broke off the connection")
                && cuts.stream()
                        .anyMatch(cut -> cut.port() == death.port()
                                && !cut.at().isBefore(death.from().minus(APART))
                                && isWithin(cut.at(), failure.begun(), failure.ended())
                                && !cut.sent().isBefore(failure.begun().minus(APART)));
    }

    private static boolean isWithin(Instant time, Instant from, Instant until) {
        return !time.isBefore(from.minus(APART)) && !time.isAfter(until.plus(APART));
    }

    /** A provider that deals, in two processes: each deals for both, to itself by way of the other, too, and once for each session. */
    @Test
    void twoThatDeal() throws Exception {
        int free = TestRing.freePorts(2);
        List<Integer> ports = List.of(free, free + 1);
        List<String> dealing = List.of("cc1", "cc3");
        try (TestRing ring = TestRing.start(
                dir, 2, 3, STALL, 0, dealing, name -> name.equals("cc1") ? Engine.POSTGRES_S3 : Engine.EMBEDDED)) {
            ring.stop("cc1");
            severalServe(ring, 2);
            int address = ring.descriptor().provider("cc1").orElseThrow().card().port();
            try (Balancer balancer = new Balancer(address, ports)) {
                for (int port : ports) {
                    var _ = start(ring, port);
                }
                processes.forEach(ProcessesTable::awaitServing);
                List<Path> logs = List.of(logOf(ring, processes.get(0)), logOf(ring, processes.get(1)));
                Map<ObjectId, byte[]> objects = new LinkedHashMap<>();
                // Each user has connections of its own, which come to either process.
                for (int i = 0; i < 6 || !haveDealt(logs); i++) {
                    assertThat(i).as("both deal").isLessThan(60);
                    byte[] bytes = TestRing.random(i % 2 == 0 ? 100 : 200_000);
                    try (Interlock user = ring.client("credential")) {
                        Token token = eventually(() -> TestRing.put(user, bytes));
                        assertThat(token.dealers()).isEqualTo(dealing);
                        objects.put(token.object(), bytes);
                    }
                }
                List<ObjectId> ids = List.copyOf(objects.keySet());
                assertThat(ring.owner().replace(ids, Duration.ZERO, _ -> {}))
                        .allMatch(each -> each instanceof Renewed.Done);
                assertThat(ring.owner().refresh(ids, Duration.ZERO, _ -> {}))
                        .allMatch(each -> each instanceof Renewed.Done);
                objects.forEach(
                        (id, bytes) -> assertThat(ring.get(id, "cc1", "cc2")).isEqualTo(bytes));
                requireDealtOnce(ring, ports);

                processes.get(0).kill();
                balancer.remove(ports.get(0));
                byte[] bytes = TestRing.random(200_000);
                ObjectId after = eventually(() -> ring.put(bytes).object());
                assertThat(ring.get(after, "cc1", "cc2")).isEqualTo(bytes);
                objects.forEach(
                        (id, each) -> assertThat(ring.get(id, "cc1", "cc3")).isEqualTo(each));
            }
            assertThat(NodeProcess.stop(List.of(new NodeProcess(ring.node("cc1")))))
                    .isEqualTo(1);
            requireSoundLogs(ring);
        }
    }

    /** Those of all of cc1's processes, by the command. */
    private static void requireSoundLogs(TestRing ring) {
        var _ = InProcess.run(
                        "log",
                        "verify",
                        ring.node("cc1"),
                        "--ring",
                        ring.folder().path().resolve("ring"))
                .expect(0);
    }

    private static boolean haveDealt(List<Path> logs) throws IOException {
        for (Path log : logs) {
            if (!Files.readString(log).contains(" DEALT ")) {
                return false;
            }
        }
        return true;
    }

    /** One order to deal, at both processes at once: two pads under one name would be the end of it. */
    private static void requireDealtOnce(TestRing ring, List<Integer> ports) throws Exception {
        try (RawUser user = RawUser.of(ring, "credential");
                HandWrite write = new HandWrite(user, new byte[100])) {
            List<Peer.Call> calls = new ArrayList<>();
            for (int port : ports) {
                user.at("cc1", port);
                calls.add(write.deal());
            }
            // Nobody has taken its sessions, so the one that deals waits.
            CompletableFuture<String> refused = new CompletableFuture<>();
            for (Peer.Call call : calls) {
                Thread.ofVirtual().start(() -> {
                    try {
                        byte[] _ = call.complete(LIMIT);
                        refused.complete("dealt");
                    } catch (RuntimeException e) {
                        refused.complete(String.valueOf(e.getMessage()));
                    }
                });
            }
            assertThat(refused.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).contains("dealt to the session");
            calls.forEach(Peer.Call::cancel);
        }
    }

    /** What a minute of many users is served with one process, two and three, by turns, each with its share of them. */
    @Test
    void throughput() throws Exception {
        int free = TestRing.freePorts(MOST);
        List<Integer> ports = List.of(free, free + 1, free + 2);
        Map<Integer, List<Rates>> measured = new TreeMap<>();
        try (TestRing ring =
                TestRing.start(dir, 2, 3, STALL, name -> name.equals("cc1") ? Engine.POSTGRES_S3 : Engine.EMBEDDED)) {
            ring.stop("cc1");
            severalServe(ring, ports.size());
            int address = ring.descriptor().provider("cc1").orElseThrow().card().port();
            try (Balancer balancer = new Balancer(address, ports)) {
                for (int port : ports) {
                    var _ = start(ring, port);
                }
                processes.forEach(ProcessesTable::awaitServing);
                // There and back, so that what warms up, or grows, favours none.
                for (int turn = 0; turn < 2 * TURNS; turn++) {
                    for (int i = 1; i <= ports.size(); i++) {
                        int count = turn % 2 == 0 ? i : ports.size() + 1 - i;
                        balancer.serveBy(ports.subList(0, count));
                        Rates rates = rates(ring);
                        assertThat(balancer.passed())
                                .as("each has some of the users")
                                .hasSize(count);
                        if (turn > 0) {
                            measured.computeIfAbsent(count, _ -> new ArrayList<>())
                                    .add(rates);
                        }
                    }
                }
            }
        }
        Rates one = Rates.median(measured.get(1));
        measured.forEach((count, turns) -> {
            Rates rates = Rates.median(turns);
            System.out.printf(
                    Locale.ROOT,
                    "%d processes: %.1f puts/s (%.2f of one's), %.1f gets/s (%.2f of one's)%n",
                    count,
                    rates.puts,
                    rates.puts / one.puts,
                    rates.gets,
                    rates.gets / one.gets);
        });
    }

    /** Operations a second. */
    private record Rates(double puts, double gets) {
        static Rates median(List<Rates> all) {
            return new Rates(
                    all.stream().mapToDouble(Rates::puts).sorted().toArray()[all.size() / 2],
                    all.stream().mapToDouble(Rates::gets).sorted().toArray()[all.size() / 2]);
        }
    }

    /** Of users with connections of their own, who do one operation after the other. */
    private static Rates rates(TestRing ring) throws InterruptedException {
        List<Interlock> users =
                Stream.generate(() -> ring.client("credential")).limit(USERS).toList();
        try {
            byte[] bytes = TestRing.random(100);
            List<ObjectId> objects = new CopyOnWriteArrayList<>();
            // The first put makes the connections, which those before may have lost.
            for (Interlock user : users) {
                objects.add(eventually(() -> TestRing.put(user, bytes).object()));
            }
            double puts = perSecond(
                    users, user -> objects.add(TestRing.put(user, bytes).object()));
            double gets = perSecond(users, user -> {
                ObjectId object = objects.get(ThreadLocalRandom.current().nextInt(objects.size()));
                assertThat(TestRing.get(user, object, "cc1", "cc2")).isEqualTo(bytes);
            });
            return new Rates(puts, gets);
        } finally {
            users.forEach(Interlock::close);
        }
    }

    private static <T> T eventually(Supplier<T> attempt) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            try {
                return attempt.get();
            } catch (InterlockException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
            }
        }
    }

    /** A failure fails the run: what wasn't served isn't counted away. */
    private static double perSecond(List<Interlock> users, Consumer<Interlock> operation) throws InterruptedException {
        AtomicLong done = new AtomicLong();
        long begun = System.nanoTime();
        long end = begun + Duration.ofSeconds(SECONDS).toNanos();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (Interlock user : users) {
                running.add(threads.submit(() -> {
                    while (System.nanoTime() < end) {
                        operation.accept(user);
                        done.incrementAndGet();
                    }
                }));
            }
            for (Future<?> each : running) {
                try {
                    each.get();
                } catch (ExecutionException e) {
                    throw new AssertionError("an operation failed", e.getCause());
                }
            }
        }
        return done.get() * 1e9 / (System.nanoTime() - begun);
    }

    private static String summary(List<Load> loads) {
        return loads.stream().mapToLong(Load::done).sum() + " done, "
                + loads.stream().mapToLong(load -> load.there.size()).sum() + " objects there, "
                + loads.stream().mapToLong(load -> load.gone.size()).sum() + " destroyed, "
                + loads.stream().mapToLong(load -> load.failures.size()).sum() + " failed, wrong: "
                + loads.stream().flatMap(load -> load.wrong.stream()).toList()
                + loads.stream()
                        .flatMap(load -> load.failures.stream())
                        .map(failure -> failure.why().replaceAll("[0-9a-f]{8,}", ""))
                        .collect(Collectors.groupingBy(failure -> "\n  " + failure, Collectors.counting()));
    }

    private static void enrol(TestRing ring, Logins logins, String name) {
        UserName user = new UserName(name);
        try (RootSecret root = RootSecret.random(new SecureRandom())) {
            var _ = eventually(() -> {
                try {
                    return new Accounts(logins)
                            .enrol(
                                    user,
                                    root,
                                    PASSWORD,
                                    LoginTest.quick(),
                                    Optional.empty(),
                                    LoginTest.tickets(ring, user));
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    }

    /** Three guesses at once and one more, whichever processes are asked. */
    private static void requireGuessesCounted(TestRing ring, Logins logins, List<Integer> ports) throws Exception {
        SecureRandom random = new SecureRandom();
        LoginRecord record;
        try (SecretBytes device = SecretBytes.random(32, random);
                Session session = logins.login(new UserName("carol"), Lock.Kind.PASSWORD, PASSWORD, device)) {
            record = session.record().record();
            assertThat(session.awaitTold(LoginTable.PATIENCE)).isTrue();
        }
        int answered = 0;
        try (Peers peers = new Peers(Optional.empty(), ring.deadlines())) {
            NodeCard card = ring.descriptor().node("cc1").orElseThrow();
            for (int i = 0; i < 6; i++) {
                try {
                    byte[] _ = LoginGuesses.evaluate(
                            peers,
                            card.movedTo("127.0.0.1:" + ports.get(i % ports.size())),
                            ring.descriptor(),
                            record,
                            LoginGuesses.question(record, random),
                            random);
                    answered++;
                } catch (RefusedException e) {
                    assertThat(e.rule()).isEqualTo(RefusedException.Rule.LOCKED_OUT);
                }
            }
        }
        // More only where so much time has passed between two.
        assertThat(answered).isBetween(4, 5);
    }

    /** A request counts once over all processes, a session is its user's wherever it runs, and what processes ask each other nobody else may. */
    private static void requireAttackersRefused(TestRing ring, List<Integer> ports) throws Exception {
        // One that cc1 is to read below.
        Token token = Stream.generate(() -> ring.put(TestRing.random(200_000)))
                .filter(each -> ring.route(each).subList(0, 2).contains("cc1"))
                .findFirst()
                .orElseThrow();
        String object = token.object().toString();
        byte[] nothing = {};
        String header;
        try (RawUser user = RawUser.of(ring, "credential")) {
            header = user.header("cc1", Operation.INFO, object, nothing);
            List<String> answers = new ArrayList<>();
            for (int port : ports) {
                try {
                    byte[] info =
                            user.at("cc1", port).send("cc1", HttpMethod.GET, "/v1/objects/" + object, header, nothing);
                    answers.add(info.length > 0 ? "answered" : "empty");
                } catch (RefusedException e) {
                    answers.add(String.valueOf(e.getMessage()).contains("made before") ? "replayed" : e.getMessage());
                }
            }
            assertThat(answers).containsExactly("answered", "replayed", "replayed");
        }
        // The session of a read, ordered at the first process.
        try (RawUser user = RawUser.of(ring, "credential").at("cc1", ports.get(0));
                RawUser second = RawUser.of(ring, "other");
                HandRead read = new HandRead(user, token)) {
            read.order("cc1");
            String path = "/v1/sessions/" + read.session();
            for (int port : ports) {
                byte[] report = user.at("cc1", port)
                        .call("cc1", HttpMethod.GET, path, Operation.REPORT, read.session(), nothing);
                assertThat(report).isNotEmpty();
                assertThatThrownBy(() -> second.at("cc1", port)
                                .call("cc1", HttpMethod.GET, path, Operation.REPORT, read.session(), nothing))
                        .isInstanceOf(RefusedException.class)
                        .hasMessageContaining("another user's");
            }
            // With the word of a process that it isn't, and by another node of the ring, which has a certificate.
            String passed = "user "
                    + new PassedRequest(
                                    user.credential()
                                            .publicKey(ring.descriptor().id(), "cc1"),
                                    "cc1",
                                    1,
                                    Operation.REPORT,
                                    read.session(),
                                    Sha256.plain(nothing))
                            .encode();
            TlsIdentity other = NodeFolder.open(ring.node("cc2")).tls();
            try (RawUser stranger = RawUser.of(ring, "stranger").at("cc1", ports.get(0));
                    RawUser cc2 = RawUser.withTls(ring, other).at("cc1", ports.get(0))) {
                for (RawUser each : List.of(stranger, cc2)) {
                    assertThatThrownBy(() -> each.passed("cc1", path, passed)).isInstanceOf(RefusedException.class);
                    for (String inside : List.of("end", "finish", "keys")) {
                        assertThatThrownBy(() -> each.peer("cc1")
                                        .call(
                                                HttpMethod.POST,
                                                "/v1/processes/" + inside,
                                                Optional.empty(),
                                                token.id().bytes(),
                                                ring.deadlines().settle()))
                                .isInstanceOf(RefusedException.class)
                                .hasMessageContaining("its own processes");
                    }
                }
            }
            // Ended at another process than its own.
            byte[] _ = user.at("cc1", ports.get(1))
                    .call("cc1", HttpMethod.DELETE, path, Operation.ABANDON, read.session(), nothing);
            assertThatThrownBy(() -> user.at("cc1", ports.get(0))
                            .call("cc1", HttpMethod.GET, path, Operation.REPORT, read.session(), nothing))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("no session");
        }
        assertThat(ring.get(token.object(), "cc1", "cc2")).hasSize(200_000);
    }

    private static void goOn(List<Load> loads, int more) {
        for (Load load : loads) {
            long before = load.done();
            Await.until(
                    Thread.currentThread().getStackTrace()[2] + " it goes on; failed so far: " + load.failures
                            + load.wrong,
                    LIMIT,
                    () -> load.done() >= before + more);
        }
    }
}
