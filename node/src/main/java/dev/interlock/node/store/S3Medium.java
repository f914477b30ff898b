package dev.interlock.node.store;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** A large blob in a bucket. */
final class S3Medium {
    /** Insufficient Storage. */
    private static final int NO_ROOM = 507;

    private S3Medium() {}

    private static String code(S3Exception e) {
        return e.awsErrorDetails() == null
                ? ""
                : String.valueOf(e.awsErrorDetails().errorCode());
    }

    /** The bucket takes no more. */
    static final class Full extends IOException {
        private static final long serialVersionUID = 1L;

        private Full(SdkException e) {
            super("the bucket has no room: " + e.getMessage(), e);
        }
    }

    static IOException failed(SdkException e) {
        if (e instanceof S3Exception s3 && (s3.statusCode() == NO_ROOM || code(s3).contains("QuotaExceeded"))) {
            return new Full(e);
        }
        return new IOException("the bucket doesn't do it: " + why(e), e);
    }

    static String why(SdkException e) {
        return switch (e) {
            case S3Exception s3
            when s3.isThrottlingException() || s3.statusCode() == 503 ->
                "it says to slow down (" + s3.statusCode() + "), and still did after " + s3.numAttempts()
                        + " attempts; ask again later: " + s3.getMessage();
            case ApiCallTimeoutException late ->
                "it hasn't answered in time, nor to further attempts: " + late.getMessage();
            default -> String.valueOf(e.getMessage());
        };
    }

    /** One that is being written: into a file, which readers have meanwhile, and part by part into the bucket. */
    static final class Written implements Medium {
        private static final AwsRequestOverrideConfiguration UPLOAD = AwsRequestOverrideConfiguration.builder()
                .apiCallTimeout(S3Address.UPLOAD)
                .build();
        /** At least 5 MiB by the protocol, of which an object has at most 10,000. */
        private static final int PART_BYTES = 16 << 20;

        private final S3Client client;
        private final String bucket;
        private final String key;
        private final FileMedium file;
        private final Path path;
        private final List<CompletedPart> parts = new ArrayList<>();
        private @Nullable String upload;
        private @Nullable CompletableFuture<Void> sending;
        private long written;
        private long sent;
        private boolean complete;

        Written(S3Client client, String bucket, String key, FileMedium file, Path path) {
            this.client = client;
            this.bucket = bucket;
            this.key = key;
            this.file = file;
            this.path = path;
        }

        @Override
        public void write(ByteBuffer sealed, long position) throws IOException {
            if (position != written) {
                throw new IllegalStateException("written at " + position + " of " + written + " bytes");
            }
            written += sealed.remaining();
            file.write(sealed, position);
            if (written - sent >= PART_BYTES) {
                awaitSent();
                send();
            }
        }

        @Override
        public void read(ByteBuffer sealed, long position) throws IOException {
            file.read(sealed, position);
        }

        /** The bucket has it when this returns; the file needn't outlive the machine. */
        @Override
        public void sync() throws IOException {
            try {
                awaitSent();
                if (upload == null) {
                    client.putObject(
                            put -> put.bucket(bucket).key(key).overrideConfiguration(UPLOAD),
                            RequestBody.fromFile(path));
                } else {
                    if (written > sent) {
                        send();
                        awaitSent();
                    }
                    client.completeMultipartUpload(done -> done.bucket(bucket)
                            .key(key)
                            .uploadId(upload)
                            .multipartUpload(all -> all.parts(parts))
                            .overrideConfiguration(UPLOAD));
                }
                complete = true;
            } catch (SdkException e) {
                throw failed(e);
            }
        }

        private void send() throws IOException {
            try {
                if (upload == null) {
                    upload = client.createMultipartUpload(
                                    begin -> begin.bucket(bucket).key(key))
                            .uploadId();
                }
            } catch (SdkException e) {
                throw failed(e);
            }
            String id = upload;
            long from = sent;
            long bytes = written - sent;
            int number = parts.size() + 1;
            sent = written;
            // While the bucket takes these bytes, the appender goes on.
            sending = CompletableFuture.runAsync(
                    () -> {
                        String tag = client.uploadPart(
                                        part -> part.bucket(bucket)
                                                .key(key)
                                                .uploadId(id)
                                                .partNumber(number)
                                                .contentLength(bytes)
                                                .overrideConfiguration(UPLOAD),
                                        RequestBody.fromContentProvider(
                                                () -> section(from, bytes), bytes, "application/octet-stream"))
                                .eTag();
                        parts.add(CompletedPart.builder()
                                .partNumber(number)
                                .eTag(tag)
                                .build());
                    },
                    task -> Thread.ofVirtual().name("interlock-store-upload").start(task));
        }

        private InputStream section(long from, long bytes) {
            try {
                FileChannel channel =
                        FileChannel.open(path, StandardOpenOption.READ).position(from);
                return new Section(Channels.newInputStream(channel), bytes);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void awaitSent() throws IOException {
            if (sending == null) {
                return;
            }
            try {
                sending.join();
                sending = null;
            } catch (CompletionException e) {
                switch (e.getCause()) {
                    case SdkException sdk -> throw failed(sdk);
                    case UncheckedIOException io -> throw io.getCause();
                    case null, default -> throw e;
                }
            }
        }

        @Override
        public byte @Nullable [] row() {
            return null;
        }

        @Override
        public void close() {
            if (sending != null) {
                try {
                    sending.join();
                } catch (CompletionException e) {
                    // It is given up, or was told before.
                }
            }
            if (upload != null && !complete) {
                String id = upload;
                try {
                    client.abortMultipartUpload(
                            abort -> abort.bucket(bucket).key(key).uploadId(id));
                } catch (SdkException e) {
                    // The bucket's own rule for uploads that nobody ended takes it.
                }
            }
            file.close();
            if (complete) {
                try {
                    Files.deleteIfExists(path);
                } catch (IOException e) {
                    // The next start does it.
                }
            }
        }
    }

    /** The bytes of a part: a read past them would upload what belongs to the next. */
    private static final class Section extends InputStream {
        private final InputStream in;
        private long rest;

        Section(InputStream in, long bytes) {
            this.in = in;
            this.rest = bytes;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            if (rest == 0) {
                return -1;
            }
            int read = in.read(bytes, from, (int) Math.min(length, rest));
            if (read < 0) {
                throw new EOFException("the spooled file is " + rest + " bytes short");
            }
            rest -= read;
            return read;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /** One that is there: a stream from where the last read ended goes on, another position begins another. */
    static final class Read implements Medium {
        /** So often a stream may be cut within one read. */
        private static final int CUTS = 4;

        private final S3Client client;
        private final String bucket;
        private final String key;
        private final long bytes;
        private @Nullable ResponseInputStream<GetObjectResponse> stream;
        private long at;
        /** Where the stream says that it ends. */
        private long end;

        Read(S3Client client, String bucket, String key, long bytes) {
            this.client = client;
            this.bucket = bucket;
            this.key = key;
            this.bytes = bytes;
        }

        @Override
        public void write(ByteBuffer sealed, long position) {
            throw new IllegalStateException("not open for writing: " + key);
        }

        @Override
        public void read(ByteBuffer sealed, long position) throws IOException {
            int from = sealed.position();
            for (int attempt = 1; ; attempt++) {
                try {
                    readOnce(sealed, position + sealed.position() - from);
                    return;
                } catch (IOException e) {
                    drop();
                    if (e instanceof NoSuchFileException || e.getCause() instanceof SdkException || attempt == CUTS) {
                        throw e;
                    }
                    // A connection was cut: what is left is asked for on another.
                }
            }
        }

        private void readOnce(ByteBuffer sealed, long position) throws IOException {
            try {
                ResponseInputStream<GetObjectResponse> from = stream;
                if (from == null || at != position) {
                    drop();
                    from = client.getObject(
                            get -> get.bucket(bucket).key(key).range("bytes=" + position + "-" + (bytes - 1)));
                    stream = from;
                    at = position;
                    end = position + from.response().contentLength();
                }
                byte[] piece = new byte[Math.min(sealed.remaining(), 64 << 10)];
                while (sealed.hasRemaining()) {
                    int read = from.read(piece, 0, Math.min(piece.length, sealed.remaining()));
                    if (read < 0) {
                        if (at < end) {
                            throw new IOException(
                                    "the bucket's answer was cut off, " + (end - at) + " bytes are missing");
                        }
                        return;
                    }
                    sealed.put(piece, 0, read);
                    at += read;
                }
                if (at == bytes) {
                    drop();
                }
            } catch (NoSuchKeyException e) {
                throw new NoSuchFileException(key);
            } catch (S3Exception e) {
                if (e.statusCode() == 416) {
                    drop();
                    return; // it ends before this position
                }
                throw failed(e);
            } catch (SdkException e) {
                throw failed(e);
            }
        }

        private void drop() {
            if (stream != null) {
                stream.abort();
                stream = null;
            }
        }

        @Override
        public void sync() {}

        @Override
        public byte @Nullable [] row() {
            return null;
        }

        @Override
        public void close() {
            drop();
        }
    }
}
