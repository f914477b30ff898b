package dev.interlock.app;

import dev.interlock.client.Interlock;
import dev.interlock.client.Listed;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.names.Name;
import dev.interlock.protocol.names.NameContent;
import dev.interlock.protocol.ring.RingDescriptor;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock ls}. */
@Command(
        name = "ls",
        description = {
            "Lists your objects, newest first, with their names; or the names in a folder, each with its newest version.",
            "`interlock ls /` lists the first folder, `interlock ls -r /` all names."
        },
        mixinStandardHelpOptions = true)
final class LsCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "FOLDER",
            arity = "0..1",
            description = "as backups/, or a name, whose versions are listed (default: your objects, named or not)")
    private @Nullable String folder;

    @Option(
            names = {"-r", "--recursive"},
            description = "all names below the folder, and not its own alone")
    private boolean recursive;

    @Option(
            names = "--complete",
            paramLabel = "BEGINNING",
            hidden = true,
            description = "for shells: what a name that begins so may go on with, a line each")
    private @Nullable String beginning;

    @Option(names = "--json", description = "for programs")
    private boolean json;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private RingOptions ring;

    @Override
    public Integer call() throws InterruptedException {
        Optional<String> below = Optional.ofNullable(folder != null ? folder : recursive ? "/" : null)
                .map(LsCommand::folder);
        try (Interlock interlock = ring.open()) {
            if (beginning != null) {
                return complete(interlock, beginning);
            }
            if (below.isPresent()) {
                return names(interlock, below.get());
            }
            List<Listed> objects = interlock.list();
            Map<ObjectId, List<String>> names = names(interlock);
            RingDescriptor descriptor = interlock.ring();
            boolean scheduled =
                    objects.stream().anyMatch(object -> object.destroyAt().isPresent());
            boolean degraded =
                    objects.stream().anyMatch(object -> !object.missing().isEmpty());
            List<Map<String, @Nullable Object>> rows = objects.stream()
                    .map(object -> row(object, descriptor, scheduled, degraded, names))
                    .toList();
            show(rows);
            return 0;
        }
    }

    /** No further than the next folder. */
    private static int complete(Interlock interlock, String beginning) throws InterruptedException {
        Set<String> all = new TreeSet<>();
        Map<String, String> _ = interlock.names().list(versions -> {
            String name = versions.name().text();
            if (name.startsWith(beginning)) {
                int slash = name.indexOf('/', beginning.length());
                all.add(slash < 0 ? name : name.substring(0, slash + 1));
            }
        });
        all.forEach(System.out::println);
        return 0;
    }

    private void show(List<Map<String, @Nullable Object>> rows) {
        if (json) {
            System.out.println(Output.json(rows));
        } else {
            Output.table(rows);
        }
    }

    /** With a slash at its end, or empty for the first one. */
    private static String folder(String typed) {
        if (typed.equals("/")) {
            return "";
        }
        return Name.of(typed.endsWith("/") ? typed.substring(0, typed.length() - 1) : typed)
                        .text() + "/";
    }

    /** What there is in a folder, in the order of its names. */
    private int names(Interlock interlock, String below) throws InterruptedException {
        NavigableMap<String, NameContent.Versions> names = new TreeMap<>();
        String itself = below.isEmpty() ? "" : below.substring(0, below.length() - 1);
        Map<String, String> lost = interlock.names().list(versions -> {
            String name = versions.name().text();
            if (name.startsWith(below) || name.equals(itself)) {
                names.put(name, versions);
            }
        });
        lost.forEach((node, why) -> System.err.println("interlock: without " + node + ": " + why));
        List<Map<String, @Nullable Object>> rows = new ArrayList<>();
        Map<String, Integer> folders = new LinkedHashMap<>();
        names.forEach((name, versions) -> {
            int slash = name.indexOf('/', below.length());
            if (name.equals(itself)) {
                versions.versions().forEach(version -> rows.add(row(name + "@" + version.number(), version, versions)));
            } else if (slash >= 0 && !recursive) {
                folders.merge(name.substring(0, slash + 1), 1, Integer::sum);
            } else {
                rows.add(row(name, versions.newest().orElseThrow(), versions));
            }
        });
        folders.forEach((name, count) -> rows.add(row(name, count)));
        show(rows);
        return 0;
    }

    private Map<String, @Nullable Object> row(String name, NameContent.Version version, NameContent.Versions versions) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        Instant set = Instant.ofEpochMilli(version.setMillis());
        if (json) {
            row.put("name", versions.name().text());
            row.put("version", version.number());
            row.put("versions", versions.versions().size());
            row.put("object", version.object().toString());
            row.put("length", version.length());
            row.put("set", set.toString());
        } else {
            row.put("version", version.number());
            row.put("size", Output.size(version.length()));
            row.put("set", Output.time(set));
            row.put("id", version.object().toString());
            row.put("name", name);
        }
        return row;
    }

    private Map<String, @Nullable Object> row(String name, int count) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        if (json) {
            row.put("folder", name);
            row.put("names", count);
        } else {
            row.put("version", "-");
            row.put("size", Output.count(count, "name"));
            row.put("set", "-");
            row.put("id", "-");
            row.put("name", name);
        }
        return row;
    }

    /** The names of each object, as far as they can be known: a listing of objects needs fewer providers. */
    private static Map<ObjectId, List<String>> names(Interlock interlock) throws InterruptedException {
        Map<ObjectId, List<String>> names = new HashMap<>();
        try {
            Map<String, String> _ = interlock.names().list(versions -> {
                for (NameContent.Version version : versions.versions()) {
                    boolean newest = version.equals(versions.newest().orElseThrow());
                    names.computeIfAbsent(version.object(), _ -> new ArrayList<>())
                            .add(newest ? versions.name().text() : versions.name() + "@" + version.number());
                }
            });
        } catch (InterlockException e) {
            System.err.println("interlock: without their names: " + e.explanation());
        }
        names.values().forEach(each -> each.sort(Comparator.naturalOrder()));
        return names;
    }

    private Map<String, @Nullable Object> row(
            Listed object,
            RingDescriptor descriptor,
            boolean scheduled,
            boolean degraded,
            Map<ObjectId, List<String>> names) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put(json ? "object" : "id", object.object().toString());
        row.put(json ? "length" : "size", json ? object.length() : Output.size(object.length()));
        row.put("created", json ? object.created().toString() : Output.time(object.created()));
        row.put("protocol", object.protocol());
        row.put("profile", object.profile());
        row.put(
                "providers",
                json
                        ? object.providers()
                        : object.providers() + " of "
                                + descriptor.at(object.epoch()).threshold().n());
        if (json || descriptor.epochs().size() > 1) {
            row.put("epoch", object.epoch());
        }
        if (json || degraded) {
            row.put("missing", json ? object.missing() : String.join(", ", object.missing()));
        }
        if (json || scheduled) {
            row.put(
                    json ? "destroyAt" : "destroyed",
                    object.destroyAt()
                            .map(at -> json ? at.toString() : "at " + Output.time(at))
                            .orElse(json ? null : ""));
        }
        if (json || !names.isEmpty()) {
            List<String> own = names.getOrDefault(object.object(), List.of());
            row.put(json ? "names" : "name", json ? own : String.join(", ", own));
        }
        return row;
    }
}
