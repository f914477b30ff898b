package dev.interlock.node.admission;

import java.util.ArrayList;
import java.util.List;

/** What was taken of several allowances, until it is closed. */
public final class Leases implements AutoCloseable {
    private final List<Allowance.Lease> all = new ArrayList<>();

    /**
     * Takes some of one more.
     *
     * @param amount nothing is taken where it is 0
     * @throws dev.interlock.protocol.error.InterlockException as {@link Allowance#take} does; what was taken stays taken
     */
    public void take(Allowance of, String holder, long amount) {
        if (amount > 0) {
            all.add(of.take(holder, amount));
        }
    }

    @Override
    public void close() {
        all.forEach(Allowance.Lease::close);
    }
}
