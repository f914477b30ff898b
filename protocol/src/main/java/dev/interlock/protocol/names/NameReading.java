package dev.interlock.protocol.names;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What several providers showed under one tag, and what is believed of it: the latest state that the owner sealed, whoever shows
 * it. What isn't the owner's is nothing but a fault of who shows it.
 *
 * @param latest empty where nobody has any
 * @param holders who showed it
 * @param behind who showed an earlier one, or none
 * @param wrong who showed something that the owner never made
 */
public record NameReading(Optional<Latest> latest, List<String> holders, List<String> behind, List<String> wrong) {
    /**
     * The latest state.
     *
     * @param head of the entry, computed
     */
    public record Latest(NameEntry entry, NameHead head, NameContent content) {}

    public NameReading {
        holders = List.copyOf(holders);
        behind = List.copyOf(behind);
        wrong = List.copyOf(wrong);
    }

    /**
     * @param shown by provider; empty where it has none
     * @param open what the owner's key opens; empty for what it doesn't
     */
    public static NameReading of(
            NameTag tag, Map<String, Optional<NameEntry>> shown, Function<NameEntry, Optional<NameContent>> open) {
        Map<String, Optional<Latest>> genuine = new LinkedHashMap<>();
        List<String> wrong = new ArrayList<>();
        Optional<Latest> latest = Optional.empty();
        for (Map.Entry<String, Optional<NameEntry>> each : shown.entrySet()) {
            Optional<Latest> one = each.getValue()
                    .filter(entry -> entry.tag().equals(tag))
                    .flatMap(entry -> open.apply(entry).map(content -> new Latest(entry, entry.head(), content)));
            if (one.isEmpty() && each.getValue().isPresent()) {
                wrong.add(each.getKey());
                continue;
            }
            genuine.put(each.getKey(), one);
            if (one.isPresent() && isLater(one.get(), latest)) {
                latest = one;
            }
        }
        List<String> holders = new ArrayList<>();
        List<String> behind = new ArrayList<>();
        for (Map.Entry<String, Optional<Latest>> each : genuine.entrySet()) {
            boolean holds = each.getValue().map(Latest::head).equals(latest.map(Latest::head));
            (holds ? holders : behind).add(each.getKey());
        }
        return new NameReading(latest, holders, behind, wrong);
    }

    private static boolean isLater(Latest one, Optional<Latest> other) {
        return other.isEmpty() || one.head().isLaterThan(other.get().head());
    }
}
