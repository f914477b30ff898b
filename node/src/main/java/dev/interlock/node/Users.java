package dev.interlock.node;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.ring.NodeCard;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The users file of a node: each provider decides by itself whom it serves. Read again whenever it changed. */
final class Users {
    private static final Logger log = LoggerFactory.getLogger(Users.class);

    private final Path file;
    private @Nullable FileTime read;
    private Set<VerifyingKey> keys = Set.of();

    Users(Path file) {
        this.file = file;
    }

    synchronized boolean contains(VerifyingKey key) {
        try {
            FileTime changed = Files.getLastModifiedTime(file);
            if (!changed.equals(read)) {
                keys = parse(Files.readAllLines(file));
                read = changed;
            }
        } catch (IOException e) {
            keys = Set.of();
            read = null;
        } catch (MalformedException e) {
            // A slip in the file must not shut out those who were let in before it.
            log.error("{}: {}; the users read before stay", file, e.getMessage());
        }
        return keys.contains(key);
    }

    private static Set<VerifyingKey> parse(List<String> lines) {
        Set<VerifyingKey> parsed = new HashSet<>();
        for (String line : lines) {
            String entry = line.strip();
            if (!entry.isEmpty() && !entry.startsWith("#")) {
                parsed.add(VerifyingKey.parse(entry.substring(entry.lastIndexOf(' ') + 1)));
            }
        }
        return parsed;
    }

    static void append(Path file, String name, String key) {
        try {
            NodeCard.checkName(name);
            String line = name + " " + VerifyingKey.parse(key) + "\n";
            if (Files.exists(file) && Files.readAllLines(file).contains(line.strip())) {
                return;
            }
            Files.writeString(file, line, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (MalformedException e) {
            throw new BadInputException("this user can't be let in: " + e.getMessage());
        } catch (IOException e) {
            throw new BadInputException("can't write " + file + ": " + e.getMessage());
        }
    }
}
