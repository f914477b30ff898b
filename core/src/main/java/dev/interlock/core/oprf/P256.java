package dev.interlock.core.oprf;

import java.math.BigInteger;
import java.util.List;

/**
 * The curve P-256, y² = x³ − 3x + b over p, of prime order n (SP 800-186 §3.2.1.3): points in projective coordinates X, Y, Z of
 * four limbs each, (0, 1, 0) the identity. Everything here is constant-time in the points and in the scalars.
 */
final class P256 {
    static final Modulus FIELD =
            new Modulus(new BigInteger("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 16));
    static final Modulus ORDER =
            new Modulus(new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16));

    static final long[] B =
            FIELD.constant(new BigInteger("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b", 16));
    private static final long[] GX =
            FIELD.constant(new BigInteger("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296", 16));
    private static final long[] GY =
            FIELD.constant(new BigInteger("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5", 16));
    /** y = (x³ − 3x + b)^((p + 1) / 4), since p ≡ 3 mod 4. */
    static final BigInteger SQUARE_ROOT = FIELD.value().add(BigInteger.ONE).shiftRight(2);

    private static final int WINDOW_BITS = 4;

    private P256() {}

    /** A point; whoever computes with a secret one wipes it. */
    static final class Point {
        final long[] x;
        final long[] y;
        final long[] z;

        Point(long[] x, long[] y, long[] z) {
            this.x = x;
            this.y = y;
            this.z = z;
        }

        static Point identity() {
            return new Point(new long[Modulus.LIMBS], FIELD.one(), new long[Modulus.LIMBS]);
        }

        static Point generator() {
            return new Point(GX.clone(), GY.clone(), FIELD.one());
        }

        Point copy() {
            return new Point(x.clone(), y.clone(), z.clone());
        }

        void wipe() {
            Modulus.wipe(x);
            Modulus.wipe(y);
            Modulus.wipe(z);
        }
    }

    /** What an addition computes with. */
    private static final class Work {
        final long[] t0 = new long[Modulus.LIMBS];
        final long[] t1 = new long[Modulus.LIMBS];
        final long[] t2 = new long[Modulus.LIMBS];
        final long[] t3 = new long[Modulus.LIMBS];
        final long[] t4 = new long[Modulus.LIMBS];
        final long[] x = new long[Modulus.LIMBS];
        final long[] y = new long[Modulus.LIMBS];
        final long[] z = new long[Modulus.LIMBS];

        void wipe() {
            for (long[] each : new long[][] {t0, t1, t2, t3, t4, x, y, z}) {
                Modulus.wipe(each);
            }
        }
    }

    /** A new point, a + b. */
    static Point add(Point a, Point b) {
        Point sum = Point.identity();
        Work work = new Work();
        add(sum, a, b, work);
        work.wipe();
        return sum;
    }

    /**
     * Renes, Costello, Batina: Complete addition formulas for prime order elliptic curves (2015), algorithm 4: right for all pairs,
     * the identity and twice the same point included, so there's nothing to tell apart.
     */
    private static void add(Point sum, Point a, Point b, Work w) {
        Modulus f = FIELD;
        f.multiply(w.t0, a.x, b.x); // 1
        f.multiply(w.t1, a.y, b.y);
        f.multiply(w.t2, a.z, b.z);
        f.add(w.t3, a.x, a.y);
        f.add(w.t4, b.x, b.y); // 5
        f.multiply(w.t3, w.t3, w.t4);
        f.add(w.t4, w.t0, w.t1);
        f.subtract(w.t3, w.t3, w.t4);
        f.add(w.t4, a.y, a.z);
        f.add(w.x, b.y, b.z); // 10
        f.multiply(w.t4, w.t4, w.x);
        f.add(w.x, w.t1, w.t2);
        f.subtract(w.t4, w.t4, w.x);
        f.add(w.x, a.x, a.z);
        f.add(w.y, b.x, b.z); // 15
        f.multiply(w.x, w.x, w.y);
        f.add(w.y, w.t0, w.t2);
        f.subtract(w.y, w.x, w.y);
        f.multiply(w.z, B, w.t2);
        f.subtract(w.x, w.y, w.z); // 20
        f.add(w.z, w.x, w.x);
        f.add(w.x, w.x, w.z);
        f.subtract(w.z, w.t1, w.x);
        f.add(w.x, w.t1, w.x);
        f.multiply(w.y, B, w.y); // 25
        f.add(w.t1, w.t2, w.t2);
        f.add(w.t2, w.t1, w.t2);
        f.subtract(w.y, w.y, w.t2);
        f.subtract(w.y, w.y, w.t0);
        f.add(w.t1, w.y, w.y); // 30
        f.add(w.y, w.t1, w.y);
        f.add(w.t1, w.t0, w.t0);
        f.add(w.t0, w.t1, w.t0);
        f.subtract(w.t0, w.t0, w.t2);
        f.multiply(w.t1, w.t4, w.y); // 35
        f.multiply(w.t2, w.t0, w.y);
        f.multiply(w.y, w.x, w.z);
        f.add(w.y, w.y, w.t2);
        f.multiply(w.x, w.t3, w.x);
        f.subtract(w.x, w.x, w.t1); // 40
        f.multiply(w.z, w.t4, w.z);
        f.multiply(w.t1, w.t3, w.t0);
        f.add(w.z, w.z, w.t1);
        System.arraycopy(w.x, 0, sum.x, 0, Modulus.LIMBS);
        System.arraycopy(w.y, 0, sum.y, 0, Modulus.LIMBS);
        System.arraycopy(w.z, 0, sum.z, 0, Modulus.LIMBS);
    }

    /**
     * A new point, Σ s_i·a_i, its doublings shared by all terms (Straus): windows of four bits, each table read whole for each.
     *
     * @param scalars 32 bytes each, the most significant first
     */
    static Point multiply(List<Point> points, List<byte[]> scalars) {
        Work work = new Work();
        Point[][] tables = points.stream().map(each -> table(each, work)).toArray(Point[][]::new);
        Point result = Point.identity();
        Point chosen = Point.identity();
        for (int i = 0; i < 2 * Modulus.BYTES; i++) {
            for (int j = 0; j < WINDOW_BITS; j++) {
                add(result, result, result, work);
            }
            int shift = i % 2 == 0 ? WINDOW_BITS : 0;
            for (int k = 0; k < tables.length; k++) {
                choose(chosen, tables[k], (scalars.get(k)[i / 2] >>> shift) & (tables[k].length - 1));
                add(result, result, chosen, work);
            }
        }
        for (Point[] table : tables) {
            for (Point each : table) {
                each.wipe();
            }
        }
        chosen.wipe();
        work.wipe();
        return result;
    }

    /** i·a for each window. */
    private static Point[] table(Point a, Work work) {
        Point[] table = new Point[1 << WINDOW_BITS];
        table[0] = Point.identity();
        for (int i = 1; i < table.length; i++) {
            table[i] = Point.identity();
            add(table[i], table[i - 1], a, work);
        }
        return table;
    }

    private static void choose(Point chosen, Point[] table, int index) {
        for (int i = 0; i < table.length; i++) {
            long different = i ^ index;
            long mask = ((different | -different) >>> 63) - 1;
            Modulus.select(chosen.x, mask, table[i].x, chosen.x);
            Modulus.select(chosen.y, mask, table[i].y, chosen.y);
            Modulus.select(chosen.z, mask, table[i].z, chosen.z);
        }
    }

    /** z = x³ − 3x + b. */
    static void curve(long[] z, long[] x) {
        long[] t = new long[Modulus.LIMBS];
        FIELD.square(t, x);
        FIELD.multiply(t, t, x);
        for (int i = 0; i < 3; i++) {
            FIELD.subtract(t, t, x);
        }
        FIELD.add(z, t, B);
        Modulus.wipe(t);
    }
}
