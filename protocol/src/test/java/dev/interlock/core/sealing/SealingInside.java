package dev.interlock.core.sealing;

import dev.interlock.core.secret.AesGcm;
import dev.interlock.core.secret.CipherKey;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** For the test vectors: what sealing computes on the way, and tells nobody. */
public final class SealingInside {
    private SealingInside() {}

    /** K, from the header of what is sealed. */
    public static byte[] key(byte[] sealed, OpeningKey with, Sealing what) {
        int header = new SealedLayout(with.recipient().kem()).headerBytes();
        byte[] enc = Arrays.copyOfRange(sealed, SealedLayout.PREFIX_BYTES, header);
        try (CipherKey key = Hpke.exportKey(Hpke.receiver(with, enc, what.info()))) {
            return key.getEncoded();
        }
    }

    /** The pieces under K alone. */
    public static List<byte[]> pieces(byte[] k, List<byte[]> pieces) {
        List<byte[]> sealed = new ArrayList<>();
        try (CipherKey key = CipherKey.taking(k.clone());
                AesGcm cipher = AesGcm.sealing(key)) {
            for (int i = 0; i < pieces.size(); i++) {
                byte[] out = new byte[pieces.get(i).length + AesGcm.TAG_BYTES];
                cipher.seal(
                        Pieces.nonce(i),
                        Pieces.associatedData(i == pieces.size() - 1),
                        MemorySegment.ofArray(pieces.get(i)),
                        ByteBuffer.wrap(out));
                sealed.add(out);
            }
        }
        return sealed;
    }
}
