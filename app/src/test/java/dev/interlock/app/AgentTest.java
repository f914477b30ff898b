package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.app.thin.Seat;
import dev.interlock.app.thin.Surroundings;
import dev.interlock.app.thin.Thin;
import dev.interlock.client.login.Accounts;
import dev.interlock.client.login.Logins;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.login.RootSecret;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.request.Credential;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands that an agent does, beside the same that do their own work; and agents that are lost, late, foreign or alone. */
@Timeout(240)
@Tag("long")
final class AgentTest {
    /** What stands for the launcher says so, and what it was given. */
    private static final String SLOW = "the slow way:";
    /** Long enough to be killed within, on any machine. */
    private static final int LARGE_BYTES = 24 << 20;

    private static final int SILENCE_SECONDS = 5;

    private static final PrintStream OUT = System.out;
    private static final PrintStream ERR = System.err;
    private static final InputStream IN = System.in;

    @TempDir
    private static Path ringDir;

    private static TestRing ring;

    @TempDir
    private Path dir;

    private Path place;
    private Path socket;
    private Path jar;

    @BeforeAll
    static void start() {
        ring = TestRing.start(ringDir, 2, 3, TestRing.PATIENT);
    }

    @AfterAll
    static void stop() {
        ring.close();
    }

    @BeforeEach
    void install() throws IOException {
        place = Files.createDirectory(
                dir.resolve("place"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        socket = place.resolve("agent");
        jar = Files.writeString(dir.resolve("interlock.jar"), "a program");
        Path from = Path.of(
                Thin.class.getProtectionDomain().getCodeSource().getLocation().getPath());
        Path to = Files.createDirectories(dir.resolve("thin/dev/interlock/app/thin"));
        try (Stream<Path> classes = Files.list(from.resolve("dev/interlock/app/thin"))) {
            for (Path each : classes.toList()) {
                Files.copy(each, to.resolve(each.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Files.writeString(dir.resolve("launcher"), "echo " + SLOW + " \"$INTERLOCK_AGENT\" \"$@\"; exit 42\n");
    }

    @AfterEach
    void ownStreams() {
        System.setOut(OUT);
        System.setErr(ERR);
        System.setIn(IN);
    }

    private Agent agent(Duration idle, Visit.Work work) {
        // One that has just ended gives its lock back after its socket.
        List<Agent> started = new ArrayList<>();
        Await.until("no other agent runs", () -> {
            try {
                return started.add(Agent.start(socket, jar, idle, work));
            } catch (BadInputException e) {
                if (String.valueOf(e.getMessage()).contains("runs already")) {
                    return false;
                }
                throw e;
            }
        });
        Agent agent = started.getFirst();
        VisitStreams.install();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                var _ = agent.serve();
                agent.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return agent;
    }

    private Agent agent() {
        return agent(Duration.ofMinutes(5), Main::run);
    }

    private ProcessBuilder thin(Object... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-Dinterlock.launcher=" + dir.resolve("launcher"),
                // A machine that does much else is no failure; who is to be found silent is stopped.
                "-Dinterlock.agent.answer=10000",
                "-Dinterlock.agent.silence=" + 1000 * SILENCE_SECONDS,
                "-cp",
                dir.resolve("thin").toString(),
                Thin.class.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("INTERLOCK_AGENT", socket.toString());
        builder.environment().put("INTERLOCK_RING", ring.folder().path().toString());
        builder.environment().put("INTERLOCK_RECORD", "off");
        builder.environment().put("LC_ALL", "C.UTF-8");
        return builder;
    }

    private static Cli.Result run(ProcessBuilder builder, byte... input) throws Exception {
        Process process = builder.start();
        CompletableFuture<byte[]> out = Cli.reading(process.getInputStream());
        CompletableFuture<byte[]> err = Cli.reading(process.getErrorStream());
        try (var stdin = process.getOutputStream()) {
            stdin.write(input);
        } catch (IOException e) {
            // A command that doesn't read its input closes it.
        }
        return Cli.finish(process, out, err);
    }

    /** The same work in this process, with the ring named as an agent's command finds it in its environment. */
    private static Cli.Result own(Object... arguments) {
        List<Object> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--ring", ring.folder().path()));
        return InProcess.run(all.toArray());
    }

    @Test
    void anAgentsCommandsSayWhatOthersSay() throws Exception {
        byte[] secret = TestRing.random(3000);
        String id = ring.put(secret).object().toString();
        Path taken = Files.writeString(dir.resolve("taken"), "old");
        List<List<Object>> lines = List.of(
                List.of("ls"),
                List.of("ls", "--json"),
                List.of("info", id),
                List.of("info", id, "--json"),
                List.of("get", id, "-o", taken),
                List.of("get", id, "-o", "no/such/folder/file"),
                List.of("get", "00000000000000000000000000000000"),
                List.of("get", "00000000000000000000000000000000", "--json"),
                List.of("get", "xyz"),
                List.of("get", id, "--from", "nobody"),
                List.of("get", id, "--route", "nowhere"),
                List.of("get", id, "--key", "no-such-key"),
                List.of("put", "no-such-file"),
                List.of("put", dir),
                List.of("put"),
                List.of("ls", "--no-such-option"),
                List.of("ls", "--credential", "no-such-credential"),
                List.of("destroy", "11111111111111111111111111111111"),
                List.of("status", "--json"));
        try (Agent _ = agent()) {
            for (List<Object> line : lines) {
                Cli.Result expected = own(line.toArray());
                Cli.Result found = run(thin(line.toArray()));
                assertThat(found.text()).as("output of %s", line).isEqualTo(expected.text());
                assertThat(found.err()).as("errors of %s", line).isEqualTo(expected.err());
                assertThat(found.exit()).as("exit code of %s", line).isEqualTo(expected.exit());
            }
            Cli.Result got = run(thin("get", id)).expect(0);
            assertThat(got.out()).isEqualTo(secret);
            Cli.Result told =
                    run(thin("get", id, "-o", dir.resolve("told"), "--json")).expect(0);
            assertThat(told.err()).contains("\"length\" : 3000");
            // What can't be written is a failure, as it is without an agent.
            Cli.Result full =
                    run(thin("get", id).redirectOutput(Path.of("/dev/full").toFile()));
            assertThat(full.exit()).isEqualTo(1);
            assertThat(full.err()).isEqualTo("interlock: can't write to standard output: No space left on device\n");
            assertThat(run(thin("ls").redirectOutput(Path.of("/dev/full").toFile()))
                            .err())
                    .isEqualTo(full.err());
            // Nothing here goes by what this process is: its folder, its umask, its environment, its streams.
            Path there = Files.createDirectories(dir.resolve("there"));
            Path input = Files.write(there.resolve("input"), secret);
            String line = String.join(" ", thin("put", "input").command());
            Cli.Result put =
                    run(inShell("umask 077; cd " + there + " && exec " + line)).expect(0);
            line = String.join(
                    " ", thin("get", put.text().strip(), "-o", "output").command());
            var _ = run(inShell("cd " + there + " && exec " + line)).expect(0);
            assertThat(there.resolve("output")).hasBinaryContent(secret);
            ProcessBuilder elsewhere = thin("ls").directory(there.toFile());
            elsewhere.environment().put("INTERLOCK_RING", "not-here");
            assertThat(run(elsewhere).expect(2).err()).contains("can't read the ring descriptor not-here");
            assertThat(run(thin("get", put.text().strip(), "--force", "-o", input))
                            .expect(0)
                            .err())
                    .isEmpty();
            // Standard input is the command's, and only what is asked for is read.
            String piped = run(thin("put", "-"), secret).expect(0).text().strip();
            assertThat(run(thin("get", piped)).out()).isEqualTo(secret);
            assertThat(run(thin("put", "-")).expect(0).err()).contains("standard input was empty");
            // Paths that lead every process elsewhere, and what lies outside a file, are the command's own work.
            assertThat(run(thin("put", "/dev/stdin"), secret).expect(42).text()).startsWith(SLOW + " off put");
            ProcessBuilder redirected = thin("put", "/dev/stdin").redirectInput(input.toFile());
            assertThat(run(redirected).expect(42).text()).startsWith(SLOW + " off put");
            assertThat(run(thin("put", "/proc/self/environ")).exit()).isEqualTo(42);
            assertThat(run(thin("demo", "a b", "")).expect(42).text()).isEqualTo(SLOW + " off demo a b \n");
        }
    }

    private ProcessBuilder inShell(String line) {
        ProcessBuilder shell = thin();
        return shell.command("sh", "-c", line);
    }

    @Test
    void whatACommandWritesHasItsUmaskAndFolder() throws Exception {
        Visit.Work work = arguments -> {
            try {
                var _ = Files.createFile(Path.of("written"));
                var _ = Files.createDirectory(Path.of("below"));
                System.out.println(Files.exists(Path.of("../there/written")) + " " + Visit.absolute(Path.of("x")));
                return 7;
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        };
        Path there = Files.createDirectories(dir.resolve("there"));
        try (Agent _ = agent(Duration.ofMinutes(5), work)) {
            String line = String.join(" ", thin("ls").command());
            Cli.Result result =
                    run(inShell("umask 027; cd " + there + " && exec " + line)).expect(7);
            assertThat(result.text()).isEqualTo("true " + there.resolve("x") + "\n");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(there.resolve("written"))))
                .isEqualTo("rw-r-----");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(there.resolve("below"))))
                .isEqualTo("rwxr-x---");
        assertThat(Path.of("written")).doesNotExist();
    }

    @Test
    void aSignalBreaksTheAgentsWorkOff() throws Exception {
        AtomicInteger brokenOff = new AtomicInteger();
        Visit.Work work = arguments -> {
            Interruption.means(() -> "nothing done");
            System.out.println("begun");
            try {
                Thread.sleep(Duration.ofMinutes(1));
                return 0;
            } catch (InterruptedException e) {
                System.err.println("not to be read");
                brokenOff.incrementAndGet();
                return 1;
            }
        };
        try (Agent _ = agent(Duration.ofMinutes(5), work)) {
            for (String signal : List.of("INT", "TERM", "HUP")) {
                Process process = thin("ls").start();
                assertThat(process.getInputStream().readNBytes(6)).asString().isEqualTo("begun\n");
                Cli.signal(signal, process.pid());
                String ends = signal;
                if (signal.equals("HUP") && ignoresHangUp()) {
                    // As its commands do then, started by nohup: it went on, and ends by the next signal.
                    ends = "TERM";
                    Cli.signal(ends, process.pid());
                }
                CompletableFuture<byte[]> err = Cli.reading(process.getErrorStream());
                assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
                assertThat(err.get()).asString().isEqualTo("interlock: interrupted, nothing done\n");
                assertThat(process.exitValue())
                        .isEqualTo(128 + (ends.equals("INT") ? 2 : ends.equals("TERM") ? 15 : 1));
            }
            Process killed = thin("ls").start();
            assertThat(killed.getInputStream().readNBytes(6)).asString().isEqualTo("begun\n");
            killed.destroyForcibly();
            Await.until("the agent has broken off what nobody waits for", () -> brokenOff.get() == 4);
        }
    }

    private static boolean ignoresHangUp() throws IOException {
        String ignored = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .findFirst()
                .orElseThrow()
                .substring("SigIgn:".length())
                .strip();
        return (Long.parseUnsignedLong(ignored, 16) & 1) != 0;
    }

    @Test
    void anAgentThatIsToldToEndSaysSoToItsCommands() throws Exception {
        Agent agent = agent(Duration.ofMinutes(5), arguments -> {
            Interruption.means(() -> "nothing done");
            System.out.println("begun");
            try {
                Thread.sleep(Duration.ofMinutes(1));
            } catch (InterruptedException e) {
                return 1;
            }
            return 0;
        });
        Process process = thin("ls").start();
        assertThat(process.getInputStream().readNBytes(6)).asString().isEqualTo("begun\n");
        agent.close();
        CompletableFuture<byte[]> err = Cli.reading(process.getErrorStream());
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(err.get()).asString().isEqualTo("interlock: the agent was told to end, nothing done\n");
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(socket).doesNotExist();
        assertThat(run(thin("ls")).exit()).isEqualTo(42);
    }

    @Test
    void whereThereIsNoAgentToBeTrustedACommandDoesItsOwnWork() throws Exception {
        assertThat(run(thin("ls")).expect(42).text()).isEqualTo(SLOW + " off ls\n");
        try (Agent agent = agent()) {
            assertThat(run(thin("ls")).exit()).isZero();
            assertThatThrownBy(() -> Agent.start(socket, jar, Duration.ofMinutes(1), Main::run))
                    .isInstanceOf(BadInputException.class)
                    .hasMessageContaining("an agent of yours runs already, as process "
                            + ProcessHandle.current().pid());
            assertThat(agent.socket()).isEqualTo(socket);
            // The folder is open to others now.
            Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxr-xr-x"));
            assertThat(run(thin("ls")).exit()).isEqualTo(42);
            Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwx------"));
            // The limit on a file's size is the process's own.
            String line = String.join(" ", thin("ls").command());
            assertThat(run(inShell("ulimit -f 1000000; exec " + line)).exit()).isEqualTo(42);
            assertThat(run(thin("ls")).exit()).isZero();
            Files.writeString(jar, "another program");
            assertThat(run(thin("ls")).exit()).isEqualTo(42);
            Await.until("an agent whose program was replaced has ended", () -> !Files.exists(socket));
        }
        try (Agent _ = agent(Duration.ofMillis(1), Main::run)) {
            Await.until("an agent that nobody asks has ended", () -> !Files.exists(socket));
        }
        Files.writeString(socket, "no socket");
        assertThatThrownBy(this::agent).hasMessageContaining("there is a file, and no socket");
        assertThat(socket).hasContent("no socket");
        assertThat(run(thin("ls")).exit()).isEqualTo(42);
        Path deep = place.resolve("a".repeat(120));
        assertThatThrownBy(() -> Agent.start(deep, jar, Duration.ofMinutes(1), Main::run))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("takes 107 at most");
        socket = deep;
        assertThat(run(thin("ls")).exit()).isEqualTo(42);
    }

    @Test
    void peersThatSayOtherThingsHoldUpNobody() throws Exception {
        try (Agent _ = agent(Duration.ofMinutes(5), arguments -> 0)) {
            byte[][] said = {
                {},
                {'G', 0, 0, 0, 0},
                {'H', 0x7f, -1, -1, -1},
                {'H', 0, 0, 0, 4, 0, 0, 0, 9},
                {'H', 0, 0},
                "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)
            };
            List<SocketChannel> peers = new ArrayList<>();
            for (byte[] each : said) {
                SocketChannel peer = SocketChannel.open(StandardProtocolFamily.UNIX);
                peer.connect(UnixDomainSocketAddress.of(socket));
                peer.write(ByteBuffer.wrap(each));
                peers.add(peer);
            }
            assertThat(run(thin("ls")).exit()).isZero();
            for (SocketChannel peer : peers) {
                try (peer) {
                    // It is let go of, those who say nothing after their time.
                    assertThat(ended(peer)).isTrue();
                }
            }
            try (SocketChannel peer = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                peer.connect(UnixDomainSocketAddress.of(socket));
                Seat.checkPeer(peer, Seat.user());
                UserPrincipal other =
                        socket.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("daemon");
                assertThatThrownBy(() -> Seat.checkPeer(peer, other))
                        .hasMessageContaining("runs as " + Seat.user().getName());
            }
        }
    }

    private Process agentProcess() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                AgentProcess.class.getName(),
                socket.toString(),
                jar.toString());
        builder.inheritIO();
        return builder.start();
    }

    private static boolean ended(SocketChannel peer) {
        try {
            return peer.read(ByteBuffer.allocate(1)) < 0;
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void anAgentThatIsKilledOrStoppedIsNoHang() throws Exception {
        String id = ring.put(TestRing.random(LARGE_BYTES)).object().toString();
        Path large = Files.write(dir.resolve("large"), TestRing.random(LARGE_BYTES));
        Process agent = agentProcess();
        try {
            Await.until("the agent listens", () -> Files.exists(socket));
            assertThat(run(thin("ls")).exit()).isZero();

            // In a get: nothing is left, not even what was begun.
            Path output = dir.resolve("output");
            Process get = thin("get", id, "-o", output).start();
            CompletableFuture<byte[]> said = Cli.reading(get.getErrorStream());
            Await.until("the get writes", () -> begun() > 0);
            Cli.signal("STOP", agent.pid());
            assertThat(get.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(said.get())
                    .asString()
                    .contains("the agent has said nothing for " + SILENCE_SECONDS + " s", "no file was written");
            assertThat(get.exitValue()).isEqualTo(1);
            assertThat(output).doesNotExist();

            // A command that begins now does its own work, and the agent doesn't do it later.
            List<String> impatient = new ArrayList<>(thin("put", large).command());
            impatient.replaceAll(each -> each.replace("answer=10000", "answer=300"));
            int before = ring.dataFiles("cc1").size();
            assertThat(run(thin().command(impatient)).exit()).isEqualTo(42);
            Cli.signal("CONT", agent.pid());
            assertThat(run(thin("ls")).exit()).isZero();
            assertThat(ring.dataFiles("cc1")).hasSize(before);
            Await.until("the agent has cleared up", () -> begun() < 0);

            // In a put.
            Process put = thin("put", large).start();
            said = Cli.reading(put.getErrorStream());
            Await.until("the put is under way", () -> ring.dataFiles("cc1").size() > before);
            agent.destroyForcibly();
            assertThat(put.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(said.get())
                    .asString()
                    .isEqualTo("interlock: the agent ended before it was through: whether this was done isn't known;"
                            + " `interlock ls` shows what is stored\n");
            assertThat(put.exitValue()).isEqualTo(1);
            assertThat(socket).exists();
            assertThat(run(thin("ls")).exit()).isEqualTo(42);
        } finally {
            agent.destroyForcibly();
            var _ = agent.waitFor();
        }
        // The socket that it left behind is the next one's.
        try (Agent _ = agent()) {
            assertThat(run(thin("ls")).exit()).isZero();
        }
    }

    // ---- Sessions ----

    private static UserName enrolled(String text) throws InterruptedException {
        UserName name = new UserName(text);
        try (Logins logins = LoginTest.logins(ring);
                RootSecret root = RootSecret.random(new SecureRandom())) {
            var _ = new Accounts(logins)
                    .enrol(
                            name,
                            root,
                            LoginTest.bytes("swordfish of " + text),
                            LoginTest.quick(),
                            Optional.empty(),
                            LoginTest.tickets(ring, name));
        }
        return name;
    }

    /** From a home with nothing in it, and with the descriptor alone. */
    private ProcessBuilder bare(ProcessBuilder builder) throws IOException {
        Path descriptor = dir.resolve("descriptor");
        if (!Files.exists(descriptor)) {
            Files.copy(ring.folder().path().resolve(RingFolder.DESCRIPTOR), descriptor);
        }
        builder.environment().put("HOME", dir.resolve("home").toString());
        builder.environment().remove("XDG_STATE_HOME");
        builder.environment().remove("INTERLOCK_RECORD");
        builder.environment().remove("INTERLOCK_CREDENTIAL");
        builder.environment().put("INTERLOCK_RING", descriptor.toString());
        return builder;
    }

    /** A command that does its own work, in a process. */
    private ProcessBuilder whole(Object... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dinterlock.program=" + jar,
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return bare(thin().command(command));
    }

    private Cli.Result login(String name) throws Exception {
        return run(
                whole("user", "login", name, "--password-fd", 0),
                ("swordfish of " + name + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private Map<String, String> environment() {
        return Map.of(Seat.VARIABLE, socket.toString());
    }

    @Test
    void aLoginIsAllThatLaterCommandsNeed() throws Exception {
        var _ = enrolled("ann");
        Path secret = Files.writeString(dir.resolve("secret"), "told to ann");
        try (Agent agent = agent()) {
            assertThat(run(bare(thin("ls"))).expect(Main.USAGE).err()).contains("who are you?", "interlock user login");
            assertThat(run(bare(thin("user", "devices"))).expect(Main.USAGE).err())
                    .contains("whose?", "Give NAME");
            assertThat(login("ann").expect(0).err()).contains("until no command has used it for 30m");
            assertThat(run(bare(thin("put", secret, "--name", "keys/one"))).exit())
                    .isZero();
            assertThat(run(bare(thin("mv", "keys/one", "keys/two"))).expect(0).text())
                    .startsWith("keys/two@1 is ");
            String id = run(bare(thin("put", secret))).expect(0).text().strip();
            assertThat(run(bare(thin("name", id, "keys/three"))).expect(0).text())
                    .isEqualTo("keys/three@1 is " + id + "\n");
            assertThat(run(bare(thin("ls", "keys/"))).expect(0).text()).contains("two", "three");
            assertThat(run(bare(thin("get", "keys/two"))).expect(0).text()).isEqualTo("told to ann");
            // As without: what nobody agreed to isn't destroyed.
            assertThat(run(bare(thin("rm", "keys/three"))).expect(Main.USAGE).err())
                    .contains("nobody to ask");
            assertThat(run(bare(thin("rm", "keys/three", "--yes"))).expect(0).text())
                    .contains(id + ": destroyed", "keys/three removed, with 1 object");
            assertThat(run(bare(thin("accept", id, "-o", dir.resolve("acceptance"))))
                            .exit())
                    .isZero();

            // Only the device is on disk, and nothing that opens.
            try (Stream<Path> files = Files.walk(dir.resolve("home"))) {
                assertThat(files.filter(Files::isRegularFile)
                                .map(Path::getFileName)
                                .map(Path::toString))
                        .allMatch(each -> each.endsWith(".ann")
                                || each.equals(ring.descriptor().id() + ".json"));
            }

            // A credential that is named goes first, and another ring's commands get nothing.
            ProcessBuilder named = bare(thin("ls", "keys/"));
            named.environment()
                    .put("INTERLOCK_CREDENTIAL", ring.folder().credential().toString());
            assertThat(run(named).expect(0).text()).doesNotContain("two");
            Path other = dir.resolve("other");
            InProcess.run("ring", "create", other, "-n", 2, "-t", 2).expect(0);
            ProcessBuilder elsewhere = bare(thin("ls"));
            elsewhere
                    .environment()
                    .put("INTERLOCK_RING", other.resolve(RingFolder.DESCRIPTOR).toString());
            assertThat(run(elsewhere).expect(Main.USAGE).err()).contains("who are you?");

            assertThat(run(whole("user", "whoami")).expect(0).text())
                    .contains("ann", ring.descriptor().name(), "Z");
            assertThat(run(
                                    whole("user", "devices", "ann", "--password-fd", 0),
                                    "swordfish of ann\n".getBytes(StandardCharsets.UTF_8))
                            .expect(0)
                            .text())
                    .contains("3 of 3", "(this one)");
            // Of who is logged in, without the password.
            assertThat(run(bare(thin("user", "devices"))).expect(0).text()).contains("3 of 3", "(this one)");
            // A new root: the agent has it afterwards, with all that was ann's under the one before.
            Cli.Result rotated = run(
                    whole("user", "root", "rotate", "ann", "--password-fd", 0),
                    "swordfish of ann\n".getBytes(StandardCharsets.UTF_8));
            assertThat(rotated.expect(0).text())
                    .contains(
                            "ann has a new root secret",
                            "version 2",
                            "brought over to the new root secret: 1 name, 1 object",
                            "the agent holds the new root secret");
            assertThat(rotated.err()).contains("recovery code");
            assertThat(run(bare(thin("get", "keys/two"))).expect(0).text()).isEqualTo("told to ann");
            assertThat(run(bare(thin("put", secret, "--name", "keys/two"))).exit())
                    .isZero();
            assertThat(run(bare(thin("ls", "keys/"))).expect(0).text()).contains("two");
            // A command that does its own work says so.
            for (String[] own : new String[][] {{"ls"}, {"user", "devices"}}) {
                assertThat(run(whole((Object[]) own)).expect(Main.USAGE).err())
                        .contains("The agent holds a session of ann");
            }
            // Of two logins the later one counts.
            hold(Surroundings.build(jar), "ben");
            assertThat(agent.credentials().all())
                    .extracting(HeldCredentials.Whose::user)
                    .containsExactly("ben");
            assertThat(run(bare(thin("get", "keys/two"))).exit()).isNotZero();
            assertThat(run(whole("user", "logout")).expect(0).text())
                    .isEqualTo("logged out: ben at " + ring.descriptor().name() + "\n");
            assertThat(agent.credentials().all()).isEmpty();
        }
    }

    private void hold(String build, String user) throws InterruptedException {
        try (AgentSessions.Link link =
                        AgentSessions.Link.openOrStart(environment()).orElseThrow();
                RootSecret root = RootSecret.random(new SecureRandom())) {
            link.hold(build, ring.descriptor(), new UserName(user), Duration.ofMinutes(5), root);
        }
    }

    @Test
    void aSessionGoesToALivingAgentOfTheSameBuildAlone() throws Exception {
        String build = Surroundings.build(jar);
        try (Agent agent = agent()) {
            assertThatThrownBy(() -> hold("another", "ann"))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("of another build");
            // A folder that others can open is nobody's seat.
            Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxr-xr-x"));
            assertThat(AgentSessions.Link.open(environment())).isEmpty();
            Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwx------"));
            hold(build, "ann");
            // What comes after an offer and is no session ends the connection, and what is held stays.
            byte[][] said = {
                {'S', 0, 0, 0, 0}, {'S', 0, 0, 0, 3, 1, 2, 3}, {'S', 0, 1, 0, 0}, {'Q', 0, 0, 0, 0}, {'H', 0, 0, 0, 0}
            };
            for (byte[] each : said) {
                try (SocketChannel peer = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                    peer.connect(UnixDomainSocketAddress.of(socket));
                    byte[] text = build.getBytes(StandardCharsets.UTF_8);
                    peer.write(ByteBuffer.allocate(5 + text.length)
                            .put((byte) 'L')
                            .putInt(text.length)
                            .put(text)
                            .flip());
                    ByteBuffer accepted = ByteBuffer.allocate(5);
                    while (accepted.hasRemaining() && peer.read(accepted) > 0) {}
                    assertThat(accepted.get(0)).isEqualTo((byte) 'A');
                    peer.write(ByteBuffer.wrap(each));
                    assertThat(ended(peer)).isTrue();
                }
            }
            assertThat(agent.credentials().all())
                    .extracting(HeldCredentials.Whose::user)
                    .containsExactly("ann");
            Credential borrowed =
                    agent.credentials().borrow(ring.descriptor().id()).orElseThrow();
            agent.close();
            assertThatThrownBy(() -> borrowed.nameKeys(ring.descriptor().id()))
                    .isInstanceOf(IllegalStateException.class);
        }
        Process process = agentProcess();
        try {
            Await.until(
                    "the agent listens",
                    () -> AgentSessions.Link.open(environment()).isPresent());
            Cli.signal("STOP", process.pid());
            assertThatThrownBy(() -> hold(build, "ann")).hasMessageContaining("doesn't answer, and holds no session");
            assertThat(AgentSessions.held(environment())).isEmpty();
            Cli.signal("CONT", process.pid());
            assertThat(AgentSessions.held(environment())).isEmpty();
            hold(build, "ann");
            assertThat(AgentSessions.held(environment())).hasSize(1);
            Cli.signal("TERM", process.pid());
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(AgentSessions.held(environment())).isEmpty();
        } finally {
            process.destroyForcibly();
            var _ = process.waitFor();
        }
        // Nor does the next one hold what it held.
        try (Agent next = agent()) {
            assertThat(next.credentials().all()).isEmpty();
        }
    }

    /** How much of an output lies aside; less than nothing where there's none. */
    private long begun() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            for (Path each : files.toList()) {
                if (each.toString().endsWith(".part")) {
                    return Files.size(each);
                }
            }
            return -1;
        }
    }
}
