package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.client.Interlock;
import dev.interlock.client.Renewed;
import dev.interlock.core.token.ObjectId;
import dev.interlock.node.store.Engine;
import dev.interlock.protocol.error.DestroyedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A ring whose providers keep what they have in different engines: PostgreSQL and S3, S3 alone, neither. */
@Timeout(240)
@Tag("long")
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

            // Each provider's store to where the other one's engines are, tombstones and all.
            ObjectId gone = ring.put(TestRing.random(100)).object();
            var _ = owner.destroy(gone, List.of(), _ -> {});
            List<String> addresses = Engine.addresses("moved-here");
            Files.copy(
                    ring.node("cc1").resolve("s3.credentials"), ring.node("cc3").resolve("s3.credentials"));
            assertThat(migrate(ring, "cc3", addresses, "--ahead", "--rate", "1000")
                            .expect(0)
                            .text())
                    .matches("(?s)copied [1-9][0-9]* blobs of cc3 ahead .*");
            ring.stop("cc1", "cc3");
            migrate(ring, "cc1", List.of("folder")).expect(0);
            assertThat(migrate(ring, "cc3", addresses).expect(0).text())
                    .contains("cc3 stood still for it", "blobs, 0 of them copied");
            ring.start("cc1", "cc3");
            assertThat(migrate(ring, "cc3", List.of("folder")).expect(1).err()).contains("is open in this");
            assertAllOpen(ring, objects);
            assertThatThrownBy(() -> ring.get(gone, "cc1", "cc3")).isInstanceOf(DestroyedException.class);

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

    private static Cli.Result migrate(TestRing ring, String provider, List<String> to, String... options) {
        List<Object> words = new ArrayList<>(List.of("provider", "migrate-store", ring.node(provider)));
        words.addAll(List.of(options));
        to.forEach(address -> words.addAll(List.of("--to", address)));
        return InProcess.run(words.toArray());
    }

    private static void assertAllOpen(TestRing ring, Map<ObjectId, byte[]> objects) {
        objects.forEach((id, bytes) -> {
            assertThat(ring.get(id, "cc1", "cc2")).isEqualTo(bytes);
            assertThat(ring.get(id, "cc2", "cc3")).isEqualTo(bytes);
        });
    }
}
