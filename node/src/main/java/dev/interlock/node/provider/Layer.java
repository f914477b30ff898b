package dev.interlock.node.provider;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.field.LinearSpace;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.protocol.Renewal;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.Write;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The hop over bytes: keeps this provider's place in its share and its blind while a stream passes. */
final class Layer implements AutoCloseable {
    private final Session session;
    private final ChunkLayout layout;
    private final ShareFeed share;
    /** The share of the generation before, where its pad is replaced; null otherwise. */
    private final @Nullable ShareFeed before;

    private final Duration deadline;
    /** How many bytes of a share's record, at its start, don't meet the stream: its salt, unless the salts pass, too. */
    private final int skipped;

    private final LinearSpace<MemorySegment> space;
    private final Blind<MemorySegment> blind;
    /** The share record of the chunk that is passing: salt, then share. */
    private MemorySegment record = MemorySegment.NULL;

    private MemorySegment recordBefore = MemorySegment.NULL;

    private int chunk = -1;

    /**
     * @param share closed with this
     * @param before the share whose layer comes off, where a pad is replaced; closed with this
     * @param blind B_i; closed with this
     */
    Layer(
            Session session,
            Station station,
            ShareFeed share,
            @Nullable ShareFeed before,
            Blind<MemorySegment> blind,
            ByteSpace space,
            Duration deadline) {
        this.session = session;
        this.layout = session.layout();
        this.skipped = station.cargo() instanceof Station.Share ? 0 : Leaves.SALT_BYTES;
        this.share = share;
        this.before = before;
        this.deadline = deadline;
        this.space = space;
        this.blind = blind;
    }

    /** Hops the next piece of the stream in place; its first byte is byte {@code position} of the stream. */
    void apply(MemorySegment piece, long position) throws IOException, InterruptedException {
        // The parts of the stream that meet one record each; all but the last are as long as the first.
        int salted = Leaves.SALT_BYTES - skipped;
        long whole = layout.padLength(0) + (long) salted;
        long done = 0;
        while (done < piece.byteSize()) {
            int k = (int) ((position + done) / whole);
            long within = position + done - k * whole;
            long length = Math.min(piece.byteSize() - done, layout.padLength(k) + salted - within);
            if (k != chunk) {
                record = share.hold(k, deadline);
                if (before != null) {
                    recordBefore = before.hold(k, deadline);
                }
                chunk = k;
            }
            MemorySegment flow = piece.asSlice(done, length);
            Write.hop(space, flow, session, record.asSlice(skipped + within, length), blind);
            if (before != null) {
                Renewal.takeOff(space, flow, session, recordBefore.asSlice(skipped + within, length));
            }
            done += length;
        }
    }

    @Override
    public void close() {
        blind.close();
        share.close();
        if (before != null) {
            before.close();
        }
    }
}
