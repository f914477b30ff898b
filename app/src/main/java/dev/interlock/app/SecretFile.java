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
     * Makes sure that nobody else can read or write the file from now on, and says so where somebody could; one that isn't there
     * passes, and is missed later.
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
            String mode = PosixFilePermissions.toString(permissions);
            try {
                Files.setPosixFilePermissions(file, owners(permissions));
            } catch (IOException e) {
                throw new BadInputException(
                        what + " " + file + " isn't secret: its mode is " + mode
                                + ", others on this machine can read or write it, and it isn't yours to close. Use one that is");
            }
            System.err.println("interlock: " + what + " " + file + " had the mode " + mode
                    + ", so that others on this machine could read or write it. It is yours alone now; what they may have"
                    + " read stays theirs");
        }
        return file;
    }

    private static Set<PosixFilePermission> owners(Set<PosixFilePermission> permissions) {
        Set<PosixFilePermission> own = EnumSet.copyOf(permissions);
        own.retainAll(EnumSet.of(
                PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE));
        return own;
    }
}
