package dev.interlock.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.client.Interlock;
import dev.interlock.client.login.Logins;
import dev.interlock.client.login.Session;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.RecoveryCode;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.names.Name;
import dev.interlock.protocol.names.NameVersion;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Peers;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * {@code user passwd}, {@code user recover} and {@code user root rotate} as processes that are killed once a ring of processes shows how
 * far they have come, or a little later. After each one password works, the change of the root goes on with the next login or with
 * {@code user recover}, and every object opens by its name. {@code LoginTable commands COUNT SEED}.
 */
final class KilledCommands {
    private static final Name KEY = Name.of("backups/db.key");
    private static final Name SPARE = Name.of("spare");
    /** From there on names and objects are brought over, step by step. */
    private static final int LATEST_MILLIS = 400;

    /** What of a change the providers show. */
    private enum Stage {
        NOTHING,
        PREPARED,
        COUNTS_AT_ONE,
        COUNTS_AT_ALL
    }

    /** What is killed, and what comes after it. */
    private enum Kind {
        /** What is left is done by {@code user recover}, with the code that the killed command has shown if that counts. */
        ROTATE_THEN_RECOVER("root rotate"),
        PASSWD("passwd"),
        /** The same command again. */
        RECOVER("recover"),
        ROTATE("root rotate");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        boolean keepsPassword() {
            return this == ROTATE;
        }
    }

    /**
     * What came of it.
     *
     * @param killed by command, and stage that it had come to
     * @param ended commands that were through before
     * @param recovered how often {@code user recover} went on with what was left
     */
    record Outcome(
            int commands, Map<String, Integer> killed, int ended, int recovered, int objects, List<String> wrong) {
        boolean good() {
            return wrong.isEmpty();
        }
    }

    /** Enrols a user under a password. */
    interface Enrolling {
        UserName enrol(Logins logins, String text, byte[] password, byte[] recoveryCode) throws InterruptedException;
    }

    private final KilledRing ring;
    private final Path home;
    private final SplittableRandom seeded;
    private final SecureRandom random = new SecureRandom();

    KilledCommands(KilledRing ring, Path home, SplittableRandom seeded) {
        this.ring = ring;
        this.home = home;
        this.seeded = seeded;
    }

    Outcome run(int count, Enrolling enrolling) throws Exception {
        Map<String, Integer> killed = new TreeMap<>();
        List<String> wrong = new ArrayList<>();
        int ended = 0;
        int recovered = 0;
        int objects = 0;
        try (Logins logins = new Logins(ring.descriptor(), ring.deadlines(), random, Clock.systemUTC())) {
            for (int i = 0; i < count; i++) {
                Kind kind = Kind.values()[i % Kind.values().length];
                String text = kind.name().toLowerCase(Locale.ROOT).replace('_', '-') + i;
                byte[] old = LoginTest.bytes("the old one of " + text);
                byte[] next = kind.keepsPassword() ? old : LoginTest.bytes("the new one of " + text);
                byte[] code = RecoveryCode.random(random);
                UserName name = enrolling.enrol(logins, text, old, code);
                Map<Name, byte[]> put = new TreeMap<>();
                try (Session session = login(logins, name, old)) {
                    put(session, put, KEY, LoginTest.bytes("the key of " + text));
                    put(session, put, SPARE, LoginTest.bytes("another one of " + text));
                }
                Stage stage = Stage.values()[seeded.nextInt(Stage.values().length)];
                int delay = seeded.nextInt(stage == Stage.COUNTS_AT_ALL ? LATEST_MILLIS : 20);
                Process process = start(name, kind, old, next, code);
                String came = kill(process, name, kind, stage, delay);
                if (came.isEmpty()) {
                    ended++;
                } else {
                    killed.merge(came, 1, Integer::sum);
                }
                String what = text + ", " + stage + " and " + delay + " ms: ";
                try {
                    if (kind == Kind.RECOVER || kind == Kind.ROTATE_THEN_RECOVER) {
                        recover(name, shown(), code, next);
                        recovered++;
                    }
                    boolean works = opens(logins, name, next, put, what, wrong);
                    boolean before = !kind.keepsPassword() && opens(logins, name, old, put, what, wrong);
                    if (works == before) {
                        wrong.add(what + (works ? "both passwords work" : "no password works"));
                    }
                } catch (InterlockException | IllegalStateException e) {
                    wrong.add(what + e.getMessage());
                }
                objects += put.size();
                System.out.println((i + 1) + " of " + count + ", " + killed + ", wrong: " + wrong);
            }
        }
        return new Outcome(count, killed, ended, recovered, objects, wrong);
    }

    private void put(Session session, Map<Name, byte[]> put, Name name, byte[] content) throws InterruptedException {
        try (Interlock user = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
            Token token = TestRing.put(user, content);
            var _ = user.names().add(name, token.object(), content.length);
            put.put(name, content);
        }
    }

    private Session login(Logins logins, UserName name, byte[] password) throws InterruptedException {
        try (SecretBytes device = SecretBytes.random(32, random)) {
            return logins.login(name, Lock.Kind.PASSWORD, password, device);
        }
    }

    private Process start(UserName name, Kind kind, byte[] old, byte[] next, byte[] code) throws IOException {
        return switch (kind) {
            case ROTATE_THEN_RECOVER -> command(List.of("user", "root", "rotate", name), old);
            case ROTATE -> command(List.of("user", "root", "rotate", name, "--no-recovery"), old);
            case PASSWD -> command(List.of("user", "passwd", name), old, next);
            case RECOVER -> command(List.of("user", "recover", name), words(code), next);
        };
    }

    private static byte[] words(byte[] code) {
        return LoginTest.bytes(new String(RecoveryCode.words(code)));
    }

    /** @param typed each a line */
    private Process command(List<Object> command, byte[]... typed) throws IOException {
        List<Object> line = new ArrayList<>(command);
        line.addAll(List.of("--ring", ring.folder(), "--password-fd", 0));
        Process process = Cli.built()
                .with("HOME", home)
                .with("XDG_STATE_HOME", home)
                .builder(line.toArray())
                .redirectErrorStream(true)
                .redirectOutput(out().toFile())
                .start();
        try (OutputStream in = process.getOutputStream()) {
            for (byte[] each : typed) {
                in.write(each);
                in.write('\n');
            }
        } catch (IOException e) {
            // It has ended.
        }
        return process;
    }

    private Path out() {
        return home.resolve("out");
    }

    /** The recovery code that the command has shown, if any. */
    private Optional<byte[]> shown() throws IOException {
        return Files.readAllLines(out()).stream()
                .filter(line -> line.matches("[a-z]{5}(-[a-z]{5}){8}"))
                .findFirst()
                .map(LoginTest::bytes);
    }

    /** By the code of the change that broke off; where that doesn't count, by the one before. */
    private void recover(UserName name, Optional<byte[]> shown, byte[] code, byte[] next)
            throws IOException, InterruptedException {
        List<byte[]> codes = new ArrayList<>(shown.stream().toList());
        codes.add(words(code));
        List<String> said = new ArrayList<>();
        for (byte[] each : codes) {
            Process process = command(List.of("user", "recover", name), each, next);
            if (!process.waitFor(LoginTable.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                said.add("it doesn't end");
            } else if (process.exitValue() == 0) {
                return;
            }
            said.add(Files.readString(out()));
        }
        throw new IllegalStateException("it can't be recovered: " + said);
    }

    /** @return what it had come to when it was killed; empty where it was through */
    private String kill(Process process, UserName name, Kind kind, Stage stage, int delay) throws Exception {
        try (Peers peers = new Peers(Optional.empty(), ring.deadlines())) {
            Await.until(
                    stage + " of " + name,
                    LoginTable.PATIENCE,
                    () -> !process.isAlive() || stage(peers, name).compareTo(stage) >= 0);
            Thread.sleep(delay);
            boolean ended = !process.isAlive();
            process.destroyForcibly();
            process.waitFor(10, TimeUnit.SECONDS);
            if (ended && process.exitValue() != 0) {
                throw new IllegalStateException(name + " failed by itself: " + Files.readString(out()));
            }
            return ended ? "" : kind.text + ", " + stage(peers, name);
        }
    }

    /** How far the providers show a first change to have come. */
    private Stage stage(Peers peers, UserName name) {
        RingDescriptor descriptor = ring.descriptor();
        int counts = 0;
        boolean prepared = false;
        for (String node : ring.providers()) {
            Messages.Shown shown;
            try {
                shown = Messages.Shown.decode(
                        descriptor,
                        name,
                        peers.to(descriptor.node(node).orElseThrow())
                                .call(HttpMethod.GET, "/v1/logins/" + name + "/record", Optional.empty(), new byte[0]));
            } catch (NodeException e) {
                // Strangers' connections are closed after half a minute; it is asked again.
                continue;
            }
            boolean now = shown.certified()
                    .filter(each -> each.record().version() > 1)
                    .isPresent();
            counts += now ? 1 : 0;
            prepared |= shown.pending().isPresent();
        }
        return counts == ring.providers().size()
                ? Stage.COUNTS_AT_ALL
                : counts > 0 ? Stage.COUNTS_AT_ONE : prepared ? Stage.PREPARED : Stage.NOTHING;
    }

    /** Logs in as every command does, and opens what the names stand for. */
    private boolean opens(
            Logins logins, UserName name, byte[] password, Map<Name, byte[]> put, String what, List<String> wrong)
            throws InterruptedException {
        Session opened;
        try {
            opened = login(logins, name, password);
        } catch (RefusedException e) {
            if (!e.getMessage().contains("is wrong")) {
                throw e;
            }
            return false;
        }
        try (PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, UTF_8);
                Session session = NewRoot.finish(opened, ring.descriptor(), ring.deadlines(), nowhere);
                Interlock user = Interlock.open(ring.descriptor(), session.credential(), ring.deadlines())) {
            if (!session.record().record().line().isSettled()) {
                wrong.add(what + "something of an earlier root is left");
            }
            for (Map.Entry<Name, byte[]> each : put.entrySet()) {
                byte[] content = TestRing.get(
                        user,
                        user.names()
                                .resolve(NameVersion.of(each.getKey().text()))
                                .object());
                if (!Arrays.equals(content, each.getValue())) {
                    wrong.add(what + each.getKey() + " opens as something else");
                }
            }
            return true;
        }
    }
}
