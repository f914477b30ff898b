package dev.interlock.protocol.error;

import java.util.Map;
import java.util.stream.Collectors;

/** Fewer providers answered than the operation needs: start or reach those that are named, then ask again. */
public final class TooFewProvidersException extends InterlockException {
    private static final long serialVersionUID = 1L;

    private final int needed;
    private final int available;

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
        this.needed = needed;
        this.available = available;
    }

    /** With what the caller can do about it. */
    private TooFewProvidersException(TooFewProvidersException error, Advice advice) {
        super(error.explanation(), advice);
        this.needed = error.needed;
        this.available = error.available;
    }

    /** The same, with what the caller can do about it. */
    public TooFewProvidersException advising(Advice advice) {
        return new TooFewProvidersException(this, advice);
    }

    public int needed() {
        return needed;
    }

    public int available() {
        return available;
    }

    private static String named(String node, String why) {
        return why.startsWith(node + " ") || why.startsWith(node + ": ") ? why : node + ": " + why;
    }
}
