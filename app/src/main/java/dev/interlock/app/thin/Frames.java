package dev.interlock.app.thin;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;

/**
 * What a command and its agent say to each other: frames of one byte of kind, four bytes of length, big endian, and as many
 * bytes. One thread reads; any thread may send.
 */
public final class Frames {
    // From the command.
    /** First of all: a {@link Hello}. */
    public static final byte HELLO = 'H';
    /** After {@link #ACCEPT}: from here on, the agent works. */
    public static final byte GO = 'G';
    /** What {@link #WANT} asked for; nothing at the end of standard input. */
    public static final byte INPUT = 'I';
    /** Standard input can't be read: why. */
    public static final byte INPUT_FAILED = 'F';
    /** Answers {@link #OUT_SYNC} and {@link #ERR}: nothing, or why what was sent so far couldn't be written. */
    public static final byte WRITTEN = 'W';
    /** A signal ends the command. */
    public static final byte CANCEL = 'C';

    // From a command that logs in or out, in the place of a hello; an agent answers with ACCEPT, REFUSE or SESSIONS.
    /** A session is to be held: of which build the command is. What is secret comes after {@link #ACCEPT}. */
    public static final byte OFFER = 'L';
    /** The session that was offered; once more the agent accepts. */
    public static final byte SESSION = 'S';
    /** Which sessions are held? */
    public static final byte ASK = 'Q';
    /** A session is to be wiped: of which ring; nothing for all. */
    public static final byte DROP = 'D';

    // From the agent.
    public static final byte ACCEPT = 'A';
    /** The agent can't stand in for this process: why. The command does the work itself. */
    public static final byte REFUSE = 'R';
    /** For standard output. */
    public static final byte OUT = 'o';
    /** The same, and the agent waits for {@link #WRITTEN}. */
    public static final byte OUT_SYNC = 'O';
    /** For standard error, and the agent waits for {@link #WRITTEN}. */
    public static final byte ERR = 'e';
    /** Wants at most so many bytes of standard input. */
    public static final byte WANT = 'w';
    /** A file that is to be deleted if the agent is lost. */
    public static final byte ASIDE = 'a';
    /** One that no longer is. */
    public static final byte KEPT = 'k';
    /** Lives still. */
    public static final byte PING = 'p';
    /** The exit code. */
    public static final byte EXIT = 'x';
    /** A line for each session that is held, or was and is wiped now. */
    public static final byte SESSIONS = 's';

    /** Of contents: a command or an agent holds a few of these, however long a stream is. */
    public static final int MAX_PIECE_BYTES = 256 << 10;
    /** Arguments and environment. */
    public static final int MAX_HELLO_BYTES = 1 << 20;
    /** A path or a reason. */
    public static final int MAX_TEXT_BYTES = 16 << 10;

    private static final int HEAD_BYTES = 5;

    private final ReadableByteChannel in;
    private final GatheringByteChannel out;
    private final ByteBuffer readHead = ByteBuffer.allocateDirect(HEAD_BYTES);
    private final ByteBuffer writtenHead = ByteBuffer.allocateDirect(HEAD_BYTES);
    private ByteBuffer content = ByteBuffer.allocateDirect(4096);
    private final Object sending = new Object();
    private byte kind;

    public Frames(ReadableByteChannel in, GatheringByteChannel out) {
        this.in = in;
        this.out = out;
    }

    /** Sends all that remains in the buffer as one frame. */
    public void send(byte what, ByteBuffer bytes) throws IOException {
        synchronized (sending) {
            writtenHead.clear().put(what).putInt(bytes.remaining()).flip();
            ByteBuffer[] both = {writtenHead, bytes};
            while (bytes.hasRemaining() || writtenHead.hasRemaining()) {
                var _ = out.write(both);
            }
        }
    }

    public void send(byte what) throws IOException {
        send(what, ByteBuffer.allocate(0));
    }

    public void send(byte what, int number) throws IOException {
        send(what, ByteBuffer.allocate(4).putInt(number).flip());
    }

    /** Cut off where it is longer than a text may be. */
    public void send(byte what, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        send(what, ByteBuffer.wrap(bytes, 0, Math.min(bytes.length, MAX_TEXT_BYTES)));
    }

    /**
     * Waits for the next frame; {@link #content} has what it says.
     *
     * @return its kind
     * @throws EOFException at the end, be it within a frame
     * @throws IOException where it is longer than its kind may be, or of a kind that there isn't
     */
    public byte receive() throws IOException {
        fill(readHead.clear());
        kind = readHead.flip().get();
        int length = readHead.getInt();
        if (length < 0 || length > longest(kind)) {
            throw new IOException("a frame of the kind " + kind + " with " + length + " bytes");
        }
        if (content.capacity() < length) {
            content = ByteBuffer.allocateDirect(Math.max(length, Math.min(MAX_PIECE_BYTES, 2 * content.capacity())));
        }
        fill(content.clear().limit(length));
        content.flip();
        return kind;
    }

    /** What the last frame said; until the next one is received. */
    public ByteBuffer content() {
        return content;
    }

    public String text() {
        return StandardCharsets.UTF_8.decode(content).toString();
    }

    /** @throws IOException where the last frame isn't just one number */
    public int number() throws IOException {
        if (content.remaining() != 4) {
            throw new IOException("a number of " + content.remaining() + " bytes");
        }
        return content.getInt();
    }

    /** Contents may be secrets. */
    public void wipe() {
        content.clear();
        while (content.remaining() >= 8) {
            content.putLong(0);
        }
        while (content.hasRemaining()) {
            content.put((byte) 0);
        }
    }

    private void fill(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (in.read(bytes) < 0) {
                throw new EOFException("the other end is gone");
            }
        }
    }

    private static int longest(byte kind) throws IOException {
        return switch (kind) {
            case HELLO -> MAX_HELLO_BYTES;
            case INPUT, OUT, OUT_SYNC, ERR -> MAX_PIECE_BYTES;
            case INPUT_FAILED, WRITTEN, REFUSE, ASIDE, KEPT, OFFER, SESSION, DROP, SESSIONS -> MAX_TEXT_BYTES;
            case WANT, EXIT -> 4;
            case GO, CANCEL, ACCEPT, PING, ASK -> 0;
            default -> throw new IOException("a frame of no kind: " + kind);
        };
    }
}
