package dev.interlock.app;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Standard error as a person sees it at a terminal: lines, and below them at most one that changes in place. Whatever else is
 * written to standard error clears that line first.
 */
final class Screen {
    private static final String CLEAR = "\r\u001b[K";

    private static final State PROCESS = new State(System.err, System::setErr);

    private Screen() {}

    private static State state() {
        return Visit.current().map(Visit::screen).orElse(PROCESS);
    }

    /** For {@code --quiet}. */
    static void beQuiet() {
        state().quiet = true;
    }

    /** For {@code --verbose}. */
    static void beVerbose() {
        state().verbose = true;
        System.setProperty("interlock.log", System.getProperty("interlock.log", "INFO"));
    }

    static boolean isVerbose() {
        return state().verbose;
    }

    /** A hint at what comes next: said on standard error, unless nobody wants to hear it. */
    static void hint(String text) {
        if (!state().quiet) {
            System.err.println(text);
        }
    }

    /** Whether a person sees what is written to standard error, and wants to. */
    static boolean isTerminal() {
        return !state().quiet && Visit.current().map(Visit::isErrTerminal).orElseGet(Screen::isOwnTerminal);
    }

    private static boolean isOwnTerminal() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException e) {
            return Output.terminal();
        }
    }

    /** Shows a line that the next one replaces. It must fit into the terminal's width. */
    static void status(String text) {
        state().status(text);
    }

    /** Takes the changing line away. */
    static void clear() {
        state().clear();
    }

    /** Nothing changes in place from now on: the process ends. */
    static void freeze() {
        state().freeze();
    }

    /** Of one command. */
    static final class State {
        private final Object lock = new Object();
        private final PrintStream plain;
        private final Consumer<PrintStream> watch;
        private boolean watched;
        private boolean shown;
        private boolean frozen;
        private volatile boolean quiet;
        private volatile boolean verbose;

        /** @param watch puts a stream in the place of the plain one */
        State(PrintStream plain, Consumer<PrintStream> watch) {
            this.plain = plain;
            this.watch = watch;
        }

        private void status(String text) {
            synchronized (lock) {
                if (frozen) {
                    return;
                }
                if (!watched) {
                    // Whoever writes to standard error need not know of this line.
                    watch.accept(new PrintStream(new Clearing(this), true, StandardCharsets.UTF_8));
                    watched = true;
                }
                plain.print(CLEAR + text);
                plain.flush();
                shown = true;
            }
        }

        private void clear() {
            synchronized (lock) {
                if (shown) {
                    plain.print(CLEAR);
                    plain.flush();
                    shown = false;
                }
            }
        }

        void freeze() {
            synchronized (lock) {
                clear();
                frozen = true;
            }
        }
    }

    /** Standard error, behind whatever changes in place. */
    private static final class Clearing extends OutputStream {
        private final State state;

        private Clearing(State state) {
            this.state = state;
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            synchronized (state.lock) {
                state.clear();
                state.plain.write(bytes, offset, length);
            }
        }

        @Override
        public void flush() {
            state.plain.flush();
        }
    }
}
