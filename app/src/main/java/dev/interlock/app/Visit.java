package dev.interlock.app;

import dev.interlock.app.thin.Frames;
import dev.interlock.app.thin.Hello;
import dev.interlock.app.thin.Surroundings;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.request.Credential;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peers;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One command that the agent does for a process: what that process has of its own, and the frames to and from it. Threads
 * that the command starts belong to it.
 */
final class Visit {
    private static final InheritableThreadLocal<@Nullable Visit> CURRENT = new InheritableThreadLocal<>();
    private static final Duration PING = Duration.ofSeconds(1);
    private static final Duration GO = Duration.ofSeconds(5);
    /** For a command that was cancelled to clear up. */
    private static final Duration CLEARING = Duration.ofSeconds(2);

    private static final int OUT_BUFFER_BYTES = 8192;

    /** Runs a command line in this process and gives its exit code; {@link Main} in the product. */
    interface Work {
        int run(String... arguments);
    }

    private final Frames frames;
    private final Hello hello;
    private final Function<Deadlines, Optional<Peers>> connections;
    private final HeldCredentials sessions;
    private final PrintStream out;
    private final PrintStream plainErr;
    private volatile PrintStream err;
    private final InputStream in = new Input();
    private final Screen.State screen;
    private final Object asking = new Object();
    private final Object answers = new Object();
    private final CountDownLatch told = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile Supplier<String> outcome = () -> "";
    private @Nullable Thread command;
    private @Nullable String written;
    private byte @Nullable [] input;
    private @Nullable String inputFailure;
    private @Nullable String outFailure;
    private boolean gone;
    private volatile boolean contentFailed;
    private volatile boolean muted;

    /**
     * @param hello of the process that it is done for
     * @param connections warm ones, where there are any for these deadlines
     * @param sessions what logins unsealed
     */
    Visit(Frames frames, Hello hello, Function<Deadlines, Optional<Peers>> connections, HeldCredentials sessions) {
        this.frames = frames;
        this.hello = hello;
        this.connections = connections;
        this.sessions = sessions;
        this.out = new PrintStream(
                new BufferedOutputStream(new Output(Frames.OUT), OUT_BUFFER_BYTES), true, StandardCharsets.UTF_8);
        this.plainErr = new PrintStream(new Output(Frames.ERR), true, StandardCharsets.UTF_8);
        this.err = plainErr;
        this.screen = new Screen.State(plainErr, clearing -> err = clearing);
    }

    /** The one that the calling thread works for; empty in a process that does its own work. */
    static Optional<Visit> current() {
        return Optional.ofNullable(CURRENT.get());
    }

    /** What commands read of the environment of the process that they are done for. */
    static Map<String, String> environment() {
        Visit visit = CURRENT.get();
        return visit == null ? System.getenv() : visit.hello.environment();
    }

    /** A path as it is meant where the command was called: for code that asks where a relative one begins. */
    static Path absolute(Path path) {
        Visit visit = CURRENT.get();
        return visit == null
                ? path.toAbsolutePath()
                : Path.of(visit.hello.folder()).resolve(path);
    }

    PrintStream out() {
        return out;
    }

    PrintStream err() {
        return err;
    }

    InputStream in() {
        return in;
    }

    Screen.State screen() {
        return screen;
    }

    boolean isTerminal() {
        return hello.isTerminal();
    }

    boolean isErrTerminal() {
        return hello.isErrTerminal();
    }

    Optional<Peers> connections(Deadlines deadlines) {
        return connections.apply(deadlines);
    }

    /** What a login at this ring unsealed, for this command; the caller closes it. */
    Optional<Credential> session(RingId ring) {
        return sessions.borrow(ring);
    }

    /** Whether somebody is logged in at this ring. */
    boolean hasSession(RingId ring) {
        return user(ring).isPresent();
    }

    /** Who is logged in at this ring. */
    Optional<String> user(RingId ring) {
        return sessions.all().stream()
                .filter(each -> each.ring().equals(ring))
                .map(HeldCredentials.Whose::user)
                .findFirst();
    }

    void means(Supplier<String> what) {
        outcome = what;
    }

    /** Has the process delete a file if this agent is lost. */
    void aside(Path file) {
        tell(Frames.ASIDE, file);
    }

    /** The file is gone, or has its name. */
    void kept(Path file) {
        tell(Frames.KEPT, file);
    }

    private void tell(byte what, Path file) {
        try {
            frames.send(what, file.toString());
        } catch (IOException e) {
            // The process is gone, which ends the command.
        }
    }

    /**
     * Does the command; returns when it is over and the process was told, or is gone.
     *
     * @throws IOException where the process is gone before it began
     */
    void serve(Work work) throws IOException {
        Thread thread = Thread.ofPlatform().daemon().name("command").unstarted(() -> run(work));
        command = thread;
        thread.start();
        Thread pings = Thread.ofVirtual().start(this::ping);
        try {
            while (true) {
                byte kind = frames.receive();
                switch (kind) {
                    case Frames.GO -> told.countDown();
                    case Frames.WRITTEN -> answered(() -> written = frames.text());
                    case Frames.INPUT -> {
                        byte[] bytes = new byte[frames.content().remaining()];
                        frames.content().get(bytes);
                        frames.wipe();
                        answered(() -> input = bytes);
                    }
                    case Frames.INPUT_FAILED -> answered(() -> inputFailure = frames.text());
                    case Frames.CANCEL -> {
                        cancel("interrupted", 130);
                        return;
                    }
                    default -> throw new IOException("a command doesn't say " + kind);
                }
            }
        } catch (IOException e) {
            // The process has ended: by its own will after the command's end, or killed.
            breakOff();
        } finally {
            pings.interrupt();
        }
    }

    /** Whether its command has ended. */
    boolean isOver() {
        return ended.getCount() == 0;
    }

    private void answered(Runnable answer) {
        synchronized (answers) {
            answer.run();
            answers.notifyAll();
        }
    }

    private void run(Work work) {
        try {
            if (refused() || !told.await(GO.toNanos(), TimeUnit.NANOSECONDS)) {
                return;
            }
            CURRENT.set(this);
            int code;
            try {
                code = work.run(hello.arguments().toArray(String[]::new));
            } catch (Throwable e) {
                plainErr.println("interlock: the agent failed: " + e);
                code = Main.FAILED;
            }
            out.flush();
            if (!muted) {
                frames.send(Frames.EXIT, code);
            }
        } catch (IOException | InterruptedException e) {
            // The process is gone, or was told already.
        } finally {
            CURRENT.remove();
            ended.countDown();
        }
    }

    /** Takes the process's place, and says whether that can be done. */
    private boolean refused() throws IOException {
        String why = "";
        try {
            ThreadPlace.enter(hello.folder(), Integer.parseInt(hello.umask(), 8));
            for (Map.Entry<String, String> file : hello.files().entrySet()) {
                // One that depends on the process, as /dev/stdin, is another one here.
                if (!Surroundings.file(file.getKey()).equals(file.getValue())) {
                    why = "a path leads elsewhere here";
                }
            }
        } catch (IOException | RuntimeException e) {
            why = String.valueOf(e.getMessage());
        }
        if (why.isEmpty()) {
            frames.send(Frames.ACCEPT);
        } else {
            frames.send(Frames.REFUSE, why);
        }
        return !why.isEmpty();
    }

    private void ping() {
        try {
            while (true) {
                Thread.sleep(PING);
                // Before that, it says whether it accepts.
                if (told.getCount() == 0) {
                    frames.send(Frames.PING);
                }
            }
        } catch (IOException | InterruptedException e) {
            // It's over.
        }
    }

    /** Breaks the command off and tells the process, as it would have said itself. */
    void cancel(String why, int code) {
        boolean running = told.getCount() == 0 && !isOver();
        if (running && !muted) {
            screen.freeze();
            String what = outcome.get();
            muted = true;
            try {
                frames.send(
                        Frames.ERR,
                        StandardCharsets.UTF_8.encode(
                                "interlock: " + why + (what.isEmpty() ? "" : ", " + what) + "\n"));
            } catch (IOException e) {
                // It is gone already.
            }
        }
        breakOff();
        if (running) {
            try {
                var _ = ended.await(CLEARING.toNanos(), TimeUnit.NANOSECONDS);
                frames.send(Frames.EXIT, code);
            } catch (IOException | InterruptedException e) {
                // Nobody is there to be told.
            }
        }
    }

    private void breakOff() {
        muted = true;
        synchronized (answers) {
            gone = true;
            answers.notifyAll();
        }
        Thread thread = command;
        if (thread != null && !isOver()) {
            thread.interrupt();
        }
    }

    /** For content; its failures say where it went. */
    WritableByteChannel channel() {
        return new WritableByteChannel() {
            @Override
            public int write(ByteBuffer from) throws IOException {
                int length = Math.min(from.remaining(), Frames.MAX_PIECE_BYTES);
                ByteBuffer piece = from.slice(from.position(), length);
                String failure = ask(Frames.OUT_SYNC, piece);
                if (!failure.isEmpty()) {
                    contentFailed = true;
                    throw new IOException("can't write to standard output: " + failure);
                }
                from.position(from.position() + length);
                return length;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {}
        };
    }

    /** Why something that was printed didn't get out; empty when all of it did. */
    Optional<String> outFailure() {
        out.flush();
        // What failed as content was said already.
        if (outFailure == null && !contentFailed) {
            try {
                String failure = ask(Frames.OUT_SYNC, ByteBuffer.allocate(0));
                outFailure = failure.isEmpty() ? null : failure;
            } catch (IOException e) {
                outFailure = String.valueOf(e.getMessage());
            }
        }
        return Optional.ofNullable(outFailure);
    }

    /** Sends what the process answers. @return why it couldn't be written; empty when it was */
    private String ask(byte kind, ByteBuffer bytes) throws IOException {
        synchronized (asking) {
            synchronized (answers) {
                written = null;
            }
            send(kind, bytes);
            synchronized (answers) {
                await(() -> written != null);
                return Objects.requireNonNull(written);
            }
        }
    }

    private void send(byte kind, ByteBuffer bytes) throws IOException {
        if (muted) {
            throw new IOException("the command was broken off");
        }
        frames.send(kind, bytes);
    }

    /** For whoever holds {@link #answers}. */
    private void await(BooleanSupplier isThere) throws IOException {
        try {
            synchronized (answers) {
                while (!isThere.getAsBoolean()) {
                    if (gone) {
                        throw new IOException("the command is gone");
                    }
                    answers.wait();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /** One of the two streams for what is printed. */
    private final class Output extends OutputStream {
        private final byte kind;

        private Output(byte kind) {
            this.kind = kind;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            for (int at = 0; at < length; at += Frames.MAX_PIECE_BYTES) {
                ByteBuffer piece = ByteBuffer.wrap(bytes, from + at, Math.min(length - at, Frames.MAX_PIECE_BYTES));
                if (kind == Frames.OUT) {
                    send(kind, piece);
                } else {
                    // At a terminal, what was printed before comes before it.
                    out.flush();
                    String failure = ask(kind, piece);
                    if (!failure.isEmpty()) {
                        throw new IOException(failure);
                    }
                }
            }
        }
    }

    /** Standard input of the process, read only as far as the command reads it. */
    private final class Input extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] to, int from, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            out.flush();
            synchronized (answers) {
                if (gone) {
                    throw new IOException("the command is gone");
                }
                frames.send(Frames.WANT, Math.min(length, Frames.MAX_PIECE_BYTES));
                await(() -> input != null || inputFailure != null);
                if (inputFailure != null) {
                    throw new IOException(inputFailure);
                }
                byte[] bytes = input;
                input = null;
                if (bytes == null || bytes.length == 0) {
                    return -1;
                }
                if (bytes.length > length) {
                    throw new IOException("more than was asked for");
                }
                System.arraycopy(bytes, 0, to, from, bytes.length);
                Arrays.fill(bytes, (byte) 0);
                return bytes.length;
            }
        }
    }
}
