package dev.interlock.client;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Custody;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.ObjectState;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What providers say of one object, in the order in which they answered, grouped by the certified generation that each has; and
 * what follows from it. What isn't proved counts for nothing, but in the words of an info.
 */
class Findings {
    /** An undecided generation that is further ahead of what is certified than this is made up. */
    private static final long FURTHEST_AHEAD = 1L << 32;

    private final RingDescriptor ring;
    private final ObjectId object;
    private final Map<String, Held> held = new LinkedHashMap<>();
    private final Map<String, InterlockException> errors = new LinkedHashMap<>();
    /** Who was shown the newest certificate, once. */
    private final Set<String> told = new HashSet<>();

    Findings(RingDescriptor ring, ObjectId object) {
        this.ring = ring;
        this.object = object;
    }

    ObjectId object() {
        return object;
    }

    RingDescriptor ring() {
        return ring;
    }

    /** By provider that answered. */
    Map<String, Held> held() {
        return held;
    }

    /** By provider that didn't, or not as it should. */
    Map<String, InterlockException> errors() {
        return errors;
    }

    /** All certified generations that anyone showed, the newest first, each with its longest chain. */
    List<Certified> generations() {
        Map<Object, Certified> longest = held.values().stream()
                .flatMap(each -> each.certified().stream())
                .collect(Collectors.toMap(
                        Certified::id, certified -> certified, (a, b) -> Certified.ORDER.compare(a, b) >= 0 ? a : b));
        return longest.values().stream().sorted(Certified.ORDER.reversed()).toList();
    }

    /** The newest certified generation that anyone showed. */
    Optional<Certified> newest() {
        return generations().stream().findFirst();
    }

    /** Its token. */
    Optional<Token> token() {
        return newest().map(Certified::token);
    }

    /** Whose the object is: the title with the most handovers that anyone showed. */
    Optional<Title> shownTitle() {
        return held.values().stream()
                .flatMap(each -> each.title().stream())
                .max(Comparator.comparingInt(title -> title.handovers().size()));
    }

    /** The same of an object with a certified generation. */
    Title title() {
        return shownTitle().orElseThrow(() -> unreadable("this"));
    }

    /** The last handover that anyone showed. */
    Optional<Command.Signed> handover() {
        return held.values().stream()
                .flatMap(each -> each.handover().stream())
                .max(Comparator.comparingInt(
                        signed -> signed.command().title().handovers().size()));
    }

    /** Who may not have heard of the last handover: they show less, or refuse this user. */
    List<NodeCard> behindInTitle() {
        Optional<Title> newest = handover().flatMap(Command.Signed::handedOver);
        if (newest.isEmpty()) {
            return List.of();
        }
        List<NodeCard> behind = new ArrayList<>();
        held.values().stream()
                .filter(each -> each.title()
                        .filter(title -> title.continues(newest.get()))
                        .isEmpty())
                .forEach(each -> behind.add(each.provider().card()));
        errors.forEach((name, error) -> {
            if (error instanceof RefusedException) {
                behind.add(ring.everProvider(name).map(Provider::card).orElseThrow());
            }
        });
        return behind;
    }

    /** Who serves a read of this generation, the quickest first. */
    List<Held> holders(Certified generation) {
        return held.values().stream()
                .filter(each -> each.isOpen() && each.has(generation))
                .toList();
    }

    /** Whether those are enough. */
    boolean suffices(Certified generation) {
        return generation
                .token()
                .openableBy(holders(generation).stream()
                        .map(each -> each.provider().x())
                        .toList());
    }

    /** Who serves a read: of the newest generation that enough have; of the newest, where there is none. Never of two. */
    List<Held> readable() {
        return generations().stream()
                .filter(this::suffices)
                .findFirst()
                .or(this::newest)
                .map(this::holders)
                .orElse(List.of());
    }

    /** Those of the newest generation's providers that answered, don't have it, and weren't shown it; each once. */
    List<Held> behind() {
        Optional<Certified> newest = newest();
        if (newest.isEmpty() || destroyed() > 0) {
            return List.of();
        }
        return held.values().stream()
                .filter(each -> !each.has(newest.get())
                        && newest.get()
                                .token()
                                .providers()
                                .contains(each.provider().x())
                        && told.add(each.provider().name()))
                .toList();
    }

    /** A provider's answer, the first or after it was shown something. */
    void saysNow(Held now) {
        errors.remove(now.provider().name());
        held.put(now.provider().name(), now);
    }

    /** A number above that of every generation that anyone showed, decided or not. */
    long nextNumber() {
        long certified = generations().stream()
                .mapToLong(each -> each.token().number())
                .max()
                .orElse(0);
        long undecided = held.values().stream()
                .flatMap(each -> each.prepared().stream())
                .mapToLong(Statement::number)
                // It is signed by nobody: one that was made up would use all numbers up.
                .filter(number -> number - certified <= FURTHEST_AHEAD)
                .max()
                .orElse(0);
        return Math.max(certified, undecided) + 1;
    }

    /** Generations that are prepared somewhere, and neither certified nor older than what is; with who said so. */
    Map<Statement, List<String>> undecided() {
        Set<Object> certified = generations().stream().map(Certified::id).collect(Collectors.toSet());
        Map<Object, Statement> statements = new LinkedHashMap<>();
        Map<Object, List<String>> at = new LinkedHashMap<>();
        held.forEach((name, each) -> each.prepared().forEach(w -> {
            Object id = w.hash();
            if (!certified.contains(id)) {
                statements.putIfAbsent(id, w);
                at.computeIfAbsent(id, _ -> new ArrayList<>()).add(name);
            }
        }));
        Map<Statement, List<String>> undecided = new LinkedHashMap<>();
        statements.forEach((id, w) -> undecided.put(w, at.getOrDefault(id, List.of())));
        return undecided;
    }

    /** A provider didn't answer, or not as it should. */
    void failed(String name, InterlockException why) {
        errors.put(name, why);
    }

    /** Whether this provider was asked at all. */
    boolean wasAsked(Provider provider) {
        return true;
    }

    // Its end.

    /** The owner's newest schedule or cancel that anyone showed; at a tie the cancel. */
    Optional<Command.Signed> schedule() {
        return held.values().stream()
                .flatMap(each -> Stream.concat(each.schedule().stream(), each.end().stream()))
                .filter(signed -> isCancel(signed) || signed.command().at().isPresent())
                .max(Comparator.<Command.Signed>comparingLong(
                                signed -> signed.command().number())
                        .thenComparing(Findings::isCancel));
    }

    static boolean isCancel(Command.Signed signed) {
        return signed.command().deed() instanceof Command.Cancel;
    }

    /** A number above that of every schedule and cancel that anyone showed. */
    long nextCommandNumber() {
        return schedule().map(signed -> signed.command().number()).orElse(0L) + 1;
    }

    /** Who is to destroy it at a later time, and when; nobody, where the owner took that back. */
    Map<String, Instant> scheduled() {
        Map<String, Instant> scheduled = new LinkedHashMap<>();
        if (schedule().filter(Findings::isCancel).isEmpty()) {
            held.forEach((name, each) -> each.destroyAt().ifPresent(at -> scheduled.put(name, at)));
        }
        return scheduled;
    }

    /** Whether this provider destroyed it by a command of its owner, which ends the newest generation. */
    boolean ended(Held each) {
        return each.state() == ObjectState.DESTROYED
                && each.end().filter(signed -> ends(signed.command())).isPresent();
    }

    private boolean ends(Command command) {
        if (command.at().isPresent()) {
            return schedule()
                    .filter(latest -> isCancel(latest) && latest.command().number() >= command.number())
                    .isEmpty();
        }
        return token().map(command::ends).orElse(command.deed() instanceof Command.DestroyForEver);
    }

    /** How many of the object's providers had it destroyed; who left the ring destroyed only what was left there. */
    int destroyed() {
        Collection<ShareIndex> providers = token().map(Token::providers)
                .orElse(ring.providers().stream().map(Provider::x).toList());
        return (int) held.values().stream()
                .filter(each ->
                        ended(each) && providers.contains(each.provider().x()))
                .count();
    }

    /** Whether so many have destroyed what they had that nobody can ever open the object. */
    boolean lost() {
        return token().map(u -> !u.openableBy(u.providers().stream()
                        .filter(x -> held.values().stream()
                                .noneMatch(each -> each.provider().x().equals(x) && ended(each)))
                        .toList()))
                .orElse(destroyed() > ring.threshold().n() - ring.threshold().t());
    }

    /** Whether it can't be opened before those who are to destroy it are told otherwise. */
    boolean closed() {
        Map<String, Instant> scheduled = scheduled();
        return token().filter(u -> !u.openableBy(u.providers().stream()
                        .filter(x -> !scheduled.containsKey(name(x)))
                        .toList()))
                .isPresent();
    }

    /**
     * Who was missing at the write and hasn't got its share yet, and at whom it waits: at those of its custodians that don't say
     * that they have nothing of the object.
     */
    Map<String, List<String>> waiting() {
        Map<String, List<String>> waiting = new LinkedHashMap<>();
        newest().ifPresent(newest -> {
            Token u = newest.token();
            for (ShareIndex x : newest.chain().unsigned()) {
                Held there = held.get(name(x));
                if (there == null || there.state() == ObjectState.PREPARED) {
                    waiting.put(
                            name(x),
                            Custody.custodians(u.present(), u.missing(), x).stream()
                                    .map(this::name)
                                    .filter(this::mayKeep)
                                    .toList());
                }
            }
        });
        return waiting;
    }

    private boolean mayKeep(String custodian) {
        Held there = held.get(custodian);
        return there == null
                ? !(errors.get(custodian) instanceof NoSuchObjectException)
                : there.state() == ObjectState.COMMITTED;
    }

    String name(ShareIndex x) {
        return ring.everProvider(x).name();
    }

    /**
     * Why the object can't be read with what was found.
     *
     * @param operation for the message: "a get"
     */
    InterlockException unreadable(String operation) {
        return new Unreadable(this).because(operation);
    }

    /**
     * Too few providers are left, or none of them is a home, without which no others help.
     *
     * @param operation for the message: "a get"
     * @param usable those that are left
     * @param absent the others, and why
     */
    InterlockException tooFew(String operation, List<Held> usable, Map<String, String> absent) {
        return new Unreadable(this).tooFew(operation, usable, absent);
    }
}
