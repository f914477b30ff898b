package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.protocol.error.Advice;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What the commands say about themselves holds: every command that is named in a help, an example or advice exists. */
final class UsageTest {
    private static final Pattern QUOTED = Pattern.compile("`interlock ([^`]*)`");

    static Stream<CommandLine> everyCommand() {
        return below(Main.whole());
    }

    private static Stream<CommandLine> below(CommandLine command) {
        return Stream.concat(
                Stream.of(command), Usage.subcommands(command).stream().flatMap(UsageTest::below));
    }

    @Test
    void everyCommandHasHelpAnExampleAndAManualPage() {
        assertThat(everyCommand()).hasSizeGreaterThan(40).allSatisfy(command -> {
            String path = Usage.path(command.getCommandSpec());
            List<String> words = new ArrayList<>(List.of(path.isEmpty() ? new String[0] : path.split(" ")));
            words.add("--help");
            String help = InProcess.run(words.toArray()).expect(0).text();
            assertThat(help)
                    .startsWith("Usage: " + ("interlock " + path).strip())
                    .contains("--quiet", "Example");
            assertThat(Catalogue.examplesOf(path)).as(path).isNotEmpty();
            String page = ManPage.of(command);
            assertThat(page).startsWith(".TH \"INTERLOCK").contains(".SH \"OPTIONS\"");
            assertThat(page.lines().filter(line -> line.startsWith("'"))).isEmpty();
        });
    }

    @Test
    void everyExampleIsACommandLine() {
        assertThat(everyCommand()).allSatisfy(command -> {
            for (String example : Catalogue.examplesOf(Usage.path(command.getCommandSpec()))) {
                String called =
                        example.substring(example.indexOf("interlock ") + 10).replaceAll(" [|>].*", "");
                parses(called);
            }
        });
    }

    static Stream<Advice> everyAdvice() {
        return Arrays.stream(Advice.class.getPermittedSubclasses()).map(UsageTest::sample);
    }

    private static Advice sample(Class<?> kind) {
        try {
            Constructor<?> constructor = kind.getDeclaredConstructors()[0];
            Object[] values = Arrays.stream(constructor.getParameters())
                    .map(parameter -> parameter.getType() == int.class
                            ? (Object) 1
                            : parameter.getName().equals("role") ? "provider" : "0123456789abcdef0123456789abcdef")
                    .toArray();
            if (kind == Advice.Join.class) {
                values[0] = "provider";
            }
            return (Advice) constructor.newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @MethodSource("everyAdvice")
    void everyAdviceNamesCommandsThatThereAre(Advice advice) {
        String words = Wording.of(advice);
        List<String> commands =
                QUOTED.matcher(words).results().map(each -> each.group(1)).toList();
        assertThat(commands.isEmpty()).as(words).isEqualTo(advice instanceof Advice.WritersNeeded);
        for (String command : commands) {
            // A name alone points at the command, and has its arguments elsewhere in the sentence.
            List<String> names = List.of(command.split(" "));
            if (names.stream().allMatch(name -> name.matches("[a-z-]+")) && !command.contains("--")) {
                assertThat(InProcess.run(Stream.concat(names.stream(), Stream.of("--help"))
                                        .toArray())
                                .exit())
                        .as(command)
                        .isZero();
            } else {
                parses(command.contains(" put ") || command.startsWith("put ") ? command + " FILE" : command);
            }
        }
    }

    private static void parses(String called) {
        String[] words = Main.translated(called.split(" +"));
        CommandLine.ParseResult parsed = Main.commandLine(words).parseArgs(words);
        assertThat(parsed.errors()).as(called).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"help", "list", "version", "destory", "delete", "rm", "destro", "cancel", "retire", "dwon"})
    void destructionIsNeverSuggested(String word) {
        Cli.Result result = InProcess.run(word, "--help");
        assertThat(result.err()).doesNotContain("did you mean destroy", "schedule-destroy", "cancel-destroy");
        Cli.Result below = InProcess.run("ring", word);
        assertThat(below.err()).doesNotContain("mean down", "mean retire", "mean replace");
    }

    @Test
    void whatPeopleTryFirst() {
        assertThat(InProcess.run("help").expect(0).text()).contains("Secrets:", "put ", "Exit codes");
        assertThat(InProcess.run("help", "put").expect(0).text()).startsWith("Usage: interlock put");
        assertThat(InProcess.run("list", "--help").expect(0).text()).startsWith("Usage: interlock ls");
        assertThat(InProcess.run("version").expect(0).text())
                .contains("interlock ", "commit ", "java ")
                .doesNotContain("unknown version");
        assertThat(InProcess.run("ring", "create", "--help").expect(0).text()).contains("DIR", "-t=T");
        assertThat(InProcess.run("credential", "show", "--help").expect(0).text())
                .contains("--ring");
    }

    @Test
    void wrongUsageIsOneLineWithAPointer() {
        for (Object[] wrong : new Object[][] {
            {"fly"}, {"ring", "fly"}, {"put"}, {"put", "--forse", "x"}, {"ls", "--stall", "x"}, {"get", "a", "b"}, {}
        }) {
            assertThat(InProcess.run(wrong).expect(2).err())
                    .as(Arrays.toString(wrong))
                    .startsWith("interlock: ")
                    .contains("--help`")
                    .hasLineCount(1);
        }
        assertThat(InProcess.run("lst").expect(2).err()).contains("did you mean ls?");
        assertThat(InProcess.run("put", "--fule", "x").expect(2).err()).contains("did you mean --full?");
    }

    @Test
    void aFailureForProgramsIsOneJsonObject() {
        assertThat(InProcess.run("info", "--json", "xyz").expect(2).err())
                .hasLineCount(1)
                .startsWith("{ \"error\" : \"bad-input\"")
                .contains("\"exit\" : 2 }");
        assertThat(InProcess.run("ls", "--json", "--stall", "x").expect(2).err())
                .hasLineCount(1)
                .contains("\"error\" : \"usage\"");
    }

    @Test
    void completionKnowsTheCommands() {
        assertThat(InProcess.run("completion").expect(0).text()).contains("schedule-destroy", "--allow-degraded");
    }

    @Test
    void aSecretThatOthersCanReadIsClosedToThem(@TempDir Path dir) throws IOException {
        Path credential = dir.resolve("me");
        InProcess.run("credential", "init", credential).expect(0);
        assertThat(SecretFile.check(credential, "the credential")).isEqualTo(credential);
        Files.setPosixFilePermissions(credential, PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(SecretFile.check(credential, "the credential")).isEqualTo(credential);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(credential)))
                .isEqualTo("rw-------");
    }

    @Test
    void anOperatorSeesAndEndsWhomANodeServes(@TempDir Path dir) throws IOException {
        Path node = dir.resolve("cc2");
        InProcess.run("provider", "init", node, "--name", "cc2", "--address", "127.0.0.1:7402")
                .expect(0);
        String key = key();
        String other = key();
        assertThat(InProcess.run("provider", "allow", node, "alice", "cc1 " + key)
                        .expect(2)
                        .err())
                .contains("this key is for cc1", "cc2 needs the line that begins with cc2");
        assertThat(InProcess.run("provider", "users", node).expect(0).text()).isEmpty();
        InProcess.run("provider", "allow", node, "alice", "cc2 " + key).expect(0);
        InProcess.run("provider", "allow", node, "bob", "cc2", other).expect(0);
        Files.writeString(node.resolve("users"), "# kept\n" + Files.readString(node.resolve("users")));
        assertThat(InProcess.run("provider", "users", node).expect(0).text())
                .isEqualTo("alice " + key + "\nbob " + other + "\n");
        assertThat(InProcess.run("provider", "deny", node, "alice").expect(0).text())
                .contains("alice", key);
        assertThat(node.resolve("users")).hasContent("# kept\nbob " + other + "\n");
        assertThat(InProcess.run("provider", "deny", node, "alice").expect(2).err())
                .contains("serves nobody");
    }

    private static String key() {
        try (SigningKey key = new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, new SecureRandom()))) {
            return key.verifyingKey().toString();
        }
    }

    @Test
    void theBarFitsIntoATerminalAndSaysWhatGoesOn() {
        String half = Progress.line("put", 73_100_000, 146_200_000, 2_000_000_000L, "checking");
        assertThat(half).isEqualTo("put  50% [============            ] 73.1 MB of 146.2 MB, 37 MB/s, 2 s");
        assertThat(Progress.line("get", 999_900_000_000L, 1_000_000_000_000L, 86_400_000_000_000L, "")
                        .length())
                .isLessThan(80);
        assertThat(Progress.line("put", 100, 100, 3_000_000_000L, "checking"))
                .isEqualTo("put  100 B passed; checking  3 s");
    }

    @Test
    void oneFormOfNumbersAndTimes() {
        assertThat(Output.count(1, "object")).isEqualTo("1 object");
        assertThat(Output.count(0, "object")).isEqualTo("0 objects");
        assertThat(Wording.with("no", Optional.empty())).isEqualTo("no");
    }
}
