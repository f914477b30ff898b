package dev.interlock.node.login;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.node.NodeFolder;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.login.UserName;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;

/**
 * The tickets that a node's operator gave out: each lets one name be enrolled here, once. A file for each in the folder's {@code
 * tickets}, named by the hash of its secret, so that who reads the folder has none.
 */
public final class Tickets {
    /** How long a ticket may be used. */
    public static final Duration LIFETIME = Duration.ofDays(7);

    private static final int SECRET_BYTES = 16;
    private static final HexFormat HEX = HexFormat.of();

    private final String node;
    private final Path folder;

    public Tickets(NodeFolder node) {
        this.node = node.card().name();
        this.folder = node.path().resolve("tickets");
    }

    /** A new ticket's secret, 32 hex digits. */
    public String issue(UserName name, SecureRandom random, Instant now) {
        byte[] secret = new byte[SECRET_BYTES];
        random.nextBytes(secret);
        String text = HEX.formatHex(secret);
        try {
            DurableFile.createFolder(folder);
            DurableFile.writeNew(
                    folder.resolve(hex(text)),
                    DurableFile.Access.OWNER,
                    (name + " " + now.plus(LIFETIME).toEpochMilli() + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new BadInputException("can't write " + FileProblem.at(folder, e));
        }
        return text;
    }

    /**
     * The hash of a ticket that lets this name be enrolled now.
     *
     * @throws RefusedException when there is none
     */
    public byte[] require(String ticket, UserName name, Instant now) {
        try {
            String[] words = Files.readString(folder.resolve(hex(ticket)), StandardCharsets.US_ASCII)
                    .strip()
                    .split(" ", -1);
            if (words.length == 2 && words[0].equals(name.text()) && now.toEpochMilli() < Long.parseLong(words[1])) {
                return hash(ticket);
            }
        } catch (NoSuchFileException e) {
            // None, as one that is for another name or has expired.
        } catch (IOException | NumberFormatException e) {
            throw new BadInputException(node + " can't read its tickets");
        }
        throw new RefusedException(node + " lets nobody be enrolled as " + name
                + " by this ticket: it is for another node or name, was used," + " or has expired");
    }

    /**
     * Uses a ticket up, where there is no record of a login that would: the first key that shows it is the only one.
     *
     * @throws RefusedException when another key used it
     */
    void use(String ticket, VerifyingKey key) {
        Path used = folder.resolve(hex(ticket) + ".used");
        byte[] text = (key + "\n").getBytes(StandardCharsets.US_ASCII);
        try {
            DurableFile.writeNew(used, DurableFile.Access.OWNER, text);
        } catch (FileAlreadyExistsException e) {
            requireSame(used, key);
        } catch (IOException e) {
            throw new BadInputException(node + " can't write its tickets");
        }
    }

    private void requireSame(Path used, VerifyingKey key) {
        try {
            if (VerifyingKey.parse(
                            Files.readString(used, StandardCharsets.US_ASCII).strip())
                    .equals(key)) {
                return;
            }
        } catch (IOException | MalformedException e) {
            // What can't be read isn't the same.
        }
        throw new RefusedException(node + " refuses: this ticket was used by somebody else");
    }

    private static byte[] hash(String ticket) {
        return Sha256.labelled("interlock/v1/ticket")
                .update(ticket.getBytes(StandardCharsets.UTF_8))
                .digest();
    }

    private static String hex(String ticket) {
        return HEX.formatHex(hash(ticket));
    }
}
