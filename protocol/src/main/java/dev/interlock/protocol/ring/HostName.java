package dev.interlock.protocol.ring;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The one spelling of a host in which two of them are compared: names in lower case without a dot at their end, IPv6 as RFC
 * 5952 has it, without brackets and zone, an IPv4 address in IPv6 as the IPv4 address.
 */
public final class HostName {
    private static final Pattern GROUP = Pattern.compile("[0-9a-f]{1,4}");
    private static final Pattern V4 = Pattern.compile(
            "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])" + "(\\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}");
    private static final int GROUPS = 8;

    private HostName() {}

    /** @param host a name or an address, with or without brackets */
    public static String canonical(String host) {
        String text = host.toLowerCase(Locale.ROOT);
        if (text.startsWith("[") && text.endsWith("]")) {
            text = text.substring(1, text.length() - 1);
        }
        if (!text.contains(":")) {
            return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
        }
        int zone = text.indexOf('%');
        String address = zone < 0 ? text : text.substring(0, zone);
        return groups(address).map(HostName::text).orElse(address);
    }

    /** The 8 groups of an IPv6 address. */
    private static Optional<int[]> groups(String address) {
        int gap = address.indexOf("::");
        if (gap < 0) {
            return side(address).filter(groups -> groups.length == GROUPS);
        }
        Optional<int[]> before = side(address.substring(0, gap));
        Optional<int[]> after = side(address.substring(gap + 2));
        if (before.isEmpty() || after.isEmpty() || before.get().length + after.get().length >= GROUPS) {
            return Optional.empty();
        }
        int[] all = Arrays.copyOf(before.get(), GROUPS);
        System.arraycopy(after.get(), 0, all, GROUPS - after.get().length, after.get().length);
        return Optional.of(all);
    }

    private static Optional<int[]> side(String text) {
        if (text.isEmpty()) {
            return Optional.of(new int[0]);
        }
        String[] parts = text.split(":", -1);
        int[] groups = new int[parts.length + 1];
        int count = 0;
        for (int i = 0; i < parts.length; i++) {
            if (GROUP.matcher(parts[i]).matches()) {
                groups[count++] = Integer.parseInt(parts[i], 16);
            } else if (i == parts.length - 1 && V4.matcher(parts[i]).matches()) {
                int[] bytes = Arrays.stream(parts[i].split("\\.", -1))
                        .mapToInt(Integer::parseInt)
                        .toArray();
                groups[count++] = (bytes[0] << 8) | bytes[1];
                groups[count++] = (bytes[2] << 8) | bytes[3];
            } else {
                return Optional.empty();
            }
        }
        return Optional.of(Arrays.copyOf(groups, count));
    }

    private static String text(int[] groups) {
        boolean isMapped = Arrays.stream(groups, 0, 5).allMatch(group -> group == 0) && groups[5] == 0xFFFF;
        if (isMapped) {
            return (groups[6] >> 8) + "." + (groups[6] & 0xFF) + "." + (groups[7] >> 8) + "." + (groups[7] & 0xFF);
        }
        int from = 0;
        int longest = 0;
        for (int i = 0; i < GROUPS; i++) {
            int end = i;
            while (end < GROUPS && groups[end] == 0) {
                end++;
            }
            if (end - i > longest) {
                from = i;
                longest = end - i;
            }
        }
        if (longest < 2) {
            return joined(groups, 0, GROUPS);
        }
        return joined(groups, 0, from) + "::" + joined(groups, from + longest, GROUPS);
    }

    private static String joined(int[] groups, int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < to; i++) {
            text.append(i == from ? "" : ":").append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }
}
