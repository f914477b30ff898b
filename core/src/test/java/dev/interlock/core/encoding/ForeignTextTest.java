package dev.interlock.core.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What strangers and other nodes say reaches a terminal or a log as one line that does nothing. */
final class ForeignTextTest {
    @Test
    void leavesPrintableTextAlone() {
        for (String text : new String[] {"", "plain", "λ·f(x) → ρ, “naïve” 漢字 🔑", "back\\slash \"quoted\""}) {
            assertThat(ForeignText.line(text)).isEqualTo(text);
        }
    }

    @Test
    void writesEverythingElseAsAnEscape() {
        assertThat(ForeignText.line("a\n2026-11-29 INFO forged\r")).isEqualTo("a\\u000a2026-11-29 INFO forged\\u000d");
        assertThat(ForeignText.line("\u001b[31mred\u001b[0m\u0007")).isEqualTo("\\u001b[31mred\\u001b[0m\\u0007");
        // The one-character form of ESC [, DEL, and NEL.
        assertThat(ForeignText.line("\u009b2J\u007f\u0085")).isEqualTo("\\u009b2J\\u007f\\u0085");
        // Right-to-left override, zero width, line and paragraph separators.
        assertThat(ForeignText.line("\u202egpj.exe\u200b\u2028\u2029"))
                .isEqualTo("\\u202egpj.exe\\u200b\\u2028\\u2029");
        // Half a pair, a tag character of plane 14, private use.
        assertThat(ForeignText.line("\ud83d \udb40\udc41 \ue000")).isEqualTo("\\ud83d \\udb40\\udc41 \\ue000");
    }

    @Test
    void leavesNoControlOfAnyCharacter() {
        for (int point = 0; point <= Character.MAX_CODE_POINT; point++) {
            String line = ForeignText.line("x" + Character.toString(point));
            assertThat(line.codePoints()
                            .anyMatch(each -> Character.isISOControl(each)
                                    || Character.getType(each) == Character.FORMAT
                                    || Character.getType(each) == Character.LINE_SEPARATOR))
                    .as("U+%04X", point)
                    .isFalse();
        }
    }

    @Test
    void cutsWhatIsLong() {
        assertThat(ForeignText.line("x".repeat(10), 10)).isEqualTo("x".repeat(10));
        assertThat(ForeignText.line("x".repeat(5000), 10)).isEqualTo("x".repeat(10) + " … (cut)");
        // A pair that is cut in two.
        assertThat(ForeignText.line("🔑🔑", 3)).isEqualTo("🔑\\ud83d … (cut)");
    }
}
