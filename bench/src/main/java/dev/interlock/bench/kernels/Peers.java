package dev.interlock.bench.kernels;

import com.codahale.shamir.Scheme;
import com.tiemens.secretshare.engine.SecretShare;
import dev.interlock.bench.WrongResultException;
import java.io.IOException;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bouncycastle.crypto.threshold.ShamirSecretSplitter;
import org.bouncycastle.crypto.threshold.ShamirSplitSecret;
import org.bouncycastle.crypto.threshold.ShamirSplitSecretShare;

/** Other implementations of Shamir's sharing, each as its documentation says, with its own randomness. */
final class Peers {

    /** Enough that the peers have reached their speed; Bouncy Castle takes no more than 65534. */
    static final int MOST_BYTES = 32 * 1024;

    private static final int T = 3;
    private static final int N = 5;

    private Peers() {}

    /** One of them, with a secret of its own and what its split made of it. */
    interface Peer {
        String name();

        /** The bytes of its secret. */
        int bytes();

        /** Splits the secret and keeps three shares for {@link #combine}. */
        void split();

        /** Combines the three shares of the last split. */
        void combine();

        /** Splits, combines and compares. */
        void check();
    }

    static List<Peer> of(int size) {
        int bytes = Math.min(size, MOST_BYTES);
        return List.of(new Codahale(bytes), new BouncyCastle(bytes), new Tiemens(bytes));
    }

    private static void same(Peer peer, byte[] actual, byte[] expected) {
        Truth.same(peer.name() + ", split and combined", actual, expected);
    }

    private static byte[] secret(int bytes) {
        byte[] secret = new byte[bytes];
        new Random(bytes).nextBytes(secret);
        return secret;
    }

    private static final class Codahale implements Peer {
        private final Scheme scheme = new Scheme(new SecureRandom(), N, T);
        private final byte[] secret;
        private Map<Integer, byte[]> shares = Map.of();
        private byte[] combined = {};

        Codahale(int bytes) {
            secret = secret(bytes);
        }

        @Override
        public String name() {
            return "codahale";
        }

        @Override
        public int bytes() {
            return secret.length;
        }

        @Override
        public void split() {
            Map<Integer, byte[]> all = scheme.split(secret);
            Map<Integer, byte[]> three = new HashMap<>();
            for (int x = 1; x <= T; x++) {
                three.put(x, all.get(x));
            }
            shares = three;
        }

        @Override
        public void combine() {
            combined = scheme.join(shares);
        }

        @Override
        public void check() {
            split();
            combine();
            same(this, combined, secret);
        }
    }

    private static final class BouncyCastle implements Peer {
        private static final ShamirSecretSplitter.Algorithm FIELD = ShamirSecretSplitter.Algorithm.AES;

        private final int bytes;
        private final ShamirSecretSplitter splitter;
        private ShamirSplitSecretShare[] shares = {};
        private byte[] combined = {};

        BouncyCastle(int bytes) {
            this.bytes = bytes;
            splitter = ShamirSecretSplitter.getInstance(FIELD, bytes, new SecureRandom());
        }

        @Override
        public String name() {
            return "Bouncy Castle";
        }

        @Override
        public int bytes() {
            return bytes;
        }

        @Override
        public void split() {
            shares = Arrays.copyOf(splitter.split(T, N).getSecretShares(), T);
        }

        @Override
        public void combine() {
            try {
                combined = ShamirSplitSecret.getInstance(FIELD, shares).getSecret();
            } catch (IOException e) {
                throw new IllegalStateException("Bouncy Castle combines nothing", e);
            }
        }

        @Override
        public void check() {
            // It draws its secret itself and doesn't tell it: any three shares must say the same.
            ShamirSplitSecretShare[] all = splitter.split(T, N).getSecretShares();
            shares = Arrays.copyOf(all, T);
            combine();
            byte[] expected = combined;
            shares = Arrays.copyOfRange(all, N - T, N);
            combine();
            same(this, combined, expected);
        }
    }

    /** Works modulo a prime of 384 bits, so piece by piece. */
    private static final class Tiemens implements Peer {
        private static final int PIECE_BYTES = 47;

        /** One whole piece says it all; a secret of one byte has one of one byte. */
        private final BigInteger secret;

        private final int bytes;
        private final SecretShare splitter;
        private final SecureRandom random = new SecureRandom();
        private List<SecretShare.ShareInfo> shares = List.of();
        private BigInteger combined = BigInteger.ZERO;

        Tiemens(int size) {
            bytes = Math.min(size, PIECE_BYTES);
            secret = new BigInteger(1, secret(bytes));
            splitter = new SecretShare(
                    new SecretShare.PublicInfo(N, T, SecretShare.getPrimeUsedFor384bitSecretPayload(), "bench"));
        }

        @Override
        public String name() {
            return "tiemens";
        }

        @Override
        public int bytes() {
            return bytes;
        }

        @Override
        public void split() {
            shares = splitter.split(secret, random).getShareInfos().subList(0, T);
        }

        @Override
        public void combine() {
            combined = splitter.combine(shares).getSecret();
        }

        @Override
        public void check() {
            split();
            combine();
            if (!combined.equals(secret)) {
                throw new WrongResultException("tiemens, split and combined: not the number that was split");
            }
        }
    }
}
