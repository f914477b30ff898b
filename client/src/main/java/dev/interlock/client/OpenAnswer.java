package dev.interlock.client;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.protocol.SmallRead;
import dev.interlock.wire.Parts;
import dev.interlock.wire.RecordReader;
import java.io.IOException;

/**
 * What one provider says of a small object, and what it gives of it.
 *
 * @param said encoded {@link dev.interlock.protocol.message.ObjectInfo}; in a put {@link dev.interlock.core.token.Participation}
 * @param share behind its salt; empty where there was none
 * @param ciphertext at a home; empty where there was none
 */
record OpenAnswer(byte[] said, SecretBytes share, SecretBytes ciphertext) implements AutoCloseable {
    /** The longest that a provider says of an object: its certificate, commands, statements. */
    static final int MAX_SAID_BYTES = 4 << 20;

    /** The next one of a stream; the caller's to close. */
    static OpenAnswer read(RecordReader in) throws IOException, InterruptedException {
        return read(in, MAX_SAID_BYTES, SmallRead.MAX_PART_BYTES, SmallRead.MAX_PART_BYTES);
    }

    /**
     * The same, of known lengths.
     *
     * @throws IOException when a part is longer, or the stream ends early, stalls or breaks off
     */
    static OpenAnswer read(RecordReader in, int maxSaid, int maxShare, int maxCiphertext)
            throws IOException, InterruptedException {
        byte[] said;
        try (SecretBytes part = Parts.next(in, maxSaid)) {
            said = part.copyToHeap();
        }
        SecretBytes share = Parts.next(in, maxShare);
        try {
            return new OpenAnswer(said, share, Parts.next(in, maxCiphertext));
        } catch (IOException | InterruptedException | RuntimeException e) {
            share.close();
            throw e;
        }
    }

    @Override
    public void close() {
        share.close();
        ciphertext.close();
    }
}
