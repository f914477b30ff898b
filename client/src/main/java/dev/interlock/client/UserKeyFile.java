package dev.interlock.client;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.wire.file.FileProblem;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * What a user of protocol 2 keeps for one object: a few lines that say what it is, its bytes, and 16 bytes by which a
 * damaged file is told from a wrong one.
 */
public final class UserKeyFile {
    private static final String FORMAT = "interlock user key 1";
    private static final int MAX_HEAD_BYTES = 256;
    private static final int CHECK_BYTES = 16;
    private static final int BUFFER_BYTES = 64 << 10;

    private final Path path;
    private final RingId ring;
    private final ObjectId object;
    private final Kind kind;
    private final int headBytes;
    private final long keyBytes;

    /** What the bytes are. */
    public enum Kind {
        /** 32 bytes from which b_U grows. */
        EXPANDED,
        /** b_U itself, as long as P. */
        FULL,
        /** f(x_U), as long as P: the published profile. */
        SHARE;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private UserKeyFile(Path path, RingId ring, ObjectId object, Kind kind, int headBytes, long keyBytes) {
        this.path = path;
        this.ring = ring;
        this.object = object;
        this.kind = kind;
        this.headBytes = headBytes;
        this.keyBytes = keyBytes;
    }

    /**
     * Reads the whole file once, to know that it is whole; keeps none of it.
     *
     * @throws BadInputException that says what is wrong with the file
     */
    public static UserKeyFile open(Path path) {
        try (FileChannel file = FileChannel.open(path)) {
            long size = file.size();
            byte[] head = new byte[(int) Math.min(MAX_HEAD_BYTES, size)];
            readFully(file, ByteBuffer.wrap(head));
            // The head ends with an empty line; what follows it is secret and stays out of strings.
            int end = headEnd(head);
            String[] lines = new String(head, 0, Math.max(0, end), StandardCharsets.US_ASCII).split("\n", -1);
            Arrays.fill(head, (byte) 0);
            if (end < 0 || lines.length != 6 || !lines[0].equals(FORMAT)) {
                throw new BadInputException(path + " is no user key of Interlock, as a put with protocol 2 makes it");
            }
            UserKeyFile key = new UserKeyFile(
                    path,
                    RingId.parse(value(lines[1], "ring")),
                    ObjectId.parse(value(lines[2], "object")),
                    kind(value(lines[3], "kind")),
                    end,
                    size - end - CHECK_BYTES);
            key.requireWhole(file);
            return key;
        } catch (NoSuchFileException e) {
            throw new BadInputException("there's no user key at " + path
                    + "; without the one that the put wrote, nobody can open the object");
        } catch (MalformedException e) {
            throw new BadInputException("the user key " + path + " is damaged: " + e.getMessage());
        } catch (IOException e) {
            throw new BadInputException("can't read the user key " + FileProblem.at(path, e));
        }
    }

    private static int headEnd(byte[] head) {
        for (int i = 1; i < head.length; i++) {
            if (head[i] == '\n' && head[i - 1] == '\n') {
                return i + 1;
            }
        }
        return -1;
    }

    private static String value(String line, String name) {
        if (!line.startsWith(name + " ")) {
            throw new MalformedException("a line \"" + name + " …\" is missing");
        }
        return line.substring(name.length() + 1);
    }

    private static Kind kind(String text) {
        for (Kind kind : Kind.values()) {
            if (kind.text().equals(text)) {
                return kind;
            }
        }
        throw new MalformedException("its kind must be expanded, full or share");
    }

    private void requireWhole(FileChannel file) throws IOException {
        if (keyBytes < 0 || (kind == Kind.EXPANDED && keyBytes != Keystream.SEED_BYTES)) {
            throw new MalformedException("it isn't whole");
        }
        Sha256 hash = Sha256.labelled("interlock/v1/user-key");
        try (SecretBytes buffer = SecretBytes.allocate(BUFFER_BYTES)) {
            file.position(0);
            for (long left = headBytes + keyBytes; left > 0; ) {
                MemorySegment part = buffer.segment().asSlice(0, Math.min(left, BUFFER_BYTES));
                readFully(file, part.asByteBuffer());
                hash.update(part);
                left -= part.byteSize();
            }
            byte[] check = new byte[CHECK_BYTES];
            readFully(file, ByteBuffer.wrap(check));
            if (!Arrays.equals(check, Arrays.copyOf(hash.digest(), CHECK_BYTES))) {
                throw new MalformedException("its bytes aren't those that were written");
            }
        }
    }

    private static void readFully(FileChannel file, ByteBuffer to) throws IOException {
        while (to.hasRemaining()) {
            if (file.read(to) < 0) {
                throw new EOFException("it ends too early");
            }
        }
    }

    public Path path() {
        return path;
    }

    public RingId ring() {
        return ring;
    }

    public ObjectId object() {
        return object;
    }

    public Kind kind() {
        return kind;
    }

    /** The length of the key itself, in bytes. */
    public long keyBytes() {
        return keyBytes;
    }

    /** The key's bytes, from their beginning. */
    Bytes bytes() throws IOException {
        FileChannel file = FileChannel.open(path);
        file.position(headBytes);
        return new Bytes(file);
    }

    /** A user key being read. */
    final class Bytes implements AutoCloseable {
        private final FileChannel file;
        private long left = keyBytes;

        private Bytes(FileChannel file) {
            this.file = file;
        }

        /** @throws BadInputException when the key is shorter than what it's for */
        void fill(MemorySegment to) {
            left -= to.byteSize();
            if (left < 0) {
                throw new BadInputException("the user key " + path + " is shorter than the object");
            }
            try {
                readFully(file, to.asByteBuffer());
            } catch (IOException e) {
                throw new BadInputException("can't read the user key " + FileProblem.at(path, e));
            }
        }

        @Override
        public void close() {
            try {
                file.close();
            } catch (IOException e) {
                // It was only read.
            }
        }
    }

    /** Writes a user key as its bytes come to be. */
    static final class Writer {
        private final WritableByteChannel out;
        private final Sha256 hash = Sha256.labelled("interlock/v1/user-key");

        Writer(WritableByteChannel out, RingId ring, ObjectId object, Kind kind) throws IOException {
            this.out = out;
            String head = FORMAT + "\nring " + ring + "\nobject " + object + "\nkind " + kind.text() + "\n\n";
            write(MemorySegment.ofArray(head.getBytes(StandardCharsets.US_ASCII)));
        }

        void write(MemorySegment bytes) throws IOException {
            hash.update(bytes);
            for (ByteBuffer rest = bytes.asByteBuffer(); rest.hasRemaining(); ) {
                var _ = out.write(rest);
            }
        }

        /** After the last byte of the key. */
        void end() throws IOException {
            ByteBuffer check = ByteBuffer.wrap(hash.digest(), 0, CHECK_BYTES);
            while (check.hasRemaining()) {
                var _ = out.write(check);
            }
        }
    }
}
