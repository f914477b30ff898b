package dev.interlock.app;

import dev.interlock.client.PutOptions;
import dev.interlock.client.UserKeyOutput;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.wire.file.SmallFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which protocol a put runs, in which profile, and what the user keeps. */
final class SchemeOptions {
    /** Longer than any public key. */
    private static final int MAX_KEY_FILE_BYTES = 8 << 10;

    @Option(
            names = "--protocol",
            paramLabel = "N",
            description = {
                "1: sealed to your public key (--to); 2: you keep a key for this object (--share);"
                        + " 3: you keep nothing (default: 1 with --to, 2 with --share, else 3)"
            })
    private @Nullable Integer protocol;

    @Option(
            names = "--profile",
            paramLabel = "PROFILE",
            defaultValue = "blinded",
            description = "blinded, or published: to the letter of the paper, which leaks (default: ${DEFAULT-VALUE})")
    private String profile = "";

    @Option(
            names = "--blinds",
            paramLabel = "KIND",
            description = "expanded from 32 bytes, or full: as long as the message (default: expanded)")
    private @Nullable String blinds;

    @Option(
            names = "--to",
            paramLabel = "KEY",
            description = "protocol 1: the public key that `interlock keygen` printed, or a file that holds it")
    private @Nullable String to;

    @Option(
            names = "--share",
            paramLabel = "FILE",
            description = "protocol 2: a new file for your key of this object; without it nobody opens the object")
    private @Nullable Path share;

    @Option(
            names = "--full",
            description = "protocol 2: a key as long as the object, so that nothing at rest rests on an assumption")
    private boolean full;

    Scheme scheme() {
        int inferred = to != null ? 1 : share != null ? 2 : 3;
        Scheme scheme = new Scheme(protocol == null ? inferred : protocol, Profile.parse(profile));
        require(
                (to != null) == (scheme.protocol() == 1),
                "--to KEY belongs to protocol 1, and protocol 1 needs it" + " (`interlock keygen` makes a key)");
        require(
                (share != null) == (scheme.protocol() == 2),
                "--share FILE belongs to protocol 2, and protocol 2 needs"
                        + " it: the file will hold your key of this object");
        require(!full || scheme.paddedByUser(), "--full belongs to protocol 2 in the blinded profile");
        require(
                blinds == null || scheme.blinded(),
                "--blinds belongs to the blinded profile: the published one has none");
        return scheme;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new BadInputException(otherwise);
        }
    }

    Optional<Path> userKeyFile() {
        return Optional.ofNullable(share);
    }

    PutOptions with(Optional<UserKeyOutput> userKey) throws IOException {
        Scheme scheme = scheme();
        Blinding blinding = scheme.blinded() ? blinding(blinds) : Blinding.NONE;
        Optional<RecipientKey> recipient = to == null ? Optional.empty() : Optional.of(recipient(to));
        return new PutOptions(scheme, blinding, recipient, userKey, full, 0);
    }

    /** Of a put or a get in the blinded profile. */
    static Blinding blinding(@Nullable String text) {
        Blinding blinding = text == null ? Blinding.EXPANDED : Blinding.parse(text);
        require(blinding != Blinding.NONE, "--blinds must be expanded or full");
        return blinding;
    }

    private static RecipientKey recipient(String keyOrFile) throws IOException {
        if (keyOrFile.contains(":")) {
            return RecipientKey.parse(keyOrFile);
        }
        Path file = Path.of(keyOrFile);
        if (!Files.isRegularFile(file)) {
            throw new BadInputException(
                    "--to " + keyOrFile + " is neither a public key (x25519:… or xwing:…) nor a file");
        }
        require(
                Files.size(file) <= MAX_KEY_FILE_BYTES,
                "--to " + keyOrFile + " is no file of a public key: it is too long");
        // Whatever its bytes are, they make a text; what isn't a key is refused as that.
        return RecipientKey.parse(new String(SmallFile.read(file), StandardCharsets.ISO_8859_1).strip());
    }
}
