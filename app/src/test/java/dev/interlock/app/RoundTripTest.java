package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.client.Attempt;
import dev.interlock.client.Fetched;
import dev.interlock.client.GetOptions;
import dev.interlock.client.Interlock;
import dev.interlock.client.Listed;
import dev.interlock.client.PutOptions;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.NoSuchObjectException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(240)
final class RoundTripTest {
    private static final int CHUNK = ChunkLayout.CHUNK_BYTES;
    private static final int[] LENGTHS = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17};

    @TempDir
    private static Path dir;

    private static TestRing ring;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 3, 5, TestRing.PATIENT);
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @ParameterizedTest
    @CsvSource({"2,2", "2,3", "5,5"})
    void everyLengthComesBack(int t, int n, @TempDir Path own) {
        try (TestRing other = TestRing.start(own, t, n, TestRing.PATIENT)) {
            everyLengthComesBack(other);
        }
    }

    @Test
    void everyLengthComesBackFromThreeOfFive() {
        everyLengthComesBack(ring);
    }

    private static void everyLengthComesBack(TestRing ring) {
        Map<Token, byte[]> put = new LinkedHashMap<>();
        for (int length : LENGTHS) {
            byte[] bytes = TestRing.random(length);
            put.put(ring.put(bytes), bytes);
        }
        put.forEach((token, bytes) -> assertThat(ring.get(token.object()))
                .as("%d bytes", bytes.length)
                .isEqualTo(bytes));
    }

    @Test
    @Tag("long")
    void aBatchComesBackAndOneThatFailsLeavesTheOthersAlone() throws Exception {
        List<byte[]> contents = new ArrayList<>();
        List<Interlock.Source> sources = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            byte[] bytes = TestRing.random(32);
            contents.add(bytes);
            // One ends before its length.
            sources.add(new Interlock.Source(
                    Channels.newChannel(new ByteArrayInputStream(bytes, 0, i == 70 ? 31 : 32)), 32));
        }
        List<Attempt<Token>> put = ring.owner().putAll(sources, PutOptions.DEFAULT);
        assertThat(put).hasSize(150);
        assertThatThrownBy(put.get(70)::get).isInstanceOf(BadInputException.class);

        List<Interlock.Target> targets = new ArrayList<>();
        List<ByteArrayOutputStream> outs = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            ObjectId id = i == 70
                    ? ObjectId.of(TestRing.random(ObjectId.BYTES))
                    : put.get(i).get().object();
            outs.add(new ByteArrayOutputStream());
            targets.add(new Interlock.Target(id, Channels.newChannel(outs.get(i))));
        }
        List<Attempt<Fetched>> got = ring.owner().getAll(targets, GetOptions.DEFAULT);
        for (int i = 0; i < 150; i++) {
            if (i == 70) {
                assertThatThrownBy(got.get(70)::get).isInstanceOf(NoSuchObjectException.class);
            } else {
                assertThat(got.get(i)).isInstanceOf(Attempt.Done.class);
                assertThat(outs.get(i).toByteArray()).isEqualTo(contents.get(i));
            }
        }
    }

    @Test
    void everySetOfThreeOpens() {
        byte[] bytes = TestRing.random(2 * CHUNK + 5);
        Token token = ring.put(bytes);
        List<String> names = ring.providers();
        Set<Set<String>> tried = new HashSet<>();
        for (String a : names) {
            for (String b : names) {
                for (String c : names) {
                    Set<String> s = new HashSet<>(List.of(a, b, c));
                    if (s.size() == 3 && tried.add(s)) {
                        assertThat(ring.get(token.object(), a, b, c))
                                .as("%s", s)
                                .isEqualTo(bytes);
                    }
                }
            }
        }
        assertThat(tried).hasSize(10);
    }

    @Test
    void fewerThanThreeAreNotEvenAsked() {
        ObjectId object = ring.put(new byte[1]).object();
        assertThatThrownBy(() -> ring.get(object, "cc1", "cc2"))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("t = 3");
        assertThatThrownBy(() -> ring.get(object, "cc1", "cc2", "cc2")).isInstanceOf(BadInputException.class);
        assertThatThrownBy(() -> ring.get(object, "cc1", "cc2", "cc9"))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("cc9");
    }

    @Test
    void anInputOfAnotherLengthThanSaidStoresNothing() throws Exception {
        List<Listed> before = ring.owner().list();
        for (int said : new int[] {9, 11}) {
            assertThatThrownBy(
                            () -> ring.owner().put(Channels.newChannel(new ByteArrayInputStream(new byte[10])), said))
                    .isInstanceOf(BadInputException.class)
                    .hasMessageContaining("nothing was stored");
        }
        assertThat(ring.owner().list()).hasSameSizeAs(before);
    }

    @Test
    void manyAtOnce(@TempDir Path own) throws Exception {
        int threads = 16;
        int each = 8;
        try (TestRing busy = TestRing.start(own, 3, 5, TestRing.PATIENT);
                ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            List<Callable<Set<ObjectId>>> work = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                work.add(() -> {
                    Set<ObjectId> done = new HashSet<>();
                    for (int i = 0; i < each; i++) {
                        byte[] bytes = TestRing.random(32);
                        ObjectId object = busy.put(bytes).object();
                        assertThat(busy.get(object)).isEqualTo(bytes);
                        done.add(object);
                    }
                    return done;
                });
            }
            Set<ObjectId> all = new HashSet<>();
            for (Future<Set<ObjectId>> done : executor.invokeAll(work, 100, TimeUnit.SECONDS)) {
                all.addAll(done.get());
            }
            assertThat(all).hasSize(threads * each);
            List<Listed> listed = busy.owner().list();
            assertThat(listed).extracting(Listed::object).containsExactlyInAnyOrderElementsOf(all);
            assertThat(listed).extracting(Listed::providers).containsOnly(5);
        }
    }
}
