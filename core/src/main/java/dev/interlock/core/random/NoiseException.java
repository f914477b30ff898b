package dev.interlock.core.random;

/** A noise source failed a test; the generator gives nothing any more. The message names both, and no sample. */
public final class NoiseException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String source;

    /** @param what went wrong, as a sentence's end after the source's name */
    NoiseException(String source, String what) {
        super("noise source " + source + " " + what);
        this.source = source;
    }

    /** The name of the source that failed. */
    public String source() {
        return source;
    }
}
