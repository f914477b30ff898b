package dev.interlock.node;

import dev.interlock.protocol.error.BadInputException;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One process a node's folder, or one for each number where several serve the node: holds a lock while it lives, and says in the lock's
 * file who it is. The pid beside it, in a file of its own, is for people.
 */
public final class NodeLock implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(NodeLock.class);
    private static final String INSTANCE = HexFormat.of().formatHex(randomBytes());
    private static final int FORM_BYTES = 20 + 1 + 16 + 1;
    /** Two words of one length: the second takes the place of the first. */
    private static final String STARTS = "starts\n";

    private static final String SERVES = "serves\n";
    /** Who asks whether a node runs holds its lock for a moment: that is nobody who runs it. */
    private static final Duration ASKING = Duration.ofSeconds(2);

    private static final Duration ASK_AGAIN = Duration.ofMillis(10);

    private final Path folder;
    private final FileChannel channel;

    private NodeLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /**
     * The process that holds a node's lock.
     *
     * @param process empty where the one that the file names isn't the one that holds it
     * @param instance what its node says in {@code /health}; no other process, of a copy of the folder say, says the same
     */
    public record Holder(Optional<ProcessHandle> process, String instance) {}

    /** @throws BadInputException when another process runs this node, or the folder can't be used */
    public static NodeLock take(Path folder) {
        try {
            FileChannel channel = open(folder);
            long end = System.nanoTime() + ASKING.toNanos();
            while (!locked(channel)) {
                Optional<ProcessHandle> process = named(folder).process();
                boolean another = process.isPresent()
                        && process.get().pid() != ProcessHandle.current().pid();
                if (another || System.nanoTime() > end) {
                    channel.close();
                    throw new BadInputException("the node in " + folder + " runs already"
                            + process.map(each -> ", as process " + each.pid()).orElse(""));
                }
                Thread.sleep(ASK_AGAIN);
            }
            NodeLock lock = new NodeLock(folder, channel);
            lock.sayWho();
            return lock;
        } catch (IOException e) {
            throw new BadInputException("can't use the folder " + FileProblem.at(folder, e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BadInputException("interrupted while waiting for the lock of " + folder);
        }
    }

    /**
     * The same, once the process that runs this node has ended, however it did.
     *
     * @throws BadInputException when the folder can't be used
     */
    public static NodeLock await(Path folder) throws InterruptedException {
        try {
            FileChannel channel = open(folder);
            var _ = channel.lock();
            NodeLock lock = new NodeLock(folder, channel);
            lock.sayWho();
            return lock;
        } catch (FileLockInterruptionException e) {
            throw new InterruptedException();
        } catch (IOException e) {
            throw new BadInputException("can't use the folder " + FileProblem.at(folder, e));
        }
    }

    /** One of several processes that serve a node: the lock of the lowest number that is free. */
    public record Numbered(int number, NodeLock lock) implements AutoCloseable {
        @Override
        public void close() {
            lock.close();
        }
    }

    /**
     * Takes the place of one of several processes.
     *
     * @param most how many there may be
     * @param wait whether to wait until a place is free
     * @throws BadInputException when none is and it isn't waited for, or the folder can't be used
     */
    public static Numbered takeNumbered(Path folder, int most, boolean wait) throws InterruptedException {
        try {
            while (true) {
                for (int number = 1; number <= most; number++) {
                    Path own = NodeFolder.ownFolder(folder, number);
                    DurableFile.createFolder(own);
                    FileChannel channel = open(own);
                    if (locked(channel)) {
                        NodeLock lock = new NodeLock(own, channel);
                        lock.sayWho();
                        return new Numbered(number, lock);
                    }
                    channel.close();
                }
                if (!wait) {
                    throw new BadInputException("the node in " + folder + " runs already, in " + most
                            + " processes, as many as its file processes says");
                }
                Thread.sleep(ASKING);
            }
        } catch (IOException e) {
            throw new BadInputException("can't use the folder " + FileProblem.at(folder, e));
        }
    }

    /** As {@link #take}, and no process of any other number runs. */
    public static NodeLock takeAlone(Path folder) {
        for (Path other : NodeFolder.open(folder).ofAllProcesses("lock")) {
            Path own = other.getParent();
            if (own != null && !own.equals(folder) && isHeld(own)) {
                throw new BadInputException("the node in " + folder + " runs already, in several processes");
            }
        }
        return take(folder);
    }

    private void sayWho() {
        long pid = ProcessHandle.current().pid();
        try {
            // Of one length, so that it is overwritten in place: a full disk keeps no node from starting.
            String who = String.format(Locale.ROOT, "%-20d %s\n", pid, INSTANCE) + STARTS;
            channel.write(ByteBuffer.wrap(who.getBytes(StandardCharsets.US_ASCII)), 0);
            Files.writeString(folder.resolve("pid"), pid + "\n");
        } catch (IOException e) {
            // There may be objects to be destroyed, which makes room.
            log.warn("the process id can't be written: {}", FileProblem.at(folder.resolve("pid"), e));
        }
    }

    /** Says that this process serves: at its card's address, and with nothing to complain of. Who started it needn't ask then. */
    public void sayServes() {
        try {
            channel.write(ByteBuffer.wrap(SERVES.getBytes(StandardCharsets.US_ASCII)), FORM_BYTES);
        } catch (IOException e) {
            log.warn("that the node serves can't be written: {}", FileProblem.at(folder.resolve("lock"), e));
        }
    }

    /**
     * Which process said last that it serves, by its {@link Holder#instance}; empty where a later one didn't yet. Whether it still
     * runs, {@link #holder} tells.
     */
    public static Optional<String> lastServing(Path folder) {
        return Optional.of(Said.in(folder)).filter(Said::serves).map(Said::instance);
    }

    /** What this process says of itself in {@code /health}: 16 hex digits, drawn anew by each. */
    public static String instance() {
        return INSTANCE;
    }

    /** Does a process run this node? */
    public static boolean isHeld(Path folder) {
        try (FileChannel channel = open(folder)) {
            return !locked(channel);
        } catch (IOException e) {
            return false;
        }
    }

    /** The process that runs this node, when one does. */
    public static Optional<Holder> holder(Path folder) {
        return isHeld(folder) ? Optional.of(named(folder)) : Optional.empty();
    }

    /** Whom the lock's file names. */
    private static Holder named(Path folder) {
        Said said = Said.in(folder);
        return new Holder(
                said.pid().matches("[0-9]{1,10}")
                        ? ProcessHandle.of(Long.parseLong(said.pid())).filter(process -> hasOpen(process, folder))
                        : Optional.empty(),
                said.instance());
    }

    /** What is written in the lock's file; empty words where it can't be read. */
    private record Said(String pid, String instance, boolean serves) {
        static Said in(Path folder) {
            try (FileChannel channel = FileChannel.open(folder.resolve("lock"), StandardOpenOption.READ)) {
                ByteBuffer bytes = ByteBuffer.allocate(FORM_BYTES + SERVES.length());
                int _ = channel.read(bytes, 0);
                String text = StandardCharsets.US_ASCII.decode(bytes.flip()).toString();
                String[] who = text.lines().findFirst().orElse("").strip().split(" +", -1);
                return new Said(who[0], who.length == 2 ? who[1] : "", text.endsWith(SERVES));
            } catch (IOException e) {
                return new Said("", "", false);
            }
        }
    }

    /** A number is no identity: another process may have got it since. Only Linux lets us see what a process has open. */
    private static boolean hasOpen(ProcessHandle process, Path folder) {
        Path descriptors = Path.of("/proc", String.valueOf(process.pid()), "fd");
        if (!Files.isDirectory(descriptors)) {
            return true;
        }
        try (DirectoryStream<Path> open = Files.newDirectoryStream(descriptors)) {
            Path lock = folder.resolve("lock");
            for (Path each : open) {
                if (isSame(each, lock)) {
                    return true;
                }
            }
        } catch (IOException e) {
            // Another user's process: not one of ours.
        }
        return false;
    }

    private static boolean isSame(Path descriptor, Path lock) {
        try {
            return Files.isSameFile(descriptor, lock);
        } catch (IOException e) {
            // Closed meanwhile, or no file.
            return false;
        }
    }

    private static FileChannel open(Path folder) throws IOException {
        return FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static byte[] randomBytes() {
        byte[] bytes = new byte[8];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(folder.resolve("pid"));
            channel.close();
        } catch (IOException e) {
            // The process ends, and its lock with it.
        }
    }
}
