package dev.interlock.protocol.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.protocol.error.BadInputException;
import java.text.Normalizer;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What may be a name. */
final class NameTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "backups/db.key",
                "backups/2026/db key",
                "Ünïcode/ключ/鍵",
                "me@example.org",
                "me@2x",
                "a@b@c",
                "...",
                ".hidden",
                "abc",
                "cafe.key",
                "keys/cafe",
                "CAFE",
                "0123456789abcdef0123456789abcdef0"
            })
    void isAName(String text) {
        assertThat(Name.of(text).text()).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "\"\"|empty",
                "/a|empty",
                "a/|empty",
                "a//b|empty",
                ".|names no place",
                "..|names no place",
                "a/./b|names no place",
                "a/..|names no place",
                "a/../b|names no place",
                "\" a\"|space",
                "\"a /b\"|space",
                "a\u0000b|U+0000, a control",
                "a\u001b[31m|U+001B, a control",
                "a\u0085b|U+0085, a control",
                "a\u202egnp.key|U+202E, which changes the direction",
                "a\u2066b|U+2066, which changes the direction",
                "a\u061cb|U+061C, which changes the direction",
                "a\u200bb|U+200B, which can't be seen",
                "a\u200db|U+200D, which can't be seen",
                "a\ufeffb|U+FEFF, which can't be seen",
                "a\u3164b|U+3164, which can't be seen",
                "a\ufe0fb|U+FE0F, which can't be seen",
                "a\u00a0b|U+00A0, a space that isn't",
                "a\u2028b|U+2028, which ends a line",
                "a\ud800b|U+D800, half of a character",
                "a\ue000b|U+E000, which has no common meaning",
                "a\u0378b|U+0378, which isn't assigned",
                "cafe|id of an object",
                "0123456789abcdef0123456789abcdef|id of an object",
                "key@2|names a version",
                "key@0|names a version",
                "key@99999999999|names a version"
            })
    void isNone(String text, String why) {
        assertThatThrownBy(() -> Name.of(text))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining(why);
    }

    @Test
    void aReasonReachesATerminalWithoutWhatTheNameDoesToIt() {
        assertThatThrownBy(() -> Name.of("a\u001b[31m\u202e"))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\u001b", "\u202e"));
    }

    @Test
    void bothWritingsOfALetterAreOneName() {
        String composed = "m\u00fcller";
        String decomposed = Normalizer.normalize(composed, Normalizer.Form.NFD);
        assertThat(decomposed).isNotEqualTo(composed);
        assertThat(Name.of(decomposed)).isEqualTo(Name.of(composed));
        assertThatThrownBy(() -> new Name(decomposed)).isInstanceOf(BadInputException.class);
    }

    @Test
    void lengthIsOfTheBytesAfterNormalising() {
        assertThat(Name.of("x".repeat(255)).text()).hasSize(255);
        assertThatThrownBy(() -> Name.of("x".repeat(256))).hasMessageContaining("256 bytes");
        assertThat(Name.of("\u00fc".repeat(127)).text()).hasSize(127);
        assertThatThrownBy(() -> Name.of("\u00fc".repeat(128))).hasMessageContaining("256 bytes");
        // Three bytes before, two after.
        assertThat(Name.of("u\u0308".repeat(127)).text()).hasSize(127);
    }

    @Test
    void aVersionIsNamedBehindAnAt() {
        assertThat(NameVersion.of("backups/db.key@2"))
                .isEqualTo(new NameVersion(Name.of("backups/db.key"), OptionalInt.of(2)));
        assertThat(NameVersion.of("me@example.org").version()).isEmpty();
        assertThatThrownBy(() -> NameVersion.of("key@0")).isInstanceOf(BadInputException.class);
        assertThatThrownBy(() -> NameVersion.of("@2")).isInstanceOf(BadInputException.class);
        assertThatThrownBy(() -> NameVersion.of("key@2@3")).isInstanceOf(BadInputException.class);
    }

    @ParameterizedTest
    @CsvSource({
        // Cyrillic а in Latin; all Cyrillic that looks Latin; the ligature; Greek ο.
        "p\u0430ypal/key, mixes letters of Latin and Cyrillic",
        "\u0441\u043e\u0440/key, looks like Latin letters",
        "\ufb01le, look like \"file\"",
        "g\u03bf\u03bfgle, mixes letters of Latin and Greek"
    })
    void whatLooksLikeSomethingElseIsWarnedOf(String text, String why) {
        assertThat(Lookalikes.warnings(Name.of(text)))
                .singleElement()
                .asString()
                .contains(why);
    }

    @ParameterizedTest
    @ValueSource(strings = {"backups/db.key", "ключ/база", "Ελλάδα", "東京/キー", "naïve"})
    void whatIsItselfIsNot(String text) {
        assertThat(Lookalikes.warnings(Name.of(text))).isEmpty();
    }
}
