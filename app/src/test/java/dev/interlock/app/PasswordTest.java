package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.protocol.error.BadInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Passwords that come by a descriptor, a line each. */
final class PasswordTest {
    private static Password.Source source(String lines) {
        InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8)));
            return Password.Source.of(0);
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void eachThatIsAskedForIsALine() throws IOException {
        try (Password.Source source = source("one\ntwo")) {
            assertThat(new String(source.read("code"))).isEqualTo("one");
            assertThat(new String(source.readNew("new"))).isEqualTo("two");
            assertThatThrownBy(() -> source.read("more"))
                    .isInstanceOf(BadInputException.class)
                    .hasMessageContaining("no further line");
        }
    }

    /** A line with nothing in it is none, and nothing is said of how strong it is. */
    @Test
    void aNewOneHasSomething() throws IOException {
        try (Password.Source source = source("\n")) {
            assertThatThrownBy(() -> source.readNew("new"))
                    .isInstanceOf(BadInputException.class)
                    .hasMessageContaining("the password is empty");
        }
    }
}
