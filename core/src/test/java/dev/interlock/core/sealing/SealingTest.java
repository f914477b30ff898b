package dev.interlock.core.sealing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.StatementHash;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole messages, sealed and opened as their two ends do it, and every single fault in between. */
final class SealingTest {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final RingId RING = new RingId(1, 2);
    private static final StatementHash OBJECT = new StatementHash(3, 4, 0, 0);
    private static final Sealing MESSAGE = Sealing.ofMessage(RING, OBJECT);
    private static final Map<Kem, OpeningKey> KEYS = new EnumMap<>(Kem.class);
    private static final int PIECE = SealedLayout.PIECE_BYTES;
    private static final int TAG = SealedLayout.TAG_BYTES;

    @BeforeAll
    static void generate() {
        for (Kem kem : Kem.values()) {
            KEYS.put(kem, OpeningKey.generate(kem, RANDOM));
        }
    }

    @AfterAll
    static void wipe() {
        KEYS.values().forEach(OpeningKey::close);
    }

    @ParameterizedTest
    @CsvSource({
        "X25519, 0",
        "X25519, 1",
        "X25519, 31",
        "X25519, 1048575",
        "X25519, 1048576",
        "X25519, 1048577",
        "X25519, 3145733",
        "XWING, 0",
        "XWING, 1",
        "XWING, 31",
        "XWING, 1048575",
        "XWING, 1048576",
        "XWING, 1048577",
        "XWING, 3145733",
    })
    void roundTrip(Kem kem, int length) {
        byte[] message = message(length);
        byte[] sealed = seal(kem, MESSAGE, message);
        assertThat(sealed).hasSize((int) new SealedLayout(kem).messageBytes(length));
        assertThat(open(KEYS.get(kem), MESSAGE, sealed)).isEqualTo(message);
    }

    @Test
    void headerIsTheSpecifications() {
        for (Kem kem : Kem.values()) {
            byte[] sealed = seal(kem, MESSAGE, message(5));
            RecipientKey recipient = KEYS.get(kem).recipient();
            assertThat(sealed[0]).isEqualTo((byte) 1);
            assertThat(sealed[1]).isEqualTo((byte) kem.code());
            assertThat(Arrays.copyOfRange(sealed, 2, 18)).isEqualTo(recipient.recipientId());
            assertThat(new SealedLayout(kem).headerBytes()).isEqualTo(18 + kem.encBytes());
        }
    }

    @Test
    void infoIsTheSpecifications() {
        Sealing share = Sealing.ofShare(RING, OBJECT, new ShareIndex(254));
        assertThat(HexFormat.of().formatHex(share.info()))
                .isEqualTo("13" + HexFormat.of().formatHex("interlock/v1/sealed".getBytes(StandardCharsets.US_ASCII))
                        + RING + OBJECT + "fe");
        assertThat(MESSAGE.info()).hasSize(69).endsWith(0);
        assertThatThrownBy(() -> new Sealing(RING, OBJECT, 255)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Sealing(RING, OBJECT, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    // With nothing of ours but the key agreement.
    @ParameterizedTest
    @EnumSource
    void piecesAreTheSpecifications(Kem kem) throws Exception {
        byte[] message = message(PIECE + 7);
        byte[] sealed = seal(kem, MESSAGE, message);
        int header = new SealedLayout(kem).headerBytes();
        byte[] key = Hpke.receiver(KEYS.get(kem), Arrays.copyOfRange(sealed, 18, header), MESSAGE.info())
                .export("interlock/v1/sealed".getBytes(StandardCharsets.US_ASCII), 32);
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        for (int k = 0; k < 2; k++) {
            byte[] nonce = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, (byte) k};
            cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, nonce));
            cipher.updateAAD(new byte[] {(byte) k});
            int from = header + k * (PIECE + TAG);
            assertThat(cipher.doFinal(sealed, from, (k == 0 ? PIECE : 7) + TAG))
                    .isEqualTo(Arrays.copyOfRange(message, k * PIECE, k * PIECE + (k == 0 ? PIECE : 7)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyPartCounts(Kem kem) {
        OpeningKey key = KEYS.get(kem);
        byte[] sealed = seal(kem, MESSAGE, message(PIECE + 7));
        int header = new SealedLayout(kem).headerBytes();
        int second = header + PIECE + TAG;
        int[] broken = {
            0,
            1,
            18,
            18 + kem.encBytes() / 2,
            header - 2,
            header,
            header + PIECE,
            second - 1,
            second,
            second + 7,
            sealed.length - 1
        };
        for (int at : broken) {
            assertThatThrownBy(() -> open(key, MESSAGE, flipped(sealed, at)))
                    .as("byte %d", at)
                    .isInstanceOf(SealedException.Broken.class)
                    .hasMessageContaining(OBJECT.toString());
        }
        for (int at = 2; at < 18; at++) {
            byte[] flipped = flipped(sealed, at);
            assertThatThrownBy(() -> open(key, MESSAGE, flipped)).isInstanceOf(SealedException.WrongKey.class);
        }
        assertThat(open(key, MESSAGE, sealed)).isEqualTo(message(PIECE + 7));
    }

    @Test
    void anotherKey() {
        byte[] sealed = seal(Kem.XWING, MESSAGE, message(100));
        try (OpeningKey other = OpeningKey.generate(Kem.XWING, RANDOM)) {
            assertThatThrownBy(() -> open(other, MESSAGE, sealed))
                    .isInstanceOf(SealedException.WrongKey.class)
                    .hasMessageContaining(HexFormat.of()
                            .formatHex(KEYS.get(Kem.XWING).recipient().recipientId()))
                    .hasMessageContaining(
                            HexFormat.of().formatHex(other.recipient().recipientId()));
            // Who names that key as the recipient without knowing what is sealed to it.
            byte[] renamed = sealed.clone();
            System.arraycopy(other.recipient().recipientId(), 0, renamed, 2, 16);
            assertThatThrownBy(() -> open(other, MESSAGE, renamed)).isInstanceOf(SealedException.Broken.class);
        }
        byte[] shorter = seal(Kem.X25519, MESSAGE, message(100));
        assertThatThrownBy(() -> open(KEYS.get(Kem.XWING), MESSAGE, shorter))
                .isInstanceOf(SealedException.WrongKey.class);
        assertThatThrownBy(() -> open(KEYS.get(Kem.X25519), MESSAGE, sealed))
                .isInstanceOf(SealedException.WrongKey.class);
    }

    @ParameterizedTest
    @EnumSource
    void ofAnotherRingObjectOrShare(Kem kem) {
        Sealing share = Sealing.ofShare(RING, OBJECT, new ShareIndex(1));
        byte[] sealed = seal(kem, share, message(100));
        for (Sealing other : new Sealing[] {
            MESSAGE,
            new Sealing(RING, OBJECT, 2),
            new Sealing(RING, new StatementHash(3, 5, 0, 0), 1),
            new Sealing(new RingId(1, 3), OBJECT, 1)
        }) {
            assertThatThrownBy(() -> open(KEYS.get(kem), other, sealed)).isInstanceOf(SealedException.Broken.class);
        }
        assertThat(open(KEYS.get(kem), share, sealed)).isEqualTo(message(100));
    }

    @Test
    void swappedPieces() {
        int header = new SealedLayout(Kem.X25519).headerBytes();
        byte[] sealed = seal(Kem.X25519, MESSAGE, message(3 * PIECE));
        byte[] swapped = sealed.clone();
        System.arraycopy(sealed, header, swapped, header + PIECE + TAG, PIECE + TAG);
        System.arraycopy(sealed, header + PIECE + TAG, swapped, header, PIECE + TAG);
        assertThatThrownBy(() -> open(KEYS.get(Kem.X25519), MESSAGE, swapped))
                .isInstanceOf(SealedException.Broken.class)
                .hasMessageContaining("piece 0");
    }

    // Cut between pieces, the stream has the form of a shorter message.
    @Test
    void truncated() {
        OpeningKey key = KEYS.get(Kem.X25519);
        int header = new SealedLayout(Kem.X25519).headerBytes();
        byte[] sealed = seal(Kem.X25519, MESSAGE, message(2 * PIECE));
        assertThatThrownBy(() -> open(key, MESSAGE, Arrays.copyOf(sealed, header + PIECE + TAG)))
                .isInstanceOf(SealedException.Broken.class)
                .hasMessageContaining("piece 0, the last");
        assertThatThrownBy(() -> open(key, MESSAGE, Arrays.copyOf(sealed, sealed.length - 1)))
                .isInstanceOf(SealedException.Broken.class);
        assertThatThrownBy(() -> open(key, MESSAGE, Arrays.copyOf(sealed, sealed.length + TAG + 1)))
                .isInstanceOf(SealedException.Broken.class);
        for (int length : new int[] {0, 1, 17, 18, header - 1, header + 1}) {
            assertThatThrownBy(() -> new SealedReader(Arrays.copyOf(sealed, length), key, MESSAGE).close())
                    .isInstanceOf(SealedException.Broken.class)
                    .hasMessageContaining("header");
        }
    }

    @Test
    void encOfLowOrder() {
        for (Kem kem : Kem.values()) {
            byte[] sealed = seal(kem, MESSAGE, message(1));
            int header = new SealedLayout(kem).headerBytes();
            Arrays.fill(sealed, header - 32, header, (byte) 0);
            assertThatThrownBy(() -> open(KEYS.get(kem), MESSAGE, sealed))
                    .isInstanceOf(SealedException.Broken.class)
                    .hasMessageContaining("no key");
        }
    }

    @Test
    void nothingOfABrokenPieceIsReleased() {
        byte[] sealed = seal(Kem.X25519, MESSAGE, message(100));
        int header = new SealedLayout(Kem.X25519).headerBytes();
        sealed[sealed.length - 1] ^= 1;
        try (Arena arena = Arena.ofConfined();
                SealedReader reader = new SealedReader(Arrays.copyOf(sealed, header), KEYS.get(Kem.X25519), MESSAGE)) {
            MemorySegment piece = arena.allocate(100).fill((byte) 5);
            MemorySegment from = MemorySegment.ofArray(sealed).asSlice(header);
            assertThatThrownBy(() -> reader.open(0, true, from, piece)).isInstanceOf(SealedException.Broken.class);
            assertThat(piece.toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
        }
    }

    @Test
    void aNonceServesOnce() {
        MemorySegment piece = MemorySegment.ofArray(new byte[10]);
        MemorySegment sealed = MemorySegment.ofArray(new byte[26]);
        SealedWriter writer = new SealedWriter(KEYS.get(Kem.X25519).recipient(), MESSAGE, RANDOM);
        assertThatThrownBy(() -> writer.seal(1, false, piece, sealed)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> writer.seal(0, false, piece, piece))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("26, not 10");
        writer.seal(0, false, piece, sealed);
        assertThatThrownBy(() -> writer.seal(0, false, piece, sealed)).isInstanceOf(IllegalStateException.class);
        writer.seal(1, true, piece, sealed);
        assertThatThrownBy(() -> writer.seal(2, false, piece, sealed))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("the last was sealed");
        writer.close();
        writer.close();
    }

    @Test
    void everySealingHasAKeyOfItsOwn() {
        byte[] one = seal(Kem.X25519, MESSAGE, message(100));
        byte[] two = seal(Kem.X25519, MESSAGE, message(100));
        int header = new SealedLayout(Kem.X25519).headerBytes();
        assertThat(Arrays.copyOfRange(one, 18, header)).isNotEqualTo(Arrays.copyOfRange(two, 18, header));
        assertThat(Arrays.copyOfRange(one, header, one.length))
                .isNotEqualTo(Arrays.copyOfRange(two, header, two.length));
    }

    private static byte[] seal(Kem kem, Sealing what, byte[] message) {
        SealedLayout layout = new SealedLayout(kem);
        byte[] sealed = new byte[(int) layout.messageBytes(message.length)];
        try (Arena arena = Arena.ofConfined();
                SealedWriter writer = new SealedWriter(KEYS.get(kem).recipient(), what, RANDOM)) {
            System.arraycopy(writer.header(), 0, sealed, 0, layout.headerBytes());
            long at = layout.headerBytes();
            for (int k = 0; k < SealedLayout.pieces(message.length); k++) {
                int length = SealedLayout.pieceBytes(message.length, k);
                MemorySegment piece = arena.allocate(length)
                        .copyFrom(MemorySegment.ofArray(message).asSlice((long) k * PIECE, length));
                MemorySegment out = MemorySegment.ofArray(sealed).asSlice(at, length + TAG);
                writer.seal(k, k == SealedLayout.pieces(message.length) - 1, piece, out);
                at += length + TAG;
            }
        }
        return sealed;
    }

    /** Takes the length of the message from that of the stream, as if nothing else told it. */
    private static byte[] open(OpeningKey key, Sealing what, byte[] sealed) {
        SealedLayout layout = new SealedLayout(key.recipient().kem());
        byte[] header = Arrays.copyOf(sealed, layout.headerBytes());
        try (SealedReader reader = new SealedReader(header, key, what)) {
            int length = (int) layout.plainBytes(sealed.length);
            byte[] message = new byte[length];
            long at = header.length;
            for (int k = 0; k < SealedLayout.pieces(length); k++) {
                int bytes = SealedLayout.pieceBytes(length, k);
                reader.open(
                        k,
                        k == SealedLayout.pieces(length) - 1,
                        MemorySegment.ofArray(sealed).asSlice(at, bytes + TAG),
                        MemorySegment.ofArray(message).asSlice((long) k * PIECE, bytes));
                at += bytes + TAG;
            }
            return message;
        }
    }

    private static byte[] message(int length) {
        byte[] message = new byte[length];
        new Random(length).nextBytes(message);
        return message;
    }

    private static byte[] flipped(byte[] sealed, int at) {
        byte[] flipped = sealed.clone();
        flipped[at] ^= 1;
        return flipped;
    }
}
