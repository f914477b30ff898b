package dev.interlock.app;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Standard error as a person sees it at a terminal: lines, and below them at most one that changes in place. Whatever else is
 * written to standard error clears that line first.
 */
final class Screen {
    private static final String CLEAR = "\r\u001b[K";

    private static final Object LOCK = new Object();
    private static final PrintStream PLAIN = System.err;
    private static boolean watched;
    private static boolean shown;
    private static boolean frozen;
    private static volatile boolean quiet;
    private static volatile boolean verbose;

    private Screen() {}

    /** For {@code --quiet}. */
    static void beQuiet() {
        quiet = true;
    }

    /** For {@code --verbose}. */
    static void beVerbose() {
        verbose = true;
        System.setProperty("interlock.log", System.getProperty("interlock.log", "INFO"));
    }

    static boolean isVerbose() {
        return verbose;
    }

    /** A hint at what comes next: said on standard error, unless nobody wants to hear it. */
    static void hint(String text) {
        if (!quiet) {
            System.err.println(text);
        }
    }

    /** Whether a person sees what is written to standard error, and wants to. */
    static boolean isTerminal() {
        if (quiet) {
            return false;
        }
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException e) {
            return Output.terminal();
        }
    }

    /** Shows a line that the next one replaces. It must fit into the terminal's width. */
    static void status(String text) {
        synchronized (LOCK) {
            if (frozen) {
                return;
            }
            if (!watched) {
                // Whoever writes to standard error need not know of this line.
                System.setErr(new PrintStream(new Clearing(), true, StandardCharsets.UTF_8));
                watched = true;
            }
            PLAIN.print(CLEAR + text);
            PLAIN.flush();
            shown = true;
        }
    }

    /** Takes the changing line away. */
    static void clear() {
        synchronized (LOCK) {
            if (shown) {
                PLAIN.print(CLEAR);
                PLAIN.flush();
                shown = false;
            }
        }
    }

    /** Nothing changes in place from now on: the process ends. */
    static void freeze() {
        synchronized (LOCK) {
            clear();
            frozen = true;
        }
    }

    /** Standard error, behind whatever changes in place. */
    private static final class Clearing extends OutputStream {
        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            synchronized (LOCK) {
                clear();
                PLAIN.write(bytes, offset, length);
            }
        }

        @Override
        public void flush() {
            PLAIN.flush();
        }
    }
}
