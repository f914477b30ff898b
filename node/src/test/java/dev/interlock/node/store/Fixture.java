package dev.interlock.node.store;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/** What the store's tests share. Contents follow from the object's id, so that another process can check them. */
final class Fixture {
    static final SecureRandom RANDOM = new SecureRandom();
    static final byte[] USER = filled(32, 7);
    static final byte[] TOKEN = filled(400, 1);
    static final byte[] OTHER_CERTIFICATE = filled(500, 2);
    static final byte[] CERTIFICATE = filled(900, 3);
    static final byte[] COMMAND = filled(300, 5);
    static final byte[] MANIFEST = filled(64, 4);

    private Fixture() {}

    static SealedStore open(Path folder) {
        return Stores.embedded(folder, RANDOM, Clock.systemUTC());
    }

    static WriteQueue writes(SealedStore store) {
        return store.catalog().writes();
    }

    static StatementHash newId() {
        byte[] hash = new byte[StatementHash.BYTES];
        RANDOM.nextBytes(hash);
        return StatementHash.of(hash);
    }

    static ObjectId newObject() {
        return new ObjectId(RANDOM.nextLong(), RANDOM.nextLong());
    }

    /** A first put, of an object that goes by the start of its generation's id. */
    static Store.Generation put(StatementHash id) {
        return new Store.Generation(id, new ObjectId(id.a(), id.b()), 1, 1, false);
    }

    static PendingObject begin(Store store, StatementHash id) {
        return store.begin(put(id), USER);
    }

    /** For ever, by the object's latest generation. */
    static void destroy(Store store, StatementHash id, byte[] receipt) {
        ObjectId object =
                store.find(id).map(found -> found.generation().object()).orElse(put(id).object());
        store.destroy(id, new Store.Scope(object, Optional.empty()), COMMAND, receipt);
    }

    static StatementHash id(StoredObject object) {
        return object.generation().id();
    }

    static byte[] filled(int bytes, int value) {
        byte[] array = new byte[bytes];
        Arrays.fill(array, (byte) value);
        return array;
    }

    /** The bytes that record k of this blob has in every test. */
    static byte[] content(StatementHash id, BlobKind kind, int k, int bytes) {
        byte[] content = new byte[bytes];
        new Random(id.a() ^ id.d() ^ kind.number() * 31L ^ k * 1_000_003L).nextBytes(content);
        return content;
    }

    static void fill(Blob blob, StatementHash id, BlobKind kind, int records) {
        for (int k = 0; k < records; k++) {
            blob.append(MemorySegment.ofArray(content(id, kind, k, blob.recordBytes(k))));
        }
    }

    static Blob write(PendingObject object, StatementHash id, BlobKind kind, int recordBytes, long totalBytes) {
        Blob blob = object.create(kind, recordBytes, totalBytes);
        fill(blob, id, kind, (int) Math.ceilDiv(totalBytes, recordBytes));
        blob.finish();
        return blob;
    }

    /** A prepared object with a share of this form. */
    static void prepare(Store store, StatementHash id, int recordBytes, long totalBytes) {
        try (PendingObject object = begin(store, id)) {
            write(object, id, BlobKind.SHARE, recordBytes, totalBytes);
            object.prepare(TOKEN, MANIFEST);
        }
    }

    /** A prepared generation, as {@link #prepare(Store, StatementHash, int, long)} makes it. */
    static void prepare(Store store, Store.Generation generation, int recordBytes, long totalBytes) {
        try (PendingObject object = store.begin(generation, USER)) {
            write(object, generation.id(), BlobKind.SHARE, recordBytes, totalBytes);
            object.prepare(TOKEN, MANIFEST);
        }
    }

    static void put(Store store, StatementHash id, int recordBytes, long totalBytes) {
        prepare(store, id, recordBytes, totalBytes);
        var _ = store.commit(id, CERTIFICATE);
    }

    static byte[] read(Blob blob, int k) {
        byte[] record = new byte[blob.recordBytes(k)];
        blob.read(k, MemorySegment.ofArray(record));
        return record;
    }

    /** Whether all records are there with the bytes that {@link #content} gives. */
    static boolean isWhole(Store store, StatementHash id, BlobKind kind, int records) {
        try (Blob blob = store.open(id, kind)) {
            boolean whole = blob.records() == records;
            for (int k = 0; k < blob.records(); k++) {
                byte[] record = read(blob, k);
                whole &= Arrays.equals(record, content(id, kind, k, record.length));
            }
            return whole;
        }
    }

    static List<Path> dataFiles(Path folder) {
        return files(folder.resolve("objects"));
    }

    static List<Path> files(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path shareFile(Path folder, StatementHash id) {
        return file(folder, id, BlobKind.SHARE);
    }

    static Path file(Path folder, StatementHash id, BlobKind kind) {
        return folder.resolve("objects").resolve(id + "." + kind.label());
    }

    /** Pieces that a page boundary of the database can't cut all of. */
    static void addPieces(List<byte[]> pieces, byte[] bytes) {
        for (int from = 0; from + 1000 <= bytes.length; from += 1000) {
            pieces.add(Arrays.copyOfRange(bytes, from, from + 16));
        }
    }

    /** Those that are in any file of the store, found by their first 8 bytes and compared whole. */
    static List<byte[]> found(Path folder, List<byte[]> wanted) throws IOException {
        Map<Long, List<byte[]>> byStart = new HashMap<>();
        for (byte[] each : wanted) {
            byStart.computeIfAbsent(ByteBuffer.wrap(each).getLong(), any -> new ArrayList<>())
                    .add(each);
        }
        Set<byte[]> found = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Path file : files(folder)) {
            byte[] bytes = Files.readAllBytes(file);
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            MemorySegment all = MemorySegment.ofArray(bytes);
            for (int at = 0; at + 8 <= bytes.length; at++) {
                for (byte[] each : byStart.getOrDefault(buffer.getLong(at), List.of())) {
                    if (at + each.length <= bytes.length
                            && all.asSlice(at, each.length).mismatch(MemorySegment.ofArray(each)) == -1) {
                        found.add(each);
                    }
                }
            }
        }
        return List.copyOf(found);
    }

    static void sql(Path folder, String sql, byte[]... arguments) throws SQLException {
        try (Connection connection = connect(folder);
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < arguments.length; i++) {
                statement.setBytes(i + 1, arguments[i]);
            }
            statement.execute();
        }
    }

    static List<byte[]> bytes(Path folder, String sql) throws SQLException {
        List<byte[]> values = new ArrayList<>();
        try (Connection connection = connect(folder);
                PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                values.add(row.getBytes(1));
            }
        }
        return values;
    }

    static Connection connect(Path folder) throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("store.db"));
    }

    /** The row of the object's key. */
    static List<byte[]> keys(Path folder, StatementHash id) throws SQLException {
        return bytes(folder, "SELECT key FROM object_key JOIN object USING (seq) WHERE id = x'" + id + "'");
    }
}
