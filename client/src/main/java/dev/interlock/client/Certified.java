package dev.interlock.client;

import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import java.util.Comparator;

/** A generation that counts: its certificate, which U checked itself, and the token in it. */
record Certified(Certificate certificate, Token token) {
    /** Of an object's generations the latest is the largest; of one generation it's the longest chain, which grows while it is degraded. */
    static final Comparator<Certified> ORDER = Comparator.<Certified, Token>comparing(
                    Certified::token, Certified::compare)
            .thenComparingInt(certified -> certified.chain().participations().size());

    private static int compare(Token a, Token b) {
        return a.id().equals(b.id()) ? 0 : isLater(a, b) ? 1 : -1;
    }

    /** Whether one generation of an object is later than another one: in a later epoch of the ring, or later in the same one. */
    static boolean isLater(Token a, Token b) {
        return a.epoch() != b.epoch() ? a.epoch() > b.epoch() : a.isLaterThan(b);
    }

    StatementHash id() {
        return token.id();
    }

    SignatureChain chain() {
        return certificate.chain();
    }

    boolean isOf(Certified other) {
        return id().equals(other.id());
    }
}
