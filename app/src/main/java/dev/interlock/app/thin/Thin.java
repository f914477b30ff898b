package dev.interlock.app.thin;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * A command whose work the user's agent does: it hands over what it was called with, passes the streams on, and ends as the
 * agent says. Where no agent can do it, it becomes the whole command instead. Written for its start: no lambdas, few classes.
 *
 * <p>Until the agent has accepted and is told to go, nothing has happened, and the whole command can begin. From then on
 * nobody but the agent knows how far the work is, so an agent that is lost is an error.
 */
public final class Thin {
    /** Commands that need nothing of their process that an agent can't stand in for. */
    private static final List<String> COMMANDS = List.of(
            "put",
            "get",
            "ls",
            "list",
            "name",
            "mv",
            "rm",
            "info",
            "status",
            "destroy",
            "schedule-destroy",
            "cancel-destroy",
            "settle",
            "proof",
            "accept",
            "hand-over",
            "refresh",
            "replace",
            "repair",
            "follow",
            "reshare");

    /** Other variables that commands read, beside their own. */
    private static final List<String> VARIABLES = List.of("HOME", "XDG_STATE_HOME");

    private static final String OWN = "INTERLOCK_";
    private static final int FAILED = 1;
    private static final int SLOW_WAY = -1;

    /** For a living agent to accept; then the command does the work itself. */
    private static final long ANSWER_MILLIS = Long.getLong("interlock.agent.answer", 1_000);
    /** An agent says every second that it lives. */
    private static final long SILENCE_MILLIS = Long.getLong("interlock.agent.silence", 20_000);
    /** For the agent to break off what a signal ended. */
    private static final long CANCEL_MILLIS = 3_000;

    private final String[] arguments;
    private final SocketChannel channel;
    private final Frames frames;
    private final FileChannel out = new FileOutputStream(FileDescriptor.out).getChannel();
    private final FileChannel err = new FileOutputStream(FileDescriptor.err).getChannel();
    private final List<String> aside = new ArrayList<>();
    private final Object lock = new Object();
    private String outFailure = "";
    private int wanted;
    private @Nullable Thread reading;
    private volatile long heardNanos = System.nanoTime();
    private volatile boolean accepted;
    private volatile boolean silent;
    private boolean cancelled;
    private boolean over;

    private Thin(String[] arguments, SocketChannel channel) {
        this.arguments = arguments;
        this.channel = channel;
        this.frames = new Frames(channel, channel);
    }

    public static void main(String[] arguments) {
        int code = run(arguments);
        if (code == SLOW_WAY) {
            Whole.become(arguments);
        }
        // What there was to write is written.
        Runtime.getRuntime().halt(code);
    }

    private static int run(String[] arguments) {
        Map<String, String> environment = System.getenv();
        Path socket = Seat.of(environment);
        if (socket == null || !fits(arguments)) {
            return SLOW_WAY;
        }
        FutureTask<SocketChannel> opening = new FutureTask<>(new Opening());
        new Thread(opening, "opening").start();
        Thin thin = null;
        try {
            Seat.check(socket);
            Hello hello = hello(arguments, environment);
            if (hello != null) {
                thin = begun(arguments, opened(opening), socket, hello);
            }
        } catch (IOException | RuntimeException e) {
            // There is no agent, or none to be trusted.
            var _ = slowWay(String.valueOf(e.getMessage()));
        }
        if (thin == null) {
            // What this process becomes would keep it open, and the agent wait.
            close(opening);
            return SLOW_WAY;
        }
        return thin.serve();
    }

    /** Beside all else: its provider and a random number generator take longer than what there is to say. */
    private static final class Opening implements Callable<SocketChannel> {
        @Override
        public SocketChannel call() throws IOException {
            return SocketChannel.open(StandardProtocolFamily.UNIX);
        }
    }

    private static SocketChannel opened(Future<SocketChannel> opening) throws IOException {
        try {
            return opening.get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptedIOException();
        }
    }

    private static void close(Future<SocketChannel> opening) {
        try {
            opened(opening).close();
        } catch (IOException e) {
            // There is none, or nothing was said in it.
        }
    }

    /** @return null where the agent doesn't take the work */
    private static @Nullable Thin begun(String[] arguments, SocketChannel channel, Path socket, Hello hello)
            throws IOException {
        Thin thin = new Thin(arguments, channel);
        // Before that: where many wait for a stopped agent, even connecting takes for ever.
        thin.startWatch();
        channel.connect(UnixDomainSocketAddress.of(socket));
        Seat.checkPeer(channel, Seat.user());
        return thin.begin(hello.encode()) ? thin : null;
    }

    private static int slowWay(String why) {
        if (Boolean.getBoolean("interlock.agent.why")) {
            System.err.println("interlock: not by the agent: ".concat(why));
        }
        return SLOW_WAY;
    }

    /** Whether an agent can stand in for a process with these arguments. */
    static boolean fits(String[] arguments) {
        if (arguments.length == 0 || !(COMMANDS.contains(arguments[0]) || isOfSession(arguments))) {
            return false;
        }
        for (String argument : arguments) {
            // Help is laid out for the terminal, and what is logged is a whole process's.
            if (argument.equals("--help") || argument.equals("--version") || argument.equals("--verbose")) {
                return false;
            }
            // A password is typed at this process's terminal, or comes by a descriptor of its own.
            if (argument.startsWith("--user") || argument.startsWith("--password-fd")) {
                return false;
            }
            // Several letters behind one dash may have one of these among them.
            boolean isShort = argument.startsWith("-") && !argument.startsWith("--");
            if (isShort
                    && (argument.length() > 2
                            || argument.equals("-h")
                            || argument.equals("-V")
                            || argument.equals("-v"))) {
                return false;
            }
        }
        return true;
    }

    /** Whether it asks for the devices of who is logged in: of anybody else's, the password is asked for. */
    private static boolean isOfSession(String[] arguments) {
        if (arguments.length < 2 || !arguments[0].equals("user") || !arguments[1].equals("devices")) {
            return false;
        }
        for (int i = 2; i < arguments.length; i++) {
            String argument = arguments[i];
            if (argument.equals("--ring") || argument.equals("--credential") || argument.equals("--stall")) {
                i++;
            } else if (!argument.startsWith("-")) {
                return false;
            }
        }
        return true;
    }

    /** @return null where this process has something that an agent can't stand in for */
    private static @Nullable Hello hello(String[] arguments, Map<String, String> environment) throws IOException {
        Map<String, String> passed = new LinkedHashMap<>();
        for (Map.Entry<String, String> each : environment.entrySet()) {
            String name = each.getKey();
            if ((name.startsWith(OWN) && !name.equals(Seat.VARIABLE)) || VARIABLES.contains(name)) {
                passed.put(name, each.getValue());
            }
        }
        // As the launcher sets it from the environment; without that, the platform's.
        passed.put("TMPDIR", System.getProperty("java.io.tmpdir", "/tmp"));
        Map<String, String> files = new LinkedHashMap<>();
        for (String argument : arguments) {
            int value = argument.startsWith("--") ? argument.indexOf('=') + 1 : 0;
            String path = argument.substring(value);
            if (!path.isEmpty() && !(value == 0 && path.startsWith("-"))) {
                files.put(path, Surroundings.file(path));
            }
        }
        for (String value : passed.values()) {
            if (value.contains("/")) {
                files.put(value, Surroundings.file(value));
            }
        }
        if (files.containsValue(Surroundings.OTHER)) {
            return null;
        }
        Path jar = Path.of(System.getProperty("java.class.path", "")).resolveSibling("interlock.jar");
        Hello hello = new Hello(
                Surroundings.build(jar),
                Surroundings.own(),
                System.getProperty("user.dir", ""),
                Surroundings.umask(),
                terminal("1")
                        && Optional.ofNullable(System.console())
                                .filter(Console::isTerminal)
                                .isPresent(),
                terminal("2"),
                passed,
                files,
                List.of(arguments));
        return hello.encode().remaining() > Frames.MAX_HELLO_BYTES ? null : hello;
    }

    /** Whether a stream may be a terminal. */
    private static boolean terminal(String stream) throws IOException {
        String target = Files.readSymbolicLink(Path.of("/proc/self/fd", stream)).toString();
        return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
    }

    private void startWatch() {
        Thread watch = new Thread("watch") {
            @Override
            public void run() {
                watch();
            }
        };
        watch.setDaemon(true);
        watch.start();
    }

    /** @return whether the agent has taken the work */
    private boolean begin(ByteBuffer hello) throws IOException {
        frames.send(Frames.HELLO, hello);
        boolean taken = frames.receive() == Frames.ACCEPT;
        accepted = taken;
        if (!taken) {
            var _ = slowWay(frames.text());
        }
        return taken && !silent;
    }

    /** Ends the wait for an agent that says nothing. */
    private void watch() {
        try {
            while (true) {
                Thread.sleep(20);
                long millis = (System.nanoTime() - heardNanos) / 1_000_000;
                if (millis > (accepted ? SILENCE_MILLIS : ANSWER_MILLIS)) {
                    silent = true;
                    channel.close();
                    return;
                }
            }
        } catch (InterruptedException | IOException e) {
            // The process ends.
        }
    }

    private int serve() {
        Thread hook = new Thread("cancel") {
            @Override
            public void run() {
                cancel();
            }
        };
        int code;
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException e) {
            // A signal came first: nothing was begun.
            return FAILED;
        }
        try {
            frames.send(Frames.GO);
            code = pass();
        } catch (IOException e) {
            code = lost();
        }
        synchronized (lock) {
            over = true;
            lock.notifyAll();
            // The exit code is then the signal's, as the platform sets it.
            while (cancelled) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
        return code;
    }

    /** Passes on what the agent says until it says that it is over. @return the exit code */
    private int pass() throws IOException {
        while (true) {
            byte kind = frames.receive();
            heardNanos = System.nanoTime();
            switch (kind) {
                case Frames.OUT -> write(frames.content());
                case Frames.OUT_SYNC -> {
                    write(frames.content());
                    frames.wipe();
                    frames.send(Frames.WRITTEN, outFailure);
                }
                case Frames.ERR -> frames.send(Frames.WRITTEN, writeTo(err, frames.content()));
                case Frames.WANT -> want(frames.number());
                case Frames.ASIDE -> aside.add(frames.text());
                case Frames.KEPT -> aside.remove(frames.text());
                case Frames.PING -> {
                    // It lives.
                }
                case Frames.EXIT -> {
                    return frames.number();
                }
                default -> throw new IOException("an agent doesn't say " + kind);
            }
            // However long a write took, the agent wasn't silent.
            heardNanos = System.nanoTime();
        }
    }

    private void write(ByteBuffer bytes) {
        if (outFailure.isEmpty()) {
            outFailure = writeTo(out, bytes);
        }
    }

    private static String writeTo(FileChannel stream, ByteBuffer bytes) {
        try {
            while (bytes.hasRemaining()) {
                var _ = stream.write(bytes);
            }
            return "";
        } catch (IOException e) {
            return e.getMessage() == null ? "it failed" : e.getMessage();
        }
    }

    /** Reads standard input beside this thread, and only when the agent asks: what nobody asks for stays there. */
    private void want(int bytes) {
        synchronized (lock) {
            wanted = Math.min(bytes, Frames.MAX_PIECE_BYTES);
            if (reading == null) {
                Thread thread = new Thread("input") {
                    @Override
                    public void run() {
                        read();
                    }
                };
                thread.setDaemon(true);
                thread.start();
                reading = thread;
            }
            lock.notifyAll();
        }
    }

    private void read() {
        FileChannel in = new FileInputStream(FileDescriptor.in).getChannel();
        ByteBuffer bytes = ByteBuffer.allocateDirect(Frames.MAX_PIECE_BYTES);
        try {
            while (true) {
                int most;
                synchronized (lock) {
                    while (wanted == 0) {
                        lock.wait();
                    }
                    most = wanted;
                    wanted = 0;
                }
                try {
                    var _ = in.read(bytes.clear().limit(most));
                } catch (IOException e) {
                    frames.send(Frames.INPUT_FAILED, e.getMessage() == null ? "it failed" : e.getMessage());
                    continue;
                }
                frames.send(Frames.INPUT, bytes.flip());
            }
        } catch (IOException | InterruptedException e) {
            // The other thread finds that the agent is lost.
        }
    }

    /** A signal ends this process: has the agent break off, and waits a little for what it says about that. */
    private void cancel() {
        synchronized (lock) {
            if (over) {
                return;
            }
            cancelled = true;
        }
        try {
            frames.send(Frames.CANCEL);
            synchronized (lock) {
                long end = System.nanoTime() + CANCEL_MILLIS * 1_000_000;
                for (long left = CANCEL_MILLIS; !over && left > 0; left = (end - System.nanoTime()) / 1_000_000) {
                    lock.wait(left);
                }
            }
        } catch (IOException | InterruptedException e) {
            // There's nobody left to wait for.
        }
    }

    /** The agent was killed, or says nothing any more. */
    private int lost() {
        for (String file : aside) {
            remove(Path.of(file));
        }
        synchronized (lock) {
            if (cancelled) {
                // It was told to break off, and what it said of that was passed on.
                return FAILED;
            }
        }
        boolean changes = !arguments[0].equals("get")
                && !arguments[0].equals("ls")
                && !arguments[0].equals("list")
                && !arguments[0].equals("info")
                && !arguments[0].equals("user")
                && !arguments[0].equals("status");
        String message = "the agent "
                .concat(
                        silent
                                ? "has said nothing for "
                                        .concat(Long.toString(SILENCE_MILLIS / 1000))
                                        .concat(" s")
                                : "ended before it was through")
                .concat(
                        changes
                                ? ": whether this was done isn't known; `interlock ls` shows what is stored"
                                : ": what came out so far isn't all of it, and no file was written");
        boolean json = false;
        for (String argument : arguments) {
            json |= argument.equals("--json");
        }
        String line = json
                ? "{\"error\": \"agent-lost\", \"message\": \"".concat(message).concat("\", \"exit\": 1}\n")
                : "interlock: ".concat(message).concat("\n");
        var _ = writeTo(err, ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
        return FAILED;
    }

    /** What the agent had begun to write, unless another command writes it now. */
    private static void remove(Path file) {
        try (FileChannel begun = FileChannel.open(file, StandardOpenOption.WRITE);
                FileLock held = begun.tryLock()) {
            if (held != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // It's gone, or the next get of the same name removes it.
        }
    }
}
