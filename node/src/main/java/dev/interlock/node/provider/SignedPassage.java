package dev.interlock.node.provider;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.StatementHash;
import dev.interlock.node.UserSink;
import dev.interlock.node.store.Blob;
import dev.interlock.protocol.Passage;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Http2;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A station of an attested write: {@link Passage}. Wraps the two ends of a {@link Pass}, which knows nothing of it. */
final class SignedPassage {
    private final LiveSession live;
    private final Station station;
    private final RingDescriptor ring;
    private final SigningKey key;

    SignedPassage(LiveSession live, Station station, RingDescriptor ring, SigningKey key) {
        this.live = live;
        this.station = station;
        this.ring = ring;
        this.key = key;
    }

    /**
     * What a station received, as it shows it.
     *
     * @param leaves over its chunks
     * @param signature of whoever handed it on
     * @param bytes the chunks
     */
    record Received(byte[] leaves, byte[] signature, Blob bytes) {
        void show(UserSink sink, Duration deadline) throws IOException, InterruptedException {
            sink.write(Unpooled.wrappedBuffer(leaves, signature), deadline);
            try (Pass.StoredSource source = new Pass.StoredSource(bytes, "")) {
                for (ByteBuf piece = source.next(); piece != null; piece = source.next()) {
                    sink.write(piece, deadline);
                }
            }
            sink.end();
        }
    }

    /** The input, held against the neighbour's signature and kept; as it is where nobody signs. */
    Pass.Source checking(Pass.Source source) {
        return Passage.isSigned(live.session(), station) ? new Checking(source) : source;
    }

    /** The output with our signature behind it; as it is where nobody signs. */
    Pass.Sink signing(Pass.Sink sink) {
        return Passage.signs(live.session(), station) ? new Signing(sink) : sink;
    }

    /** The leaves of a stream, as it comes. */
    private static final class Cut {
        private final StatementHash w;
        private final ChunkLayout layout;
        private final byte[] leaves;
        private Leaves leaf;
        private int k;
        private int within;

        Cut(Session session) {
            w = session.generation();
            layout = session.layout();
            leaves = new byte[layout.count() * Sha256.BYTES];
            leaf = Leaves.ofCiphertext(w, 0);
        }

        /** What is too long is for others to find. */
        void add(MemorySegment flow) {
            long part;
            for (long done = 0; done < flow.byteSize() && k < layout.count(); done += part) {
                part = Math.min(flow.byteSize() - done, layout.padLength(k) - within);
                leaf.update(flow.asSlice(done, part));
                within += (int) part;
                if (within == layout.padLength(k)) {
                    System.arraycopy(leaf.leaf(), 0, leaves, k * Sha256.BYTES, Sha256.BYTES);
                    k++;
                    within = 0;
                    leaf = Leaves.ofCiphertext(w, k);
                }
            }
        }

        byte[] leaves() {
            return leaves;
        }
    }

    private final class Checking implements Pass.Source {
        private final Pass.Source source;
        private final Cut cut = new Cut(live.session());
        private final byte[] signature = new byte[SigningKey.SIGNATURE_BYTES];
        private final @Nullable SecretBytes record;
        private long left = live.session().layout().padTotal();
        private int signed;
        private int filled;
        private int k;

        Checking(Pass.Source source) {
            this.source = source;
            // What a home stores is what it received; a hop keeps it for this alone.
            record = station.layered()
                    ? SecretBytes.allocate(live.session().layout().padLength(0))
                    : null;
        }

        @Override
        public @Nullable ByteBuf next() throws IOException, InterruptedException {
            while (true) {
                ByteBuf piece = source.next();
                if (piece == null) {
                    end();
                    return null;
                }
                int data = (int) Math.min(left, piece.readableBytes());
                int behind = piece.readableBytes() - data;
                if (signed + behind > signature.length) {
                    piece.release();
                    throw unsigned("is longer than");
                }
                piece.getBytes(piece.readerIndex() + data, signature, signed, behind);
                signed += behind;
                piece.writerIndex(piece.readerIndex() + data);
                if (data == 0) {
                    piece.release();
                    continue;
                }
                left -= data;
                try {
                    MemorySegment flow = MemorySegment.ofBuffer(piece.nioBuffer());
                    cut.add(flow);
                    keep(flow);
                } catch (RuntimeException e) {
                    piece.release();
                    throw e;
                }
                return piece;
            }
        }

        private void keep(MemorySegment flow) {
            if (record == null) {
                return;
            }
            long part;
            for (long done = 0; done < flow.byteSize(); done += part) {
                int whole = live.session().layout().padLength(k);
                part = Math.min(flow.byteSize() - done, whole - filled);
                MemorySegment.copy(flow, done, record.segment(), filled, part);
                filled += (int) part;
                if (filled == whole) {
                    live.received().append(record.segment().asSlice(0, whole));
                    filled = 0;
                    k++;
                }
            }
        }

        private void end() {
            if (left > 0) {
                // The pass says so.
                return;
            }
            Station before = live.session().route().stations().get(station.place() - 1);
            try {
                Passage.verify(ring, live.session().id(), before, MerkleRoot.over(cut.leaves()), signature);
            } catch (BadSignatureException e) {
                throw unsigned("isn't");
            }
            live.received(
                    station,
                    new Received(cut.leaves(), signature, record == null ? live.ciphertext() : live.received()));
        }

        /** It may have been sent so, or be said to: whoever hears this knows only that it was one of the two. */
        private IntegrityException unsigned(String how) {
            String self = ring.provider(station.provider()).name();
            return new IntegrityException(
                    self + " says that the stream from " + name() + " " + how + " the one that " + name()
                            + " signed for: one of these two is at fault",
                    List.of());
        }

        @Override
        public String name() {
            return source.name();
        }

        @Override
        public void close() {
            if (record != null) {
                record.close();
            }
            source.close();
        }
    }

    private final class Signing implements Pass.Sink {
        private final Pass.Sink sink;
        private final Cut cut = new Cut(live.session());

        Signing(Pass.Sink sink) {
            this.sink = sink;
        }

        @Override
        public void write(ByteBuf piece) throws IOException, InterruptedException {
            cut.add(MemorySegment.ofBuffer(piece.nioBuffer()));
            sink.write(piece);
        }

        @Override
        public void end() {
            byte[] root = MerkleRoot.over(cut.leaves());
            byte[] signature = Passage.sign(key, ring, live.session().id(), station, root);
            try {
                sink.write(Http2.BUFFERS.directBuffer(signature.length).writeBytes(signature));
            } catch (IOException e) {
                throw sink.reason(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                String self = ring.provider(station.provider()).name();
                throw new NodeException(self, self + " was stopped while it signed for its stream");
            }
            sink.end();
        }

        @Override
        public void settle() {
            sink.settle();
        }

        @Override
        public void fail(Throwable cause) {
            sink.fail(cause);
        }

        @Override
        public RuntimeException reason(IOException e) {
            return sink.reason(e);
        }
    }
}
