package dev.interlock.bench.ring;

import dev.interlock.core.sharing.Threshold;

/**
 * The round trips and fsyncs that a put and a get of one small object of protocol 3, blinded, can't do without, since each
 * must be over before the next begins (SPEC §§7–9). The one home of these counts.
 *
 * @param n providers
 * @param t of them open the object
 */
record SmallModel(int n, int t) {

    /**
     * What the machine does, in one unit of time.
     *
     * @param roundTrip a bare HTTPS request and its answer
     * @param fsync of one process
     * @param fsyncByReaders of t processes at the same time, each waiting for its own
     * @param fsyncByAll of n processes at the same time, each waiting for its own
     */
    record Machine(double roundTrip, double fsync, double fsyncByReaders, double fsyncByAll) {}

    static SmallModel of(Threshold threshold) {
        return new SmallModel(threshold.n(), threshold.t());
    }

    /** One after the other in a put. */
    int putRoundTrips() {
        int input = 1; // user to the first hop, answered when the rest of the route is done: they nest
        int hops = n - 1; // from each hop to the next
        int home = 1; // the last hop back to the first home
        int furtherHomes = n - t;
        int chain = n; // user to the first, and on through all: they nest, too
        int check = 1; // all at once, when all have signed
        int commits = 2; // home first, which decides; then all others at once
        return input + hops + home + furtherHomes + chain + check + commits;
    }

    /** One after the other in a get. */
    int getRoundTrips() {
        int lookup = 1; // all providers at once
        int stream = 1; // orders, and the stream that they set off
        int hops = t - 1; // from each hop to the next, while the user waits for the stream
        return lookup + stream + hops;
    }

    /** One after the other in a put, done by all providers at the same time: burn, prepare, commit at the others. */
    int putFsyncsByAll() {
        return 3;
    }

    /** In a put, by one provider while all others wait: the commit at home. */
    int putFsyncsAlone() {
        return 1;
    }

    /** One after the other in a get, done by t providers at the same time: burn. */
    int getFsyncsByReaders() {
        return 1;
    }

    /** Durable transactions of each provider in a put, if none shared its fsync with another object: burn, prepare, commit. */
    int putTransactionsPerProvider() {
        return 3;
    }

    /** Requests that a put makes, from whomever to whomever. */
    int putRequests() {
        int orders = n;
        int deal = 1;
        int shares = n;
        int stream = 1;
        int hops = n - 1;
        int homes = 1 + n - t;
        int tokens = n;
        int chain = n - 1;
        int checks = n;
        int commits = n;
        return orders + deal + shares + stream + hops + homes + tokens + chain + checks + commits;
    }

    /** Requests that a get makes, from whomever to whomever. */
    int getRequests() {
        int lookups = n;
        int orders = t;
        int stream = 1;
        int hops = t - 1;
        return lookups + orders + stream + hops;
    }

    double put(Machine machine) {
        return putRoundTrips() * machine.roundTrip()
                + putFsyncsByAll() * machine.fsyncByAll()
                + putFsyncsAlone() * machine.fsync();
    }

    double get(Machine machine) {
        return getRoundTrips() * machine.roundTrip() + getFsyncsByReaders() * machine.fsyncByReaders();
    }
}
