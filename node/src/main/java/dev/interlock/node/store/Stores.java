package dev.interlock.node.store;

import dev.interlock.protocol.error.BadInputException;
import dev.interlock.wire.file.Reserve;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** Opens stores. */
public final class Stores {
    /** For the WAL of a few erasures, and what the database needs to be opened. */
    private static final int RESERVED_BYTES = 1 << 20;

    private Stores() {}

    /** Whether a node's store reaches no other machine: all of it is in the node's folder, and isn't being moved. */
    public static boolean areInFolder(Path node) {
        return !Files.exists(node.resolve(StoreConfig.FILE)) && !Files.exists(node.resolve(StoreMigration.FILE));
    }

    /**
     * Opens a node's store, in the folder {@code store} of its own, with the engines that {@code store.conf} names; all of it is in that
     * folder where there is no such file, as with {@link #embedded}. Where {@link StoreMigration} was broken off, ends or undoes it.
     *
     * @param node the node's folder
     * @param random draws the objects' keys
     * @throws BadInputException when the file can't be used
     * @throws StoreException.Unusable when the folder or an engine can't be
     */
    public static SealedStore of(Path node, SecureRandom random, Clock clock) {
        return of(node, Optional.empty(), random, clock);
    }

    /**
     * The same for one of several processes that serve the node together, in its folder.
     *
     * @param member which one this is; empty for a process that is alone
     */
    public static SealedStore of(Path node, Optional<Member> member, SecureRandom random, Clock clock) {
        StoreConfig config = StoreConfig.read(node);
        if (member.isPresent()) {
            if (config.rows().isEmpty()) {
                throw new BadInputException("several processes serve a provider only where its rows are in PostgreSQL: "
                        + node.resolve(StoreConfig.FILE) + " names none, and SQLite is for one process");
            }
            StoreMigration.requireNone(node);
        } else {
            StoreMigration.settle(node, random, clock);
            config = StoreConfig.read(node);
        }
        return open(node.resolve("store"), config, member, random, clock);
    }

    /**
     * Opens the store in this folder, after creating it for its owner only unless it is there: {@code store.db} (SQLite), {@code
     * objects/<id>.<kind>} for blobs over 64 KiB, {@code store.lock}, since one process may have it at a time, and {@code reserve},
     * room for erasing on a full disk.
     *
     * @param random draws the objects' keys
     * @throws StoreException.Unusable when the folder is in use, of another version or unreadable
     */
    public static SealedStore embedded(Path folder, SecureRandom random, Clock clock) {
        return open(folder, StoreConfig.EMBEDDED, random, clock);
    }

    static SealedStore open(Path folder, StoreConfig config, SecureRandom random, Clock clock) {
        return open(folder, config, Optional.empty(), random, clock);
    }

    private static SealedStore open(
            Path folder, StoreConfig config, Optional<Member> member, SecureRandom random, Clock clock) {
        // What is one process's own: the first one's is where that of a process alone is.
        Path own = member.filter(each -> each.number() > 1)
                .map(each -> folder.resolve("process-" + each.number()))
                .orElse(folder);
        Reserve reserve = new Reserve(own.resolve("reserve"), RESERVED_BYTES);
        try {
            return open(folder, own, reserve, config, member, random, clock);
        } catch (StoreException.Unusable e) {
            // On a full disk, too: there are objects to be erased.
            if (e.isNoRoom() && reserve.release()) {
                return open(folder, own, reserve, config, member, random, clock);
            }
            throw e;
        }
    }

    private static SealedStore open(
            Path folder,
            Path own,
            Reserve reserve,
            StoreConfig config,
            Optional<Member> member,
            SecureRandom random,
            Clock clock) {
        Deque<AutoCloseable> opened = new ArrayDeque<>();
        try {
            FileBlobs.createFolder(own);
            FolderLock lock = FolderLock.take(own);
            opened.push(lock);
            Blobs blobs =
                    config.blobs().isPresent() ? S3Blobs.open(config.blobs().get(), own) : FileBlobs.open(folder);
            opened.push(blobs);
            if (config.rows().isEmpty()) {
                Catalog catalog = SqliteCatalog.open(folder, reserve, clock.instant());
                opened.push(catalog);
                SealedStore store = new SealedStore(catalog, Processes.ALONE, blobs, lock, random, clock);
                reserve.fill();
                return store;
            }
            PostgresCatalog catalog =
                    PostgresCatalog.open(config.rows().get(), folder.resolve("keys"), member, random, clock);
            opened.push(catalog);
            SealedStore store = new SealedStore(catalog, catalog.processes(), blobs, lock, random, clock);
            store.forgettingKeys(catalog::forgetKeysBefore);
            catalog.cleanUp(store::removeLeft);
            reserve.fill();
            return store;
        } catch (IOException | SQLException e) {
            close(opened);
            throw StoreException.Unusable.of(folder, e);
        } catch (RuntimeException e) {
            close(opened);
            throw e;
        }
    }

    static void close(Deque<AutoCloseable> opened) {
        for (AutoCloseable each : opened) {
            try {
                each.close();
            } catch (Exception e) {
                // Why the store can't be opened is told.
            }
        }
    }
}
