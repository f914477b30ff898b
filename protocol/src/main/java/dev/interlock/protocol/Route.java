package dev.interlock.protocol;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Scheme;
import dev.interlock.protocol.Station.Cargo;
import dev.interlock.protocol.Station.Ciphertext;
import dev.interlock.protocol.Station.End;
import dev.interlock.protocol.Station.Flow;
import dev.interlock.protocol.Station.Homes;
import dev.interlock.protocol.Station.Neighbour;
import dev.interlock.protocol.Station.Sealed;
import dev.interlock.protocol.Station.SealedShare;
import dev.interlock.protocol.Station.Share;
import dev.interlock.protocol.Station.Sink;
import dev.interlock.protocol.Station.Source;
import dev.interlock.protocol.Station.User;
import dev.interlock.protocol.Station.Zeros;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The way of one pass through the providers: its stations in order. Every party derives it from the same order, so none
 * has to be told who its neighbours are.
 */
public record Route(List<Station> stations) {
    /** The places of a session's routes: from 0 for the first, from a multiple of this for the others. */
    static final int PLACES = 1000;

    public Route {
        stations = List.copyOf(stations);
    }

    /**
     * The write: U → CC_1 → … → CC_n, each with its layer, then back through the homes, each of which stores what it
     * receives. With one home this is the paper's ring, closed by CC_n → CC_1. Forwards through several, the line between
     * two of them would carry the object twice.
     */
    public static Route write(List<ShareIndex> path, List<ShareIndex> homes) {
        return write(new User(), path, homes);
    }

    /**
     * The write of a small object: U → CC_1 → … → CC_n, each with its layer, and from CC_n to all homes at once, each of which stores
     * what it receives. CC_n itself, where it is one, stores what it hands on.
     */
    public static Route writeSmall(List<ShareIndex> path, List<ShareIndex> homes) {
        ShareIndex last = path.getLast();
        List<ShareIndex> others =
                homes.reversed().stream().filter(home -> !home.equals(last)).toList();
        Sink toHomes = switch (others.size()) {
            case 0 -> new End();
            case 1 -> new Neighbour(others.getFirst());
            default -> new Homes(others);
        };
        List<Station> stations = new ArrayList<>();
        for (int i = 0; i < path.size(); i++) {
            ShareIndex x = path.get(i);
            stations.add(new Station(
                    i,
                    x,
                    i == 0 ? new User() : new Neighbour(path.get(i - 1)),
                    true,
                    x.equals(last) && homes.contains(x),
                    x.equals(last) ? toHomes : new Neighbour(path.get(i + 1)),
                    new Flow()));
        }
        for (ShareIndex home : others) {
            stations.add(new Station(stations.size(), home, new Neighbour(last), false, true, new End(), new Flow()));
        }
        return new Route(stations);
    }

    /**
     * The read: home → first of S → … → last of S → U. A home that is in S must be its first. In the published protocol 3
     * home sends c to the user, and the ring begins and ends there too.
     */
    public static Route read(Scheme scheme, List<ShareIndex> path, ShareIndex home) {
        Builder route = new Builder(new Ciphertext(), 0, new Flow());
        if (scheme.readThroughUser()) {
            route.through(home, false, false).throughUser();
        } else if (!path.getFirst().equals(home)) {
            route.through(home, false, false);
        }
        path.forEach(x -> route.through(x, true, false));
        return route.to(new User());
    }

    /**
     * Protocol 1: the way of one provider's sealed share. The homes store it, the provider itself first if it's one of
     * them; in the published profile it's carried along the ring to home.
     */
    public static Route sealed(Scheme scheme, List<ShareIndex> path, List<ShareIndex> homes, ShareIndex of) {
        Builder route = new Builder(new SealedShare(), PLACES * (1 + path.indexOf(of)), new Sealed(of));
        if (scheme.blinded()) {
            route.through(of, false, homes.contains(of));
            homes.stream().filter(home -> !home.equals(of)).forEach(home -> route.through(home, false, true));
        } else {
            path.subList(path.indexOf(of), path.size()).forEach(x -> route.through(x, false, false));
            route.through(homes.getFirst(), false, true);
        }
        return route.to(new End());
    }

    /**
     * The repair: zeros → first of S → … → last of S → CC_k, which keeps what arrives as its share. Like a read, but for the
     * target of the layers and who receives.
     */
    public static Route repair(List<ShareIndex> path, ShareIndex repaired) {
        Builder route = new Builder(new Zeros(), 0, new Share());
        path.forEach(x -> route.through(x, true, false));
        return route.through(repaired, false, true).to(new End());
    }

    /**
     * The replacement of a pad: the write's way, but that home's own ciphertext begins it. Every hop takes its old layer off
     * and puts its new one on.
     */
    public static Route replace(List<ShareIndex> path, List<ShareIndex> homes) {
        return write(new Ciphertext(), path, homes);
    }

    private static Route write(Source first, List<ShareIndex> path, List<ShareIndex> homes) {
        Builder route = new Builder(first, 0, new Flow());
        path.forEach(x -> route.through(x, true, false));
        back(path, homes).forEach(x -> route.through(x, false, true));
        return route.to(new End());
    }

    /** Homes against the path's order; the last of the path, where it's one, at the end: it needn't send to itself. */
    private static List<ShareIndex> back(List<ShareIndex> path, List<ShareIndex> homes) {
        List<ShareIndex> back = new ArrayList<>(homes.reversed());
        if (back.getFirst().equals(path.getLast())) {
            Collections.rotate(back, -1);
        }
        return back;
    }

    /** The repair of a home: another home → CC_k, which keeps what arrives as its ciphertext. */
    public static Route copy(ShareIndex home, ShareIndex repaired) {
        Builder route = new Builder(new Ciphertext(), PLACES, new Flow());
        return route.through(home, false, false).through(repaired, false, true).to(new End());
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
        private final int firstPlace;
        private final Cargo cargo;
        private final List<Stop> stops = new ArrayList<>();
        /** The stop that takes its input from the user again, or none. */
        private int fromUser = -1;

        Builder(Source first, int firstPlace, Cargo cargo) {
            this.first = first;
            this.firstPlace = firstPlace;
            this.cargo = cargo;
        }

        Builder through(ShareIndex provider, boolean layered, boolean stored) {
            stops.add(new Stop(provider, layered, stored));
            return this;
        }

        void throughUser() {
            fromUser = stops.size();
        }

        Route to(Sink last) {
            List<Station> stations = new ArrayList<>();
            for (int i = 0; i < stops.size(); i++) {
                Stop stop = stops.get(i);
                stations.add(new Station(
                        firstPlace + i,
                        stop.provider(),
                        source(i),
                        stop.layered(),
                        stop.stored(),
                        sink(i, last),
                        cargo));
            }
            return new Route(stations);
        }

        private Source source(int i) {
            if (i == 0) {
                return first;
            }
            return i == fromUser ? new User() : new Neighbour(stops.get(i - 1).provider());
        }

        private Sink sink(int i, Sink last) {
            if (i == stops.size() - 1) {
                return last;
            }
            return i + 1 == fromUser
                    ? new User()
                    : new Neighbour(stops.get(i + 1).provider());
        }
    }
}
