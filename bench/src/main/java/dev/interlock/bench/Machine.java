package dev.interlock.bench;

import dev.interlock.core.field.FieldKernels;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * Where and beside what a run was made.
 *
 * @param load runnable threads of the last minute when the run began, less than 0 where the system doesn't tell
 */
record Machine(String java, String system, int processors, double load, String kernel) {

    static Machine now() {
        return new Machine(
                System.getProperty("java.vm.name") + " " + Runtime.version(),
                System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
                FieldKernels.chosen().name());
    }

    String text() {
        return String.format(
                Locale.ROOT,
                "%s, %s, %d processors, load %.1f at the start, field kernel %s",
                java,
                system,
                processors,
                load,
                kernel);
    }
}
