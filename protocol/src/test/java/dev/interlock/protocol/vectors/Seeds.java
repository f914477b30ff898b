package dev.interlock.protocol.vectors;

import dev.interlock.core.commitment.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The bytes of one vector, each from a label of its own: nothing up the sleeve, and no vector moves another. */
record Seeds(String vector) {
    /** Block i is SHA-256 of {@code interlock test vector <suite>/<id>/<what>}, a zero byte and u32 i. */
    byte[] bytes(String what, int length) {
        byte[] label = ("interlock test vector " + vector + "/" + what).getBytes(StandardCharsets.UTF_8);
        byte[] out = new byte[length];
        for (int at = 0, i = 0; at < length; at += Sha256.BYTES, i++) {
            byte[] block = Sha256.plain(ByteBuffer.allocate(label.length + 5)
                    .put(label)
                    .put((byte) 0)
                    .putInt(i)
                    .array());
            System.arraycopy(block, 0, out, at, Math.min(block.length, length - at));
        }
        return out;
    }

    /** So many, each of this length. */
    List<byte[]> many(String what, int count, int length) {
        List<byte[]> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(bytes(what + " " + i, length));
        }
        return all;
    }

    byte[] id(String what) {
        return bytes(what, 16);
    }

    byte[] seed(String what) {
        return bytes(what, 32);
    }

    /** What sealing draws. Secure in name only. */
    SecureRandom random(String what) {
        return new SecureRandom() {
            private static final long serialVersionUID = 1L;
            private int used;

            @Override
            public void nextBytes(byte[] out) {
                byte[] all = bytes(what, used + out.length);
                System.arraycopy(all, used, out, 0, out.length);
                used = all.length;
                Arrays.fill(all, (byte) 0);
            }
        };
    }
}
