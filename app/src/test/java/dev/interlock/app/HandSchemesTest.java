package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Inbound;
import dev.interlock.wire.Peer;
import dev.interlock.wire.RecordReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Full blinds, the user's share of a dealing and the published profile, asked for by someone who doesn't keep to the protocol. */
@Timeout(240)
final class HandSchemesTest {
    private static final byte[] M = TestRing.random(100_000);
    private static final int PAD = M.length + 64;

    @TempDir
    private static Path dir;

    private static TestRing ring;
    private static RawUser raw;
    private static ExecutorService threads;

    @BeforeAll
    static void start() {
        ring = TestRing.start(dir, 2, 2, TestRing.SHORT);
        // The nodes give up soon; a user that does, too, takes a slow machine for one that is gone.
        raw = RawUser.of(ring.descriptor(), ring.credential("credential"), Deadlines.stallAfter(TestRing.PATIENT));
        threads = Executors.newVirtualThreadPerTaskExecutor();
    }

    @AfterAll
    static void stop() {
        threads.close();
        raw.close();
        ring.close();
    }

    private static HandWrite write(int protocol, Profile profile, Blinding blinding) {
        return new HandWrite(raw, M, new Scheme(protocol, profile), blinding, Optional.empty());
    }

    private static <T> T get(Future<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof InterlockException known) {
                throw known;
            }
            throw new CompletionException(e.getCause());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void gone(ObjectId object) {
        assertThatThrownBy(() -> ring.get(object)).isInstanceOf(NoSuchObjectException.class);
        for (String provider : ring.providers()) {
            Await.until(
                    "nothing of it is left at " + provider,
                    () -> ring.dataFiles(provider).stream()
                            .noneMatch(file -> file.toString().contains(object.toString())));
        }
    }

    // ---- Another scheme ----

    @Test
    void aReadByAnotherSchemeThanItsObjects() {
        Token token = ring.put(M);
        Statement w = token.statement();
        Token said = new Token(
                new Statement(
                        w.ring(),
                        w.epoch(),
                        w.threshold(),
                        new Scheme(2, Profile.BLINDED),
                        w.title(),
                        w.number(),
                        w.expiryMillis(),
                        w.work(),
                        w.parties(),
                        w.sessionKey()),
                token.id(),
                token.commitment(),
                token.dealt(),
                token.claims(),
                token.createdMillis());
        try (HandRead read = new HandRead(raw, said)) {
            for (String provider : read.route()) {
                assertThatThrownBy(() -> read.order(provider))
                        .isInstanceOf(BadInputException.class)
                        .hasMessageContaining("doesn't fit the token of " + token.object());
            }
        }
        assertThat(ring.get(token.object())).isEqualTo(M);
    }

    // ---- Full blinds ----

    /** A write whose user sends these instead of the blinds that it took off; empty for none at all. */
    private static void spoilt(
            Map<String, List<byte[]>> blinds, byte[] flow, Class<? extends Exception> type, String says) {
        try (HandWrite write = write(3, Profile.BLINDED, Blinding.FULL)) {
            Peer.Call deal = write.orders().deal();
            List<Future<byte[]>> sent = new ArrayList<>();
            blinds.forEach((provider, each) ->
                    each.forEach(blind -> sent.add(threads.submit(() -> write.blind(provider, blind)))));
            Future<byte[]> stream = threads.submit(() -> write.stream(flow));
            List<Callable<byte[]>> all = new ArrayList<>();
            all.add(() -> get(stream));
            sent.forEach(each -> all.add(() -> get(each)));
            List<InterlockException> failures = new ArrayList<>();
            for (Callable<byte[]> each : all) {
                try {
                    var _ = each.call();
                } catch (InterlockException e) {
                    failures.add(e);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
            assertThat(failures)
                    .anySatisfy(e -> assertThat(e).isInstanceOf(type).hasMessageContaining(says));
            deal.cancel();
            write.abandon();
            gone(write.object());
        }
    }

    @Test
    void blindsOfTheRightLength() {
        try (HandWrite write = write(3, Profile.BLINDED, Blinding.FULL)) {
            Peer.Call deal = write.orders().deal();
            byte[] flow = write.blinded();
            Map<String, Future<byte[]>> sent = new LinkedHashMap<>();
            for (String provider : ring.providers()) {
                byte[] blind = TestRing.random(PAD);
                for (int i = 0; i < PAD; i++) {
                    flow[i] ^= blind[i];
                }
                sent.put(provider, threads.submit(() -> write.blind(provider, blind)));
            }
            var _ = write.stream(flow);
            sent.values().forEach(answer -> assertThat(get(answer)).isNotEmpty());
            write.commit(write.chain(write.dealt(deal)), write.route());
            assertThat(ring.get(write.object())).isEqualTo(M);
        }
    }

    @Test
    void aBlindThatIsTooShort() {
        spoilt(
                Map.of("cc1", List.of(new byte[PAD]), "cc2", List.of(new byte[PAD - 1])),
                new byte[PAD],
                InterlockException.class,
                "the user's blind didn't come");
    }

    @Test
    void aBlindThatIsTooLong() {
        spoilt(
                Map.of("cc1", List.of(new byte[PAD]), "cc2", List.of(new byte[PAD + 1])),
                new byte[PAD],
                RefusedException.class,
                "longer than the stream");
    }

    @Test
    void aBlindThatIsMissing() {
        spoilt(Map.of("cc1", List.of(new byte[PAD])), new byte[PAD], InterlockException.class, "cc2");
    }

    @Test
    void aBlindTwice() throws Exception {
        try (HandWrite write = write(3, Profile.BLINDED, Blinding.FULL)) {
            write.orders();
            Future<byte[]> one = threads.submit(() -> write.blind("cc2", new byte[PAD]));
            Future<byte[]> other = threads.submit(() -> write.blind("cc2", new byte[PAD]));
            // Whichever comes first waits for the hop to use it up.
            Await.until("one of them is answered", () -> one.isDone() || other.isDone());
            Future<byte[]> later = one.isDone() ? one : other;
            assertThatThrownBy(() -> get(later))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("takes no blind");
            write.abandon();
            assertThatThrownBy(() -> get(later == one ? other : one)).isInstanceOf(InterlockException.class);
            gone(write.object());
        }
    }

    @Test
    void aBlindThatNobodyOrdered() {
        try (HandWrite write = write(3, Profile.BLINDED, Blinding.EXPANDED)) {
            write.orders();
            assertThatThrownBy(() -> write.blind("cc1", new byte[PAD]))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("takes no blind");
            write.abandon();
        }
    }

    @Test
    void aBlindFromAnotherUser() {
        try (HandWrite write = write(3, Profile.BLINDED, Blinding.FULL);
                RawUser other = RawUser.of(ring, "other")) {
            write.orders();
            assertThatThrownBy(() -> other.stream(
                            "cc1",
                            "/v1/sessions/" + write.session() + "/blind",
                            Optional.of(other.header("cc1", Operation.BLIND, write.session(), new byte[0])),
                            new byte[PAD]))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("another user");
            write.abandon();
        }
    }

    // ---- The user's share of a dealing ----

    private static byte[] read(Inbound from) throws IOException, InterruptedException {
        try (from;
                RecordReader in = new RecordReader(from, ring.deadlines().stall())) {
            byte[] share = new byte[Leaves.SALT_BYTES + PAD];
            in.fill(MemorySegment.ofArray(share));
            assertThat(in.atEnd()).isTrue();
            return share;
        }
    }

    @Test
    void theUsersShareOnce() throws Exception {
        try (HandWrite write = write(3, Profile.PUBLISHED, Blinding.NONE)) {
            Peer.Call deal = write.orders().deal();
            byte[] share = read(write.userShare(raw));
            assertThat(share).isNotEqualTo(new byte[Leaves.SALT_BYTES + PAD]);
            // Nobody takes P's place on the ring here, so that the session stays open: the share doesn't.
            refusedShare(() -> read(write.userShare(raw)));
            deal.cancel();
            write.abandon();
            gone(write.object());
        }
    }

    private static void refusedShare(ThrowingCallable fetch) {
        assertThatThrownBy(fetch).isInstanceOf(InterlockException.class);
    }

    @Test
    void theUsersShareByAnotherUser() throws Exception {
        try (HandWrite write = write(2, Profile.PUBLISHED, Blinding.NONE);
                RawUser other = RawUser.of(ring, "other");
                RawUser stranger = RawUser.of(ring, "stranger")) {
            Future<byte[]> stolen = threads.submit(() -> read(write.userShare(other)));
            Peer.Call deal = write.orders().deal();
            assertThatThrownBy(() -> read(write.userShare(stranger)))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("doesn't know this user");
            // The right one gets it all the same.
            assertThat(read(write.userShare(raw))).hasSize(Leaves.SALT_BYTES + PAD);
            assertThatThrownBy(() -> get(stolen)).isInstanceOf(InterlockException.class);
            deal.cancel();
            write.abandon();
        }
    }

    @Test
    void theUsersShareThatNobodyFetches() {
        try (HandWrite write = write(3, Profile.PUBLISHED, Blinding.NONE)) {
            Peer.Call deal = write.orders().deal();
            assertThatThrownBy(() -> write.dealt(deal))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("didn't fetch its share");
            write.abandon();
            gone(write.object());
        }
    }

    @Test
    void theUsersShareOfADealingThatHasNone() {
        try (HandWrite write = write(3, Profile.BLINDED, Blinding.EXPANDED)) {
            Peer.Call deal = write.orders().deal();
            refusedShare(() -> read(write.userShare(raw)));
            deal.cancel();
            write.abandon();
        }
    }

    // ---- The published profile where the ring doesn't allow it ----

    @Test
    void publishedWhereItIsNotAllowed(@TempDir Path own) {
        try (TestRing strict = TestRing.start(own, 2, 2, TestRing.SHORT, EnumSet.of(Profile.BLINDED));
                RawUser user = RawUser.of(strict, "credential")) {
            for (Way way : List.of(Way.ONE.published(), Way.TWO.published(), Way.THREE.published())) {
                assertThatThrownBy(() -> way.put(strict.owner(), own, M))
                        .isInstanceOf(RefusedException.class)
                        .hasMessageContainingAll("doesn't allow the published profile")
                        .satisfies(e -> assertThat(Main.exitCode((Exception) e)).isEqualTo(Main.REFUSED));
            }
            for (int protocol : new int[] {2, 3}) {
                try (HandWrite write = new HandWrite(
                        user, M, new Scheme(protocol, Profile.PUBLISHED), Blinding.NONE, Optional.empty())) {
                    assertThatThrownBy(write::orders)
                            .isInstanceOf(BadInputException.class)
                            .hasMessageContainingAll("cc1", "doesn't allow the profile published");
                    assertThatThrownBy(() -> write.dealt(write.deal()))
                            .isInstanceOf(BadInputException.class)
                            .hasMessageContainingAll("dealer1", "doesn't allow the profile published");
                }
            }
            assertThat(Arrays.asList(own.toFile().list())).noneMatch(name -> name.contains("key"));
            for (String provider : strict.providers()) {
                assertThat(strict.dataFiles(provider)).isEmpty();
            }
        }
    }
}
