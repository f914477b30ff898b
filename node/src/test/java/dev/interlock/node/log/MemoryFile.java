package dev.interlock.node.log;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A log's file in memory, on a disk that can be full. */
final class MemoryFile implements LogFile {
    private final ByteArrayOutputStream aside = new ByteArrayOutputStream();
    private byte[] bytes;
    private long room = Long.MAX_VALUE;
    private long reserved;
    private boolean forceFails;
    private int forces;
    private long forced;

    MemoryFile(byte[] bytes) {
        this.bytes = bytes.clone();
    }

    static MemoryFile empty() {
        return new MemoryFile(new byte[0]);
    }

    /** The file can grow by so many bytes. */
    synchronized void room(long more) {
        room = more == Long.MAX_VALUE ? more : bytes.length + more;
    }

    /** So much more is kept for lines about what makes room. */
    synchronized void reserve(long more) {
        reserved = more;
    }

    @Override
    public synchronized boolean makeRoom() {
        boolean any = reserved > 0;
        room += reserved;
        reserved = 0;
        return any;
    }

    synchronized void failForce(boolean fails) {
        forceFails = fails;
    }

    synchronized byte[] bytes() {
        return bytes.clone();
    }

    synchronized byte[] aside() {
        return aside.toByteArray();
    }

    synchronized int forces() {
        return forces;
    }

    /** How many bytes a power cut would leave at least. */
    synchronized long forced() {
        return forced;
    }

    String text() {
        return new String(bytes(), StandardCharsets.US_ASCII);
    }

    List<String> lines() {
        return text().lines().toList();
    }

    /** Its lines as a checker reads them. */
    List<Line> checked() {
        List<Line> lines = new ArrayList<>();
        LogCheck _ = check(bytes(), Optional.empty(), lines);
        return lines;
    }

    List<String> events() {
        return checked().stream().map(line -> line.event().toString()).toList();
    }

    static LogCheck check(byte[] log, Optional<Head> since, List<Line> into) {
        try {
            return LogCheck.verify("the log", new ByteArrayInputStream(log), since, into::add);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public synchronized long size() {
        return bytes.length;
    }

    @Override
    public synchronized byte[] read(long at, int length) {
        return Arrays.copyOfRange(bytes, (int) at, (int) Math.min(bytes.length, at + length));
    }

    @Override
    public synchronized void write(long at, byte[] more) throws IOException {
        int fits = (int) Math.max(0, Math.min(more.length, room - at));
        bytes = Arrays.copyOf(bytes, (int) at + fits);
        System.arraycopy(more, 0, bytes, (int) at, fits);
        if (fits < more.length) {
            throw new IOException("No space left on device");
        }
    }

    @Override
    public synchronized void truncate(long size) {
        bytes = Arrays.copyOf(bytes, (int) size);
        forced = Math.min(forced, size);
    }

    @Override
    public synchronized void force() throws IOException {
        if (forceFails) {
            throw new IOException("Input/output error");
        }
        forces++;
        forced = bytes.length;
    }

    @Override
    public synchronized void setAside(byte[] dropped) {
        aside.writeBytes(dropped);
    }

    @Override
    public void close() {}
}
