package dev.interlock.bench.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.token.ObjectId;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.ObjectState;
import dev.interlock.node.store.PendingObject;
import dev.interlock.node.store.SqliteStore;
import dev.interlock.node.store.StoredObject;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreFillTest {
    private static final int RECORD_BYTES = 160;
    private static final byte[] OWNER = new byte[32];
    private static final byte[] MANIFEST = new byte[32];

    @TempDir
    private Path folder;

    @Test
    void aFilledStoreHasCommittedObjectsLikeTheOneGiven() throws Exception {
        SecureRandom random = new SecureRandom();
        ObjectId like = ObjectId.random(random);
        byte[] token = ByteBuffer.allocate(300).put((byte) 1).put(like.bytes()).array();
        byte[] chain = ByteBuffer.allocate(500).putInt(300).put(token).array();
        try (SqliteStore store = SqliteStore.open(folder.resolve("store"), random, Clock.systemUTC());
                Arena arena = Arena.ofConfined()) {
            try (PendingObject pending = store.begin(like, OWNER)) {
                try (Blob blob = pending.create(BlobKind.SHARE, RECORD_BYTES, RECORD_BYTES)) {
                    blob.append(arena.allocate(RECORD_BYTES));
                    blob.finish();
                }
                pending.prepare(token, chain, MANIFEST);
            }
            store.commit(like, chain);
        }

        StoreFill.fill(folder.resolve("store"), like, 1000);

        try (SqliteStore store = SqliteStore.open(folder.resolve("store"), random, Clock.systemUTC())) {
            List<StoredObject> all = store.list(OWNER);
            assertThat(all).hasSize(1001);
            assertThat(all).extracting(StoredObject::id).doesNotHaveDuplicates();
            for (StoredObject object : all) {
                assertThat(object.state()).isEqualTo(ObjectState.COMMITTED);
                assertThat(object.token()).hasSize(300);
                assertThat(Arrays.copyOfRange(object.token(), 1, 17))
                        .isEqualTo(object.id().bytes());
                assertThat(Arrays.copyOfRange(object.chain(), 5, 21))
                        .isEqualTo(object.id().bytes());
                assertThat(store.manifest(object.id())).isEqualTo(MANIFEST);
                try (Blob blob = store.open(object.id(), BlobKind.SHARE)) {
                    assertThat(blob.recordBytes(0)).isEqualTo(RECORD_BYTES);
                }
            }
        }
    }
}
