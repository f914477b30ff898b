package dev.interlock.protocol.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.SeededRandom;
import dev.interlock.protocol.error.RefusedException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A request that cc1 gets, and what it refuses. */
final class SignedRequestTest {
    private static final RingId RING = new RingId(1, 2);
    private static final int EPOCH = 3;
    private static final NavigableSet<Integer> EPOCHS = new TreeSet<>(Set.of(EPOCH));
    private static final String NODE = "cc1";
    private static final String SUBJECT = "00112233445566778899aabbccddeeff";
    private static final byte[] BODY = "{\"kind\":\"read\"}".getBytes(StandardCharsets.UTF_8);
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private static final SeededRandom RANDOM = new SeededRandom(1);
    private static final Credential USER = new SeedCredential(SecretBytes.random(SeedCredential.SEED_BYTES, RANDOM));
    private static final String HEADER = sign(NODE, Operation.ORDER, SUBJECT, BODY);

    private static String sign(String node, Operation operation, String subject, byte[] body) {
        return SignedRequest.sign(USER, RING, EPOCH, node, operation, subject, body, RANDOM, NOW);
    }

    private static SignedRequest verify(String header, Instant now) {
        return SignedRequest.verify(header, RING, EPOCHS, NODE, Operation.ORDER, SUBJECT, BODY, now);
    }

    @Test
    void aRightRequestIsAccepted() throws Exception {
        SignedRequest request = verify(HEADER, NOW);
        assertThat(request.key()).isEqualTo(USER.publicKey(RING, NODE));
        assertThat(request.operation()).isEqualTo(Operation.ORDER);
        assertThat(request.subject()).isEqualTo(SUBJECT);
        assertThat(request.bodyHash())
                .isEqualTo(MessageDigest.getInstance("SHA-256").digest(BODY));
        assertThat(request.expiresMillis())
                .isEqualTo(NOW.plus(SignedRequest.LIFETIME).toEpochMilli());
        assertThat(request.nonceHex()).matches("[0-9a-f]{32}");
    }

    @ParameterizedTest
    @EnumSource
    void everyOperationIsSigned(Operation operation) {
        String header = sign(NODE, operation, "", new byte[0]);
        SignedRequest request = SignedRequest.verify(header, RING, EPOCHS, NODE, operation, "", new byte[0], NOW);
        assertThat(request.operation()).isEqualTo(operation);
        assertThat(header.length()).isLessThan(SignedRequest.MAX_HEADER_CHARS);
    }

    @Test
    void everyRequestHasANonceOfItsOwn() {
        Set<String> nonces = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            assertThat(nonces.add(verify(sign(NODE, Operation.ORDER, SUBJECT, BODY), NOW)
                            .nonceHex()))
                    .isTrue();
        }
    }

    @Test
    void aRequestForAnotherNodeIsRefused() {
        refused(sign("cc2", Operation.ORDER, SUBJECT, BODY), "it was signed for cc2");
    }

    @Test
    void aRequestForAnotherRingIsRefused() {
        RingId other = new RingId(1, 3);
        String header = SignedRequest.sign(USER, other, EPOCH, NODE, Operation.ORDER, SUBJECT, BODY, RANDOM, NOW);
        refused(header, "it was signed for another ring, " + other);
    }

    @ParameterizedTest
    @ValueSource(ints = {EPOCH - 1, EPOCH + 1})
    void aRequestForAnotherEpochIsRefused(int other) {
        String header = SignedRequest.sign(USER, RING, other, NODE, Operation.ORDER, SUBJECT, BODY, RANDOM, NOW);
        refused(header, "it was signed for epoch " + other + ", this is 3");
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ORDER")
    void aRequestForAnotherOperationIsRefused(Operation other) {
        refused(sign(NODE, other, SUBJECT, BODY), "it was signed for the operation " + other);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "00112233445566778899aabbccddeefe", "00112233445566778899aabbccddeeff0"})
    void aRequestAboutSomethingElseIsRefused(String other) {
        refused(sign(NODE, Operation.ORDER, other, BODY), "it was signed for another object or session");
    }

    @Test
    void aRequestWithAnotherBodyIsRefused() {
        byte[] changed = BODY.clone();
        changed[0] ^= 1;
        for (byte[] other : new byte[][] {changed, new byte[0], Arrays.copyOf(BODY, BODY.length + 1)}) {
            refused(sign(NODE, Operation.ORDER, SUBJECT, other), "its body isn't the one that was signed");
        }
    }

    @Test
    void aRequestLivesForItsLifetime() {
        Instant end = NOW.plus(SignedRequest.LIFETIME);
        assertThat(verify(HEADER, end.minusMillis(1))).isNotNull();
        for (Instant late : new Instant[] {end, end.plusMillis(1), end.plus(Duration.ofDays(1))}) {
            assertThatThrownBy(() -> verify(HEADER, late))
                    .isInstanceOf(RefusedException.class)
                    .hasMessage("cc1 refuses the request: it expired at 2026-01-01T00:02:00Z, here it is " + late
                            + ": check the clocks");
        }
    }

    @Test
    void aRequestFromTooFarAheadIsRefused() {
        Instant slow = NOW.minus(SignedRequest.CLOCK_SKEW);
        assertThat(verify(HEADER, slow.plusMillis(1))).isNotNull();
        for (Instant early : new Instant[] {slow, slow.minusMillis(1), NOW.minus(Duration.ofDays(1))}) {
            assertThatThrownBy(() -> verify(HEADER, early))
                    .isInstanceOf(RefusedException.class)
                    .hasMessage(
                            "cc1 refuses the request: it expires too far ahead, at 2026-01-01T00:02:00Z, here it is "
                                    + early + ": check the clocks");
        }
    }

    /** A user that chooses its own expiry can't make a request that lives for ever. */
    @Test
    void aRequestWithoutAnEndIsRefused() {
        refused(resigned(message(Operation.ORDER.name(), Long.MAX_VALUE)), "it expires too far ahead");
    }

    @Test
    void everyChangedCharacterIsRefusedOrMeansTheSame() {
        SignedRequest whole = verify(HEADER, NOW);
        for (int at = 0; at < HEADER.length(); at++) {
            for (char other : new char[] {'A', '-', '=', '.', '*', ' ', '\n', '+', '/', 'é'}) {
                String changed = HEADER.substring(0, at) + other + HEADER.substring(at + 1);
                if (sameBytes(changed)) {
                    // The last character of each half has bits that no byte takes.
                    assertThat(verify(changed, NOW).nonceHex()).isEqualTo(whole.nonceHex());
                } else {
                    refused(changed, "refuses the request: it");
                }
            }
        }
    }

    private static boolean sameBytes(String other) {
        try {
            String[] halves = HEADER.split("\\.", -1);
            String[] others = other.split("\\.", -1);
            return others.length == 2
                    && Arrays.equals(decoded(halves[0]), decoded(others[0]))
                    && Arrays.equals(decoded(halves[1]), decoded(others[1]));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static byte[] decoded(String half) {
        return Base64.getUrlDecoder().decode(half);
    }

    @Test
    void everyTruncationIsRefused() {
        for (int length = 0; length < HEADER.length(); length++) {
            refused(HEADER.substring(0, length), "its signature can't be accepted");
            refused(HEADER.substring(HEADER.length() - length), "its signature can't be accepted");
        }
        assertThatThrownBy(() -> verify(HEADER.substring(0, HEADER.indexOf('.')), NOW))
                .hasMessageEndingWith("its signature can't be accepted: it has no signature");
    }

    @Test
    void aRequestThatNamesAnothersKeyIsRefused() {
        byte[] message = message(Operation.ORDER.name(), NOW.plusSeconds(60).toEpochMilli());
        try (Credential intruder = new SeedCredential(SecretBytes.random(32, RANDOM))) {
            refused(header(message, intruder.sign(RING, NODE, message)), "its signature can't be accepted");
        }
        assertThat(verify(resigned(message), NOW).key()).isEqualTo(USER.publicKey(RING, NODE));
    }

    @Test
    void aValidlySignedMessageOfAnotherFormIsRefused() {
        long soon = NOW.plusSeconds(60).toEpochMilli();
        byte[] good = message(Operation.ORDER.name(), soon);
        byte[] version2 = good.clone();
        version2[0] = 2;
        refused(resigned(version2), "its version is 2, not 1");
        refused(resigned(Arrays.copyOf(good, good.length + 1)), "1 bytes after its end");
        refused(resigned(Arrays.copyOf(good, good.length - 1)), "ends early");
        refused(resigned(message("ERASE", soon)), "its signature can't be accepted");
        refused(resigned(message("order", soon)), "its signature can't be accepted");
    }

    /** The bytes that are signed, in the order of the specification. */
    private static byte[] message(String operation, long expiresMillis) {
        try {
            return new ByteWriter()
                    .u8(1)
                    .fixed(USER.publicKey(RING, NODE).bytes(), 32)
                    .fixed(RING.bytes(), 16)
                    .u32(EPOCH)
                    .text(NODE)
                    .text(operation)
                    .text(SUBJECT)
                    .fixed(MessageDigest.getInstance("SHA-256").digest(BODY), 32)
                    .fixed(new byte[16], 16)
                    .u64(expiresMillis)
                    .toBytes();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static String resigned(byte[] message) {
        return header(message, USER.sign(RING, NODE, message));
    }

    private static String header(byte[] message, byte[] signature) {
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        return base64.encodeToString(message) + "." + base64.encodeToString(signature);
    }

    private static void refused(String header, String rule) {
        assertThatThrownBy(() -> verify(header, NOW))
                .isInstanceOf(RefusedException.class)
                .hasMessageStartingWith("cc1 refuses the request: ")
                .hasMessageContaining(rule);
    }
}
