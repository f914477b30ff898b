package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.StatementHash;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(240)
final class NoRoomTest {
    @TempDir
    Path folder;

    @Test
    void saidBeforeTheFirstRecord() {
        StatementHash id = Fixture.newId();
        try (SealedStore store = Fixture.open(folder);
                PendingObject object = Fixture.begin(store, id)) {
            assertThatThrownBy(() -> object.create(BlobKind.SHARE, 1 << 20, 1L << 50))
                    .isInstanceOf(StoreException.NoRoom.class)
                    .hasMessageContainingAll(id.toString(), "share", "needs 1125917086711808 bytes");
            assertThat(Fixture.dataFiles(folder)).isEmpty();
        }
    }

    // A limit on the size of files stands in for a full disk: both fail the write that is under way.
    @Test
    void appendAgainstTheLimit() throws Exception {
        try (ChildJvm child =
                ChildJvm.startBehind(List.of("bash", "-c", "ulimit -f 8192 && exec \"$@\"", "bash"), "fill", folder)) {
            assertThat(child.line()).startsWith("NoRoom writing object ").contains("share record 7: File too large");
            assertThat(child.line()).isEqualTo("readable 7");
            assertThat(child.line()).isEqualTo("files 0");
            assertThat(child.line()).isEqualTo("then true");
            assertThat(child.line()).isNull();
        }
    }

    // A session is ordered with a few bytes; what it may store must cost nothing until it comes, and not more than
    // there is.
    @Test
    void unfinishedSmallObjectsTakeMemoryAtTheirFirstByteAndOnlySoMuch() throws Exception {
        List<PendingObject> pending = new ArrayList<>();
        List<Blob> blobs = new ArrayList<>();
        try (SealedStore store = Fixture.open(folder)) {
            for (int i = 0; i < 800; i++) {
                PendingObject object = Fixture.begin(store, Fixture.newId());
                pending.add(object);
                blobs.add(object.create(BlobKind.SHARE, 1000, 60_000));
            }
            int written = 0;
            try {
                for (Blob blob : blobs) {
                    blob.append(MemorySegment.ofArray(new byte[1000]));
                    written++;
                }
            } catch (StoreException.NoRoom e) {
                assertThat(e).hasMessageContaining("unfinished objects");
            }
            assertThat(written).isBetween(400, 560);
            pending.forEach(PendingObject::close);
            StatementHash id = Fixture.newId();
            Fixture.put(store, id, 1000, 60_000);
            assertThat(store.find(id)).isPresent();
        }
    }
}
