package dev.interlock.protocol;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.protocol.Station.Ciphertext;
import dev.interlock.protocol.Station.End;
import dev.interlock.protocol.Station.Neighbour;
import dev.interlock.protocol.Station.Sink;
import dev.interlock.protocol.Station.Source;
import dev.interlock.protocol.Station.User;
import java.util.ArrayList;
import java.util.List;

/**
 * The way of one pass through the providers: its stations in order. Every party derives it from the same order, so none
 * has to be told who its neighbours are.
 */
public record Route(List<Station> stations) {
    public Route {
        stations = List.copyOf(stations);
    }

    /**
     * The write: U → CC_1 → … → CC_n, each with its layer, then on through the homes, each of which stores what it
     * receives. With one home this is the paper's ring, closed by CC_n → CC_1.
     */
    public static Route write(List<ShareIndex> path, List<ShareIndex> homes) {
        Builder route = new Builder(new User());
        path.forEach(x -> route.through(x, true, false));
        homes.forEach(x -> route.through(x, false, true));
        return route.to(new End());
    }

    /** The read: home → first of S → … → last of S → U. A home that is in S must be its first. */
    public static Route read(List<ShareIndex> path, ShareIndex home) {
        Builder route = new Builder(new Ciphertext());
        if (!path.getFirst().equals(home)) {
            route.through(home, false, false);
        }
        path.forEach(x -> route.through(x, true, false));
        return route.to(new User());
    }

    public List<Station> of(ShareIndex provider) {
        return stations.stream()
                .filter(station -> station.provider().equals(provider))
                .toList();
    }

    public Station first() {
        return stations.getFirst();
    }

    public Station last() {
        return stations.getLast();
    }

    private static final class Builder {
        private record Stop(ShareIndex provider, boolean layered, boolean stored) {}

        private final Source first;
        private final List<Stop> stops = new ArrayList<>();

        Builder(Source first) {
            this.first = first;
        }

        void through(ShareIndex provider, boolean layered, boolean stored) {
            stops.add(new Stop(provider, layered, stored));
        }

        Route to(Sink last) {
            List<Station> stations = new ArrayList<>();
            for (int place = 0; place < stops.size(); place++) {
                Stop stop = stops.get(place);
                Source source =
                        place == 0 ? first : new Neighbour(stops.get(place - 1).provider());
                Sink sink = place == stops.size() - 1
                        ? last
                        : new Neighbour(stops.get(place + 1).provider());
                stations.add(new Station(place, stop.provider(), source, stop.layered(), stop.stored(), sink));
            }
            return new Route(stations);
        }
    }
}
