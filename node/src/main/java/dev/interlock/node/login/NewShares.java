package dev.interlock.node.login;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.oprf.Resharing;
import dev.interlock.core.oprf.Scalar;
import dev.interlock.core.oprf.Voprf;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.node.NodeServer;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.login.DealtShare;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.ring.Provider;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A provider's share of a lock that is new, or shared anew, each checked against the record that commits to it (SPEC §17). */
final class NewShares implements AutoCloseable {
    private final NodeServer server;
    private final Provider self;
    private final OpeningKey opening;

    /** @param opening closed with this */
    NewShares(NodeServer server, Provider self, OpeningKey opening) {
        this.server = server;
        this.self = self;
        this.opening = opening;
    }

    /** A part isn't what its dealer committed to. */
    static final class Misdealt extends Exception {
        private static final long serialVersionUID = 1L;

        private final transient ShareIndex dealer;

        Misdealt(ShareIndex dealer) {
            this.dealer = dealer;
        }

        ShareIndex dealer() {
            return dealer;
        }
    }

    /** Of a new key, as the client dealt it. */
    SecretBytes whole(Lock lock, byte[] told) {
        requireShared(lock);
        try (Scalar share = Scalar.decode(told)) {
            requireCommitted(lock, share);
            return SecretBytes.taking(share.encode());
        }
    }

    /**
     * Of the key that there is: Σ λ_j·g_j(x). It is kept only if it is what the record commits to, and those commitments are of the
     * same key; so whatever parts were dealt, no share of another key comes out.
     *
     * @throws Misdealt when a part isn't what its dealer committed to
     */
    SecretBytes ofParts(UserName name, LoginRecord before, Lock lock, Messages.Parts told) throws Misdealt {
        requireShared(lock);
        Lock same = before.lock(lock.kind())
                .filter(lock::isResharingOf)
                .orElseThrow(() ->
                        new BadInputException(self.name() + ": this isn't a lock of the record before, shared anew"));
        if (told.parts().size() != same.t()) {
            throw new BadInputException(self.name() + ": a share is made of " + same.t() + " parts, not of "
                    + told.parts().size());
        }
        Map<ShareIndex, Scalar> parts = new LinkedHashMap<>();
        try {
            for (Map.Entry<ShareIndex, Messages.Part> each : told.parts().entrySet()) {
                parts.put(each.getKey(), part(name, before, lock, each.getKey(), each.getValue()));
            }
            try (Scalar share = Resharing.share(parts)) {
                requireCommitted(lock, share);
                return SecretBytes.taking(share.encode());
            }
        } finally {
            parts.values().forEach(Scalar::close);
        }
    }

    private Scalar part(UserName name, LoginRecord before, Lock lock, ShareIndex dealer, Messages.Part told)
            throws Misdealt {
        Scalar part;
        try {
            part = DealtShare.open(
                    told.sealed(), opening, server.ring().id(), name, before.hash(), lock.kind(), dealer, self.x());
        } catch (MalformedException e) {
            throw new Misdealt(dealer);
        }
        if (!Resharing.isPart(part, told.committed())) {
            part.close();
            throw new Misdealt(dealer);
        }
        return part;
    }

    private void requireShared(Lock lock) {
        List<Provider> providers = server.ring().providers();
        if (lock.t() != server.ring().threshold().t()
                || !List.copyOf(lock.keys().keySet())
                        .equals(providers.stream().map(Provider::x).toList())) {
            throw new BadInputException(
                    self.name() + ": a lock isn't shared among the ring's providers as they are now");
        }
        lock.requireConsistent();
    }

    private void requireCommitted(Lock lock, Scalar share) {
        Lock.Keys own = lock.keys().get(self.x());
        if (own == null || !Voprf.publicKey(share).equals(own.share())) {
            throw new BadInputException(self.name() + ": its share of a lock isn't the one that is committed to");
        }
    }

    @Override
    public void close() {
        opening.close();
    }
}
