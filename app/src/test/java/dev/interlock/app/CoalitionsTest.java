package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.field.Gf256;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Random coalitions against real nodes in this process; {@code interlock audit --coalitions} has more of them. */
@Timeout(300)
@Tag("long")
final class CoalitionsTest {
    @TempDir
    private Path dir;

    @Test
    void fewerThanTProvidersAndASecondUserGetNothing() throws Exception {
        Coalitions.Result result = Coalitions.run(12, 20261129, 0, dir, _ -> {});
        assertThat(result.violations()).isEmpty();
        assertThat(result.counts()).containsEntry("lives", 12);
        assertThat(result.counts().getOrDefault("put: done", 0))
                .as("something was attacked")
                .isPositive();
        assertThat(result.outcomes()).as("and with many messages").hasSizeGreaterThan(8);
    }

    /** The control: t of them have all that it takes, and that is noticed. */
    @Test
    void tOfThemHaveTheMessage() throws Exception {
        assertThat(Coalitions.run(6, 1, 1, dir, _ -> {}).violations())
                .anySatisfy(
                        violation -> assertThat(violation).startsWith("the message is a combination of what they saw"));
    }

    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] sum(byte[] a, int factor, byte[] b) {
        byte[] sum = a.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] ^= (byte) Gf256.multiply(factor, b[i] & 0xFF);
        }
        return sum;
    }

    @Test
    void aCombinationOfWhatWasSeenIsFound() {
        Random random = new Random(5);
        byte[] m = bytes(random, 50);
        byte[] r = bytes(random, 64);
        byte[] a = bytes(random, 114);
        byte[] b = bytes(random, 114);
        byte[] p = Arrays.copyOf(r, 114);
        System.arraycopy(m, 0, p, 64, 50);
        Coalition by = new Coalition(Set.of("cc1"), m, 1);
        by.saw(sum(sum(p, 0x1f, a), 0x80, b), "a stream");
        by.saw(a, "a share");
        assertThat(by.leak()).isEmpty();
        // Behind its salt.
        byte[] salted = new byte[178];
        System.arraycopy(b, 0, salted, 64, 114);
        by.saw(salted, "another share");
        assertThat(by.leak()).contains("the message is a combination of what they saw");
    }

    @Test
    void theMessageItselfIsFoundWhereverItStands() {
        byte[] m = bytes(new Random(6), 48);
        Coalition by = new Coalition(Set.of("cc1"), m, 1);
        by.saw(bytes(new Random(7), 4000), "an answer");
        assertThat(by.leak()).isEmpty();
        byte[] answer = bytes(new Random(8), 4000);
        System.arraycopy(m, 0, answer, 1234, 48);
        by.saw(answer, "the answer to GET");
        assertThat(by.leak()).contains("the message stands in the answer to GET");
    }
}
