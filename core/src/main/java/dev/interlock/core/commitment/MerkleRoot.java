package dev.interlock.core.commitment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Computes the root of a binary Merkle tree of the shape of RFC 9162 §2.1.1: a node with n &gt; 1 leaves splits at the
 * largest power of two below n. Leaves go in one by one; the memory is one hash a level. The number of leaves is hashed
 * in at the top, so that trees of different sizes never share a root.
 */
public final class MerkleRoot {
    /** Roots of complete subtrees, largest first; their heights are the set bits of {@link #count}. */
    private final List<byte[]> subtrees = new ArrayList<>();

    private int count;

    /**
     * The root over leaves that stand one after the other.
     *
     * @param leaves 32 bytes each, at least one
     */
    public static byte[] over(byte[] leaves) {
        if (leaves.length % Sha256.BYTES != 0) {
            throw new IllegalArgumentException("leaves have 32 bytes each, these have " + leaves.length + " together");
        }
        MerkleRoot root = new MerkleRoot();
        for (int at = 0; at < leaves.length; at += Sha256.BYTES) {
            root.add(Arrays.copyOfRange(leaves, at, at + Sha256.BYTES));
        }
        return root.root();
    }

    public MerkleRoot add(byte[] leaf) {
        if (leaf.length != Sha256.BYTES) {
            throw new IllegalArgumentException("a leaf has 32 bytes, not " + leaf.length);
        }
        byte[] right = leaf;
        // A carry of the binary counter joins two complete subtrees of one height.
        for (int carry = count; (carry & 1) == 1; carry >>>= 1) {
            right = node(subtrees.removeLast(), right);
        }
        subtrees.addLast(right);
        count++;
        return this;
    }

    public int count() {
        return count;
    }

    /** 32 bytes. @throws IllegalStateException without a leaf */
    public byte[] root() {
        if (count == 0) {
            throw new IllegalStateException("a tree has at least one leaf");
        }
        byte[] right = subtrees.getLast();
        for (int i = subtrees.size() - 2; i >= 0; i--) {
            right = node(subtrees.get(i), right);
        }
        return Sha256.labelled("interlock/v1/merkle-root")
                .u64(count)
                .update(right)
                .digest();
    }

    private static byte[] node(byte[] left, byte[] right) {
        return Sha256.labelled("interlock/v1/merkle-node")
                .update(left)
                .update(right)
                .digest();
    }
}
