package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.client.Destruction;
import dev.interlock.client.ObjectStatus;
import dev.interlock.client.PutOptions;
import dev.interlock.client.Repaired;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.SealedStore;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.Custody;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.TooFewProvidersException;
import java.io.ByteArrayInputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Writes with providers down: the others store the object, and what is theirs reaches them when they are back. */
@Timeout(240)
@Tag("long")
final class DegradedTest {
    private static final int CHUNK = 1 << 20;

    @TempDir
    private static Path dir;

    private static TestRing ring;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 2, 5, TestRing.PATIENT);
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @BeforeEach
    void allUp() {
        ring.startAll();
    }

    @Test
    void twoThatWereDownGetTheirSharesAndCompleteTheChain() throws Exception {
        byte[] bytes = TestRing.random(2 * CHUNK + 5);
        ring.stop("cc2", "cc4");
        assertThatThrownBy(() -> put(new byte[10], 1))
                .isInstanceOf(TooFewProvidersException.class)
                .hasMessageContaining("a put without 1 of them needs 4 providers and 3 can be used")
                .hasMessageContaining("cc2")
                .hasMessageContaining("cc4");
        Token token = put(bytes, 2);
        ObjectId object = token.object();
        assertThat(token.missing()).extracting(ShareIndex::x).containsExactly(2, 4);
        ObjectStatus status = ring.owner().info(object);
        assertThat(status.signatures()).isEqualTo(3);
        assertThat(status.waiting()).containsOnlyKeys("cc2", "cc4");
        assertThat(status.waiting()).containsEntry("cc2", custodians(token, "cc2"));
        assertThat(status.states().get("cc4")).startsWith("missing, its share waits at cc");
        assertThat(ring.owner().list())
                .anySatisfy(listed -> assertThat(listed.missing()).containsExactly("cc2", "cc4"));
        assertThatThrownBy(() -> ring.owner().proof(object))
                .isInstanceOf(NodeException.class)
                .hasMessageContaining("cc2's share waits at");
        for (List<String> any : pairs("cc1", "cc3", "cc5")) {
            assertThat(ring.get(object, any.toArray(String[]::new))).isEqualTo(bytes);
        }
        // The second one first: it has its share, and signs after the other one.
        ring.start("cc4");
        Await.until(
                "cc4 has its share", () -> !ring.owner().info(object).waiting().containsKey("cc4"));
        assertThat(ring.owner().info(object).signatures()).isEqualTo(3);
        ring.start("cc2");
        Await.until(
                "all have the complete chain", () -> logged("COMPLETED", object).containsAll(ring.providers()));
        assertThat(ring.owner().info(object).signatures()).isEqualTo(5);
        assertThat(ring.owner().info(object).waiting()).isEmpty();
        assertThat(ring.owner().proof(object).verify(ring.descriptor()).object())
                .isEqualTo(object);
        assertThat(ring.owner().list())
                .allSatisfy(listed -> assertThat(listed.missing()).isEmpty());
        assertThat(logged("DELIVERED", object))
                .isEqualTo(logged("CUSTODY", object))
                .hasSizeGreaterThan(1);
        for (String name : ring.providers()) {
            assertThat(ring.dataFiles(name)).noneMatch(file -> file.toString().contains("waiting"));
        }
        // Two others die, and those that were missing serve.
        String home = ring.homes(token).getFirst();
        ring.stop(ring.route(token).subList(1, 3).toArray(String[]::new));
        assertThat(ring.get(object, "cc2", home)).isEqualTo(bytes);
        assertThat(ring.get(object, "cc2", "cc4", home)).isEqualTo(bytes);
    }

    @Test
    void withAllThereItIsAnOrdinaryWrite() throws Exception {
        Token token = put(TestRing.random(100), 2);
        assertThat(token.missing()).isEmpty();
        assertThat(token.homes()).hasSize(4);
        assertThat(ring.owner().info(token.object()).signatures()).isEqualTo(5);
        Token two = ring.owner()
                .put(
                        Channels.newChannel(new ByteArrayInputStream(new byte[1])),
                        1,
                        PutOptions.DEFAULT.allowingDegraded(1),
                        _ -> {});
        assertThat(two.missing()).isEmpty();
    }

    /** The first custodian lies, the second one isn't there, and comes. */
    @Test
    void aWrongShareIsNoticedAndTheOtherCustodianServes() throws Exception {
        byte[] bytes = TestRing.random(CHUNK + 5);
        BlobKind waiting = BlobKind.waitingShare(5);
        ring.stop("cc1", "cc2", "cc3", "cc4", "cc5");
        for (String liar : List.of("cc1", "cc3")) {
            ring.startProvider(liar, store -> WrongStore.of(store, waiting), FieldKernels.chosen());
        }
        ring.start("cc2", "cc4");
        Token token;
        do {
            token = put(bytes, 1);
        } while (custodians(token, "cc5").stream().allMatch(name -> name.equals("cc1") || name.equals("cc3")));
        ObjectId object = token.object();
        List<String> custodians = custodians(token, "cc5");
        String liar = custodians.contains("cc1") ? "cc1" : "cc3";
        String honest = custodians.stream()
                .filter(name -> !name.equals(liar))
                .findFirst()
                .orElseThrow();
        String generation = token.id().toString();
        ring.stop(honest);
        ring.start("cc5");
        Await.until(
                "cc5 has refused it",
                () -> Files.readString(ring.node("cc5").resolve("audit.log"))
                        .contains("generation=" + generation + " node=" + liar + " reason=integrity"));
        assertThat(ring.owner().info(object).waiting()).containsKey("cc5");
        ring.start(honest);
        Await.until(
                "all have the complete chain", () -> logged("COMPLETED", object).containsAll(ring.providers()));
        assertThat(ring.get(object, "cc5", ring.homes(token).getFirst())).isEqualTo(bytes);
        ring.restart("cc1", "cc3");
    }

    /** One custodian is new and the other one stood still when its provider came back. */
    @Test
    void crashesAnywhereCostNothing() throws Exception {
        byte[] bytes = TestRing.random(CHUNK + 5);
        ring.stop("cc5");
        Token token = put(bytes, 1);
        ObjectId object = token.object();
        List<String> custodians = custodians(token, "cc5");
        String home = ring.homes(token).getFirst();
        ring.stop(custodians.toArray(String[]::new));
        // The first one lost what waited there; the second one breaks off as it erases it, and then as it ends.
        try (SealedStore store = ring.openStore(custodians.getFirst())) {
            store.discard(token.id(), BlobKind.waitingShare(5));
        }
        startBreaking(custodians.getLast(), "discard", "extend");
        // CC_5 stored it and broke off before it was committed, and before its signature was kept.
        startBreaking("cc5", "commit", "extend");
        Await.until("cc5 has stored it", () -> logged("STORED", object).contains("cc5"));
        ring.stop("cc5");
        startBreaking("cc5", "extend");
        ring.start(custodians.getFirst());
        Await.until(
                "all have the complete chain", () -> logged("COMPLETED", object).containsAll(ring.providers()));
        assertThat(ring.get(object, "cc5", home)).isEqualTo(bytes);
        assertThat(ring.dataFiles(custodians.getLast()))
                .noneMatch(file -> file.toString().contains("waiting"));
        assertThat(ring.owner().proof(object).verify(ring.descriptor()).object())
                .isEqualTo(object);
    }

    @Test
    void whatWasDestroyedIsNotBroughtBack() throws Exception {
        ring.stop("cc5");
        ObjectId at = put(TestRing.random(10), 1).object();
        Destruction all = ring.owner().destroy(at, List.of(), _ -> {});
        assertThat(all.receipts()).hasSize(4).doesNotContainKey("cc5");
        assertThat(all.proof().verify(ring.descriptor()).unrecoverableSince()).isPresent();
        Token token = put(TestRing.random(CHUNK), 1);
        ObjectId object = token.object();
        String custodian = custodians(token, "cc5").getFirst();
        ring.stop(custodian);
        Destruction done = ring.owner().destroy(object, List.of(), _ -> {});
        assertThat(done.receipts()).hasSize(3).doesNotContainKeys("cc5", custodian);
        assertThat(done.unrecoverableSince()).isEmpty();
        assertThat(done.told()).containsOnlyKeys("cc5", custodian);
        // The custodian knows of nothing and would bring what it has.
        ring.start("cc5", custodian);
        Await.until(
                "the custodian is told",
                Duration.ofMinutes(2),
                () -> ring.owner().info(object).destroyed() == 4);
        assertThatThrownBy(() -> ring.get(object)).isInstanceOf(DestroyedException.class);
        // Whichever came first there: what was brought, and is given up, or the command.
        assertThat(ring.owner().info(object).states().get("cc5")).containsPattern("never had its share|^destroyed at ");
        assertThat(ring.dataFiles("cc5")).noneMatch(file -> file.toString().contains(object.toString()));
        for (String name : custodians(token, "cc5")) {
            // The receipt is there with the key's end; the files go next.
            Await.until(
                    "the files at " + name + " are gone",
                    () -> ring.dataFiles(name).stream()
                            .noneMatch(file -> file.toString().contains(object.toString())));
        }
        // A command that comes while the share is brought finds it prepared, and may have it committed first.
        if (logged("COMMITTED", object).contains("cc5")) {
            assertThat(logged("DESTROYED", object)).contains("cc5");
        }
    }

    @Test
    void theCommandsSayWhatIsMissingAndARepairBringsBackWhatNobodyKeeps() throws Exception {
        Path file = dir.resolve("file");
        Files.write(file, new byte[100]);
        String descriptor = ring.folder().path().toString();
        ring.stop("cc3");
        InProcess.run("put", file, "--allow-degraded", 1, "--protocol", 1, "--ring", descriptor)
                .expect(2);
        InProcess.run("put", file, "--allow-degraded", -1, "--ring", descriptor).expect(2);
        InProcess.run("put", file, "--ring", descriptor).expect(3);
        Cli.Result put = InProcess.run("put", file, "--allow-degraded", 1, "--ring", descriptor)
                .expect(0);
        assertThat(put.err()).contains("put without cc3");
        String object = put.text().strip();
        assertThat(InProcess.run("info", object, "--ring", descriptor).expect(0).text())
                .containsPattern("degraded +cc3's share waits at cc. and cc.")
                .containsPattern("signatures +4 of 5")
                .containsPattern("cc3 +missing, its share waits at");
        assertThat(InProcess.run("info", object, "--json", "--ring", descriptor)
                        .expect(0)
                        .text())
                .containsPattern("\"degraded\" : \\{\\s*\"cc3\" : \\[");
        assertThat(InProcess.run("ls", "--ring", descriptor).expect(0).text())
                .contains("MISSING")
                .containsPattern(object + ".* cc3");
        // Both custodians lost what waited there: t others make the share anew.
        ObjectId id = ObjectId.parse(object);
        List<String> custodians = ring.owner().info(id).waiting().get("cc3");
        ring.stop(custodians.toArray(String[]::new));
        for (String name : custodians) {
            try (SealedStore store = ring.openStore(name)) {
                store.discard(store.current(id).orElseThrow().generation().id(), BlobKind.waitingShare(3));
            }
        }
        ring.startAll();
        assertThat(ring.owner().repair("cc3", List.of(id), Duration.ZERO, _ -> {}))
                .allSatisfy(each -> assertThat(each).isInstanceOf(Repaired.Restored.class));
        Await.until("all have the complete chain", () -> logged("COMPLETED", id).containsAll(ring.providers()));
        assertThat(ring.get(id)).isEqualTo(new byte[100]);
    }

    /** A provider that stands still starts with a store that fails once in each of these operations, as crashes would. */
    private static void startBreaking(String name, String... operations) {
        Set<String> left = ConcurrentHashMap.newKeySet();
        left.addAll(List.of(operations));
        ring.startProvider(
                name,
                store -> (Store) Proxy.newProxyInstance(
                        Store.class.getClassLoader(), new Class<?>[] {Store.class}, (_, method, arguments) -> {
                            if (left.remove(method.getName())) {
                                throw new IllegalStateException("broke off before " + method.getName());
                            }
                            try {
                                return method.invoke(store, arguments);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        }),
                FieldKernels.chosen());
    }

    /** Whose log has such an entry about the object. */
    private static List<String> logged(String event, ObjectId object) throws Exception {
        List<String> names = new ArrayList<>();
        for (String name : ring.providers()) {
            String log = Files.readString(ring.node(name).resolve("audit.log"));
            if (log.lines().anyMatch(line -> line.contains(" " + event + " object=" + object))) {
                names.add(name);
            }
        }
        return names;
    }

    private static List<String> custodians(Token token, String missing) {
        ShareIndex x = ring.descriptor().provider(missing).orElseThrow().x();
        return Custody.custodians(token.present(), token.missing(), x).stream()
                .map(custodian -> ring.descriptor().provider(custodian).name())
                .toList();
    }

    private static Token put(byte[] bytes, int missing) throws Exception {
        return ring.owner()
                .put(
                        Channels.newChannel(new ByteArrayInputStream(bytes)),
                        bytes.length,
                        PutOptions.DEFAULT.allowingDegraded(missing),
                        _ -> {});
    }

    private static List<List<String>> pairs(String... names) {
        List<List<String>> pairs = new ArrayList<>();
        for (int i = 0; i < names.length; i++) {
            for (int j = 0; j < i; j++) {
                pairs.add(List.of(names[i], names[j]));
            }
        }
        return pairs;
    }
}
