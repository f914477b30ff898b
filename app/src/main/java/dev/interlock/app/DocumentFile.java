package dev.interlock.app;

import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A document that a command checks: a proof, evidence, receipts. */
final class DocumentFile {
    private DocumentFile() {}

    /**
     * All of it.
     *
     * @param maxBytes more than any such document has
     * @param what for the message: "proof"
     * @throws BadInputException where there's no such file, or it is too long to be one
     */
    static byte[] read(Path file, long maxBytes, String what) throws IOException {
        try {
            long size = Files.size(file);
            if (size > maxBytes) {
                throw new BadInputException(file + " is no " + what + ": it has " + size + " bytes");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new BadInputException("there's no file " + file);
        }
    }
}
