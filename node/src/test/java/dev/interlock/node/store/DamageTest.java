package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.StatementHash;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What someone else wrote to the disk is found when it is read, and named. */
@Timeout(240)
final class DamageTest {
    private static final int RECORD_BYTES = 40_000;
    private static final int SEALED_BYTES = RECORD_BYTES + 16;
    private static final int SMALL_BYTES = 100;

    @TempDir
    Path folder;

    private SealedStore store;
    private final StatementHash large = Fixture.newId();
    private final StatementHash small = Fixture.newId();

    @BeforeEach
    void write() {
        store = Fixture.open(folder);
        Fixture.put(store, large, RECORD_BYTES, 3 * RECORD_BYTES);
        Fixture.put(store, small, SMALL_BYTES, 3 * SMALL_BYTES);
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void sealedAsDocumented() throws Exception {
        byte[] key = Fixture.keys(folder, large).getFirst();
        byte[] file = Files.readAllBytes(Fixture.shareFile(folder, large));
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        for (int k = 0; k < 3; k++) {
            byte[] nonce = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) k};
            cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, nonce));
            cipher.updateAAD(large.bytes());
            cipher.updateAAD(new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 0, (byte) k, 0, 0, (byte) 0x9c, 0x40});
            assertThat(cipher.doFinal(file, k * SEALED_BYTES, SEALED_BYTES))
                    .isEqualTo(Fixture.content(large, BlobKind.SHARE, k, RECORD_BYTES));
        }
    }

    @Test
    void sealedSharesAreSealedAsDocumented() throws Exception {
        BlobKind kind = BlobKind.sealedShare(200);
        StatementHash other = putSealedShares(200, 201);
        byte[] key = Fixture.keys(folder, other).getFirst();
        byte[] file = Files.readAllBytes(Fixture.file(folder, other, kind));
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        byte[] nonce = {4, (byte) 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
        cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, nonce));
        cipher.updateAAD(other.bytes());
        cipher.updateAAD(new byte[] {4, (byte) 200, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, (byte) 0x9c, 0x40});
        assertThat(cipher.doFinal(file, SEALED_BYTES, SEALED_BYTES))
                .isEqualTo(Fixture.content(other, kind, 1, RECORD_BYTES));
    }

    @Test
    void sealedShareOfAnotherProvider() throws Exception {
        StatementHash other = putSealedShares(200, 201);
        Files.copy(
                Fixture.file(folder, other, BlobKind.sealedShare(200)),
                Fixture.file(folder, other, BlobKind.sealedShare(201)),
                StandardCopyOption.REPLACE_EXISTING);
        assertThat(Fixture.isWhole(store, other, BlobKind.sealedShare(200), 3)).isTrue();
        try (Blob blob = store.open(other, BlobKind.sealedShare(201))) {
            assertThatThrownBy(() -> Fixture.read(blob, 0))
                    .isInstanceOf(StoreException.DamagedRecord.class)
                    .hasMessageContaining("sealed-201 record 0");
        }
    }

    private StatementHash putSealedShares(int... xs) {
        StatementHash id = Fixture.newId();
        try (PendingObject object = Fixture.begin(store, id)) {
            for (int x : xs) {
                Fixture.write(object, id, BlobKind.sealedShare(x), RECORD_BYTES, 3 * RECORD_BYTES);
            }
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        }
        return id;
    }

    @Test
    void everyBitOfAFileCounts() throws IOException {
        for (int at : new int[] {0, 1, RECORD_BYTES - 1, RECORD_BYTES, SEALED_BYTES - 1}) {
            flip(Fixture.shareFile(folder, large), SEALED_BYTES + at);
            assertDamaged(large, 1);
            assertThat(readable(large, 0)).isTrue();
            assertThat(readable(large, 2)).isTrue();
            flip(Fixture.shareFile(folder, large), SEALED_BYTES + at);
            assertThat(readable(large, 1)).isTrue();
        }
    }

    @Test
    void everyBitOfARowCounts() throws Exception {
        byte[] sealed = sealedRow();
        for (int at = 0; at < SMALL_BYTES + 16; at++) {
            byte[] flipped = sealed.clone();
            flipped[SMALL_BYTES + 16 + at] ^= 1;
            setSealedRow(flipped);
            assertDamaged(small, 1);
            assertThat(readable(small, 0)).isTrue();
            assertThat(readable(small, 2)).isTrue();
        }
    }

    @Test
    void swappedRecords() throws Exception {
        byte[] file = Files.readAllBytes(Fixture.shareFile(folder, large));
        byte[] swapped = file.clone();
        System.arraycopy(file, 0, swapped, SEALED_BYTES, SEALED_BYTES);
        System.arraycopy(file, SEALED_BYTES, swapped, 0, SEALED_BYTES);
        Files.write(Fixture.shareFile(folder, large), swapped);
        assertDamaged(large, 0);
        assertDamaged(large, 1);
        assertThat(readable(large, 2)).isTrue();
    }

    @Test
    void recordsOfAnotherObjectOrKind() throws Exception {
        StatementHash other = Fixture.newId();
        try (PendingObject object = Fixture.begin(store, other)) {
            Fixture.write(object, other, BlobKind.SHARE, RECORD_BYTES, 3 * RECORD_BYTES);
            Fixture.write(object, other, BlobKind.CIPHERTEXT, RECORD_BYTES, 3 * RECORD_BYTES);
            object.prepare(Fixture.TOKEN, Fixture.MANIFEST);
        }
        Path share = Fixture.shareFile(folder, other);
        Path ciphertext = share.resolveSibling(other + ".ciphertext");
        byte[] shareBytes = Files.readAllBytes(share);
        Files.write(share, Files.readAllBytes(ciphertext));
        Files.write(ciphertext, shareBytes);
        for (int k = 0; k < 3; k++) {
            assertDamaged(other, k);
        }
        Files.write(Fixture.shareFile(folder, large), shareBytes);
        assertDamaged(large, 0);
    }

    @Test
    void truncatedFile() throws IOException {
        try (FileChannel file = FileChannel.open(Fixture.shareFile(folder, large), StandardOpenOption.WRITE)) {
            file.truncate(3 * SEALED_BYTES - 1);
            assertThat(readable(large, 1)).isTrue();
            assertDamaged(large, 2);
            file.truncate(SEALED_BYTES);
        }
        assertThat(readable(large, 0)).isTrue();
        assertDamaged(large, 1);
        assertDamaged(large, 2);
    }

    @Test
    void truncatedRow() throws Exception {
        byte[] sealed = sealedRow();
        setSealedRow(Arrays.copyOf(sealed, sealed.length - 1));
        assertThat(readable(small, 1)).isTrue();
        assertDamaged(small, 2);
        setSealedRow(new byte[0]);
        assertDamaged(small, 0);
    }

    @Test
    void missingFile() throws IOException {
        Files.delete(Fixture.shareFile(folder, large));
        assertDamaged(large, 0);
    }

    @Test
    void otherLengthsInTheRow() throws Exception {
        Fixture.sql(folder, "UPDATE blob SET record_bytes = record_bytes - 1, total_bytes = total_bytes - 3");
        assertDamaged(large, 0);
        assertDamaged(small, 0);
        Fixture.sql(folder, "UPDATE blob SET record_bytes = 0");
        assertThatThrownBy(() -> store.open(large, BlobKind.SHARE)).isInstanceOf(StoreException.DamagedRecord.class);
    }

    @Test
    void damagedManifest() throws Exception {
        Fixture.sql(folder, "UPDATE blob SET sealed = zeroblob(length(sealed)) WHERE place % 2048 = 768");
        assertThatThrownBy(() -> store.manifest(small))
                .isInstanceOfSatisfying(StoreException.DamagedRecord.class, e -> {
                    assertThat(e.generation()).isEqualTo(small);
                    assertThat(e.kind()).isEqualTo(BlobKind.MANIFEST);
                });
    }

    @Test
    void nothingOfADamagedRecordIsReleased() throws IOException {
        flip(Fixture.shareFile(folder, large), SEALED_BYTES - 1);
        byte[] heap = Fixture.filled(RECORD_BYTES, 5);
        MemorySegment direct = Arena.ofAuto().allocate(RECORD_BYTES);
        try (Blob blob = store.open(large, BlobKind.SHARE)) {
            assertThatThrownBy(() -> blob.read(0, MemorySegment.ofArray(heap)))
                    .isInstanceOf(StoreException.DamagedRecord.class);
            assertThatThrownBy(() -> blob.read(0, direct)).isInstanceOf(StoreException.DamagedRecord.class);
        }
        assertThat(heap).containsOnly(0);
        assertThat(direct.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    }

    private void assertDamaged(StatementHash id, int k) {
        try (Blob blob = store.open(id, BlobKind.SHARE)) {
            assertThatThrownBy(() -> Fixture.read(blob, k))
                    .isInstanceOfSatisfying(StoreException.DamagedRecord.class, e -> {
                        assertThat(e.generation()).isEqualTo(id);
                        assertThat(e.kind()).isEqualTo(BlobKind.SHARE);
                        assertThat(e.record()).isEqualTo(k);
                        assertThat(e).hasMessageContainingAll(id.toString(), "share", "record " + k);
                    });
        }
    }

    private boolean readable(StatementHash id, int k) {
        try (Blob blob = store.open(id, BlobKind.SHARE)) {
            byte[] record = Fixture.read(blob, k);
            return Arrays.equals(record, Fixture.content(id, BlobKind.SHARE, k, record.length));
        }
    }

    private byte[] sealedRow() throws Exception {
        return Fixture.bytes(
                        folder,
                        "SELECT sealed FROM blob JOIN object ON place = 2048 * seq + 256 WHERE id = x'" + small + "'")
                .getFirst();
    }

    private void setSealedRow(byte[] sealed) throws Exception {
        Fixture.sql(
                folder,
                "UPDATE blob SET sealed = ? WHERE place = (SELECT 2048 * seq + 256 FROM object WHERE id = x'" + small
                        + "')",
                sealed);
    }

    private static void flip(Path file, long at) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) (one.get(0) ^ 0x10)).flip();
            channel.write(one, at);
        }
    }
}
