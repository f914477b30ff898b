package dev.interlock.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.SeedCredential;
import java.lang.reflect.Proxy;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is remembered says nothing of any other key, nor to anybody else. */
final class OwnKeysTest {
    private final SecureRandom random = new SecureRandom();
    private final SeedCredential user = credential((byte) 1);
    private final SeedCredential other = credential((byte) 2);
    private final AtomicInteger derived = new AtomicInteger();
    private final OwnKeys keys = new OwnKeys(counting(user));

    private static SeedCredential credential(byte seed) {
        byte[] secret = new byte[SeedCredential.SEED_BYTES];
        Arrays.fill(secret, seed);
        return new SeedCredential(SecretBytes.taking(secret));
    }

    private Credential counting(Credential of) {
        return (Credential) Proxy.newProxyInstance(
                Credential.class.getClassLoader(), new Class<?>[] {Credential.class}, (_, method, arguments) -> {
                    if (method.getName().equals("owns")) {
                        derived.incrementAndGet();
                    }
                    return method.invoke(of, arguments);
                });
    }

    @Test
    void aKeyIsDerivedOnceAndKnownFromThenOn() throws Exception {
        OwnerKey own = user.newOwner(random);
        CountDownLatch together = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 8; i++) {
                var _ = threads.submit(() -> {
                    together.await();
                    return keys.contains(own);
                });
            }
            together.countDown();
        }
        assertThat(keys.contains(new OwnerKey(own.rootVersion(), own.nonce().clone(), own.key())))
                .isTrue();
        assertThat(derived).hasValue(1);
    }

    @Test
    void anothersKeyIsNeverTakenForOneThatIsKnown() {
        OwnerKey own = user.newOwner(random);
        OwnerKey foreign = other.newOwner(random);
        assertThat(keys.contains(own)).isTrue();
        for (int i = 0; i < 2; i++) {
            assertThat(keys.contains(foreign)).isFalse();
            // What was derived from, with another key; the key, of something else.
            assertThat(keys.contains(new OwnerKey(own.rootVersion(), own.nonce(), foreign.key())))
                    .isFalse();
            assertThat(keys.contains(new OwnerKey(own.rootVersion(), foreign.nonce(), own.key())))
                    .isFalse();
            assertThat(keys.contains(new OwnerKey(own.rootVersion() + 1, own.nonce(), own.key())))
                    .isFalse();
        }
        // Another user remembers for themselves.
        assertThat(new OwnKeys(other).contains(own)).isFalse();
    }

    @Test
    void itStaysSmallAndRightHoweverManyThereAre() {
        OwnerKey first = user.newOwner(random);
        for (int i = 0; i < 2 * OwnKeys.MOST; i++) {
            assertThat(keys.contains(user.newOwner(random))).isTrue();
            assertThat(keys.size()).isLessThanOrEqualTo(OwnKeys.MOST);
        }
        assertThat(keys.contains(first)).isTrue();
        assertThat(keys.contains(other.newOwner(random))).isFalse();
    }
}
