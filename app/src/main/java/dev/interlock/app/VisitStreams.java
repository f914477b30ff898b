package dev.interlock.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Standard streams of an agent's process, which lead each thread to those of the process that it works for. Without a lock in
 * common: one whose reader is slow holds up nobody else.
 */
final class VisitStreams {
    private VisitStreams() {}

    /** Puts them in the place of the platform's, which other threads keep. */
    static void install() {
        System.setOut(new Routed(System.out, Visit::out));
        System.setErr(new Routed(System.err, Visit::err));
        System.setIn(new RoutedInput());
    }

    private static final class RoutedInput extends InputStream {
        private static InputStream to() {
            return Visit.current().map(Visit::in).orElseGet(InputStream::nullInputStream);
        }

        @Override
        public int read() throws IOException {
            return to().read();
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            return to().read(bytes, from, length);
        }
    }

    private static final class Routed extends PrintStream {
        private final PrintStream own;
        private final Function<Visit, PrintStream> choice;

        private Routed(PrintStream own, Function<Visit, PrintStream> choice) {
            super(OutputStream.nullOutputStream(), false, own.charset());
            this.own = own;
            this.choice = choice;
        }

        private PrintStream to() {
            return Visit.current().map(choice).orElse(own);
        }

        @Override
        public void flush() {
            to().flush();
        }

        @Override
        public void close() {}

        @Override
        public boolean checkError() {
            return to().checkError();
        }

        @Override
        public void write(int b) {
            to().write(b);
        }

        @Override
        public void write(byte[] bytes) throws IOException {
            to().write(bytes);
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
            to().write(bytes, from, length);
        }

        @Override
        public void writeBytes(byte[] bytes) {
            to().writeBytes(bytes);
        }

        @Override
        public void print(boolean value) {
            to().print(value);
        }

        @Override
        public void print(char value) {
            to().print(value);
        }

        @Override
        public void print(int value) {
            to().print(value);
        }

        @Override
        public void print(long value) {
            to().print(value);
        }

        @Override
        public void print(float value) {
            to().print(value);
        }

        @Override
        public void print(double value) {
            to().print(value);
        }

        @Override
        public void print(char[] value) {
            to().print(value);
        }

        @Override
        public void print(@Nullable String value) {
            to().print(value);
        }

        @Override
        public void print(@Nullable Object value) {
            to().print(value);
        }

        @Override
        public void println() {
            to().println();
        }

        @Override
        public void println(boolean value) {
            to().println(value);
        }

        @Override
        public void println(char value) {
            to().println(value);
        }

        @Override
        public void println(int value) {
            to().println(value);
        }

        @Override
        public void println(long value) {
            to().println(value);
        }

        @Override
        public void println(float value) {
            to().println(value);
        }

        @Override
        public void println(double value) {
            to().println(value);
        }

        @Override
        public void println(char[] value) {
            to().println(value);
        }

        @Override
        public void println(@Nullable String value) {
            to().println(value);
        }

        @Override
        public void println(@Nullable Object value) {
            to().println(value);
        }

        @Override
        @SuppressWarnings("AnnotateFormatMethod") // as the platform declares it
        public PrintStream printf(String format, @Nullable Object... values) {
            return format(format, values);
        }

        @Override
        @SuppressWarnings("AnnotateFormatMethod")
        public PrintStream printf(Locale locale, String format, @Nullable Object... values) {
            return format(locale, format, values);
        }

        @Override
        @SuppressWarnings("AnnotateFormatMethod")
        public PrintStream format(String format, @Nullable Object... values) {
            to().format(format, values);
            return this;
        }

        @Override
        @SuppressWarnings("AnnotateFormatMethod")
        public PrintStream format(Locale locale, String format, @Nullable Object... values) {
            to().format(locale, format, values);
            return this;
        }

        @Override
        public PrintStream append(@Nullable CharSequence value) {
            to().append(value);
            return this;
        }

        @Override
        public PrintStream append(@Nullable CharSequence value, int from, int until) {
            to().append(value, from, until);
            return this;
        }

        @Override
        public PrintStream append(char value) {
            to().append(value);
            return this;
        }

        @Override
        public Charset charset() {
            return own.charset();
        }
    }
}
