package dev.interlock.app;

import dev.interlock.client.DeviceBook;
import dev.interlock.client.Interlock;
import dev.interlock.client.login.Accounts;
import dev.interlock.core.encoding.ForeignText;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.names.NameContent;
import dev.interlock.protocol.ring.Provider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A user's devices, each in one line: what their own book says of it, and who of the providers knows it.
 *
 * @param absent why others didn't say, by provider
 */
record DeviceLines(List<Line> lines, int providers, Map<String, String> absent) {
    private static final int SHOWN_DIGITS = 8;

    /**
     * One device.
     *
     * @param key by which the ring's first provider knows it, or the only one that does; its first digits name the device
     * @param device in the book; empty for one that no device noted
     * @param at who knows it
     * @param last when it last logged in, as they say
     * @param isThis whether it is the one that asks
     */
    record Line(
            VerifyingKey key,
            Optional<NameContent.Device> device,
            List<String> at,
            Optional<Instant> last,
            boolean isThis) {
        String id() {
            return digits(key).substring(0, SHOWN_DIGITS);
        }

        /** The provider that alone knows of it. */
        String unlistedAt() {
            return at.getFirst();
        }

        String said() {
            return id()
                    + device.map(each -> " (" + ForeignText.line(each.label()) + ")")
                            .orElseGet(() -> " at " + unlistedAt());
        }
    }

    static DeviceLines of(Interlock interlock, Accounts.Devices told, UserName user) throws InterruptedException {
        DeviceBook book = interlock.devices();
        List<Accounts.Device> unlisted = new ArrayList<>(told.devices());
        List<Provider> providers = interlock.ring().providers();
        List<Line> lines = new ArrayList<>();
        try (DeviceFile own = DeviceFile.open(interlock.ring(), user)) {
            byte[] secret = own.secret().copyToHeap();
            for (NameContent.Device device : book.list()) {
                List<Accounts.Device> known = unlisted.stream()
                        .filter(each -> each.key().equals(book.key(device, each.provider())))
                        .toList();
                unlisted.removeAll(known);
                lines.add(new Line(
                        book.key(device, providers.getFirst().name()),
                        Optional.of(device),
                        known.stream().map(Accounts.Device::provider).toList(),
                        known.stream().map(Accounts.Device::last).max(Comparator.naturalOrder()),
                        MessageDigest.isEqual(secret, device.secret())));
            }
        }
        for (Accounts.Device each : unlisted) {
            lines.add(
                    new Line(each.key(), Optional.empty(), List.of(each.provider()), Optional.of(each.last()), false));
        }
        return new DeviceLines(lines, providers.size(), told.absent());
    }

    /** Those that are named by their first digits; all where none is. @throws BadInputException where one isn't there, or two are meant */
    List<Line> chosen(List<String> which) {
        if (which.isEmpty()) {
            return lines;
        }
        List<Line> chosen = new ArrayList<>();
        for (String beginning : which) {
            List<Line> meant = lines.stream()
                    .filter(line -> !beginning.isEmpty() && digits(line.key()).startsWith(beginning))
                    .toList();
            if (meant.size() != 1) {
                throw new BadInputException(
                        (meant.isEmpty() ? "there is no device " : "there are several devices that begin with ")
                                + ForeignText.line(beginning) + ": `interlock user devices` lists them");
            }
            chosen.addAll(meant);
        }
        return chosen;
    }

    List<Map<String, @Nullable Object>> rows(boolean json) {
        List<Map<String, @Nullable Object>> rows = new ArrayList<>();
        for (Line line : lines) {
            boolean forgotten =
                    line.device().filter(NameContent.Device::forgotten).isPresent();
            Optional<Instant> since = line.device().map(each -> Instant.ofEpochMilli(each.sinceMillis()));
            Map<String, @Nullable Object> row = new LinkedHashMap<>();
            row.put("device", json ? digits(line.key()) : line.id());
            row.put("since", since.map(Output::time).orElse(json ? null : "-"));
            row.put("last", line.last().map(Output::time).orElse(json ? null : "-"));
            row.put("providers", json ? line.at() : line.at().size() + " of " + providers);
            if (json) {
                row.put("this", line.isThis());
                row.put("forgotten", forgotten);
            }
            String label = line.device().map(NameContent.Device::label).orElse("");
            row.put(
                    "label",
                    json
                            ? label
                            : line.device().isEmpty()
                                    ? "(noted by no device, at " + line.unlistedAt() + " alone)"
                                    : label
                                            + (line.isThis() ? " (this one)" : "")
                                            + (forgotten ? " (forgotten; not all providers know yet)" : ""));
            rows.add(row);
        }
        return rows;
    }

    private static String digits(VerifyingKey key) {
        return key.toString().substring("ed25519:".length());
    }

    /** What this machine is called. */
    static String ownLabel() {
        try {
            String name = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
            return name.isEmpty() ? "a device" : name;
        } catch (IOException e) {
            return Optional.ofNullable(System.getenv("HOSTNAME")).orElse("a device");
        }
    }
}
