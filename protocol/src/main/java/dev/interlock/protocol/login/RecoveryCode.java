package dev.interlock.protocol.login;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.MalformedException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Locale;

/**
 * 128 random bits that a user writes down, as nine words that can be spoken: each has 16 bits as consonant, vowel, consonant, vowel,
 * consonant (proquints); the ninth checks the eight before.
 */
public final class RecoveryCode {
    public static final int BYTES = 16;
    private static final int WORDS = BYTES / 2 + 1;
    private static final int LETTERS = 5;
    private static final String CONSONANTS = "bdfghjklmnprstvz";
    private static final String VOWELS = "aiou";

    private RecoveryCode() {}

    /** The caller wipes it. */
    public static byte[] random(SecureRandom random) {
        byte[] code = new byte[BYTES];
        random.nextBytes(code);
        return code;
    }

    /** Nine words with hyphens between them. The caller wipes them. */
    public static char[] words(byte[] code) {
        if (code.length != BYTES) {
            throw new IllegalArgumentException("a recovery code has " + BYTES + " bytes, not " + code.length);
        }
        char[] words = new char[WORDS * (LETTERS + 1) - 1];
        byte[] check = check(code);
        for (int i = 0; i < WORDS; i++) {
            byte[] from = i < WORDS - 1 ? code : check;
            int at = i < WORDS - 1 ? 2 * i : 0;
            int bits = (from[at] & 0xFF) << 8 | (from[at + 1] & 0xFF);
            int place = i * (LETTERS + 1);
            words[place] = CONSONANTS.charAt(bits >>> 12);
            words[place + 1] = VOWELS.charAt(bits >>> 10 & 3);
            words[place + 2] = CONSONANTS.charAt(bits >>> 6 & 15);
            words[place + 3] = VOWELS.charAt(bits >>> 4 & 3);
            words[place + 4] = CONSONANTS.charAt(bits & 15);
            if (place + LETTERS < words.length) {
                words[place + LETTERS] = '-';
            }
        }
        return words;
    }

    /**
     * The bits of a code as somebody types it: spaces, hyphens and the case don't matter. The caller wipes it.
     *
     * @throws MalformedException that says what is wrong, without any of it
     */
    public static byte[] parse(char[] typed) {
        byte[] all = new byte[2 * WORDS];
        int letters = 0;
        int bits = 0;
        for (char each : typed) {
            if (each == '-' || Character.isWhitespace(each)) {
                continue;
            }
            if (letters == WORDS * LETTERS) {
                Arrays.fill(all, (byte) 0);
                throw new MalformedException(
                        "a recovery code has " + WORDS + " words of " + LETTERS + " letters, and this has more");
            }
            boolean vowel = letters % LETTERS % 2 == 1;
            int value =
                    (vowel ? VOWELS : CONSONANTS).indexOf(String.valueOf(each).toLowerCase(Locale.ROOT));
            if (value < 0) {
                Arrays.fill(all, (byte) 0);
                throw new MalformedException("the recovery code has a letter in word " + (letters / LETTERS + 1)
                        + " that no code has there");
            }
            bits = vowel ? bits << 2 | value : bits << 4 | value;
            letters++;
            if (letters % LETTERS == 0) {
                int word = letters / LETTERS - 1;
                all[2 * word] = (byte) (bits >>> 8);
                all[2 * word + 1] = (byte) bits;
                bits = 0;
            }
        }
        byte[] code = Arrays.copyOf(all, BYTES);
        byte[] check = check(code);
        boolean whole = letters == WORDS * LETTERS;
        boolean right = all[BYTES] == check[0] && all[BYTES + 1] == check[1];
        Arrays.fill(all, (byte) 0);
        if (!whole || !right) {
            Arrays.fill(code, (byte) 0);
            throw new MalformedException(
                    whole
                            ? "the recovery code has a slip: its last word doesn't fit the others"
                            : "a recovery code has " + WORDS + " words of " + LETTERS + " letters, and this has fewer");
        }
        return code;
    }

    private static byte[] check(byte[] code) {
        return Arrays.copyOf(
                Sha256.labelled("interlock/v1/recovery-code").update(code).digest(), 2);
    }
}
