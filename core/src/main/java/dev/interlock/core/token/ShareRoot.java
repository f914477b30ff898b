package dev.interlock.core.token;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.sharing.ShareIndex;

/**
 * The commitment to one point's share of one generation: the Merkle root over the salted share leaves. Whoever holds it can
 * tell a right share chunk from a wrong one. Who is bound to it stands in {@link Dealt}.
 *
 * @param x the share index, which is the x-coordinate of its provider, or of the user
 * @param root 32 bytes
 */
@SuppressWarnings("ArrayRecordComponent") // compared where it matters, by content
public record ShareRoot(ShareIndex x, byte[] root) {
    public ShareRoot {
        if (root.length != Sha256.BYTES) {
            throw new IllegalArgumentException("a share root has 32 bytes, not " + root.length);
        }
    }
}
