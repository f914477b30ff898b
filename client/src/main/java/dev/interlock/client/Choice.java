package dev.interlock.client;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.ring.Provider;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Who is to serve a read, and of which generation.
 *
 * @param home who sends the ciphertext
 * @param s the providers of S, home first where it's among them; in protocol 1 those whose sealed shares are used
 */
record Choice(Certified generation, Provider home, List<ShareIndex> s) {
    Token token() {
        return generation.token();
    }

    boolean serves(ShareIndex x) {
        return home.x().equals(x) || s.contains(x);
    }

    /** All who take part. */
    Set<ShareIndex> party() {
        Set<ShareIndex> party = new HashSet<>(s);
        party.add(home.x());
        return party;
    }
}
