package dev.interlock.audit;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Write;
import java.util.List;
import java.util.Map;

/** Where a test may plant a fault into a run, to see that the auditor finds it. */
interface Faults {
    Faults NONE = new Faults() {};

    /** The number of every read for a move into another ring. */
    int LEAVING = Integer.MAX_VALUE;

    /** The number of the write that such a move ends with. */
    int ENTERING = LEAVING - 1;

    /** What a dealer makes of what it is asked for. */
    default Write.Deal dealt(Write.Deal deal) {
        return deal;
    }

    /**
     * A dealer's polynomial.
     *
     * @param generation that is dealt for, from 1
     */
    default List<Form> coefficients(String dealer, int generation, List<Form> drawn) {
        return drawn;
    }

    /**
     * The seeds of a pass's blinds.
     *
     * @param pass 0 is the write; a read from 1, or that of a move
     */
    default Map<ShareIndex, SecretBytes> seeds(int pass, Map<ShareIndex, SecretBytes> drawn) {
        return drawn;
    }

    /** From which home a read's ciphertext comes. */
    default ShareIndex home(ShareIndex first) {
        return first;
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
