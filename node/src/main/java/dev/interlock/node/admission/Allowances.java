package dev.interlock.node.admission;

import dev.interlock.node.admission.Allowance.Limit;
import dev.interlock.protocol.error.BadInputException;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/**
 * All allowances of a node. The defaults fit a node with a heap of 128 MiB; the file {@value #FILE} of its folder sets
 * others, a line each: {@code NAME EACH IN-ALL}.
 */
public final class Allowances {
    public static final String FILE = "allowances";

    private static final Duration SOON = Duration.ofSeconds(1);
    private static final long MIB = 1 << 20;

    /** What there is an allowance for. */
    public enum Kind {
        /** Requests that are being answered, streams among them. */
        REQUESTS("requests at once", new Limit(768, 2048), SOON),
        /** Sessions, from their order until they have ended and been told. */
        SESSIONS("sessions", new Limit(384, 1024), Duration.ofSeconds(10)),
        /** Requests that came before their session's order. */
        WAITS("requests that wait for an order", new Limit(256, 1024), SOON),
        /** Nonces that are kept until their requests have expired. */
        NONCES("requests in two minutes", new Limit(200_000, 300_000), Duration.ofMinutes(2)),
        /** Channels that are open; who opens more loses its oldest. */
        CHANNELS("channels", new Limit(64, 16_384), SOON),
        /** Bodies that are read whole. The longest has 33 MiB. */
        BODIES("bytes of request bodies", new Limit(34 * MIB, 40 * MIB), SOON),
        /** Dealings under way, each with its buffers. */
        DEALINGS("dealings at once", new Limit(128, 256), SOON),
        /** Generations that are stored, the tombstones of destroyed ones among them. */
        OBJECTS("objects on its disk", new Limit(5_000_000, 20_000_000), Duration.ZERO),
        /** Unless they are set, half of what the store's file system holds, and nine tenths. */
        DISK("bytes on its disk", new Limit(Long.MAX_VALUE / 4, Long.MAX_VALUE / 4), Duration.ZERO),
        /** Files that sessions write or read. */
        FILES("open files", new Limit(512, 1024), SOON),
        RATE("requests a second", new Limit(3000, 6000), SOON),
        /** Of those who haven't shown who they are, each known by their address: each costs a few milliseconds. */
        LOGINS("login requests a second", new Limit(100, 200), SOON);

        private final String what;

        @SuppressWarnings("ImmutableEnumChecker") // a record of two numbers
        private final Limit standard;

        private final Duration again;

        /** Counted by time, and never held. */
        boolean isRate() {
            return this == RATE || this == LOGINS;
        }

        Kind(String what, Limit standard, Duration again) {
            this.what = what;
            this.standard = standard;
            this.again = again;
        }

        /** As it is configured. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Map<Kind, Allowance> allowances = new EnumMap<>(Kind.class);
    private final RateAllowance rate;
    private final RateAllowance logins;

    private Allowances(String node, Map<Kind, Limit> set, int processes, LongSupplier nanoTime) {
        for (Kind kind : Kind.values()) {
            Limit limit = set.getOrDefault(kind, kind.standard);
            // The memory for bodies is each process's own, and the longest body must fit.
            int parts = kind == Kind.BODIES ? 1 : processes;
            allowances.put(kind, new Allowance(node, kind.what, limit, parts, kind.again));
        }
        this.rate = rate(node, Kind.RATE, set, processes, nanoTime);
        this.logins = rate(node, Kind.LOGINS, set, processes, nanoTime);
    }

    private static RateAllowance rate(
            String node, Kind kind, Map<Kind, Limit> set, int processes, LongSupplier nanoTime) {
        return new RateAllowance(
                node, kind.what, set.getOrDefault(kind, kind.standard).dividedBy(processes), nanoTime);
    }

    /** @param set instead of the defaults */
    public static Allowances of(String node, Map<Kind, Limit> set) {
        return of(node, set, 1);
    }

    /** @param processes among so many they are divided, each of which has its part by itself */
    static Allowances of(String node, Map<Kind, Limit> set, int processes) {
        return new Allowances(node, set, processes, System::nanoTime);
    }

    /**
     * A node's, as its folder sets them.
     *
     * @param processes that serve the node together, at most: so that all of them never give more than there is, each gives its part
     * @throws BadInputException when the file has a line that can't be used
     */
    public static Allowances read(String node, Path folder, int processes) {
        Path file = folder.resolve(FILE);
        try {
            Map<Kind, Limit> set =
                    Files.exists(file) ? parse(file, Files.readAllLines(file)) : new EnumMap<>(Kind.class);
            if (!set.containsKey(Kind.DISK)) {
                long room = Math.max(10, Files.getFileStore(folder).getTotalSpace());
                set.put(Kind.DISK, new Limit(room / 2, room / 10 * 9));
            }
            return of(node, set, processes);
        } catch (IOException e) {
            throw new BadInputException(
                    "can't read " + file + ": " + e.getClass().getSimpleName());
        }
    }

    private static Map<Kind, Limit> parse(Path file, List<String> lines) {
        Map<Kind, Limit> set = new EnumMap<>(Kind.class);
        for (String line : lines) {
            String entry = line.strip();
            if (entry.isEmpty() || entry.startsWith("#")) {
                continue;
            }
            String[] words = entry.split("\\s+", -1);
            try {
                if (words.length != 3) {
                    throw new IllegalArgumentException("it isn't NAME EACH IN-ALL");
                }
                Kind kind = Kind.valueOf(words[0].toUpperCase(Locale.ROOT));
                set.put(kind, new Limit(Long.parseLong(words[1]), Long.parseLong(words[2])));
            } catch (IllegalArgumentException e) {
                throw new BadInputException(file + " has the line \"" + entry
                        + "\": write a name, how much for each and"
                        + " how much in all, as \"sessions 384 1024\"; names are "
                        + String.join(
                                ", ",
                                List.of(Kind.values()).stream().map(Kind::label).toList()));
            }
        }
        return set;
    }

    public Allowance of(Kind kind) {
        Allowance allowance = allowances.get(kind);
        if (allowance == null || kind.isRate()) {
            throw new IllegalArgumentException(kind + " isn't held, it is counted by time");
        }
        return allowance;
    }

    /** What there is of it. */
    public Limit limit(Kind kind) {
        return of(kind).limit();
    }

    public RateAllowance rate() {
        return rate;
    }

    /** By address. */
    public RateAllowance logins() {
        return logins;
    }

    /** Those of which nothing is left for anybody, by name. */
    public List<String> usedUp() {
        return allowances.entrySet().stream()
                .filter(each -> !each.getKey().isRate() && each.getValue().isUsedUp())
                .map(each -> each.getKey().label())
                .toList();
    }

    /** Gauges of what is held and of the limits, counters of what was refused, each tagged with its allowance. */
    public void register(MeterRegistry meters) {
        allowances.forEach((kind, allowance) -> {
            if (!kind.isRate()) {
                Gauge.builder("interlock.allowance.held", allowance, Allowance::held)
                        .description("what is in use of this allowance")
                        .tag("allowance", kind.label())
                        .register(meters);
                counter(meters, kind, allowance, Allowance::refused);
            }
            Gauge.builder(
                            "interlock.allowance.limit",
                            allowance,
                            each -> each.limit().inAll())
                    .description("what this allowance gives all together")
                    .tag("allowance", kind.label())
                    .register(meters);
        });
        counter(meters, Kind.RATE, rate, RateAllowance::refused);
        counter(meters, Kind.LOGINS, logins, RateAllowance::refused);
    }

    private static <T> void counter(MeterRegistry meters, Kind kind, T of, ToDoubleFunction<T> refused) {
        FunctionCounter.builder("interlock.allowance.refused", of, refused)
                .description("requests that were refused for this allowance")
                .tag("allowance", kind.label())
                .register(meters);
    }

    /** To be called every now and then. */
    public void sweep() {
        rate.sweep();
        logins.sweep();
    }
}
