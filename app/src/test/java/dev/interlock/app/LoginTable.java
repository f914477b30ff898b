package dev.interlock.app;

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
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Logins at a ring of processes that are killed: changes of passwords and new shares, broken off at every message by the end of a
 * provider or of the client; and guesses by a hundred clients at once. {@code LoginTable passwd KILLS SEED}, {@code LoginTable
 * guesses COUNT SEED}.
 */
final class LoginTable implements AutoCloseable {
    /** A user's guesses are limited, so that each serves for a few changes. */
    private static final int CHANGES_A_USER = 3;

    private static final Duration PAUSE = Duration.ofSeconds(2);
    private static final int CLIENTS = 100;
    /** After the last pause between guesses, all that are allowed have been answered. */
    private static final Duration ALL_PAUSES = Duration.ofSeconds(240);

    private final KilledRing ring;
    private final SplittableRandom seeded;
    private final SecureRandom random = new SecureRandom();
    private final List<String> wrong = new ArrayList<>();

    LoginTable(Path dir, long seed) throws IOException, InterruptedException {
        this.ring = KilledRing.start(dir.resolve("ring"), 2, 3);
        this.seeded = new SplittableRandom(seed);
    }

    private Logins logins() {
        return new Logins(ring.descriptor(), ring.deadlines(), random, Clock.systemUTC());
    }

    private UserName enrol(Logins logins, String text, byte[] password) throws InterruptedException {
        UserName name = new UserName(text);
        Map<String, String> tickets = new LinkedHashMap<>();
        for (String node : ring.names()) {
            tickets.put(node, new Tickets(NodeFolder.open(ring.node(node))).issue(name, random, Instant.now()));
        }
        try (RootSecret root = RootSecret.random(random)) {
            Accounts.Done done =
                    new Accounts(logins).enrol(name, root, password, LoginTest.quick(), Optional.empty(), tickets);
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

    /** @param steps how often each message's sending was what broke off */
    record Changes(
            int kills, int clients, int done, int stayed, int objects, Map<String, Integer> steps, List<String> wrong) {
        boolean good() {
            return wrong.isEmpty();
        }
    }

    /** A client that is gone: nothing that it would send from then on leaves it. */
    private static final class Gone extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    Changes changes(int kills) throws Exception {
        Map<String, Integer> steps = new TreeMap<>();
        int clients = 0;
        int done = 0;
        int stayed = 0;
        int objects = 0;
        for (int kill = 0; kill < kills; ) {
            String text = "user" + kill;
            byte[] password = LoginTest.bytes("password 0 of " + text);
            try (Logins logins = logins();
                    SecretBytes device = SecretBytes.random(32, random)) {
                UserName name = enrol(logins, text, password);
                Map<ObjectId, byte[]> put = new LinkedHashMap<>();
                for (int change = 0; change < CHANGES_A_USER && kill < kills; change++, kill++) {
                    byte[] content = LoginTest.bytes("object " + kill);
                    try (Session session = login(logins, name, password, device);
                            Interlock user =
                                    Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
                        put.put(TestRing.put(user, content).object(), content);
                    }
                    boolean reshares = seeded.nextInt(4) == 0;
                    byte[] next = reshares ? password : LoginTest.bytes("password " + (change + 1) + " of " + text);
                    String victim = seeded.nextInt(4) == 0
                            ? "client"
                            : ring.providers()
                                    .get(seeded.nextInt(ring.providers().size()));
                    clients += victim.equals("client") ? 1 : 0;
                    String step = broken(name, password, next, reshares, victim, device);
                    steps.merge(step, 1, Integer::sum);
                    boolean works = opens(logins, name, next, device, put);
                    boolean old = !reshares && opens(logins, name, password, device, put);
                    if (works == old) {
                        wrong.add(text + ", change " + change + ", " + victim + " at " + step + ": "
                                + (works ? "both passwords work" : "no password works"));
                        break;
                    }
                    done += works && !reshares ? 1 : 0;
                    stayed += works ? 0 : 1;
                    password = works ? next : password;
                }
                objects += put.size();
                System.out.println(kill + " of " + kills + ", wrong: " + wrong);
            }
        }
        return new Changes(kills, clients, done, stayed, objects, steps, wrong);
    }

    /** @return at which message it broke off */
    private String broken(
            UserName name, byte[] password, byte[] next, boolean reshares, String victim, SecretBytes device)
            throws Exception {
        int at = seeded.nextInt(reshares ? 9 : 6);
        boolean before = seeded.nextBoolean();
        long delay = seeded.nextLong(15);
        AtomicInteger sent = new AtomicInteger();
        List<String> step = new ArrayList<>(List.of("the end"));
        Thread[] killer = new Thread[1];
        try (Logins logins = logins();
                Session session = login(logins, name, password, device)) {
            logins.onSend((what, node) -> {
                int now = sent.getAndIncrement();
                if (victim.equals("client") && (now > at || (now == at && before))) {
                    step.set(0, what);
                    throw new Gone();
                }
                if (!victim.equals("client") && now == at) {
                    step.set(0, what);
                    killer[0] = Thread.ofVirtual().start(() -> kill(victim, before ? 0 : delay));
                }
            });
            if (reshares) {
                new Accounts(logins).reshare(session);
            } else {
                new Accounts(logins).change(session, next, LoginTest.quick());
            }
        } catch (InterlockException e) {
            // It broke off.
        }
        if (killer[0] != null) {
            killer[0].join();
        } else if (!victim.equals("client")) {
            ring.end(victim);
        }
        if (!victim.equals("client")) {
            ring.revive(victim);
        }
        return step.getFirst();
    }

    private void kill(String victim, long delay) {
        try {
            Thread.sleep(delay);
            ring.end(victim);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
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

    private boolean opens(Logins logins, UserName name, byte[] password, SecretBytes device, Map<ObjectId, byte[]> put)
            throws InterruptedException {
        try (Session session = login(logins, name, password, device);
                Interlock user = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
            put.forEach((object, content) -> {
                if (!Arrays.equals(TestRing.get(user, object), content)) {
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

    // ---- Guesses ----

    /**
     * @param answered how many guesses each provider answered
     * @param owner how often the owner's device got in meanwhile
     */
    record Guesses(int asked, Map<String, Integer> answered, int kills, int owner, int ownerRefused) {
        /** Each kill may take an answer along that was counted. */
        boolean good(int most) {
            return ownerRefused == 0
                    && owner > 0
                    && answered.values().stream().allMatch(each -> each <= most && each + kills >= most);
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
        int owner = 0;
        int refused = 0;
        try (Logins logins = logins();
                SecretBytes device = SecretBytes.random(32, random)) {
            UserName name = enrol(logins, "guessed", password);
            LoginRecord record;
            try (Session session = logins.login(name, Lock.Kind.PASSWORD, password, device)) {
                record = session.record().record();
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
        }
        Map<String, Integer> counts = new TreeMap<>();
        answered.forEach((node, each) -> counts.put(node, each.get()));
        return new Guesses(
                decided.values().stream().mapToInt(AtomicInteger::get).sum(), counts, kills, owner, refused);
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
