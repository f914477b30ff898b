package dev.interlock.client;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.FileProblem;
import dev.interlock.wire.file.SmallFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * A private key of protocol 1 in a file: a comment line with the public key, then one line, {@value #PREFIX}, the kind of
 * key and 64 hex digits.
 */
public final class PrivateKeyFile {
    private static final String PREFIX = "interlock-private-key-1";
    private static final String COMMENT = "# public key: ";

    private PrivateKeyFile() {}

    /** @throws BadInputException when the file exists or can't be written */
    public static void create(Path file, OpeningKey key) {
        byte[] secret = key.copyToHeap();
        try {
            String text = COMMENT + key.recipient() + "\n" + PREFIX + " "
                    + key.recipient().kem().label() + " " + HexFormat.of().formatHex(secret) + "\n";
            DurableFile.writeNew(file, DurableFile.Access.OWNER, text.getBytes(StandardCharsets.US_ASCII));
        } catch (FileAlreadyExistsException e) {
            throw new BadInputException(file + " exists; a private key is never overwritten");
        } catch (IOException e) {
            throw new BadInputException("can't write " + FileProblem.at(file, e));
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    /** @throws BadInputException when this is no private key's file */
    public static OpeningKey read(Path file) {
        byte[] text;
        try {
            text = SmallFile.read(file);
        } catch (NoSuchFileException e) {
            throw new BadInputException("there's no private key at " + file);
        } catch (IOException e) {
            throw new BadInputException("can't read the private key " + FileProblem.at(file, e));
        }
        try {
            List<String> lines = new String(text, StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.startsWith("#") && !line.isBlank())
                    .toList();
            String[] parts = lines.size() == 1 ? lines.getFirst().split(" ", -1) : new String[0];
            if (parts.length != 3 || !parts[0].equals(PREFIX)) {
                throw new BadInputException(file + " is no private key of Interlock", new Advice.MakeKeyPair());
            }
            byte[] secret = HexFormat.of().parseHex(parts[2]);
            if (secret.length != OpeningKey.BYTES) {
                throw new BadInputException("the private key " + file + " isn't whole");
            }
            return OpeningKey.of(Kem.parse(parts[1]), SecretBytes.taking(secret));
        } catch (MalformedException e) {
            throw new BadInputException("the private key " + file + ": " + e.getMessage());
        } catch (IllegalArgumentException e) {
            throw new BadInputException("the private key " + file + " isn't whole");
        } finally {
            Arrays.fill(text, (byte) 0);
        }
    }
}
