package dev.interlock.app;

import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/** A file that only its owner may read: a credential, a private key, a user key, a ring's key. */
final class SecretFile {
    private static final Set<PosixFilePermission> OTHERS = EnumSet.of(
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE);

    private SecretFile() {}

    /**
     * Lets the file pass where nobody else can read or write it; one that isn't there passes too, and is missed later.
     *
     * @param what for the message: "the credential"
     */
    static Path check(Path file, String what) {
        Set<PosixFilePermission> permissions;
        try {
            permissions = Files.getPosixFilePermissions(file);
        } catch (IOException | UnsupportedOperationException e) {
            return file;
        }
        if (Files.isRegularFile(file) && OTHERS.stream().anyMatch(permissions::contains)) {
            throw new BadInputException(what + " " + file + " isn't secret: its mode is "
                    + PosixFilePermissions.toString(permissions)
                    + ", and others on this machine can read or write it. `chmod 600 " + file
                    + "` ends that; what they may have read stays theirs");
        }
        return file;
    }
}
