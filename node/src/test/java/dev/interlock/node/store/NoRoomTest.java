package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.ObjectId;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class NoRoomTest {
    @TempDir
    Path folder;

    @Test
    void saidBeforeTheFirstRecord() {
        ObjectId id = Fixture.newId();
        try (SqliteStore store = Fixture.open(folder);
                PendingObject object = store.begin(id, Fixture.OWNER)) {
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
}
