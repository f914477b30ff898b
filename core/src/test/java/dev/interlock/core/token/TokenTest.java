package dev.interlock.core.token;

import static dev.interlock.core.token.Sample.PROVIDERS;
import static dev.interlock.core.token.Sample.indices;
import static dev.interlock.core.token.Sample.statement;
import static dev.interlock.core.token.Sample.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TokenTest {
    @Test
    void theBytesAreThoseOfTheSpecification() {
        Token u = Sample.token();
        ByteReader in = new ByteReader("the token", u.encode());
        assertThat(in.u8()).isEqualTo(2);
        assertThat(in.bytes()).isEqualTo(u.statement().encode());
        assertThat(in.fixed(32)).containsOnly(0x0C);
        assertThat(in.fixed(u.dealt().encode().length)).isEqualTo(u.dealt().encode());
        assertThat(in.u64()).isEqualTo(Sample.CREATED_MILLIS);
        in.end();
    }

    @Test
    void aTokenIsReadAgainAsItWasWritten() {
        for (Statement w : List.of(statement(), statement(Scheme.DEFAULT, write(PROVIDERS, indices(7, 8), 2)))) {
            Token u = Sample.token(w);
            Token read = Token.decode(u.encode());
            assertThat(read).usingRecursiveComparison().isEqualTo(u);
            assertThat(read.id()).isEqualTo(w.hash());
            assertThat(read.object()).isEqualTo(w.object());
            assertThat(read.present()).isEqualTo(PROVIDERS);
            assertThat(read.missing())
                    .isEqualTo(read.providers().subList(3, read.providers().size()));
            Sample.readStrictly(u.encode(), Token::decode);
            Sample.everyByteCounts(u.encode(), bytes -> Token.decode(bytes).encode());
        }
    }

    @Test
    void theLargestTokenIsReadAgain() {
        List<ShareIndex> all =
                IntStream.rangeClosed(1, 254).mapToObj(ShareIndex::new).toList();
        byte[] bytes = Sample.token(statement(Scheme.DEFAULT, write(all, List.of(), 254)))
                .encode();
        Token read = Token.decode(bytes);
        assertThat(read.encode()).isEqualTo(bytes);
        assertThat(read.homes()).isEqualTo(all);
    }

    @Test
    void aTokenOfAnotherVersionSaysSo() {
        byte[] bytes = Sample.token().encode();
        bytes[0] = 1;
        assertThatThrownBy(() -> Token.decode(bytes))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the token has version 1; this program reads version 2");
    }

    @Test
    void rootsAndClaimsAreThoseOfTheStatement() {
        Token u = Sample.token();
        Statement other = statement(Scheme.DEFAULT, write(indices(4, 9, 200), List.of(), 2));
        refuses(() -> new Token(other, u.commitment(), u.dealt(), List.of(), 0), "one share root for each point");
        refuses(() -> new Token(u.statement(), new byte[31], u.dealt(), List.of(), 0), "the commitment has 32 bytes");
        refuses(
                () -> new Token(
                        u.statement(), u.commitment(), u.dealt(), List.of(Sample.claim(u.id(), new ShareIndex(7))), 0),
                "a claim for each provider that was missing");
        Dealt sums = new Dealt(
                true,
                u.dealt().roots(),
                u.dealt().roots().stream().map(_ -> new byte[64]).toList());
        refuses(() -> new Token(u.statement(), u.commitment(), sums, List.of(), 0), "are sums");
        Statement read = statement(Scheme.DEFAULT, new Work.Read(PROVIDERS, PROVIDERS.getFirst(), 1, u.id()));
        refuses(() -> new Token(read, u.commitment(), u.dealt(), List.of(), 0), "makes no generation");
    }

    @Test
    void aClaimIsTheOwnersForOneProviderAndWrite() {
        StatementHash w = statement().hash();
        Claim claim = Sample.claim(w, new ShareIndex(4));
        claim.verify(w);
        List.<Runnable>of(
                        () -> claim.verify(new StatementHash(1, 2, 3, 4)),
                        () -> new Claim(new ShareIndex(5), claim.key(), claim.signature()).verify(w))
                .forEach(other -> assertThatThrownBy(other::run).isInstanceOf(BadSignatureException.class));
    }

    /** By number, then by H(w): everybody orders siblings the same way. */
    @Test
    void generationsHaveAnOrder() {
        Token one = Sample.token();
        Token sibling = Sample.token(statement(Scheme.DEFAULT, write(indices(4, 9, 200), List.of(), 1)));
        assertThat(one.isLaterThan(one)).isFalse();
        assertThat(one.isLaterThan(sibling)).isNotEqualTo(sibling.isLaterThan(one));
        assertThat(one.isLaterThan(sibling)).isEqualTo(one.id().compareTo(sibling.id()) > 0);
        assertThat(new StatementHash(-1, 0, 0, 0)).isGreaterThan(new StatementHash(1, 0, 0, 0));
    }

    @Test
    void profilesAreWrittenAsADescriptorWritesThem() {
        Set<String> texts = new HashSet<>();
        for (Profile profile : Profile.values()) {
            assertThat(Profile.parse(profile.text())).isEqualTo(profile);
            texts.add(profile.text());
        }
        assertThat(texts).containsExactlyInAnyOrder("published", "blinded");
        for (String other : new String[] {"", "Blinded", "BLINDED", "blinded ", "plain"}) {
            refuses(() -> Profile.parse(other), "\"published\" or \"blinded\"");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void tokensOfAllThreeProtocolsInBothProfilesAreRead(int protocol) {
        for (Profile profile : Profile.values()) {
            Scheme scheme = new Scheme(protocol, profile);
            Token u = Sample.token(statement(scheme, write(PROVIDERS, List.of(), 2)));
            assertThat(Token.decode(u.encode()).scheme()).isEqualTo(scheme);
            assertThat(u.dealt().roots()).hasSize(scheme.dealtToUser() ? 4 : 3);
        }
    }

    /** x = 9 and 4 are homes; t = 2 of the three must be left. */
    @Test
    void anObjectOpensWhileAHomeAndEnoughSharesAreLeft() {
        assertThat(openable(Scheme.DEFAULT, 9, 4)).isTrue();
        assertThat(openable(Scheme.DEFAULT, 4, 200)).isTrue();
        assertThat(openable(Scheme.DEFAULT, 9, 4, 200)).isTrue();
        assertThat(openable(Scheme.DEFAULT, 4)).isFalse();
        assertThat(openable(Scheme.DEFAULT, 200)).isFalse();
        assertThat(openable(Scheme.DEFAULT)).isFalse();
        // Those who aren't the object's don't count.
        assertThat(openable(Scheme.DEFAULT, 9, 1, 2)).isFalse();
        assertThat(openable(new Scheme(3, Profile.PUBLISHED), 9)).isFalse();
        // Protocol 1: every home has all that is needed.
        assertThat(openable(new Scheme(1, Profile.BLINDED), 4)).isTrue();
        assertThat(openable(new Scheme(1, Profile.BLINDED), 200, 1)).isFalse();
    }

    private static boolean openable(Scheme scheme, int... alive) {
        return Sample.token(statement(scheme, write(PROVIDERS, List.of(), 2))).openableBy(indices(alive));
    }

    private static void refuses(Runnable making, String rule) {
        assertThatThrownBy(making::run).isInstanceOf(MalformedException.class).hasMessageContaining(rule);
    }
}
