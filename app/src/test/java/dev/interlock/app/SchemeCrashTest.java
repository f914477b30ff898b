package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.client.Settled;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.wire.Peer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A put that doesn't end leaves nothing behind, in whatever scheme: no object, no bytes of it, no user key. */
@Timeout(240)
@Tag("long")
final class SchemeCrashTest {
    private static final byte[] M = TestRing.random(3 << 20);

    @TempDir
    private static Path dir;

    private static TestRing ring;
    private static RawUser raw;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 2, 3, TestRing.SHORT);
        raw = RawUser.of(ring, "credential");
    }

    @AfterAll
    static void stop() {
        raw.close();
        ring.close();
    }

    @AfterEach
    void allUp() {
        ring.startAll();
    }

    static List<Way> ways() {
        return List.of(
                Way.ONE,
                Way.ONE.published(),
                Way.TWO,
                Way.TWO.withFullUserKey().blindedBy(Blinding.FULL),
                Way.TWO.published(),
                Way.THREE.blindedBy(Blinding.FULL),
                Way.THREE.published());
    }

    private static void nothingIsLeft(Path keys) throws InterruptedException {
        assertThat(keys).isEmptyDirectory();
        assertThat(ring.owner().list()).isEmpty();
        for (String provider : ring.providers()) {
            Await.until(
                    provider + " keeps nothing", () -> ring.dataFiles(provider).isEmpty());
        }
    }

    /** M up to its middle, then what this does. */
    private static ReadableByteChannel interrupted(Halfway halfway) {
        return Channels.newChannel(new InputStream() {
            private final InputStream in = new ByteArrayInputStream(M);
            private int done;

            @Override
            public int read() {
                throw new IllegalStateException("byte by byte");
            }

            @Override
            public int read(byte[] to, int offset, int length) throws IOException {
                if (done >= M.length / 2) {
                    halfway.happens();
                }
                int read = in.read(to, offset, Math.min(length, 64 << 10));
                done += read;
                return read;
            }
        });
    }

    @FunctionalInterface
    private interface Halfway {
        void happens() throws IOException;
    }

    @ParameterizedTest
    @MethodSource("ways")
    void theUserGivesUp(Way way, @TempDir Path keys) throws Exception {
        ReadableByteChannel broken = interrupted(() -> {
            throw new IOException("the disk is gone");
        });
        assertThatThrownBy(() -> way.put(ring.owner(), keys, broken, M.length))
                .hasRootCauseInstanceOf(IOException.class)
                .hasStackTraceContaining("the disk is gone");
        nothingIsLeft(keys);
        for (int said : new int[] {M.length - 1, M.length + 1}) {
            assertThatThrownBy(
                            () -> way.put(ring.owner(), keys, Channels.newChannel(new ByteArrayInputStream(M)), said))
                    .isInstanceOf(BadInputException.class)
                    .hasMessageContaining("nothing was stored");
            nothingIsLeft(keys);
        }
    }

    @Test
    void aProviderStopsInTheMiddle(@TempDir Path keys) throws Exception {
        for (Way way : List.of(Way.ONE, Way.TWO.withFullUserKey().blindedBy(Blinding.FULL))) {
            boolean[] stopped = new boolean[1];
            ReadableByteChannel in = interrupted(() -> {
                if (!stopped[0]) {
                    stopped[0] = true;
                    ring.stop("cc2");
                }
            });
            assertThatThrownBy(() -> way.put(ring.owner(), keys, in, M.length))
                    .as(way.toString())
                    .isInstanceOf(InterlockException.class)
                    .hasMessageContaining("cc2");
            ring.start("cc2");
            nothingIsLeft(keys);
        }
    }

    private static HandWrite sealed() {
        // What passes the ring has a sealed message's length; that it's none only its reader would see.
        return new HandWrite(
                raw,
                new byte[(int) new SealedLayout(Kem.X25519).messageBytes(200_000)],
                new Scheme(1, Profile.BLINDED),
                Blinding.EXPANDED,
                Optional.of(Way.key(Kem.X25519).recipient()));
    }

    private static void vanishes(HandWrite write) {
        Await.until("nobody knows it", () -> {
            try {
                return ring.owner().info(write.object()).committed() < 0;
            } catch (NoSuchObjectException e) {
                return true;
            } catch (InterlockException e) {
                return false;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** By its owner, where a provider prepared it. */
    private static void givenUp(HandWrite write) throws Exception {
        try {
            assertThat(ring.owner().settle(write.object())).allMatch(Settled.Abandoned.class::isInstance);
        } catch (NoSuchObjectException e) {
            // Nobody did.
        }
        vanishes(write);
    }

    @Test
    void protocol1WithoutAChainOrACommit(@TempDir Path keys) throws Exception {
        try (HandWrite unsigned = sealed();
                HandWrite uncommitted = sealed()) {
            Peer.Call deal = unsigned.orders().deal();
            var _ = unsigned.stream();
            var dealt = unsigned.dealt(deal);
            ring.restart("cc3");
            assertThatThrownBy(() -> unsigned.chain(dealt)).isInstanceOf(InterlockException.class);

            SignatureChain chain = uncommitted.upToTheChain();
            // The share waits for its check under a key in memory.
            assertThat(ring.dataFiles("cc1"))
                    .filteredOn(file -> file.toString().contains(uncommitted.session()))
                    .extracting(file -> file.getFileName().toString().replaceFirst(".*[.]", ""))
                    .containsExactlyInAnyOrder("ciphertext", "sealed-1", "sealed-2", "sealed-3", "share");
            givenUp(unsigned);
            givenUp(uncommitted);
            nothingIsLeft(keys);
            assertThatThrownBy(() -> uncommitted.commit(chain, List.of("cc1"))).isInstanceOf(InterlockException.class);
        }
    }
}
