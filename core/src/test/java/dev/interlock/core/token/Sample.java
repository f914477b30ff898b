package dev.interlock.core.token;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/** The same three providers, dealer and token in every test. */
final class Sample {
    static final ObjectId OBJECT = ObjectId.parse("00112233445566778899aabbccddeeff");
    static final RingId RING = RingId.parse("ffeeddccbbaa99887766554433221100");
    static final int EPOCH = 7;
    static final long LENGTH = 3_000_000;
    static final long CREATED_MILLIS = 1_767_225_600_000L;

    /** Not in the order of their numbers: the order of the write is another. */
    static final List<ShareIndex> PROVIDERS = indices(9, 4, 200);

    static final SigningKey DEALER = key(100);

    private Sample() {}

    static Token token() {
        return token(PROVIDERS, 2, LENGTH, dealt("dealer1", PROVIDERS));
    }

    static Token token(List<ShareIndex> providers, int homes, long length, Dealt dealt) {
        return new Token(
                OBJECT,
                OBJECT,
                1,
                RING,
                EPOCH,
                Scheme.DEFAULT,
                filled(Token.OWNER_BYTES, 0x0A),
                new Threshold(2, providers.size()),
                providers,
                providers.subList(0, homes),
                List.of(),
                length,
                filled(32, 0x0C),
                dealt,
                CREATED_MILLIS);
    }

    static Dealt dealt(String dealer, List<ShareIndex> providers) {
        return new Dealt(dealer, providers.stream().map(Sample::root).toList());
    }

    static ShareRoot root(ShareIndex x) {
        return ShareRoot.sign(DEALER, RING, EPOCH, OBJECT, x, LENGTH, filled(32, x.x()));
    }

    /** The owner's word for provider x, with the key that it has there. */
    static Claim claim(ShareIndex x) {
        SigningKey owner = key(1000 + x.x());
        return new Claim(x, owner.verifyingKey(), owner.sign(Purpose.CLAIM, Claim.message(RING, EPOCH, OBJECT, x)));
    }

    /** Provider x's signing key. */
    static SigningKey key(ShareIndex x) {
        return key(x.x());
    }

    static Function<ShareIndex, VerifyingKey> keys() {
        return x -> key(x).verifyingKey();
    }

    static List<ShareIndex> indices(int... xs) {
        return IntStream.of(xs).mapToObj(ShareIndex::new).toList();
    }

    static byte[] filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static SigningKey key(int seed) {
        return new SigningKey(SecretBytes.taking(filled(SigningKey.SEED_BYTES, seed)));
    }
}
