package dev.interlock.audit;

import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.message.DealRequest;
import java.util.List;

/** Where a test may plant a fault into a run, to see that the auditor finds it. */
interface Faults {
    Faults NONE = new Faults() {};

    /** The number of every read for a move into another ring. */
    int LEAVING = Integer.MAX_VALUE;

    /** The number of the write that such a move ends with. */
    int ENTERING = LEAVING - 1;

    /** What the dealer is asked for. */
    default DealRequest asked(DealRequest request) {
        return request;
    }

    /**
     * A dealer's polynomial.
     *
     * @param generation that is dealt for, from 1
     */
    default List<Form> coefficients(String dealer, int generation, List<Form> drawn) {
        return drawn;
    }

    default Write.Plan planned(Write.Plan plan) {
        return plan;
    }

    default Read.Plan planned(int read, Read.Plan plan) {
        return plan;
    }

    /**
     * What a provider adds in its hop, and the user removes.
     *
     * @param read from 1, or that of a move; 0 is the write
     */
    default Blind<Form> blind(int read, ShareIndex at, Blind<Form> blind) {
        return blind;
    }

    /** Who else learns a provider's share. */
    default List<ShareIndex> shareAlsoTo(ShareIndex of) {
        return List.of();
    }

    /** Whether these two hops of a repair or a replacement share a blind. */
    default boolean paired(ShareIndex one, ShareIndex other, Session pass) {
        return true;
    }

    /** Who else learns what these two hops of a repair or a replacement share. */
    default List<ShareIndex> pairAlsoTo(ShareIndex one, ShareIndex other, Session pass) {
        return List.of();
    }

    /** Whether providers keep what a refresh adds up, instead of the sum alone. */
    default boolean keepSummands() {
        return false;
    }

    /** Who else learns a provider's blind. */
    default List<ShareIndex> blindAlsoTo(int read, ShareIndex of) {
        return List.of();
    }
}
