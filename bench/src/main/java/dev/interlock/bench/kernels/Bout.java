package dev.interlock.bench.kernels;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.field.ReferenceKernel;
import dev.interlock.core.secret.CipherKey;
import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.Hop;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.PadCombiner;
import dev.interlock.core.sharing.PadDealer;
import dev.interlock.core.sharing.PadRandom;
import dev.interlock.core.sharing.Threshold;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import org.bouncycastle.crypto.digests.SHA256Digest;

/** Who takes turns with whom, all in one JVM of its own. */
public enum Bout {
    /** One provider's layer, and the same with its blind. */
    LAYER {
        @Override
        Contest open(FieldKernel kernel, int size) {
            Layer layer = new Layer(kernel, size);
            return new Contest(
                    List.of(
                            new Contender("layer", size, layer::add),
                            new Contender("plain XOR", size, layer::xorByVectors),
                            new Contender("plain copy", size, layer::copy),
                            new Contender("hop with blind", size, layer::hop)),
                    () -> {
                        layer.checkLayer();
                        layer.checkXor(layer::xorByVectors);
                        layer.checkHop();
                    });
        }
    },

    /** The layer in a JVM without the vector module, and by the reference. */
    SWAR {
        @Override
        Contest open(FieldKernel kernel, int size) {
            Layer layer = new Layer(kernel, size);
            // A hundred times slower than the others, and the same at every larger size.
            int less = Math.min(size, 64 * 1024);
            Layer reference = new Layer(new ReferenceKernel(), less);
            return new Contest(
                    List.of(
                            new Contender("layer", size, layer::add),
                            new Contender("plain XOR", size, layer::xorByLongs),
                            new Contender("plain copy", size, layer::copy),
                            new Contender("reference", less, reference::add)),
                    () -> {
                        layer.checkLayer();
                        layer.checkXor(layer::xorByLongs);
                        reference.checkLayer();
                    });
        }
    },

    /** Shares for 3 of 5, randomness included. */
    DEAL {
        @Override
        Contest open(FieldKernel kernel, int size) {
            Deal deal = new Deal(kernel, size);
            List<Contender> contenders = new ArrayList<>(List.of(
                    new Contender("deal", size, deal::deal),
                    new Contender("generator", size, deal::generate),
                    new Contender("AES-256-CTR", size, deal::encrypt)));
            List<Peers.Peer> peers = Peers.of(size);
            peers.forEach(peer -> contenders.add(new Contender(peer.name(), peer.bytes(), peer::split)));
            return new Contest(contenders, () -> {
                deal.check();
                peers.forEach(Peers.Peer::check);
            });
        }
    },

    /** The pad from three shares, taken off a ciphertext. */
    COMBINE {
        @Override
        Contest open(FieldKernel kernel, int size) {
            Combine combine = new Combine(kernel, size);
            List<Contender> contenders = new ArrayList<>(List.of(
                    new Contender("combine", size, combine::combine), new Contender("plain XOR", size, combine::xor)));
            List<Peers.Peer> peers = Peers.of(size);
            peers.forEach(peer -> contenders.add(new Contender(peer.name(), peer.bytes(), peer::combine)));
            return new Contest(contenders, () -> {
                combine.check();
                peers.forEach(Peers.Peer::check);
            });
        }
    },

    /** What the JDK's hash and ciphers reach, on heap arrays. */
    JDK {
        @Override
        Contest open(FieldKernel kernel, int size) {
            Jdk jdk = new Jdk(size);
            return new Contest(
                    List.of(
                            new Contender("SHA-256", size, jdk::hash),
                            new Contender("AES-256-CTR", size, jdk::encrypt),
                            new Contender("AES-256-GCM", size, jdk::seal)),
                    jdk::check);
        }
    };

    static final int T = 3;
    private static final int[] XS = {1, 2, 3, 4, 5};

    /** Any but 0 and 1 takes the same time. */
    private static final int COEFFICIENT = 0x53;

    /**
     * Makes the buffers, filled with noise that is always the same.
     *
     * @param size of a call in bytes
     */
    abstract Contest open(FieldKernel kernel, int size);

    static MemorySegment noise(long size, long seed) {
        byte[] bytes = new byte[(int) size];
        new Random(seed).nextBytes(bytes);
        MemorySegment segment = Arena.ofAuto().allocate(size, 64);
        MemorySegment.copy(bytes, 0, segment, JAVA_BYTE, 0, bytes.length);
        return segment;
    }

    private static final class Layer {
        private final FieldKernel kernel;
        private final MemorySegment in;
        private final MemorySegment share;
        private final MemorySegment out;
        private final ByteSpace space;
        private final Blind<MemorySegment> blind;

        Layer(FieldKernel kernel, int size) {
            this.kernel = kernel;
            this.in = noise(size, 1);
            this.share = noise(size, 2);
            this.out = noise(size, 3);
            this.space = new ByteSpace(kernel);
            this.blind = expanded();
        }

        void add() {
            kernel.addScaled(out, in, COEFFICIENT, share);
        }

        void xorByVectors() {
            PlainXor.ByVectors.two(out, in, share);
        }

        void xorByLongs() {
            PlainXor.byLongs(out, in, share);
        }

        void copy() {
            MemorySegment.copy(in, 0, out, 0, in.byteSize());
        }

        void hop() {
            Hop.apply(space, out, COEFFICIENT, share, blind);
        }

        void checkLayer() {
            out.fill((byte) 0xA5);
            add();
            Truth.layer("layer by " + kernel.name(), out, in, COEFFICIENT, share);
        }

        void checkXor(Runnable xor) {
            out.fill((byte) 0xA5);
            xor.run();
            Truth.layer("plain XOR", out, in, 1, share);
        }

        void checkHop() {
            MemorySegment blinded = noise(in.byteSize(), 1);
            try (SecretBytes seed = seed();
                    Keystream stream = new Keystream(seed);
                    Blind<MemorySegment> again = expanded()) {
                stream.addTo(blinded);
                out.copyFrom(in);
                Hop.apply(space, out, COEFFICIENT, share, again);
            }
            Truth.layer("hop by " + kernel.name(), out, blinded, COEFFICIENT, share);
        }

        private static Blind<MemorySegment> expanded() {
            try (SecretBytes seed = seed()) {
                return Blind.expanded(seed);
            }
        }

        private static SecretBytes seed() {
            return SecretBytes.copyOf(noise(Keystream.SEED_BYTES, 4));
        }
    }

    private static final class Deal {
        /** As the dealer's: all the coefficients of a tile, in the first-level cache. */
        private static final int TILE_BYTES = 4096;

        private final List<MemorySegment> shares = new ArrayList<>();
        private final int size;
        private final PadDealer dealer;
        private final PadRandom random;
        private final MemorySegment tile;
        private final Cipher cipher;
        private final byte[] zeros;
        private final byte[] stream;

        Deal(FieldKernel kernel, int size) {
            this.size = size;
            for (int x : XS) {
                shares.add(noise(size, x));
            }
            try (SecretBytes seed = SecretBytes.copyOf(noise(Keystream.SEED_BYTES, 5))) {
                dealer = new PadDealer(new Threshold(T, XS.length), XS, kernel, seed);
                random = new PadRandom(seed);
            }
            int part = Math.min(size, TILE_BYTES);
            tile = noise((long) T * part, 6);
            zeros = new byte[T * part];
            stream = new byte[T * part];
            cipher = ctr();
        }

        void deal() {
            dealer.next(size, shares);
        }

        void generate() {
            int part;
            for (int offset = 0; offset < size; offset += part) {
                part = Math.min(TILE_BYTES, size - offset);
                random.fill(tile.asSlice(0, (long) T * part));
            }
        }

        void encrypt() {
            int part;
            for (int offset = 0; offset < size; offset += part) {
                part = Math.min(TILE_BYTES, size - offset);
                try {
                    var _ = cipher.update(zeros, 0, T * part, stream, 0);
                } catch (GeneralSecurityException e) {
                    throw broken(e);
                }
            }
        }

        void check() {
            checkStream();
            shares.forEach(share -> share.fill((byte) 0xA5));
            deal();
            Truth.dealt("deal", T, XS, shares);
        }

        /** The bare cipher, from its start, against the product's stream. */
        private void checkStream() {
            byte[] expected = new byte[zeros.length];
            byte[] actual = new byte[zeros.length];
            try (CipherKey key = key();
                    SecretBytes seed = SecretBytes.taking(key.getEncoded());
                    Keystream keystream = new Keystream(seed)) {
                keystream.fill(MemorySegment.ofArray(expected));
                var _ = ctr().update(zeros, 0, zeros.length, actual, 0);
            } catch (GeneralSecurityException e) {
                throw broken(e);
            }
            Truth.same("AES-256-CTR", actual, expected);
        }
    }

    private static final class Combine {
        private final int[] points = {2, 4, 5};
        private final List<MemorySegment> shares = new ArrayList<>();
        private final FieldKernel kernel;
        private final MemorySegment sum;
        private final int size;

        Combine(FieldKernel kernel, int size) {
            this.kernel = kernel;
            this.size = size;
            for (int x : points) {
                shares.add(noise(size, x));
            }
            sum = noise(size, 7);
        }

        void combine() {
            PadCombiner.combine(kernel, 0, points, shares, sum);
        }

        void xor() {
            PlainXor.ByVectors.intoSum(sum, shares.get(0), shares.get(1), shares.get(2));
        }

        void check() {
            MemorySegment ciphertext = noise(size, 7);
            sum.copyFrom(ciphertext);
            combine();
            Truth.sum("combine by " + kernel.name(), sum, ciphertext, Lagrange.coefficients(0, points), shares);
            sum.copyFrom(ciphertext);
            xor();
            Truth.sum("plain XOR of shares", sum, ciphertext, new int[] {1, 1, 1}, shares);
        }
    }

    private static final class Jdk {
        private final byte[] data;
        private final byte[] out;
        private final MessageDigest sha;
        private final Cipher ctr = ctr();
        private final Cipher gcm;
        private byte[] digest = {};
        private long nonce;

        Jdk(int size) {
            data = noise(size, 8).toArray(JAVA_BYTE);
            out = new byte[size + 16];
            try {
                sha = MessageDigest.getInstance("SHA-256");
                gcm = Cipher.getInstance("AES/GCM/NoPadding");
            } catch (GeneralSecurityException e) {
                throw broken(e);
            }
        }

        void hash() {
            digest = sha.digest(data);
        }

        void encrypt() {
            try {
                var _ = ctr.update(data, 0, data.length, out, 0);
            } catch (GeneralSecurityException e) {
                throw broken(e);
            }
        }

        void seal() {
            byte[] iv = new byte[12];
            nonce++;
            for (int i = 0; i < Long.BYTES; i++) {
                iv[i] = (byte) (nonce >>> (8 * i));
            }
            try (CipherKey key = key()) {
                gcm.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(128, iv));
                var _ = gcm.doFinal(data, 0, data.length, out, 0);
            } catch (GeneralSecurityException e) {
                throw broken(e);
            }
        }

        void check() {
            hash();
            SHA256Digest other = new SHA256Digest();
            other.update(data, 0, data.length);
            byte[] expected = new byte[other.getDigestSize()];
            int _ = other.doFinal(expected, 0);
            Truth.same("SHA-256", digest, expected);
            checkOpens();
        }

        private void checkOpens() {
            seal();
            byte[] iv = gcm.getIV();
            try (CipherKey key = key()) {
                Cipher opening = Cipher.getInstance("AES/GCM/NoPadding");
                opening.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(128, iv));
                Truth.same("AES-256-GCM", opening.doFinal(out), data);
            } catch (GeneralSecurityException e) {
                throw broken(e);
            }
        }
    }

    private static Cipher ctr() {
        try (CipherKey key = key()) {
            Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
            cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(new byte[16]));
            return cipher;
        } catch (GeneralSecurityException e) {
            throw broken(e);
        }
    }

    private static CipherKey key() {
        return CipherKey.copyOf(noise(CipherKey.BYTES, 9));
    }

    private static IllegalStateException broken(GeneralSecurityException e) {
        return new IllegalStateException("a cipher of the JDK fails", e);
    }
}
