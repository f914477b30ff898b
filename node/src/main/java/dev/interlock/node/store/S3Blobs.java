package dev.interlock.node.store;

import dev.interlock.core.token.StatementHash;
import dev.interlock.wire.file.DurableFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Large blobs as objects of a bucket, {@code <prefix><id>.<kind>}. While one is written it lies in a file of the folder {@code spool},
 * where it can be read, and goes up part by part; the file stays until the blob has an owner, so that a start finds what a crash
 * left in the bucket. A blob that can't be removed from the bucket, since nothing answers, is removed by a later start: its key is gone.
 */
final class S3Blobs implements Blobs {
    private static final Pattern NAME = Pattern.compile("([0-9a-f]{64})\\.([a-z0-9-]+)(\\.gone)?");

    private final S3Address address;
    private final S3Client client;
    private final Path folder;
    private final FileBlobs spool;

    private S3Blobs(S3Address address, S3Client client, Path folder, FileBlobs spool) {
        this.address = address;
        this.client = client;
        this.folder = folder;
        this.spool = spool;
    }

    /**
     * @param folder of the store
     * @throws StoreException.Unusable when the bucket isn't there, or can't be reached
     */
    static S3Blobs open(S3Address address, Path folder) throws IOException {
        Path spool = folder.resolve("spool");
        address.requireCredentials();
        S3Client client = address.client();
        try {
            client.headBucket(bucket -> bucket.bucket(address.bucket()));
            return new S3Blobs(address, client, spool, FileBlobs.in(spool));
        } catch (SdkException e) {
            client.close();
            throw new StoreException.Unusable(address.toString(), "can't be used: " + S3Medium.why(e), e);
        } catch (IOException | RuntimeException e) {
            client.close();
            throw e;
        }
    }

    @Override
    public Medium create(StatementHash id, BlobKind kind) throws IOException {
        return new S3Medium.Written(client, address.bucket(), key(id, kind), spool.create(id, kind), spooled(id, kind));
    }

    @Override
    public Medium createTransient(StatementHash id, BlobKind kind) throws IOException {
        return spool.create(id, kind);
    }

    @Override
    public Medium open(StatementHash id, BlobKind kind, long bytes) {
        return new S3Medium.Read(client, address.bucket(), key(id, kind), bytes);
    }

    @Override
    public List<Listed> list(String first) throws IOException {
        try {
            return list(address, client, first).toList();
        } catch (SdkException e) {
            throw S3Medium.failed(e);
        }
    }

    @Override
    public void remove(StatementHash id, Collection<BlobKind> kinds) throws IOException {
        for (BlobKind kind : kinds) {
            Path gone = folder.resolve(id + "." + kind.label() + ".gone");
            DurableFile.write(gone, DurableFile.Access.OWNER, new byte[0]);
            Files.deleteIfExists(spooled(id, kind));
            if (delete(key(id, kind))) {
                Files.deleteIfExists(gone);
            }
        }
    }

    @Override
    public void removeAll(StatementHash id) throws IOException {
        List<BlobKind> there = new ArrayList<>();
        try {
            String prefix = address.prefix() + id + ".";
            for (S3Object each : client.listObjectsV2Paginator(
                            list -> list.bucket(address.bucket()).prefix(prefix))
                    .contents()) {
                BlobKind.ofLabel(each.key().substring(prefix.length())).ifPresent(there::add);
            }
        } catch (SdkException e) {
            throw S3Medium.failed(e);
        }
        remove(id, there);
    }

    /** Whether an address has no blobs yet. */
    static boolean isEmpty(S3Address address) {
        address.requireCredentials();
        try (S3Client client = address.client()) {
            return list(address, client, "").findAny().isEmpty();
        } catch (SdkException e) {
            throw new StoreException.Unusable(address.toString(), "can't be used: " + S3Medium.why(e), e);
        }
    }

    /** Removes all blobs of an address that no store has open. */
    static void clear(S3Address address) throws IOException {
        try (S3Client client = address.client()) {
            list(address, client, "")
                    .forEach(each -> client.deleteObject(
                            delete -> delete.bucket(address.bucket()).key(address.prefix() + each.name())));
        } catch (SdkException e) {
            throw S3Medium.failed(e);
        }
    }

    /** Names of another form, as those of a longer prefix, aren't this store's. */
    private static Stream<Listed> list(S3Address address, S3Client client, String first) {
        int prefix = address.prefix().length();
        return client
                .listObjectsV2Paginator(list -> list.bucket(address.bucket())
                        .prefix(address.prefix() + first)
                        .delimiter("/"))
                .contents()
                .stream()
                .flatMap(each -> {
                    Matcher name = NAME.matcher(each.key().substring(prefix));
                    return name.matches()
                            ? BlobKind.ofLabel(name.group(2)).stream()
                                    .map(kind ->
                                            new Listed(new Name(StatementHash.parse(name.group(1)), kind), each.size()))
                            : Stream.empty();
                });
    }

    @Override
    public void sync() {
        // A blob is durable when its last part was confirmed.
    }

    @Override
    public long usableBytes() throws IOException {
        return spool.usableBytes();
    }

    @Override
    public void sweep(BiPredicate<StatementHash, BlobKind> wanted) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                Matcher name = NAME.matcher(file.getFileName().toString());
                Optional<BlobKind> kind = name.matches() ? BlobKind.ofLabel(name.group(2)) : Optional.empty();
                if (kind.isEmpty()) {
                    continue;
                }
                StatementHash id = StatementHash.parse(name.group(1));
                if (wanted.test(id, kind.get()) || delete(key(id, kind.get()))) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /** Whether it is gone; what doesn't answer is asked again by a later start. */
    private boolean delete(String key) {
        try {
            client.deleteObject(delete -> delete.bucket(address.bucket()).key(key));
            return true;
        } catch (SdkException e) {
            return false;
        }
    }

    @Override
    public void close() {
        client.close();
    }

    private String key(StatementHash id, BlobKind kind) {
        return address.prefix() + id + "." + kind.label();
    }

    private Path spooled(StatementHash id, BlobKind kind) {
        return folder.resolve(id + "." + kind.label());
    }
}
