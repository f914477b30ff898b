package dev.interlock.node.log;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.protocol.error.IntegrityException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;

/**
 * The logs of the processes that serve a node together. Each is a chain of its own, and notes now and then how far the others are
 * (BOUND): who cuts one off or rewrites it has to rewrite all.
 */
public final class LogBinding {
    private LogBinding() {}

    /** What a line of one log says of another one. */
    private record Note(Path log, long line, String hash) {}

    /**
     * Checks what the logs say of each other.
     *
     * @param logs by the numbers of their processes; each holds by itself
     * @return how many notes there are
     * @throws IntegrityException that says which line of which log doesn't fit another one
     */
    public static long verify(NavigableMap<Integer, Path> logs) throws IOException {
        Map<Integer, Map<Long, List<Note>>> notes = new HashMap<>();
        for (Path log : logs.values()) {
            LogCheck _ = LogCheck.verify(log, Optional.empty(), line -> {
                if (line.event() == Event.BOUND) {
                    Note note = new Note(log, line.sequence(), line.field("hash"));
                    notes.computeIfAbsent((int) number(line, "process"), _ -> new HashMap<>())
                            .computeIfAbsent(number(line, "entry"), _ -> new ArrayList<>())
                            .add(note);
                }
            });
        }
        long all = notes.values().stream()
                .flatMap(each -> each.values().stream())
                .mapToLong(List::size)
                .sum();
        for (Map.Entry<Integer, Path> log : logs.entrySet()) {
            Map<Long, List<Note>> of = notes.getOrDefault(log.getKey(), new HashMap<>());
            LogCheck _ = LogCheck.verify(log.getValue(), Optional.empty(), line -> {
                List<Note> said = of.remove(line.sequence());
                for (Note note : said == null ? List.<Note>of() : said) {
                    if (!note.hash().equals(line.hashHex())) {
                        throw wrong(
                                note,
                                "line " + line.sequence() + " of " + log.getValue()
                                        + " was another one then: it was rewritten, or continued from an older copy");
                    }
                }
            });
        }
        notes.forEach((process, left) -> left.forEach((entry, said) -> {
            throw wrong(
                    said.getFirst(),
                    "the log of process " + process + " had " + entry + " lines then, and "
                            + (logs.containsKey(process) ? "ends before" : "is gone"));
        }));
        return all;
    }

    private static long number(Line line, String field) {
        String text = line.field(field);
        if (!text.matches("[1-9][0-9]{0,17}")) {
            throw new MalformedException("its field " + field + " is no number");
        }
        return Long.parseLong(text);
    }

    private static IntegrityException wrong(Note note, String why) {
        return new IntegrityException(note.log() + ", line " + note.line() + ": " + why, List.of());
    }
}
