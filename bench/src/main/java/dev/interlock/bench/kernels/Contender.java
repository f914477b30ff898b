package dev.interlock.bench.kernels;

/**
 * One of those that take turns.
 *
 * @param name as in the report
 * @param bytes that one call counts for
 * @param task one call
 */
record Contender(String name, long bytes, Runnable task) {}
