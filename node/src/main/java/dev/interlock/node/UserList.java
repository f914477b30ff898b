package dev.interlock.node;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The users file of a node as its operator sees it: who is served under which name, and ending that. A running node reads the
 * file again by itself. Lines that name nobody stay as they are.
 */
public final class UserList {
    private final Path file;

    /** @param node the node's folder */
    public UserList(NodeFolder node) {
        this.file = node.path().resolve("users");
    }

    /** Somebody whom the node serves. */
    public record User(String name, VerifyingKey key) {}

    /** In the order of the file; empty where nobody was let in yet. */
    public List<User> all() {
        return lines().stream().flatMap(line -> parse(line).stream()).toList();
    }

    /**
     * Ends serving a user.
     *
     * @param nameOrKey a name, with all of its keys, or one key
     * @return who isn't served any more; empty where there was nobody of that name or key
     */
    public List<User> remove(String nameOrKey) {
        List<User> removed = new ArrayList<>();
        StringBuilder kept = new StringBuilder();
        for (String line : lines()) {
            Optional<User> user = parse(line)
                    .filter(each -> each.name().equals(nameOrKey)
                            || each.key().toString().equals(nameOrKey));
            user.ifPresentOrElse(removed::add, () -> kept.append(line).append('\n'));
        }
        if (!removed.isEmpty()) {
            replace(kept.toString());
        }
        return removed;
    }

    private static Optional<User> parse(String line) {
        String entry = line.strip();
        int gap = entry.lastIndexOf(' ');
        if (entry.isEmpty() || entry.startsWith("#")) {
            return Optional.empty();
        }
        try {
            return Optional.of(new User(
                    gap < 0 ? "" : entry.substring(0, gap).strip(), VerifyingKey.parse(entry.substring(gap + 1))));
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }

    /** Whatever its bytes are: a name or a comment in another encoding stays what it is. */
    private List<String> lines() {
        try {
            return Files.exists(file) ? Files.readAllLines(file, StandardCharsets.ISO_8859_1) : List.of();
        } catch (IOException e) {
            throw new BadInputException("can't read " + file + ": " + e.getMessage());
        }
    }

    private void replace(String text) {
        Path aside = file.resolveSibling("users.new");
        try {
            Files.writeString(aside, text, StandardCharsets.ISO_8859_1);
            Files.setPosixFilePermissions(aside, Files.getPosixFilePermissions(file));
            Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new BadInputException("can't write " + file + ": " + e.getMessage());
        }
    }
}
