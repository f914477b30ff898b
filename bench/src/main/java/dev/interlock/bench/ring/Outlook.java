package dev.interlock.bench.ring;

import java.util.ArrayList;
import java.util.List;

/**
 * What the curves of one machine say for many: arithmetic on what was measured, no measurement.
 *
 * @param putMillisPerProvider what one more provider adds to a small put
 * @param putCpuPerProvider CPU-s that one more provider adds to a GiB put
 * @param getMillisPerShare what t higher by one adds to a small get
 * @param getCpuPerShare CPU-s that t higher by one adds to a GiB got
 */
record Outlook(
        double putMillisPerProvider,
        double putCpuPerProvider,
        double getMillisPerShare,
        double getCpuPerShare,
        Parts put,
        Parts get) {
    /** A network card of today's servers, in bytes a second. */
    private static final double WIRE = 10e9 / 8;

    private static final int RING = 5;

    /** The CPU milliseconds of one small operation: the client's, the dealer's, and each provider's on average. */
    record Parts(double client, double dealer, double provider) {}

    /** Gathers what was measured. */
    static final class Builder {
        private final List<Double> providers = new ArrayList<>();
        private final List<Double> putMillis = new ArrayList<>();
        private final List<Double> putCpu = new ArrayList<>();
        private final List<Double> thresholds = new ArrayList<>();
        private final List<Double> getMillis = new ArrayList<>();
        private final List<Double> getCpu = new ArrayList<>();
        private Parts put = new Parts(0, 0, 0);
        private Parts get = new Parts(0, 0, 0);

        void providers(int n, double millis, double cpu) {
            providers.add((double) n);
            putMillis.add(millis);
            putCpu.add(cpu);
        }

        void threshold(int t, double millis, double cpu) {
            thresholds.add((double) t);
            getMillis.add(millis);
            getCpu.add(cpu);
        }

        void load(boolean isPut, Parts parts) {
            if (isPut) {
                put = parts;
            } else {
                get = parts;
            }
        }

        Outlook build() {
            return new Outlook(
                    Statistics.slope(providers, putMillis),
                    Statistics.slope(providers, putCpu),
                    Statistics.slope(thresholds, getMillis),
                    Statistics.slope(thresholds, getCpu),
                    put,
                    get);
        }
    }

    /** @param cores of the machine that was measured, and of each in the estimate */
    List<String> sentences(int cores) {
        double puts = perSecond(cores, put.provider());
        double gets = perSecond(cores, get.provider());
        return List.of(
                "per provider: each adds " + Numbers.two(putMillisPerProvider) + " ms to a small put and "
                        + Numbers.two(putCpuPerProvider)
                        + " CPU-s to a GiB put, all on this one machine; t higher by one adds "
                        + Numbers.two(getMillisPerShare) + " ms to a small get and " + Numbers.two(getCpuPerShare)
                        + " CPU-s to a GiB got",
                "CPU of a small put: client " + Numbers.two(put.client()) + " ms, dealer " + Numbers.two(put.dealer())
                        + " ms, each provider " + Numbers.two(put.provider()) + " ms; of a get: client "
                        + Numbers.two(get.client()) + " ms, each provider " + Numbers.two(get.provider()) + " ms",
                "estimate, not measured: a ring of " + RING + " with each party on its own machine of " + cores
                        + " such cores is full at about " + Numbers.whole(puts) + " puts/s or " + Numbers.whole(gets)
                        + " gets/s by its providers' CPU, if clients have machines enough ("
                        + Numbers.two(put.client() / put.provider()) + " of theirs for each provider's in puts, "
                        + Numbers.two(get.client() / get.provider()) + " in gets)",
                "estimate: ten such machines as providers are two rings of " + RING + " that share the objects, "
                        + Numbers.whole(2 * puts) + " puts/s or " + Numbers.whole(2 * gets)
                        + " gets/s; a hundred are twenty rings, ten times that. One ring of a hundred is no quicker"
                        + " than one of " + RING + ": every put goes through all, and takes about "
                        + Numbers.whole((100 - RING) * putMillisPerProvider) + " ms longer",
                "the wire: a provider takes in at most 3 passes of a put (share, hop, ciphertext) and 1 of a get, so"
                        + " that 10 Gbit/s carry " + Numbers.whole(WIRE / 3 / 1e6) + " MB/s of puts or "
                        + Numbers.whole(WIRE / 1e6)
                        + " MB/s of gets, whatever n is; only the dealer sends n passes, and more dealers divide them");
    }

    private static double perSecond(int cores, double millis) {
        return 1e3 * cores / millis;
    }
}
