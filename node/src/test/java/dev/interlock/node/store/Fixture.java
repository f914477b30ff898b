package dev.interlock.node.store;

import dev.interlock.core.token.ObjectId;
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
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/** What the store's tests share. Contents follow from the object's id, so that another process can check them. */
final class Fixture {
    static final SecureRandom RANDOM = new SecureRandom();
    static final byte[] OWNER = filled(32, 7);
    static final byte[] TOKEN = filled(400, 1);
    static final byte[] CHAIN = filled(500, 2);
    static final byte[] FINAL_CHAIN = filled(900, 3);
    static final byte[] MANIFEST = filled(64, 4);

    private Fixture() {}

    static SqliteStore open(Path folder) {
        return SqliteStore.open(folder, RANDOM, Clock.systemUTC());
    }

    static ObjectId newId() {
        return ObjectId.random(RANDOM);
    }

    static byte[] filled(int bytes, int value) {
        byte[] array = new byte[bytes];
        Arrays.fill(array, (byte) value);
        return array;
    }

    /** The bytes that record k of this blob has in every test. */
    static byte[] content(ObjectId id, BlobKind kind, int k, int bytes) {
        byte[] content = new byte[bytes];
        new Random(id.high() ^ id.low() ^ kind.number() * 31L ^ k * 1_000_003L).nextBytes(content);
        return content;
    }

    static void fill(Blob blob, ObjectId id, BlobKind kind, int records) {
        for (int k = 0; k < records; k++) {
            blob.append(MemorySegment.ofArray(content(id, kind, k, blob.recordBytes(k))));
        }
    }

    static Blob write(PendingObject object, ObjectId id, BlobKind kind, int recordBytes, long totalBytes) {
        Blob blob = object.create(kind, recordBytes, totalBytes);
        fill(blob, id, kind, (int) Math.ceilDiv(totalBytes, recordBytes));
        blob.finish();
        return blob;
    }

    /** A prepared object with a share of this form. */
    static void prepare(Store store, ObjectId id, int recordBytes, long totalBytes) {
        try (PendingObject object = store.begin(id, OWNER)) {
            write(object, id, BlobKind.SHARE, recordBytes, totalBytes);
            object.prepare(TOKEN, CHAIN, MANIFEST);
        }
    }

    /** A prepared object of any generation, as {@link #prepare(Store, ObjectId, int, long)} makes it. */
    static void prepare(Store store, ObjectId id, ObjectId origin, int generation, int recordBytes, long totalBytes) {
        try (PendingObject object = store.begin(id, OWNER, origin, generation)) {
            write(object, id, BlobKind.SHARE, recordBytes, totalBytes);
            object.prepare(TOKEN, CHAIN, MANIFEST);
        }
    }

    static void put(Store store, ObjectId id, int recordBytes, long totalBytes) {
        prepare(store, id, recordBytes, totalBytes);
        store.commit(id, FINAL_CHAIN);
    }

    static byte[] read(Blob blob, int k) {
        byte[] record = new byte[blob.recordBytes(k)];
        blob.read(k, MemorySegment.ofArray(record));
        return record;
    }

    /** Whether all records are there with the bytes that {@link #content} gives. */
    static boolean isWhole(Store store, ObjectId id, BlobKind kind, int records) {
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

    static Path shareFile(Path folder, ObjectId id) {
        return file(folder, id, BlobKind.SHARE);
    }

    static Path file(Path folder, ObjectId id, BlobKind kind) {
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
    static List<byte[]> keys(Path folder, ObjectId id) throws SQLException {
        return bytes(folder, "SELECT key FROM object_key JOIN object USING (seq) WHERE id = x'" + id + "'");
    }
}
