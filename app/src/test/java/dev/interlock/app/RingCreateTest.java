package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who deals in a ring that is made. */
final class RingCreateTest {
    @TempDir
    private Path dir;

    private RingDescriptor created(Path ring) throws Exception {
        return RingDescriptor.open(Files.readAllBytes(ring.resolve("ring")));
    }

    @Test
    void providersMayDealAndDealersMayBeSeveral() throws Exception {
        Path alone = dir.resolve("alone");
        String said = InProcess.run("ring", "create", alone, "-n", 5, "-t", 3, "--dealers", "cc1,cc2,cc3")
                .expect(0)
                .text();
        assertThat(said).contains("dealers: cc1, cc2, cc3", "no trusted third party left");
        RingDescriptor ring = created(alone);
        assertThat(ring.dealers().stream().map(NodeCard::name)).containsExactly("cc1", "cc2", "cc3");
        assertThat(ring.nodes()).hasSize(5);
        assertThat(alone.resolve("dealer1")).doesNotExist();

        Path two = dir.resolve("two");
        assertThat(InProcess.run("ring", "create", two, "--dealers", "2")
                        .expect(0)
                        .text())
                .contains("dealers: dealer1, dealer2")
                .doesNotContain("no trusted third party");
        assertThat(created(two).dealers()).hasSize(2);

        Path one = dir.resolve("one");
        assertThat(InProcess.run("ring", "create", one).expect(0).text()).doesNotContain("dealers:");

        Object[] cards = {
            "ring",
            "assemble",
            alone.resolve("cc1/card"),
            alone.resolve("cc2/card"),
            alone.resolve("cc3/card"),
            "-t",
            2,
            "--dealing",
            "cc3,cc1",
            "-o",
            dir.resolve("assembled"),
            "--key",
            dir.resolve("key")
        };
        assertThat(InProcess.run(cards).expect(0).text()).contains("dealers: cc3, cc1", "no trusted third party left");
        assertThat(InProcess.run("ring", "status", dir.resolve("assembled")).text())
                .contains("provider, dealer");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            cc1,cc2      | fewer than t = 3 mustn't: name at least 3
            cc1          | fewer than t = 3
            cc1,cc2,cc6  | "cc6" is neither
            cc1,cc2,cc2  | "cc2" is neither
            cc1,cc2,     | "" is neither
            CC1,cc2,cc3  | "CC1" is neither
            dealer1      | "dealer1" is neither
            0            | 1 to 32 dealers, not 0
            -1           | 1 to 32 dealers, not -1
            33           | 1 to 32 dealers, not 33
            2.5          | "2.5" is neither
            """)
    void dealersThatCannotBe(String dealers, String why) {
        Path ring = dir.resolve("ring");
        assertThat(InProcess.run("ring", "create", ring, "-n", 5, "-t", 3, "--dealers", dealers)
                        .expect(2)
                        .err())
                .contains(why);
        assertThat(ring).doesNotExist();
    }

    @Test
    void assembledOfTooFewThatDeal() throws Exception {
        Path ring = dir.resolve("ring");
        InProcess.run("ring", "create", ring, "-n", 3, "-t", 2, "--dealers", "cc1,cc2")
                .expect(0);
        for (String dealing : new String[] {"", "cc1", "cc1,cc4", "cc1,cc1"}) {
            assertThat(InProcess.run(
                                    "ring",
                                    "assemble",
                                    ring.resolve("cc1/card"),
                                    ring.resolve("cc2/card"),
                                    ring.resolve("cc3/card"),
                                    "-t",
                                    2,
                                    "--dealing",
                                    dealing,
                                    "-o",
                                    dir.resolve("out"),
                                    "--key",
                                    dir.resolve("key"))
                            .expect(2)
                            .err())
                    .contains("isn't sound");
            assertThat(dir.resolve("out")).doesNotExist();
        }
        assertThat(InProcess.run("provider", ring.resolve("cc3"), "--noise", "/dev/zero")
                        .expect(2)
                        .err())
                .contains("this provider doesn't");
    }
}
