package dev.interlock.core.token;

import static dev.interlock.core.token.Sample.PROVIDERS;
import static dev.interlock.core.token.Sample.chain;
import static dev.interlock.core.token.Sample.ciphertextRoot;
import static dev.interlock.core.token.Sample.filled;
import static dev.interlock.core.token.Sample.indices;
import static dev.interlock.core.token.Sample.key;
import static dev.interlock.core.token.Sample.keys;
import static dev.interlock.core.token.Sample.statement;
import static dev.interlock.core.token.Sample.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.Purpose;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SignatureChainTest {
    private static final byte[] BLINDED = Sample.token().encode();
    private static final byte[] PUBLISHED = Sample.token(
                    statement(new Scheme(3, Profile.PUBLISHED), write(PROVIDERS, List.of(), 1)))
            .encode();

    private static byte[] token(Profile profile) {
        return profile == Profile.BLINDED ? BLINDED : PUBLISHED;
    }

    @ParameterizedTest
    @EnumSource
    void aChainThatAllSignedHoldsAndNoShorterOneIsComplete(Profile profile) {
        chain(token(profile), 3).verifyComplete(keys());
        for (int signers = 0; signers < 3; signers++) {
            SignatureChain part = chain(token(profile), signers);
            part.verify(keys());
            assertThat(part.unsigned()).isEqualTo(PROVIDERS.subList(signers, 3));
            assertThatThrownBy(() -> part.verifyComplete(keys()))
                    .isInstanceOf(MalformedException.class)
                    .hasMessage("the chain has " + signers + " of 3 signatures");
        }
    }

    @ParameterizedTest
    @EnumSource
    void eachSignsTheTokenItsPlaceItsCiphertextAndWhereItIsNestedTheSignatureBefore(Profile profile) {
        Token u = Token.decode(token(profile));
        byte[] before = {};
        for (int i = 0; i < 3; i++) {
            ShareIndex x = PROVIDERS.get(i);
            byte[] message = new ByteWriter()
                    .bytes(token(profile))
                    .u8(x.x())
                    .bytes(ciphertextRoot(u, x).orElse(new byte[0]))
                    .bytes(profile == Profile.PUBLISHED ? before : new byte[0])
                    .toBytes();
            before = chain(token(profile), 3).participations().get(i).signature();
            key(x).verifyingKey().verify(Purpose.PARTICIPATION, message, before);
        }
    }

    /** In the blinded profile all sign at once: nobody waits for anybody, and the chain is the same. */
    @Test
    void signaturesMadeApartAreTheChain() {
        Token u = Sample.token();
        SignatureChain chain = SignatureChain.start(BLINDED);
        for (ShareIndex x : PROVIDERS) {
            chain = chain.with(SignatureChain.start(BLINDED).participate(x, ciphertextRoot(u, x), key(x)));
        }
        assertThat(chain.encode()).isEqualTo(chain(BLINDED, 3).encode());
        assertThatThrownBy(() -> SignatureChain.start(PUBLISHED)
                        .participate(PROVIDERS.get(1), Optional.empty(), key(PROVIDERS.get(1))))
                .isInstanceOf(MalformedException.class)
                .hasMessageStartingWith("it isn't the turn of the provider with x = 4");
    }

    /** x = 8 of four was missing: the chain holds without it and with it, and not without anyone else. */
    @Test
    void aChainOfAllThatWereThereHoldsAndGrows() {
        byte[] token = Sample.token(statement(Scheme.DEFAULT, write(PROVIDERS, indices(8), 2)))
                .encode();
        for (int signers = 0; signers <= 4; signers++) {
            SignatureChain part = chain(token, signers);
            if (signers < 3) {
                assertThatThrownBy(() -> part.verifyCommitted(keys())).isInstanceOf(MalformedException.class);
            } else {
                part.verifyCommitted(keys());
                assertThat(part.committed().encode()).isEqualTo(chain(token, 3).encode());
            }
        }
        assertThatThrownBy(() -> chain(token, 3).verifyComplete(keys())).isInstanceOf(MalformedException.class);
        chain(token, 4).verifyComplete(keys());
        // Who verified how it begins needn't do so again, and a beginning that isn't its own is of no use.
        chain(token, 4).verifyCommitted(keys(), chain(token, 3));
        chain(token, 4).verifyCommitted(keys(), chain(BLINDED, 3));
    }

    @ParameterizedTest
    @EnumSource
    void aSignatureLeftOutChangedOrMovedIsFound(Profile profile) {
        List<Participation> good = chain(token(profile), 3).participations();
        rejects(profile, List.of(good.get(0), good.get(2)));
        rejects(profile, List.of(good.get(1), good.get(0), good.get(2)));
        rejects(profile, List.of(good.get(0), good.get(2), good.get(1)));
        for (int place = 0; place < 3; place++) {
            List<Participation> changed = new ArrayList<>(good);
            byte[] signature = good.get(place).signature().clone();
            signature[0] ^= 1;
            changed.set(place, new Participation(good.get(place).ciphertextRoot(), signature));
            rejects(profile, changed);
        }
        List<Participation> longer = new ArrayList<>(good);
        longer.add(good.getLast());
        assertThatThrownBy(() -> new SignatureChain(token(profile), longer).verify(keys()))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the chain has 4 signatures for 3 providers");
    }

    /** A home's word for its ciphertext can't be stripped off, changed, or be that of somebody who has none. */
    @Test
    void aHomesCiphertextIsPartOfWhatItSigned() {
        List<Participation> good = chain(BLINDED, 3).participations();
        for (Optional<byte[]> root : List.<Optional<byte[]>>of(Optional.empty(), Optional.of(filled(32, 1)))) {
            List<Participation> changed = new ArrayList<>(good);
            changed.set(0, new Participation(root, good.getFirst().signature()));
            rejects(Profile.BLINDED, changed);
        }
        Token u = Sample.token();
        assertThatThrownBy(() -> SignatureChain.start(BLINDED)
                        .participate(PROVIDERS.getFirst(), Optional.empty(), key(PROVIDERS.getFirst())))
                .isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> SignatureChain.start(BLINDED)
                        .participate(
                                PROVIDERS.getLast(), ciphertextRoot(u, PROVIDERS.getFirst()), key(PROVIDERS.getLast())))
                .isInstanceOf(MalformedException.class);
        // Two homes that signed for different ones: no certificate is made of that.
        SignatureChain apart = chain(BLINDED, 1)
                .sign(PROVIDERS.get(1), Optional.of(filled(32, 2)), key(PROVIDERS.get(1)))
                .sign(PROVIDERS.get(2), Optional.empty(), key(PROVIDERS.get(2)));
        apart.verify(keys());
        assertThatThrownBy(() -> apart.verifyCommitted(keys()))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the homes signed for different ciphertexts");
    }

    @Test
    void aChainOverAnotherTokenIsRejected() {
        byte[] other = Sample.token(statement(Scheme.DEFAULT, write(PROVIDERS, List.of(), 1)))
                .encode();
        SignatureChain moved = new SignatureChain(other, chain(BLINDED, 3).participations());
        assertThatThrownBy(() -> moved.verify(keys()))
                .isInstanceOfAny(BadSignatureException.class, MalformedException.class);
        List<Participation> good = chain(BLINDED, 3).participations();
        for (int i = 0; i < BLINDED.length; i++) {
            byte[] token = BLINDED.clone();
            token[i] ^= 1;
            assertThatThrownBy(() -> new SignatureChain(token, good).verifyComplete(keys()))
                    .as("byte %d", i)
                    .isInstanceOfAny(BadSignatureException.class, MalformedException.class);
        }
    }

    @Test
    void theEncodingIsStrict() {
        for (int signers = 0; signers <= 3; signers++) {
            byte[] bytes = chain(BLINDED, signers).encode();
            assertThat(SignatureChain.decode(bytes).encode()).isEqualTo(bytes);
            Sample.readStrictly(bytes, SignatureChain::decode);
        }
    }

    private static void rejects(Profile profile, List<Participation> participations) {
        SignatureChain chain = new SignatureChain(token(profile), participations);
        assertThatThrownBy(() -> chain.verify(keys()))
                .isInstanceOfAny(BadSignatureException.class, MalformedException.class);
        assertThatThrownBy(() -> chain.verifyComplete(keys()))
                .isInstanceOfAny(BadSignatureException.class, MalformedException.class);
    }
}
