package dev.interlock.core.token;

import static dev.interlock.core.token.Sample.PROVIDERS;
import static dev.interlock.core.token.Sample.dealt;
import static dev.interlock.core.token.Sample.key;
import static dev.interlock.core.token.Sample.keys;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SignatureChainTest {
    private static final byte[] U_M = Sample.token().encode();

    /** The chain over u_m that the first {@code signers} providers signed. */
    private static SignatureChain chain(byte[] token, int signers) {
        SignatureChain chain = SignatureChain.start(token);
        for (ShareIndex x : PROVIDERS.subList(0, signers)) {
            chain = chain.sign(x, key(x));
        }
        return chain;
    }

    private static SignatureChain complete() {
        return chain(U_M, PROVIDERS.size());
    }

    @Test
    void aChainThatAllSignedHolds() {
        complete().verify(keys());
        complete().verifyComplete(keys());
    }

    /** x = 8 of four was missing: the chain holds without it and with it, and not without anyone else. */
    @Test
    void aChainOfAllThatWereThereHoldsAndGrows() {
        List<ShareIndex> four = Sample.indices(9, 4, 200, 8);
        Token u = Sample.token();
        byte[] token = new Token(
                        u.object(),
                        u.origin(),
                        u.generation(),
                        u.ring(),
                        u.epoch(),
                        u.scheme(),
                        u.owner(),
                        new Threshold(2, 4),
                        four,
                        four.subList(0, 3),
                        List.of(Sample.claim(four.getLast())),
                        u.length(),
                        u.commitment(),
                        dealt("dealer1", four),
                        u.createdMillis())
                .encode();
        SignatureChain chain = SignatureChain.start(token);
        for (int signers = 0; signers <= 4; signers++) {
            SignatureChain part = chain;
            assertThat(part.unsigned()).isEqualTo(four.subList(signers, 4));
            if (signers < 3) {
                assertThatThrownBy(() -> part.verifyCommitted(keys()))
                        .isInstanceOf(MalformedException.class)
                        .hasMessage("the chain has " + signers + " of 3 signatures");
            } else {
                part.verifyCommitted(keys());
                List<byte[]> forged = new ArrayList<>(part.signatures());
                forged.set(signers - 1, part.signatures().getFirst());
                assertThatThrownBy(() -> new SignatureChain(token, forged).verifyCommitted(keys()))
                        .isInstanceOf(BadSignatureException.class);
            }
            if (signers < 4) {
                assertThatThrownBy(() -> part.verifyComplete(keys())).isInstanceOf(MalformedException.class);
                chain = chain.sign(four.get(signers), key(four.get(signers)));
            }
        }
        chain.verifyComplete(keys());
    }

    @Test
    void eachSignsTheTokenItsPlaceItsRootsAndTheSignatureBefore() {
        SignatureChain chain = complete();
        byte[] before = {};
        for (int i = 0; i < PROVIDERS.size(); i++) {
            ShareIndex x = PROVIDERS.get(i);
            byte[] message = new ByteWriter()
                    .bytes(U_M)
                    .u8(x.x())
                    .bytes(Sample.root(x).root())
                    .bytes(before)
                    .toBytes();
            before = chain.signatures().get(i);
            key(x).verifyingKey().verify(Purpose.TOKEN_CHAIN, message, before);
        }
    }

    @Test
    void everyStartOfTheChainVerifiesButIsNotComplete() {
        for (int signers = 0; signers < PROVIDERS.size(); signers++) {
            SignatureChain part = chain(U_M, signers);
            part.verify(keys());
            assertThatThrownBy(() -> part.verifyComplete(keys()))
                    .isInstanceOf(MalformedException.class)
                    .hasMessage("the chain has " + signers + " of 3 signatures");
        }
    }

    @Test
    void aSignerMissingFromTheMiddleBreaksTheChainAtTheNext() {
        List<byte[]> signatures = complete().signatures();
        rejects(List.of(signatures.get(0), signatures.get(2)), PROVIDERS.get(1));
    }

    @Test
    void reorderedSignaturesAreRejectedAtTheFirstWrongPlace() {
        List<byte[]> signatures = complete().signatures();
        rejects(List.of(signatures.get(1), signatures.get(0), signatures.get(2)), PROVIDERS.get(0));
        rejects(List.of(signatures.get(0), signatures.get(2), signatures.get(1)), PROVIDERS.get(1));
    }

    @Test
    void aSignatureOfAnotherProviderIsRejected() {
        List<byte[]> signatures = new ArrayList<>(chain(U_M, 2).signatures());
        byte[] message = new ByteWriter()
                .bytes(U_M)
                .u8(200)
                .bytes(Sample.root(new ShareIndex(200)).root())
                .bytes(signatures.get(1))
                .toBytes();
        try (SigningKey intruder = key(new ShareIndex(4))) {
            signatures.add(intruder.sign(Purpose.TOKEN_CHAIN, message));
        }
        rejects(signatures, new ShareIndex(200));
    }

    /** Each signs the signature before it: CC_1's second signature over the same token can't be put in later. */
    @Test
    void aChangedSignatureBreaksAlsoTheOneAfterIt() {
        for (int place = 0; place < PROVIDERS.size(); place++) {
            List<byte[]> signatures = new ArrayList<>(complete().signatures());
            byte[] changed = signatures.get(place).clone();
            changed[0] ^= 1;
            signatures.set(place, changed);
            rejects(signatures, PROVIDERS.get(place));
        }
        List<byte[]> first = new ArrayList<>(complete().signatures());
        Token other = Sample.token(PROVIDERS, 1, 5, dealt("dealer1", PROVIDERS));
        first.set(0, chain(other.encode(), 1).signatures().getFirst());
        rejects(first, PROVIDERS.getFirst());
    }

    @Test
    void aChainOverAnotherTokenIsRejected() {
        Token other = Sample.token(PROVIDERS, 1, Sample.LENGTH, dealt("dealer1", PROVIDERS));
        SignatureChain moved = new SignatureChain(other.encode(), complete().signatures());
        assertThatThrownBy(() -> moved.verify(keys()))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageContaining(named(PROVIDERS.getFirst()));
    }

    @Test
    void everyChangedByteOfTheTokenIsRejected() {
        List<byte[]> signatures = complete().signatures();
        for (int i = 0; i < U_M.length; i++) {
            byte[] token = U_M.clone();
            token[i] ^= 1;
            SignatureChain chain = new SignatureChain(token, signatures);
            assertThatThrownBy(() -> chain.verifyComplete(keys()))
                    .as("byte %d", i)
                    .isInstanceOfAny(BadSignatureException.class, MalformedException.class);
        }
    }

    @Test
    void moreSignaturesThanProvidersAreRejected() {
        List<byte[]> signatures = new ArrayList<>(complete().signatures());
        signatures.add(signatures.getLast());
        SignatureChain longer = new SignatureChain(U_M, signatures);
        assertThatThrownBy(() -> longer.verify(keys()))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the chain has 4 signatures for 3 providers");
    }

    @Test
    void nobodySignsOutOfTurn() {
        for (int signers = 0; signers <= PROVIDERS.size(); signers++) {
            SignatureChain chain = chain(U_M, signers);
            for (int place = 0; place < PROVIDERS.size(); place++) {
                ShareIndex x = PROVIDERS.get(place);
                if (place != signers) {
                    assertThatThrownBy(() -> chain.sign(x, key(x)))
                            .isInstanceOf(MalformedException.class)
                            .hasMessage("it isn't the turn of the provider with x = " + x.x()
                                    + " to sign: the chain has " + signers + " of 3 signatures");
                }
            }
        }
        ShareIndex stranger = new ShareIndex(5);
        assertThatThrownBy(() -> chain(U_M, 0).sign(stranger, key(stranger)))
                .isInstanceOf(MalformedException.class)
                .hasMessageStartingWith("it isn't the turn of the provider with x = 5");
    }

    @Test
    void signingLeavesTheShorterChainAsItWas() {
        SignatureChain one = chain(U_M, 1);
        SignatureChain two = one.sign(PROVIDERS.get(1), key(PROVIDERS.get(1)));
        assertThat(one.signatures()).hasSize(1);
        assertThat(two.signatures()).hasSize(2);
    }

    @Test
    void aChainIsReadAgainAsItWasWritten() {
        for (int signers = 0; signers <= PROVIDERS.size(); signers++) {
            SignatureChain chain = chain(U_M, signers);
            SignatureChain read = SignatureChain.decode(chain.encode());
            assertThat(read.token()).isEqualTo(U_M);
            assertThat(read.signatures()).usingRecursiveComparison().isEqualTo(chain.signatures());
        }
    }

    @Test
    void everyTruncationAndAnyTrailingByteIsRejected() {
        byte[] whole = complete().encode();
        for (int length = 0; length <= whole.length + 1; length++) {
            if (length != whole.length) {
                byte[] other = Arrays.copyOf(whole, length);
                assertThatThrownBy(() -> SignatureChain.decode(other))
                        .as("%d of %d bytes", length, whole.length)
                        .isInstanceOf(MalformedException.class);
            }
        }
    }

    private static void rejects(List<byte[]> signatures, ShareIndex at) {
        SignatureChain chain = new SignatureChain(U_M, signatures);
        assertThatThrownBy(() -> chain.verify(keys()))
                .isInstanceOf(BadSignatureException.class)
                .hasMessageStartingWith("the token chain signature")
                .hasMessageContaining(named(at));
        assertThatThrownBy(() -> chain.verifyComplete(keys())).isInstanceOf(BadSignatureException.class);
    }

    private static String named(ShareIndex x) {
        return key(x).verifyingKey().toString();
    }
}
