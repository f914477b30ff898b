package dev.interlock.node.provider;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.token.StatementHash;
import dev.interlock.node.UserSink;
import dev.interlock.node.store.Blob;
import dev.interlock.protocol.Repair;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.wire.Http2;
import dev.interlock.wire.Inbound;
import dev.interlock.wire.Peer;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One station at work: the one streaming path of a provider. Pieces come in, get their layer where the station has one,
 * are kept where it stores, and go on; nothing is held but the chunk that is passing.
 */
final class Pass {
    private final LiveSession live;
    private final Station station;
    private final ByteSpace space;
    private final Duration deadline;

    /** Where pieces come from. */
    interface Source extends AutoCloseable {
        /** The next piece, which the caller releases; null at the orderly end. */
        @Nullable
        ByteBuf next() throws IOException, InterruptedException;

        /** For errors: who sends. */
        String name();

        @Override
        void close();
    }

    /** Where pieces go. */
    interface Sink {
        /** Takes the piece over. */
        void write(ByteBuf piece) throws IOException, InterruptedException;

        /** The orderly end: all is handed over. */
        void end();

        /** Returns when the receiver, and all behind it, have the whole stream. */
        void settle();

        /** Breaks off. */
        void fail(Throwable cause);

        /** Names whoever is at fault when {@link #write} failed. */
        RuntimeException reason(IOException e);
    }

    Pass(LiveSession live, Station station, ByteSpace space, Duration deadline) {
        this.live = live;
        this.station = station;
        this.space = space;
        this.deadline = deadline;
    }

    /** To be called first, before anything is opened for this pass. */
    void begin() {
        if (!live.progress(station).begin()) {
            live.failure().ifPresent(why -> {
                throw why;
            });
            throw used(live.session());
        }
    }

    /**
     * Runs the station once, until it has handed on its last byte. Every failure is an InterlockException, or StoreException, that
     * names the one at fault.
     */
    void run(Source source, Sink sink) throws InterruptedException {
        Session session = live.session();
        try (source;
                Layer layer = station.layered()
                        ? new Layer(
                                session,
                                station,
                                live.feed(),
                                live.feedBefore(),
                                live.hopBlind(space, deadline),
                                space,
                                deadline)
                        : null;
                Blind<MemorySegment> unmasking = receivesShare() ? live.hopBlind(space, deadline) : Blind.none();
                Collector collector = station.stored() ? new Collector(live, station) : null) {
            long total = live.streamBytes(station);
            long position = 0;
            ByteBuf piece = next(source);
            if (piece == null) {
                // A stream that fails before its first byte arrives as one that ends, and no pass is empty.
                throw brokeOff(source, "broke off its stream");
            }
            for (; piece != null; piece = next(source)) {
                int length = piece.readableBytes();
                try {
                    if (position + length > total) {
                        throw wrongLength(source, "more than", total);
                    }
                    MemorySegment flow = MemorySegment.ofBuffer(piece.nioBuffer());
                    if (layer != null) {
                        layer.apply(flow, position);
                    }
                    Repair.receive(flow, unmasking);
                    if (collector != null) {
                        collector.add(flow);
                    }
                } catch (IOException e) {
                    release(piece);
                    throw live.shareMissing(String.valueOf(e.getMessage()));
                } catch (RuntimeException e) {
                    release(piece);
                    throw e;
                }
                position += length;
                live.progress(station).passed(position);
                live.moved();
                try {
                    sink.write(piece);
                } catch (IOException e) {
                    throw sink.reason(e);
                }
            }
            if (position != total) {
                throw wrongLength(source, position + " of", total);
            }
            if (collector != null) {
                collector.finish();
            }
            sink.end();
        }
    }

    /** The end of a repair: what came is still under what this provider shares with the hops. */
    private boolean receivesShare() {
        return station.cargo() instanceof Station.Share && station.stored();
    }

    private static @Nullable ByteBuf next(Source source) throws InterruptedException {
        try {
            return source.next();
        } catch (IOException e) {
            String how = e instanceof Inbound.StalledException ? "stalled: " + e.getMessage() : "broke off its stream";
            throw brokeOff(source, how);
        }
    }

    private static NodeException brokeOff(Source source, String how) {
        return new NodeException(source.name(), source.name() + " " + how);
    }

    private RefusedException used(Session session) {
        return new RefusedException("the session " + session.id() + " was used before; a retry is a new session");
    }

    private static IntegrityException wrongLength(Source source, String sent, long total) {
        return new IntegrityException(
                source.name() + " sent " + sent + " the " + total + " bytes of this pass", List.of(source.name()));
    }

    private static void release(@Nullable ByteBuf piece) {
        if (piece != null) {
            piece.release();
        }
    }

    /** Gathers a stream into the records of a blob, and a ciphertext's or a share's leaves into their root. */
    private static final class Collector implements AutoCloseable {
        private final LiveSession live;
        private final Station station;
        private final Blob blob;
        private final ByteBuf record;
        private final MerkleRoot root = new MerkleRoot();
        private int k;

        Collector(LiveSession live, Station station) {
            this.live = live;
            this.station = station;
            this.blob = live.kept(station);
            this.record = Http2.BUFFERS.directBuffer(blob.recordBytes(0), blob.recordBytes(0));
        }

        void add(MemorySegment flow) {
            long done = 0;
            while (done < flow.byteSize()) {
                long length = Math.min(flow.byteSize() - done, blob.recordBytes(k) - record.readableBytes());
                record.writeBytes(flow.asSlice(done, length).asByteBuffer());
                done += length;
                if (record.readableBytes() == blob.recordBytes(k)) {
                    MemorySegment whole = MemorySegment.ofBuffer(record.nioBuffer());
                    leaf(whole).ifPresent(root::add);
                    blob.append(whole);
                    record.clear();
                    k++;
                }
            }
        }

        void finish() {
            blob.finish();
            if (root.count() > 0) {
                live.stored(station, root.root());
            }
        }

        /** A sealed share has its leaves in itself. */
        private Optional<byte[]> leaf(MemorySegment whole) {
            StatementHash w = live.session().generation();
            return switch (station.cargo()) {
                case Station.Flow _ ->
                    Optional.of(Leaves.ofCiphertext(w, k).update(whole).leaf());
                case Station.Share _ ->
                    Optional.of(Write.shareLeaf(
                            w,
                            station.provider(),
                            k,
                            whole.asSlice(0, Leaves.SALT_BYTES),
                            whole.asSlice(Leaves.SALT_BYTES)));
                case Station.Sealed _ -> Optional.empty();
            };
        }

        @Override
        public void close() {
            record.release();
        }
    }

    /** A stream from the user or from the neighbour before. */
    static final class StreamSource implements Source {
        private final Inbound in;
        private final String from;
        private final Duration deadline;

        StreamSource(Inbound in, String from, Duration deadline) {
            this.in = in;
            this.from = from;
            this.deadline = deadline;
        }

        @Override
        public @Nullable ByteBuf next() throws IOException, InterruptedException {
            ByteBuf piece = in.read(deadline);
            if (piece == null || (piece.isDirect() && piece.nioBufferCount() == 1 && !piece.isReadOnly())) {
                return piece;
            }
            ByteBuf copy = Http2.BUFFERS.directBuffer(piece.readableBytes());
            copy.writeBytes(piece);
            piece.release();
            return copy;
        }

        @Override
        public String name() {
            return from;
        }

        @Override
        public void close() {
            in.close();
        }
    }

    /** The beginning of a pass that carries nothing but layers. */
    static final class ZeroSource implements Source {
        private final String self;
        private long left;

        ZeroSource(String self, long bytes) {
            this.self = self;
            this.left = bytes;
        }

        @Override
        public @Nullable ByteBuf next() {
            if (left == 0) {
                return null;
            }
            int length = Http2.pieceBytes(left);
            ByteBuf piece = Http2.BUFFERS.directBuffer(length, length);
            piece.writeZero(length);
            left -= length;
            return piece;
        }

        @Override
        public String name() {
            return self;
        }

        @Override
        public void close() {}
    }

    /** What this home keeps for others, a record at a time: the ciphertext, or a sealed share. */
    static final class StoredSource implements Source {
        private final Blob blob;
        private final String self;
        private @Nullable ByteBuf chunk;
        private int k;

        StoredSource(Blob blob, String self) {
            this.blob = blob;
            this.self = self;
        }

        @Override
        public @Nullable ByteBuf next() {
            ByteBuf current = chunk;
            if (current == null || !current.isReadable()) {
                close();
                if (k == blob.records()) {
                    return null;
                }
                int length = blob.recordBytes(k);
                current = Http2.BUFFERS.directBuffer(length, length);
                chunk = current;
                blob.read(k++, MemorySegment.ofBuffer(current.nioBuffer(0, length)));
                current.writerIndex(length);
            }
            return current.readRetainedSlice(Http2.pieceBytes(current.readableBytes()));
        }

        @Override
        public String name() {
            return self;
        }

        @Override
        public void close() {
            if (chunk != null) {
                chunk.release();
                chunk = null;
            }
        }
    }

    /** On to the neighbour after. */
    static final class NeighbourSink implements Sink {
        private final Peer peer;
        private final Peer.Upload upload;
        private final Duration deadline;
        private final Duration settle;

        NeighbourSink(Peer peer, String path, Duration deadline, Duration settle) {
            this.peer = peer;
            this.upload = peer.upload(path, Optional.empty());
            this.deadline = deadline;
            this.settle = settle;
        }

        @Override
        public void write(ByteBuf piece) throws IOException, InterruptedException {
            upload.out().write(piece, deadline);
        }

        @Override
        public void end() {
            upload.out().end();
        }

        @Override
        public void settle() {
            byte[] _ = upload.complete(settle);
        }

        @Override
        public void fail(Throwable cause) {
            upload.out().fail(cause);
        }

        @Override
        public RuntimeException reason(IOException e) {
            return upload.reason(peer.broken(e));
        }
    }

    /** On to all homes at once. */
    static final class HomesSink implements Sink {
        private final List<Sink> homes;
        /** Whose line broke. */
        private @Nullable Sink broken;

        HomesSink(List<Sink> homes) {
            this.homes = homes;
        }

        @Override
        public void write(ByteBuf piece) throws IOException, InterruptedException {
            try {
                for (Sink home : homes) {
                    broken = home;
                    home.write(piece.retainedDuplicate());
                }
            } finally {
                piece.release();
            }
        }

        @Override
        public void end() {
            homes.forEach(Sink::end);
        }

        @Override
        public void settle() {
            homes.forEach(Sink::settle);
        }

        @Override
        public void fail(Throwable cause) {
            homes.forEach(home -> home.fail(cause));
        }

        @Override
        public RuntimeException reason(IOException e) {
            return broken == null ? new IllegalStateException("nothing was sent", e) : broken.reason(e);
        }
    }

    /** Out to the user. */
    static final class UserStreamSink implements Sink {
        private final UserSink sink;
        private final Duration deadline;

        UserStreamSink(UserSink sink, Duration deadline) {
            this.sink = sink;
            this.deadline = deadline;
        }

        @Override
        public void write(ByteBuf piece) throws IOException, InterruptedException {
            sink.write(piece, deadline);
        }

        @Override
        public void end() {
            sink.end();
        }

        @Override
        public void settle() {}

        @Override
        public void fail(Throwable cause) {
            sink.fail(cause);
        }

        @Override
        public RuntimeException reason(IOException e) {
            return new RefusedException("the user stopped taking the stream");
        }
    }

    /** The route ends here: what the station stored is all. */
    static final class EndSink implements Sink {
        @Override
        public void write(ByteBuf piece) {
            piece.release();
        }

        @Override
        public void end() {}

        @Override
        public void settle() {}

        @Override
        public void fail(Throwable cause) {}

        @Override
        public RuntimeException reason(IOException e) {
            return new IllegalStateException("nothing is sent from the end of a route", e);
        }
    }
}
