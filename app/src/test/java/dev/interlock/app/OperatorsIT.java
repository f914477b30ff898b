package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.node.NodeFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Five operators and a dealer's who share nothing but their cards; as root each is a Unix user of its own, who can't
 * read the others' folders.
 */
@Timeout(300)
@Tag("long")
final class OperatorsIT {
    private static final int FIRST_UID = 54_321;

    @TempDir
    private Path dir;

    private final List<Process> running = new ArrayList<>();
    private final boolean root = System.getProperty("user.name").equals("root");

    /** One operator: a Unix user, a home that nobody else enters, and the command. */
    private record Operator(String name, String role, int port, Path home, Cli cli) {
        Path node() {
            return home.resolve("node");
        }
    }

    @AfterEach
    void stop() {
        running.forEach(Process::destroy);
        running.forEach(
                process -> process.onExit().orTimeout(30, TimeUnit.SECONDS).join());
    }

    @Test
    void aRingFromCardsAlone() throws Exception {
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path jar = program();
        int port = TestRing.freePorts(6);
        List<Operator> operators = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            String role = i < 5 ? "provider" : "dealer";
            String name = i < 5 ? "cloud-" + (char) ('a' + i) : "casino";
            operators.add(new Operator(name, role, port + i, home(name, i), cli(jar, i)));
        }
        Path user = home("user", 6);
        Cli ownCli = cli(jar, 6);

        // Each makes its keys, and hands out its card.
        Path table = Files.createDirectory(dir.resolve("table"));
        List<Path> cards = new ArrayList<>();
        Map<Operator, Cli.Result> made = all(
                operators,
                operator -> operator.cli()
                        .run(
                                operator.role(),
                                "init",
                                operator.node(),
                                "--name",
                                operator.name(),
                                "--address",
                                "127.0.0.1:" + operator.port()));
        for (Operator operator : operators) {
            Path card = table.resolve(operator.name() + ".card");
            Files.write(card, made.get(operator).expect(0).out());
            cards.add(card);
            assertThat(made.get(operator).text()).contains(operator.name()).doesNotContain("PRIVATE");
            isPrivate(operator.node());
        }
        Path ring = table.resolve("ring");
        List<Object> assemble = new ArrayList<>(List.of("ring", "assemble"));
        assemble.addAll(cards);
        assemble.addAll(List.of("-t", 3, "-o", ring, "--key", dir.resolve("ring.key"), "--name", "clouds"));
        assertThat(Cli.built().run(assemble.toArray()).expect(0).text()).contains("any 3 of 5");

        // The user shows each operator one key, and each lets it in by itself.
        Path credential = user.resolve("credential");
        Cli.Result unused = ownCli.run("credential", "init", credential).expect(0);
        Map<String, String> keys = new LinkedHashMap<>();
        ownCli.run("credential", "show", "--ring", ring, "--credential", credential)
                .expect(0)
                .text()
                .lines()
                .forEach(line -> keys.put(line.split(" ")[0], line.split(" ")[1]));
        assertThat(keys).hasSize(6);
        assertThat(keys.values()).doesNotHaveDuplicates();
        all(operators, operator -> operator.cli().run(operator.role(), "join", operator.node(), ring))
                .values()
                .forEach(result -> result.expect(0));
        all(
                        operators,
                        operator -> operator.cli()
                                .run(operator.role(), "allow", operator.node(), "someone", keys.get(operator.name())))
                .values()
                .forEach(result -> result.expect(0));
        for (Operator operator : operators) {
            running.add(operator.cli().start(operator.role(), operator.node()));
        }
        for (Operator operator : operators) {
            Await.until(operator.name() + " listens", () -> {
                assertThat(running).allMatch(Process::isAlive);
                try (Socket _ = new Socket("127.0.0.1", operator.port())) {
                    return true;
                } catch (ConnectException e) {
                    return false;
                }
            });
        }
        Await.until(
                "all answer",
                () -> ownCli.run("ring", "status", ring)
                                .expect(0)
                                .text()
                                .lines()
                                .filter(line -> line.endsWith(" up"))
                                .count()
                        == 6);
        for (Operator operator : operators) {
            isPrivate(operator.node());
        }

        Cli mine = ownCli.with("INTERLOCK_RING", ring).with("INTERLOCK_CREDENTIAL", credential);
        byte[] bytes = TestRing.random(5_000_000);
        String id = mine.run(bytes, "put", "-").expect(0).text().strip();
        assertThat(mine.run("get", id).expect(0).out()).isEqualTo(bytes);
        assertThat(mine.run("ls").expect(0).text()).contains(id);
    }

    private static <T> Map<Operator, T> all(List<Operator> operators, Function<Operator, T> task) throws Exception {
        Map<Operator, Future<T>> begun = new LinkedHashMap<>();
        Map<Operator, T> done = new LinkedHashMap<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            operators.forEach(operator -> begun.put(operator, threads.submit(() -> task.apply(operator))));
            for (Map.Entry<Operator, Future<T>> each : begun.entrySet()) {
                done.put(each.getKey(), each.getValue().get(60, TimeUnit.SECONDS));
            }
        }
        return done;
    }

    /** A copy that every Unix user can read, wherever the sources are. */
    private Path program() throws IOException {
        Path jar = Cli.built().jar();
        Path copy = Files.createDirectories(dir.resolve("program/lib"));
        try (Stream<Path> lib = Files.list(jar.resolveSibling("lib"))) {
            lib.forEach(file -> copy(file, copy.resolve(file.getFileName())));
        }
        copy(jar, dir.resolve("program/interlock.jar"));
        Path prepared = jar.resolveSibling("command.aot");
        if (Files.isRegularFile(prepared)) {
            copy(prepared, dir.resolve("program/command.aot"));
        }
        return dir.resolve("program/interlock.jar");
    }

    private static void copy(Path from, Path to) {
        try {
            // What was prepared for a jar fits the one of that time.
            Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
            Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rw-r--r--"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path home(String name, int i) throws IOException {
        Path home = Files.createDirectory(
                dir.resolve(name), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        if (root) {
            Files.setAttribute(home, "unix:uid", FIRST_UID + i);
            Files.setAttribute(home, "unix:gid", FIRST_UID + i);
        }
        return home;
    }

    private Cli cli(Path jar, int i) {
        Cli cli = Cli.built().at(jar);
        String id = String.valueOf(FIRST_UID + i);
        return root ? cli.behind("setpriv", "--reuid", id, "--regid", id, "--clear-groups") : cli;
    }

    private static void isPrivate(Path node) throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(node)))
                .isEqualTo("rwx------");
        for (String secret : List.of("signing.key", "tls.key")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(node.resolve(secret))))
                    .isEqualTo("rw-------");
        }
        assertThat(NodeFolder.open(node).card().name()).isNotEmpty();
    }
}
