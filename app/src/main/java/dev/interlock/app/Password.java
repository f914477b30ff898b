package dev.interlock.app;

import com.nulabinc.zxcvbn.Strength;
import com.nulabinc.zxcvbn.Zxcvbn;
import dev.interlock.protocol.error.BadInputException;
import java.io.ByteArrayOutputStream;
import java.io.Console;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Passwords as they come in: from the terminal without echo, or from a file descriptor, a line each. Never from arguments or the
 * environment, which other processes see.
 */
final class Password {
    private static final int MOST_BYTES = 1024;

    private Password() {}

    /** Where passwords come from. */
    static final class Source implements AutoCloseable {
        private final @Nullable InputStream in;
        /** To be closed; standard input isn't ours. */
        private final Optional<InputStream> opened;

        private Source(@Nullable InputStream in, Optional<InputStream> opened) {
            this.in = in;
            this.opened = opened;
        }

        /** @param descriptor a number; empty for the terminal */
        static Source of(@Nullable Integer descriptor) {
            if (descriptor == null) {
                return new Source(null, Optional.empty());
            }
            if (descriptor == 0) {
                return new Source(System.in, Optional.empty());
            }
            try {
                InputStream in = new FileInputStream("/dev/fd/" + descriptor);
                return new Source(in, Optional.of(in));
            } catch (IOException e) {
                throw new BadInputException("there is no file descriptor " + descriptor + " to read a password from");
            }
        }

        /** One that exists; the caller wipes it. */
        char[] read(String prompt) {
            return in == null ? typed(prompt) : line(in);
        }

        /** A new one, typed twice; the caller wipes it. */
        char[] readNew(String prompt) {
            char[] password = read(prompt);
            requireSome(password);
            if (in == null) {
                char[] again = typed("The same again: ");
                boolean same = Arrays.equals(password, again);
                Arrays.fill(again, '\0');
                if (!same) {
                    Arrays.fill(password, '\0');
                    throw new BadInputException("the two aren't the same; nothing was changed");
                }
            }
            return password;
        }

        private static char[] typed(String prompt) {
            Console console = Optional.ofNullable(System.console())
                    .filter(Console::isTerminal)
                    .orElseThrow(() -> new BadInputException(
                            "there is no terminal to ask for the password: give --password-fd N"));
            char[] typed = console.readPassword("%s", prompt);
            if (typed == null) {
                throw new BadInputException("no password was typed");
            }
            return typed;
        }

        private static char[] line(InputStream in) {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            try {
                int first = in.read();
                if (first < 0) {
                    throw new BadInputException("--password-fd gives no further line, and one is needed for each"
                            + " password or code that is asked for");
                }
                for (int each = first; each >= 0 && each != '\n'; each = in.read()) {
                    line.write(each);
                    if (line.size() > MOST_BYTES) {
                        throw new BadInputException("a password has at most " + MOST_BYTES + " bytes");
                    }
                }
            } catch (IOException e) {
                throw new BadInputException("the password's file descriptor can't be read");
            }
            byte[] bytes = line.toByteArray();
            try {
                CharBuffer chars = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
                char[] password = new char[chars.remaining()];
                chars.get(password);
                Arrays.fill(chars.array(), '\0');
                return password;
            } catch (CharacterCodingException e) {
                throw new BadInputException("the password isn't UTF-8");
            } finally {
                Arrays.fill(bytes, (byte) 0);
            }
        }

        @Override
        public void close() throws IOException {
            if (opened.isPresent()) {
                opened.get().close();
            }
        }
    }

    /** What is hashed: UTF-8 of the canonical composition, so that every keyboard types the same. Wipes the password. */
    static byte[] bytes(char[] password) {
        try {
            requireSome(password);
            CharBuffer chars = CharBuffer.wrap(password);
            boolean ascii = chars.chars().allMatch(each -> each < 0x80);
            ByteBuffer utf8 = StandardCharsets.UTF_8.encode(
                    ascii ? chars : CharBuffer.wrap(Normalizer.normalize(chars, Normalizer.Form.NFC)));
            byte[] bytes = new byte[utf8.remaining()];
            utf8.get(bytes);
            utf8.clear();
            while (utf8.hasRemaining()) {
                utf8.put((byte) 0);
            }
            if (bytes.length > MOST_BYTES) {
                Arrays.fill(bytes, (byte) 0);
                throw new BadInputException("a password has at most " + MOST_BYTES + " bytes");
            }
            return bytes;
        } finally {
            Arrays.fill(password, '\0');
        }
    }

    private static void requireSome(char[] password) {
        if (password.length == 0) {
            throw new BadInputException("the password is empty");
        }
    }

    /** What an attacker who has t providers would need, in words. Any password is taken. */
    static String strength(char[] password) {
        // Of a copy: wiping what was measured wipes what it was measured of.
        Strength strength = new Zxcvbn().measure(CharBuffer.wrap(password.clone()));
        try {
            return switch (strength.getScore()) {
                        case 0, 1 -> "weak";
                        case 2 -> "moderate";
                        case 3 -> "good";
                        default -> "strong";
                    }
                    + ", about 10^" + Math.round(strength.getGuessesLog10()) + " guesses";
        } finally {
            strength.wipe();
        }
    }
}
