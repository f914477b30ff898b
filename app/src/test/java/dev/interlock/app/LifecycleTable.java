package dev.interlock.app;

import dev.interlock.client.GetOptions;
import dev.interlock.client.Interlock;
import dev.interlock.client.PutOptions;
import dev.interlock.client.Renewed;
import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.Dealing;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.ObjectState;
import dev.interlock.node.store.SealedStore;
import dev.interlock.node.store.StoreException;
import dev.interlock.node.store.StoredObject;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * Objects live through refreshes, replacements and a move from (5, 3) to (7, 4) while any node is killed at any moment, and
 * a thief keeps what it found on the way. {@code main [OBJECTS [KILLS [SEED]]]} prints what came of it and fails unless
 * every object opens in the new ring, none in the old one, and no old share helps.
 */
final class LifecycleTable implements AutoCloseable {
    private static final int SECRET_BYTES = 32;

    private final Path dir;
    private final Random random;
    private final Map<ObjectId, byte[]> secrets = new LinkedHashMap<>();
    private final KilledRing old;
    private final KilledRing next;
    private int kills;
    /** How often somebody was blamed; nobody lies here. */
    private int blamed;

    LifecycleTable(Path dir, int objects, long seed) throws IOException, InterruptedException {
        this.dir = dir;
        this.random = new Random(seed);
        this.old = KilledRing.start(dir.resolve("old"), 3, 5);
        this.next = KilledRing.startFor(old, dir.resolve("next"), 4, 7);
        try (Interlock user = old.open()) {
            for (int i = 0; i < objects; i++) {
                byte[] secret = new byte[SECRET_BYTES];
                random.nextBytes(secret);
                Token token = user.put(new Seekable(secret), secret.length, PutOptions.DEFAULT, _ -> {});
                secrets.put(token.object(), secret);
            }
        }
    }

    int kills() {
        return kills;
    }

    /** One operation on all of these objects. */
    interface Operation {
        List<Renewed> on(List<ObjectId> objects) throws InterruptedException;
    }

    /**
     * Repeats an operation, whole or for what is left of it, until it is done with all objects and so many nodes were killed.
     *
     * @param again whether there is something to do when it was done with all
     */
    void under(String what, int killing, List<KilledRing> rings, boolean again, Operation operation) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        long begun = System.nanoTime();
        int before = kills;
        int failures = 0;
        int rounds = 0;
        Map<String, Integer> reasons = new TreeMap<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> killer = threads.submit(() -> {
                killNodes(rings, killing, over);
                return null;
            });
            List<ObjectId> left = List.copyOf(secrets.keySet());
            while (!left.isEmpty()) {
                List<ObjectId> failed = new ArrayList<>();
                try {
                    for (Renewed each : operation.on(left)) {
                        if (each instanceof Renewed.Failed(ObjectId object, InterlockException why)) {
                            failed.add(object);
                            reasons.merge(reason(why), 1, Integer::sum);
                            blamed += why instanceof IntegrityException lie
                                            && !lie.culprits().isEmpty()
                                    ? 1
                                    : 0;
                        }
                    }
                } catch (InterlockException e) {
                    failed.addAll(left);
                }
                failures += failed.size();
                left = failed;
                if (left.isEmpty()) {
                    rounds++;
                    if (again && !killer.isDone()) {
                        left = List.copyOf(secrets.keySet());
                    }
                } else {
                    Thread.sleep(500);
                }
            }
            over.set(!again);
            try {
                killer.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("the killer failed", e);
            }
        }
        System.out.printf(
                "%s: %d objects, %d times, under %d kills, %d failures repeated, %.0f s%n",
                what, secrets.size(), rounds, kills - before, failures, (System.nanoTime() - begun) / 1e9);
        reasons.forEach((why, times) -> System.out.println("  " + times + " × " + why));
    }

    /** Without what differs from object to object. */
    private static String reason(InterlockException why) {
        return why.explanation().replaceAll("[0-9a-f]{32}", "ID").replaceAll("[0-9]+", "N");
    }

    private void killNodes(List<KilledRing> rings, int killing, AtomicBoolean over) throws Exception {
        for (int i = 0; i < killing && !over.get(); i++) {
            Thread.sleep(100 + random.nextInt(900));
            KilledRing ring = rings.get(random.nextInt(rings.size()));
            List<String> names = ring.names();
            ring.kill(names.get(random.nextInt(names.size())), Duration.ofMillis(random.nextInt(300)));
            kills++;
        }
    }

    /** The stores of these providers as a thief finds them now. */
    Map<String, Path> steal(String when, List<String> providers) throws Exception {
        old.killAll();
        Map<String, Path> stolen = new LinkedHashMap<>();
        for (String name : providers) {
            stolen.put(name, old.steal(name, dir.resolve("stolen-" + when + "-" + name)));
        }
        old.startAll();
        return stolen;
    }

    List<String> providers() {
        return old.providers();
    }

    void refresh(int killing) throws Exception {
        try (Interlock user = old.open()) {
            under("refresh", killing, List.of(old), true, objects -> user.refresh(objects, Duration.ZERO, _ -> {}));
        }
    }

    void replace(int killing) throws Exception {
        try (Interlock user = old.open()) {
            under("replace", killing, List.of(old), true, objects -> user.replace(objects, Duration.ZERO, _ -> {}));
        }
    }

    /** @param pace between objects, so that the kills fall into it */
    void reshare(int killing, Duration pace) throws Exception {
        try (Interlock user = old.open();
                Interlock there = next.open()) {
            under(
                    "reshare",
                    killing,
                    List.of(old, next),
                    false,
                    objects -> user.reshare(objects, there, pace, _ -> {}));
        }
    }

    /** How many open in the new ring, each with another t of its providers. */
    int opened() throws Exception {
        int right = 0;
        try (Interlock user = next.open()) {
            for (Map.Entry<ObjectId, byte[]> each : secrets.entrySet()) {
                List<String> names = new ArrayList<>(next.providers());
                Collections.shuffle(names, random);
                // Of any 4 of 7, one is a home.
                right += Arrays.equals(get(user, each.getKey(), names.subList(0, 4)), each.getValue()) ? 1 : 0;
            }
        }
        return right;
    }

    private static byte[] get(Interlock user, ObjectId object, List<String> from) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        GetOptions options =
                new GetOptions(from, Blinding.EXPANDED, Optional.empty(), Optional.empty(), GetOptions.Way.AUTO);
        var _ = user.get(object, Channels.newChannel(out), options, _ -> {}, _ -> {});
        return out.toByteArray();
    }

    /** How many the old ring still opens, or has anything of. */
    int leftBehind() throws Exception {
        int left = 0;
        try (Interlock user = old.open()) {
            for (ObjectId object : secrets.keySet()) {
                try {
                    byte[] _ = get(user, object, List.of());
                    left++;
                } catch (DestroyedException e) {
                    // As it should be.
                }
            }
            // A move ends when enough providers have erased the object; one that was down then is told when it is back.
            for (ObjectId object : secrets.keySet()) {
                Await.until(
                        "every provider of the old ring has erased " + object,
                        () -> user.info(object).destroyed() == old.providers().size());
            }
        }
        old.killAll();
        for (String name : old.providers()) {
            try (SealedStore store = old.store(name)) {
                for (ObjectId object : secrets.keySet()) {
                    StoredObject current = store.current(object).orElseThrow();
                    left += current.state() == ObjectState.DESTROYED
                                    && !opens(store, current.generation().id())
                            ? 0
                            : 1;
                }
            }
        }
        return left;
    }

    private static boolean opens(SealedStore store, StatementHash object) {
        try (Blob _ = store.open(object, BlobKind.SHARE)) {
            return true;
        } catch (StoreException.Destroyed | StoreException.Replaced | StoreException.NoSuchObject e) {
            return false;
        }
    }

    /**
     * How many secrets three stolen shares give, with any ciphertext that was stolen beside them.
     *
     * @param stolen the stores by provider, of whatever time each
     */
    int given(Map<String, Path> stolen) throws IOException {
        int given = 0;
        Map<String, SealedStore> stores = new LinkedHashMap<>();
        try {
            stolen.forEach((name, path) -> stores.put(name, KilledRing.store(path)));
            for (Map.Entry<ObjectId, byte[]> each : secrets.entrySet()) {
                given += given(stores, each.getKey(), each.getValue()) ? 1 : 0;
            }
        } finally {
            stores.values().forEach(SealedStore::close);
        }
        return given;
    }

    private static boolean given(Map<String, SealedStore> stores, ObjectId origin, byte[] secret) {
        Map<Integer, MemorySegment> shares = new HashMap<>();
        List<MemorySegment> ciphertexts = new ArrayList<>();
        for (SealedStore store : stores.values()) {
            StoredObject current = store.current(origin).orElseThrow();
            Token token = Token.decode(current.token());
            bytes(store, current.generation().id(), BlobKind.CIPHERTEXT).ifPresent(ciphertexts::add);
            MemorySegment record = bytes(store, current.generation().id(), BlobKind.SHARE)
                    .orElseThrow()
                    .asSlice(Leaves.SALT_BYTES);
            shares.put(xOf(stores, store, token), record);
        }
        int[] xs = shares.keySet().stream().mapToInt(x -> x).sorted().toArray();
        MemorySegment pad = MemorySegment.ofArray(new byte[ChunkLayout.RANDOMIZER_BYTES + secret.length]);
        ByteSpace space = new ByteSpace();
        Dealing.combine(space, 0, xs, Arrays.stream(xs).mapToObj(shares::get).toList(), pad);
        for (MemorySegment ciphertext : ciphertexts) {
            MemorySegment p =
                    MemorySegment.ofArray(new byte[(int) pad.byteSize()]).copyFrom(pad);
            space.add(p, ciphertext);
            MemorySegment m = p.asSlice(ChunkLayout.RANDOMIZER_BYTES);
            if (m.mismatch(MemorySegment.ofArray(secret)) == -1) {
                return true;
            }
        }
        return false;
    }

    /** A provider's x is its number in its name, in a ring that was just created. */
    private static int xOf(Map<String, SealedStore> stores, SealedStore store, Token token) {
        String name = stores.entrySet().stream()
                .filter(each -> each.getValue() == store)
                .findFirst()
                .orElseThrow()
                .getKey();
        int x = Integer.parseInt(name.substring(2));
        if (token.providers().stream().noneMatch(each -> each.x() == x)) {
            throw new IllegalStateException("no provider has x = " + x);
        }
        return x;
    }

    private static Optional<MemorySegment> bytes(SealedStore store, StatementHash object, BlobKind kind) {
        try (Blob blob = store.open(object, kind);
                SecretBytes record = SecretBytes.allocate(blob.recordBytes(0))) {
            blob.read(0, record.segment());
            return Optional.of(MemorySegment.ofArray(record.copyToHeap()));
        } catch (StoreException.NoSuchObject e) {
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        old.close();
        next.close();
    }

    /** The whole story. */
    record Outcome(int objects, int kills, int opened, int leftBehind, int sameTime, int acrossTimes, int blamed) {
        boolean good() {
            return opened == objects && leftBehind == 0 && sameTime == objects && acrossTimes == 0 && blamed == 0;
        }
    }

    Outcome run(int killing, Duration pace) throws Exception {
        Map<String, Path> first = steal("first", providers());
        refresh(killing / 3);
        Map<String, Path> refreshed = steal("refreshed", List.of("cc3", "cc4"));
        replace(killing / 3);
        Map<String, Path> replaced = steal("replaced", List.of("cc3", "cc4"));
        reshare(killing - 2 * (killing / 3), pace);
        int opened = opened();
        int left = leftBehind();
        Map<String, Path> together = new LinkedHashMap<>(first);
        together.keySet().retainAll(List.of("cc1", "cc2", "cc3"));
        int same = given(together);
        int across = 0;
        for (Map<String, Path> later : List.of(refreshed, replaced)) {
            // t − 1 of one time and t − 1 of another.
            for (List<String> taken : List.of(List.of("cc3"), List.of("cc4"))) {
                Map<String, Path> mixed = new LinkedHashMap<>();
                mixed.put("cc1", first.get("cc1"));
                mixed.put("cc2", first.get("cc2"));
                for (String name : taken) {
                    mixed.put(name, later.get(name));
                }
                across += given(mixed);
            }
        }
        return new Outcome(secrets.size(), kills, opened, left, same, across, blamed);
    }

    public static void main(String[] args) throws Exception {
        int objects = args.length > 0 ? Integer.parseInt(args[0]) : 1000;
        int kills = args.length > 1 ? Integer.parseInt(args[1]) : 102;
        long seed = args.length > 2 ? Long.parseLong(args[2]) : System.nanoTime();
        System.out.println("seed " + seed);
        Path dir = Files.createTempDirectory("interlock-lifecycle-");
        Outcome outcome;
        try (LifecycleTable table = new LifecycleTable(dir, objects, seed)) {
            outcome = table.run(kills, Duration.ofMillis(300));
        } finally {
            try (Stream<Path> all = Files.walk(dir)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
        System.out.printf(
                "%d of %d open in the new ring after %d kills; the old ring has anything left of %d;%n"
                        + "three shares stolen at one time give %d, two of one time and one of another %d; blamed falsely: %d%n",
                outcome.opened,
                outcome.objects,
                outcome.kills,
                outcome.leftBehind,
                outcome.sameTime,
                outcome.acrossTimes,
                outcome.blamed);
        System.exit(outcome.good() ? 0 : 1);
    }
}
