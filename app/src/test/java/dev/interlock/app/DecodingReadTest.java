package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.client.Fetched;
import dev.interlock.client.GetOptions;
import dev.interlock.client.Interlock;
import dev.interlock.client.Renewed;
import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.field.Gf256;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.token.ObjectId;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.PendingObject;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.IntegrityException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A provider signs the root of garbage for a share that nobody but it has summed up, answers the check of the renewal with the
 * right share, and serves the garbage, which fits what it signed. Each read finds it out, and opens the object all the same.
 */
@Timeout(240)
@Tag("long")
final class DecodingReadTest {
    private static final int CHUNK = ChunkLayout.CHUNK_BYTES;
    /** Which byte of a share's chunk is wrong. */
    private static final int AT = 7;

    /** Of reads by clients that ask a liar first: one on a busy machine may find another quicker. */
    private static final int TRIES = 20;

    @TempDir
    private Path dir;

    private static void spoil(MemorySegment bytes, long at) {
        bytes.set(ValueLayout.JAVA_BYTE, at, (byte) (bytes.get(ValueLayout.JAVA_BYTE, at) ^ 0x10));
    }

    /** Adds wrongly where it makes the new share of the old one and what is dealt. */
    private record Adding(FieldKernel honest, AtomicBoolean lying) implements FieldKernel {
        @Override
        public void addScaled(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src) {
            honest.addScaled(out, in, coefficient, src);
            if (lying.get() && coefficient == 1 && out.byteSize() > 2 * AT) {
                spoil(out, AT);
            }
        }

        @Override
        public String name() {
            return "lying";
        }
    }

    /** Until it is committed, a share reads as if it had been added up rightly. */
    private static Store answeringRightly(Store store, AtomicBoolean lying) {
        return proxy(Store.class, store, (name, arguments, result) -> {
            if (!name.equals("begin")) {
                return result;
            }
            return proxy(PendingObject.class, (PendingObject) result, (create, asked, made) -> {
                if (!create.equals("create") || !asked[0].equals(BlobKind.SHARE)) {
                    return made;
                }
                return proxy(Blob.class, (Blob) made, (read, at, nothing) -> {
                    if (read.equals("read") && lying.get()) {
                        spoil((MemorySegment) at[1], Leaves.SALT_BYTES + AT);
                    }
                    return nothing;
                });
            });
        });
    }

    private interface After {
        Object call(String method, Object[] arguments, Object result);
    }

    private static <T> T proxy(Class<T> type, T honest, After after) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (_, method, arguments) -> {
                    try {
                        return after.call(method.getName(), arguments, method.invoke(honest, arguments));
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    private static ObjectId refreshedWhileTheyLie(TestRing ring, byte[] bytes, Set<String> liars) throws Exception {
        AtomicBoolean lying = new AtomicBoolean();
        for (String liar : liars) {
            ring.stop(liar);
            ring.startProvider(liar, store -> answeringRightly(store, lying), new Adding(FieldKernels.chosen(), lying));
        }
        ObjectId object = ring.put(bytes).object();
        lying.set(true);
        assertThat(ring.owner().refresh(List.of(object), Duration.ZERO, _ -> {}))
                .allMatch(Renewed.Done.class::isInstance);
        lying.set(false);
        return object;
    }

    private static Fetched get(TestRing ring, ObjectId object, byte[] bytes, GetOptions.Way way, String... from)
            throws IOException, InterruptedException {
        return getAsking(Set.of(), ring, object, bytes, way, from);
    }

    /** Those named first are asked first. */
    private static Fetched getAsking(
            Set<String> first, TestRing ring, ObjectId object, byte[] bytes, GetOptions.Way way, String... from)
            throws IOException, InterruptedException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Interlock user = ring.clientAskingFirst("credential", first)) {
            user.onLie(evidence -> {
                throw new AssertionError("there can be no evidence against anybody");
            });
            Fetched fetched = user.get(
                    object,
                    Channels.newChannel(out),
                    new GetOptions(List.of(from), Blinding.EXPANDED, Optional.empty(), Optional.empty(), way),
                    _ -> {},
                    _ -> {});
            assertThat(out.toByteArray()).isEqualTo(bytes);
            return fetched;
        }
    }

    /**
     * Adds up wrongly what several dealers dealt, and makes up for it in its hop, so that the ciphertext comes out right.
     *
     * @param padded the length of P, in one chunk
     * @param begun whether its hop is behind the first piece, which comes after the sum
     */
    private record Summing(FieldKernel honest, AtomicBoolean lying, int padded, AtomicBoolean begun)
            implements FieldKernel {
        Summing(AtomicBoolean lying, int length) {
            this(FieldKernels.chosen(), lying, ChunkLayout.RANDOMIZER_BYTES + length, new AtomicBoolean());
        }

        @Override
        public void addScaled(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src) {
            honest.addScaled(out, in, coefficient, src);
            if (!lying.get()) {
                return;
            }
            if (out.byteSize() == Leaves.SALT_BYTES + padded) {
                spoil(out, Leaves.SALT_BYTES + AT);
                begun.set(false);
            } else if (!begun.getAndSet(true)) {
                out.set(ValueLayout.JAVA_BYTE, AT, (byte)
                        (out.get(ValueLayout.JAVA_BYTE, AT) ^ Gf256.multiply(coefficient, 0x10)));
            }
        }

        @Override
        public String name() {
            return "lying";
        }
    }

    /** Of a small put the sum itself is seen. */
    @Test
    void ofASmallPutItIsFoundAtOnce() throws Exception {
        byte[] bytes = TestRing.random(1000);
        AtomicBoolean lying = new AtomicBoolean();
        try (TestRing ring = TestRing.start(dir, 3, 5, TestRing.PATIENT, 2, List.of())) {
            ring.stop("cc4");
            ring.startProvider("cc4", store -> answeringRightly(store, lying), new Summing(lying, bytes.length));
            lying.set(true);
            assertThatThrownBy(() -> ring.put(bytes))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessageContaining("cc4 stored another share than the one that it signed for");
        }
    }

    @Test
    void theSameWithSeveralDealers() throws Exception {
        byte[] bytes = TestRing.random(100_000);
        AtomicBoolean lying = new AtomicBoolean();
        try (TestRing ring = TestRing.start(dir, 3, 5, TestRing.PATIENT, 2, List.of())) {
            ring.stop("cc4");
            ring.startProvider("cc4", store -> answeringRightly(store, lying), new Summing(lying, bytes.length));
            lying.set(true);
            ObjectId object = ring.put(bytes).object();
            lying.set(false);
            Set<String> found = new TreeSet<>();
            for (int i = 0; i < TRIES && found.isEmpty(); i++) {
                for (GetOptions.Way way : List.of(GetOptions.Way.DIRECT, GetOptions.Way.AUTO)) {
                    found.addAll(getAsking(Set.of("cc4"), ring, object, bytes, way)
                            .found()
                            .keySet());
                }
            }
            assertThat(found).containsOnly("cc4");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 2 * CHUNK + 100})
    void everySingleOneAndEveryPair(int length) throws Exception {
        byte[] bytes = TestRing.random(length);
        try (TestRing ring = TestRing.start(dir, 3, 5, TestRing.PATIENT)) {
            for (Set<String> liars : List.of(Set.of("cc1"), Set.of("cc5"), Set.of("cc2", "cc4"))) {
                ring.startAll();
                ObjectId object = refreshedWhileTheyLie(ring, bytes, liars);
                Set<String> found = new TreeSet<>();
                for (int i = 0; i < TRIES && found.isEmpty(); i++) {
                    for (GetOptions.Way way : List.of(GetOptions.Way.AUTO, GetOptions.Way.DIRECT)) {
                        Map<String, String> named =
                                getAsking(liars, ring, object, bytes, way).found();
                        assertThat(liars).as("blamed").containsAll(named.keySet());
                        found.addAll(named.keySet());
                    }
                }
                assertThat(found).as("whoever was asked was found out").isNotEmpty();
                assertThat(found(liars, ring, object, bytes, four(liars)))
                        .containsOnlyKeys(liars.iterator().next())
                        .allSatisfy((name, what) -> assertThat(what)
                                .startsWith(name + " lied: its share of chunk 0 fits what it signed for"));
                liars.forEach(ring::stop);
            }
        }
    }

    /** What is found of a liar among the four that are used. */
    private static Map<String, String> found(
            Set<String> liars, TestRing ring, ObjectId object, byte[] bytes, String... from)
            throws IOException, InterruptedException {
        for (int i = 0; i < TRIES; i++) {
            Map<String, String> found = getAsking(liars, ring, object, bytes, GetOptions.Way.DIRECT, from)
                    .found();
            if (!found.isEmpty()) {
                return found;
            }
        }
        throw new AssertionError("the liar was never asked");
    }

    /** One liar and three who don't lie: t of them are enough, and the leaf tells which. */
    private static String[] four(Set<String> liars) {
        return Stream.concat(
                        Stream.of(liars.iterator().next()),
                        Stream.of("cc1", "cc2", "cc3", "cc4", "cc5").filter(name -> !liars.contains(name)))
                .limit(4)
                .toArray(String[]::new);
    }

    /** t − 1 honest ones are left: nothing wrong comes out, and nobody is named without a reason. */
    @Test
    void beyondTheDistanceNothingComesOut() throws Exception {
        byte[] bytes = TestRing.random(1000);
        try (TestRing ring = TestRing.start(dir, 3, 5, TestRing.PATIENT)) {
            ObjectId object = refreshedWhileTheyLie(ring, bytes, Set.of("cc1", "cc2", "cc3"));
            for (GetOptions.Way way : List.of(GetOptions.Way.AUTO, GetOptions.Way.DIRECT)) {
                assertThatThrownBy(() -> get(ring, object, bytes, way))
                        .isInstanceOfSatisfying(
                                IntegrityException.class,
                                e -> assertThat(e.culprits()).isEmpty())
                        .hasMessageContaining("Nothing wrong was released");
            }
        }
    }
}
