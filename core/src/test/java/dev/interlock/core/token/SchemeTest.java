package dev.interlock.core.token;

import static dev.interlock.core.token.Profile.BLINDED;
import static dev.interlock.core.token.Profile.PUBLISHED;
import static dev.interlock.core.token.Sample.indices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** In what the six schemes differ. */
final class SchemeTest {
    private static final Threshold FIVE_OF_SEVEN = new Threshold(5, 7);
    private static final List<ShareIndex> PROVIDERS = indices(9, 4, 200, 1, 2, 3, 5);
    private static final ShareIndex USER = new ShareIndex(201);

    /** The scheme; whether it is sealed, padded, dealt to the user, read with it, read through it; homes. */
    static Stream<Arguments> schemes() {
        return Stream.of(
                Arguments.of(new Scheme(1, BLINDED), true, false, false, false, false, 3),
                Arguments.of(new Scheme(1, PUBLISHED), true, false, false, false, false, 1),
                Arguments.of(new Scheme(2, BLINDED), false, true, false, false, false, 3),
                Arguments.of(new Scheme(2, PUBLISHED), false, false, true, true, false, 1),
                Arguments.of(new Scheme(3, BLINDED), false, false, false, false, false, 3),
                Arguments.of(new Scheme(3, PUBLISHED), false, false, true, false, true, 1));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("schemes")
    void everySchemeIsThatOfTheSpecification(
            Scheme scheme,
            boolean sealed,
            boolean padded,
            boolean dealtToUser,
            boolean readWithUser,
            boolean readThroughUser,
            int homes) {
        assertThat(scheme.blinded()).isEqualTo(scheme.profile() == BLINDED);
        assertThat(scheme.sealed()).isEqualTo(sealed);
        assertThat(scheme.paddedByUser()).isEqualTo(padded);
        assertThat(scheme.dealtToUser()).isEqualTo(dealtToUser);
        assertThat(scheme.readWithUser()).isEqualTo(readWithUser);
        assertThat(scheme.readThroughUser()).isEqualTo(readThroughUser);
        assertThat(scheme.homes(FIVE_OF_SEVEN)).isEqualTo(homes);

        List<ShareIndex> path = indices(200, 1, 9, 4, 3);
        assertThat(scheme.user(PROVIDERS).isPresent()).isEqualTo(dealtToUser);
        assertThat(scheme.writePoints(PROVIDERS))
                .isEqualTo(dealtToUser ? indices(9, 4, 200, 1, 2, 3, 5, 201) : PROVIDERS);
        // Of all providers, not of those that take part.
        assertThat(scheme.readPoints(path, PROVIDERS)).isEqualTo(readWithUser ? indices(200, 1, 9, 4, 3, 201) : path);
        assertThat(scheme.readPoints(indices(1, 2, 3, 4), PROVIDERS))
                .isEqualTo(readWithUser ? indices(1, 2, 3, 4, 201) : indices(1, 2, 3, 4));
    }

    @Test
    void theUsersPointIsBehindTheLargest() {
        Scheme published = new Scheme(3, PUBLISHED);
        assertThat(published.user(PROVIDERS)).contains(USER);
        assertThat(published.user(indices(1, 2, 3))).contains(new ShareIndex(4));
        assertThat(published.user(indices(253, 2))).contains(new ShareIndex(254));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void behind254ThereIsNoPointForTheUser(int protocol) {
        Scheme published = new Scheme(protocol, PUBLISHED);
        String rule = "the published profile needs a point for the user beyond x = 254, and there's none up to 254";
        assertThatThrownBy(() -> published.user(indices(254, 1)))
                .isInstanceOf(MalformedException.class)
                .hasMessage(rule);
        assertThatThrownBy(() -> published.writePoints(indices(1, 254))).hasMessage(rule);
        assertThat(new Scheme(protocol, BLINDED).writePoints(indices(1, 254))).isEqualTo(indices(1, 254));
        assertThat(new Scheme(1, PUBLISHED).writePoints(indices(1, 254))).isEqualTo(indices(1, 254));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, -1, 255})
    void thereAreThreeProtocols(int protocol) {
        assertThatThrownBy(() -> new Scheme(protocol, BLINDED))
                .isInstanceOf(MalformedException.class)
                .hasMessage("protocol " + protocol + " is none of 1, 2, 3");
    }

    @Test
    void theDefaultIsProtocol3Blinded() {
        assertThat(Scheme.DEFAULT).isEqualTo(new Scheme(3, BLINDED)).hasToString("protocol 3, blinded");
        assertThat(new Scheme(2, PUBLISHED)).hasToString("protocol 2, published");
    }
}
