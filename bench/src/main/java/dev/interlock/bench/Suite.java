package dev.interlock.bench;

/** Benchmarks that belong together, run by name. */
public interface Suite {

    /** What the command line calls it. */
    String name();

    /**
     * Measures, and puts what it found into the report.
     *
     * @throws WrongResultException if what was measured also computed something wrong
     */
    void run(Options options, Report report) throws Exception;
}
