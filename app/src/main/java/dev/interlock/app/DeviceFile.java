package dev.interlock.app;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.SmallFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * By what providers know this device again, so that a stranger's guesses don't lock its owner out: 32 random bytes for each ring and
 * user, in the folder of what was learned of providers. It opens nothing; whoever copies it may make the device's guesses.
 */
final class DeviceFile implements AutoCloseable {
    private final Optional<Path> folder;
    private final String name;
    private final SecretBytes secret;
    private final boolean known;

    private DeviceFile(Optional<Path> folder, String name, SecretBytes secret, boolean known) {
        this.folder = folder;
        this.name = name;
        this.secret = secret;
        this.known = known;
    }

    /** That of before, or a new one, which isn't kept before {@link #keep}. */
    static DeviceFile open(RingDescriptor ring, UserName user) {
        Optional<Path> folder = RingOptions.recordFolder(Visit.environment()).map(each -> each.resolve("devices"));
        String name = ring.id() + "." + user;
        Optional<Path> file = folder.map(each -> each.resolve(name));
        if (file.isPresent() && Files.exists(file.get())) {
            try {
                byte[] text = SmallFile.read(file.get());
                byte[] secret = HexFormat.of().parseHex(new String(text, StandardCharsets.US_ASCII).strip());
                Arrays.fill(text, (byte) 0);
                if (secret.length == 32) {
                    return new DeviceFile(folder, name, SecretBytes.taking(secret), true);
                }
            } catch (IOException | IllegalArgumentException e) {
                // It is only worth an allowance: a new one does.
            }
        }
        return new DeviceFile(folder, name, SecretBytes.random(32, new SecureRandom()), false);
    }

    SecretBytes secret() {
        return secret;
    }

    /** Has this device be another one from its next login on: what was known of it may be known to others. */
    static void forget(RingDescriptor ring, UserName user) {
        RingOptions.recordFolder(Visit.environment())
                .map(each -> each.resolve("devices").resolve(ring.id() + "." + user))
                .ifPresent(file -> {
                    try {
                        boolean _ = Files.deleteIfExists(file);
                    } catch (IOException e) {
                        System.err.println(
                                "interlock: " + file + " can't be removed; it is known to whoever had the device");
                    }
                });
    }

    /** Whether it is that of before. */
    boolean isKnown() {
        return known;
    }

    /** Best effort, after a login. */
    void keep() {
        if (known || folder.isEmpty()) {
            return;
        }
        byte[] bytes = secret.copyToHeap();
        byte[] text = (HexFormat.of().formatHex(bytes) + "\n").getBytes(StandardCharsets.US_ASCII);
        try {
            DurableFile.createFolder(folder.get());
            DurableFile.write(folder.get().resolve(name), DurableFile.Access.OWNER, text);
        } catch (IOException e) {
            System.err.println("interlock: this device isn't remembered: " + folder.get() + " can't be written");
        } finally {
            Arrays.fill(bytes, (byte) 0);
            Arrays.fill(text, (byte) 0);
        }
    }

    @Override
    public void close() {
        secret.close();
    }
}
