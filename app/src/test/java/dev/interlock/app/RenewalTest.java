package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.client.Renewed;
import dev.interlock.core.token.ObjectId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** New pads and new shares of objects that stay what they are. */
@Timeout(90)
final class RenewalTest {
    private static final int CHUNK = 1 << 20;

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

    @BeforeEach
    void allUp() {
        ring.startAll();
    }

    /** What is done to one object. */
    private interface Renewing {
        List<Renewed> renew(List<ObjectId> objects) throws InterruptedException;
    }

    private static List<Renewed> replace(List<ObjectId> objects) throws InterruptedException {
        return ring.owner().replace(objects, Duration.ZERO, _ -> {});
    }

    private static List<Renewed> refresh(List<ObjectId> objects) throws InterruptedException {
        return ring.owner().refresh(objects, Duration.ZERO, _ -> {});
    }

    @Test
    void aRenewedObjectIsTheSameForItsOwnerAndAnotherForAThief() throws Exception {
        Map<ObjectId, byte[]> objects = new LinkedHashMap<>();
        for (int length : new int[] {0, 32, CHUNK, 2 * CHUNK + 7}) {
            byte[] bytes = TestRing.random(length);
            objects.put(ring.put(bytes).object(), bytes);
        }
        List<ObjectId> ids = List.copyOf(objects.keySet());
        int generation = 1;
        for (Renewing renewing : List.<Renewing>of(
                RenewalTest::replace, RenewalTest::refresh, RenewalTest::refresh, RenewalTest::replace)) {
            generation++;
            for (Renewed each : renewing.renew(ids)) {
                assertThat(each).isEqualTo(new Renewed.Done(each.object(), generation));
            }
            for (ObjectId id : ids) {
                assertThat(ring.get(id)).isEqualTo(objects.get(id));
                assertThat(ring.get(id, "cc5", "cc3", "cc4")).isEqualTo(objects.get(id));
                assertThat(ring.owner().info(id).token().generation()).isEqualTo(generation);
            }
        }
        assertThat(ring.owner().list()).extracting(listed -> listed.object()).containsAll(ids);
    }
}
