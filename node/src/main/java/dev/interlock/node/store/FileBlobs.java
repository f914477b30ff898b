package dev.interlock.node.store;

import dev.interlock.core.token.StatementHash;
import dev.interlock.wire.file.DurableFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Large blobs in files, {@code objects/<id>.<kind>}, and what a store does with files in general. */
final class FileBlobs implements Blobs {
    private static final boolean POSIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    private static final Pattern NAME = Pattern.compile("([0-9a-f]{64})\\.([a-z0-9-]+)");

    private final Path objects;

    private FileBlobs(Path objects) {
        this.objects = objects;
    }

    static FileBlobs open(Path folder) throws IOException {
        return in(folder.resolve("objects"));
    }

    /** In this folder itself. */
    static FileBlobs in(Path objects) throws IOException {
        createFolder(objects);
        return new FileBlobs(objects);
    }

    /** Creates the folder, for its owner only, unless it is there. */
    static void createFolder(Path folder) throws IOException {
        DurableFile.createFolder(folder);
    }

    /** Opens the file, after creating it for its owner only unless it is there. */
    static FileChannel openOrCreate(Path file) throws IOException {
        return FileChannel.open(
                file,
                Set.of(
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS),
                permissions("rw-------"));
    }

    /** Makes the names in a folder durable. */
    static void syncFolder(Path folder) throws IOException {
        DurableFile.syncFolder(folder);
    }

    @Override
    public FileMedium create(StatementHash id, BlobKind kind) throws IOException {
        Path path = path(id, kind);
        return FileMedium.writing(
                path,
                FileChannel.open(
                        path,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        permissions("rw-------")));
    }

    @Override
    public FileMedium createTransient(StatementHash id, BlobKind kind) throws IOException {
        return create(id, kind);
    }

    @Override
    public FileMedium open(StatementHash id, BlobKind kind, long bytes) {
        return FileMedium.reading(path(id, kind));
    }

    @Override
    public List<Listed> list(String first) throws IOException {
        List<Listed> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(objects, first + "*")) {
            for (Path file : files) {
                Optional<Name> name = name(file.getFileName().toString());
                if (name.isPresent()) {
                    try {
                        found.add(new Listed(name.get(), Files.size(file)));
                    } catch (NoSuchFileException e) {
                        // It went meanwhile.
                    }
                }
            }
        }
        return found;
    }

    /** What a file is; empty for one of another form, which isn't ours. */
    private static Optional<Name> name(String file) {
        Matcher name = NAME.matcher(file);
        return name.matches()
                ? BlobKind.ofLabel(name.group(2)).map(kind -> new Name(StatementHash.parse(name.group(1)), kind))
                : Optional.empty();
    }

    /** Takes a blob from another place on this disk, if it is there. */
    void take(FileBlobs other, StatementHash id, BlobKind kind) throws IOException {
        try {
            Files.move(other.path(id, kind), path(id, kind), StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            // It isn't.
        }
    }

    /** Takes all. */
    void takeAll(FileBlobs other) throws IOException {
        for (Listed each : other.list("")) {
            take(other, each.name().id(), each.name().kind());
        }
    }

    @Override
    public void remove(StatementHash id, Collection<BlobKind> kinds) throws IOException {
        for (BlobKind kind : kinds) {
            Files.deleteIfExists(path(id, kind));
        }
    }

    @Override
    public void removeAll(StatementHash id) throws IOException {
        for (int number = 0; number < BlobKind.NUMBERS; number++) {
            Optional<BlobKind> kind = BlobKind.ofNumber(number);
            if (kind.isPresent()) {
                Files.deleteIfExists(path(id, kind.get()));
            }
        }
    }

    @Override
    public void sync() throws IOException {
        syncFolder(objects);
    }

    @Override
    public long usableBytes() throws IOException {
        return Files.getFileStore(objects).getUsableSpace();
    }

    @Override
    public void sweep(BiPredicate<StatementHash, BlobKind> wanted) throws IOException {
        removeIf(wanted.negate());
        sync();
    }

    @Override
    public void close() {}

    private Path path(StatementHash id, BlobKind kind) {
        return objects.resolve(id + "." + kind.label());
    }

    private void removeIf(BiPredicate<StatementHash, BlobKind> unwanted) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(objects)) {
            for (Path file : files) {
                Optional<Name> name = name(file.getFileName().toString());
                if (name.isPresent()
                        && unwanted.test(name.get().id(), name.get().kind())) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static FileAttribute<?>[] permissions(String permissions) {
        return POSIX
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }
}
