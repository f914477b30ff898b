package dev.interlock.node.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Makes one place of large blobs like another with which a node goes on, as far as names and lengths tell: it has neither rows nor
 * keys, so whether what it copied is right shows where it is opened. Memory is for the names of a sixteenth of them, and for a piece.
 */
final class AheadCopy {
    /** What it leaves of a disk, for the node that goes on beside it. */
    static final long LEFT_FREE_BYTES = 256 << 20;

    /** Of the names of blobs, which are as many with each. */
    static final List<String> FIRST_DIGITS = List.of("0123456789abcdef".split(""));

    private static final int PIECE_BYTES = 1 << 20;

    private final Blobs from;
    private final Blobs to;
    private final long bytesPerSecond;
    private final StoreMigration.Progress progress;
    private final long begun = System.nanoTime();
    private long passed;
    private long bytes;
    private long copied;
    private long there;
    private long removed;

    /** @param bytesPerSecond copies no more than that, over all */
    AheadCopy(Blobs from, Blobs to, long bytesPerSecond, StoreMigration.Progress progress) {
        this.from = from;
        this.to = to;
        this.bytesPerSecond = bytesPerSecond;
        this.progress = progress;
    }

    /** Once over all there are. What comes meanwhile may be copied, and what goes may be left: the next time finds both. */
    StoreMigration.Ahead run() throws IOException {
        for (String first : FIRST_DIGITS) {
            // What was copied before, and since: what of it isn't in the other place any more has gone there.
            Map<Blobs.Name, Long> before = new HashMap<>();
            to.list(first).forEach(each -> before.put(each.name(), each.bytes()));
            for (Blobs.Listed each : from.list(first)) {
                progress.at("copying blobs ahead", ++passed);
                Long length = before.remove(each.name());
                if (each.name().kind().equals(BlobKind.RECEIVED)) {
                    continue; // nobody keeps it
                }
                if (length != null && length == each.bytes()) {
                    there++;
                    continue;
                }
                if (length != null) {
                    remove(each.name());
                }
                copy(each);
            }
            for (Blobs.Name gone : before.keySet()) {
                remove(gone);
                removed++;
            }
        }
        to.sync();
        return new StoreMigration.Ahead(copied, bytes, there, removed);
    }

    private void copy(Blobs.Listed blob) throws IOException {
        if (to.usableBytes() - blob.bytes() < LEFT_FREE_BYTES) {
            throw new IOException("the disk has no room for a blob of " + blob.bytes() + " bytes beside "
                    + LEFT_FREE_BYTES + " that are left to the node; what was copied stays");
        }
        Blobs.Name name = blob.name();
        ByteBuffer piece = ByteBuffer.allocate(Math.clamp(blob.bytes(), 1, PIECE_BYTES));
        try (Medium source = from.open(name.id(), name.kind(), blob.bytes());
                Medium target = to.create(name.id(), name.kind())) {
            for (long at = 0; at < blob.bytes(); at += piece.limit()) {
                piece.clear().limit((int) Math.min(piece.capacity(), blob.bytes() - at));
                source.read(piece, at);
                if (piece.hasRemaining()) {
                    throw new NoSuchFileException(name.toString());
                }
                target.write(piece.flip(), at);
                bytes += piece.limit();
                pace();
            }
            target.sync();
            copied++;
        } catch (NoSuchFileException e) {
            // It went meanwhile.
            remove(name);
        }
    }

    private void pace() {
        long earliest = begun + (long) (bytes * 1e9 / bytesPerSecond);
        LockSupport.parkNanos(earliest - System.nanoTime());
    }

    private void remove(Blobs.Name name) throws IOException {
        to.remove(name.id(), List.of(name.kind()));
    }
}
