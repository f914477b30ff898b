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
     * @param roundTripToReaders t of them at the same time, until the last answer
     * @param fsyncByAll of n processes at the same time, each waiting for its own
     */
    record Machine(double roundTrip, double roundTripToReaders, double fsyncByAll) {}

    static SmallModel of(Threshold threshold) {
        return new SmallModel(threshold.n(), threshold.t());
    }

    /**
     * One after the other in a put. What is passed on costs half a round trip for each leg: nobody waits for the way back, as all sign
     * once they have handed on what passed, the homes as the last.
     */
    double putRoundTrips() {
        int share = 2; // user to dealer to the first hop, whose input is there before
        int hops = n - 1; // from each hop to the next
        int homes = 1; // the last hop to all at once
        int signatures = 1; // of the homes, back to the user
        double pass = (share + hops + homes + signatures) / 2.0;
        // What is stored comes with the signatures, and is checked without a question.
        int commit = 1; // all at once
        return pass + commit;
    }

    /** One after the other in a get: t providers at once. */
    double getRoundTrips() {
        return 1;
    }

    /** One after the other in a put, done by all providers at the same time: burn, prepare, commit. */
    int putFsyncsByAll() {
        return 3;
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
        int commits = n;
        return orders + deal + shares + stream + hops + homes + tokens + commits;
    }

    /** Requests that a get makes. */
    int getRequests() {
        return t;
    }

    double put(Machine machine) {
        return putRoundTrips() * machine.roundTrip() + putFsyncsByAll() * machine.fsyncByAll();
    }

    double get(Machine machine) {
        return getRoundTrips() * machine.roundTripToReaders();
    }
}
