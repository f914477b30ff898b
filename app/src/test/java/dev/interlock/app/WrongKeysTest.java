package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.client.GetOptions;
import dev.interlock.client.PrivateKeyFile;
import dev.interlock.client.UserKeyFile;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.BadInputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Keys that don't fit: an error that says so before anything comes out. */
@Timeout(240)
final class WrongKeysTest {
    private static final byte[] SECRET = TestRing.random(70_000);

    @TempDir
    private static Path dir;

    private static TestRing ring;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 2, 3, TestRing.PATIENT);
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    private static Way.Kept put(Way way) {
        return way.put(ring.owner(), dir, SECRET);
    }

    private static void refused(Way.Kept kept, GetOptions options, String... says) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThatThrownBy(() -> kept.get(out, options))
                .isInstanceOf(BadInputException.class)
                .hasMessageContainingAll(says)
                .satisfies(e -> assertThat(Main.exitCode((Exception) e)).isEqualTo(Main.USAGE));
        assertThat(out.size()).isZero();
    }

    private static GetOptions privateKey(OpeningKey key) {
        return new GetOptions(List.of(), Blinding.EXPANDED, Optional.of(key), Optional.empty(), GetOptions.Way.AUTO);
    }

    private static GetOptions userKey(Path file) {
        return new GetOptions(
                List.of(),
                Blinding.EXPANDED,
                Optional.empty(),
                Optional.of(UserKeyFile.open(file)),
                GetOptions.Way.AUTO);
    }

    private static Path file(Way.Kept kept) {
        return kept.options().userKey().orElseThrow().path();
    }

    @Test
    void anotherPrivateKey() {
        try (OpeningKey x25519 = OpeningKey.generate(Kem.X25519, new SecureRandom());
                OpeningKey xwing = OpeningKey.generate(Kem.XWING, new SecureRandom())) {
            for (Way way : List.of(Way.ONE, Way.ONE.published(), Way.ONE.to(Kem.XWING))) {
                Way.Kept kept = put(way);
                refused(kept, privateKey(x25519), "private key");
                refused(kept, privateKey(xwing), "private key");
                refused(kept, GetOptions.DEFAULT, "protocol 1", "private key");
                assertThat(kept.get()).isEqualTo(SECRET);
            }
        }
    }

    @Test
    void aPrivateKeyWhereNoneIsNeeded() {
        // It changes nothing.
        Way.Kept kept = put(Way.THREE);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        kept.get(out, privateKey(Way.key(Kem.X25519)));
        assertThat(out.toByteArray()).isEqualTo(SECRET);
    }

    @Test
    void aUserKeyForProtocol1() {
        refused(put(Way.ONE), userKey(file(put(Way.TWO))), "protocol 1", "private key");
    }

    @Test
    void noUserKey() {
        for (Way way : List.of(Way.TWO, Way.TWO.published())) {
            refused(put(way), GetOptions.DEFAULT, "protocol 2", "user key");
        }
    }

    @Test
    void theUserKeyOfAnotherObject() {
        for (Way way : List.of(Way.TWO, Way.TWO.published())) {
            Way.Kept other = put(way);
            Way.Kept kept = put(way);
            refused(
                    kept,
                    userKey(file(other)),
                    other.token().object().toString(),
                    kept.token().object().toString());
        }
    }

    @Test
    void theUserKeyOfAnotherRing(@TempDir Path own) throws Exception {
        Way.Kept kept = put(Way.TWO);
        byte[] key = Files.readAllBytes(file(kept));
        Path file = own.resolve("key");
        // Honestly made: its check fits.
        Files.write(file, withCheck(replaced(key, ring.descriptor().id().toString(), "0".repeat(32))));
        refused(kept, userKey(file), "ring");
    }

    @Test
    void aUserKeyOfAnotherKind(@TempDir Path own) throws Exception {
        Path file = own.resolve("key");
        Way.Kept published = put(Way.TWO.published());
        Files.write(file, withCheck(replaced(Files.readAllBytes(file(published)), "kind share", "kind full")));
        refused(published, userKey(file), "doesn't fit");

        Way.Kept full = put(Way.TWO.withFullUserKey());
        Files.write(file, withCheck(replaced(Files.readAllBytes(file(full)), "kind full", "kind share")));
        refused(full, userKey(file), "doesn't fit");

        // A full key that is too short, though whole.
        byte[] key = Files.readAllBytes(file(full));
        Files.write(file, withCheck(Arrays.copyOf(key, key.length - 1)));
        refused(full, userKey(file), "doesn't fit");

        Way.Kept expanded = put(Way.TWO);
        Files.write(file, withCheck(replaced(Files.readAllBytes(file(expanded)), "kind expanded", "kind full")));
        refused(expanded, userKey(file), "doesn't fit");
    }

    /** The first replaced by the second in the lines at the start. */
    private static byte[] replaced(byte[] key, String first, String second) {
        String text = new String(key, StandardCharsets.ISO_8859_1);
        assertThat(text).contains(first);
        return text.replace(first, second).getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The same file with a check that fits what stands before it. */
    private static byte[] withCheck(byte[] key) {
        byte[] body = Arrays.copyOf(key, key.length - 16);
        byte[] check = Sha256.labelled("interlock/v1/user-key")
                .update(MemorySegment.ofArray(body))
                .digest();
        System.arraycopy(check, 0, key, body.length, 16);
        return key;
    }

    @Test
    void aDamagedUserKey(@TempDir Path own) throws Exception {
        Path file = own.resolve("key");
        for (Way way : List.of(Way.TWO, Way.TWO.withFullUserKey(), Way.TWO.published())) {
            byte[] key = Files.readAllBytes(file(put(way)));
            int head = new String(key, StandardCharsets.ISO_8859_1).indexOf("\n\n") + 2;
            // In every line, the empty one, the key and the check.
            int[] places = {
                0, 25, 60, 110, head - 3, head - 2, head - 1, head, head + 31, key.length - 17, key.length - 1
            };
            for (int at : places) {
                unusable(file, LyingStore.flipped(key, at));
            }
            for (int length : new int[] {0, 1, head - 1, head, head + 15, head + 16, key.length - 1}) {
                unusable(file, Arrays.copyOf(key, length));
            }
            unusable(file, Arrays.copyOf(key, key.length + 1));
        }
    }

    private static void unusable(Path file, byte[] bytes) throws IOException {
        Files.write(file, bytes);
        assertThatThrownBy(() -> UserKeyFile.open(file))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining(file.toString())
                .satisfies(e -> assertThat(e.getMessage()).containsAnyOf("damaged", "no user key", "can't read"));
    }

    @Test
    void filesThatAreNoKeys(@TempDir Path own) throws Exception {
        Path nowhere = own.resolve("nowhere");
        assertThatThrownBy(() -> UserKeyFile.open(nowhere))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("no user key at");
        assertThatThrownBy(() -> UserKeyFile.open(own)).isInstanceOf(BadInputException.class);
        assertThatThrownBy(() -> PrivateKeyFile.read(nowhere))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("no private key at");
        assertThatThrownBy(() -> PrivateKeyFile.read(own)).isInstanceOf(BadInputException.class);

        Path file = own.resolve("private");
        PrivateKeyFile.create(file, Way.key(Kem.XWING));
        assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
        try (OpeningKey back = PrivateKeyFile.read(file)) {
            assertThat(back.recipient()).isEqualTo(Way.key(Kem.XWING).recipient());
        }
        assertThatThrownBy(() -> PrivateKeyFile.create(file, Way.key(Kem.X25519)))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("exists");
        String text = Files.readString(file);
        for (String wrong : List.of(
                "",
                text.replace("interlock-private-key-1", "interlock-private-key-2"),
                text.replace(" xwing ", " rsa "),
                text.strip().substring(0, text.strip().length() - 1),
                text.strip().substring(0, text.strip().length() - 2),
                text.strip() + "00",
                text + text,
                text.strip().substring(0, text.strip().length() - 1) + "g")) {
            Files.writeString(file, wrong);
            assertThatThrownBy(() -> PrivateKeyFile.read(file))
                    .isInstanceOf(BadInputException.class)
                    .hasMessageContaining(file.toString())
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContainPattern("[0-9a-f]{32}"));
        }
    }

    @Test
    void aPutNeverOverwritesAKey(@TempDir Path own) throws Exception {
        Path file = own.resolve("key");
        Files.writeString(file, "precious");
        assertThatThrownBy(() -> UserKeyTarget.create(Optional.of(file)))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("exists");
        assertThat(file).hasContent("precious");
        assertThat(own.toFile().list()).containsExactly("key");
    }
}
