package dev.interlock.node.store;

/**
 * Where the records of a blob lie: sealed record k begins at k·(recordBytes + 16).
 *
 * @param recordBytes the length of every record but the last, 1 byte to 16 MiB
 * @param totalBytes the sum of all records
 */
record RecordLayout(int recordBytes, long totalBytes) {
    static final int MAX_RECORD_BYTES = 16 << 20;

    RecordLayout {
        if (recordBytes < 1 || recordBytes > MAX_RECORD_BYTES) {
            throw new IllegalArgumentException(
                    "records of " + recordBytes + " bytes, must be 1 to " + MAX_RECORD_BYTES);
        }
        if (totalBytes < 0 || totalBytes / recordBytes >= Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a blob of " + totalBytes + " bytes in records of " + recordBytes
                    + ", must be 0 bytes to " + Integer.MAX_VALUE + " records");
        }
    }

    int records() {
        return (int) Math.ceilDiv(totalBytes, recordBytes);
    }

    int recordBytes(int k) {
        if (k < 0 || k >= records()) {
            throw new IndexOutOfBoundsException("record " + k + " of " + records());
        }
        return (int) Math.min(recordBytes, totalBytes - (long) k * recordBytes);
    }

    long sealedOffset(int k) {
        return (long) k * (recordBytes + Sealer.TAG_BYTES);
    }

    long sealedBytes() {
        return totalBytes + (long) records() * Sealer.TAG_BYTES;
    }
}
