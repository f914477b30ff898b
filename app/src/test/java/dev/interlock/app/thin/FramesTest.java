package dev.interlock.app.thin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a command and its agent say to each other, and what either takes from a peer that says something else. */
final class FramesTest {
    private static final Hello HELLO = new Hello(
            "build",
            "surroundings",
            "/a folder",
            "0022",
            true,
            false,
            Map.of("HOME", "/home/ä", "TMPDIR", ""),
            Map.of("file", "at 1"),
            List.of("get", "", "-"));

    @TempDir
    private Path dir;

    private static Frames reading(byte... bytes) {
        return new Frames(Channels.newChannel(new ByteArrayInputStream(bytes)), new Sink());
    }

    private static byte[] frame(byte kind, int length, byte... content) {
        return ByteBuffer.allocate(5 + content.length)
                .put(kind)
                .putInt(length)
                .put(content)
                .array();
    }

    @Test
    void whatIsSentArrives() throws IOException {
        Sink sink = new Sink();
        Frames sender = new Frames(Channels.newChannel(new ByteArrayInputStream(new byte[0])), sink);
        sender.send(Frames.ERR, "größer");
        sender.send(Frames.EXIT, 130);
        sender.send(Frames.OUT, ByteBuffer.allocate(Frames.MAX_PIECE_BYTES));
        sender.send(Frames.PING);
        Frames reader = reading(sink.bytes.toByteArray());
        assertThat(reader.receive()).isEqualTo(Frames.ERR);
        assertThat(reader.text()).isEqualTo("größer");
        assertThat(reader.receive()).isEqualTo(Frames.EXIT);
        assertThat(reader.number()).isEqualTo(130);
        assertThat(reader.receive()).isEqualTo(Frames.OUT);
        assertThat(reader.content().remaining()).isEqualTo(Frames.MAX_PIECE_BYTES);
        assertThat(reader.receive()).isEqualTo(Frames.PING);
        assertThatThrownBy(reader::receive).isInstanceOf(EOFException.class);
    }

    @Test
    void aFrameThatIsCutOffIsTheEnd() {
        byte[] whole = frame(Frames.ERR, 3, (byte) 1, (byte) 2, (byte) 3);
        for (int length = 0; length < whole.length; length++) {
            Frames reader = reading(Arrays.copyOf(whole, length));
            assertThatThrownBy(reader::receive).as("%d bytes", length).isInstanceOf(EOFException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, Frames.MAX_PIECE_BYTES + 1})
    void aLengthThatNoneHasIsRefusedBeforeMemoryIsTaken(int length) {
        assertThatThrownBy(reading(frame(Frames.ERR, length))::receive)
                .isNotInstanceOf(EOFException.class)
                .hasMessageContaining(length + " bytes");
        assertThatThrownBy(reading(frame(Frames.GO, 1, (byte) 0))::receive).hasMessageContaining("1 bytes");
        assertThatThrownBy(reading(frame((byte) 'z', 0))::receive).hasMessageContaining("no kind");
    }

    @Test
    void aNumberHasFourBytes() throws IOException {
        Frames reader = reading(frame(Frames.EXIT, 3, (byte) 0, (byte) 0, (byte) 0));
        assertThat(reader.receive()).isEqualTo(Frames.EXIT);
        assertThatThrownBy(reader::number).isInstanceOf(IOException.class);
    }

    @Test
    void aHelloIsWhatItWasOrNone() throws IOException {
        byte[] whole = HELLO.encode().array();
        assertThat(Hello.decode(ByteBuffer.wrap(whole))).isEqualTo(HELLO);
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> Hello.decode(ByteBuffer.wrap(cut))).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> Hello.decode(ByteBuffer.wrap(Arrays.copyOf(whole, whole.length + 1))))
                .hasMessageContaining("more than a hello");
        byte[] later = whole.clone();
        later[3]++;
        assertThatThrownBy(() -> Hello.decode(ByteBuffer.wrap(later))).hasMessageContaining("another version");
        byte[] many = whole.clone();
        // The first text's length.
        Arrays.fill(many, 4, 8, (byte) 0x7f);
        assertThatThrownBy(() -> Hello.decode(ByteBuffer.wrap(many))).hasMessageContaining("a length of");
    }

    @Test
    void onlyAFolderOfOnesOwnThatIsClosedHasAnAgent() throws IOException {
        Path folder = Files.createDirectory(
                dir.resolve("closed"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Seat.check(folder.resolve("agent"));
        for (String mode : List.of("rwxr-x---", "rwx--x---", "rwx-----x", "rwx-w----")) {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(mode));
            assertThatThrownBy(() -> Seat.check(folder.resolve("agent")))
                    .as(mode)
                    .hasMessageContaining("others than its owner");
        }
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        Path link = Files.createSymbolicLink(dir.resolve("link"), folder);
        assertThatThrownBy(() -> Seat.check(link.resolve("agent"))).hasMessageContaining("no folder");
        assertThatThrownBy(() -> Seat.check(dir.resolve("none").resolve("agent")))
                .isInstanceOf(IOException.class);
        Path others = Path.of("/usr");
        if (Files.getOwner(others).equals(Seat.user())) {
            // Only root can be the owner of that, and only root can give a folder away.
            others = folder;
            Files.setOwner(
                    folder,
                    folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("daemon"));
        }
        Path socket = others.resolve("agent");
        assertThatThrownBy(() -> Seat.check(socket)).hasMessageContaining("belongs to");
    }

    @Test
    void theSocketIsWhereTheEnvironmentSays() {
        assertThat(Seat.of(Map.of("XDG_RUNTIME_DIR", "/run/1", "HOME", "/h")))
                .isEqualTo(Path.of("/run/1/interlock/agent"));
        assertThat(Seat.of(Map.of("XDG_RUNTIME_DIR", "relative", "HOME", "/h")))
                .isEqualTo(Path.of("/h/.local/state/interlock-agent/agent"));
        assertThat(Seat.of(Map.of("INTERLOCK_AGENT", "/x/y", "HOME", "/h"))).isEqualTo(Path.of("/x/y"));
        assertThat(Seat.of(Map.of("INTERLOCK_AGENT", "off", "HOME", "/h"))).isNull();
        assertThat(Seat.of(Map.of("INTERLOCK_AGENT", "relative", "HOME", "/h"))).isNull();
        assertThat(Seat.of(Map.of())).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "demo",
                "ring up",
                "get x --help",
                "get x -h",
                "get -V",
                "ls -v",
                "ls --verbose",
                "ls -qv",
                "ls --user alice",
                "get x --user=alice --password-fd=3",
                "get x --password-fd 3",
                "user",
                "user login alice",
                "user devices alice",
                "user devices --ring ring alice",
                "user devices --json alice",
                "user devices --password-fd 3",
                "agent"
            })
    void whatAnAgentCantStandInForIsNotAskedOfIt(String line) {
        assertThat(Thin.fits(line.split(" "))).isFalse();
        assertThat(Thin.fits(new String[0])).isFalse();
        assertThat(Thin.fits(new String[] {"get", "x", "-o", "-", "--json", "-q"}))
                .isTrue();
        assertThat(Thin.fits(new String[] {"user", "devices"})).isTrue();
        assertThat(Thin.fits(new String[] {"user", "devices", "--ring", "ring", "--stall=3", "--json"}))
                .isTrue();
    }

    private static final class Sink implements GatheringByteChannel {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final WritableByteChannel channel = Channels.newChannel(bytes);

        @Override
        public long write(ByteBuffer[] from, int offset, int length) throws IOException {
            // As a socket that takes little at a time.
            for (int i = offset; i < offset + length; i++) {
                if (from[i].hasRemaining()) {
                    int most = Math.min(from[i].remaining(), 1000);
                    int taken = channel.write(from[i].slice(from[i].position(), most));
                    from[i].position(from[i].position() + taken);
                    return taken;
                }
            }
            return 0;
        }

        @Override
        public long write(ByteBuffer[] from) throws IOException {
            return write(from, 0, from.length);
        }

        @Override
        public int write(ByteBuffer from) throws IOException {
            return (int) write(new ByteBuffer[] {from});
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
