package dev.interlock.node.log;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.error.IntegrityException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a log is found to be.
 *
 * @param node whose it says it is
 * @param key the one that it was checked with
 * @param head the last signed one
 * @param steppedBack how many entries have an earlier time than the one before
 * @param recovered how often the end was set aside after a crash
 */
public record LogCheck(
        String node,
        VerifyingKey key,
        long entries,
        Instant first,
        Instant last,
        Head head,
        long steppedBack,
        long recovered) {

    /**
     * Reads a log from end to end, in little memory.
     *
     * @param since a head that was kept: the log must still have its line
     * @param each gets every line once it is checked
     * @throws IntegrityException that says which line doesn't hold, and why
     */
    public static LogCheck verify(Path file, Optional<Head> since, Consumer<Line> each) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return verify(file.toString(), in, since, each);
        }
    }

    /**
     * The same for a log that comes from anywhere.
     *
     * @param name for errors
     */
    public static LogCheck verify(String name, InputStream in, Optional<Head> since, Consumer<Line> each)
            throws IOException {
        return new Reading(name, since, each).all(new BufferedInputStream(in, 1 << 16));
    }

    /** How many entries stand behind the last that is signed, the head itself not counted. */
    public long unsigned() {
        return entries - head.line().sequence();
    }

    private static final class Reading {
        private final String name;
        private final Optional<Head> since;
        private final Consumer<Line> each;
        private long number;
        private byte[] before = Line.NOTHING_BEFORE;
        private Optional<Line> first = Optional.empty();
        private Optional<Line> last = Optional.empty();
        private Optional<Head> head = Optional.empty();
        private long steppedBack;
        private long recovered;

        Reading(String name, Optional<Head> since, Consumer<Line> each) {
            this.name = name;
            this.since = since;
            this.each = each;
        }

        LogCheck all(InputStream in) throws IOException {
            byte[] line = new byte[Line.MAX_BYTES];
            int length = 0;
            for (int b = in.read(); b >= 0; b = in.read()) {
                if (length == line.length) {
                    throw wrong(number + 1, "it is longer than " + Line.MAX_BYTES + " bytes");
                }
                line[length++] = (byte) b;
                if (b == '\n') {
                    check(new String(line, 0, length - 1, StandardCharsets.ISO_8859_1));
                    length = 0;
                }
            }
            if (length > 0) {
                throw wrong(
                        number + 1,
                        "the log ends in the middle of it, after " + length
                                + " bytes: a crash, which the node mends when it starts, or a cut");
            }
            if (last.isEmpty()) {
                throw wrong(1, "the log is empty");
            }
            since.ifPresent(kept -> {
                if (number < kept.line().sequence()) {
                    throw wrong(
                            number + 1,
                            "the log ends before it, and the head that was kept is line "
                                    + kept.line().sequence() + ": it was cut off");
                }
            });
            Line begin = first.orElseThrow();
            return new LogCheck(
                    begin.field("node"),
                    key(),
                    number,
                    begin.time(),
                    last.orElseThrow().time(),
                    head.orElseThrow(() -> wrong(number, "it is the last, and nothing in the log is signed")),
                    steppedBack,
                    recovered);
        }

        private void check(String text) {
            number++;
            try {
                Line line = Line.parse(text);
                if (line.sequence() != number) {
                    throw new MalformedException(
                            "it says that it is entry " + line.sequence() + ": lines were taken out, put in or moved");
                }
                if (!line.follows(before)) {
                    throw new MalformedException("its hash doesn't hold: it, or what was before it, was changed");
                }
                if (first.isEmpty()) {
                    begin(line);
                } else if (line.event() == Event.CREATED) {
                    throw new MalformedException("a log is created once");
                }
                if (line.event() == Event.SIGNED) {
                    signed(new Head(line));
                }
                if (line.event() == Event.RECOVERED) {
                    recovered++;
                }
                if (last.isPresent() && line.time().isBefore(last.orElseThrow().time())) {
                    steppedBack++;
                }
                since.filter(kept -> kept.line().sequence() == number).ifPresent(kept -> {
                    if (!kept.line().text().equals(text)) {
                        throw new MalformedException(
                                "it isn't the head that was kept: the log was continued from an older copy, or rewritten");
                    }
                });
                before = line.hash();
                last = Optional.of(line);
                each.accept(line);
            } catch (MalformedException | BadSignatureException e) {
                throw wrong(number, String.valueOf(e.getMessage()));
            }
        }

        private void begin(Line line) {
            if (line.event() != Event.CREATED || !line.field("format").equals(AuditLog.FORMAT)) {
                throw new MalformedException(
                        "no log of this version begins so: it isn't CREATED format=" + AuditLog.FORMAT);
            }
            first = Optional.of(line);
            since.ifPresent(kept -> {
                try {
                    kept.verify(key());
                } catch (BadSignatureException e) {
                    throw new MalformedException("the head that was kept is another node's than this log");
                }
            });
        }

        private void signed(Head signed) {
            if (!Arrays.equals(signed.signedHash(), before)) {
                throw new MalformedException("it signs another entry than the one before it");
            }
            signed.verify(key());
            head = Optional.of(signed);
        }

        private VerifyingKey key() {
            return VerifyingKey.parse(first.orElseThrow().field("key"));
        }

        private IntegrityException wrong(long line, String why) {
            return new IntegrityException(name + ", line " + line + ": " + why, List.of());
        }
    }
}
