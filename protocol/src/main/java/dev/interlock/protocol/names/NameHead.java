package dev.interlock.protocol.names;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import java.util.Arrays;

/**
 * Which state of an entry it is, without the entry: of one tag the one with the higher number is the later, and of two with the
 * same number the one with the higher hash (SPEC §16).
 *
 * @param number from 1
 * @param hash H(e), 32 bytes
 */
@SuppressWarnings("ArrayRecordComponent") // compared by content below
public record NameHead(NameTag tag, long number, byte[] hash) {
    /** Of an encoded head. */
    public static final int BYTES = NameTag.BYTES + Long.BYTES + Sha256.BYTES;

    /** @throws MalformedException when a field is out of its range */
    public NameHead {
        if (number < 1 || hash.length != Sha256.BYTES) {
            throw new MalformedException(
                    "a name's entry has a number from 1 and a hash of 32 bytes, not " + number + " and " + hash.length);
        }
    }

    /** Whether this comes after another state of the same entry. */
    public boolean isLaterThan(NameHead other) {
        return number != other.number ? number > other.number : Arrays.compareUnsigned(hash, other.hash) > 0;
    }

    public void write(ByteWriter out) {
        out.fixed(tag.bytes(), NameTag.BYTES).u64(number).fixed(hash, Sha256.BYTES);
    }

    public static NameHead read(ByteReader in) {
        return new NameHead(new NameTag(in.fixed(NameTag.BYTES)), in.u64(), in.fixed(Sha256.BYTES));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NameHead that
                && number == that.number
                && tag.equals(that.tag)
                && Arrays.equals(hash, that.hash);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(hash);
    }
}
