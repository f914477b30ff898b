package dev.interlock.node.store;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves the store of a stopped node from its engines to others. What is copied grows beside the old store, in the folder {@code
 * store.next} and at the addresses that were given; the file {@value #FILE} says how far it is. Once every row is the same on both sides
 * and every blob opens, that file makes the new store the node's, in one step: until then the old one serves, from then on the new
 * one, whatever breaks off, and the other one's keys are overwritten before the node serves anything. Sealed blobs, which open nothing
 * without keys, may go there before, while the node runs; on their way into a folder they are in {@code store.ahead}.
 */
public final class StoreMigration {
    private static final Logger log = LoggerFactory.getLogger(StoreMigration.class);
    static final String FILE = "store.migration";
    private static final int PIECE_BYTES = 1 << 20;
    private static final int PAGE = 256;

    private final Path node;
    private final SecureRandom random;
    private final Clock clock;
    private final Progress progress;
    private long blobs;
    private long written;

    private StoreMigration(Path node, SecureRandom random, Clock clock, Progress progress) {
        this.node = node;
        this.random = random;
        this.clock = clock;
        this.progress = progress;
    }

    /** Hears how far it is. */
    public interface Progress {
        /**
         * @param what is done
         * @param count of what is done of it; 0 before its first
         */
        void at(String what, long count);
    }

    private enum State {
        /** The old store serves, and the new one isn't whole. */
        COPYING,
        /** The old store serves; of the new one there may be blobs, which a move takes up, and rows without keys, in its way. */
        LEFT,
        /** The new store is the node's. */
        MOVED,
        /** The new store serves; what is left of the old one elsewhere is dead. */
        CLEANING
    }

    /** @param made when the store began, by which rows that are left of it are known; 0 where none are */
    private record Journal(State state, long made, StoreConfig from, StoreConfig to) {
        Journal in(State next) {
            return new Journal(next, made, from, to);
        }
    }

    /**
     * What was copied ahead.
     *
     * @param copied blobs that weren't there yet
     * @param bytes that they have
     * @param there blobs that were
     * @param removed blobs that were there, and that the node has no more
     */
    public record Ahead(long copied, long bytes, long there, long removed) {}

    /**
     * What was moved.
     *
     * @param blobs that were opened in the new place
     * @param copied those that weren't there before
     */
    public record Moved(long blobs, long copied) {}

    /**
     * Copies sealed blobs to where the store of a node is to move, beside the processes that run the node. Broken off anywhere, it goes on
     * when it is called again, and {@link #run} with the same addresses copies what is missing then.
     *
     * @param bytesPerSecond copies no more than that
     * @throws BadInputException when an address can't be used, isn't empty, or is where the blobs are already
     * @throws StoreException.Unusable when a place of blobs can't be, or another process copies or moves
     */
    public static Ahead ahead(
            Path node,
            List<String> addresses,
            long bytesPerSecond,
            SecureRandom random,
            Clock clock,
            Progress progress) {
        StoreMigration migration = new StoreMigration(node, random, clock, progress);
        return migration.alone(addresses, to -> migration.ahead(to, bytesPerSecond));
    }

    /**
     * Moves the store of a node that no process runs. Broken off anywhere, it goes on when it is called with the same addresses again.
     *
     * @param node the node's folder
     * @param addresses {@code postgresql://…} for rows, {@code s3://…} for blobs, each at most once; what isn't named is kept in the
     *     node's folder
     * @return what was copied by this call
     * @throws BadInputException when an address can't be used, isn't empty, or is where the store is already
     * @throws StoreException.Unusable when one of the stores can't be opened, or isn't whole
     */
    public static Moved run(Path node, List<String> addresses, SecureRandom random, Clock clock, Progress progress) {
        StoreMigration migration = new StoreMigration(node, random, clock, progress);
        return migration.alone(addresses, migration::run);
    }

    private interface Work<T> {
        T to(StoreConfig to) throws IOException;
    }

    /** Keeps others that copy out. */
    private <T> T alone(List<String> addresses, Work<T> work) {
        StoreConfig to = StoreConfig.of(
                addresses.stream()
                        .map(each -> (each.startsWith("s3:") ? "blobs " : "rows ") + each)
                        .toList(),
                node,
                "the store's destination");
        try {
            FileBlobs.createFolder(ahead());
            try (FolderLock _ = FolderLock.take(ahead())) {
                try {
                    return work.to(to);
                } finally {
                    if (!Files.exists(node.resolve(FILE))) {
                        erase(ahead());
                    }
                }
            }
        } catch (IOException e) {
            throw new StoreException.Unusable(node.toString(), "can't be moved: " + FileProblem.why(e), e);
        }
    }

    /** Before one of several processes opens the store. @throws StoreException.Unusable where a migration was broken off */
    static void requireNone(Path node) {
        if (!Files.exists(node.resolve(FILE))) {
            return;
        }
        try {
            StoreMigration migration =
                    new StoreMigration(node, new SecureRandom(), Clock.systemUTC(), (what, count) -> {});
            Journal journal = migration.read().orElseThrow();
            if (journal.state != State.CLEANING && !migration.hasNoKeys(journal)) {
                throw new StoreException.Unusable(
                        node.toString(),
                        "was being moved, which one process has to end: start the node once without the file processes",
                        null);
            }
        } catch (IOException e) {
            throw new StoreException.Unusable(
                    node.toString(), "was being moved, which can't be read: " + FileProblem.why(e), e);
        }
    }

    /** Before a node's store is opened: what a migration that was broken off has left to do, or to undo. */
    static void settle(Path node, SecureRandom random, Clock clock) {
        if (!Files.exists(node.resolve(FILE))) {
            return;
        }
        try {
            StoreMigration migration = new StoreMigration(node, random, clock, (what, count) -> {});
            Journal journal = migration.read().orElseThrow();
            switch (journal.state) {
                case COPYING, LEFT -> {
                    if (!migration.hasNoKeys(journal)) {
                        log.warn(
                                "moving the store was broken off; the old one serves, and the keys that were copied are erased");
                        var _ = migration.giveUp(journal);
                    }
                }
                case MOVED -> {
                    log.info("the store was moved; the new one serves, and the old one's keys are erased");
                    var _ = migration.takeOver(journal);
                }
                case CLEANING -> {
                    // What is left elsewhere opens nothing, and may be large.
                }
            }
        } catch (IOException e) {
            throw new StoreException.Unusable(
                    node.toString(), "was being moved, which can't be ended: " + FileProblem.why(e), e);
        }
    }

    private Moved run(StoreConfig to) throws IOException {
        Optional<Journal> journal = read();
        if (journal.isPresent() && (journal.get().state == State.MOVED || journal.get().state == State.CLEANING)) {
            end(journal.get());
            if (to.lines().equals(journal.get().to.lines())) {
                return new Moved(0, 0);
            }
            journal = Optional.empty();
        }
        if (journal.isPresent()
                && (journal.get().state == State.LEFT || !isTheSame(journal.get(), StoreConfig.read(node), to))) {
            journal = takeUp(giveUp(journal.get()), to);
        }
        Journal copied = copy(journal, to);
        Journal moved = copied.in(State.MOVED);
        write(moved);
        progress.at("taking the new store over", 0);
        end(moved);
        return new Moved(blobs, written);
    }

    private Ahead ahead(StoreConfig to, long bytesPerSecond) throws IOException {
        StoreConfig from = StoreConfig.read(node);
        Optional<Journal> journal = read();
        if (journal.isPresent()) {
            if (!hasNoKeys(journal.get())) {
                throw new BadInputException("the store of " + node + " was being moved to " + shown(journal.get().to)
                        + ": end that first, by moving it there or by starting the node");
            }
            journal = takeUp(journal.get(), to);
        }
        requireOther(from, to, journal.isPresent());
        if (sharesBlobs(from, to)) {
            throw new BadInputException("the blobs stay in " + to.blobs().get() + ": there is nothing to copy ahead");
        }
        if (journal.isEmpty()) {
            write(new Journal(State.LEFT, 0, from, to));
        }
        try (Blobs source = from.blobs().isPresent()
                        ? S3Blobs.open(from.blobs().get(), ahead())
                        : FileBlobs.open(node.resolve("store"));
                Blobs target =
                        to.blobs().isPresent() ? S3Blobs.open(to.blobs().get(), ahead()) : FileBlobs.open(ahead())) {
            if (to.blobs().isPresent()) {
                // What one that was killed was sending; in a folder it is shorter than it should be.
                target.sweep((id, kind) -> false);
            }
            return new AheadCopy(source, target, bytesPerSecond, progress).run();
        }
    }

    /** Whether what there is of the new store opens nothing, so that the old one may go on. */
    private boolean hasNoKeys(Journal journal) {
        return journal.state == State.LEFT && !Files.exists(next());
    }

    private static boolean isTheSame(Journal journal, StoreConfig from, StoreConfig to) {
        return journal.from.lines().equals(from.lines()) && journal.to.lines().equals(to.lines());
    }

    /** @return what is left without rows; empty where nothing is, since it is for another move */
    private Optional<Journal> takeUp(Journal left, StoreConfig to) throws IOException {
        boolean same = isTheSame(left, StoreConfig.read(node), to);
        clean(left, left.to, !same);
        if (!same) {
            forget();
            return Optional.empty();
        }
        Journal blobs = new Journal(State.LEFT, 0, left.from, left.to);
        write(blobs);
        return Optional.of(blobs);
    }

    /** @param moved at least that */
    private void end(Journal moved) throws IOException {
        Optional<Journal> rest = moved.state == State.CLEANING ? Optional.of(moved) : takeOver(moved);
        if (rest.isPresent()) {
            clean(rest.get(), rest.get().from, true);
            forget();
        }
    }

    /** @param begun a copy that was broken off, or blobs that were copied ahead */
    private Journal copy(Optional<Journal> begun, StoreConfig to) throws IOException {
        StoreConfig from = StoreConfig.read(node);
        Journal journal;
        Optional<String> difference;
        try (SealedStore old = Stores.open(node.resolve("store"), from, random, clock)) {
            if (begun.isPresent() && begun.get().state == State.COPYING) {
                journal = begun.get();
            } else {
                requireOther(from, to, begun.isPresent());
                erase(next());
                journal =
                        new Journal(State.COPYING, old.catalog().read("looking the store up", RowCopy::made), from, to);
                write(journal);
            }
            progress.at("opening the new store", 0);
            // It begins when the old one did, by which it is known if this breaks off.
            Clock begin = Clock.fixed(Instant.ofEpochMilli(journal.made), ZoneOffset.UTC);
            try (SealedStore fresh = Stores.open(next(), to, random, begin)) {
                RowCopy rows = new RowCopy(old.catalog(), fresh.catalog(), progress);
                rows.copy();
                copyBlobs(old, fresh, !sharesBlobs(from, to), begun.isPresent());
                if (to.blobs().isPresent() && !sharesBlobs(from, to)) {
                    removeUnknown(fresh);
                }
                difference = rows.difference();
            }
        }
        if (difference.isPresent()) {
            Journal _ = giveUp(journal);
            throw new StoreException.Unusable(
                    shown(to),
                    "hasn't got what the old one has, at " + difference.get()
                            + ". The old store serves as before; move it again, which begins anew",
                    null);
        }
        return journal;
    }

    /** One bucket under two stores' rows: what is in it stays. */
    private static boolean sharesBlobs(StoreConfig from, StoreConfig to) {
        return to.blobs().isPresent() && to.hasBlobsOf(from);
    }

    /** @param begun whether there are blobs already */
    private static void requireOther(StoreConfig from, StoreConfig to, boolean begun) {
        if (to.hasRowsOf(from) && to.hasBlobsOf(from)) {
            throw new BadInputException("the node's store is in " + shown(to) + " already");
        }
        if (to.rows().isPresent() && to.hasRowsOf(from)) {
            throw new BadInputException("the node's rows are in " + shown(to)
                    + " already: what moves needs another schema, also where only blobs go elsewhere");
        }
        if (to.rows().isPresent() && !PostgresCatalog.isEmpty(to.rows().get())) {
            throw new BadInputException(to.rows().get()
                    + " isn't empty: it has a store, of this provider or another, or other tables. A store moves only into an"
                    + " empty schema, or one that isn't there yet");
        }
        if (to.blobs().isPresent()
                && !begun
                && !sharesBlobs(from, to)
                && !S3Blobs.isEmpty(to.blobs().get())) {
            throw new BadInputException(
                    to.blobs().get()
                            + " has blobs of a store already, of this provider or another. A store moves only to where there are none");
        }
    }

    private record StoredBlob(long place, StatementHash id, BlobKind kind, boolean large, RecordLayout layout) {}

    /** Copies those that aren't there whole, and opens all records of all of them. */
    private void copyBlobs(SealedStore old, SealedStore fresh, boolean copies, boolean goesOn) throws IOException {
        long last = -1;
        while (true) {
            long after = last;
            List<StoredBlob> page = fresh.catalog().read("listing blobs", link -> blobs(link, after));
            if (page.isEmpty()) {
                break;
            }
            for (StoredBlob each : page) {
                boolean isThere = goesOn && takeUp(fresh, each);
                if (!isThere && each.large && copies) {
                    copy(old, fresh, each, goesOn);
                    written++;
                }
                Optional<StoreException> there = isThere ? Optional.empty() : problem(fresh, each);
                if (there.isPresent()) {
                    Optional<StoreException> here = problem(old, each);
                    throw new StoreException.Unusable(
                            node.toString(),
                            here.isPresent()
                                    ? "is damaged and isn't moved: "
                                            + here.get().getMessage()
                                            + ". Start the node; the object's owner repairs it here, or destroys it"
                                    : "is sound, and what was written to the new one isn't: "
                                            + there.get().getMessage() + ". Move it again, which goes on",
                            there.get());
                }
                blobs++;
                progress.at("copying blobs", blobs);
            }
            last = page.getLast().place;
        }
        fresh.blobs().sync();
    }

    /** Whether the blob is there already and opens. */
    private boolean takeUp(SealedStore fresh, StoredBlob blob) throws IOException {
        if (blob.large && fresh.blobs() instanceof FileBlobs files) {
            files.take(FileBlobs.open(ahead()), blob.id, blob.kind);
        }
        return problem(fresh, blob).isEmpty();
    }

    /** Blobs that were copied ahead, and whose objects were destroyed or given up since. */
    private void removeUnknown(SealedStore fresh) throws IOException {
        long count = 0;
        for (String first : AheadCopy.FIRST_DIGITS) {
            for (Blobs.Listed each : fresh.blobs().list(first)) {
                Blobs.Name name = each.name();
                if (!fresh.catalog()
                        .read(
                                "looking up generation " + name.id(),
                                link -> Rows.isInFile(link, name.id(), name.kind()))) {
                    progress.at("removing blobs of nobody", count++);
                    fresh.blobs().remove(name.id(), List.of(name.kind()));
                }
            }
        }
    }

    private static List<StoredBlob> blobs(Link link, long after) throws SQLException {
        PreparedStatement select =
                link.prepare("SELECT place, id, CASE WHEN sealed IS NULL THEN 1 ELSE 0 END, record_bytes,"
                        + " total_bytes FROM blob JOIN object ON object.seq = blob.place / " + BlobKind.NUMBERS
                        + " WHERE place > ? ORDER BY place LIMIT " + PAGE);
        select.setLong(1, after);
        List<StoredBlob> all = new ArrayList<>();
        try (ResultSet row = select.executeQuery()) {
            while (row.next()) {
                long place = row.getLong(1);
                StatementHash id = StatementHash.of(row.getBytes(2));
                BlobKind kind = BlobKind.ofNumber((int) (place % BlobKind.NUMBERS))
                        .orElseThrow(() -> new StoreException.Failed(
                                "generation " + id + " has a blob of no known kind, at place " + place, null));
                all.add(new StoredBlob(
                        place, id, kind, row.getInt(3) == 1, new RecordLayout(row.getInt(4), row.getLong(5))));
            }
        }
        return all;
    }

    private static void copy(SealedStore old, SealedStore fresh, StoredBlob blob, boolean goesOn) throws IOException {
        if (goesOn) {
            fresh.blobs().remove(blob.id, List.of(blob.kind));
        }
        long bytes = blob.layout.sealedBytes();
        ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE_BYTES, bytes));
        try (Medium from = old.blobs().open(blob.id, blob.kind, bytes);
                Medium to = fresh.blobs().create(blob.id, blob.kind)) {
            for (long at = 0; at < bytes; at += piece.limit()) {
                piece.clear().limit((int) Math.min(piece.capacity(), bytes - at));
                from.read(piece, at);
                if (piece.hasRemaining()) {
                    break; // opening it says so
                }
                to.write(piece.flip(), at);
            }
            to.sync();
        } catch (NoSuchFileException e) {
            // Opening it says so.
        }
    }

    /** Why a blob can't be read to its end. */
    private static Optional<StoreException> problem(SealedStore store, StoredBlob blob) {
        try (Blob records = store.open(blob.id, blob.kind);
                SecretBytes record = SecretBytes.allocate(Math.max(1, blob.layout.recordBytes()))) {
            for (int k = 0; k < records.records(); k++) {
                records.read(k, record.segment().asSlice(0, records.recordBytes(k)));
            }
            return Optional.empty();
        } catch (StoreException e) {
            return Optional.of(e);
        }
    }

    /** The old store serves; what was copied opens nothing when this returns. */
    private Journal giveUp(Journal journal) throws IOException {
        Journal left = journal.in(State.LEFT);
        write(left);
        progress.at("erasing what was copied", 0);
        if (left.to.blobs().isEmpty() && Files.exists(next().resolve("objects"))) {
            FileBlobs.open(ahead()).takeAll(FileBlobs.open(next()));
        }
        erase(next());
        return left;
    }

    /** Makes the new store the node's, and erases the old one's keys. @return what is left elsewhere */
    private Optional<Journal> takeOver(Journal journal) throws IOException {
        Path store = node.resolve("store");
        Path old = node.resolve("store.old");
        if (Files.exists(next())) {
            if (Files.exists(store)) {
                Files.move(store, old);
                progress.at("taking the new store over", 1);
            }
            Files.move(next(), store);
            DurableFile.syncFolder(node);
        }
        progress.at("taking the new store over", 2);
        Path conf = node.resolve(StoreConfig.FILE);
        if (journal.to.lines().isEmpty()) {
            Files.deleteIfExists(conf);
        } else {
            DurableFile.write(
                    conf,
                    DurableFile.Access.OWNER,
                    (String.join("\n", journal.to.lines()) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        progress.at("erasing the old store", 0);
        erase(old);
        erase(ahead().resolve("objects"));
        progress.at("erasing the old store", 1);
        if (isElsewhere(journal.from, journal.to)) {
            Journal cleaning = journal.in(State.CLEANING);
            write(cleaning);
            return Optional.of(cleaning);
        }
        forget();
        return Optional.empty();
    }

    /** Whether a store that doesn't serve the node has something outside of its folder. */
    private static boolean isElsewhere(StoreConfig store, StoreConfig serving) {
        return store.rows().isPresent() || (store.blobs().isPresent() && !sharesBlobs(store, serving));
    }

    /** Nothing is left to do. */
    private void forget() throws IOException {
        erase(ahead());
        Files.delete(node.resolve(FILE));
        DurableFile.syncFolder(node);
    }

    /**
     * Removes what is left of a store that is no longer, or not yet, the node's.
     *
     * @param blobs its blobs, too
     */
    private void clean(Journal journal, StoreConfig what, boolean blobs) throws IOException {
        progress.at("removing what nothing opens any more", 0);
        // As it stands now: who wrote store.conf anew has its reasons, and what serves isn't touched.
        StoreConfig serving = StoreConfig.read(node);
        try {
            if (what.rows().isPresent() && !what.hasRowsOf(serving) && journal.made != 0) {
                PostgresCatalog.clear(what.rows().get(), journal.made);
            }
            if (blobs && what.blobs().isPresent() && !what.hasBlobsOf(serving)) {
                S3Blobs.clear(what.blobs().get());
            }
            if (blobs) {
                erase(ahead().resolve("objects"));
            }
        } catch (StoreException | IOException e) {
            throw new StoreException.Failed(
                    "the store that serves the node is in " + shown(serving) + ". What is left in " + shown(what)
                            + " opens nothing and couldn't be removed: " + e.getMessage()
                            + ". Do it again when that can be reached; or remove it yourself, with the file " + FILE
                            + " in the node's folder",
                    e);
        }
        progress.at("removing what nothing opens any more", 1);
    }

    /** Overwrites what has keys before it removes the folder. */
    private static void erase(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            boolean ofKeys = file.startsWith(folder.resolve("keys"))
                    || String.valueOf(file.getFileName()).startsWith("store.db");
            if (ofKeys && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                EpochKeys.overwrite(file);
            }
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }

    private Path next() {
        return node.resolve("store.next");
    }

    private Path ahead() {
        return node.resolve("store.ahead");
    }

    private static String shown(StoreConfig config) {
        String rows = config.rows().map(PostgresAddress::toString).orElse("the node's folder");
        return config.blobs().isPresent() ? rows + " and " + config.blobs().get() : rows;
    }

    private Optional<Journal> read() throws IOException {
        Path file = node.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        List<String> from = new ArrayList<>();
        List<String> to = new ArrayList<>();
        String state = "";
        String made = "";
        for (String line : Files.readAllLines(file)) {
            String[] words = line.split(" ", 2);
            switch (words[0]) {
                case "state" -> state = words[1];
                case "made" -> made = words[1];
                case "from" -> from.add(words[1]);
                case "to" -> to.add(words[1]);
                default -> throw new BadInputException(file + " has the line \"" + line + "\", which isn't known");
            }
        }
        try {
            return Optional.of(new Journal(
                    State.valueOf(state.toUpperCase(Locale.ROOT)),
                    Long.parseLong(made),
                    StoreConfig.of(from, node, file.toString()),
                    StoreConfig.of(to, node, file.toString())));
        } catch (IllegalArgumentException e) {
            throw new BadInputException(file + " doesn't say how far the store's move is");
        }
    }

    private void write(Journal journal) throws IOException {
        StringBuilder text = new StringBuilder(
                "state " + journal.state.name().toLowerCase(Locale.ROOT) + "\nmade " + journal.made + "\n");
        journal.from.lines().forEach(line -> text.append("from ").append(line).append('\n'));
        journal.to.lines().forEach(line -> text.append("to ").append(line).append('\n'));
        DurableFile.write(
                node.resolve(FILE), DurableFile.Access.OWNER, text.toString().getBytes(StandardCharsets.UTF_8));
    }
}
