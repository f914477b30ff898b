package dev.interlock.app;

import dev.interlock.node.log.Line;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** How a line of an audit log is shown to a person: names for keys, the first digits of ids and hashes. */
final class LogNames {
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{32,}");
    private static final String ALGORITHM = "ed25519:";
    private static final int DIGITS = 8;

    private final Optional<RingDescriptor> ring;
    private final Map<String, String> users;

    /** @param users by key, what the node's operator calls them */
    LogNames(Optional<RingDescriptor> ring, Map<String, String> users) {
        this.ring = ring;
        this.users = users;
    }

    String line(Line line) {
        return String.format(
                Locale.ROOT,
                "%5d  %s  %-10s %s",
                line.sequence(),
                Output.time(line.time()),
                line.event(),
                fields(line));
    }

    private String fields(Line line) {
        return line.fields().entrySet().stream()
                .map(field -> field.getKey() + "=" + value(field.getValue()))
                .collect(Collectors.joining(" "));
    }

    private String value(String value) {
        if (value.startsWith(ALGORITHM)) {
            String user = users.get(value);
            return user != null ? user : ALGORITHM + shortened(value.substring(ALGORITHM.length()));
        }
        if (HEX.matcher(value).matches()) {
            boolean isRing =
                    ring.filter(each -> each.id().toString().equals(value)).isPresent();
            return isRing ? ring.orElseThrow().name() : shortened(value);
        }
        return value;
    }

    private static String shortened(String digits) {
        return digits.length() <= DIGITS ? digits : digits.substring(0, DIGITS) + "…";
    }
}
