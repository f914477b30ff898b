package dev.interlock.bench;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How to run the suites.
 *
 * @param quick fewer sizes and repetitions
 * @param ring a running ring to measure, instead of one made for it
 * @param rows the database that StoreScale measures, as in {@code store.conf} without a schema; SQLite unless named
 * @param stores a folder in which StoreScale keeps what it filled, for its next run
 * @param home the folder of the checkout, in which {@code ./interlock} lies
 * @param progress for what happens just now; results go to the report
 */
public record Options(
        boolean quick,
        Optional<Path> ring,
        Optional<String> rows,
        Optional<Path> stores,
        Path home,
        PrintStream progress) {}
