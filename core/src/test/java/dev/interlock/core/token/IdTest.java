package dev.interlock.core.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ids name rows, paths and files: one spelling each, and nothing that could lead elsewhere. */
final class IdTest {
    private static final String HEX = "00112233445566778899aabbccddeeff";

    @ParameterizedTest
    @ValueSource(strings = {HEX, "00000000000000000000000000000000", "ffffffffffffffffffffffffffffffff"})
    void anIdIsReadAgainAsItWasWritten(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        assertThat(ObjectId.parse(hex)).hasToString(hex).isEqualTo(ObjectId.of(bytes));
        assertThat(ObjectId.parse(hex).bytes()).isEqualTo(bytes);
        assertThat(RingId.parse(hex)).hasToString(hex).isEqualTo(RingId.of(bytes));
        assertThat(RingId.parse(hex).bytes()).isEqualTo(bytes);
    }

    static Stream<String> notIds() {
        return Stream.of(
                "",
                " ",
                HEX.substring(1),
                HEX + "0",
                HEX + HEX,
                HEX.replace('a', 'A'),
                HEX.replace('f', 'g'),
                HEX.replaceFirst("00", "0x"),
                HEX.replaceFirst("0", "/"),
                HEX.replaceFirst("00", "\\\\"),
                HEX.replaceFirst("00", ".."),
                HEX.replaceFirst("0", "-"),
                HEX.replaceFirst("0", "+"),
                HEX.replaceFirst("0", "\0"),
                HEX.replaceFirst("0", "\n"),
                HEX + "\n",
                "\n" + HEX,
                HEX + " ",
                " " + HEX,
                // Digits to Character.digit, not to us: Arabic-Indic, full-width, mathematical; a Cyrillic а.
                HEX.replace('1', '\u0661'),
                HEX.replace('1', '\uFF11'),
                HEX.replace("1", "\uD835\uDFCF"),
                HEX.replace('a', '\uFF41'),
                HEX.replace('a', '\u0430'));
    }

    @ParameterizedTest
    @MethodSource("notIds")
    void nothingButThirtyTwoLowerCaseHexDigitsIsAnId(String text) {
        refuses("object id", text, ObjectId::parse);
        refuses("ring id", text, RingId::parse);
    }

    @ParameterizedTest
    @MethodSource("notIds")
    void nothingButSixtyFourLowerCaseHexDigitsIsAStatementsHash(String text) {
        for (String each : List.of(text, text + HEX, HEX + text)) {
            if (!each.matches("[0-9a-f]{64}")) {
                assertThatThrownBy(() -> StatementHash.parse(each)).isInstanceOf(MalformedException.class);
            }
        }
        assertThat(StatementHash.parse(HEX + HEX)).hasToString(HEX + HEX);
    }

    private static void refuses(String what, String text, Consumer<String> parse) {
        assertThatThrownBy(() -> parse.accept(text))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("is no " + what + ": it must be 32 digits of 0-9 and a-f");
    }

    /** What a terminal, a log or a right-to-left reader would act on. */
    static Stream<String> hostile() {
        return Stream.of(
                "\u001B[2J\u001B]0;owned\u0007",
                "line\r\nINFO forged line",
                "\u0000\u0001\u007F\u0080\u009B31m",
                "\u202Efdp.exe",
                "\u2028\u2029\uFEFF",
                "tab\tand form feed\f",
                HEX.substring(2) + "\u001B[A");
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void anErrorQuotesNothingButPrintableAscii(String text) {
        assertThatThrownBy(() -> ObjectId.parse(text))
                .isInstanceOf(MalformedException.class)
                .message()
                .matches("[\\x20-\\x7E]+");
    }

    @Test
    void anErrorQuotesNoMoreThanTheStartOfALongText() {
        String text = "x".repeat(40) + "y".repeat(1_000_000);
        assertThatThrownBy(() -> ObjectId.parse(text))
                .isInstanceOf(MalformedException.class)
                .hasMessageStartingWith("\"" + "x".repeat(40) + "…\" is no object id")
                .message()
                .doesNotContain("y".repeat(10));
    }

    @Test
    void anErrorQuotesAShortTextWhole() {
        assertThatThrownBy(() -> ObjectId.parse("x".repeat(40)))
                .isInstanceOf(MalformedException.class)
                .hasMessageStartingWith("\"" + "x".repeat(40) + "\" is no object id");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 15, 17, 32})
    void anIdHasSixteenBytes(int length) {
        List<Consumer<byte[]>> makers = List.of(ObjectId::of, RingId::of);
        for (Consumer<byte[]> maker : makers) {
            assertThatThrownBy(() -> maker.accept(new byte[length]))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageEndingWith("has 16 bytes, not " + length);
        }
    }

    @Test
    void theRingIdIsAHashOfTheRingKeyAlone() throws Exception {
        try (SigningKey key = new SigningKey(SecretBytes.taking(Sample.filled(32, 1)))) {
            VerifyingKey ringKey = key.verifyingKey();
            MessageDigest plain = MessageDigest.getInstance("SHA-256");
            plain.update((byte) 20);
            plain.update("interlock/v1/ring-id".getBytes(StandardCharsets.US_ASCII));
            plain.update(ringKey.bytes());
            assertThat(RingId.of(ringKey).bytes()).isEqualTo(Arrays.copyOf(plain.digest(), 16));
        }
    }
}
