package dev.interlock.app;

import dev.interlock.app.thin.Frames;
import dev.interlock.app.thin.Seat;
import dev.interlock.app.thin.Surroundings;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.login.RootSecret;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.ring.RingDescriptor;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What an agent and a command that logs in or out say to each other. What is secret goes out only when a living agent of the
 * same user and build has accepted, from memory off the heap to memory off the heap; the agent that can't say that it holds a
 * session holds none.
 */
final class AgentSessions {
    /** For a living agent. */
    private static final Duration ANSWER = Duration.ofSeconds(2);
    /** For one that has just been started, on a busy machine, to take a session. */
    private static final Duration HOLDING = Duration.ofSeconds(8);

    /** For an agent that was started to listen. */
    private static final Duration START = Duration.ofSeconds(10);

    private static final Duration STEP = Duration.ofMillis(50);
    private static final File NOTHING = new File("/dev/null");
    private static final int MOST_WORD_BYTES = 255;

    private final HeldCredentials held;
    private final String build;
    private final Frames frames;

    /** The agent's side. */
    AgentSessions(HeldCredentials held, String build, Frames frames) {
        this.held = held;
        this.build = build;
        this.frames = frames;
    }

    /** Does what one connection asks for; who says nothing more is let go. */
    void serve(byte first, SocketChannel channel) throws IOException {
        Thread late = closing(channel, HOLDING);
        try {
            serve(first);
        } finally {
            late.interrupt();
        }
    }

    private static Thread closing(SocketChannel channel, Duration after) {
        return Thread.ofVirtual().start(() -> {
            try {
                Thread.sleep(after);
                channel.close();
            } catch (IOException | InterruptedException e) {
                // It has answered.
            }
        });
    }

    private void serve(byte first) throws IOException {
        switch (first) {
            case Frames.OFFER -> {
                if (!frames.text().equals(build)) {
                    frames.send(Frames.REFUSE, "the agent is of another build");
                    return;
                }
                frames.send(Frames.ACCEPT);
                if (frames.receive() != Frames.SESSION) {
                    throw new IOException("no session");
                }
                hold();
            }
            case Frames.ASK -> frames.send(Frames.SESSIONS, text(held.all()));
            case Frames.DROP -> {
                String which = frames.text();
                List<HeldCredentials.Whose> wiped = held.all().stream()
                        .filter(each ->
                                which.isEmpty() || each.ring().toString().equals(which))
                        .filter(each -> held.drop(each.ring()))
                        .toList();
                frames.send(Frames.SESSIONS, text(wiped));
            }
            default -> throw new IOException("no hello");
        }
    }

    private void hold() throws IOException {
        RingId ring;
        try {
            ByteBuffer in = frames.content();
            byte[] id = new byte[RingId.BYTES];
            in.get(id);
            ring = RingId.of(id);
            Duration idle = Duration.ofSeconds(in.getLong());
            String ringName = word(in);
            String user = new UserName(word(in)).text();
            int versions = in.remaining() / RootSecret.BYTES;
            if (versions < 1
                    || versions > RootSecret.MOST_VERSIONS
                    || in.remaining() != versions * RootSecret.BYTES
                    || idle.isNegative()) {
                throw new IOException("no session");
            }
            MemorySegment roots = MemorySegment.ofBuffer(in);
            try (RootSecret secret = new RootSecret(IntStream.range(0, versions)
                    .mapToObj(i -> SecretBytes.copyOf(roots.asSlice((long) i * RootSecret.BYTES, RootSecret.BYTES)))
                    .toList())) {
                held.hold(ring, ringName, user, secret.credential(), idle);
            }
        } catch (RefusedException e) {
            frames.send(Frames.REFUSE, e.explanation());
            return;
        } catch (RuntimeException e) {
            throw new IOException("no session", e);
        } finally {
            frames.wipe();
        }
        try {
            frames.send(Frames.ACCEPT);
        } catch (IOException e) {
            // Whoever logged in has given up on this agent, and said so.
            held.drop(ring);
            throw e;
        }
    }

    private static String word(ByteBuffer in) {
        byte[] bytes = new byte[in.get() & 0xff];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static String text(List<HeldCredentials.Whose> sessions) {
        StringBuilder text = new StringBuilder();
        sessions.forEach(each -> text.append(each.ring())
                .append(' ')
                .append(each.ringName())
                .append(' ')
                .append(each.user())
                .append(' ')
                .append(each.left().toSeconds())
                .append('\n'));
        return text.toString();
    }

    /** Which program this is: an agent of another takes no session of it. */
    static String ownBuild() {
        String program = System.getProperty("interlock.program", System.getProperty("java.class.path", ""));
        try {
            return Surroundings.build(Path.of(program));
        } catch (IOException e) {
            return "";
        }
    }

    /** What the agent that listens holds; nothing where none answers. */
    static List<HeldCredentials.Whose> held(Map<String, String> environment) {
        try (Link link = Link.open(environment).orElse(null)) {
            return link == null ? List.of() : link.sessions();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** The command's side: one connection, one question. */
    static final class Link implements AutoCloseable {
        private final SocketChannel channel;
        private final Frames frames;
        private final Thread late;

        private Link(SocketChannel channel, Duration answer) {
            this.channel = channel;
            this.frames = new Frames(channel, channel);
            this.late = closing(channel, answer);
        }

        /** Empty where no agent of this user listens. */
        static Optional<Link> open(Map<String, String> environment) {
            return open(environment, ANSWER);
        }

        private static Optional<Link> open(Map<String, String> environment, Duration answer) {
            Path socket = Seat.of(environment);
            if (socket == null) {
                return Optional.empty();
            }
            Optional<Link> link = Optional.empty();
            try {
                Seat.check(socket);
                link = Optional.of(new Link(SocketChannel.open(StandardProtocolFamily.UNIX), answer));
                link.get().channel.connect(UnixDomainSocketAddress.of(socket));
                Seat.checkPeer(link.get().channel, Seat.user());
                return link;
            } catch (IOException e) {
                link.ifPresent(Link::close);
                return Optional.empty();
            }
        }

        /** The same, after starting one where none listens; empty where none is wanted or can be. */
        static Optional<Link> openOrStart(Map<String, String> environment) throws InterruptedException {
            Optional<Link> link = open(environment, HOLDING);
            if (link.isPresent() || Seat.of(environment) == null || !start()) {
                return link;
            }
            for (long begun = System.nanoTime(); System.nanoTime() - begun < START.toNanos(); ) {
                Thread.sleep(STEP);
                link = open(environment, HOLDING);
                if (link.isPresent()) {
                    return link;
                }
            }
            return Optional.empty();
        }

        /** Starts the launcher of this program, apart from this command's terminal. */
        private static boolean start() {
            Path launcher = Path.of(System.getProperty("interlock.home", ""), "interlock");
            if (!launcher.isAbsolute() || !Files.isExecutable(launcher) || !ThreadPlace.isThere()) {
                return false;
            }
            for (List<String> command :
                    List.of(List.of("setsid", launcher.toString(), "agent"), List.of(launcher.toString(), "agent"))) {
                try {
                    var _ = new ProcessBuilder(command)
                            .directory(Path.of("/").toFile())
                            .redirectInput(ProcessBuilder.Redirect.from(NOTHING))
                            .redirectOutput(ProcessBuilder.Redirect.to(NOTHING))
                            .redirectError(ProcessBuilder.Redirect.to(NOTHING))
                            .start();
                    return true;
                } catch (IOException e) {
                    // Without its own session it ends with this one's terminal.
                }
            }
            return false;
        }

        /**
         * Has the agent hold a session.
         *
         * @param build of the program that this is
         * @throws RefusedException where it doesn't
         */
        void hold(String build, RingDescriptor ring, UserName user, Duration idle, RootSecret root) {
            ByteBuffer session = ByteBuffer.allocateDirect(
                    RingId.BYTES + Long.BYTES + 2 * (1 + MOST_WORD_BYTES) + root.version() * RootSecret.BYTES);
            List<SecretBytes> versions = root.copies();
            try {
                frames.send(Frames.OFFER, build);
                accepted();
                session.put(ring.id().bytes()).putLong(idle.toSeconds());
                for (String word : List.of(ring.name(), user.text())) {
                    byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
                    session.put((byte) bytes.length).put(bytes);
                }
                for (SecretBytes secret : versions) {
                    MemorySegment.ofBuffer(session).copyFrom(secret.segment());
                    session.position(session.position() + RootSecret.BYTES);
                }
                session.flip();
                frames.send(Frames.SESSION, session);
                accepted();
            } catch (IOException e) {
                throw new RefusedException("the agent doesn't answer, and holds no session");
            } finally {
                versions.forEach(SecretBytes::close);
                MemorySegment.ofBuffer(session.clear()).fill((byte) 0);
            }
        }

        private void accepted() throws IOException {
            if (frames.receive() != Frames.ACCEPT) {
                throw new RefusedException(frames.text() + ", and holds no session");
            }
        }

        /** What the agent holds. */
        List<HeldCredentials.Whose> sessions() throws IOException {
            frames.send(Frames.ASK);
            return told();
        }

        /** Has it wipe the session of a ring, or all. @return those that it held */
        List<HeldCredentials.Whose> drop(Optional<RingId> ring) throws IOException {
            frames.send(Frames.DROP, ring.map(RingId::toString).orElse(""));
            return told();
        }

        private List<HeldCredentials.Whose> told() throws IOException {
            if (frames.receive() != Frames.SESSIONS) {
                throw new IOException("no sessions");
            }
            List<HeldCredentials.Whose> sessions = new ArrayList<>();
            try {
                for (String line : frames.text().lines().toList()) {
                    String[] words = line.split(" ", -1);
                    sessions.add(new HeldCredentials.Whose(
                            RingId.parse(words[0]), words[1], words[2], Duration.ofSeconds(Long.parseLong(words[3]))));
                }
            } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
                throw new IOException("no sessions", e);
            }
            return sessions;
        }

        @Override
        public void close() {
            late.interrupt();
            try {
                channel.close();
            } catch (IOException e) {
                // It's over all the same.
            }
        }
    }
}
