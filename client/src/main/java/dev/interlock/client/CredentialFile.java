package dev.interlock.client;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.FileProblem;
import dev.interlock.wire.file.SmallFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;

/** A credential in a file: one line, {@value #PREFIX} and 64 hex digits. Whoever reads it is the user. */
public final class CredentialFile {
    private static final String PREFIX = "interlock-credential-1 ";

    private CredentialFile() {}

    /** @throws BadInputException when the file exists or can't be written */
    public static void create(Path file, SecureRandom random) {
        try (SecretBytes seed = SecretBytes.random(SeedCredential.SEED_BYTES, random)) {
            byte[] secret = seed.copyToHeap();
            String line = PREFIX + HexFormat.of().formatHex(secret) + "\n";
            Arrays.fill(secret, (byte) 0);
            DurableFile.writeNew(file, DurableFile.Access.OWNER, line.getBytes(StandardCharsets.US_ASCII));
        } catch (FileAlreadyExistsException e) {
            throw new BadInputException(file + " exists; a credential is never overwritten");
        } catch (IOException e) {
            throw new BadInputException("can't write " + FileProblem.at(file, e));
        }
    }

    /** @throws BadInputException when this is no credential's file */
    public static SeedCredential read(Path file) {
        return new SeedCredential(readSecret(file));
    }

    /** The root secret that it holds, 32 bytes; the caller closes it. */
    public static SecretBytes readSecret(Path file) {
        byte[] text;
        try {
            text = SmallFile.read(file);
        } catch (NoSuchFileException e) {
            throw new BadInputException("there's no credential at " + file, new Advice.MakeCredential());
        } catch (IOException e) {
            throw new BadInputException("can't read the credential " + FileProblem.at(file, e));
        }
        try {
            String line = new String(text, StandardCharsets.US_ASCII).strip();
            if (!line.startsWith(PREFIX)) {
                throw new BadInputException(file + " is no credential of Interlock");
            }
            byte[] seed = HexFormat.of().parseHex(line, PREFIX.length(), line.length());
            if (seed.length != SeedCredential.SEED_BYTES) {
                throw new BadInputException("the credential " + file + " isn't whole");
            }
            return SecretBytes.taking(seed);
        } catch (IllegalArgumentException e) {
            throw new BadInputException("the credential " + file + " isn't whole");
        } finally {
            Arrays.fill(text, (byte) 0);
        }
    }
}
