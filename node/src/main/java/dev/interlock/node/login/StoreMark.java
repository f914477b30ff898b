package dev.interlock.node.login;

import dev.interlock.node.NodeFolder;
import dev.interlock.node.store.LoginStore;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.FileProblem;
import dev.interlock.wire.file.SmallFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a node finds out that its store was restored from a backup (SPEC §17): store and folder both keep a number, raised at every
 * start and before every erasure of shares, in the store first. Where the folder's is ahead the store is an old one: its shares may
 * be of passwords that are dead, so they are erased, and the others make new ones for it.
 */
final class StoreMark {
    private static final Logger log = LoggerFactory.getLogger(StoreMark.class);
    private static final String FILE = "logins.mark";

    private final String node;
    private final NodeFolder folder;
    private final Path file;
    private final LoginStore store;

    private StoreMark(NodeFolder folder, LoginStore store) {
        this.node = folder.card().name();
        this.folder = folder;
        this.file = folder.own(FILE);
        this.store = store;
    }

    /** At a start, before anything is answered. */
    static StoreMark open(NodeFolder folder, LoginStore store) {
        StoreMark mark = new StoreMark(folder, store);
        long here = store.mark();
        long said = mark.read();
        if (said > here) {
            int erased = store.eraseShares();
            log.warn(
                    "{}: the store is older than its folder: it was restored from a backup. {} shares of logins were"
                            + " erased; new ones come when their users have them shared anew",
                    mark.node,
                    erased);
            store.raiseMark(said);
        }
        mark.raise();
        return mark;
    }

    /** Durable in both when this returns. */
    synchronized void raise() {
        long next = store.mark() + 1;
        store.raiseMark(next);
        try {
            DurableFile.write(file, DurableFile.Access.OWNER, (next + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new BadInputException(node + " can't write " + FileProblem.at(file, e));
        }
    }

    /** A folder without one belongs to a new store, or not to this store. */
    private long read() {
        List<Path> files = folder.ofAllProcesses(FILE);
        if (files.isEmpty()) {
            return store.mark() == 0 ? 0 : Long.MAX_VALUE >> 1;
        }
        return files.stream().mapToLong(this::read).max().orElse(0);
    }

    private long read(Path from) {
        try {
            return Long.parseLong(new String(SmallFile.read(from), StandardCharsets.US_ASCII).strip());
        } catch (IOException | NumberFormatException e) {
            throw new BadInputException(node + " can't read " + from + ", which says how far its store was: put it"
                    + " back, or delete it, and have users refresh their logins");
        }
    }
}
