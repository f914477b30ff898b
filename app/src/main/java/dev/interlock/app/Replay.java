package dev.interlock.app;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.audit.AttackFile;
import dev.interlock.audit.Point.Phase;
import dev.interlock.audit.Sent;
import dev.interlock.client.Fetched;
import dev.interlock.client.GetOptions;
import dev.interlock.client.Interlock;
import dev.interlock.client.Renewed;
import dev.interlock.client.Repaired;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Work;
import dev.interlock.node.store.ObjectState;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.StoredObject;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.message.ObjectInfo;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.wire.Deadlines;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * An attack that the auditor wrote down, made again: honest nodes that are the product's own, corrupt ones in this process, a victim
 * that uses the SDK, and the attackers' messages, each just before the victim's request before which the attack has it. The victim's
 * requests wait meanwhile, as on a slow network. In the end the same is held as by the auditor.
 */
final class Replay implements AutoCloseable {
    private static final String RING = "ring";
    private static final String ELSEWHERE = "elsewhere";
    private static final int LENGTH = 200;
    private static final Duration STALL = Duration.ofSeconds(6);
    /** For the victim's other requests, of which messages are made. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** A provider that hears no end of a write asks the others by then. */
    private static final Duration ASKED_WITHIN = STALL.plusSeconds(8);

    /** What was let in has had its effect when nobody of the attackers saw anything new for so long. */
    private static final Duration QUIET = Duration.ofMillis(300);

    private final AttackFile attack;
    private final Consumer<String> line;
    private final byte[] m = new byte[LENGTH];
    private final Coalition coalition;
    private final CoalitionRing ring;
    private final Optional<CoalitionRing> elsewhere;
    private final AttackMessages messages;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<AttackFile.Step> left;
    private boolean busy;
    private volatile String running = "";

    private final Set<String> blamed = Collections.synchronizedSet(new TreeSet<>());
    private final Set<StatementHash> certified = Collections.synchronizedSet(new HashSet<>());
    private final List<String> broken = Collections.synchronizedList(new ArrayList<>());
    private int lines;
    private int letIn;
    private boolean destroyed;

    /**
     * What it came to.
     *
     * @param sent how many messages the attackers sent, of which so many were let in
     * @param broken which rules didn't hold, and how; empty if all did
     */
    record Result(int sent, int letIn, List<String> broken) {}

    /**
     * @param here which of the honest nodes run in this process, too
     * @param line told of each message and answer, in words
     */
    static Result run(AttackFile attack, Path dir, Predicate<String> here, Consumer<String> line) throws Exception {
        try (Replay replay = new Replay(attack, dir, here, line)) {
            return replay.run();
        }
    }

    private Replay(AttackFile attack, Path dir, Predicate<String> here, Consumer<String> line) throws Exception {
        for (AttackFile.Step step : attack.steps()) {
            requirePlayable(step);
        }
        if (attack.script().equals("login")) {
            throw new BadInputException("an attack on a login can't be made again against real nodes");
        }
        if (!attack.dealing().isEmpty()) {
            throw new BadInputException(
                    "an attack on a ring whose providers deal can't be made again against real nodes");
        }
        this.attack = attack;
        this.line = line;
        this.left = new ArrayDeque<>(attack.steps());
        new SecureRandom().nextBytes(m);
        this.coalition = new Coalition(
                Set.copyOf(attack.corrupt().stream()
                        .filter(name -> name.startsWith("cc"))
                        .toList()),
                m,
                1);
        Predicate<String> inside = name -> coalition.has(name) || here.test(name);
        Deadlines deadlines = Deadlines.stallAfter(STALL);
        this.ring = new CoalitionRing(
                new CoalitionRing.Making(
                        dir.resolve(RING), attack.t(), attack.n(), attack.dealers(), inside, Optional.empty()),
                deadlines);
        try {
            this.elsewhere = attack.script().equals("move")
                    ? Optional.of(new CoalitionRing(
                            new CoalitionRing.Making(
                                    dir.resolve(ELSEWHERE),
                                    attack.t(),
                                    attack.n(),
                                    attack.dealers(),
                                    inside,
                                    Optional.of(ring)),
                            deadlines))
                    : Optional.empty();
        } catch (Exception e) {
            ring.close();
            throw e;
        }
        this.messages = new AttackMessages(ring, coalition, LENGTH, this::said);
        ring.corrupt(Optional.of(coalition));
        elsewhere.ifPresent(there -> there.corrupt(Optional.of(coalition)));
    }

    /** What only the model has: there a provider may answer what the product's own node can't be made to say. */
    private static void requirePlayable(AttackFile.Step step) {
        Sent sent = step.sent();
        boolean playable = switch (sent.kind()) {
            case SIGNS, ANSWERS, DEALS, DEALT, BRING, HAND_OVER, WAITING, TITLE, RESTORE, CHAIN -> false;
            case RECORD, CERTIFIED, GUESS, SUCCESS, SUCCEED, DEAL_LOGIN, LEAVE, FORGET -> false;
            case HOP -> !sent.how().equals("again");
            case SILENT, BLAMES -> !sent.at().startsWith("dealer");
            default -> true;
        };
        if (!playable) {
            throw new BadInputException("\"" + step.words() + "\" can't be made again against real nodes: \""
                    + sent.kind().text() + "\" is in the auditor's model alone");
        }
    }

    // ------------------------------------------------------------------------------------------------------ the play

    private synchronized void tell(String text) {
        lines++;
        line.accept("%3d. %s".formatted(lines, text));
    }

    private synchronized void said(String sent, String to, String answer, boolean in) {
        letIn += in ? 1 : 0;
        tell("the attackers send " + to + (coalition.has(to) ? " (theirs) " : " ") + sent + ". " + to + " " + answer);
    }

    private Result run() throws Exception {
        tell("a ring of " + attack.n() + " providers, of which " + attack.t() + " open an object, and "
                + attack.dealers()
                + (attack.dealers() == 1 ? " dealer; " : " dealers; ") + String.join(", ", attack.corrupt())
                + " and a second user attack");
        try (Interlock owner = ring.open()) {
            watch(owner, ring);
            Optional<ObjectId> object = put(owner);
            if (object.isPresent()) {
                rest(owner, object.get());
            }
            flush("");
            coalition.behave();
            ring.corrupt(Optional.empty());
            elsewhere.ifPresent(there -> there.corrupt(Optional.empty()));
            if (object.isPresent()) {
                verdict(object.get());
            }
        }
        coalition.leak().ifPresent(how -> broken.add("given away: " + how));
        blamed.stream()
                .filter(name -> !attack.corrupt().contains(name))
                .forEach(name -> broken.add("blamed: " + name + " is named, and did nothing wrong"));
        messages.accused(Set.copyOf(attack.corrupt()))
                .forEach(name -> broken.add("blamed: the attackers have evidence against " + name));
        return new Result(lines, letIn, broken.stream().distinct().toList());
    }

    private void watch(Interlock user, CoalitionRing of) {
        user.onLie(
                evidence -> blamed.add(evidence.verify(of.descriptor()).liar().name()));
        user.onRequest((node, operation, subject, body) -> leaving(of, node, operation, subject, body));
    }

    /** What the victim does. */
    private interface Doing {
        String come() throws IOException, InterruptedException;
    }

    private void operation(String name, String words, Doing doing) throws Exception {
        running = name;
        tell("the victim " + words);
        String came;
        try {
            came = doing.come();
        } catch (InterlockException e) {
            came = failed(e);
        }
        flush(name);
        coalition.behave();
        tell("the victim's " + name + ": " + came);
    }

    private String failed(InterlockException e) {
        if (e instanceof IntegrityException integrity) {
            blamed.addAll(integrity.culprits());
        }
        if (e instanceof DestroyedException && !destroyed) {
            broken.add("misled: the victim believes that its object was destroyed: " + e.explanation());
        }
        return "it fails: " + e.explanation();
    }

    private Optional<ObjectId> put(Interlock owner) throws Exception {
        List<ObjectId> stored = new ArrayList<>();
        operation("put", "puts " + LENGTH + " bytes", () -> {
            stored.add(owner.put(Channels.newChannel(new ByteArrayInputStream(m)), m.length)
                    .object());
            return "it is stored, and acknowledged";
        });
        return stored.stream().findFirst();
    }

    private void rest(Interlock owner, ObjectId object) throws Exception {
        List<ObjectId> it = List.of(object);
        switch (attack.script()) {
            case "put and get" -> {}
            case "replace" ->
                operation("replace", "replaces its pad", () -> renewed(owner.replace(it, Duration.ZERO, _ -> {})));
            case "refresh" ->
                operation("refresh", "refreshes its shares", () -> renewed(owner.refresh(it, Duration.ZERO, _ -> {})));
            case "repair" -> {
                String lost = ring.descriptor().providers().stream()
                        .map(Provider::name)
                        .filter(name -> !coalition.has(name))
                        .toList()
                        .getLast();
                ring.lose(lost);
                tell(lost + " loses its disk, and starts anew");
                operation(
                        "repair",
                        "has it repaired at " + lost,
                        () -> repaired(owner.repair(lost, it, Duration.ZERO, _ -> {})));
            }
            case "move" -> {
                CoalitionRing there = elsewhere.orElseThrow();
                try (Interlock to = there.open()) {
                    watch(to, there);
                    operation(
                            "move",
                            "moves it into another ring",
                            () -> renewed(owner.reshare(it, to, Duration.ZERO, _ -> {})));
                }
                return;
            }
            case "destroy" -> {
                destroyed = true;
                operation("destroy", "destroys it", () -> {
                    int missing = owner.destroy(object, List.of(), _ -> {}).missing();
                    return missing == 0 ? "all say that it is gone" : missing + " didn't say that it is gone";
                });
                operation("after", "asks what became of it", () -> {
                    var _ = owner.info(object);
                    return "it is told";
                });
                return;
            }
            default ->
                throw new BadInputException("what the victim does in \"" + attack.script()
                        + "\" can't be made again against real nodes: that is in the auditor's model alone");
        }
        // Whoever is to lie in a pass needs one; what is shown in a lookup counts where parts are held against it.
        boolean pass = attack.steps().stream()
                .filter(step -> operation(step).equals("get"))
                .map(step -> Phase.parse(step.phase()))
                .anyMatch(phase -> phase == Phase.ORDER || phase == Phase.HOP);
        GetOptions.Way way = pass ? GetOptions.Way.RING : GetOptions.Way.DIRECT;
        operation("get", "gets it, " + words(way), () -> got(owner, object, List.of(), way));
        GetOptions.Way other = pass ? GetOptions.Way.DIRECT : GetOptions.Way.RING;
        operation("get once more", "gets it, " + words(other), () -> got(owner, object, List.of(), other));
    }

    private static String words(GetOptions.Way way) {
        return way == GetOptions.Way.RING ? "through the ring" : "part by part from those who have them";
    }

    private String got(Interlock user, ObjectId object, List<String> from, GetOptions.Way way)
            throws IOException, InterruptedException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Fetched fetched = user.get(
                object,
                Channels.newChannel(out),
                new GetOptions(from, Blinding.EXPANDED, Optional.empty(), Optional.empty(), way),
                _ -> {},
                _ -> {});
        blamed.addAll(fetched.found().keySet());
        if (!Arrays.equals(out.toByteArray(), m)) {
            broken.add("lost: a get gives other bytes than were put");
        }
        return "it has its bytes";
    }

    private String renewed(List<Renewed> all) {
        return switch (all.getFirst()) {
            case Renewed.Done _ -> "it is done";
            case Renewed.LeftAlone leftAlone -> {
                leftAlone(leftAlone.why());
                yield "it is left alone: " + leftAlone.why();
            }
            case Renewed.Failed(ObjectId _, InterlockException error) -> failed(error);
        };
    }

    /** There is nothing that a renewal or a move would leave alone: it was destroyed by nobody, and is nowhere else. */
    private void leftAlone(String why) {
        broken.add("misled: the victim leaves its object alone: " + why);
    }

    private String repaired(List<Repaired> all) {
        if (all.isEmpty()) {
            return "there is nothing to repair";
        }
        return all.getFirst() instanceof Repaired.Failed(ObjectId _, InterlockException error)
                ? failed(error)
                : "it is done";
    }

    // ----------------------------------------------------------------------------------- when the attackers' turn
    // comes

    private static Optional<Phase> phase(Operation operation) {
        return switch (operation) {
            case INFO, OPEN, OPEN_ALL, LIST, TITLE, MANIFEST -> Optional.of(Phase.LOOKUP);
            case ORDER -> Optional.of(Phase.ORDER);
            case DEAL, SHARE -> Optional.of(Phase.DEAL);
            case STREAM, BLIND -> Optional.of(Phase.STREAM);
            case ROOT -> Optional.of(Phase.ROOT);
            case TOKEN, RESTORE -> Optional.of(Phase.TOKEN);
            case CHECK -> Optional.of(Phase.CHECK);
            case COMMIT -> Optional.of(Phase.COMMIT);
            case PART, FETCH -> Optional.of(Phase.READ);
            case DESTROY, SCHEDULE_DESTROY, NOTIFY, HAND_OVER -> Optional.of(Phase.COMMAND);
            case SESSION_PART, REPORT, ABANDON, SETTLE, CHANNEL -> Optional.empty();
            case SET_NAMES, FIND_NAMES, LIST_NAMES -> Optional.empty();
            case ENROL, DEAL_LOGIN, LEAVE_LOGIN, EVALUATE, DEVICES -> Optional.empty();
        };
    }

    private static String operation(AttackFile.Step step) {
        return switch (step.run()) {
            case "the lookup elsewhere" -> "move";
            case "the lookup after that" -> "after";
            default -> step.run().replace("'s lookup", "");
        };
    }

    /** Whether the step comes before this request: it, or what comes after it, waits. */
    private boolean waits(AttackFile.Step step, CoalitionRing of, String node, Phase now) {
        boolean there = elsewhere.filter(of::equals).isPresent();
        if (!operation(step).equals(running) || there != step.run().equals("the lookup elsewhere")) {
            return false;
        }
        Phase at = Phase.parse(step.phase());
        if (at == Phase.HOP) {
            // Hops begin once all are ordered; who is to lie in one has to know before.
            at = step.sent().kind() == Sent.Kind.HOP ? Phase.ORDER : Phase.STREAM;
            return now.compareTo(at) >= 0;
        }
        return now.compareTo(at) > 0
                || (now == at && (step.node().isEmpty() || step.node().equals(node)));
    }

    private void leaving(CoalitionRing of, String node, Operation operation, String subject, byte[] body) {
        witness(operation, body);
        if (of == ring && attack.corrupt().contains(node)) {
            messages.learn(running, operation, subject, body);
        }
        Optional<Phase> now = phase(operation);
        if (now.isPresent()) {
            if (now.get() != Phase.LOOKUP) {
                coalition.lookedUp();
            }
            take(step -> waits(step, of, node, now.get()));
        }
    }

    /** All that is left of an operation, or of all. */
    private void flush(String name) {
        take(step -> name.isEmpty() || operation(step).equals(name));
    }

    private void take(Predicate<AttackFile.Step> due) {
        while (true) {
            AttackFile.Step step;
            lock.lock();
            try {
                step = left.peek();
                if (step == null || !due.test(step)) {
                    return;
                }
                if (busy) {
                    changed.awaitUninterruptibly();
                    continue;
                }
                busy = true;
            } finally {
                lock.unlock();
            }
            try {
                perform(step);
            } finally {
                lock.lock();
                try {
                    AttackFile.Step _ = left.remove();
                    busy = false;
                    changed.signalAll();
                } finally {
                    lock.unlock();
                }
            }
        }
    }

    /** What the victim goes by: every generation that it works on is one that it certified itself. */
    private void witness(Operation operation, byte[] body) {
        if (operation == Operation.COMMIT) {
            StatementHash id = Certificate.decode(body).token().id();
            // Whoever shows a certificate that it was shown didn't make it.
            if (running.equals("put")
                    || running.equals("replace")
                    || running.equals("refresh")
                    || running.equals("move")) {
                certified.add(id);
            }
        }
        if (operation == Operation.ORDER) {
            Work work = Statement.decode(Order.decode(body).statement()).work();
            Optional<StatementHash> goesBy = switch (work) {
                case Work.Renewal renewal -> Optional.of(renewal.from());
                case Work.Using using -> Optional.of(using.generation());
                case Work.Write write -> write.continues();
            };
            goesBy.filter(id -> !certified.contains(id))
                    .ifPresent(_ -> broken.add("misled: the victim goes by a generation that it never certified"));
        }
    }

    private void perform(AttackFile.Step step) {
        int before = letIn;
        long end = System.nanoTime() + PATIENCE.toNanos();
        boolean ordered = Phase.parse(step.phase()).compareTo(Phase.ORDER) > 0;
        while (ordered && !messages.knows(running) && System.nanoTime() < end) {
            // Their own order is on its way.
            pause();
        }
        while (true) {
            try {
                send(step.sent());
                break;
            } catch (AttackMessages.NothingToSend e) {
                // Others of the victim's requests go on meanwhile.
                if (System.nanoTime() > end) {
                    tell("the attackers have nothing to send: " + e.getMessage());
                    break;
                }
                pause();
            } catch (InterlockException e) {
                // Told already.
                break;
            }
        }
        if (letIn > before) {
            quiet();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(Sent sent) {
        switch (sent.kind()) {
            case SESSION -> messages.session(sent.how(), sent.of());
            case DEAL -> messages.deal(sent.at(), sent.how(), sent.of());
            case ORDER -> messages.order(sent.at(), sent.how(), sent.of());
            case PASS_ON -> messages.passOn(sent.at(), sent.of());
            case TOKEN -> messages.token(sent.at(), sent.of());
            case STREAM -> messages.zeros(sent.at(), sent.of(), number(sent.how()));
            case CHECK -> messages.check(sent.at(), sent.of());
            case GIVE_UP -> messages.giveUp(sent.at(), sent.of());
            case FETCH -> messages.fetch(sent.at(), sent.of(), sent.how());
            case PART -> messages.part(sent.at(), sent.of(), sent.how());
            case CERTIFICATE -> certificate(sent);
            case ABANDON -> messages.abandon(sent.at(), sent.of());
            case DESTROY -> messages.destroy(sent.at());
            case SETTLE -> messages.settle(sent.at(), sent.of());
            case EARLY -> {
                String[] from = sent.how().split(" ", 2);
                messages.early(from[0], sent.at(), sent.of(), number(from[1]));
            }
            case SILENT, BLAMES, UNCONFIRMED, HOP, SHOWS, DESTROYED, ELSEWHERE -> answers(sent);
            case SIGNS,
                    ANSWERS,
                    DEALS,
                    DEALT,
                    BRING,
                    HAND_OVER,
                    WAITING,
                    TITLE,
                    RESTORE,
                    CHAIN,
                    RECORD,
                    CERTIFIED,
                    GUESS,
                    SUCCESS,
                    SUCCEED,
                    DEAL_LOGIN,
                    LEAVE,
                    FORGET -> throw new IllegalStateException("it was refused before");
        }
    }

    /** A user may show one of its own alone; a provider says it when it is asked what became of the generation. */
    private void certificate(Sent sent) {
        byte[] certificate = messages.shown(sent.how(), sent.of()).encode();
        StatementHash on = messages.generation(sent.on());
        try {
            messages.certificate(sent.at(), sent.how(), sent.of(), sent.on());
        } catch (InterlockException e) {
            String who = new TreeSet<>(coalition.members()).first();
            coalition.become(who, new CoalitionRing.Mischief() {
                @Override
                public Optional<StoredObject> found(StatementHash id, Optional<StoredObject> there) {
                    return id.equals(on) ? there.map(each -> Shown.certified(each, certificate)) : there;
                }
            });
            tell(who + " lies: whoever asks it what became of that generation is shown the certificate (" + sent.how()
                    + ")");
            long end = System.nanoTime() + ASKED_WITHIN.toNanos();
            while (System.nanoTime() < end) {
                if (messages.isCommitted(who, sent.at(), sent.on())) {
                    said("that certificate, when it is asked", sent.at(), "let it in", true);
                    return;
                }
                pause();
            }
            said("that certificate, when it is asked", sent.at(), "asked, or didn't, and doesn't go by it", false);
        }
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new BadInputException("\"" + text + "\" is no place of a route");
        }
    }

    private void quiet() {
        int sights = coalition.sights();
        long since = System.nanoTime();
        while (System.nanoTime() - since < QUIET.toNanos()) {
            pause();
            if (coalition.sights() != sights) {
                sights = coalition.sights();
                since = System.nanoTime();
            }
        }
    }

    // ---- What a corrupt node does instead of answering ----

    private void answers(Sent sent) {
        String who = sent.at();
        Optional<CoalitionRing.Mischief> mischief = switch (sent.kind()) {
            case SILENT ->
                Optional.of(once(Predicate.not("commit"::equals), () -> {
                    throw new NodeException(who, who + " doesn't say more");
                }));
            case BLAMES ->
                Optional.of(once(_ -> true, () -> {
                    throw new IntegrityException(sent.how() + " sent wrong bytes", List.of(sent.how()));
                }));
            case UNCONFIRMED ->
                Optional.of(once("commit"::equals, () -> {
                    throw new NodeException(who, who + " doesn't confirm");
                }));
            case HOP -> Optional.of(hop(sent.how().equals("zeros")));
            case SHOWS -> {
                byte[] certificate = messages.shown(sent.how(), sent.of()).encode();
                yield Optional.of(shows(there -> there.map(each -> Shown.certified(each, certificate))));
            }
            case DESTROYED -> {
                byte[] command = messages.destroyed(who);
                yield Optional.of(shows(there -> there.map(each -> Shown.destroyed(each, command))));
            }
            case ELSEWHERE -> {
                CoalitionRing there = elsewhere.orElse(ring);
                Optional<Certificate> own;
                try (AttackMessages put = new AttackMessages(there, coalition, LENGTH, this::said)) {
                    own = put.ofItsOwn();
                }
                byte[] user = there.ownersKey(who);
                yield own.map(certificate -> shows(_ -> Optional.of(Shown.of(certificate, user))));
            }
            default -> throw new IllegalStateException("no answer is " + sent.kind());
        };
        if (mischief.isEmpty()) {
            throw new AttackMessages.NothingToSend("the second user couldn't put an object of its own");
        }
        coalition.become(who, mischief.get());
        tell(who + " lies: it "
                + switch (sent.kind()) {
                    case SILENT -> "doesn't answer";
                    case BLAMES -> "answers that " + sent.how() + " is at fault";
                    case UNCONFIRMED -> "doesn't confirm";
                    case HOP -> sent.how().equals("zeros") ? "hands zeros on" : "hands something else on";
                    case SHOWS -> "shows a certificate " + sent.how();
                    case DESTROYED -> "shows a command, signed by the second user, that destroyed the object";
                    default -> "shows an object of the second user's as the victim's";
                });
    }

    private static final Set<String> ASKED = Set.of("burn", "begin", "current", "find", "commit", "open");

    private static CoalitionRing.Mischief once(Predicate<String> method, Runnable lie) {
        AtomicBoolean done = new AtomicBoolean();
        return new CoalitionRing.Mischief() {
            @Override
            public void before(String called) {
                if (ASKED.contains(called) && method.test(called) && !done.getAndSet(true)) {
                    lie.run();
                }
            }
        };
    }

    private static CoalitionRing.Mischief hop(boolean zeros) {
        return new CoalitionRing.Mischief() {
            @Override
            public void hop(MemorySegment out) {
                if (zeros) {
                    out.fill((byte) 0);
                } else {
                    out.set(ValueLayout.JAVA_BYTE, 0, (byte) (out.get(ValueLayout.JAVA_BYTE, 0) ^ 0x10));
                }
            }
        };
    }

    private static CoalitionRing.Mischief shows(Shown.Instead instead) {
        return new CoalitionRing.Mischief() {
            @Override
            public boolean inLookups() {
                return true;
            }

            @Override
            public Optional<StoredObject> shown(Optional<StoredObject> there) {
                return instead.of(there);
            }
        };
    }

    // ---------------------------------------------------------------------------------------------------- the verdict

    /** Nobody lies any more. */
    private void verdict(ObjectId object) throws Exception {
        if (destroyed) {
            return;
        }
        goesBy(object);
        if (elsewhere.isPresent() && opens(elsewhere.get(), object)) {
            tell("it opens in the other ring");
            return;
        }
        if (opens(ring, object)) {
            tell("it opens from every " + attack.t() + " of those who attacked nobody");
        }
    }

    /** What honest providers hold for the newest is what its owner certified. */
    private void goesBy(ObjectId object) {
        try (var owner = ring.owners()) {
            for (NodeCard card :
                    ring.descriptor().providers().stream().map(Provider::card).toList()) {
                if (coalition.has(card.name())) {
                    continue;
                }
                try {
                    ObjectInfo info = Json.read(
                            "the answer of " + card.name(),
                            messages.asked(
                                    owner,
                                    card.name(),
                                    HttpMethod.GET,
                                    "/v1/objects/" + object,
                                    Operation.INFO,
                                    object.toString(),
                                    new byte[0]),
                            ObjectInfo.class);
                    byte[] certificate = info.certificate();
                    if (certificate != null
                            && !certified.contains(
                                    Certificate.decode(certificate).token().id())) {
                        broken.add("misled: " + card.name() + " goes by a generation that its owner never certified");
                    }
                } catch (InterlockException e) {
                    tell(card.name() + " says of the object: " + e.explanation());
                }
            }
        }
    }

    private boolean opens(CoalitionRing in, ObjectId object) throws Exception {
        List<String> all =
                in.descriptor().providers().stream().map(Provider::name).toList();
        List<String> honest = all.stream().filter(name -> !coalition.has(name)).toList();
        List<String> before = List.copyOf(broken);
        for (List<String> s : Coalitions.subsets(honest.size() < attack.t() ? all : honest, attack.t())) {
            try (Interlock user = in.open()) {
                String _ = got(user, object, s, GetOptions.Way.AUTO);
            } catch (InterlockException e) {
                if (elsewhere.isPresent() && in != ring) {
                    return false;
                }
                broken.add("lost: it doesn't open from " + String.join(", ", s) + ": " + e.explanation());
            }
        }
        return broken.equals(before);
    }

    /** Ends what runs as processes in the folder of a replay, if anything does. */
    static void stop(AttackFile attack, Path dir) {
        for (String name : List.of(RING, ELSEWHERE)) {
            Path folder = dir.resolve(name);
            if (Files.isRegularFile(folder.resolve(RingFolder.DESCRIPTOR))) {
                int _ = NodeProcess.stop(RingFolder.open(folder).nodes().stream()
                        .map(NodeProcess::new)
                        .filter(node -> !attack.corrupt().contains(node.name()))
                        .toList());
            }
        }
    }

    @Override
    public void close() {
        try {
            messages.close();
        } finally {
            elsewhere.ifPresent(CoalitionRing::close);
            ring.close();
        }
    }

    /** What is shown instead of what is there. */
    private static final class Shown {
        private Shown() {}

        interface Instead {
            Optional<StoredObject> of(Optional<StoredObject> there);
        }

        static StoredObject certified(StoredObject there, byte[] certificate) {
            return new StoredObject(
                    there.generation(),
                    there.user(),
                    ObjectState.COMMITTED,
                    there.token(),
                    certificate,
                    Optional.empty(),
                    Optional.empty(),
                    there.prepared(),
                    there.committed(),
                    Optional.empty());
        }

        static StoredObject destroyed(StoredObject there, byte[] command) {
            return new StoredObject(
                    there.generation(),
                    there.user(),
                    ObjectState.DESTROYED,
                    there.token(),
                    there.certificate(),
                    Optional.of(command),
                    Optional.empty(),
                    there.prepared(),
                    there.committed(),
                    Optional.of(Instant.now()));
        }

        static StoredObject of(Certificate certificate, byte[] user) {
            var u = certificate.token();
            return new StoredObject(
                    new Store.Generation(u.id(), u.object(), u.epoch(), u.number(), false),
                    user,
                    ObjectState.COMMITTED,
                    certificate.chain().token(),
                    certificate.encode(),
                    Optional.empty(),
                    Optional.empty(),
                    Instant.now(),
                    Optional.of(Instant.now()),
                    Optional.empty());
        }
    }
}
