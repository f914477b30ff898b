package dev.interlock.protocol.error;

import java.util.Map;
import java.util.stream.Collectors;

/** Fewer providers answered than the operation needs: start or reach those that are named, then ask again. */
public final class TooFewProvidersException extends InterlockException {
    private static final long serialVersionUID = 1L;

    /**
     * @param operation what was tried, as the start of a sentence
     * @param absent each provider that can't be used, in ring order, and why
     */
    public TooFewProvidersException(String operation, int needed, int available, Map<String, String> absent) {
        super(operation + " needs " + needed + (needed == 1 ? " provider and " : " providers and ") + available
                + " can be used. "
                + absent.entrySet().stream()
                        .map(entry -> named(entry.getKey(), entry.getValue()))
                        .collect(Collectors.joining("; ")));
    }

    private static String named(String node, String why) {
        return why.startsWith(node + " ") ? why : node + ": " + why;
    }
}
