package dev.interlock.node.dealer;

import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * To which statements this node has dealt, on disk: each once, also over a crash. A file of records, 32 bytes H(w) and its expiry
 * in milliseconds; one of zeros is the floor, below which nothing is dealt to, since marks up to it may be gone. A record that a
 * crash cut short was never acted on.
 */
public final class DealtOnce implements AutoCloseable {
    private static final int RECORD_BYTES = StatementHash.BYTES + Long.BYTES;
    /** So many records are there, at least, before the expired ones are dropped. */
    private static final int PRUNE_AT = 10_000;

    private static final StatementHash FLOOR = new StatementHash(0, 0, 0, 0);

    private final Path file;
    private final Shared shared;
    private final Map<StatementHash, Long> marks = new HashMap<>();
    private FileChannel out;
    private long floorMillis;
    private int records;
    private int pruneAt = PRUNE_AT;

    private DealtOnce(Path file, Shared shared) throws IOException {
        this.file = file;
        this.shared = shared;
        this.out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        long whole = out.size() / RECORD_BYTES * RECORD_BYTES;
        ByteBuffer record = ByteBuffer.allocate(RECORD_BYTES);
        for (long at = 0; at < whole; at += RECORD_BYTES) {
            record.clear();
            while (record.hasRemaining() && out.read(record, at + record.position()) >= 0) {
                // The rest of it.
            }
            record.flip();
            byte[] hash = new byte[StatementHash.BYTES];
            record.get(hash);
            note(StatementHash.of(hash), record.getLong());
        }
        out.truncate(whole);
        out.position(whole);
        syncFolder();
    }

    /** What several processes of a provider that deals decide together. */
    @FunctionalInterface
    public interface Shared {
        /** @return false where any of them has dealt to the statement, or may have */
        boolean take(StatementHash w, Instant expires);
    }

    /** @throws BadInputException when the file in the node's folder can't be read or written */
    public static DealtOnce open(Path folder) {
        return open(folder.resolve("dealt"), (_, _) -> true);
    }

    /** The same in this file, where other processes deal as well. */
    public static DealtOnce open(Path file, Shared shared) {
        try {
            return new DealtOnce(file, shared);
        } catch (IOException e) {
            throw new BadInputException("the record of dealings " + file + " can't be opened: " + e.getMessage());
        }
    }

    /**
     * Durable when it returns true.
     *
     * @param expires until when this statement is taken at all
     * @return false where it was dealt to before, or may have been
     */
    public synchronized boolean take(StatementHash w, Instant expires, Instant now) {
        if (expires.toEpochMilli() < floorMillis || marks.containsKey(w)) {
            return false;
        }
        try {
            if (records >= pruneAt) {
                prune(now.toEpochMilli());
            }
            append(out, w, expires.toEpochMilli());
            out.force(false);
            note(w, expires.toEpochMilli());
            return shared.take(w, expires);
        } catch (IOException e) {
            throw new UncheckedIOException("the record of dealings " + file + " can't be written", e);
        }
    }

    private void note(StatementHash w, long expires) {
        records++;
        if (w.equals(FLOOR)) {
            floorMillis = Math.max(floorMillis, expires);
        } else {
            marks.put(w, expires);
        }
    }

    /** The floor is durable in the file that takes the place of the one with the marks. */
    private void prune(long nowMillis) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        marks.values().removeIf(expires -> expires < nowMillis);
        floorMillis = Math.max(floorMillis, nowMillis);
        FileChannel fresh = FileChannel.open(
                next, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        append(fresh, FLOOR, floorMillis);
        for (Map.Entry<StatementHash, Long> mark : marks.entrySet()) {
            append(fresh, mark.getKey(), mark.getValue());
        }
        fresh.force(true);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        syncFolder();
        out.close();
        out = fresh;
        records = marks.size() + 1;
        pruneAt = Math.max(PRUNE_AT, 2 * records);
    }

    private static void append(FileChannel channel, StatementHash w, long expires) throws IOException {
        ByteBuffer record = ByteBuffer.allocate(RECORD_BYTES)
                .put(w.bytes())
                .putLong(expires)
                .flip();
        while (record.hasRemaining()) {
            channel.write(record);
        }
    }

    private void syncFolder() throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    @Override
    public synchronized void close() {
        try {
            out.close();
        } catch (IOException e) {
            // Every record in it is durable.
        }
    }
}
