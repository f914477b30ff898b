package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.GetOptions;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sealing.SealedReader;
import dev.interlock.core.sealing.SealedWriter;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.ObjectId;
import dev.interlock.node.store.BlobKind;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.request.Operation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Protocol 1: sealed shares and ciphertexts that aren't what was put are left out, and nothing wrong comes out. t = 2 of
 * n = 3, so there are two homes, cc1 and another, each with three sealed shares, of which a get takes the first two that
 * are good.
 */
@Timeout(240)
@Tag("long")
final class SealedDamageTest {
    private static final int CHUNK = ChunkLayout.CHUNK_BYTES;
    private static final SealedLayout SEALED = new SealedLayout(Kem.X25519);
    private static final OpeningKey KEY = Way.key(Kem.X25519);
    /** In a file of the store, not in its database. */
    private static final byte[] ONE_CHUNK = TestRing.random(100_000);

    private static final byte[] TWO_CHUNKS = TestRing.random(CHUNK + 100);

    @TempDir
    private static Path dir;

    private static TestRing ring;
    private static RawUser raw;
    private static final Map<Damage, Stored> OBJECTS = new LinkedHashMap<>();
    private static Stored other;

    /** An object and its sealed shares, by their place in the token. */
    private record Stored(Way.Kept kept, List<byte[]> shares) {
        ObjectId object() {
            return kept.token().object();
        }

        ShareIndex x(int place) {
            return kept.token().providers().get(place);
        }

        int pieces() {
            return SEALED.headerBytes() + SealedLayout.leavesBytes(kept.token().layout());
        }

        byte[] leaves(int place) {
            return Arrays.copyOfRange(shares.get(place), SEALED.headerBytes(), pieces());
        }

        /** salt ‖ share of each chunk. */
        byte[][] opened(int place) {
            ChunkLayout layout = kept.token().layout();
            byte[][] opened = new byte[layout.count()][];
            byte[] sealed = shares.get(place);
            byte[] header = Arrays.copyOf(sealed, SEALED.headerBytes());
            try (SealedReader reader = new SealedReader(header, KEY, sealing(place))) {
                long at = pieces();
                for (int k = 0; k < opened.length; k++) {
                    opened[k] = new byte[SealedLayout.sharePieceBytes(layout, k)];
                    long length = opened[k].length + (long) SealedLayout.TAG_BYTES;
                    MemorySegment piece = MemorySegment.ofArray(sealed).asSlice(at, length);
                    reader.open(k, k == opened.length - 1, piece, MemorySegment.ofArray(opened[k]));
                    at += length;
                }
            }
            return opened;
        }

        /** A valid stream of these pieces behind these leaves, as if it were the share at this place. */
        byte[] sealed(RecipientKey to, int place, byte[] leaves, byte[][] pieces) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            try (SealedWriter writer = new SealedWriter(to, sealing(place), new SecureRandom())) {
                all.writeBytes(writer.header());
                all.writeBytes(leaves);
                for (int k = 0; k < pieces.length; k++) {
                    byte[] piece = new byte[pieces[k].length + SealedLayout.TAG_BYTES];
                    MemorySegment to16More = MemorySegment.ofArray(piece);
                    writer.seal(k, k == pieces.length - 1, MemorySegment.ofArray(pieces[k]), to16More);
                    all.writeBytes(piece);
                }
            }
            return all.toByteArray();
        }

        private Sealing sealing(int place) {
            return Sealing.ofShare(ring.descriptor().id(), kept.token().id(), x(place));
        }
    }

    /** What cc1 has instead of some sealed shares. */
    @FunctionalInterface
    private interface Lies {
        Map<Integer, byte[]> of(Stored stored);
    }

    /** What is wrong with an object at cc1. */
    private enum Damage {
        SHARE_OF_ANOTHER_PROVIDER(stored -> Map.of(0, stored.shares.get(1))),
        SHARE_OF_ANOTHER_OBJECT(stored -> Map.of(0, other.shares.get(0))),
        SEALED_ANEW_AS_IT_WAS(
                stored -> Map.of(0, stored.sealed(KEY.recipient(), 0, stored.leaves(0), stored.opened(0)))),
        SEALED_ANEW_BEHIND_OTHER_LEAVES(stored -> Map.of(
                1, stored.sealed(KEY.recipient(), 1, LyingStore.flipped(stored.leaves(1), 20), stored.opened(1)))),
        SEALED_ANEW_WITH_OTHER_BYTES_IN_THE_SECOND_CHUNK(TWO_CHUNKS, stored -> {
            byte[][] pieces = stored.opened(1);
            pieces[1][pieces[1].length - 1] ^= 1;
            return Map.of(1, stored.sealed(KEY.recipient(), 1, stored.leaves(1), pieces));
        }),
        SEALED_TO_ANOTHER_KEY(stored -> Map.of(0, sealedToAnother(stored, 0))),
        VERSION(stored -> flip(stored, 0)),
        KEM(stored -> flip(stored, 1)),
        RECIPIENT(stored -> flip(stored, 2)),
        ENCAPSULATION(stored -> flip(stored, 18)),
        LEAVES(stored -> flip(stored, SEALED.headerBytes())),
        FIRST_PIECE(stored -> flip(stored, stored.pieces())),
        LAST_TAG(stored -> flip(stored, stored.shares.get(0).length - 1)),
        CUT_IN_THE_HEADER(stored -> Map.of(0, Arrays.copyOf(stored.shares.get(0), 10))),
        CUT_AT_THE_END(stored -> Map.of(0, Arrays.copyOf(stored.shares.get(0), stored.shares.get(0).length - 1))),
        DISK_EARLY(stored -> Map.of()),
        DISK_LATE(TWO_CHUNKS, stored -> Map.of()),
        DISK_LATE_IN_TWO(TWO_CHUNKS, stored -> Map.of()),
        TWO_OF_THREE(stored -> flip(stored, 0, 2)),
        TWO_OF_THREE_AT_BOTH_HOMES(stored -> flip(stored, 0, 2)),
        ALL_SEALED_TO_ANOTHER_KEY(stored ->
                Map.of(0, sealedToAnother(stored, 0), 1, sealedToAnother(stored, 1), 2, sealedToAnother(stored, 2))),
        CIPHERTEXT(TWO_CHUNKS, stored -> Map.of()),
        CIPHERTEXT_ON_THE_DISK_EARLY(stored -> Map.of()),
        CIPHERTEXT_ON_THE_DISK_LATE(TWO_CHUNKS, stored -> Map.of());

        private final byte[] bytes;
        private final Lies lies;

        Damage(byte[] bytes, Lies lies) {
            this.bytes = bytes;
            this.lies = lies;
        }

        Damage(Lies lies) {
            this(ONE_CHUNK, lies);
        }
    }

    private static Map<Integer, byte[]> flip(Stored stored, int at) {
        return Map.of(0, LyingStore.flipped(stored.shares.get(0), at));
    }

    private static Map<Integer, byte[]> flip(Stored stored, int place, int otherPlace) {
        int last = stored.shares.get(0).length - 1;
        return Map.of(
                place,
                LyingStore.flipped(stored.shares.get(place), last),
                otherPlace,
                LyingStore.flipped(stored.shares.get(otherPlace), last));
    }

    private static byte[] sealedToAnother(Stored stored, int place) {
        try (OpeningKey another = OpeningKey.generate(Kem.X25519, new SecureRandom())) {
            return stored.sealed(another.recipient(), place, stored.leaves(place), stored.opened(place));
        }
    }

    @BeforeAll
    static void start() throws IOException {
        ring = TestRing.start(dir, 2, 3, TestRing.PATIENT);
        raw = RawUser.of(ring, "credential");
        other = put(ONE_CHUNK, "cc1");
        Map<ObjectId, LyingStore.Lie> atFirst = new LinkedHashMap<>();
        Map<ObjectId, LyingStore.Lie> atSecond = new LinkedHashMap<>();
        for (Damage damage : Damage.values()) {
            boolean both = damage == Damage.TWO_OF_THREE_AT_BOTH_HOMES;
            Stored stored = both ? put(damage.bytes, "cc1", "cc2") : put(damage.bytes, "cc1");
            OBJECTS.put(damage, stored);
            LyingStore.Lie lie = lie(damage, stored);
            atFirst.put(stored.object(), lie);
            atSecond.put(stored.object(), both ? lie : (kind, honest) -> honest);
        }
        LyingStore.replace(ring, "cc1", atFirst);
        LyingStore.replace(ring, "cc2", atSecond);
        ring.stop("cc1");
        flip(Damage.DISK_EARLY, BlobKind.sealedShare(3), 1000);
        flip(Damage.DISK_LATE, BlobKind.sealedShare(1), CHUNK + 300);
        flip(Damage.DISK_LATE_IN_TWO, BlobKind.sealedShare(1), CHUNK + 300);
        flip(Damage.DISK_LATE_IN_TWO, BlobKind.sealedShare(2), CHUNK + 300);
        flip(Damage.CIPHERTEXT_ON_THE_DISK_EARLY, BlobKind.CIPHERTEXT, 1000);
        flip(Damage.CIPHERTEXT_ON_THE_DISK_LATE, BlobKind.CIPHERTEXT, CHUNK + 100);
        ring.start("cc1");
    }

    @AfterAll
    static void stop() {
        raw.close();
        ring.close();
    }

    /** With these homes among others; which one is first is left to chance. */
    private static Stored put(byte[] bytes, String... homes) {
        while (true) {
            Way.Kept kept = Way.ONE.put(ring.owner(), dir, bytes);
            if (ring.homes(kept.token()).containsAll(List.of(homes))) {
                String id = kept.token().id().toString();
                return new Stored(
                        kept,
                        kept.token().providers().stream()
                                .map(x -> raw.call(
                                        "cc1",
                                        HttpMethod.GET,
                                        "/v1/objects/" + id + "/sealed/" + x.x(),
                                        Operation.FETCH,
                                        id + "/" + x.x(),
                                        new byte[0]))
                                .toList());
            }
        }
    }

    private static LyingStore.Lie lie(Damage damage, Stored stored) {
        Map<BlobKind, byte[]> lies = new LinkedHashMap<>();
        damage.lies
                .of(stored)
                .forEach((place, bytes) ->
                        lies.put(BlobKind.sealedShare(stored.x(place).x()), bytes));
        return (kind, honest) -> kind.equals(BlobKind.CIPHERTEXT) && damage == Damage.CIPHERTEXT
                ? LyingStore.flipped(honest, honest.length - 1)
                : lies.getOrDefault(kind, honest);
    }

    /** On cc1's disk: then its own seal tells. */
    private static void flip(Damage damage, BlobKind kind, long at) {
        ring.flip("cc1", OBJECTS.get(damage).kept().token().id() + "." + kind, at);
    }

    /** Two good ones are left at the same home. What came out before comes out once. */
    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.MATCH_NONE,
            names = {"TWO.*", "ALL.*", "CIPHER.*", "DISK_LATE_IN_TWO"})
    void oneShareIsLeftOut(Damage damage) {
        Way.Kept kept = OBJECTS.get(damage).kept();
        assertThat(kept.get("cc1")).as("another share of the same home").isEqualTo(damage.bytes);
        assertThat(kept.get()).isEqualTo(damage.bytes);
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.MATCH_ANY,
            names = {"TWO_OF_THREE", "ALL.*", "CIPHER.*", "DISK_LATE_IN_TWO"})
    void theOtherHomeHelps(Damage damage) {
        Way.Kept kept = OBJECTS.get(damage).kept();
        // Often enough that the damaged home is asked first.
        for (int i = 0; i < 4; i++) {
            assertThat(kept.get()).isEqualTo(damage.bytes);
        }
        String other = ring.homes(kept.token()).stream()
                .filter(name -> !name.equals("cc1"))
                .findFirst()
                .orElseThrow();
        assertThat(kept.get(other)).isEqualTo(damage.bytes);
    }

    /** Nothing wrong came out; what did is from the beginning. */
    private static <E extends Exception> E fails(Class<E> type, Damage damage, String... from) {
        Way.Kept kept = OBJECTS.get(damage).kept();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        GetOptions options = kept.from(from);
        E thrown = assertThatExceptionOfType(type)
                .isThrownBy(() -> kept.get(out, options))
                .actual();
        assertThat(out.toByteArray()).isEqualTo(Arrays.copyOf(damage.bytes, out.size()));
        return thrown;
    }

    @Test
    void tooManyAreDamaged() {
        IntegrityException one = fails(IntegrityException.class, Damage.TWO_OF_THREE, "cc1");
        assertThat(one.culprits()).containsExactly("cc1");
        assertThat(one).hasMessageContaining("too few of the sealed shares");
        IntegrityException both = fails(IntegrityException.class, Damage.TWO_OF_THREE_AT_BOTH_HOMES);
        assertThat(both.culprits()).containsExactlyInAnyOrder("cc1", "cc2");
    }

    @Test
    void allAreSealedToAnotherKey() {
        // From here it can't be told from a wrong private key.
        BadInputException e = fails(BadInputException.class, Damage.ALL_SEALED_TO_ANOTHER_KEY, "cc1");
        assertThat(e).hasMessageContaining("private key");
    }

    @Test
    void theCiphertextIsAnother() {
        IntegrityException e = fails(IntegrityException.class, Damage.CIPHERTEXT, "cc1");
        assertThat(e.culprits()).containsExactly("cc1");
        assertThat(e).hasMessageContaining("isn't what was put");
    }

    @Test
    void theDiskIsDamaged() {
        TooFewProvidersException shares = fails(TooFewProvidersException.class, Damage.DISK_LATE_IN_TWO, "cc1");
        assertThat(shares).hasMessageContainingAll("from a home of the object", "cc1", "broke off");
        IntegrityException early = fails(IntegrityException.class, Damage.CIPHERTEXT_ON_THE_DISK_EARLY, "cc1");
        assertThat(early.culprits()).containsExactly("cc1");
        assertThat(early).hasMessageContaining("damaged");
        TooFewProvidersException late =
                fails(TooFewProvidersException.class, Damage.CIPHERTEXT_ON_THE_DISK_LATE, "cc1");
        assertThat(late).hasMessageContainingAll("from a home of the object", "cc1", "broke off");
    }
}
