package dev.interlock.protocol;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.SessionId;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The read of protocol 3, blinded profile: the three steps of DESIGN §6. S is any t providers, chosen by U.
 */
public final class Read {
    private Read() {}

    /** Before step 1: U believes a token only under the signatures of all its providers. */
    public static Token checkToken(RingDescriptor ring, ObjectId object, SignatureChain chain, String from) {
        try {
            chain.verifyComplete(ring.keys());
            Token u = Token.decode(chain.token());
            if (!u.object().equals(object) || !u.ring().equals(ring.id())) {
                throw new MalformedException("it is the token of another object or ring");
            }
            return u;
        } catch (BadSignatureException | MalformedException e) {
            throw new IntegrityException(
                    "what " + from + " says of " + object + " isn't signed by all its providers: " + e.getMessage(),
                    List.of(from));
        }
    }

    // Step 1.  U →p each CC_i in S: signed request as in the write, with fresh B_i.

    /**
     * U's plan of one read, with the seeds of all blinds until closed.
     *
     * @param path S, in the order of the pass; home first where it's in S
     * @param home who sends the ciphertext
     */
    public record Plan(
            RingDescriptor ring,
            Token token,
            SessionId session,
            List<ShareIndex> path,
            ShareIndex home,
            Map<ShareIndex, SecretBytes> blindSeeds)
            implements AutoCloseable {
        public Route route() {
            return Route.read(path, home);
        }

        public ChunkLayout layout() {
            return token.layout();
        }

        /** Wipes the seeds. */
        @Override
        public void close() {
            blindSeeds.values().forEach(SecretBytes::close);
        }
    }

    /** @param s t providers, in any order */
    public static Plan plan(
            RingDescriptor ring, Token token, List<ShareIndex> s, ShareIndex home, SecureRandom random) {
        List<ShareIndex> path = new ArrayList<>(s);
        if (path.remove(home)) {
            path.addFirst(home);
        }
        Map<ShareIndex, SecretBytes> seeds = new LinkedHashMap<>();
        path.forEach(x -> seeds.put(x, SecretBytes.random(Session.BLIND_SEED_BYTES, random)));
        return new Plan(ring, token, SessionId.random(random), List.copyOf(path), home, seeds);
    }

    /** The order for a provider of S, or for home. */
    public static Order order(Plan plan, ShareIndex i) {
        SecretBytes seed = plan.blindSeeds().get(i);
        return new Order(
                Order.Kind.READ,
                3,
                Profile.BLINDED.text(),
                plan.token().object().toString(),
                plan.session().toString(),
                plan.path().stream().map(ShareIndex::x).toList(),
                List.of(plan.home().x()),
                plan.layout().length(),
                null,
                seed == null ? new byte[0] : seed.copyToHeap());
    }

    // Step 2.  home → first of S: c = P ⊕ a0, and each hop → next: the hop of Write, step 4.

    // Step 3.  last →p U: P ⊕ ΣB_i.  U removes the blinds, checks every chunk against u_m's commitment before
    //          releasing it.

    /** P, for the next piece of P ⊕ ΣB_i, in place. */
    public static <V> void unblind(V flow, List<? extends Blind<V>> blinds) {
        blinds.forEach(b -> b.addTo(flow));
    }

    /** @throws IntegrityException unless P_k is what its writer committed to; nothing of it may be released then */
    public static void checkChunk(Plan plan, byte[] manifest, int k, MemorySegment chunk) {
        if (!MessageDigest.isEqual(Write.chunkLeaf(k, chunk), Write.leaf(manifest, k))) {
            throw new IntegrityException(
                    "chunk " + k + " of " + plan.token().object() + " isn't what was put: one of " + names(plan)
                            + " sent wrong bytes. Nothing of it was released",
                    List.of());
        }
    }

    private static String names(Plan plan) {
        return plan.route().stations().stream()
                .map(station -> plan.ring().provider(station.provider()).name())
                .distinct()
                .reduce((a, b) -> a + ", " + b)
                .orElse("nobody");
    }
}
