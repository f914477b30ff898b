package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.token.StatementHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/** A store's large blobs in a bucket, on its bad days. */
@Timeout(240)
final class S3Test {
    private static final int BYTES = 100_000;

    @TempDir
    Path folder;

    private SealedStore store;
    private S3Address bucket;
    private S3Client client;
    private final StatementHash id = Fixture.newId();

    @BeforeEach
    void open() {
        Engine.S3.configure(folder, "", folder.getFileName().toString());
        bucket = StoreConfig.read(folder).blobs().orElseThrow();
        client = bucket.client();
        store = Stores.of(folder, Fixture.RANDOM, Clock.systemUTC());
    }

    @AfterEach
    void close() {
        store.close();
        client.close();
    }

    private void reopen() {
        store.close();
        store = Stores.of(folder, Fixture.RANDOM, Clock.systemUTC());
    }

    private String key(StatementHash of) {
        return bucket.prefix() + of + ".share";
    }

    private byte[] stored() {
        return client.getObjectAsBytes(get -> get.bucket(bucket.bucket()).key(key(id)))
                .asByteArray();
    }

    private void replace(byte[] bytes) {
        client.putObject(put -> put.bucket(bucket.bucket()).key(key(id)), RequestBody.fromBytes(bytes));
    }

    @Test
    void whatTheBucketLostOrChangedIsDamage() {
        Fixture.put(store, id, 1000, BYTES);
        byte[] whole = stored();
        assertThat(whole).hasSize(BYTES + 100 * 16);
        byte[] wrong = whole.clone();
        wrong[50_000] ^= 1;
        replace(wrong);
        assertDamaged("record 49 is damaged: the seal doesn't fit");
        replace(Arrays.copyOf(whole, 60_000));
        assertDamaged("of 1016 bytes are there");
        replace(new byte[0]);
        assertDamaged("record 0 is damaged");
        client.deleteObject(delete -> delete.bucket(bucket.bucket()).key(key(id)));
        assertDamaged("the file is missing");
        replace(whole);
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, 100)).isTrue();
    }

    private void assertDamaged(String how) {
        assertThatThrownBy(() -> Fixture.isWhole(store, id, BlobKind.SHARE, 100))
                .isInstanceOf(StoreException.DamagedRecord.class)
                .hasMessageContaining(how);
    }

    /** Parts of 16 MiB and a last one, read back from anywhere. */
    @Test
    void aBlobOfSeveralParts() {
        int records = 40;
        Fixture.put(store, id, 1 << 20, (long) records << 20);
        assertThat(folder.resolve("store/spool")).as("it's in the bucket").isEmptyDirectory();
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, records)).isTrue();
        try (Blob blob = store.open(id, BlobKind.SHARE)) {
            for (int k : new int[] {39, 0, 17, 16, 18, 39}) {
                assertThat(Fixture.read(blob, k)).isEqualTo(Fixture.content(id, BlobKind.SHARE, k, 1 << 20));
            }
        }
        Fixture.destroy(store, id, Fixture.TOKEN);
        assertThat(Engine.S3.blobs(folder)).isEmpty();
    }

    /** What went up and belongs to nobody, since the process died before its row was written; what was destroyed meanwhile. */
    @Test
    void aStartRemovesWhatACrashLeft() throws IOException {
        StatementHash orphan = Fixture.newId();
        Fixture.put(store, id, 1000, BYTES);
        store.close();
        client.putObject(put -> put.bucket(bucket.bucket()).key(key(orphan)), RequestBody.fromBytes(new byte[10]));
        Files.write(folder.resolve("store/spool").resolve(orphan + ".share"), new byte[10]);
        Files.write(folder.resolve("store/spool").resolve(id + ".share.gone"), new byte[0]);
        reopen();
        assertThat(Engine.S3.blobs(folder)).containsExactly(id + ".share");
        assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, 100)).isTrue();
    }

    @Test
    @Tag("long")
    void aBucketThatDoesNotAnswer() throws Exception {
        Fixture.put(store, id, 1000, BYTES);
        StatementHash other = Fixture.newId();
        Engine.s3().stop();
        try {
            assertThatThrownBy(() -> Fixture.isWhole(store, id, BlobKind.SHARE, 100))
                    .isInstanceOf(StoreException.Failed.class)
                    .hasMessageContaining("the bucket doesn't do it");
            assertThatThrownBy(() -> Fixture.put(store, other, 1000, BYTES))
                    .isInstanceOf(StoreException.Failed.class)
                    .hasMessageContaining("the bucket doesn't do it");
            assertThat(store.find(other)).isEmpty();
            // Its key is gone, which is what counts.
            Fixture.destroy(store, id, Fixture.TOKEN);
        } finally {
            Engine.s3().run();
        }
        Fixture.put(store, other, 1000, BYTES);
        assertThat(Engine.S3.blobs(folder)).contains(id + ".share");
        reopen();
        assertThat(Engine.S3.blobs(folder)).containsExactly(other + ".share");
    }

    @Test
    @Tag("long")
    void whatCannotBeUsed() throws IOException {
        store.close();
        Path conf = folder.resolve(StoreConfig.FILE);
        String line = Files.readString(conf);
        Files.writeString(conf, line.replace("s3://interlock/", "s3://nowhere/"));
        assertThatThrownBy(() -> Stores.of(folder, Fixture.RANDOM, Clock.systemUTC()))
                .isInstanceOf(StoreException.Unusable.class)
                .hasMessageContaining("s3://nowhere/");
        Files.writeString(conf, line);
        Path credentials = folder.resolve(S3Address.CREDENTIALS_FILE);
        String right = Files.readString(credentials);
        Files.writeString(credentials, right.replace("not-a-secret", "wrong"));
        assertThatThrownBy(() -> Stores.of(folder, Fixture.RANDOM, Clock.systemUTC()))
                .isInstanceOf(StoreException.Unusable.class)
                .hasMessageContaining("can't be used")
                .hasMessageNotContaining("wrong");
        Files.writeString(credentials, right);
        reopen();
    }

    /** The bucket behind a relay, with the same blobs. */
    private Relay relayed() throws IOException {
        Relay relay = Relay.ofRequests(Engine.s3().port());
        Path conf = folder.resolve(StoreConfig.FILE);
        Files.writeString(conf, Files.readString(conf).replace(":" + Engine.s3().port(), ":" + relay.port()));
        reopen();
        return relay;
    }

    @Test
    void aBucketThatSaysToSlowDownIsAskedAgain() throws IOException {
        Fixture.put(store, id, 1000, BYTES);
        StatementHash other = Fixture.newId();
        StatementHash third = Fixture.newId();
        try (Relay relay = relayed()) {
            relay.answer("503 Slow Down", "SlowDown");
            relay.answer("429 Too Many Requests", "TooManyRequests");
            relay.answer("500 Internal Server Error", "InternalError");
            assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, 100)).isTrue();
            relay.answer("503 Slow Down", "SlowDown");
            Fixture.put(store, other, 1000, BYTES);
            assertThat(relay.answered()).isEqualTo(4);

            relay.always("503 Slow Down", "SlowDown");
            assertThatThrownBy(() -> Fixture.isWhole(store, id, BlobKind.SHARE, 100))
                    .isInstanceOf(StoreException.Failed.class)
                    .hasMessageContaining("it says to slow down (503), and still did after 6 attempts")
                    .hasMessageContaining(id.toString());
            relay.always("403 Forbidden", "AccessDenied");
            int before = relay.answered();
            assertThatThrownBy(() -> Fixture.put(store, third, 1000, BYTES))
                    .isInstanceOf(StoreException.Failed.class)
                    .hasMessageContaining("by the relay");
            assertThat(relay.answered()).as("no use in asking again").isLessThanOrEqualTo(before + 2);
            assertThat(store.find(third)).isEmpty();
            for (String full : List.of("507 Insufficient Storage", "403 Forbidden")) {
                relay.always(full, "QuotaExceeded");
                assertThatThrownBy(() -> Fixture.put(store, third, 1000, BYTES))
                        .isInstanceOf(StoreException.NoRoom.class)
                        .hasMessageContaining("the bucket has no room");
            }
            relay.always("", "");
            Fixture.put(store, third, 1000, BYTES);
            assertThat(Fixture.isWhole(store, other, BlobKind.SHARE, 100)).isTrue();
            store.close();
        }
    }

    /** What is missing of an answer that was cut isn't missing in the bucket. */
    @Test
    void anAnswerThatIsCutOffIsNoDamage() throws IOException {
        Fixture.put(store, id, 1000, BYTES);
        try (Relay relay = relayed()) {
            for (long bytes : new long[] {60_000, 2_000, 1}) {
                relay.cutAfter(bytes);
                assertThat(Fixture.isWhole(store, id, BlobKind.SHARE, 100)).isTrue();
            }
            store.close();
        }
    }

    @Test
    void withoutCredentialsItSaysWhatToSet() throws IOException {
        store.close();
        Path credentials = folder.resolve(S3Address.CREDENTIALS_FILE);
        byte[] right = Files.readAllBytes(credentials);
        Files.delete(credentials);
        assertThatThrownBy(() -> Stores.of(folder, Fixture.RANDOM, Clock.systemUTC()))
                .isInstanceOf(StoreException.Unusable.class)
                .hasMessageContaining("there are no credentials for it")
                .hasMessageContainingAll("s3.credentials", "AWS_ACCESS_KEY_ID", "credentials=instance");
        Files.write(credentials, right);
        store = Stores.of(folder, Fixture.RANDOM, Clock.systemUTC());
    }
}
