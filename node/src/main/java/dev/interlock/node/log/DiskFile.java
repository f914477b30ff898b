package dev.interlock.node.log;

import dev.interlock.protocol.error.BadInputException;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.Reserve;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;

/** A log's file on a disk, for one process at a time. */
final class DiskFile implements LogFile {
    /** For a thousand lines. */
    private static final int RESERVED_BYTES = 256 << 10;

    private final Path path;
    // Not a channel: that would close when a thread that writes is interrupted, and the log with it.
    private final RandomAccessFile file;
    private final Reserve reserve;
    /** Where the last write ended, or -1: a log is written where it ended, and needs no seeking there. */
    private long position = -1;

    private DiskFile(Path path, RandomAccessFile file) {
        this.path = path;
        this.file = file;
        this.reserve = new Reserve(path.resolveSibling(path.getFileName() + ".reserve"), RESERVED_BYTES);
    }

    static DiskFile open(Path path) throws IOException {
        try {
            Files.createFile(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            DurableFile.syncName(path);
        } catch (FileAlreadyExistsException e) {
            // It goes on.
        }
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
        try {
            if (locked(file)) {
                return new DiskFile(path, file);
            }
        } catch (IOException e) {
            file.close();
            throw e;
        }
        file.close();
        throw new BadInputException(path + " is in use: another process writes this log");
    }

    private static boolean locked(RandomAccessFile file) throws IOException {
        try {
            FileLock lock = file.getChannel().tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    @Override
    public long size() throws IOException {
        return file.length();
    }

    @Override
    public byte[] read(long at, int length) throws IOException {
        byte[] bytes = new byte[length];
        int read = 0;
        position = -1;
        file.seek(at);
        while (read < length) {
            int more = file.read(bytes, read, length - read);
            if (more < 0) {
                return Arrays.copyOf(bytes, read);
            }
            read += more;
        }
        return bytes;
    }

    @Override
    public void write(long at, byte[] bytes) throws IOException {
        if (at != position) {
            file.seek(at);
        }
        position = -1; // wherever a failed write leaves it
        file.write(bytes);
        position = at + bytes.length;
    }

    @Override
    public void truncate(long size) throws IOException {
        position = -1;
        file.setLength(size);
    }

    @Override
    public void force() throws IOException {
        file.getFD().sync();
    }

    @Override
    public void setAside(byte[] bytes) throws IOException {
        Files.write(
                path.resolveSibling(path.getFileName() + ".torn"),
                bytes,
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    @Override
    public boolean makeRoom() {
        return reserve.release();
    }

    @Override
    public void keepRoom() {
        reserve.fill();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
