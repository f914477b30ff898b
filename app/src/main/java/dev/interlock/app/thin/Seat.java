package dev.interlock.app.thin;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.util.Map;
import java.util.Set;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/** Where a user's agent is to be found: a socket in a folder that only this user can open. */
public final class Seat {
    /** The whole path of the socket; {@code off} has commands do their work themselves. */
    public static final String VARIABLE = "INTERLOCK_AGENT";

    /** What the kernel takes, with its last zero, is 108. */
    public static final int LONGEST_BYTES = 107;

    private static final String OFF = "off";

    private Seat() {}

    /** The socket's path, as the launcher finds it, too; null for none. */
    public static @Nullable Path of(Map<String, String> environment) {
        String named = environment.get(VARIABLE);
        if (named != null && !named.isEmpty()) {
            // Relative to wherever each command runs it would be another one for each.
            return named.equals(OFF) || !named.startsWith("/") ? null : Path.of(named);
        }
        String runtime = environment.get("XDG_RUNTIME_DIR");
        if (runtime != null && runtime.startsWith("/")) {
            return Path.of(runtime, "interlock", "agent");
        }
        String home = environment.get("HOME");
        return home != null && home.startsWith("/")
                ? Path.of(home, ".local", "state", "interlock-agent", "agent")
                : null;
    }

    /** @throws IOException unless the socket's folder is this user's and closed to all others */
    public static void check(Path socket) throws IOException {
        Path folder = socket.getParent();
        if (folder == null) {
            throw new IOException(socket + " is in no folder");
        }
        PosixFileAttributes found = Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!found.isDirectory()) {
            throw new IOException(folder + " is no folder");
        }
        if (!found.owner().equals(user())) {
            throw new IOException(
                    "the folder " + folder + " belongs to " + found.owner().getName());
        }
        Set<PosixFilePermission> open = found.permissions();
        open.remove(PosixFilePermission.OWNER_READ);
        open.remove(PosixFilePermission.OWNER_WRITE);
        open.remove(PosixFilePermission.OWNER_EXECUTE);
        if (!open.isEmpty()) {
            throw new IOException("others than its owner can open the folder " + folder);
        }
    }

    /** Whom this process runs as. */
    public static UserPrincipal user() throws IOException {
        return Files.getOwner(Path.of("/proc/self"));
    }

    /** @throws IOException unless the process at the other end was this user's when it connected or listened */
    public static void checkPeer(SocketChannel channel, UserPrincipal user) throws IOException {
        UserPrincipal peer =
                channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
        if (!peer.equals(user)) {
            throw new IOException("the process at the other end of the socket runs as " + peer.getName());
        }
    }
}
