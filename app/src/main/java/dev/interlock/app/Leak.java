package dev.interlock.app;

import dev.interlock.audit.Audit;
import dev.interlock.audit.Scenario;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.token.Scheme;

/** What the published profile gives away, in a sentence for whoever is about to use it. */
final class Leak {
    private Leak() {}

    static String of(Scheme scheme, Threshold threshold) {
        int n = threshold.n();
        int t = threshold.t();
        String audit = "`interlock audit -n " + n + " -t " + t + " --protocol " + scheme.protocol()
                + " --profile published --reads 1` shows how";
        if (scheme.sealed()) {
            return "in the published profile neighbours of a hop learn its share and t shares the pad; only the seal to"
                    + " your public key keeps the object from them. It is for study";
        }
        // The auditor's bound; a larger ring leaks as well.
        String who = n > Scenario.MAX_PROVIDERS
                ? "fewer than t = " + t + " providers"
                : coalition(Audit.run(Scenario.of(n, t, scheme, 1)).size().orElse(t), n);
        return "the published profile leaks: after one get, " + who + " can read this object (" + audit
                + "). It is for study";
    }

    private static String coalition(int size, int n) {
        return size == 1 ? "one provider alone" : size + " of the " + n + " providers together";
    }
}
