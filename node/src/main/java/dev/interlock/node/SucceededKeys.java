package dev.interlock.node;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Users' keys that others came in the place of, since the root secret that they derive from was changed for a new one (SPEC §17): the
 * file {@code succeeded} of a node's folder, {@code OLD NEW VERSION} a line, NEW a dash where it isn't known. Lines are added, and
 * never taken away: no users file lets such a key in again.
 */
final class SucceededKeys {
    static final String FILE = "succeeded";
    private static final Object WRITING = new Object();

    private final Path file;
    private final Map<VerifyingKey, Next> keys;

    private record Next(Optional<VerifyingKey> key, int rootVersion) {}

    private SucceededKeys(Path file, Map<VerifyingKey, Next> keys) {
        this.file = file;
        this.keys = keys;
    }

    /** @throws BadInputException when the file can't be read: then nobody is to be served by it */
    static SucceededKeys open(Path file) {
        Map<VerifyingKey, Next> keys = new LinkedHashMap<>();
        try {
            for (String line :
                    Files.exists(file) ? Files.readAllLines(file, StandardCharsets.US_ASCII) : List.<String>of()) {
                String[] words = line.split(" ", -1);
                if (words.length != 3) {
                    throw new MalformedException("a line is no `OLD NEW VERSION`");
                }
                Optional<VerifyingKey> next =
                        words[1].equals("-") ? Optional.empty() : Optional.of(VerifyingKey.parse(words[1]));
                keys.put(VerifyingKey.parse(words[0]), new Next(next, Integer.parseInt(words[2])));
            }
        } catch (IOException e) {
            throw new BadInputException("can't read " + FileProblem.at(file, e));
        } catch (MalformedException | NumberFormatException e) {
            throw new BadInputException("can't read " + file + ": " + e.getMessage());
        }
        return new SucceededKeys(file, keys);
    }

    boolean contains(VerifyingKey key) {
        return keys.containsKey(key);
    }

    /** By which key this user goes now; the same one where no other came in its place. */
    VerifyingKey present(VerifyingKey key) {
        VerifyingKey present = key;
        for (int i = 0; i <= keys.size(); i++) {
            Next next = keys.get(present);
            if (next == null || next.key().isEmpty()) {
                return present;
            }
            present = next.key().get();
        }
        return present;
    }

    /** Durably. */
    void add(List<VerifyingKey> before, Optional<VerifyingKey> now, int rootVersion) {
        synchronized (WRITING) {
            Map<VerifyingKey, Next> all = new LinkedHashMap<>(open(file).keys);
            Set<VerifyingKey> ended = new HashSet<>(before);
            for (VerifyingKey key : before) {
                Next known = all.get(key);
                // Whoever had an earlier root before it ended may have named a key of their own: that ends with it.
                if (known != null && known.rootVersion() < rootVersion) {
                    known.key().ifPresent(ended::add);
                }
            }
            now.ifPresent(ended::remove);
            Map<VerifyingKey, Next> written = new LinkedHashMap<>(all);
            for (VerifyingKey key : ended) {
                Next known = all.get(key);
                boolean stays = known != null
                        && (known.rootVersion() > rootVersion
                                || (known.rootVersion() == rootVersion
                                        && known.key().isPresent()));
                if (!stays) {
                    written.put(key, new Next(now, rootVersion));
                }
            }
            if (written.equals(all)) {
                return;
            }
            List<String> lines = new ArrayList<>();
            written.forEach((key, next) -> lines.add(
                    key + " " + next.key().map(VerifyingKey::toString).orElse("-") + " " + next.rootVersion() + "\n"));
            try {
                DurableFile.write(
                        file, DurableFile.Access.OWNER, String.join("", lines).getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                throw new BadInputException("can't write " + FileProblem.at(file, e));
            }
        }
    }
}
