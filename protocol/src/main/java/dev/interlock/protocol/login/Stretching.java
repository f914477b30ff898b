package dev.interlock.protocol.login;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/**
 * Argon2id (RFC 9106, version 0x13) over an OPRF's output: what every guess costs somebody who has t shares.
 *
 * @param memoryKib KiB of memory; bounded, since a record names what its reader spends
 * @param passes over the memory
 * @param lanes side by side
 * @param salt 16 bytes
 */
@SuppressWarnings("ArrayRecordComponent") // compared by content below
public record Stretching(int memoryKib, int passes, int lanes, byte[] salt) {
    static final int SALT_BYTES = 16;
    private static final int MOST_MEMORY_KIB = 1 << 20;
    private static final int MOST_PASSES = 16;
    private static final int MOST_LANES = 4;
    private static final int OUTPUT_BYTES = 32;

    /** @throws MalformedException when it asks for nothing or too much */
    public Stretching {
        if (lanes < 1
                || lanes > MOST_LANES
                || passes < 1
                || passes > MOST_PASSES
                || memoryKib < 8 * lanes
                || memoryKib > MOST_MEMORY_KIB
                || salt.length != SALT_BYTES) {
            throw new MalformedException("Argon2id takes 8 KiB a lane to 1 GiB, 1 to 16 passes and 1 to 4 lanes here,"
                    + " not " + memoryKib + " KiB, " + passes + " passes and " + lanes + " lanes");
        }
    }

    /** For passwords: about half a second, and 64 MiB. */
    public static Stretching standard(SecureRandom random) {
        return with(64 << 10, 3, random);
    }

    /** For secrets of 128 bits, which need none. */
    public static Stretching least(SecureRandom random) {
        return with(8, 1, random);
    }

    public static Stretching with(int memoryKib, int passes, SecureRandom random) {
        byte[] salt = new byte[SALT_BYTES];
        random.nextBytes(salt);
        return new Stretching(memoryKib, passes, 1, salt);
    }

    /** Argon2id of it: 32 bytes; the caller closes them. */
    public SecretBytes apply(byte[] secret) {
        Argon2BytesGenerator argon2 = new Argon2BytesGenerator();
        argon2.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                .withMemoryAsKB(memoryKib)
                .withIterations(passes)
                .withParallelism(lanes)
                .withSalt(salt)
                .build());
        byte[] output = new byte[OUTPUT_BYTES];
        argon2.generateBytes(secret, output);
        return SecretBytes.taking(output);
    }

    void write(ByteWriter out) {
        out.u32(memoryKib).u8(passes).u8(lanes).fixed(salt, SALT_BYTES);
    }

    static Stretching read(ByteReader in) {
        return new Stretching(in.u32(), in.u8(), in.u8(), in.fixed(SALT_BYTES));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Stretching that
                && memoryKib == that.memoryKib
                && passes == that.passes
                && lanes == that.lanes
                && Arrays.equals(salt, that.salt);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(salt);
    }
}
