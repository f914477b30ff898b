package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.client.GetOptions.Way;
import dev.interlock.core.sharing.ChunkLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Liars in processes of their own: a part of what {@link LiarsTable} runs through. */
@Timeout(300)
@Tag("long")
final class LiarsIT {
    /** Two chunks. */
    private static final int LENGTH = ChunkLayout.CHUNK_BYTES + 17;

    @TempDir
    private static Path dir;

    private static LiarsTable table;

    @BeforeAll
    static void start() throws Exception {
        table = new LiarsTable(dir, 1, LENGTH);
    }

    @AfterAll
    static void stop() {
        table.close();
    }

    private static void allRight(LiarsTable.Row row) {
        assertThat(row.wrong).as(row.what).isEmpty();
        assertThat(row.right).as(row.what).isEqualTo(row.done);
    }

    @Test
    void everyReadIsRightWhicheverProviderLies() throws Exception {
        List<String> all = List.copyOf(table.providers());
        int turn = 0;
        for (LyingNode.Fault fault : LiarsTable.QUICK) {
            LiarsTable.Row row = new LiarsTable.Row(fault.toString());
            // Each of them lies in two of the ways; LiarsTable goes through all of both.
            List<String> liars = List.of(all.get(turn % all.size()), all.get((turn + 2) % all.size()));
            turn++;
            for (String liar : liars) {
                Way way = row.done % 2 == 0 ? Way.AUTO : Way.DIRECT;
                table.read(row, Set.of(liar), fault, LENGTH, way, 1);
            }
            allRight(row);
        }
    }

    @Test
    void everyReadIsRightPastTheSilent() throws Exception {
        LiarsTable.Row row = new LiarsTable.Row("silence");
        table.read(row, Set.of("cc1"), LyingNode.Fault.STALLED, LENGTH, Way.AUTO, 1);
        table.readPastSilence(row, Set.of("cc2", "cc5"), LENGTH, Way.DIRECT, 1);
        allRight(row);
    }

    @Test
    void everyPutThatIsSpoiledIsRefusedAndTheLiarNamed() throws Exception {
        int length = ChunkLayout.CHUNK_BYTES + 10;
        refused(table.put("a share store", "cc4", LyingNode.Fault.STORED_SHARE, length, 1), "cc4");
        // It is home to three objects of five.
        refused(table.put("a home", "cc2", LyingNode.Fault.STORED_CIPHERTEXT, length, 50), "cc2");
        refused(table.put("a dealer", "dealer1", LyingNode.Fault.ONCE, length, 1), "dealer1");
        refused(table.put("a hop", "cc3", LyingNode.Fault.HOP, length, 1), "cc3");
        LiarsTable.Row once = table.put("a hop, once", "cc3", LyingNode.Fault.ONCE, length, 1);
        assertThat(once.right).isEqualTo(1);
        assertThat(once.detours).isEqualTo(1);
        assertThat(once.blamed).isEmpty();
    }

    private static void refused(LiarsTable.Row row, String liar) {
        assertThat(row.wrong).as(row.what).isEmpty();
        assertThat(row.refused).as(row.what).isEqualTo(1);
        assertThat(row.blamed).as(row.what).containsExactly(liar);
    }
}
