package dev.interlock.app;

import dev.interlock.core.encoding.ForeignText;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.error.UnsettledException;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Why a command failed, as it is told to a person or, with {@code --json}, to a program.
 *
 * @param kind what sort of failure, for programs
 * @param node at which node it happened; empty where it isn't one
 * @param advice what to do about it
 * @param untilAllowed how long until the same may be allowed, where that is known
 * @param exit the command's exit code
 */
record Failure(
        String kind,
        String message,
        String node,
        List<String> culprits,
        Optional<Advice> advice,
        Optional<Duration> untilAllowed,
        int exit) {
    static Failure of(Exception error) {
        return switch (error) {
            case InterlockException known -> known(known);
            case MalformedException malformed -> simple("bad-input", said(malformed), Main.USAGE);
            case BadSignatureException bad -> simple("integrity", said(bad), Main.INTEGRITY);
            case FileSystemException file
            when file.getFile() != null ->
                simple("file", ForeignText.line(file.getFile()) + ": " + FileProblem.why(file), Main.FAILED);
            case IOException io -> simple("io", ForeignText.line(FileProblem.why(io)), Main.FAILED);
            case InterruptedException interrupted -> simple("interrupted", "interrupted", Main.FAILED);
            default -> simple("fault", "this is a fault in interlock itself, please report it: " + error, Main.FAILED);
        };
    }

    static Failure usage(String message) {
        return simple("usage", message, Main.USAGE);
    }

    private static Failure known(InterlockException error) {
        String message = error.explanation();
        return switch (error) {
            case BadInputException bad -> advised("bad-input", error, Main.USAGE);
            case TooFewProvidersException few -> advised("too-few-providers", error, Main.TOO_FEW);
            case IntegrityException broken ->
                new Failure(
                        "integrity", message, "", broken.culprits(), error.advice(), Optional.empty(), Main.INTEGRITY);
            case NoSuchObjectException none -> advised("no-such-object", error, Main.NO_OBJECT);
            case DestroyedException gone -> advised("destroyed", error, Main.NO_OBJECT);
            case RefusedException locked
            when locked.rule() == RefusedException.Rule.LOCKED_OUT ->
                new Failure(
                        "locked-out", message, "", List.of(), error.advice(), locked.untilAllowed(), Main.LOCKED_OUT);
            case RefusedException refused -> advised("refused", error, Main.REFUSED);
            case UnsettledException open -> advised("unsettled", error, Main.FAILED);
            case NodeException failed ->
                new Failure(
                        "node-failed",
                        message,
                        failed.node(),
                        List.of(),
                        error.advice(),
                        Optional.empty(),
                        Main.FAILED);
        };
    }

    private static Failure advised(String kind, InterlockException error, int exit) {
        return new Failure(kind, error.explanation(), "", List.of(), error.advice(), Optional.empty(), exit);
    }

    private static Failure simple(String kind, String message, int exit) {
        return new Failure(kind, message, "", List.of(), Optional.empty(), Optional.empty(), exit);
    }

    private static String said(Exception error) {
        return ForeignText.line(String.valueOf(error.getMessage()));
    }

    /** Says it on standard error. @return the exit code */
    int tell(boolean json) {
        if (json) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("error", kind);
            fields.put("message", message);
            if (!node.isEmpty()) {
                fields.put("node", node);
            }
            if (!culprits.isEmpty()) {
                fields.put("culprits", culprits);
            }
            advice.ifPresent(what -> fields.put("advice", Wording.of(what)));
            untilAllowed.ifPresent(
                    time -> fields.put("wait", Math.max(1, time.plusMillis(999).toSeconds())));
            fields.put("exit", exit);
            System.err.println(Output.jsonLine(fields));
        } else {
            System.err.println("interlock: " + Wording.with(message, advice));
        }
        return exit;
    }
}
