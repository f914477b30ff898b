package dev.interlock.app;

import dev.interlock.client.ProviderRecord;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code interlock status}: asks nobody. */
@Command(
        name = "status",
        description = "Shows what your commands have seen of each provider, the most preferred first. Asks nobody;"
                + " `interlock ring status` shows the nodes of this machine.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
    @Option(names = "--json", description = "for programs")
    private boolean json;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private RingOptions options;

    @Override
    public Integer call() {
        RingDescriptor ring = options.descriptor();
        Clock clock = Clock.systemUTC();
        ProviderRecord record = RingOptions.recordFile(ring)
                .map(file -> file.read(clock))
                .orElseGet(() -> new ProviderRecord(ProviderRecord.State.EMPTY, clock));
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Provider provider : record.ranked(ring.providers())) {
            rows.add(row(rows.size() + 1, provider.name(), record));
        }
        if (json) {
            System.out.println(Output.json(rows));
        } else {
            Output.table(rows);
        }
        return 0;
    }

    private Map<String, Object> row(int rank, String provider, ProviderRecord record) {
        ProviderRecord.Seen seen = record.seen(provider);
        boolean timed = seen.latency().samples() > 0;
        double millis = Math.round(seen.latency().millis() * 10) / 10.0;
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("rank", rank);
        row.put("provider", provider);
        row.put("standing", record.standing(provider).name().toLowerCase(Locale.ROOT));
        row.put("answers", seen.answers());
        row.put("failures", seen.failures());
        row.put("lies", seen.lies());
        if (json) {
            row.put("latencyMillis", timed ? millis : null);
            row.put(
                    "lastSeen",
                    seen.answeredMillis() > 0
                            ? Instant.ofEpochMilli(seen.answeredMillis()).toString()
                            : null);
        } else {
            row.put("latency", timed ? millis + " ms" : "-");
            row.put(
                    "last seen",
                    seen.answeredMillis() > 0 ? Output.time(Instant.ofEpochMilli(seen.answeredMillis())) : "-");
        }
        return row;
    }
}
