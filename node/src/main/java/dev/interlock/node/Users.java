package dev.interlock.node;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.login.UserName;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.FileProblem;
import dev.interlock.wire.file.SmallFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The users file of a node: each provider decides by itself whom it serves. Read again whenever it changed.
 *
 * <p>A slip in it concerns nobody but the user on that line, whose earlier key stays: it is logged with its line. A file that
 * is gone, unreadable or no text lets in whom the last sound one let in, which is kept beside it for the next start.
 */
final class Users {
    private static final Logger log = LoggerFactory.getLogger(Users.class);

    private final Path file;
    private final Path kept;
    private final Path succeededFile;
    private SucceededKeys succeeded;
    private @Nullable Stamp succeededRead;
    private @Nullable Stamp read;
    private Listed last;
    private Set<VerifyingKey> keys = Set.of();
    private String told = "";

    /** By what a changed file is known: one that is moved there may be older. */
    private record Stamp(
            FileTime changed, long bytes, @Nullable Object file) {}

    /**
     * What a users file says.
     *
     * @param users the keys of each name
     * @param slips from the name on a line that can't be used to what is wrong with it
     */
    record Listed(Map<String, Set<VerifyingKey>> users, Map<String, String> slips) {
        private static final Listed NOBODY = new Listed(Map.of(), Map.of());

        /** The keys, those of before for names whose line can't be used. */
        private Set<VerifyingKey> keys(Listed before) {
            Set<VerifyingKey> all = new HashSet<>();
            users.values().forEach(all::addAll);
            slips.keySet().forEach(name -> all.addAll(before.users.getOrDefault(name, Set.of())));
            return all;
        }
    }

    Users(Path file) {
        this.file = file;
        this.kept = file.resolveSibling(file.getFileName() + ".last");
        this.succeededFile = file.resolveSibling(SucceededKeys.FILE);
        this.last = kept();
        this.succeeded = SucceededKeys.open(succeededFile);
        reread();
    }

    /** Whether whoever has this key is served. */
    synchronized boolean contains(VerifyingKey key) {
        return lists(key) && !isSucceeded(key);
    }

    /** Whether the operator lets this key in, or did so until another came in its place. */
    synchronized boolean lists(VerifyingKey key) {
        reread();
        return keys.contains(key);
    }

    /** Whether another came in this one's place: then nobody is served by it, whatever the users file says. */
    synchronized boolean isSucceeded(VerifyingKey key) {
        rereadSucceeded();
        return succeeded.contains(key);
    }

    /** By which key this user goes now. */
    synchronized VerifyingKey present(VerifyingKey key) {
        rereadSucceeded();
        return succeeded.present(key);
    }

    private void rereadSucceeded() {
        try {
            Stamp now = stamp(succeededFile);
            if (now != null && !now.equals(succeededRead)) {
                succeeded = SucceededKeys.open(succeededFile);
            }
            // Where it is gone, what it said before stays said.
            succeededRead = now;
        } catch (IOException e) {
            throw new BadInputException("can't read " + FileProblem.at(succeededFile, e));
        }
    }

    /** Null where there is no such file, which is how most nodes have it, and asked at every request: an exception would cost more. */
    private static @Nullable Stamp stamp(Path file) throws IOException {
        BasicFileAttributes attributes =
                file.getFileSystem().provider().readAttributesIfExists(file, BasicFileAttributes.class);
        return attributes == null
                ? null
                : new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
    }

    private void reread() {
        try {
            Stamp now = stamp(file);
            if (now == null) {
                gone();
            } else if (!now.equals(read)) {
                byte[] content = Files.readAllBytes(file);
                read = now;
                take(content, parse(content));
            }
        } catch (NoSuchFileException e) {
            gone();
        } catch (IOException e) {
            read = null;
            fallBack("it can't be read: " + FileProblem.why(e));
        } catch (MalformedException e) {
            fallBack(String.valueOf(e.getMessage()));
        }
    }

    private void gone() {
        read = null;
        fallBack(last.users().isEmpty() ? "" : "it is gone");
    }

    private void take(byte[] content, Listed now) {
        keys = now.keys(last);
        tell(now.slips().isEmpty() ? "" : String.join("; ", now.slips().values()));
        if (now.slips().isEmpty() && !now.users().equals(last.users())) {
            last = now;
            keep(content);
        }
    }

    private void fallBack(String why) {
        keys = last.keys(Listed.NOBODY);
        tell(why.isEmpty() ? "" : why + "; whom it let in before stays let in");
    }

    /** Once, not at every request. */
    private void tell(String problem) {
        if (!problem.equals(told)) {
            told = problem;
            if (problem.isEmpty()) {
                log.info("{} is sound again", file);
            } else {
                log.error("{}: {}", file, problem);
            }
        }
    }

    private void keep(byte[] content) {
        try {
            DurableFile.write(kept, DurableFile.Access.OWNER, content);
        } catch (IOException e) {
            log.warn("the users can't be kept for the next start: {}", FileProblem.at(kept, e));
        }
    }

    private Listed kept() {
        try {
            return parse(Files.readAllBytes(kept));
        } catch (IOException | MalformedException e) {
            return Listed.NOBODY;
        }
    }

    /**
     * A comment, or {@code NAME KEY}, a line. Only what counts must be ASCII: a comment may be in any encoding that has it.
     *
     * @throws MalformedException when it is no text of lines at all
     */
    static Listed parse(byte[] content) {
        String text = new String(SmallFile.withoutMark(content.clone()), StandardCharsets.ISO_8859_1);
        if (text.indexOf('\0') >= 0) {
            throw new MalformedException("it is no text in UTF-8 (an editor may have saved it as UTF-16)");
        }
        Map<String, Set<VerifyingKey>> users = new HashMap<>();
        Map<String, String> slips = new HashMap<>();
        int number = 0;
        for (String line : text.lines().toList()) {
            number++;
            String entry = line.strip();
            if (entry.isEmpty() || entry.startsWith("#")) {
                continue;
            }
            int space = Math.max(entry.lastIndexOf(' '), entry.lastIndexOf('\t'));
            String name = space < 0 ? entry : entry.substring(0, space).strip();
            try {
                users.computeIfAbsent(name, _ -> new HashSet<>()).add(VerifyingKey.parse(entry.substring(space + 1)));
            } catch (MalformedException e) {
                slips.merge(
                        name, "line " + number + " is skipped: " + e.getMessage(), (one, other) -> one + "; " + other);
            }
        }
        return new Listed(users, slips);
    }

    /** @throws BadInputException when the name or key isn't one, or the file can't be written; then it is as it was */
    static void append(Path file, String name, String key) {
        try {
            String line = new UserName(name) + " " + VerifyingKey.parse(key);
            byte[] before = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
            String text = new String(before, StandardCharsets.ISO_8859_1);
            if (text.lines().anyMatch(each -> each.strip().equals(line))) {
                return;
            }
            // An editor may have left the last line without its end.
            String start = text.isEmpty() || text.endsWith("\n") ? "" : "\n";
            append(file, before.length, (start + line + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (MalformedException e) {
            throw new BadInputException("this user can't be let in: " + e.getMessage());
        } catch (IOException e) {
            throw new BadInputException("can't write " + FileProblem.at(file, e));
        }
    }

    private static void append(Path file, long at, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            try {
                ByteBuffer rest = ByteBuffer.wrap(bytes);
                while (rest.hasRemaining()) {
                    var _ = channel.write(rest, at + rest.position());
                }
                channel.force(true);
            } catch (IOException e) {
                // Half a line would be a slip in the file.
                channel.truncate(at);
                throw e;
            }
        }
    }
}
