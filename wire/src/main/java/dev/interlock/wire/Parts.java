package dev.interlock.wire;

import dev.interlock.core.secret.SecretBytes;
import io.netty.buffer.ByteBuf;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A few parts of known number in one body, each as u32 length ‖ bytes (SPEC §1), off the heap at both ends: they may be secret. */
public final class Parts {
    private Parts() {}

    /** One body of these parts. */
    public static ByteBuf join(List<MemorySegment> parts) {
        int length = parts.stream()
                .mapToInt(part -> Integer.BYTES + Math.toIntExact(part.byteSize()))
                .sum();
        WipedBuffer body = new WipedBuffer(length);
        for (MemorySegment part : parts) {
            body.writeInt(Math.toIntExact(part.byteSize()));
            int at = body.writerIndex();
            MemorySegment.ofBuffer(body.nioBuffer(at, Math.toIntExact(part.byteSize())))
                    .copyFrom(part);
            body.writerIndex(at + Math.toIntExact(part.byteSize()));
        }
        return body;
    }

    /**
     * The next part of a body.
     *
     * @param maxBytes that it may have
     * @return the caller's to close
     * @throws IOException when the body ends early, the part is longer, or the stream stalls or breaks off
     */
    public static SecretBytes next(RecordReader in, int maxBytes) throws IOException, InterruptedException {
        byte[] head = new byte[Integer.BYTES];
        in.fill(MemorySegment.ofArray(head));
        int length = (head[0] & 0xFF) << 24 | (head[1] & 0xFF) << 16 | (head[2] & 0xFF) << 8 | (head[3] & 0xFF);
        if (length < 0 || length > maxBytes) {
            throw new EOFException("a part has another length than it may have: " + Integer.toUnsignedString(length));
        }
        SecretBytes part = SecretBytes.allocate(length);
        try {
            in.fill(part.segment());
            return part;
        } catch (IOException | InterruptedException | RuntimeException e) {
            part.close();
            throw e;
        }
    }
}
