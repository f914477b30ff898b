package dev.interlock.app;

import dev.interlock.wire.file.FileProblem;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Standard output whose failures are kept: the platform's own stream swallows them, and a result that was never printed
 * would pass for success.
 */
final class StandardOutput {
    private static volatile @Nullable String failure;

    private StandardOutput() {}

    /** Puts it in the place of the platform's. */
    static void install() {
        OutputStream recorder = new Recorder(new FileOutputStream(FileDescriptor.out));
        System.setOut(new PrintStream(new BufferedOutputStream(recorder, 8192), true, System.out.charset()));
    }

    /** For content; its failures say where it went. Closing it does nothing: standard output is the process's, not ours. */
    static WritableByteChannel channel() {
        return Visit.current().map(Visit::channel).orElseGet(StandardOutput::own);
    }

    private static WritableByteChannel own() {
        FileChannel out = new FileOutputStream(FileDescriptor.out).getChannel();
        return new WritableByteChannel() {
            @Override
            public int write(ByteBuffer from) throws IOException {
                try {
                    return out.write(from);
                } catch (IOException e) {
                    throw new IOException("can't write to standard output: " + FileProblem.why(e), e);
                }
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {}
        };
    }

    /** Why something that was printed isn't there; empty when all of it went out. */
    static Optional<String> failed() {
        Optional<Visit> visit = Visit.current();
        if (visit.isPresent()) {
            return visit.get().outFailure().map(why -> "can't write to standard output: " + why);
        }
        if (!System.out.checkError()) {
            return Optional.empty();
        }
        String why = failure;
        return Optional.of("can't write to standard output: " + (why == null ? "it failed" : why));
    }

    private static final class Recorder extends OutputStream {
        private final OutputStream out;

        private Recorder(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            try {
                out.write(bytes, from, length);
            } catch (IOException e) {
                failure = FileProblem.why(e);
                throw e;
            }
        }
    }
}
