package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.client.Interlock;
import dev.interlock.client.Listed;
import dev.interlock.client.Renewed;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.node.store.ObjectState;
import dev.interlock.node.store.SealedStore;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.names.Name;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A ring that changes: providers come, are replaced and leave, and its objects follow. */
@Tag("long")
final class EpochTest {
    @TempDir
    private Path dir;

    private static Map<ObjectId, byte[]> put(Interlock user, int... lengths) {
        Map<ObjectId, byte[]> objects = new LinkedHashMap<>();
        for (int length : lengths) {
            byte[] bytes = TestRing.random(length);
            objects.put(TestRing.put(user, bytes).object(), bytes);
        }
        return objects;
    }

    private static void assertOpens(Interlock user, Map<ObjectId, byte[]> objects) {
        objects.forEach((id, bytes) -> assertThat(TestRing.get(user, id)).isEqualTo(bytes));
    }

    private static void change(TestRing ring, int t, List<String> adding, Set<String> retiring) {
        ring.folder().change(t, adding, retiring, TestRing.freePorts(1));
        List<String> running = new ArrayList<>(ring.descriptor()
                .nodes()
                .map(card -> card.name())
                .filter(name -> !adding.contains(name))
                .toList());
        ring.restart(running.toArray(String[]::new));
        ring.start(adding.toArray(String[]::new));
    }

    private static List<Renewed> follow(Interlock user) throws InterruptedException {
        return user.follow(List.of(), Duration.ZERO, _ -> {});
    }

    private static Token token(Interlock user, ObjectId id) throws InterruptedException {
        return user.info(id).token();
    }

    @Test
    void providersComeAndGoAndTheObjectsFollow() throws Exception {
        try (TestRing ring = TestRing.start(dir, 2, 3, TestRing.PATIENT);
                Interlock old = ring.client("credential")) {
            Map<ObjectId, byte[]> objects = put(old, 0, 32, 2_500_000);
            ObjectId destroyed = TestRing.put(old, TestRing.random(9)).object();
            old.destroy(destroyed, List.of(), _ -> {});
            Name name = Name.of("epochs/key");
            ObjectId named = objects.keySet().iterator().next();
            var _ = old.names().add(name, named, 0);

            // A fourth comes.
            change(ring, 2, List.of("cc4"), Set.of());
            try (Interlock user = ring.client("credential")) {
                // What is there stays what it was, for whoever knows of the change and whoever doesn't.
                assertOpens(old, objects);
                assertOpens(user, objects);
                assertThatThrownBy(() -> TestRing.put(old, new byte[1]))
                        .isInstanceOf(RefusedException.class)
                        .hasMessageContaining("nothing new goes into epoch 1: get the ring's new descriptor");
                assertThatThrownBy(() -> old.names().add(name, destroyed, 0))
                        .isInstanceOf(RefusedException.class)
                        .hasMessageContaining("get the ring's new descriptor");
                // Until they are carried on, a reading takes enough of the epoch before as well.
                assertThat(user.names().find(name).exists()).isTrue();
                assertThat(user.names().spread()).isEmpty();
                ObjectId any = objects.keySet().iterator().next();
                assertThat(user.replace(List.of(any), Duration.ZERO, _ -> {}))
                        .singleElement()
                        .isInstanceOfSatisfying(
                                Renewed.LeftAlone.class,
                                alone -> assertThat(alone.advice()).contains(new Advice.Follow(any.toString())));
                Map<ObjectId, byte[]> fresh = put(user, 77);
                assertThat(token(user, fresh.keySet().iterator().next()).providers())
                        .hasSize(4);

                assertThat(follow(user)).hasSize(3).allMatch(Renewed.Done.class::isInstance);
                assertThat(follow(user)).isEmpty();
                objects.putAll(fresh);
                assertOpens(user, objects);
                for (ObjectId id : objects.keySet()) {
                    assertThat(token(user, id).epoch()).isEqualTo(2);
                }
                ObjectId moved = objects.keySet().iterator().next();
                assertThatThrownBy(() -> TestRing.get(old, moved))
                        .isInstanceOf(BadInputException.class)
                        .hasMessageContaining("in epoch 2")
                        .hasMessageContaining("get the ring's new descriptor");
                assertThat(user.list()).hasSize(4).allMatch(each -> each.providers() == 4 && each.epoch() == 2);
            }

            // The first leaves, and the ring needs three of three.
            change(ring, 3, List.of(), Set.of("cc1"));
            try (Interlock user = ring.client("credential")) {
                assertOpens(user, objects);
                assertThat(follow(user)).hasSize(4).allMatch(Renewed.Done.class::isInstance);
                assertThat(user.names().spread()).isEmpty();
                ring.stop("cc1");
                assertNothingLeft(ring, "cc1", objects.keySet());
                // By those of this epoch alone.
                assertThat(user.names()
                                .find(name)
                                .versions()
                                .newest()
                                .orElseThrow()
                                .object())
                        .isEqualTo(named);
                assertOpens(user, objects);
                assertThat(user.list()).hasSize(4).allMatch(each -> each.providers() == 3 && each.epoch() == 3);
                assertThat(token(user, objects.keySet().iterator().next())
                                .threshold()
                                .t())
                        .isEqualTo(3);
                // And one that was destroyed before all that stays so.
                assertThatThrownBy(() -> TestRing.get(user, destroyed)).hasMessageContaining("destroyed");
            }
        }
    }

    private static void assertNothingLeft(TestRing ring, String name, Set<ObjectId> objects) {
        try (SealedStore store = ring.openStore(name)) {
            for (ObjectId id : objects) {
                assertThat(store.current(id))
                        .hasValueSatisfying(object -> assertThat(object.state()).isEqualTo(ObjectState.DESTROYED));
            }
        }
        assertThat(ring.dataFiles(name)).isEmpty();
    }

    /** Home has committed, nobody else hears of it, and who leaves is down: the next one who looks makes up for all of it. */
    @Test
    void aMoveThatBrokeOffIsFinished() throws Exception {
        try (TestRing ring = TestRing.start(dir, 2, 3, TestRing.SHORT)) {
            Map<ObjectId, byte[]> objects = put(ring.owner(), 32, 1_500_000);
            change(ring, 2, List.of("cc4"), Set.of("cc3"));
            Set<Object> committed = ConcurrentHashMap.newKeySet();
            AtomicBoolean deaf = new AtomicBoolean(true);
            for (String name : List.of("cc1", "cc2", "cc4")) {
                ring.stop(name);
                ring.startProvider(name, store -> committingOnce(store, committed, deaf), FieldKernels.chosen());
            }
            ring.stop("cc3");
            try (Interlock user = ring.client("credential")) {
                // One of three confirmed it: that could be a liar's word, so that nothing is erased for it.
                assertThat(follow(user)).hasSize(2).allMatch(Renewed.Failed.class::isInstance);
                assertThat(committed).as("control: by one of them").hasSize(2);
                deaf.set(false);
                // Its own look at them brings the certificate to all; of who left nobody knows while that one is down.
                assertThat(follow(user))
                        .hasSize(2)
                        .allSatisfy(each -> assertThat(each)
                                .asInstanceOf(InstanceOfAssertFactories.type(Renewed.LeftAlone.class))
                                .satisfies(alone -> assertThat(alone.why()).contains("epoch 2 already")));
                assertOpens(user, objects);
                ring.start("cc3");
                assertThat(user.list()).allMatch(each -> each.left().contains("cc3"));
                assertThat(follow(user)).hasSize(2).allMatch(Renewed.Done.class::isInstance);
                assertThat(user.list()).allMatch(each -> each.left().isEmpty());
                ring.stop("cc3");
                assertNothingLeft(ring, "cc3", objects.keySet());
                assertOpens(user, objects);
                assertThat(user.list().stream().map(Listed::epoch)).containsOnly(2);
            }
        }
    }

    /** A store of several that behave as one: of each object only the first commit gets through. */
    private static Store committingOnce(Store store, Set<Object> committed, AtomicBoolean deaf) {
        return (Store) Proxy.newProxyInstance(
                Store.class.getClassLoader(), new Class<?>[] {Store.class}, (_, method, args) -> {
                    if (method.getName().equals("commit") && deaf.get() && !committed.add(args[0])) {
                        throw new IllegalStateException("it hears nothing");
                    }
                    try {
                        return method.invoke(store, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
