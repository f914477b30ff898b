package dev.interlock.protocol;

import static dev.interlock.core.token.Profile.BLINDED;
import static dev.interlock.core.token.Profile.PUBLISHED;
import static dev.interlock.protocol.MemoryRing.xs;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.protocol.Station.Ciphertext;
import dev.interlock.protocol.Station.End;
import dev.interlock.protocol.Station.Homes;
import dev.interlock.protocol.Station.Neighbour;
import dev.interlock.protocol.Station.SealedShare;
import dev.interlock.protocol.Station.Sink;
import dev.interlock.protocol.Station.Source;
import dev.interlock.protocol.Station.User;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class RouteTest {
    private static final ShareIndex X1 = new ShareIndex(1);
    private static final ShareIndex X2 = new ShareIndex(2);
    private static final ShareIndex X3 = new ShareIndex(3);

    @Test
    void aWriteWithOneHomeIsTheRingOfThePaper() {
        assertThat(Route.write(xs(2, 3, 1), xs(2)).stations())
                .containsExactly(
                        station(0, X2, new User(), true, false, new Neighbour(X3)),
                        station(1, X3, new Neighbour(X2), true, false, new Neighbour(X1)),
                        station(2, X1, new Neighbour(X3), true, false, new Neighbour(X2)),
                        station(3, X2, new Neighbour(X1), false, true, new End()));
    }

    @Test
    void aWriteWithTwoHomesPassesTheCiphertextBack() {
        assertThat(Route.write(xs(2, 3, 1), xs(2, 3)).stations().subList(3, 5))
                .containsExactly(
                        station(3, X3, new Neighbour(X1), false, true, new Neighbour(X2)),
                        station(4, X2, new Neighbour(X3), false, true, new End()));
    }

    @Test
    void theLastHopOfASmallWriteSendsToAllHomesAtOnce() {
        assertThat(Route.writeSmall(xs(2, 3, 1), xs(2, 3)).stations())
                .containsExactly(
                        station(0, X2, new User(), true, false, new Neighbour(X3)),
                        station(1, X3, new Neighbour(X2), true, false, new Neighbour(X1)),
                        station(2, X1, new Neighbour(X3), true, false, new Homes(xs(3, 2))),
                        station(3, X3, new Neighbour(X1), false, true, new End()),
                        station(4, X2, new Neighbour(X1), false, true, new End()));
        assertThat(Route.writeSmall(xs(2, 3, 1), xs(2)).stations())
                .isEqualTo(Route.write(xs(2, 3, 1), xs(2)).stations());
    }

    @Test
    void theLastHopOfASmallWriteStoresWhatItSendsWhereItIsAHome() {
        assertThat(Route.writeSmall(xs(2, 3, 1), xs(2, 3, 1)).stations().subList(2, 5))
                .containsExactly(
                        station(2, X1, new Neighbour(X3), true, true, new Homes(xs(3, 2))),
                        station(3, X3, new Neighbour(X1), false, true, new End()),
                        station(4, X2, new Neighbour(X1), false, true, new End()));
        assertThat(Route.writeSmall(xs(1, 2), xs(1, 2)).stations())
                .containsExactly(
                        station(0, X1, new User(), true, false, new Neighbour(X2)),
                        station(1, X2, new Neighbour(X1), true, true, new Neighbour(X1)),
                        station(2, X1, new Neighbour(X2), false, true, new End()));
    }

    /** Then the last hop is a home, too: it stores at the end, and sends nothing to itself. */
    @Test
    void everyProviderMayBeAHome() {
        Route route = Route.write(xs(1, 2), xs(1, 2));
        assertThat(route.of(X2))
                .containsExactly(
                        station(1, X2, new Neighbour(X1), true, false, new Neighbour(X1)),
                        station(3, X2, new Neighbour(X1), false, true, new End()));
    }

    @Test
    void aReadWithHomeInSBeginsThereWithItsLayer() {
        assertThat(Route.read(Scheme.DEFAULT, xs(3, 1), X3).stations())
                .containsExactly(
                        station(0, X3, new Ciphertext(), true, false, new Neighbour(X1)),
                        station(1, X1, new Neighbour(X3), true, false, new User()));
    }

    @Test
    void aReadWithHomeOutsideSBeginsThereWithoutALayer() {
        assertThat(Route.read(Scheme.DEFAULT, xs(3, 1), X2).stations())
                .containsExactly(
                        station(0, X2, new Ciphertext(), false, false, new Neighbour(X3)),
                        station(1, X3, new Neighbour(X2), true, false, new Neighbour(X1)),
                        station(2, X1, new Neighbour(X3), true, false, new User()));
    }

    /** Step by step as in the paper: home is asked first, whether it's in S or not, and answers the user. */
    @Test
    void aPublishedReadOfProtocol3GoesByWayOfTheUser() {
        Scheme published = new Scheme(3, PUBLISHED);
        assertThat(Route.read(published, xs(3, 1), X2).stations())
                .containsExactly(
                        station(0, X2, new Ciphertext(), false, false, new User()),
                        station(1, X3, new User(), true, false, new Neighbour(X1)),
                        station(2, X1, new Neighbour(X3), true, false, new User()));
        assertThat(Route.read(published, xs(3, 1), X3).stations())
                .containsExactly(
                        station(0, X3, new Ciphertext(), false, false, new User()),
                        station(1, X3, new User(), true, false, new Neighbour(X1)),
                        station(2, X1, new Neighbour(X3), true, false, new User()));
        assertThat(Route.read(published, xs(3), X3).stations())
                .containsExactly(
                        station(0, X3, new Ciphertext(), false, false, new User()),
                        station(1, X3, new User(), true, false, new User()));
    }

    @ParameterizedTest
    @EnumSource(Profile.class)
    void readsOfProtocol2GoStraightOn(Profile profile) {
        Scheme scheme = new Scheme(2, profile);
        assertThat(Route.read(scheme, xs(3, 1), X3)).isEqualTo(Route.read(Scheme.DEFAULT, xs(3, 1), X3));
        assertThat(Route.read(scheme, xs(3, 1), X2)).isEqualTo(Route.read(Scheme.DEFAULT, xs(3, 1), X2));
    }

    // ---------------------------------------------------------------------------------- protocol 1: sealed shares

    @Test
    void blindedEveryHomeStoresEverySealedShare() {
        Scheme scheme = new Scheme(1, BLINDED);
        List<ShareIndex> path = xs(2, 3, 1);
        assertThat(Route.sealed(scheme, path, xs(2, 3), X1).stations())
                .containsExactly(
                        sealed(3000, X1, new SealedShare(), false, new Neighbour(X2), X1),
                        sealed(3001, X2, new Neighbour(X1), true, new Neighbour(X3), X1),
                        sealed(3002, X3, new Neighbour(X2), true, new End(), X1));
        assertThat(Route.sealed(scheme, path, xs(2, 3), X2).stations())
                .containsExactly(
                        sealed(1000, X2, new SealedShare(), true, new Neighbour(X3), X2),
                        sealed(1001, X3, new Neighbour(X2), true, new End(), X2));
        assertThat(Route.sealed(scheme, path, xs(2, 3), X3).stations())
                .containsExactly(
                        sealed(2000, X3, new SealedShare(), true, new Neighbour(X2), X3),
                        sealed(2001, X2, new Neighbour(X3), true, new End(), X3));
        // t = n: one home, which keeps its own without sending it.
        assertThat(Route.sealed(scheme, path, xs(2), X2).stations())
                .containsExactly(sealed(1000, X2, new SealedShare(), true, new End(), X2));
    }

    @Test
    void publishedEverySealedShareIsCarriedAlongTheRingToHome() {
        Scheme scheme = new Scheme(1, PUBLISHED);
        List<ShareIndex> path = xs(2, 3, 1);
        assertThat(Route.sealed(scheme, path, xs(2), X2).stations())
                .containsExactly(
                        sealed(1000, X2, new SealedShare(), false, new Neighbour(X3), X2),
                        sealed(1001, X3, new Neighbour(X2), false, new Neighbour(X1), X2),
                        sealed(1002, X1, new Neighbour(X3), false, new Neighbour(X2), X2),
                        sealed(1003, X2, new Neighbour(X1), true, new End(), X2));
        assertThat(Route.sealed(scheme, path, xs(2), X3).stations())
                .containsExactly(
                        sealed(2000, X3, new SealedShare(), false, new Neighbour(X1), X3),
                        sealed(2001, X1, new Neighbour(X3), false, new Neighbour(X2), X3),
                        sealed(2002, X2, new Neighbour(X1), true, new End(), X3));
        assertThat(Route.sealed(scheme, path, xs(2), X1).stations())
                .containsExactly(
                        sealed(3000, X1, new SealedShare(), false, new Neighbour(X2), X1),
                        sealed(3001, X2, new Neighbour(X1), true, new End(), X1));
    }

    /** Of the largest ring too: no two stations of a session share a place. */
    @ParameterizedTest(name = "(n,t) = ({0},{1})")
    @MethodSource("sealedThresholds")
    void theSealedRoutesOfASessionHavePlacesOfTheirOwn(int n, int t) {
        for (Profile profile : Profile.values()) {
            Scheme scheme = new Scheme(1, profile);
            List<ShareIndex> path = shuffled(n);
            List<ShareIndex> homes = path.subList(0, profile == BLINDED ? n - t + 1 : 1);
            Set<Integer> places = new HashSet<>();
            Route.write(path, homes)
                    .stations()
                    .forEach(s -> assertThat(places.add(s.place())).isTrue());
            for (ShareIndex x : path) {
                Route route = Route.sealed(scheme, path, homes, x);
                isOneWay(route, Route.PLACES * (1 + path.indexOf(x)));
                assertThat(route.stations())
                        .allSatisfy(s -> assertThat(s.sealed()).contains(x))
                        .allSatisfy(s -> assertThat(places.add(s.place())).isTrue());
                assertThat(providers(route, Station::layered)).isEmpty();
                assertThat(providers(route, Station::stored)).containsExactlyInAnyOrderElementsOf(homes);
                assertThat(route.first().provider()).isEqualTo(x);
                assertThat(route.first().source()).isEqualTo(new SealedShare());
                assertThat(route.last().sink()).isEqualTo(new End());
            }
        }
    }

    static Stream<Arguments> sealedThresholds() {
        return Stream.concat(thresholds(), Stream.of(Arguments.of(254, 2)));
    }

    private static Station station(int place, ShareIndex x, Source source, boolean layered, boolean stored, Sink sink) {
        return new Station(place, x, source, layered, stored, sink, new Station.Flow());
    }

    private static Station sealed(int place, ShareIndex x, Source source, boolean stored, Sink sink, ShareIndex of) {
        return new Station(place, x, source, false, stored, sink, new Station.Sealed(of));
    }

    static Stream<Arguments> thresholds() {
        return Stream.of(2, 3, 5, 7, 12)
                .flatMap(n -> IntStream.rangeClosed(2, n).mapToObj(t -> Arguments.of(n, t)));
    }

    @ParameterizedTest(name = "(n,t) = ({0},{1})")
    @MethodSource("thresholds")
    void everyWriteLayersAllOnceAndStoresAtTheHomes(int n, int t) {
        List<ShareIndex> path = shuffled(n);
        for (int copies = 1; copies <= n - t + 1; copies++) {
            List<ShareIndex> homes = path.subList(0, copies);
            Route route = Route.write(path, homes);
            isOneWay(route);
            assertThat(providers(route, Station::layered)).isEqualTo(path);
            assertThat(providers(route, Station::stored)).containsExactlyInAnyOrderElementsOf(homes);
            assertThat(lines(route)).doesNotHaveDuplicates();
            assertThat(route.first().source()).isEqualTo(new User());
            assertThat(route.last().sink()).isEqualTo(new End());
        }
    }

    /** Who sends to whom. */
    private static List<List<ShareIndex>> lines(Route route) {
        List<Station> stations = route.stations();
        return IntStream.range(1, stations.size())
                .mapToObj(i ->
                        List.of(stations.get(i - 1).provider(), stations.get(i).provider()))
                .toList();
    }

    @ParameterizedTest(name = "(n,t) = ({0},{1})")
    @MethodSource("thresholds")
    void everyReadLayersSOnceAndStoresNothing(int n, int t) {
        List<ShareIndex> all = shuffled(n);
        List<ShareIndex> s = all.subList(0, t);
        for (ShareIndex home : all) {
            if (s.contains(home) && !s.getFirst().equals(home)) {
                continue;
            }
            Route route = Route.read(Scheme.DEFAULT, s, home);
            isOneWay(route);
            assertThat(providers(route, Station::layered)).isEqualTo(s);
            assertThat(providers(route, Station::stored)).isEmpty();
            assertThat(route.first().source()).isEqualTo(new Ciphertext());
            assertThat(route.first().provider()).isEqualTo(home);
            assertThat(route.last().sink()).isEqualTo(new User());
            assertThat(route.stations()).hasSize(s.contains(home) ? t : t + 1);
        }
    }

    /** Places count on from the first, and what one station sends to is where the next receives from. */
    private static void isOneWay(Route route) {
        isOneWay(route, 0);
        assertThat(route.stations())
                .allSatisfy(station -> assertThat(station.sealed()).isEmpty());
    }

    private static void isOneWay(Route route, int firstPlace) {
        List<Station> stations = route.stations();
        for (int place = 0; place < stations.size(); place++) {
            Station station = stations.get(place);
            assertThat(station.place()).isEqualTo(firstPlace + place);
            assertThat(route.of(station.provider())).contains(station);
            if (place > 0) {
                Station before = stations.get(place - 1);
                assertThat(before.sink()).isEqualTo(new Neighbour(station.provider()));
                assertThat(station.source()).isEqualTo(new Neighbour(before.provider()));
            }
        }
        assertThat(route.first()).isEqualTo(stations.getFirst());
        assertThat(route.last()).isEqualTo(stations.getLast());
    }

    private static List<ShareIndex> providers(Route route, Predicate<Station> which) {
        return route.stations().stream().filter(which).map(Station::provider).toList();
    }

    private static List<ShareIndex> shuffled(int n) {
        List<ShareIndex> all = new ArrayList<>(
                IntStream.rangeClosed(1, n).mapToObj(ShareIndex::new).toList());
        Collections.shuffle(all, new Random(n));
        return all;
    }
}
