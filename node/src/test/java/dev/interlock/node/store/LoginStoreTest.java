package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.protocol.login.GuessLimit;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.RecordHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records, shares and guesses in the store, over restarts and crashes. */
final class LoginStoreTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final byte[] STRANGER = {};

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        Fixture.RANDOM.nextBytes(bytes);
        return bytes;
    }

    private static LoginStore.Held held(String name, RecordHash hash, long version) {
        return new LoginStore.Held(name, hash, version, random(300), new byte[0], Fixture.USER, random(32), NOW);
    }

    private static void prepare(LoginStore logins, LoginStore.Held held, byte[] share, List<RecordHash> erased) {
        try (SecretBytes secret = SecretBytes.copyOf(share)) {
            logins.prepare(held, Map.of(Lock.Kind.PASSWORD, secret), erased);
        }
    }

    private static boolean allows(LoginStore logins, byte[] by, byte[] nonce, GuessLimit limit, Instant now) {
        LoginStore.Guess guess = logins.guess("alice", by, nonce, limit, now);
        return !guess.repeated() && guess.decision() instanceof GuessLimit.Allowed;
    }

    /** As a SIGKILL leaves it: the files as they are now, with the WAL, opened by another process. */
    private static Path crashed(Path folder, Path copy) throws IOException {
        Files.createDirectories(copy.resolve("objects"));
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(file -> file.getFileName().toString().startsWith("store.db"))
                    .filter(file -> !file.toString().endsWith("-shm"))
                    .toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        return copy;
    }

    /** 10,000 guesses from 100 at once, with four crashes in between: exactly the allowed number get answers. */
    @Test
    void exactlyTheAllowedNumberGetAnswers(@TempDir Path dir) throws Exception {
        GuessLimit limit = new GuessLimit(40, Duration.ofHours(1), 40, Duration.ZERO);
        AtomicInteger answered = new AtomicInteger();
        Path folder = dir.resolve("store0");
        for (int crash = 0; crash < 5; crash++) {
            int until = 9 * (crash + 1);
            SealedStore store = Fixture.open(folder);
            LoginStore logins = store.logins();
            List<Future<?>> asking = new ArrayList<>();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                for (int i = 0; i < 100; i++) {
                    asking.add(threads.submit(() -> {
                        for (int j = 0; j < 20 && answered.get() < until; j++) {
                            if (allows(logins, STRANGER, random(16), limit, NOW)) {
                                answered.incrementAndGet();
                            }
                        }
                        return true;
                    }));
                }
            }
            for (Future<?> each : asking) {
                each.get();
            }
            // Whatever was answered is in the files by now.
            folder = crashed(folder, dir.resolve("store" + (crash + 1)));
            store.close();
        }
        try (SealedStore store = Fixture.open(folder)) {
            assertThat(answered.get()).isEqualTo(limit.most());
            // The owner's known device gets in meanwhile, and another user.
            byte[] device = random(32);
            assertThat(allows(store.logins(), device, random(16), limit, NOW)).isTrue();
            assertThat(store.logins()
                            .guess("bob", STRANGER, random(16), limit, NOW)
                            .decision())
                    .isInstanceOf(GuessLimit.Allowed.class);
            assertThat(allows(store.logins(), STRANGER, random(16), limit, NOW)).isFalse();
            assertThat(allows(store.logins(), STRANGER, random(16), limit, NOW.plus(Duration.ofHours(1))))
                    .isTrue();
        }
    }

    @Test
    void aSuccessGivesBackItsOwnAttemptOnce(@TempDir Path dir) {
        GuessLimit limit = new GuessLimit(3, Duration.ofHours(1), 3, Duration.ZERO);
        Path folder = dir.resolve("store");
        byte[] nonce = random(16);
        byte[] device = random(32);
        try (SealedStore store = Fixture.open(folder)) {
            LoginStore logins = store.logins();
            assertThat(allows(logins, STRANGER, nonce, limit, NOW)).isTrue();
            assertThat(allows(logins, STRANGER, random(16), limit, NOW)).isTrue();
            assertThat(allows(logins, STRANGER, random(16), limit, NOW)).isTrue();
            assertThat(allows(logins, STRANGER, random(16), limit, NOW)).isFalse();
            assertThat(logins.giveBack("bob", nonce, device, 2, NOW)).isFalse();
            assertThat(logins.giveBack("alice", random(16), device, 2, NOW)).isFalse();
            assertThat(logins.isDevice("alice", device)).isFalse();
            assertThat(logins.giveBack("alice", nonce, device, 2, NOW)).isTrue();
            assertThat(logins.giveBack("alice", nonce, device, 2, NOW)).isFalse();
            assertThat(logins.isDevice("alice", device)).isTrue();
            assertThat(logins.isDevice("bob", device)).isFalse();
            assertThat(allows(logins, STRANGER, random(16), limit, NOW)).isTrue();
            assertThat(allows(logins, STRANGER, random(16), limit, NOW)).isFalse();
        }
        try (SealedStore store = Fixture.open(folder)) {
            // A request that was used isn't taken again, after a restart either, though its guess was given back.
            assertThat(store.logins()
                            .guess("alice", STRANGER, nonce, limit, NOW)
                            .repeated())
                    .isTrue();
            assertThat(store.logins().isDevice("alice", device)).isTrue();
        }
    }

    @Test
    void onlySoManyDevicesAreKept(@TempDir Path dir) {
        GuessLimit limit = new GuessLimit(100, Duration.ofHours(1), 100, Duration.ZERO);
        try (SealedStore store = Fixture.open(dir.resolve("store"))) {
            LoginStore logins = store.logins();
            List<byte[]> devices = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                byte[] nonce = random(16);
                devices.add(random(32));
                assertThat(allows(logins, STRANGER, nonce, limit, NOW)).isTrue();
                assertThat(logins.giveBack("alice", nonce, devices.get(i), 3, NOW.plusSeconds(i)))
                        .isTrue();
            }
            assertThat(logins.devices("alice").stream().map(LoginStore.Device::key))
                    .containsExactly(devices.get(4), devices.get(3), devices.get(2));
            assertThat(logins.forgetDevice("alice", devices.get(4))).isTrue();
            assertThat(logins.forgetDevice("alice", devices.get(4))).isFalse();
            assertThat(logins.forgetDevice("bob", devices.get(3))).isFalse();
            assertThat(logins.devices("alice")).hasSize(2);
        }
    }

    @Test
    void whatIsErasedIsNowhereInTheFiles(@TempDir Path dir) throws IOException {
        Path folder = dir.resolve("store");
        RecordHash first = new RecordHash(random(32));
        RecordHash second = new RecordHash(random(32));
        byte[] share = random(32);
        byte[] next = random(32);
        try (SealedStore store = Fixture.open(folder)) {
            LoginStore logins = store.logins();
            prepare(logins, held("alice", first, 1), share, List.of());
            assertThat(logins.certified("alice")).isEmpty();
            logins.certify(first, random(400), List.of());
            prepare(logins, held("alice", second, 2), next, List.of());
            assertThat(logins.certified("alice").orElseThrow().hash()).isEqualTo(first);
            assertThat(logins.prepared("alice")).hasSize(1);
            assertThat(logins.share(first, Lock.Kind.PASSWORD).orElseThrow().copyToHeap())
                    .isEqualTo(share);
            assertThat(logins.share(first, Lock.Kind.RECOVERY)).isEmpty();
        }
        byte[] key = keyOf(folder, 1);
        assertThat(occurs(folder, key)).isTrue();
        // No share is in a file as it is.
        assertThat(occurs(folder, share)).isFalse();
        try (SealedStore store = Fixture.open(folder)) {
            LoginStore logins = store.logins();
            logins.certify(second, random(400), List.of(first));
            assertThat(occurs(folder, key)).isFalse();
            assertThat(logins.share(first, Lock.Kind.PASSWORD)).isEmpty();
            assertThat(logins.share(second, Lock.Kind.PASSWORD).orElseThrow().copyToHeap())
                    .isEqualTo(next);
            assertThat(logins.certified("alice").orElseThrow().hash()).isEqualTo(second);
            assertThat(logins.prepared("alice")).isEmpty();
            // However often it changes, there are as many keys as records at once.
            RecordHash before = second;
            for (int version = 3; version < 8; version++) {
                RecordHash after = new RecordHash(random(32));
                prepare(logins, held("alice", after, version), next, List.of());
                logins.certify(after, random(400), List.of(before));
                assertThat(logins.share(after, Lock.Kind.PASSWORD).orElseThrow().copyToHeap())
                        .isEqualTo(next);
                before = after;
            }
        }
        try (Link link = SqliteLinks.open(folder.resolve("store.db"), false)) {
            assertThat(link.single("SELECT count(*) FROM login_key")).isEqualTo("2");
        } catch (java.sql.SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] keyOf(Path folder, long seq) {
        try (Link link = SqliteLinks.open(folder.resolve("store.db"), false)) {
            return java.util.HexFormat.of()
                    .parseHex(link.single("SELECT hex(key) FROM login_key WHERE seq = " + seq)
                            .toLowerCase(java.util.Locale.ROOT));
        } catch (java.sql.SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean occurs(Path folder, byte[] bytes) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                byte[] content = Files.readAllBytes(file);
                for (int i = 0; i + bytes.length <= content.length; i++) {
                    if (Arrays.equals(content, i, i + bytes.length, bytes, 0, bytes.length)) {
                        return true;
                    }
                }
            }
            return false;
        }
    }
}
