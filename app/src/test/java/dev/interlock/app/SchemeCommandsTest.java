package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.protocol.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** keygen, put, get, proof and audit as their users give them, with all that they may give wrongly. */
@Timeout(240)
final class SchemeCommandsTest {
    private static final byte[] SECRET = TestRing.random(5000);

    @TempDir
    private static Path ringDir;

    private static TestRing ring;

    @TempDir
    private Path dir;

    private Path file;

    @BeforeAll
    static void start() {
        ring = TestRing.start(ringDir, 2, 3, TestRing.SHORT);
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @BeforeEach
    void write() throws IOException {
        file = dir.resolve("file");
        Files.write(file, SECRET);
    }

    @AfterEach
    void allUp() {
        ring.startAll();
    }

    private static Cli.Result run(Object... arguments) {
        List<Object> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--ring", ring.folder().path()));
        return InProcess.run(all.toArray());
    }

    @Test
    void theAuditorAttacks() throws Exception {
        String text = InProcess.run("audit", "--active", "-n", "3", "-t", "2", "--script", "destroy")
                .expect(0)
                .text();
        assertThat(text).contains("1 of the providers and a second user attack", "destroy", "nothing is given away");
        String json = InProcess.run("audit", "--active", "-n", "3", "-t", "2", "--script", "destroy", "--json")
                .expect(0)
                .text();
        assertThat(json).contains("\"script\"", "\"attacks\"");
        assertThat(InProcess.run("audit", "--active", "--script", "dance")
                        .expect(2)
                        .err())
                .contains("no script is called \"dance\"");
        assertThat(InProcess.run("audit", "--injections", "2").expect(2).err()).contains("--active");
        Path page = dir.resolve("page.html");
        var _ = InProcess.run("audit", "--picture", page).expect(0);
        assertThat(Files.readString(page)).contains("<svg", "knows m");
        assertThat(InProcess.run("audit", "--picture", page).expect(2).err()).contains("exists");
    }

    private String put(Object... options) {
        List<Object> all = new ArrayList<>(List.of("put", file));
        all.addAll(List.of(options));
        String id = run(all.toArray()).expect(0).text().strip();
        assertThat(id).matches("[0-9a-f]{32}");
        return id;
    }

    private void comesBack(String id, Object... options) throws IOException {
        Path out = dir.resolve("out-" + id);
        List<Object> all = new ArrayList<>(List.of("get", id, "-o", out));
        all.addAll(List.of(options));
        var _ = run(all.toArray()).expect(0);
        assertThat(Files.readAllBytes(out)).isEqualTo(SECRET);
    }

    private void comesNot(int exit, String says, String id, Object... options) {
        Path out = dir.resolve("none-" + id);
        List<Object> all = new ArrayList<>(List.of("get", id, "-o", out));
        all.addAll(List.of(options));
        assertThat(run(all.toArray()).expect(exit).err()).contains(says);
        assertThat(out).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"x25519", "xwing"})
    void protocol1(String kem) throws Exception {
        Path key = dir.resolve("key");
        Cli.Result made = InProcess.run("keygen", "-o", key, "--kem", kem).expect(0);
        String recipient = made.text().strip();
        assertThat(recipient).startsWith(kem + ":");
        assertThat(made.err()).contains(key.toString(), "Keep a copy");
        assertThat(Files.readString(key)).contains(recipient);

        comesBack(put("--to", recipient), "--key", key);
        Path publicKey = dir.resolve("public");
        Files.writeString(publicKey, recipient + "\n");
        comesBack(put("--to", publicKey, "--protocol", 1, "--blinds", "full"), "--key", key);
        String published = put("--to", recipient, "--profile", "published");
        comesBack(published, "--key", key);

        comesNot(2, "private key", published);
        Path other = dir.resolve("other");
        var _ = InProcess.run("keygen", "-o", other).expect(0);
        comesNot(2, "private key", published, "--key", other);
        comesNot(2, "no private key", published, "--key", dir.resolve("nowhere"));
        comesNot(2, "no private key", published, "--key", file);
    }

    @Test
    void keygenNeverOverwrites() throws Exception {
        assertThat(InProcess.run("keygen", "-o", file).expect(2).err()).contains("exists", "never overwritten");
        assertThat(Files.readAllBytes(file)).isEqualTo(SECRET);
        assertThat(InProcess.run("keygen", "-o", dir.resolve("key"), "--kem", "rsa")
                        .expect(2)
                        .err())
                .containsIgnoringCase("x25519");
        assertThat(InProcess.run("keygen").expect(2).err()).contains("--output");
        assertThat(dir.toFile().list()).containsExactly("file");
    }

    @Test
    void protocol2() throws Exception {
        Path expanded = dir.resolve("expanded");
        String id = put("--share", expanded);
        comesBack(id, "--share", expanded);
        assertThat(Files.size(expanded)).isLessThan(256);
        assertThat(Files.getPosixFilePermissions(expanded)).hasSize(2);

        Path full = dir.resolve("full");
        comesBack(put("--share", full, "--full", "--blinds", "full"), "--share", full, "--blinds", "full");
        assertThat(Files.size(full)).isGreaterThan(SECRET.length);

        Path share = dir.resolve("share");
        comesBack(put("--share", share, "--protocol", 2, "--profile", "published"), "--share", share);

        comesNot(2, "user key", id);
        comesNot(2, "is for the object", id, "--share", share);
        comesNot(2, "no user key", id, "--share", dir.resolve("nowhere"));
        comesNot(2, "no user key", id, "--share", file);
    }

    @Test
    void aShareIsNeverOverwritten() throws Exception {
        Path share = dir.resolve("share");
        Files.writeString(share, "precious");
        int before = ring.owner().list().size();
        assertThat(run("put", file, "--share", share).expect(2).err()).contains("exists");
        assertThat(share).hasContent("precious");
        assertThat(ring.owner().list()).hasSize(before);
        assertThat(dir.toFile().list()).containsExactlyInAnyOrder("file", "share");
    }

    @Test
    void theWarningComesBeforeAnythingIsStored() {
        ring.stop("cc1");
        Path share = dir.resolve("share");
        Cli.Result result = run("put", file, "--share", share).expect(3);
        assertThat(result.err())
                .containsSubsequence(share.toString(), "nobody can ever open", "all 3", "Keep a copy", "cc1");
        assertThat(result.text()).isEmpty();
        assertThat(dir.toFile().list()).containsExactly("file");
    }

    @Test
    void publishedWarns() throws Exception {
        Cli.Result three = run("put", file, "--profile", "published").expect(0);
        assertThat(three.err())
                .contains(
                        "leaks",
                        "after one get, one provider alone",
                        "interlock audit -n 3 -t 2 --protocol 3",
                        "for study");
        assertThat(three.text().strip()).matches("[0-9a-f]{32}");
        comesBack(three.text().strip());
        assertThat(run("put", file).expect(0).err()).isEmpty();
    }

    @Test
    void optionsThatDoNotFit() throws Exception {
        Path key = dir.resolve("key");
        String recipient = InProcess.run("keygen", "-o", key).expect(0).text().strip();
        String secret = Files.readString(key)
                .strip()
                .substring(Files.readString(key).strip().length() - 64);
        Path share = dir.resolve("share");
        int before = ring.owner().list().size();
        for (Object[] options : new Object[][] {
            {"--to", recipient, "--protocol", 3},
            {"--to", recipient, "--protocol", 2},
            {"--to", recipient, "--share", share},
            {"--protocol", 1},
            {"--protocol", 2},
            {"--protocol", 4},
            {"--protocol", 0},
            {"--share", share, "--protocol", 3},
            {"--full"},
            {"--full", "--to", recipient},
            {"--full", "--share", share, "--profile", "published"},
            {"--blinds", "full", "--profile", "published"},
            {"--blinds", "none"},
            {"--blinds", "none", "--share", share},
            {"--blinds", "half"},
            {"--profile", "secret"},
            {"--to", "x25519:00"},
            {"--to", "x25519:" + "0".repeat(64)},
            {"--to", "rsa:00"},
            {"--to", dir.resolve("nowhere")},
            {"--to", file},
            {"--to", key},
        }) {
            List<Object> all = new ArrayList<>(List.of("put", file));
            all.addAll(List.of(options));
            Cli.Result result = run(all.toArray());
            assertThat(result.exit()).as("%s: %s", all, result.err()).isEqualTo(2);
            assertThat(result.err()).as("%s", all).isNotBlank().doesNotContain("fault in interlock", secret);
            assertThat(result.text()).isEmpty();
        }
        assertThat(ring.owner().list()).hasSize(before);
        assertThat(dir.toFile().list()).containsExactlyInAnyOrder("file", "key");
    }

    @Test
    void getOptionsThatDoNotFit() {
        String id = put();
        comesNot(2, "--blinds must be", id, "--blinds", "none");
        comesNot(2, "blinds must be", id, "--blinds", "half");
    }

    @Test
    void proofs() throws Exception {
        String id = put();
        Path proof = dir.resolve("proof");
        var _ = run("proof", id, "-o", proof).expect(0);
        assertThat(run("proof", id, "-o", proof).expect(2).err()).contains("exists");
        assertThat(run("proof", id).expect(2).err()).contains("--output");
        String unknown = "0".repeat(32);
        assertThat(run("proof", unknown, "-o", dir.resolve("no")).expect(5).err())
                .contains(unknown);
        assertThat(dir.resolve("no")).doesNotExist();

        ring.stop("cc1", "cc2", "cc3", "dealer1");
        assertThat(run("proof", "verify", proof).expect(0).text())
                .contains("All 3 providers took part", "cc1", "cc2", "cc3", id, "protocol 3, blinded");
        assertThat(run("proof", "verify", proof, "--json").expect(0).text()).contains("\"object\"", id);

        byte[] bytes = Files.readAllBytes(proof);
        String text = Files.readString(proof);
        int chain = text.indexOf("\"chain\"") + 40;
        Path changed = dir.resolve("changed");
        Files.writeString(
                changed,
                text.substring(0, chain) + (text.charAt(chain) == 'A' ? 'B' : 'A') + text.substring(chain + 1));
        assertThat(run("proof", "verify", changed).exit()).isIn(2, 4);
        Files.writeString(changed, text.replace("\"cc2\"", "\"cc4\""));
        assertThat(run("proof", "verify", changed).expect(4).err()).contains("cc2");
        Files.write(changed, Arrays.copyOf(bytes, bytes.length / 2));
        assertThat(run("proof", "verify", changed).expect(2).err()).contains("the proof");
        assertThat(run("proof", "verify", dir.resolve("nowhere")).expect(2).err())
                .contains("no file");
        assertThat(InProcess.run("proof", "verify", proof).expect(2).err()).contains("which ring?");
    }

    @Test
    void audit() {
        Cli.Result two = InProcess.run(
                        "audit", "-n", 5, "-t", 3, "--protocol", 3, "--profile", "published", "--reads", 1)
                .expect(0);
        assertThat(two.text()).contains("2 providers are enough", "cc1");
        assertThat(two.err()).isEmpty();
        assertThat(InProcess.run("audit").expect(0).text()).contains("3");
        assertThat(InProcess.run("audit", "--json", "--s", "1,2,3", "--s", "3,4,5")
                        .expect(0)
                        .text())
                .startsWith("{");
    }

    @Test
    void auditOfSeveralDealers() {
        assertThat(InProcess.run("audit", "--dealers", 2).expect(0).text())
                .contains("0 of 2   3 ", "1 of 2   3 ", "2 of 2   1 ", "cc1+dealer1+dealer2");
        assertThat(InProcess.run("audit", "--dealers", 2, "--json").expect(0).text())
                .startsWith("[")
                .contains("\"dealersCorrupt\" : 2");
        assertThat(InProcess.run("audit", "--dealers", "cc1,cc2,cc3").expect(0).text())
                .contains("exactly t.");
        assertThat(InProcess.run("audit", "--dealers", "cc1,cc2").expect(0).text())
                .contains("cc1 and cc2 learn m: 2 providers are enough, fewer than t = 3.");
    }

    @Test
    void auditOfAMoveIntoAnotherRing() {
        assertThat(InProcess.run("audit", "--reshare-to", "7,4").expect(0).text())
                .contains("2     4 ", "3     0 ", "A.cc1+A.cc2+A.cc3");
        assertThat(InProcess.run("audit", "--reshare-to", "7,4", "--json")
                        .expect(0)
                        .text())
                .contains("\"movedTo\" : [ 7, 4 ]", "\"beforeCorrupt\" : 3");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--dealers 0 | somebody must deal",
                "--dealers 5 | 0..4",
                "--dealers x | cc1,cc2,cc3",
                "--dealers cc6 | cc1..cc5",
                "--reshare-to 7 | as in 7,4",
                "--reshare-to 7,x | as in 7,4",
                "--reshare-to 7,8 | 2..7",
                "--reshare-to 12,4 | up to 16 providers",
                "--reshare-to 7,4 --renewals | up to 21 shares",
                "--reshare-to 7,4 --protocol 2 | protocol 3",
                "--reshare-to 7,4 --s 1,2,3 | worst",
                "--reshare-to 7,4 --dealers cc1,cc2,cc3 | one without the other",
                "-n 17 | 2..16",
                "-n 1 | 2..16",
                "--reads 9 | 0..8",
                "--reads -1 | 0..8",
                "-n 3 -t 4 | 2..3",
                "-t 1 | 2..5",
                "--protocol 4 | protocol 4",
                "--profile foo | published",
                "--blinds full --profile published | no blinds",
                "--blinds none | blinds",
                "--s 1,2,9 | 1..5",
                "--s 1,2 | 3..5",
                "--s 1,1,2 | different",
                "--s x | provider numbers",
                "--s 1,2,3 --reads 2 | exclude each other",
                "--with-user-key | protocol 3",
                "-n five | five"
            })
    void auditsBeyondItsBounds(String options, String says) {
        List<Object> all = new ArrayList<>(List.of("audit"));
        all.addAll(List.of((Object[]) options.split(" ")));
        Cli.Result result = InProcess.run(all.toArray()).expect(2);
        assertThat(result.err()).contains(says).doesNotContain("fault in interlock");
        assertThat(result.text()).isEmpty();
    }

    private record Row(
            int n, int t, int protocol, String profile, boolean userKey, List<Integer> sizeByReads, boolean sampled) {}

    /** The design's table of what the protocols as printed leak. */
    @Test
    @Tag("long")
    void auditOfAll() {
        String json = InProcess.run("audit", "--all", "--json").expect(0).text();
        Row[] rows = Json.read("the table", json.getBytes(StandardCharsets.UTF_8), Row[].class);
        // n, t; protocol 2 after 0, 1, 2 reads; protocol 3 after one read.
        int[][] design = {
            {3, 2, 1, 1, 1, 1}, {5, 3, 2, 2, 1, 2}, {5, 4, 2, 2, 1, 2}, {7, 4, 2, 2, 1, 2}, {7, 5, 3, 2, 1, 2}
        };
        for (int[] cell : design) {
            assertThat(sizes(rows, cell[0], cell[1], 2, "published").subList(0, 3))
                    .as("protocol 2 of (%d, %d)", cell[0], cell[1])
                    .containsExactly(cell[2], cell[3], cell[4]);
            assertThat(sizes(rows, cell[0], cell[1], 3, "published").get(1))
                    .as("protocol 3 of (%d, %d)", cell[0], cell[1])
                    .isEqualTo(cell[5]);
        }
        assertThat(sizes(rows, 7, 7, 3, "published").get(1)).isEqualTo(2);
        for (Row row : rows) {
            if (row.profile.equals("blinded") && !row.userKey) {
                assertThat(row.sizeByReads).as("%s", row).containsOnly(row.protocol == 3 ? row.t : 0);
            }
        }
    }

    private static List<Integer> sizes(Row[] rows, int n, int t, int protocol, String profile) {
        for (Row row : rows) {
            if (row.n == n && row.t == t && row.protocol == protocol && row.profile.equals(profile) && !row.userKey) {
                return row.sizeByReads;
            }
        }
        throw new AssertionError("no row for " + n + ", " + t);
    }
}
