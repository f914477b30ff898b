package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.client.Interlock;
import dev.interlock.client.Renewed;
import dev.interlock.core.token.ObjectId;
import dev.interlock.node.store.Engine;
import dev.interlock.protocol.error.DestroyedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A ring whose providers keep what they have in different engines: PostgreSQL and S3, S3 alone, neither. */
@Timeout(120)
final class EnginesTest {
    @TempDir
    private Path dir;

    private static Engine engine(String provider) {
        return switch (provider) {
            case "cc1" -> Engine.POSTGRES_S3;
            case "cc2" -> Engine.S3;
            default -> Engine.EMBEDDED;
        };
    }

    @Test
    void aMixedRing() throws Exception {
        try (TestRing ring = TestRing.start(dir, 2, 3, TestRing.PATIENT, EnginesTest::engine)) {
            Map<ObjectId, byte[]> objects = new LinkedHashMap<>();
            for (int length : new int[] {0, 32, 70_000, (5 << 19) + 7}) {
                byte[] bytes = TestRing.random(length);
                objects.put(ring.put(bytes).object(), bytes);
            }
            assertAllOpen(ring, objects);
            ring.restart("cc1", "cc2");
            assertAllOpen(ring, objects);

            List<ObjectId> ids = List.copyOf(objects.keySet());
            Interlock owner = ring.owner();
            assertThat(owner.replace(ids, Duration.ZERO, _ -> {})).allMatch(each -> each instanceof Renewed.Done);
            assertThat(owner.refresh(ids, Duration.ZERO, _ -> {})).allMatch(each -> each instanceof Renewed.Done);
            assertAllOpen(ring, objects);

            ring.loseStore("cc1");
            var _ = owner.repair("cc1", ids, Duration.ZERO, _ -> {});
            assertAllOpen(ring, objects);

            ObjectId first = ids.getFirst();
            assertThat(owner.destroy(first, List.of(), _ -> {}).missing()).isZero();
            assertThatThrownBy(() -> ring.get(first)).isInstanceOf(DestroyedException.class);
            objects.remove(first);
            assertAllOpen(ring, objects);
            assertThat(owner.list())
                    .extracting(listed -> listed.object())
                    .containsExactlyInAnyOrderElementsOf(objects.keySet());
        }
    }

    private static void assertAllOpen(TestRing ring, Map<ObjectId, byte[]> objects) {
        objects.forEach((id, bytes) -> {
            assertThat(ring.get(id, "cc1", "cc2")).isEqualTo(bytes);
            assertThat(ring.get(id, "cc2", "cc3")).isEqualTo(bytes);
        });
    }
}
