package dev.interlock.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many files and connections this process may have open, and has. Strangers can open connections as they like: they get
 * no more than leave the node's own files, and those who are admitted, their share.
 */
final class Descriptors {
    private static final Logger log = LoggerFactory.getLogger(Descriptors.class);
    private static final Path OPEN = Path.of("/proc/self/fd");
    private static final Path LIMITS = Path.of("/proc/self/limits");
    /** Jars, database, log, sockets to listen on: what a node has open before anybody comes. */
    private static final int OWN = 128;

    private static final int FEWEST_CONNECTIONS = 16;

    private final String node;
    private final OptionalInt limit;
    private volatile Optional<String> problem = Optional.empty();

    Descriptors(String node) {
        this(node, softLimit());
    }

    Descriptors(String node, OptionalInt limit) {
        this.node = node;
        this.limit = limit;
    }

    /** How many connections to accept at once: half of what is left, for each may have files and connections opened. */
    int connections() {
        return limit.isEmpty() ? Integer.MAX_VALUE : Math.max(FEWEST_CONNECTIONS, (limit.getAsInt() - OWN) / 2);
    }

    /** To be called from time to time: says in the log when it begins and when it is over. */
    void check(IntSupplier connected) {
        problem(connected.getAsInt(), open());
    }

    /** @param open negative when not even the folder of descriptors could be opened */
    void problem(int connected, int open) {
        Optional<String> now = Optional.empty();
        if (limit.isPresent() && (open < 0 || open > limit.getAsInt() - Math.max(4, limit.getAsInt() / 20))) {
            now = Optional.of("its file descriptors run out: it may have " + limit.getAsInt()
                    + " files and connections open (ulimit -n, LimitNOFILE)");
        } else if (limit.isPresent() && connected >= connections()) {
            now = Optional.of("it accepts no more connections: it has " + connections() + ", as many as its "
                    + limit.getAsInt() + " file descriptors allow (ulimit -n, LimitNOFILE)");
        }
        if (now.isPresent() && problem.isEmpty()) {
            log.error("{}: {}", node, now.get());
        } else if (now.isEmpty() && problem.isPresent()) {
            log.info("{} has enough file descriptors again", node);
        }
        problem = now;
    }

    /** What is wrong now, for {@code /health}. */
    Optional<String> problem() {
        return problem;
    }

    private static int open() {
        if (!Files.isDirectory(OPEN)) {
            return 0;
        }
        try (Stream<Path> open = Files.list(OPEN)) {
            return (int) open.count();
        } catch (IOException e) {
            return -1;
        }
    }

    private static OptionalInt softLimit() {
        try (Stream<String> lines = Files.lines(LIMITS)) {
            return lines.filter(line -> line.startsWith("Max open files"))
                    .map(line ->
                            line.substring("Max open files".length()).strip().split(" +", -1)[0])
                    .filter(text -> text.matches("[0-9]{1,9}"))
                    .mapToInt(Integer::parseInt)
                    .findFirst();
        } catch (IOException e) {
            return OptionalInt.empty();
        }
    }
}
