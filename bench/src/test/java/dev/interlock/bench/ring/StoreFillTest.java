package dev.interlock.bench.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.ObjectState;
import dev.interlock.node.store.PendingObject;
import dev.interlock.node.store.SealedStore;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.StoredObject;
import dev.interlock.node.store.Stores;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreFillTest {
    private static final int RECORD_BYTES = 160;
    private static final byte[] USER = new byte[32];
    private static final byte[] MANIFEST = new byte[32];

    @TempDir
    private Path folder;

    @Test
    void aFilledStoreHasCommittedObjectsLikeTheOneGiven() throws Exception {
        SecureRandom random = new SecureRandom();
        ObjectId like = new ObjectId(random.nextLong(), random.nextLong());
        byte[] hash = new byte[StatementHash.BYTES];
        random.nextBytes(hash);
        StatementHash id = StatementHash.of(hash);
        byte[] token = new byte[300];
        byte[] certificate = new byte[500];
        random.nextBytes(token);
        try (SealedStore store = Stores.embedded(folder.resolve("store"), random, Clock.systemUTC());
                Arena arena = Arena.ofConfined()) {
            try (PendingObject pending = store.begin(new Store.Generation(id, like, 1, 1, false), USER)) {
                try (Blob blob = pending.create(BlobKind.SHARE, RECORD_BYTES, RECORD_BYTES)) {
                    blob.append(arena.allocate(RECORD_BYTES));
                    blob.finish();
                }
                pending.prepare(token, MANIFEST);
            }
            var _ = store.commit(id, certificate);
        }

        StoreFill.fill(folder.resolve("store"), like, 1000);

        try (SealedStore store = Stores.embedded(folder.resolve("store"), random, Clock.systemUTC())) {
            List<StoredObject> all = store.list(USER, Optional.empty(), 2000);
            assertThat(all).hasSize(1001);
            assertThat(all).extracting(object -> object.generation().id()).doesNotHaveDuplicates();
            for (StoredObject object : all) {
                assertThat(object.state()).isEqualTo(ObjectState.COMMITTED);
                assertThat(object.token()).isEqualTo(token);
                assertThat(object.certificate()).isEqualTo(certificate);
                StatementHash each = object.generation().id();
                assertThat(store.manifest(each)).isEqualTo(MANIFEST);
                try (Blob blob = store.open(each, BlobKind.SHARE)) {
                    assertThat(blob.recordBytes(0)).isEqualTo(RECORD_BYTES);
                }
            }
        }
    }
}
