package dev.interlock.protocol;

import static dev.interlock.protocol.MemoryRing.xs;
import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.protocol.Station.Ciphertext;
import dev.interlock.protocol.Station.End;
import dev.interlock.protocol.Station.Neighbour;
import dev.interlock.protocol.Station.User;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class RouteTest {
    private static final ShareIndex X1 = new ShareIndex(1);
    private static final ShareIndex X2 = new ShareIndex(2);
    private static final ShareIndex X3 = new ShareIndex(3);

    @Test
    void aWriteWithOneHomeIsTheRingOfThePaper() {
        assertThat(Route.write(xs(2, 3, 1), xs(2)).stations())
                .containsExactly(
                        new Station(0, X2, new User(), true, false, new Neighbour(X3)),
                        new Station(1, X3, new Neighbour(X2), true, false, new Neighbour(X1)),
                        new Station(2, X1, new Neighbour(X3), true, false, new Neighbour(X2)),
                        new Station(3, X2, new Neighbour(X1), false, true, new End()));
    }

    @Test
    void aWriteWithTwoHomesPassesTheCiphertextOn() {
        assertThat(Route.write(xs(2, 3, 1), xs(2, 3)).stations().subList(3, 5))
                .containsExactly(
                        new Station(3, X2, new Neighbour(X1), false, true, new Neighbour(X3)),
                        new Station(4, X3, new Neighbour(X2), false, true, new End()));
    }

    /** Then the last hop and the first home are one provider, which sends to itself: two stations all the same. */
    @Test
    void everyProviderMayBeAHome() {
        Route route = Route.write(xs(1, 2), xs(1, 2));
        assertThat(route.of(X2))
                .containsExactly(
                        new Station(1, X2, new Neighbour(X1), true, false, new Neighbour(X1)),
                        new Station(3, X2, new Neighbour(X1), false, true, new End()));
    }

    @Test
    void aReadWithHomeInSBeginsThereWithItsLayer() {
        assertThat(Route.read(xs(3, 1), X3).stations())
                .containsExactly(
                        new Station(0, X3, new Ciphertext(), true, false, new Neighbour(X1)),
                        new Station(1, X1, new Neighbour(X3), true, false, new User()));
    }

    @Test
    void aReadWithHomeOutsideSBeginsThereWithoutALayer() {
        assertThat(Route.read(xs(3, 1), X2).stations())
                .containsExactly(
                        new Station(0, X2, new Ciphertext(), false, false, new Neighbour(X3)),
                        new Station(1, X3, new Neighbour(X2), true, false, new Neighbour(X1)),
                        new Station(2, X1, new Neighbour(X3), true, false, new User()));
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
            assertThat(providers(route, Station::stored)).isEqualTo(homes);
            assertThat(route.first().source()).isEqualTo(new User());
            assertThat(route.last().sink()).isEqualTo(new End());
        }
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
            Route route = Route.read(s, home);
            isOneWay(route);
            assertThat(providers(route, Station::layered)).isEqualTo(s);
            assertThat(providers(route, Station::stored)).isEmpty();
            assertThat(route.first().source()).isEqualTo(new Ciphertext());
            assertThat(route.first().provider()).isEqualTo(home);
            assertThat(route.last().sink()).isEqualTo(new User());
            assertThat(route.stations()).hasSize(s.contains(home) ? t : t + 1);
        }
    }

    /** Places count from 0, and what one station sends to is where the next receives from. */
    private static void isOneWay(Route route) {
        List<Station> stations = route.stations();
        for (int place = 0; place < stations.size(); place++) {
            Station station = stations.get(place);
            assertThat(station.place()).isEqualTo(place);
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
