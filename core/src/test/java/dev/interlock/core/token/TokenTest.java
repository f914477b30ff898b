package dev.interlock.core.token;

import static dev.interlock.core.token.Sample.PROVIDERS;
import static dev.interlock.core.token.Sample.dealt;
import static dev.interlock.core.token.Sample.indices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
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
        ByteBuffer in = ByteBuffer.wrap(u.encode());
        HexFormat hex = HexFormat.of();
        assertThat(take(in, 1)).containsExactly(1);
        assertThat(hex.formatHex(take(in, 16))).isEqualTo("00112233445566778899aabbccddeeff");
        assertThat(hex.formatHex(take(in, 16))).isEqualTo("ffeeddccbbaa99887766554433221100");
        assertThat(in.getInt()).isEqualTo(7);
        // Protocol 3, blinded; the owner; t = 2 of n = 3 providers with x = 9, 4, 200, the first two of them homes,
        // none missing.
        assertThat(take(in, 2)).containsExactly(3, 2);
        assertThat(take(in, 16)).containsOnly(0x0A);
        assertThat(take(in, 2)).containsExactly(2, 3);
        assertThat(take(in, 3)).containsExactly(9, 4, (byte) 200);
        assertThat(take(in, 2)).containsExactly(2, 0);
        assertThat(in.getLong()).isEqualTo(3_000_000);
        assertThat(in.getInt()).isEqualTo(1 << 20);
        assertThat(take(in, 32)).containsOnly(0x0C);
        assertThat(take(in, 1 + 1 + 7 + 1)).containsExactly(1, 7, 'd', 'e', 'a', 'l', 'e', 'r', '1', 0);
        for (ShareRoot root : u.dealt().roots()) {
            assertThat(take(in, 32)).containsOnly(root.x().x());
            assertThat(take(in, 64)).isEqualTo(root.signature());
        }
        assertThat(in.getInt()).isEqualTo(1);
        assertThat(hex.formatHex(take(in, 16))).isEqualTo("00112233445566778899aabbccddeeff");
        assertThat(in.getLong()).isEqualTo(Sample.CREATED_MILLIS);
        assertThat(in.hasRemaining()).isFalse();
    }

    @Test
    void aTokenIsReadAgainAsItWasWritten() {
        Token u = Sample.token();
        Token read = Token.decode(u.encode());
        assertThat(read).usingRecursiveComparison().isEqualTo(u);
        assertThat(read.home()).isEqualTo(new ShareIndex(9));
        assertThat(read.encode()).isEqualTo(u.encode());
    }

    @Test
    void theLargestTokenIsReadAgain() {
        List<ShareIndex> all =
                IntStream.rangeClosed(1, 254).mapToObj(ShareIndex::new).toList();
        Dealt three = new Dealt(
                List.of("d", "é".repeat(127), ""),
                true,
                all.stream()
                        .map(x -> new ShareRoot(x, new byte[32], new byte[64]))
                        .toList());
        byte[] bytes = Sample.token(all, 254, ChunkLayout.MAX_LENGTH, three).encode();
        Token read = Token.decode(bytes);
        assertThat(read.encode()).isEqualTo(bytes);
        assertThat(read.homes()).isEqualTo(all);
        assertThat(read.length()).isEqualTo(ChunkLayout.MAX_LENGTH);
        assertThat(read.dealt().dealers()).containsExactly("d", "é".repeat(127), "");
    }

    @Test
    void everyChangedByteIsRejectedOrChangesTheToken() {
        byte[] bytes = Sample.token().encode();
        int rejected = 0;
        for (int i = 0; i < bytes.length; i++) {
            for (int flip = 1; flip < 256; flip++) {
                byte[] changed = bytes.clone();
                changed[i] ^= (byte) flip;
                Token read;
                try {
                    read = Token.decode(changed);
                } catch (MalformedException e) {
                    rejected++;
                    continue;
                }
                // Had a byte no meaning, then two encodings would be one token.
                if (!Arrays.equals(read.encode(), changed)) {
                    fail("byte %d, flipped by %d, is lost", i, flip);
                }
            }
        }
        assertThat(rejected).isPositive();
    }

    @Test
    void everyTruncationAndAnyTrailingByteIsRejected() {
        byte[] whole = Sample.token().encode();
        for (int length = 0; length < whole.length; length++) {
            byte[] part = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> Token.decode(part))
                    .as("%d of %d bytes", length, whole.length)
                    .isInstanceOf(MalformedException.class)
                    .hasMessageContaining("the token ends early");
        }
        for (int extra = 0; extra < 256; extra++) {
            byte[] longer = Arrays.copyOf(whole, whole.length + 1);
            longer[whole.length] = (byte) extra;
            assertThatThrownBy(() -> Token.decode(longer))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageContaining("1 bytes after its end");
        }
    }

    @Test
    void aTokenOfAnotherVersionSaysSo() {
        byte[] bytes = Sample.token().encode();
        bytes[0] = 2;
        assertThatThrownBy(() -> Token.decode(bytes))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the token has version 2; this program reads version 1");
    }

    /** Byte positions are those of {@link #theBytesAreThoseOfTheSpecification}. */
    @Test
    void bytesThatFormNoTokenNameTheRule() {
        rejects(37, 0, "protocol 0");
        rejects(37, 4, "protocol 4");
        rejects(38, 0, "profile 0");
        rejects(38, 3, "profile 3");
        rejects(55, 1, "2");
        rejects(55, 4, "4");
        rejects(57, 0, "0");
        rejects(57, 255, "255");
        rejects(57, 4, "3 different providers");
        rejects(60, 0, "homes");
        rejects(60, 4, "4 homes of 3 providers");
        rejects(61, 4, "4 missing of 3 providers");
        rejects(62, 0xFF, "2^63");
        rejects(62, 0x01, "the length");
        rejects(71, 0x11, "chunks of");
        rejects(106, 0, "1 to 255 different dealers");
        rejects(115, 2, "signed by");
        rejects(1, 7, "its own origin");
    }

    private static void rejects(int at, int value, String rule) {
        byte[] bytes = Sample.token().encode();
        // Where the dealer is left out, so is its name.
        byte[] changed = at == 106 ? without(bytes, 107, 115) : bytes;
        changed[at] = (byte) value;
        assertThatThrownBy(() -> Token.decode(changed))
                .as("byte %d = %d", at, value)
                .isInstanceOf(MalformedException.class)
                .hasMessageStartingWith("the token is malformed: ")
                .hasMessageContaining(rule);
    }

    private static byte[] without(byte[] bytes, int from, int to) {
        byte[] rest = Arrays.copyOf(bytes, from + bytes.length - to);
        System.arraycopy(bytes, to, rest, from, bytes.length - to);
        return rest;
    }

    @Test
    void homesThatAreNotTheFirstProvidersAreRefused() {
        refuses(() -> withHomes(indices(4)), "the homes must be the first of the providers");
        refuses(() -> withHomes(indices(9, 200)), "the homes must be the first of the providers");
        refuses(() -> withHomes(indices(4, 9)), "the homes must be the first of the providers");
        refuses(() -> withHomes(indices(9, 4, 200, 201)), "the homes must be the first of the providers");
        refuses(() -> withHomes(List.of()), "the homes must be the first of the providers");
        assertThat(withHomes(indices(9)).home()).isEqualTo(new ShareIndex(9));
        assertThat(withHomes(PROVIDERS).homes()).isEqualTo(PROVIDERS);
    }

    /** t = 2 of five: three must have been there, and no home may be missing. */
    @Test
    void thoseThatWereMissingAreTheLastAndLeaveEnough() {
        List<ShareIndex> five = indices(9, 4, 200, 7, 8);
        for (int missing = 0; missing <= 2; missing++) {
            Token u = withMissing(Scheme.DEFAULT, five, 3, five.subList(5 - missing, 5));
            assertThat(u.present()).isEqualTo(five.subList(0, 5 - missing));
            assertThat(u.missing()).isEqualTo(five.subList(5 - missing, 5));
            Token read = Token.decode(u.encode());
            assertThat(read).usingRecursiveComparison().isEqualTo(u);
        }
        String rule = "must be the last of the providers and no homes, and leave enough of them";
        refuses(() -> withMissing(Scheme.DEFAULT, five, 2, indices(200, 7, 8)), rule);
        refuses(() -> withMissing(Scheme.DEFAULT, five, 4, indices(7, 8)), rule);
        refuses(() -> withMissing(Scheme.DEFAULT, five, 3, indices(8, 7)), rule);
        refuses(() -> withMissing(Scheme.DEFAULT, five, 3, indices(7)), rule);
        refuses(() -> withMissing(new Scheme(1, Profile.BLINDED), five, 3, indices(8)), rule);
        refuses(() -> withMissing(new Scheme(3, Profile.PUBLISHED), five, 1, indices(8)), rule);
    }

    private static Token withMissing(Scheme scheme, List<ShareIndex> providers, int homes, List<ShareIndex> missing) {
        Token u = Sample.token();
        return new Token(
                u.object(),
                u.origin(),
                u.generation(),
                u.ring(),
                u.epoch(),
                scheme,
                u.owner(),
                new Threshold(2, providers.size()),
                providers,
                providers.subList(0, homes),
                missing.stream().map(Sample::claim).toList(),
                u.length(),
                u.commitment(),
                dealt("dealer1", providers),
                u.createdMillis());
    }

    @Test
    void aClaimIsTheOwnersForOneProviderAndObject() {
        Claim claim = Sample.claim(new ShareIndex(4));
        claim.verify(Sample.RING, Sample.EPOCH, Sample.OBJECT);
        List.<Runnable>of(
                        () -> claim.verify(Sample.RING, Sample.EPOCH + 1, Sample.OBJECT),
                        () -> claim.verify(RingId.of(new byte[16]), Sample.EPOCH, Sample.OBJECT),
                        () -> claim.verify(Sample.RING, Sample.EPOCH, ObjectId.of(new byte[16])),
                        () -> new Claim(new ShareIndex(5), claim.key(), claim.signature())
                                .verify(Sample.RING, Sample.EPOCH, Sample.OBJECT))
                .forEach(other -> assertThatThrownBy(other::run).isInstanceOf(BadSignatureException.class));
    }

    private static Token withHomes(List<ShareIndex> homes) {
        Token u = Sample.token();
        return new Token(
                u.object(),
                u.origin(),
                u.generation(),
                u.ring(),
                u.epoch(),
                u.scheme(),
                u.owner(),
                u.threshold(),
                u.providers(),
                homes,
                u.claims(),
                u.length(),
                u.commitment(),
                u.dealt(),
                u.createdMillis());
    }

    @Test
    void providersMustBeAsManyAsTheThresholdSaysAndDifferent() {
        List<ShareIndex> repeated = indices(9, 4, 9);
        refuses(() -> Sample.token(repeated, 1, 0, dealt("dealer1", repeated)), "n = 3 different providers");
        Token u = Sample.token();
        refuses(
                () -> new Token(
                        u.object(),
                        u.origin(),
                        u.generation(),
                        u.ring(),
                        u.epoch(),
                        u.scheme(),
                        u.owner(),
                        new Threshold(2, 4),
                        u.providers(),
                        u.homes(),
                        u.claims(),
                        u.length(),
                        u.commitment(),
                        u.dealt(),
                        u.createdMillis()),
                "n = 4 different providers");
    }

    @Test
    void aDealingHasOneRootForEachProviderInTheirOrder() {
        for (List<ShareIndex> other : List.of(
                indices(4, 9, 200), indices(9, 4), indices(9, 4, 200, 201), indices(9, 4, 201), indices(9, 9, 4))) {
            refuses(
                    () -> Sample.token(PROVIDERS, 1, 0, dealt("dealer1", other)),
                    "one share root for each provider, in the providers' order");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, ChunkLayout.MAX_LENGTH + 1, Long.MAX_VALUE})
    void aLengthOutOfRangeIsRefused(long length) {
        refuses(
                () -> Sample.token(PROVIDERS, 1, length, dealt("dealer1", PROVIDERS)),
                "the length " + length + " is outside 0..");
    }

    @Test
    void aDealingWithoutAProviderSaysSo() {
        Dealt dealt = dealt("dealer1", PROVIDERS);
        assertThat(dealt.rootOf(new ShareIndex(4)).root()).containsOnly(4);
        assertThatThrownBy(() -> dealt.rootOf(new ShareIndex(5)))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the dealing of dealer1 has no share root for the provider with x = 5");
    }

    @Test
    void ownerCommitmentAndRootsHaveTheirLengths() {
        Token u = Sample.token();
        for (int wrong : new int[] {0, 15, 17, 31, 33}) {
            refuses(() -> withOwnerAndCommitment(u, new byte[wrong], u.commitment()), "the owner has 16 bytes");
            refuses(() -> withOwnerAndCommitment(u, u.owner(), new byte[wrong]), "the commitment has 32 bytes");
            assertThatThrownBy(() ->
                            new ShareRoot(new ShareIndex(1), new byte[wrong], new byte[SigningKey.SIGNATURE_BYTES]))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> new ShareRoot(new ShareIndex(1), new byte[32], new byte[wrong]))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static Token withOwnerAndCommitment(Token u, byte[] owner, byte[] commitment) {
        return new Token(
                u.object(),
                u.origin(),
                u.generation(),
                u.ring(),
                u.epoch(),
                u.scheme(),
                owner,
                u.threshold(),
                u.providers(),
                u.homes(),
                u.claims(),
                u.length(),
                commitment,
                u.dealt(),
                u.createdMillis());
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

    /** One byte of the encoding counts them. */
    @Test
    void aTokenHasUpTo255Dealers() {
        List<String> most = IntStream.range(0, 255).mapToObj(i -> "d" + i).toList();
        Token u = Sample.token(PROVIDERS, 1, 0, summed(most));
        assertThat(Token.decode(u.encode())).usingRecursiveComparison().isEqualTo(u);
        String rule = "1 to 255 different dealers";
        refuses(() -> summed(IntStream.range(0, 256).mapToObj(i -> "d" + i).toList()), rule);
        refuses(() -> summed(List.of()), rule);
        refuses(() -> summed(List.of("d", "e", "d")), rule);
    }

    @Test
    void sharesOfSeveralDealersAreSignedByTheirProviders() {
        List<ShareRoot> roots = dealt("dealer1", PROVIDERS).roots();
        refuses(() -> new Dealt(List.of("d", "e"), false, roots), "no dealer can sign for shares that 2 dealers made");
        assertThat(summed(List.of("d", "e")).names()).isEqualTo("d, e");
        assertThat(summed(List.of("d")).summed()).as("after a refresh").isTrue();
    }

    /** Nor can a provider have summed up a share while it was missing. */
    @Test
    void aSumHasNobodyMissing() {
        List<ShareIndex> five = indices(9, 4, 200, 7, 8);
        Token u = withMissing(Scheme.DEFAULT, five, 3, five.subList(4, 5));
        Dealt sum = new Dealt(List.of("d"), true, u.dealt().roots());
        refuses(
                () -> new Token(
                        u.object(),
                        u.origin(),
                        u.generation(),
                        u.ring(),
                        u.epoch(),
                        u.scheme(),
                        u.owner(),
                        u.threshold(),
                        u.providers(),
                        u.homes(),
                        u.claims(),
                        u.length(),
                        u.commitment(),
                        sum,
                        u.createdMillis()),
                "can't have signed for a sum");
    }

    private static Dealt summed(List<String> dealers) {
        return new Dealt(dealers, true, dealt("dealer1", PROVIDERS).roots());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void tokensOfAllThreeProtocolsInBothProfilesAreRead(int protocol) {
        for (Profile profile : Profile.values()) {
            byte[] bytes = Sample.token().encode();
            bytes[37] = (byte) protocol;
            bytes[38] = (byte) profile.code();
            Token read = Token.decode(bytes);
            assertThat(read.scheme()).isEqualTo(new Scheme(protocol, profile));
            assertThat(read.encode()).isEqualTo(bytes);
        }
    }

    /** x = 9 and 4 are homes; t = 2, or with the user's share 1, of the three must be left. */
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
        assertThat(openable(new Scheme(2, Profile.PUBLISHED), 9)).isTrue();
        assertThat(openable(new Scheme(2, Profile.PUBLISHED), 200)).isFalse();
        assertThat(openable(new Scheme(3, Profile.PUBLISHED), 9)).isFalse();
        // Protocol 1: every home has all that is needed.
        assertThat(openable(new Scheme(1, Profile.BLINDED), 4)).isTrue();
        assertThat(openable(new Scheme(1, Profile.BLINDED), 200, 1)).isFalse();
    }

    private static boolean openable(Scheme scheme, int... alive) {
        Token u = Sample.token();
        Token token = new Token(
                u.object(),
                u.origin(),
                u.generation(),
                u.ring(),
                u.epoch(),
                scheme,
                u.owner(),
                u.threshold(),
                u.providers(),
                u.homes(),
                u.claims(),
                u.length(),
                u.commitment(),
                u.dealt(),
                u.createdMillis());
        return token.openableBy(indices(alive));
    }

    private static void refuses(Runnable making, String rule) {
        assertThatThrownBy(making::run).isInstanceOf(MalformedException.class).hasMessageContaining(rule);
    }

    private static byte[] take(ByteBuffer in, int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
