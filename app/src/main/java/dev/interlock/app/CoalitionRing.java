package dev.interlock.app;

import dev.interlock.client.CredentialFile;
import dev.interlock.client.Interlock;
import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.StatementHash;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.dealer.DealerNode;
import dev.interlock.node.dealer.Noise;
import dev.interlock.node.provider.ProviderNode;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.ObjectState;
import dev.interlock.node.store.PendingObject;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.StoredObject;
import dev.interlock.node.store.Stores;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.TlsIdentity;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A ring whose nodes run in this process: the product's own, over TLS and with their own stores. Beneath each provider, in its store
 * and its arithmetic, a coalition looks on and lies where the provider is one of its own.
 */
final class CoalitionRing implements AutoCloseable {
    private static final String SECOND = "second";
    private static final String CURRENT = "current";
    private static final String STANDING = "standing";
    /** The least that is a chunk, and no salt. */
    private static final int CHUNK_BYTES = 65;

    private final RingFolder folder;
    private final Deadlines deadlines;
    private final Predicate<String> here;
    private final ConcurrentMap<String, Runnable> running = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable Coalition> coalition = new AtomicReference<>();
    private final Interlock owner;

    /** One in this process alone. */
    CoalitionRing(Path dir, int t, int n, Deadlines deadlines) throws InterruptedException {
        this(new Making(dir, t, n, 1, _ -> true, Optional.empty()), deadlines);
    }

    /**
     * @param dir an empty folder, or none yet
     * @param here which nodes run in this process; the others are processes, as {@code ring up} starts them
     * @param same whose users these are, too
     */
    record Making(Path dir, int t, int n, int dealers, Predicate<String> here, Optional<CoalitionRing> same) {}

    CoalitionRing(Making making, Deadlines deadlines) throws InterruptedException {
        Path dir = making.dir();
        RingFolder made = RingFolder.create(
                dir, "coalitions", making.t(), making.n(), making.dealers(), 0, EnumSet.of(Profile.BLINDED));
        this.folder = making.same().isEmpty()
                ? made
                : made.takeCredential(making.same().get().folder.path().resolve(RingFolder.CREDENTIAL));
        this.deadlines = deadlines;
        this.here = making.here();
        if (making.same().isEmpty()) {
            CredentialFile.create(dir.resolve(SECOND), new SecureRandom());
        } else {
            copy(making.same().get().folder.path().resolve(SECOND), dir.resolve(SECOND));
        }
        try (Credential second = second()) {
            for (Path node : folder.nodes()) {
                NodeFolder of = NodeFolder.open(node);
                of.allow(
                        SECOND,
                        second.publicKey(descriptor().id(), of.card().name()).toString());
            }
        }
        try {
            start(descriptor().nodes().toList());
            this.owner = open();
        } catch (RuntimeException | InterruptedException e) {
            stop();
            throw e;
        }
    }

    private static void copy(Path from, Path to) {
        try {
            DurableFile.write(to, DurableFile.Access.OWNER, Files.readAllBytes(from));
        } catch (IOException e) {
            throw new BadInputException("can't copy " + from + ": " + FileProblem.at(from, e));
        }
    }

    private void start(List<NodeCard> cards) throws InterruptedException {
        List<NodeCard> others =
                cards.stream().filter(card -> !here.test(card.name())).toList();
        others.forEach(card ->
                running.put(card.name(), () -> NodeProcess.stop(List.of(new NodeProcess(folder.node(card))))));
        int _ = RingNodes.up(folder, deadlines.stall(), others);
        for (NodeCard card : cards) {
            if (here.test(card.name())) {
                start(card);
            }
        }
    }

    /** All at once: each waits for what it is answering. */
    private void stop() {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            running.values().forEach(threads::execute);
        }
    }

    RingDescriptor descriptor() {
        return folder.descriptor();
    }

    Deadlines deadlines() {
        return deadlines;
    }

    Interlock owner() {
        return owner;
    }

    /** The owner with an empty record. */
    Interlock open() {
        return Interlock.open(
                descriptor(), CredentialFile.read(folder.path().resolve(RingFolder.CREDENTIAL)), deadlines);
    }

    /** Another user's, whom every node lets in. */
    Credential second() {
        return CredentialFile.read(folder.path().resolve(SECOND));
    }

    TlsIdentity tls(String node) {
        return NodeFolder.open(path(node)).tls();
    }

    /** Whose objects are attacked. */
    Credential owners() {
        return CredentialFile.read(folder.path().resolve(RingFolder.CREDENTIAL));
    }

    /** By which a node knows the owner, 32 bytes. */
    byte[] ownersKey(String node) {
        try (Credential owner = owners()) {
            return owner.publicKey(descriptor().id(), node).bytes();
        }
    }

    /** One that is in this process. */
    SigningKey signingKey(String node) {
        return NodeFolder.open(path(node)).signingKey();
    }

    private Path path(String node) {
        return folder.node(descriptor().node(node).orElseThrow());
    }

    /** Who looks on and lies from now on. */
    void corrupt(Optional<Coalition> by) {
        coalition.set(by.orElse(null));
    }

    /** Ends a node, whatever it does, and starts it again. */
    void restart(String node) throws InterruptedException {
        Runnable before = running.remove(node);
        if (before != null) {
            before.run();
        }
        start(List.of(descriptor().node(node).orElseThrow()));
    }

    /** Ends a provider, takes away all that it stores, and starts it again. */
    void lose(String node) throws InterruptedException {
        Runnable before = running.remove(node);
        if (before != null) {
            before.run();
        }
        DemoFolder.deleteTreeQuietly(path(node).resolve("store"));
        start(List.of(descriptor().node(node).orElseThrow()));
    }

    private void start(NodeCard card) throws InterruptedException {
        NodeFolder node = NodeFolder.open(folder.node(card));
        Clock clock = Clock.systemUTC();
        if (card.role() == Role.DEALER) {
            DealerNode dealer = new DealerNode(
                    node, node.auditLog(clock), FieldKernels.chosen(), Noise.start(List.of()), deadlines, clock);
            dealer.start();
            running.put(card.name(), dealer::close);
            return;
        }
        Store store = Stores.embedded(node.path().resolve("store"), new SecureRandom(), clock);
        ProviderNode provider = new ProviderNode(
                node,
                node.auditLog(clock),
                new Beneath(card.name()).store(store),
                new Beneath(card.name()).kernel(),
                new SecureRandom(),
                deadlines,
                clock);
        provider.start();
        running.put(card.name(), provider::close);
    }

    @Override
    public void close() {
        owner.close();
        stop();
    }

    /** What one corrupt provider does wrong at one point of an attack that was written down. */
    interface Mischief {
        /** Before the store is asked for something. */
        default void before(String method) {}

        /** Whether it ends when the victim knows what there is. */
        default boolean inLookups() {
            return false;
        }

        /** What is shown for what is there. */
        default Optional<StoredObject> shown(Optional<StoredObject> there) {
            return there;
        }

        /** The same of one generation. */
        default Optional<StoredObject> found(StatementHash id, Optional<StoredObject> there) {
            return there;
        }

        /** What leaves a hop. */
        default void hop(MemorySegment out) {}
    }

    /** Is told of a call to what lies beneath a provider. */
    private interface Around {
        @Nullable
        Object call(String method, Object[] arguments, Honest honest) throws Throwable;
    }

    private interface Honest {
        @Nullable
        Object answer() throws Throwable;
    }

    private static <T> T around(Class<T> type, T honest, Around around) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (_, method, given) -> {
            Object[] arguments = given == null ? new Object[0] : given;
            return around.call(method.getName(), arguments, () -> {
                try {
                    return method.invoke(honest, arguments);
                } catch (InvocationTargetException e) {
                    throw e.getCause() == null ? e : e.getCause();
                }
            });
        }));
    }

    /** What one provider stands on. */
    private final class Beneath {
        private final String node;

        Beneath(String node) {
            this.node = node;
        }

        /** Who has this provider now. */
        private Optional<Coalition> corrupted() {
            return Optional.ofNullable(coalition.get()).filter(by -> by.has(node));
        }

        private boolean lies(Coalition.Lie how) {
            return corrupted().filter(by -> by.lie() == how).isPresent();
        }

        private void broken(Coalition.Lie how) {
            if (lies(how)) {
                throw new IllegalStateException(node + " doesn't");
            }
        }

        private void slow() {
            if (lies(Coalition.Lie.SLOW)) {
                try {
                    Thread.sleep(50);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        private void spoil(MemorySegment bytes) {
            long at = bytes.byteSize() - 1;
            bytes.set(ValueLayout.JAVA_BYTE, at, (byte) (bytes.get(ValueLayout.JAVA_BYTE, at) ^ 0x10));
        }

        FieldKernel kernel() {
            FieldKernel honest = FieldKernels.chosen();
            return new FieldKernel() {
                @Override
                public void addScaled(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src) {
                    if (out.byteSize() >= CHUNK_BYTES) {
                        corrupted().ifPresent(by -> by.saw(in));
                    }
                    honest.addScaled(out, in, coefficient, src);
                    if (out.byteSize() >= CHUNK_BYTES) {
                        corrupted().ifPresent(by -> by.saw(out));
                        if (lies(Coalition.Lie.HOP)) {
                            spoil(out);
                        }
                        mischief().forEach(each -> each.hop(out));
                    }
                }

                @Override
                public String name() {
                    return honest.name();
                }
            };
        }

        Store store(Store honest) {
            return around(Store.class, honest, (method, arguments, answer) -> {
                slow();
                for (Mischief each : mischief()) {
                    // What is current is asked for alone, or with all that is said of it.
                    each.before(method.equals(STANDING) ? CURRENT : method);
                }
                if (method.equals("commit")) {
                    broken(Coalition.Lie.DEAF);
                    corrupted().ifPresent(by -> by.sawCertificate((byte[]) arguments[1]));
                } else if (method.equals("burn")) {
                    corrupted().ifPresent(by -> by.sawSession((StatementHash) arguments[0]));
                }
                Object result = answer.answer();
                return switch (method) {
                    case "begin" -> written((PendingObject) Objects.requireNonNull(result));
                    case "open" -> read((Blob) Objects.requireNonNull(result), (BlobKind) arguments[1]);
                    case CURRENT, "find" -> object(method, arguments[0], (Optional<?>) Objects.requireNonNull(result));
                    case STANDING -> standing(arguments[0], (Optional<?>) Objects.requireNonNull(result));
                    default -> result;
                };
            });
        }

        private Optional<StoredObject> object(String method, Object of, Optional<?> found) {
            Optional<StoredObject> shown = found.map(StoredObject.class::cast);
            for (Mischief each : mischief()) {
                shown = method.equals(CURRENT) ? each.shown(shown) : each.found((StatementHash) of, shown);
            }
            return lied(shown);
        }

        private Optional<Store.Standing> standing(Object of, Optional<?> found) {
            Optional<Store.Standing> there = found.map(Store.Standing.class::cast);
            return object(CURRENT, of, there.map(Store.Standing::current))
                    .map(shown -> new Store.Standing(
                            shown,
                            there.map(Store.Standing::prepared).orElse(List.of()),
                            there.flatMap(Store.Standing::schedule),
                            there.flatMap(Store.Standing::handover)));
        }

        private List<Mischief> mischief() {
            return corrupted().map(by -> by.mischief(node)).orElse(List.of());
        }

        private Optional<StoredObject> lied(Optional<StoredObject> found) {
            if (lies(Coalition.Lie.ABSENT)) {
                return Optional.empty();
            }
            if (lies(Coalition.Lie.DESTROYED) && found.isPresent()) {
                StoredObject object = found.get();
                return Optional.of(new StoredObject(
                        object.generation(),
                        object.user(),
                        ObjectState.DESTROYED,
                        object.token(),
                        object.certificate(),
                        Optional.of(new byte[100]),
                        Optional.of(new byte[100]),
                        object.prepared(),
                        object.committed(),
                        Optional.of(Instant.now())));
            }
            return found;
        }

        private PendingObject written(PendingObject object) {
            return around(PendingObject.class, object, (method, arguments, answer) -> {
                slow();
                if (method.equals("prepare")) {
                    broken(Coalition.Lie.UNPREPARED);
                    corrupted().ifPresent(by -> by.sawToken((byte[]) arguments[0]));
                }
                Object result = answer.answer();
                return result instanceof Blob blob ? read(blob, (BlobKind) arguments[0]) : result;
            });
        }

        private Blob read(Blob blob, BlobKind kind) {
            return around(Blob.class, blob, (method, arguments, answer) -> {
                if (method.equals("append")) {
                    MemorySegment record = (MemorySegment) arguments[0];
                    corrupted().ifPresent(by -> by.saw(record));
                    if (lies(Coalition.Lie.STORED)) {
                        MemorySegment other = MemorySegment.ofArray(record.toArray(ValueLayout.JAVA_BYTE));
                        spoil(other);
                        arguments[0] = other;
                    }
                }
                Object result = answer.answer();
                if (method.equals("read")) {
                    MemorySegment record = (MemorySegment) arguments[1];
                    corrupted().ifPresent(by -> by.saw(record));
                    if ((kind.equals(BlobKind.SHARE) && lies(Coalition.Lie.SHARE))
                            || (kind.equals(BlobKind.CIPHERTEXT) && lies(Coalition.Lie.CIPHERTEXT))) {
                        spoil(record);
                    }
                }
                return result;
            });
        }
    }
}
