package dev.interlock.bench.ring;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What Linux says of a process, in {@code /proc}. */
final class Proc {
    // Ticks of 1/100 s are what programs are told on every architecture, whatever the kernel's own timer does.
    private static final double TICKS_PER_SECOND = 100;

    private Proc() {}

    /** User and system time that the process has used so far, in seconds, by steps of 10 ms. */
    static double cpuSeconds(long pid) throws IOException {
        return cpuSecondsIn(read(pid, "stat"));
    }

    /** The most memory that was resident since the start, or since {@link #resetPeak}, in bytes. */
    static long peakBytes(long pid) throws IOException {
        return peakBytesIn(read(pid, "status"));
    }

    /** Makes what is resident now the peak. */
    static void resetPeak(long pid) throws IOException {
        Files.writeString(file(pid, "clear_refs"), "5");
    }

    /** The arguments, separated by spaces. */
    static String commandLine(long pid) throws IOException {
        return read(pid, "cmdline").replace('\0', ' ');
    }

    /** @param stat as proc_pid_stat(5) has it: the name in parentheses may hold spaces and parentheses */
    static double cpuSecondsIn(String stat) {
        // The first of these is field 3; utime is field 14, stime 15.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split("\\s+", -1);
        if (fields.length < 13) {
            throw new IllegalArgumentException(
                    "a stat file with " + fields.length + " fields after the name, need at least 13");
        }
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    }

    /** @param status as proc_pid_status(5) has it */
    static long peakBytesIn(String status) {
        for (String line : status.lines().toList()) {
            String[] words = line.split("\\s+", -1);
            if (words[0].equals("VmHWM:") && words.length == 3 && words[2].equals("kB")) {
                return Long.parseLong(words[1]) * 1024;
            }
        }
        throw new IllegalArgumentException("a status file without VmHWM in kB: the process has ended, or isn't one");
    }

    private static String read(long pid, String name) throws IOException {
        return Files.readString(file(pid, name), StandardCharsets.ISO_8859_1);
    }

    private static Path file(long pid, String name) {
        return Path.of("/proc", String.valueOf(pid), name);
    }
}
