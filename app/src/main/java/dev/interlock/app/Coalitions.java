package dev.interlock.app;

import dev.interlock.client.Destruction;
import dev.interlock.client.Fetched;
import dev.interlock.client.GetOptions;
import dev.interlock.client.Interlock;
import dev.interlock.client.Renewed;
import dev.interlock.client.Repaired;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.UnsettledException;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.wire.Deadlines;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Many short lives of an object under attack: t − 1 providers and a second user, drawn anew for each, see all that they can, lie, and
 * send the others whatever they can make of it while the owner puts, gets, renews, repairs and destroys, and nodes end and start
 * again. Then four things are held: the message can't be had from what they saw, what was acknowledged opens from every t of the
 * others, nothing was destroyed but by its owner, and nobody else was blamed.
 */
final class Coalitions {
    private static final List<int[]> RINGS = List.of(new int[] {3, 2}, new int[] {4, 2}, new int[] {5, 3});
    private static final Duration STALL = Duration.ofSeconds(3);
    private static final int SHORTEST = 48;
    private static final int LONGEST = 600;
    /** While one thing is done. */
    private static final int MOST_MOVES = 6;

    private final Map<String, Integer> counts = new TreeMap<>();
    private final Map<String, Map<String, Integer>> outcomes = new TreeMap<>();
    private final List<String> violations = new ArrayList<>();

    /**
     * What all of them came to.
     *
     * @param counts of what the owner did
     * @param outcomes of what the coalitions sent: by message, how often it came to what
     * @param violations empty if everything held; else the seed of the life, and all that happened in it
     */
    record Result(Map<String, Integer> counts, Map<String, Map<String, Integer>> outcomes, List<String> violations) {}

    private Coalitions() {}

    /**
     * @param more than t − 1 providers in the coalition; 0 but for a control, whose messages are given away
     * @param dir an empty folder for the rings
     */
    static Result run(int lives, long seed, int more, Path dir, Consumer<String> progress) throws Exception {
        Coalitions all = new Coalitions();
        for (int i = 0; i < RINGS.size(); i++) {
            int from = lives * i / RINGS.size();
            int to = lives * (i + 1) / RINGS.size();
            int n = RINGS.get(i)[0];
            int t = RINGS.get(i)[1];
            if (from == to) {
                continue;
            }
            try (CoalitionRing ring =
                            new CoalitionRing(dir.resolve("ring-" + n + "-" + t), t, n, Deadlines.stallAfter(STALL));
                    CoalitionMoves moves = new CoalitionMoves(ring)) {
                for (int life = from; life < to; life++) {
                    all.new Life(ring, moves, t, more, seed + life).live();
                    progress.accept((life + 1) + " of " + lives);
                }
                moves.outcomes()
                        .forEach((move, came) -> came.forEach((what, count) -> all.outcomes
                                .computeIfAbsent(move, _ -> new TreeMap<>())
                                .merge(what, count, Integer::sum)));
            }
        }
        return new Result(all.counts, all.outcomes, all.violations);
    }

    private void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    /** One object's. */
    private final class Life {
        private final CoalitionRing ring;
        private final CoalitionMoves moves;
        private final int t;
        private final long seed;
        private final Random random;
        private final byte[] m;
        private final Coalition coalition;
        private final Set<String> blamed = Collections.synchronizedSet(new TreeSet<>());
        private final List<String> told = Collections.synchronizedList(new ArrayList<>());
        private boolean destroyed;

        Life(CoalitionRing ring, CoalitionMoves moves, int t, int more, long seed) {
            this.ring = ring;
            this.moves = moves;
            this.t = t;
            this.seed = seed;
            this.random = new Random(seed * 0x9E3779B97F4A7C15L);
            this.m = new byte[SHORTEST + random.nextInt(LONGEST - SHORTEST)];
            random.nextBytes(m);
            List<String> names = names();
            Collections.shuffle(names, random);
            this.coalition = new Coalition(Set.copyOf(names.subList(0, t - 1 + more)), m, random.nextLong());
        }

        private List<String> names() {
            return new ArrayList<>(
                    ring.descriptor().providers().stream().map(Provider::name).toList());
        }

        void live() throws Exception {
            told.add("seed " + seed + ": " + names().size() + " providers, t = " + t + ", corrupt: "
                    + String.join(", ", new TreeSet<>(coalition.members())));
            count("lives");
            ring.corrupt(Optional.of(coalition));
            // One that knows nothing of anybody.
            try (Interlock owner = ring.open()) {
                owner.onLie(evidence ->
                        blamed.add(evidence.verify(ring.descriptor()).liar().name()));
                Optional<ObjectId> object = put(owner);
                if (object.isPresent()) {
                    for (int i = 2 + random.nextInt(3); i > 0 && !destroyed; i--) {
                        next(owner, object.get());
                    }
                }
                coalition.lie(Coalition.Lie.NONE);
                ring.corrupt(Optional.empty());
                if (object.isPresent()) {
                    holds(object.get());
                }
            }
            coalition.leak().ifPresent(this::violated);
            for (String name : blamed) {
                if (!coalition.has(name)) {
                    violated(name + " was blamed");
                }
            }
        }

        private void violated(String how) {
            violations.add(how + "\n  " + String.join("\n  ", told));
        }

        /** What the owner does, while the coalition does what it likes. */
        private interface Doing {
            String come() throws IOException, InterruptedException;
        }

        private void under(String what, Doing doing) throws Exception {
            Coalition.Lie[] lies = Coalition.Lie.values();
            // A put under a lie is mostly refused, and then there is nothing left to attack.
            coalition.lie(
                    random.nextInt(what.equals("put") ? 5 : 2) == 0
                            ? lies[random.nextInt(lies.length)]
                            : Coalition.Lie.NONE);
            told.add("they lie: " + coalition.lie() + "; the owner: " + what);
            AtomicBoolean over = new AtomicBoolean();
            Thread moving = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < MOST_MOVES && !over.get(); i++) {
                        told.add("  " + moves.make(coalition));
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            try {
                String came = doing.come();
                count(what + ": " + came);
                told.add("  " + what + ": " + came);
            } catch (UnsettledException e) {
                count(what + ": unsettled");
                told.add("  " + what + ": " + e.getMessage());
            } catch (InterlockException e) {
                blame(e);
                count(what + ": refused");
                told.add("  " + what + ": " + e.getMessage());
            } finally {
                over.set(true);
                moving.join();
            }
        }

        private void blame(InterlockException e) {
            if (e instanceof IntegrityException integrity) {
                blamed.addAll(integrity.culprits());
            }
        }

        private Optional<ObjectId> put(Interlock owner) throws Exception {
            List<ObjectId> stored = new ArrayList<>();
            under("put", () -> {
                stored.add(owner.put(Channels.newChannel(new ByteArrayInputStream(m)), m.length)
                        .object());
                return "done";
            });
            return stored.stream().findFirst();
        }

        private void next(Interlock owner, ObjectId object) throws Exception {
            switch (random.nextInt(8)) {
                case 0, 1 -> under("get", () -> got(owner, object, List.of()));
                case 2 -> under("replace", () -> renewed(owner.replace(List.of(object), Duration.ZERO, _ -> {})));
                case 3 -> under("refresh", () -> renewed(owner.refresh(List.of(object), Duration.ZERO, _ -> {})));
                case 4 ->
                    under("repair", () -> repaired(owner.repair(drawn(), List.of(object), Duration.ZERO, _ -> {})));
                case 5 -> {
                    String node = random.nextInt(4) == 0 ? "dealer1" : drawn();
                    told.add(node + " ends and starts again");
                    ring.restart(node);
                    count("restarts");
                }
                case 6 ->
                    under("schedule and cancel", () -> {
                        var _ = owner.scheduleDestroy(object, Duration.ofDays(1));
                        var _ = owner.cancelDestroy(object);
                        return "done";
                    });
                default ->
                    under("destroy", () -> {
                        destroyed = true;
                        Destruction end = owner.destroy(object, List.of(), _ -> {});
                        return end.missing() == 0 ? "done" : "done but for some";
                    });
            }
        }

        private String drawn() {
            List<String> names = names();
            return names.get(random.nextInt(names.size()));
        }

        private String got(Interlock user, ObjectId object, List<String> from)
                throws IOException, InterruptedException {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            Fetched fetched = user.get(
                    object,
                    Channels.newChannel(out),
                    new GetOptions(from, Blinding.EXPANDED, Optional.empty(), Optional.empty(), GetOptions.Way.AUTO),
                    _ -> {},
                    _ -> {});
            blamed.addAll(fetched.found().keySet());
            if (!Arrays.equals(out.toByteArray(), m)) {
                violated("a get gave other bytes than were put");
            }
            return "done";
        }

        private String renewed(List<Renewed> all) {
            return switch (all.getFirst()) {
                case Renewed.Done _ -> "done";
                case Renewed.LeftAlone _ -> "left alone";
                case Renewed.Failed(ObjectId _, InterlockException error) -> {
                    blame(error);
                    yield "refused";
                }
            };
        }

        private String repaired(List<Repaired> all) {
            return all.isEmpty() || all.getFirst() instanceof Repaired.Failed ? "refused" : "done";
        }

        /** Nobody lies any more: what was acknowledged, and wasn't to be destroyed, opens from every t of those who never did. */
        private void holds(ObjectId object) throws Exception {
            List<String> honest =
                    names().stream().filter(name -> !coalition.has(name)).toList();
            if (destroyed) {
                return;
            }
            for (List<String> s : subsets(honest, t)) {
                // One of its own: nothing that was remembered of anybody decides.
                try (Interlock user = ring.open()) {
                    String _ = got(user, object, s);
                    count("opened afterwards");
                } catch (InterlockException e) {
                    violated("what was acknowledged doesn't open from " + String.join(", ", s) + ": " + e.getMessage());
                }
            }
        }
    }

    static List<List<String>> subsets(List<String> of, int size) {
        if (size == 0) {
            return List.of(List.of());
        }
        List<List<String>> all = new ArrayList<>();
        for (int i = 0; i + size <= of.size(); i++) {
            for (List<String> rest : subsets(of.subList(i + 1, of.size()), size - 1)) {
                List<String> with = new ArrayList<>(List.of(of.get(i)));
                with.addAll(rest);
                all.add(with);
            }
        }
        return all;
    }
}
