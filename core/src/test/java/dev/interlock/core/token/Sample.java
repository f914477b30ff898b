package dev.interlock.core.token;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

/** The same owner, providers, dealer, statement and token in every test. */
final class Sample {
    static final RingId RING = RingId.parse("ffeeddccbbaa99887766554433221100");
    static final int EPOCH = 7;
    static final long LENGTH = 3_000_000;
    static final long CREATED_MILLIS = 1_767_225_600_000L;
    static final long EXPIRY_MILLIS = CREATED_MILLIS + 600_000;

    /** Not in the order of their numbers: the order of the write is another. */
    static final List<ShareIndex> PROVIDERS = indices(9, 4, 200);

    static final SigningKey DEALER = key(100);
    static final SigningKey OWNER = key(101);
    static final SigningKey SESSION = key(102);
    static final OwnerKey OWNED = new OwnerKey(1, filled(OwnerKey.NONCE_BYTES, 0x0E), OWNER.verifyingKey());
    static final Title TITLE = Title.of(OWNED);

    private Sample() {}

    static Statement statement() {
        return statement(Scheme.DEFAULT, write(PROVIDERS, List.of(), 2));
    }

    static Statement statement(Scheme scheme, Work work) {
        int n = work instanceof Work.Making making ? making.providers().size() : PROVIDERS.size();
        return new Statement(
                RING,
                EPOCH,
                new Threshold(2, n),
                scheme,
                TITLE,
                1,
                EXPIRY_MILLIS,
                work,
                List.of(new Statement.Party("cc9", filled(32, 0x09)), new Statement.Party("dealer1", filled(32, 0x0D))),
                SESSION.verifyingKey());
    }

    static Work.Write write(List<ShareIndex> path, List<ShareIndex> missing, int homes) {
        return new Work.Write(
                false,
                path,
                missing,
                path.subList(0, homes),
                List.of("dealer1"),
                Optional.empty(),
                LENGTH,
                Optional.empty());
    }

    static Token token() {
        return token(statement());
    }

    static Token token(Statement w) {
        Work.Making making = w.making().orElseThrow();
        return new Token(
                w,
                filled(32, 0x0C),
                dealt(w),
                making.missing().stream().map(x -> claim(w.hash(), x)).toList(),
                CREATED_MILLIS);
    }

    static Dealt dealt(Statement w) {
        return Dealt.sign(
                DEALER,
                w.hash(),
                Token.points(w.scheme(), w.making().orElseThrow().providers()).stream()
                        .map(Sample::root)
                        .toList());
    }

    static ShareRoot root(ShareIndex x) {
        return new ShareRoot(x, filled(32, x.x()));
    }

    /** The owner's word for provider x, with the key that it has there. */
    static Claim claim(StatementHash w, ShareIndex x) {
        SigningKey user = key(1000 + x.x());
        return new Claim(x, user.verifyingKey(), user.sign(Purpose.CLAIM, Claim.message(w, x)));
    }

    /** The chain over a token that the first providers signed, as many. */
    static SignatureChain chain(byte[] token, int signers) {
        Token u = Token.decode(token);
        SignatureChain chain = SignatureChain.start(token);
        for (ShareIndex x : u.providers().subList(0, signers)) {
            chain = chain.sign(x, ciphertextRoot(u, x), key(x));
        }
        return chain;
    }

    static Optional<byte[]> ciphertextRoot(Token u, ShareIndex x) {
        return u.homes().contains(x) ? Optional.of(filled(32, 0xCC)) : Optional.empty();
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

    static SigningKey key(int seed) {
        return new SigningKey(SecretBytes.taking(filled(SigningKey.SEED_BYTES, seed)));
    }

    /** Every truncation, and a byte more, isn't read. */
    static void readStrictly(byte[] whole, Consumer<byte[]> decode) {
        decode.accept(whole);
        for (int length = 0; length <= whole.length + 1; length++) {
            if (length != whole.length) {
                byte[] other = Arrays.copyOf(whole, length);
                assertThatThrownBy(() -> decode.accept(other))
                        .as("%d of %d bytes", length, whole.length)
                        .isInstanceOf(MalformedException.class);
            }
        }
    }

    /**
     * Every change of a byte is rejected, or is another value: had a byte no meaning, two encodings would be one value.
     *
     * @param again decodes and encodes
     */
    static void everyByteCounts(byte[] whole, Function<byte[], byte[]> again) {
        for (int i = 0; i < whole.length; i++) {
            for (int flip : new int[] {1, 2, 0x80, 0xFF}) {
                byte[] changed = whole.clone();
                changed[i] ^= (byte) flip;
                try {
                    if (!Arrays.equals(again.apply(changed), changed)) {
                        throw new AssertionError("byte " + i + ", flipped by " + flip + ", is lost");
                    }
                } catch (MalformedException e) {
                    // Rejected.
                }
            }
        }
    }
}
