package dev.interlock.protocol;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Claim;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.message.RestoreMessage;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What becomes of a write from which providers were missing. The dealer dealt to them, too; it sealed each one's share to that
 * provider's key and left it with two that were there, its custodians. When CC_k is back, a custodian brings it its share and
 * what every provider keeps; CC_k believes none of it but what is signed, stores it durably, and signs behind those before it.
 * With the last of them the chain is complete.
 */
public final class Custody {
    private Custody() {}

    /**
     * The two at whom a share waits. The path's last come first: its first are homes, and store more as it is.
     *
     * @param path those that took part in the write, at least two
     * @param missing the others, x among them
     */
    public static List<ShareIndex> custodians(List<ShareIndex> path, List<ShareIndex> missing, ShareIndex x) {
        int p = path.size();
        int i = 2 * missing.indexOf(x);
        return List.of(path.get(p - 1 - i % p), path.get(p - 1 - (i + 1) % p));
    }

    /** Whose shares wait at this provider. */
    public static List<ShareIndex> of(ShareIndex self, List<ShareIndex> path, List<ShareIndex> missing) {
        return missing.stream()
                .filter(x -> custodians(path, missing, x).contains(self))
                .toList();
    }

    // Step 1.  custodian →p CC_k: the certificate with the chain as far as it goes, the manifest; then the sealed
    // share.

    /**
     * CC_k, before it takes the share: is this an object that it missed, and whose?
     *
     * @return the owner's key here
     * @throws MalformedException or BadSignatureException that says what doesn't hold
     */
    public static VerifyingKey checkBrought(RingDescriptor descriptor, ShareIndex self, RestoreMessage message) {
        Certificate certificate = message.certificate();
        Token u = certificate.token();
        if (!u.ring().equals(descriptor.id())) {
            throw new MalformedException("the certificate is that of another ring");
        }
        RingDescriptor ring = descriptor.at(u.epoch());
        certificate.verify(ring.keys());
        Claim claim = u.claims().stream()
                .filter(each -> each.x().equals(self))
                .findFirst()
                .orElseThrow(() -> new MalformedException(
                        ring.provider(self).name() + " wasn't missing when " + u.object() + " was written"));
        claim.verify(u.id());
        Write.checkManifest(u, message.manifest());
        Write.verifyRoots(ring, u);
        return claim.key();
    }

    /**
     * CC_k, when the share is there.
     *
     * @param root over what came out of the seal
     * @param custodian who brought it
     * @throws IntegrityException where it's another share; which of the two is at fault nobody can tell
     */
    public static void checkShare(Token u, ShareIndex self, byte[] root, String custodian) {
        if (!Arrays.equals(root, u.dealt().rootOf(self).root())) {
            throw new IntegrityException(
                    "the share of " + u.object() + " that waited at " + custodian + " isn't the one that "
                            + String.join(", ", u.dealers())
                            + " signed for: one of these two changed it. Nothing of it was kept",
                    List.of());
        }
    }

    // Step 2.  CC_k stores all that durably, and signs when everyone before it has.

    /** The chain, and behind it CC_k's signature if it's its turn. */
    public static SignatureChain sign(SignatureChain chain, ShareIndex self, SigningKey key) {
        List<ShareIndex> unsigned = chain.unsigned();
        return !unsigned.isEmpty() && unsigned.getFirst().equals(self)
                ? chain.sign(self, Optional.empty(), key)
                : chain;
    }

    // Step 3.  Everyone takes the longer chain from the one who signs next, until nobody's signature is missing.

    /**
     * The longer one of two chains of an object.
     *
     * @param own verified before
     * @throws MalformedException or BadSignatureException unless the other one holds, too
     */
    public static SignatureChain longer(RingDescriptor ring, SignatureChain own, SignatureChain other) {
        if (!Arrays.equals(own.token(), other.token())) {
            throw new MalformedException("the chain is over another token than the one signed here");
        }
        if (other.participations().size() <= own.participations().size()) {
            return own;
        }
        other.verifyCommitted(ring.keys(), own);
        return other;
    }

    /** For people: who still lacks what, and where it waits; empty once the chain is complete. */
    public static String describe(RingDescriptor ring, SignatureChain chain) {
        Token u = Token.decode(chain.token());
        return chain.unsigned().stream()
                .map(x -> ring.provider(x).name() + "'s share waits at "
                        + custodians(u.present(), u.missing(), x).stream()
                                .map(custodian -> ring.provider(custodian).name())
                                .collect(Collectors.joining(" and ")))
                .collect(Collectors.joining("; "));
    }
}
