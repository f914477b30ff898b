package dev.interlock.core.oprf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECCurve;
import org.bouncycastle.math.ec.ECPoint;
import org.junit.jupiter.api.Test;

/** RFC 9497 appendix A.3.2 and RFC 9380 appendix J.1.1, and the arithmetic below against Bouncy Castle's. */
final class VoprfTest {
    private static final HexFormat HEX = HexFormat.of();
    private static final byte[] SEED = repeated(0xA3, 32);
    private static final byte[] KEY_INFO = "test key".getBytes(StandardCharsets.US_ASCII);
    private static final String BLIND = "3338fa65ec36e0290022b48eb562889d89dbfa691d1cde91517fa222ed7ad364";
    private static final String OTHER_SCALAR = "f9db001266677f62c095021db018cd8cbb55941d4073698ce45c405d1348b7b1";
    private static final String BATCH_SCALAR = "350e8040f828bf6ceca27405420cdf3d63cb3aef005f40ba51943c8026877963";

    /** One of the RFC's, inputs and elements in the order of the batch. */
    record Vector(
            List<String> inputs,
            List<String> blinds,
            List<String> blinded,
            List<String> evaluated,
            String proof,
            String proofScalar,
            List<String> outputs) {}

    static final List<Vector> VECTORS = List.of(
            new Vector(
                    List.of("00"),
                    List.of(BLIND),
                    List.of("02dd05901038bb31a6fae01828fd8d0e49e35a486b5c5d4b4994013648c01277da"),
                    List.of("0209f33cab60cf8fe69239b0afbcfcd261af4c1c5632624f2e9ba29b90ae83e4a2"),
                    "e7c2b3c5c954c035949f1f74e6bce2ed539a3be267d1481e9ddb178533df4c26"
                            + "64f69d065c604a4fd953e100b856ad83804eb3845189babfa5a702090d6fc5fa",
                    OTHER_SCALAR,
                    List.of("0412e8f78b02c415ab3a288e228978376f99927767ff37c5718d420010a645a1")),
            new Vector(
                    List.of("5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"),
                    List.of(BLIND),
                    List.of("03cd0f033e791c4d79dfa9c6ed750f2ac009ec46cd4195ca6fd3800d1e9b887dbd"),
                    List.of("030d2985865c693bf7af47ba4d3a3813176576383d19aff003ef7b0784a0d83cf1"),
                    "2787d729c57e3d9512d3aa9e8708ad226bc48e0f1750b0767aaff73482c44b8d"
                            + "2873d74ec88aebd3504961acea16790a05c542d9fbff4fe269a77510db00abab",
                    OTHER_SCALAR,
                    List.of("771e10dcd6bcd3664e23b8f2a710cfaaa8357747c4a8cbba03133967b5c24f18")),
            new Vector(
                    List.of("00", "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"),
                    List.of(BLIND, OTHER_SCALAR),
                    List.of(
                            "02dd05901038bb31a6fae01828fd8d0e49e35a486b5c5d4b4994013648c01277da",
                            "03462e9ae64cae5b83ba98a6b360d942266389ac369b923eb3d557213b1922f8ab"),
                    List.of(
                            "0209f33cab60cf8fe69239b0afbcfcd261af4c1c5632624f2e9ba29b90ae83e4a2",
                            "02bb24f4d838414aef052a8f044a6771230ca69c0a5677540fff738dd31bb69771"),
                    "bdcc351707d02a72ce49511c7db990566d29d6153ad6f8982fad2b435d6ce4d6"
                            + "0da1e6b3fa740811bde34dd4fe0aa1b5fe6600d0440c9ddee95ea7fad7a60cf2",
                    BATCH_SCALAR,
                    List.of(
                            "0412e8f78b02c415ab3a288e228978376f99927767ff37c5718d420010a645a1",
                            "771e10dcd6bcd3664e23b8f2a710cfaaa8357747c4a8cbba03133967b5c24f18")));

    static Scalar rfcKey() {
        return Voprf.deriveKey(SEED, KEY_INFO);
    }

    static Scalar scalar(String hex) {
        return Scalar.decode(HEX.parseHex(hex));
    }

    static Element element(String hex) {
        return Element.decode(HEX.parseHex(hex));
    }

    @Test
    void keyOfTheRfc() {
        assertThat(HEX.formatHex(rfcKey().encode()))
                .isEqualTo("ca5d94c8807817669a51b196c34c1b7f8442fde4334a7121ae4736364312fca6");
        assertThat(HEX.formatHex(Voprf.publicKey(rfcKey()).encode()))
                .isEqualTo("03e17e70604bcabe198882c0a1f27a92441e774224ed9c702e51dd17038b102462");
    }

    @Test
    void vectorsOfTheRfc() {
        Scalar key = rfcKey();
        Element publicKey = Voprf.publicKey(key);
        for (Vector vector : VECTORS) {
            List<Element> blinded =
                    vector.blinded().stream().map(VoprfTest::element).toList();
            for (int i = 0; i < blinded.size(); i++) {
                byte[] input = HEX.parseHex(vector.inputs().get(i));
                assertThat(Voprf.blind(input, scalar(vector.blinds().get(i)))).isEqualTo(blinded.get(i));
            }
            Voprf.Evaluated answer = Voprf.evaluate(key, publicKey, blinded, scalar(vector.proofScalar()));
            assertThat(answer.elements())
                    .isEqualTo(
                            vector.evaluated().stream().map(VoprfTest::element).toList());
            assertThat(HEX.formatHex(answer.proof().encode())).isEqualTo(vector.proof());
            assertThat(Voprf.isProven(publicKey, blinded, answer.elements(), answer.proof()))
                    .isTrue();
            for (int i = 0; i < blinded.size(); i++) {
                byte[] output = Voprf.finish(
                        HEX.parseHex(vector.inputs().get(i)),
                        scalar(vector.blinds().get(i)),
                        answer.elements().get(i));
                assertThat(HEX.formatHex(output)).isEqualTo(vector.outputs().get(i));
            }
        }
    }

    @Test
    void anyOtherProofFails() {
        Scalar key = rfcKey();
        Element publicKey = Voprf.publicKey(key);
        Vector vector = VECTORS.getFirst();
        List<Element> blinded = List.of(element(vector.blinded().getFirst()));
        List<Element> evaluated = List.of(element(vector.evaluated().getFirst()));
        byte[] proof = HEX.parseHex(vector.proof());
        for (int at : new int[] {5, 40}) {
            byte[] other = proof.clone();
            other[at] ^= 1;
            assertThat(Voprf.isProven(publicKey, blinded, evaluated, DleqProof.decode(other)))
                    .isFalse();
        }
        DleqProof right = DleqProof.decode(proof);
        Element other = Voprf.publicKey(Scalar.of(5));
        assertThat(Voprf.isProven(other, blinded, evaluated, right)).isFalse();
        assertThat(Voprf.isProven(publicKey, List.of(other), evaluated, right)).isFalse();
        assertThat(Voprf.isProven(publicKey, blinded, List.of(other), right)).isFalse();
        assertThat(Voprf.isProven(publicKey, blinded, List.of(evaluated.getFirst(), other), right))
                .isFalse();
        assertThat(Voprf.isProven(publicKey, blinded, evaluated, right)).isTrue();
    }

    /** RFC 9380 appendix J.1.1: message, P.x, P.y. */
    @Test
    void hashesToTheCurveAsTheRfc() {
        String[][] vectors = {
            {
                "",
                "2c15230b26dbc6fc9a37051158c95b79656e17a1a920b11394ca91c44247d3e4",
                "8a7a74985cc5c776cdfe4b1f19884970453912e9d31528c060be9ab5c43e8415"
            },
            {
                "abc",
                "0bb8b87485551aa43ed54f009230450b492fead5f1cc91658775dac4a3388a0f",
                "5c41b3d0731a27a7b14bc0bf0ccded2d8751f83493404c84a88e71ffd424212e"
            },
            {
                "abcdef0123456789",
                "65038ac8f2b1def042a5df0b33b1f4eca6bff7cb0f9c6c1526811864e544ed80",
                "cad44d40a656e7aff4002a8de287abc8ae0482b5ae825822bb870d6df9b56ca3"
            },
            {
                "q128_" + "q".repeat(128),
                "4be61ee205094282ba8a2042bcb48d88dfbb609301c49aa8b078533dc65a0b5d",
                "98f8df449a072c4721d241a3b1236d3caccba603f916ca680f4539d2bfb3c29e"
            },
            {
                "a512_" + "a".repeat(512),
                "457ae2981f70ca85d8e24c308b14db22f3e3862c5ea0f652ca38b5e49cd64bc5",
                "ecb9f0eadc9aeed232dabc53235368c1394c78de05dd96893eefa62b0f4757dc"
            }
        };
        byte[] dst = HashToCurve.ascii("QUUX-V01-CS02-with-P256_XMD:SHA-256_SSWU_RO_");
        for (String[] vector : vectors) {
            Element element = HashToCurve.element(HashToCurve.ascii(vector[0]), dst);
            boolean odd = new BigInteger(vector[2], 16).testBit(0);
            assertThat(HEX.formatHex(element.encode())).isEqualTo((odd ? "03" : "02") + vector[1]);
        }
    }

    /** What the map does with its exceptional input, u = 0: steps 7 and 8 of RFC 9380 F.2. */
    @Test
    void mapsZero() {
        Element element = new Element(HashToCurve.map(new long[Modulus.LIMBS]));
        assertThat(element.encode()).hasSize(Element.BYTES);
        assertThat(Element.decode(element.encode())).isEqualTo(element);
    }

    @Test
    void arithmeticAgreesWithBouncyCastle() {
        SecureRandom random = new SecureRandom();
        for (Modulus modulus : List.of(P256.FIELD, P256.ORDER)) {
            BigInteger m = modulus.value();
            BigInteger[] edges = {
                BigInteger.ZERO,
                BigInteger.ONE,
                BigInteger.TWO,
                m.subtract(BigInteger.ONE),
                m.subtract(BigInteger.TWO),
                m.shiftRight(1),
                BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE),
                BigInteger.ONE.shiftLeft(255),
                BigInteger.ONE.shiftLeft(192),
                m.subtract(BigInteger.ONE.shiftLeft(64)),
                new BigInteger(256, random).mod(m),
                new BigInteger(256, random).mod(m),
                new BigInteger(256, random).mod(m)
            };
            for (BigInteger a : edges) {
                for (BigInteger b : edges) {
                    long[] x = modulus.constant(a);
                    long[] y = modulus.constant(b);
                    long[] z = new long[Modulus.LIMBS];
                    modulus.multiply(z, x, y);
                    assertThat(number(modulus, z)).isEqualTo(a.multiply(b).mod(m));
                    modulus.add(z, x, y);
                    assertThat(number(modulus, z)).isEqualTo(a.add(b).mod(m));
                    modulus.subtract(z, x, y);
                    assertThat(number(modulus, z)).isEqualTo(a.subtract(b).mod(m));
                }
            }
            for (BigInteger a : edges) {
                long[] z = modulus.constant(a);
                modulus.invert(z, z);
                assertThat(number(modulus, z)).isEqualTo(a.signum() == 0 ? a : a.modInverse(m));
            }
        }
    }

    @Test
    void wideNumbersAreReduced() {
        SecureRandom random = new SecureRandom();
        byte[] wide = new byte[Modulus.WIDE_BYTES];
        for (int i = 0; i < 200; i++) {
            random.nextBytes(wide);
            if (i == 0) {
                Arrays.fill(wide, (byte) 0xFF);
            }
            assertThat(new BigInteger(1, Scalar.reduce(wide).encode()))
                    .isEqualTo(new BigInteger(1, wide).mod(P256.ORDER.value()));
        }
    }

    @Test
    void pointsAgreeWithBouncyCastle() {
        ECCurve curve = CustomNamedCurves.getByName("P-256").getCurve();
        ECPoint g = CustomNamedCurves.getByName("P-256").getG();
        SecureRandom random = new SecureRandom();
        BigInteger n = P256.ORDER.value();
        BigInteger[] scalars = {
            BigInteger.ONE,
            BigInteger.TWO,
            BigInteger.valueOf(15),
            BigInteger.valueOf(16),
            n.subtract(BigInteger.ONE),
            n.shiftRight(1),
            new BigInteger(256, random).mod(n),
            new BigInteger(256, random).mod(n)
        };
        for (BigInteger a : scalars) {
            Element ours = Element.generator().times(scalar(hex(a)));
            assertThat(ours.encode()).isEqualTo(g.multiply(a).getEncoded(true));
            assertThat(Element.decode(ours.encode())).isEqualTo(ours);
            for (BigInteger b : scalars) {
                Element other = Element.generator().times(scalar(hex(b)));
                ECPoint sum = g.multiply(a).add(g.multiply(b));
                assertThat(ours.plus(other).isIdentity()).isEqualTo(sum.isInfinity());
                if (!sum.isInfinity()) {
                    assertThat(ours.plus(other).encode()).isEqualTo(sum.getEncoded(true));
                }
                // a·a + b·b + 3, of computed and of decoded ones
                Element weighted = Element.sum(
                        List.of(ours, Element.decode(other.encode()), Element.generator()),
                        List.of(scalar(hex(a)), scalar(hex(b)), Scalar.of(3)));
                ECPoint wanted = g.multiply(a.multiply(a).add(b.multiply(b)).add(BigInteger.valueOf(3)));
                assertThat(Element.encodeAll(List.of(weighted, other, Element.generator(), ours.published())))
                        .containsExactly(
                                wanted.getEncoded(true),
                                g.multiply(b).getEncoded(true),
                                g.getEncoded(true),
                                g.multiply(a).getEncoded(true));
                assertThat(ours.equals(other)).isEqualTo(a.equals(b));
            }
        }
        Element identity = Element.generator().times(Scalar.of(0));
        assertThat(identity.isIdentity()).isTrue();
        assertThat(identity).isEqualTo(Element.decode(g.getEncoded(true)).times(Scalar.of(0)));
        assertThat(identity).isNotEqualTo(Element.generator());
        assertThat(Element.generator())
                .isNotEqualTo(identity)
                .isNotEqualTo(Element.generator().times(minusOne()));
        assertThatThrownBy(() -> Element.encodeAll(List.of(Element.generator(), identity)))
                .isInstanceOf(IllegalStateException.class);
        assertThat(curve.getOrder()).isEqualTo(n);
    }

    /** Of the same x as its opposite. */
    private static Scalar minusOne() {
        return scalar(hex(P256.ORDER.value().subtract(BigInteger.ONE)));
    }

    /** One fault each. */
    @Test
    void badPointsAndScalarsAreRefused() {
        byte[] good = Element.generator().encode();
        byte[] longer = Arrays.copyOf(good, good.length + 1);
        byte[] shorter = Arrays.copyOf(good, good.length - 1);
        byte[] first = good.clone();
        first[0] = 4;
        byte[] zero = good.clone();
        zero[0] = 0;
        byte[] offCurve = good.clone();
        Arrays.fill(offCurve, 1, offCurve.length, (byte) 0);
        offCurve[Element.BYTES - 1] = (byte) xOfNoPoint();
        // p + 5, where 5 is the x of a point.
        byte[] five = new byte[Element.BYTES];
        five[0] = 2;
        five[Element.BYTES - 1] = 5;
        assertThat(Voprf.element(five)).isPresent();
        byte[] beyond = new byte[Element.BYTES];
        beyond[0] = 2;
        System.arraycopy(HEX.parseHex(hex(P256.FIELD.value().add(BigInteger.valueOf(5)))), 0, beyond, 1, 32);
        for (byte[] bad : List.of(
                new byte[0], new byte[1], longer, shorter, first, zero, new byte[Element.BYTES], beyond, offCurve)) {
            assertThatThrownBy(() -> Element.decode(bad)).isInstanceOf(MalformedException.class);
            assertThat(Voprf.element(bad)).isEmpty();
        }
        byte[] order = HEX.parseHex(hex(P256.ORDER.value()));
        byte[] most = repeated(0xFF, 32);
        for (byte[] bad : List.of(order, most, new byte[31], new byte[33])) {
            assertThatThrownBy(() -> Scalar.decode(bad)).isInstanceOf(MalformedException.class);
        }
        assertThatThrownBy(() -> DleqProof.decode(new byte[63])).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> DleqProof.decode(Arrays.copyOf(order, 64))).isInstanceOf(MalformedException.class);
        assertThat(Element.decode(good)).isEqualTo(Element.generator());
    }

    private static BigInteger number(Modulus modulus, long[] limbs) {
        byte[] bytes = new byte[Modulus.BYTES];
        modulus.encode(bytes, 0, limbs);
        return new BigInteger(1, bytes);
    }

    /** By Euler's criterion. */
    private static int xOfNoPoint() {
        BigInteger p = P256.FIELD.value();
        BigInteger b = CustomNamedCurves.getByName("P-256").getCurve().getB().toBigInteger();
        int x = 1;
        while (BigInteger.valueOf(x)
                .pow(3)
                .subtract(BigInteger.valueOf(3L * x))
                .add(b)
                .modPow(p.shiftRight(1), p)
                .equals(BigInteger.ONE)) {
            x++;
        }
        return x;
    }

    private static String hex(BigInteger number) {
        return "%064x".formatted(number);
    }

    private static byte[] repeated(int value, int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }
}
