package dev.interlock.core.token;

import static dev.interlock.core.token.Sample.OWNER;
import static dev.interlock.core.token.Sample.PROVIDERS;
import static dev.interlock.core.token.Sample.SESSION;
import static dev.interlock.core.token.Sample.chain;
import static dev.interlock.core.token.Sample.indices;
import static dev.interlock.core.token.Sample.key;
import static dev.interlock.core.token.Sample.keys;
import static dev.interlock.core.token.Sample.statement;
import static dev.interlock.core.token.Sample.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What makes a generation count, and what says that it never will. */
final class CertificateTest {
    private static final Statement W = statement(Scheme.DEFAULT, write(PROVIDERS, indices(8), 2));
    private static final byte[] TOKEN = Sample.token(W).encode();
    private static final byte[] OWNERS = W.sign(OWNER);

    private static Certificate certificate() {
        return Certificate.sign(SESSION, OWNERS, chain(TOKEN, 3));
    }

    private static void rejected(Certificate certificate) {
        assertThatThrownBy(() -> certificate.verify(keys()))
                .isInstanceOfAny(BadSignatureException.class, MalformedException.class);
    }

    @Test
    void theSessionKeysWordUnderAllSignaturesHolds() {
        certificate().verify(keys());
        certificate().verifyOwner();
        // It holds, too, where the chain grew behind those that took part.
        certificate().with(chain(TOKEN, 4)).verify(keys());
        assertThat(certificate().token().id()).isEqualTo(W.hash());
    }

    /** A complete chain is no commit: no home, no provider, no other user can make one of it. */
    @Test
    void nobodyElseCertifies() {
        for (SigningKey other : List.of(OWNER, Sample.DEALER, key(PROVIDERS.getFirst()))) {
            rejected(Certificate.sign(other, OWNERS, chain(TOKEN, 3)));
        }
        rejected(new Certificate(
                OWNERS,
                chain(TOKEN, 3),
                Abandonment.sign(SESSION, W.hash()).signature().orElseThrow()));
    }

    @Test
    void noSignatureUnderItCanBeMissingOrAnothers() {
        rejected(certificate().with(chain(TOKEN, 2)));
        rejected(Certificate.sign(SESSION, OWNERS, chain(TOKEN, 2)));
        rejected(new Certificate(W.sign(SESSION), chain(TOKEN, 3), certificate().signature()));
        Statement other = statement(Scheme.DEFAULT, write(PROVIDERS, indices(8), 1));
        rejected(new Certificate(
                OWNERS, chain(Sample.token(other).encode(), 3), certificate().signature()));
    }

    @Test
    void theEncodingIsStrict() {
        byte[] bytes = certificate().encode();
        assertThat(Certificate.decode(bytes).encode()).isEqualTo(bytes);
        Sample.readStrictly(bytes, Certificate::decode);
    }

    @Test
    void anAbandonmentIsTheSessionKeysWord() {
        Abandonment abandonment = Abandonment.sign(SESSION, W.hash());
        abandonment.verify(W, keys());
        notAbandoned(Abandonment.sign(OWNER, W.hash()));
        notAbandoned(Abandonment.sign(SESSION, new StatementHash(1, 2, 3, 4)));
        notAbandoned(new Abandonment(W.hash(), Optional.of(certificate().signature()), List.of()));
        Sample.readStrictly(abandonment.encode(), Abandonment::decode);
    }

    @Test
    void orAllProvidersWord() {
        List<Abandonment.Word> words = W.making().orElseThrow().providers().stream()
                .map(x -> Abandonment.Word.sign(key(x), W.hash(), x))
                .toList();
        Abandonment settled = Abandonment.of(W.hash(), words);
        settled.verify(W, keys());
        Abandonment.of(W.hash(), words.reversed()).verify(W, keys());
        assertThat(Abandonment.decode(settled.encode()).encode()).isEqualTo(settled.encode());
        Sample.readStrictly(settled.encode(), Abandonment::decode);
        // One less, one twice, one of another session, one that another signed.
        notAbandoned(Abandonment.of(W.hash(), words.subList(1, 4)));
        for (Abandonment.Word wrong : List.of(
                words.get(1),
                Abandonment.Word.sign(key(PROVIDERS.getFirst()), new StatementHash(1, 2, 3, 4), PROVIDERS.getFirst()),
                Abandonment.Word.sign(key(new ShareIndex(77)), W.hash(), PROVIDERS.getFirst()))) {
            List<Abandonment.Word> changed = new ArrayList<>(words);
            changed.set(0, wrong);
            notAbandoned(Abandonment.of(W.hash(), changed));
        }
    }

    private static void notAbandoned(Abandonment abandonment) {
        assertThatThrownBy(() -> abandonment.verify(W, keys()))
                .isInstanceOfAny(BadSignatureException.class, MalformedException.class);
    }
}
