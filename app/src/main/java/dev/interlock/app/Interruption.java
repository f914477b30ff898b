package dev.interlock.app;

import java.util.function.Supplier;

/**
 * What a command says when a signal ends it (INT, HUP, TERM). What must be cleaned up has hooks of its own; the exit code is the
 * JVM's: 128 and the signal's number.
 */
final class Interruption {
    private static volatile Supplier<String> outcome = () -> "";
    private static volatile boolean over;

    private Interruption() {}

    /** To be called once, by the process that runs one command. */
    static void arm() {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
            if (!over) {
                Screen.freeze();
                String what = outcome.get();
                System.err.println("interlock: interrupted" + (what.isEmpty() ? "" : ", " + what));
            }
        }));
    }

    /** What an interruption from now on comes to, as "nothing stored"; asked when it happens. */
    static void means(Supplier<String> what) {
        Visit.current().ifPresentOrElse(visit -> visit.means(what), () -> outcome = what);
    }

    /** The command ends by itself. */
    static void over() {
        over = true;
    }
}
