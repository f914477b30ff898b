package dev.interlock.app;

import dev.interlock.app.thin.Frames;
import dev.interlock.app.thin.Hello;
import dev.interlock.app.thin.Seat;
import dev.interlock.app.thin.Surroundings;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peers;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A process that does a user's commands with everything warm: it listens on a Unix socket that only this user can open, and
 * ends by itself when nobody has asked for a while, or when its program was replaced.
 */
final class Agent implements AutoCloseable {
    /** More at once do their work themselves. */
    private static final int MOST_VISITS = 64;
    /** For a process that has connected to say what it wants. */
    private static final Duration HELLO = Duration.ofSeconds(2);

    private static final Duration TICK = Duration.ofSeconds(1);

    private final Path socket;
    private final FileChannel lock;
    private final ServerSocketChannel server;
    private final UserPrincipal user;
    private final String surroundings;
    private final Path jar;
    private final String build;
    private final Duration idle;
    private final Visit.Work work;
    private final Peers peers = new Peers(Optional.empty(), Deadlines.DEFAULT);
    private final HeldCredentials credentials = new HeldCredentials(System::nanoTime);
    private final Set<Visit> visits = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connected = new AtomicInteger();
    private volatile long usedNanos = System.nanoTime();
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean ending;

    private Agent(
            Path socket,
            FileChannel lock,
            ServerSocketChannel server,
            UserPrincipal user,
            Path jar,
            Duration idle,
            Visit.Work work)
            throws IOException {
        this.socket = socket;
        this.lock = lock;
        this.server = server;
        this.user = user;
        this.surroundings = Surroundings.own();
        this.jar = jar;
        this.build = Surroundings.build(jar);
        this.idle = idle;
        this.work = work;
        // Threads of many commands, which else would belong to the first.
        peers.startThreads();
    }

    /**
     * Begins to listen.
     *
     * @param jar by which a command tells that it is of the same build
     * @param idle how long without a command until it ends
     * @throws BadInputException where its place can't be had: another one runs, or others could open the folder
     */
    static Agent start(Path socket, Path jar, Duration idle, Visit.Work work) {
        if (!ThreadPlace.isThere()) {
            throw new BadInputException("an agent needs Linux: elsewhere each command does its own work");
        }
        int length = socket.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > Seat.LONGEST_BYTES) {
            throw new BadInputException(
                    "the socket's path " + socket + " has " + length + " bytes, and the system takes "
                            + Seat.LONGEST_BYTES + " at most: set " + Seat.VARIABLE + " to a shorter one");
        }
        try {
            FileChannel lock = take(socket);
            try {
                return new Agent(socket, lock, listen(socket), Seat.user(), jar, idle, work);
            } catch (IOException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw new BadInputException("the agent can't listen at " + socket + ": " + FileProblem.why(e));
        }
    }

    /** One agent a socket: a living one holds a lock. */
    private static FileChannel take(Path socket) throws IOException {
        Path folder = socket.getParent();
        if (folder == null) {
            throw new IOException("it is in no folder");
        }
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Seat.check(socket);
        FileChannel lock = FileChannel.open(
                socket.resolveSibling(socket.getFileName() + ".lock"),
                Set.of(
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        if (!locked(lock)) {
            ByteBuffer pid = ByteBuffer.allocate(20);
            var _ = lock.read(pid, 0);
            lock.close();
            throw new BadInputException("an agent of yours runs already, as process "
                    + StandardCharsets.US_ASCII.decode(pid.flip()).toString().strip() + ", and listens at " + socket);
        }
        lock.truncate(0);
        var _ = lock.write(
                ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)), 0);
        return lock;
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static ServerSocketChannel listen(Path socket) throws IOException {
        if (Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
            if (!Files.readAttributes(socket, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isOther()) {
                throw new IOException("there is a file, and no socket");
            }
            // Whoever has the lock knows that nobody listens there.
            Files.delete(socket);
        }
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            server.bind(UnixDomainSocketAddress.of(socket));
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
            return server;
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    Path socket() {
        return socket;
    }

    /** What logins unsealed. */
    HeldCredentials credentials() {
        return credentials;
    }

    /** Serves until it is idle, replaced or closed. @return why it ends */
    String serve() throws InterruptedException {
        Thread.ofPlatform().daemon().name("agent").start(this::accept);
        while (!ending) {
            Thread.sleep(TICK);
            credentials.expire();
            if (!visits.isEmpty()) {
                continue;
            }
            if (!isSameBuild()) {
                return "its program was replaced";
            }
            // A session has a time of its own.
            if (System.nanoTime() - usedNanos > idle.toNanos()
                    && credentials.all().isEmpty()) {
                return "nobody has asked for anything in the last " + idle.toSeconds() + " s";
            }
        }
        return "it was told to";
    }

    private void accept() {
        try {
            while (true) {
                SocketChannel channel = server.accept();
                if (connected.incrementAndGet() > MOST_VISITS) {
                    leave(channel);
                } else {
                    Thread.ofPlatform().daemon().name("visit").start(() -> {
                        try (channel) {
                            welcome(channel);
                        } catch (IOException e) {
                            // It's gone, or never was a command.
                        } finally {
                            connected.decrementAndGet();
                        }
                    });
                }
            }
        } catch (IOException e) {
            ending = true;
        }
    }

    private void leave(SocketChannel channel) {
        connected.decrementAndGet();
        try (channel) {
            // It does its own work.
        } catch (IOException e) {
            // It's gone.
        }
    }

    private void welcome(SocketChannel channel) throws IOException {
        Seat.checkPeer(channel, user);
        Frames frames = new Frames(channel, channel);
        // While the command still says what it wants.
        FutureTask<Boolean> stale = new FutureTask<>(this::isStale);
        Thread.ofVirtual().start(stale);
        Thread late = Thread.ofVirtual().start(() -> {
            try {
                Thread.sleep(HELLO);
                channel.close();
            } catch (IOException | InterruptedException e) {
                // It has said what it wants.
            }
        });
        Hello hello;
        try {
            byte first = frames.receive();
            if (first != Frames.HELLO) {
                usedNanos = System.nanoTime();
                late.interrupt();
                new AgentSessions(credentials, build, frames).serve(first, channel);
                return;
            }
            hello = Hello.decode(frames.content());
        } finally {
            late.interrupt();
        }
        Optional<String> refused = refused(hello, stale);
        if (refused.isPresent()) {
            frames.send(Frames.REFUSE, refused.get());
            return;
        }
        Visit visit = new Visit(frames, hello, this::connections, credentials);
        visits.add(visit);
        usedNanos = System.nanoTime();
        try {
            visit.serve(work);
        } finally {
            usedNanos = System.nanoTime();
            visits.remove(visit);
        }
    }

    private Optional<String> refused(Hello hello, Future<Boolean> stale) throws IOException {
        if (ending) {
            return Optional.of("the agent is ending");
        }
        if (!hello.build().equals(build) || !isSameBuild()) {
            return Optional.of("the agent is of another build");
        }
        if (!hello.surroundings().equals(surroundings)) {
            return Optional.of("the agent has other surroundings");
        }
        try {
            return stale.get() ? Optional.of("the sources are newer than the program") : Optional.empty();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptedIOException();
        }
    }

    private boolean isSameBuild() {
        try {
            return Surroundings.build(jar).equals(build);
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether a command of this source tree would build the program first, as the launcher does. */
    private boolean isStale() throws IOException {
        String home = System.getProperty("interlock.home", "");
        if (home.isEmpty() || !Files.isRegularFile(Path.of(home, "pom.xml"))) {
            return false;
        }
        FileTime built = Files.getLastModifiedTime(jar);
        try (Stream<Path> modules = Files.list(Path.of(home))) {
            for (Path module : modules.filter(
                            each -> Files.isRegularFile(each.resolve("pom.xml")) && !each.endsWith("bench"))
                    .toList()) {
                if (isNewer(module.resolve("pom.xml"), built)) {
                    return true;
                }
                try (Stream<Path> sources = Files.find(
                        module.resolve("src").resolve("main"),
                        Integer.MAX_VALUE,
                        (_, found) -> found.lastModifiedTime().compareTo(built) > 0)) {
                    if (sources.findFirst().isPresent()) {
                        return true;
                    }
                }
            }
        }
        return isNewer(Path.of(home, "pom.xml"), built);
    }

    private static boolean isNewer(Path file, FileTime than) throws IOException {
        return Files.getLastModifiedTime(file).compareTo(than) > 0;
    }

    private Optional<Peers> connections(Deadlines deadlines) {
        return deadlines.equals(peers.deadlines()) ? Optional.of(peers) : Optional.empty();
    }

    /** Breaks off what is under way, wipes what is held, and takes the socket away. */
    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            // A socket there is another agent's by now.
            return;
        }
        ending = true;
        credentials.close();
        try {
            // Before the lock is gone: a socket there is then another agent's.
            Files.deleteIfExists(socket);
            server.close();
        } catch (IOException e) {
            // One that is left behind leads nowhere.
        }
        visits.stream().toList().forEach(visit -> visit.cancel("the agent was told to end", Main.FAILED));
        peers.close();
        try {
            lock.close();
        } catch (IOException e) {
            // The process ends.
        }
    }
}
