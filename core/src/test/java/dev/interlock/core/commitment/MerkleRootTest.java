package dev.interlock.core.commitment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MerkleRootTest {
    static IntStream counts() {
        return IntStream.rangeClosed(1, 70);
    }

    @ParameterizedTest
    @MethodSource("counts")
    void theRootIsThatOfTheRecursiveDefinition(int count) throws Exception {
        List<byte[]> leaves = leaves(count);
        byte[] expected = sha256(label("interlock/v1/merkle-root"), u64(count), subtree(leaves));
        assertThat(root(leaves)).isEqualTo(expected);
    }

    /** RFC 9162 §2.1.1: k is the largest power of two below n; the tree is that of D[0:k] beside that of D[k:n]. */
    private static byte[] subtree(List<byte[]> leaves) throws NoSuchAlgorithmException {
        int n = leaves.size();
        if (n == 1) {
            return leaves.getFirst();
        }
        int k = 1;
        while (2 * k < n) {
            k *= 2;
        }
        return sha256(label("interlock/v1/merkle-node"), subtree(leaves.subList(0, k)), subtree(leaves.subList(k, n)));
    }

    @Test
    void everyNumberOfEqualLeavesHasARootOfItsOwn() {
        Set<String> roots = new HashSet<>();
        counts().forEach(count -> {
            MerkleRoot tree = new MerkleRoot();
            for (int i = 0; i < count; i++) {
                tree.add(new byte[32]);
            }
            assertThat(roots.add(HexFormat.of().formatHex(tree.root())))
                    .as("%d leaves", count)
                    .isTrue();
        });
    }

    /** Without the count in the root, a tree of the two inner nodes of four leaves would be a tree of those leaves. */
    @Test
    void innerNodesDontPassForLeaves() throws Exception {
        List<byte[]> four = leaves(4);
        List<byte[]> inner = List.of(subtree(four.subList(0, 2)), subtree(four.subList(2, 4)));
        assertThat(root(inner)).isNotEqualTo(root(four));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 7, 8, 13})
    void everyLeafAndItsPlaceCount(int count) {
        List<byte[]> leaves = leaves(count);
        byte[] root = root(leaves);
        for (int i = 0; i < count; i++) {
            List<byte[]> changed = new ArrayList<>(leaves);
            byte[] leaf = leaves.get(i).clone();
            leaf[31] ^= 1;
            changed.set(i, leaf);
            assertThat(root(changed)).as("leaf %d changed", i).isNotEqualTo(root);

            List<byte[]> swapped = new ArrayList<>(leaves);
            swapped.set(i, leaves.get((i + 1) % count));
            swapped.set((i + 1) % count, leaves.get(i));
            assertThat(root(swapped))
                    .as("leaf %d swapped with its neighbour", i)
                    .isNotEqualTo(root);
        }
    }

    @Test
    void aRootIsTakenAtAnyTimeAndDoesntDisturbTheTree() {
        List<byte[]> leaves = leaves(11);
        MerkleRoot tree = new MerkleRoot();
        for (int i = 0; i < leaves.size(); i++) {
            tree.add(leaves.get(i));
            assertThat(tree.root()).isEqualTo(root(leaves.subList(0, i + 1)));
        }
    }

    @Test
    void aTreeWithoutLeavesHasNoRoot() {
        MerkleRoot empty = new MerkleRoot();
        assertThatThrownBy(empty::root).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 31, 33})
    void aLeafOfAnotherLengthIsRefused(int length) {
        MerkleRoot tree = new MerkleRoot();
        assertThatThrownBy(() -> tree.add(new byte[length]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a leaf has 32 bytes, not " + length);
    }

    private static List<byte[]> leaves(int count) {
        Random random = new Random(count);
        List<byte[]> leaves = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] leaf = new byte[32];
            random.nextBytes(leaf);
            leaves.add(leaf);
        }
        return leaves;
    }

    private static byte[] root(List<byte[]> leaves) {
        MerkleRoot tree = new MerkleRoot();
        leaves.forEach(tree::add);
        return tree.root();
    }

    private static byte[] sha256(byte[]... parts) throws NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (byte[] part : parts) {
            digest.update(part);
        }
        return digest.digest();
    }

    private static byte[] label(String text) {
        byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(1 + ascii.length)
                .put((byte) ascii.length)
                .put(ascii)
                .array();
    }

    private static byte[] u64(long value) {
        return ByteBuffer.allocate(8).putLong(value).array();
    }
}
