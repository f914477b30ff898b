package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names as people use them. */
@Timeout(240)
final class NameCommandsTest {
    @TempDir
    private static Path ringDir;

    private static TestRing ring;

    @TempDir
    private Path dir;

    @BeforeAll
    static void start() {
        ring = TestRing.start(ringDir, 2, 3, TestRing.PATIENT);
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    private static Cli.Result run(Object... arguments) {
        List<Object> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--ring", ring.folder().path()));
        return InProcess.run(all.toArray());
    }

    private Path file(String content) throws IOException {
        return Files.writeString(dir.resolve("file"), content);
    }

    private String put(String content, String name) throws IOException {
        return run("put", file(content), "--name", name).expect(0).text().strip();
    }

    private String get(String name) throws IOException {
        Path out = dir.resolve("out");
        var _ = run("get", name, "-o", out, "--force").expect(0);
        return Files.readString(out);
    }

    @Test
    void whatIsPutUnderANameIsFoundByIt() throws Exception {
        String first = put("one", "backups/db.key");
        String second = put("two", "backups/db.key");
        String other = put("three", "backups/2026/other.key");
        assertThat(get("backups/db.key")).isEqualTo("two");
        assertThat(get("backups/db.key@1")).isEqualTo("one");
        assertThat(get(second)).isEqualTo("two");
        assertThat(run("get", "backups/db.key@3").expect(5).err()).contains("no version 3: there are 1, 2");
        assertThat(run("get", "backups/none").expect(5).err()).contains("none of your objects has the name");
        assertThat(run("info", "backups/db.key").expect(0).text()).contains(second, "backups/db.key@2", "1, 2");
        assertThat(run("info", "backups/db.key@1", "--json").expect(0).text())
                .contains(first, "\"version\" : 1", "\"versions\" : [ 1, 2 ]");

        assertThat(run("ls", "backups/").expect(0).text())
                .contains(second, "backups/db.key", "1 name", "backups/2026/")
                .doesNotContain(other, first);
        assertThat(run("ls", "-r", "/").expect(0).text()).contains(other, second);
        assertThat(run("ls", "backups/db.key").expect(0).text()).contains("backups/db.key@1", first, second);
        assertThat(run("ls", "backups/", "--json").expect(0).text())
                .contains("\"folder\" : \"backups/2026/\"", "\"versions\" : 2");
        assertThat(run("ls").expect(0).text()).contains(first, "backups/db.key@1", "backups/2026/other.key");

        assertThat(run("mv", "backups/db.key", "old/db.key").expect(0).text()).contains("old/db.key@2 is " + second);
        assertThat(run("get", "backups/db.key").expect(5).err()).contains("none of your objects");
        assertThat(get("old/db.key@1")).isEqualTo("one");
        assertThat(run("mv", "old/db.key", "backups/2026/other.key").expect(2).err())
                .contains("is there already");

        // Nobody is there to be asked.
        assertThat(run("rm", "old/db.key").expect(2).err()).contains("--yes", "--keep");
        assertThat(run("rm", "old/db.key@1", "--yes").expect(0).text()).contains(first, "destroyed", "1 object");
        assertThat(get("old/db.key")).isEqualTo("two");
        assertThat(run("get", first).expect(5).err()).contains("destroyed");
        assertThat(run("rm", "old/db.key", "--keep", "--json").expect(0).text()).contains("\"destroyed\" : false");
        assertThat(get(second)).isEqualTo("two");
        assertThat(run("rm", "old/db.key", "--yes").expect(5).err()).contains("none of your objects");
        // What has no name gets one.
        assertThat(run("name", second.substring(0, 8), "again").expect(0).text())
                .contains("again@1 is " + second);
        var _ = run("destroy", "again").expect(0);
        assertThat(run("get", "again").expect(5).err()).contains("destroyed");
        assertThat(run("rm", "again", "--yes").expect(0).text()).contains("removed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/abs", "a//b", "a/", "a/../b", "deadbeef", "key@2", "a\u202eb", "a\u0007"})
    void aNameThatCantBeIsRefusedBeforeAnythingIsStored(String name) throws Exception {
        int before = ring.owner().list().size();
        assertThat(run("put", file("x"), "--name", name).expect(2).err())
                .contains("can't be a name")
                .doesNotContain("\u202e", "\u0007");
        assertThat(ring.owner().list()).hasSize(before);
    }

    @Test
    void bothWritingsAreOneNameAndLookalikesAreWarnedOf() throws Exception {
        var _ = put("x", "mu\u0308ller");
        assertThat(get("m\u00fcller")).isEqualTo("x");
        assertThat(run("put", file("y"), "--name", "p\u0430ypal").expect(0).err())
                .contains("warning", "Cyrillic");
    }

    @Test
    void fishAndZshCompleteToo() {
        String fish = InProcess.run("completion", "fish").expect(0).text();
        assertThat(fish)
                .contains("complete -c interlock -f -n '__interlock_at' -a put")
                .contains("prints the object\\'s id")
                .contains("-l name -x -a");
        assertThat(InProcess.run("completion", "zsh").expect(0).text()).contains("bashcompinit");
        assertThat(InProcess.run("completion", "dos").expect(2).err()).contains("bash, zsh and fish");
    }

    /** As bash asks: the rest of a name, quoted, from behind what it takes for a word's end. */
    @Test
    void bashCompletesNames() throws Exception {
        var _ = put("x", "whole/one:two/db key");
        var _ = put("y", "whole/other");
        assertThat(run("ls", "--complete", "whole/o").expect(0).text()).isEqualTo("whole/one:two/\nwhole/other\n");
        assertThat(run("ls", "--complete", "nothing").expect(0).text()).isEmpty();
        Path script = Files.writeString(
                dir.resolve("script"),
                InProcess.run("completion", "bash").expect(0).text() + """
                        interlock() { echo "asked for $3" >&2; printf '%s\\n' 'whole/one:two/db key' 'whole/one:other'; }
                        reply() {
                          COMP_LINE="$*" COMP_POINT=${#COMP_LINE}; COMP_POINT=${#COMP_LINE}
                          _complete_interlock_names 2>/dev/null
                          printf '<%s>' "${COMPREPLY[@]}"; COMPREPLY=(); echo
                        }
                        COMP_WORDS=(interlock get whole/o); COMP_CWORD=2; reply interlock get whole/o
                        COMP_WORDS=(interlock get whole/one : o); COMP_CWORD=4; reply interlock get whole/one:o
                        COMP_WORDS=(interlock get -o wh); COMP_CWORD=3; reply interlock get -o wh
                        COMP_WORDS=(interlock put wh); COMP_CWORD=2; reply interlock put wh
                        COMP_WORDS=(interlock put f --name wh); COMP_CWORD=4; reply interlock put f --name wh
                        """);
        Process bash = new ProcessBuilder("bash", script.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines())
                .containsExactly(
                        "<whole/one:two/db\\ key><whole/one:other>",
                        "<two/db\\ key><other>",
                        "<>",
                        "<>",
                        "<whole/one:two/db\\ key><whole/one:other>");
    }

    @Test
    void aListingThatIsCutShortSaysSo() throws Exception {
        var _ = put("x", "short/key");
        ring.stop("cc1", "cc2");
        try {
            assertThat(run("ls", "short/").expect(3).err()).contains("needs 2 providers");
            assertThat(run("get", "short/key").expect(3).err()).contains("reading a name needs 2 providers");
            assertThat(new String(run("ls").expect(0).out(), StandardCharsets.UTF_8))
                    .isNotEmpty();
        } finally {
            ring.start("cc1", "cc2");
        }
    }
}
