package dev.interlock.app.thin;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;

/**
 * What a process can't hand over to another: where two differ in it, one can't do the other's work. Users, groups and rights,
 * the limit of a file's size, the namespaces of files, network and users; and which file a path leads to.
 */
public final class Surroundings {
    /** What a path leads to that is neither a file nor a folder: a pipe, a device. */
    static final String OTHER = "other";

    private static final String[] STATUS = {"Uid:", "Gid:", "Groups:", "CapEff:", "NoNewPrivs:", "Seccomp:"};
    private static final String[] LINKS = {"ns/mnt", "ns/net", "ns/user", "root"};

    private Surroundings() {}

    /** Of this process, as text that is compared. */
    public static String own() throws IOException {
        StringBuilder text = new StringBuilder();
        String status = read("/proc/self/status");
        for (String name : STATUS) {
            text.append(line(status, name)).append('\n');
        }
        text.append(line(read("/proc/self/limits"), "Max file size")).append('\n');
        for (String link : LINKS) {
            text.append(Files.readSymbolicLink(Path.of("/proc/self", link))).append('\n');
        }
        return text.toString();
    }

    static String umask() throws IOException {
        return line(read("/proc/self/status"), "Umask:")
                .substring("Umask:".length())
                .strip();
    }

    /** The file that a path leads to or, where there is none yet, its folder, and what else tells one from another. */
    public static String file(String path) {
        Path file = Path.of(path);
        try {
            BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
            return found.isRegularFile() || found.isDirectory() ? "at " + found.fileKey() : OTHER;
        } catch (IOException e) {
            Path folder = file.getParent();
            try {
                return "in "
                        + Files.readAttributes(folder == null ? Path.of("") : folder, BasicFileAttributes.class)
                                .fileKey();
            } catch (IOException none) {
                return "none";
            }
        }
    }

    /** Which build a program is of, by its jar. */
    public static String build(Path jar) throws IOException {
        BasicFileAttributes found = Files.readAttributes(jar, BasicFileAttributes.class);
        // As text it would be a date, whose calendar takes longer to load than all else here.
        return found.fileKey() + " " + found.size() + " "
                + found.lastModifiedTime().to(TimeUnit.NANOSECONDS);
    }

    private static String line(String text, String name) throws IOException {
        int at = text.indexOf('\n' + name);
        int end = at < 0 ? -1 : text.indexOf('\n', at + 1);
        if (end < 0) {
            throw new IOException("the system doesn't say " + name);
        }
        return text.substring(at + 1, end);
    }

    private static String read(String file) throws IOException {
        try (FileInputStream in = new FileInputStream(file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
