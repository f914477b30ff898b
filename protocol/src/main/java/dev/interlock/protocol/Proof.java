package dev.interlock.protocol;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Proof of participation: u_m, the signatures of all its providers, and who they are. Anyone with the ring's descriptor can
 * check it, without asking anyone.
 *
 * @param providers in the order of the token
 */
public record Proof(SignatureChain chain, List<Certificate> providers) {
    private static final String FORMAT = "interlock proof 2";

    /** A provider as the ring's descriptor has it. */
    public record Certificate(int x, String name, String address, String tlsPin, String key) {
        static Certificate of(Provider provider) {
            NodeCard card = provider.card();
            return new Certificate(
                    provider.x().x(),
                    card.name(),
                    card.address(),
                    card.tlsPin(),
                    card.key().toString());
        }
    }

    private record Text(String format, byte[] chain, List<Certificate> providers) {}

    public Proof {
        providers = List.copyOf(providers);
    }

    /** @param chain complete */
    public static Proof of(RingDescriptor ring, SignatureChain chain) {
        return new Proof(
                chain,
                Token.decode(chain.token()).providers().stream()
                        .map(x -> Certificate.of(ring.provider(x)))
                        .toList());
    }

    public byte[] encode() {
        return Json.write(new Text(FORMAT, chain.encode(), providers));
    }

    /** @throws MalformedException unless it is a whole proof of this version */
    public static Proof decode(byte[] bytes) {
        Text text = Json.read("the proof", bytes, Text.class);
        if (!text.format().equals(FORMAT)) {
            throw new MalformedException("this is no \"" + FORMAT + "\"; this program reads that version only");
        }
        return new Proof(SignatureChain.decode(text.chain()), text.providers());
    }

    /**
     * Who took part in what.
     *
     * @return u_m
     * @throws IntegrityException that says what is wrong with the proof
     */
    public Token verify(RingDescriptor descriptor) {
        Token u = Token.decode(chain.token());
        if (!u.ring().equals(descriptor.id())) {
            throw broken(u.object(), "it was made on the ring " + u.ring() + ", this is the ring " + descriptor.id());
        }
        if (!descriptor.knows(u.epoch())) {
            throw broken(
                    u.object(),
                    "it is of the ring's epoch " + u.epoch() + ", this descriptor is of " + descriptor.epoch());
        }
        RingDescriptor ring = descriptor.at(u.epoch());
        checkProviders(u, ring);
        Function<ShareIndex, VerifyingKey> keys = ring.keys();
        try {
            chain.verifyComplete(keys);
            return u;
        } catch (BadSignatureException | MalformedException e) {
            throw broken(
                    u.object(),
                    isReordered(u, keys)
                            ? "its signatures are all there, but not in the order in which they were made"
                            : "a signature doesn't hold, so u_m or a signature was changed: " + e.getMessage());
        }
    }

    private void checkProviders(Token u, RingDescriptor ring) {
        for (ShareIndex x : u.providers()) {
            Certificate expected = ring.providers().stream()
                    .filter(provider -> provider.x().equals(x))
                    .findFirst()
                    .map(Certificate::of)
                    .orElseThrow(() -> broken(u.object(), "u_m names x = " + x.x() + ", which the ring doesn't have"));
            Certificate there = providers.stream()
                    .filter(certificate -> certificate.x() == x.x())
                    .findFirst()
                    .orElseThrow(() -> broken(u.object(), "the provider " + expected.name() + " is missing"));
            if (!there.equals(expected)) {
                throw broken(
                        u.object(), "what it says of " + expected.name() + " isn't what the ring's descriptor says");
            }
        }
        int signatures = chain.participations().size();
        if (providers.size() != u.providers().size()
                || signatures != u.providers().size()) {
            throw broken(
                    u.object(),
                    "it has " + signatures + " signatures and " + providers.size() + " providers, u_m names "
                            + u.providers().size());
        }
        if (!providers.stream()
                .map(Certificate::x)
                .toList()
                .equals(u.providers().stream().map(ShareIndex::x).toList())) {
            throw broken(u.object(), "its providers aren't in the order of u_m");
        }
    }

    /** Whether the same signatures hold in another order. */
    private boolean isReordered(Token u, Function<ShareIndex, VerifyingKey> keys) {
        List<Participation> left = new ArrayList<>(chain.participations());
        List<Participation> ordered = new ArrayList<>();
        while (ordered.size() < u.providers().size()) {
            boolean found = false;
            for (int i = 0; i < left.size() && !found; i++) {
                ordered.add(left.get(i));
                found = holds(new SignatureChain(chain.token(), ordered), keys);
                if (found) {
                    left.remove(i);
                } else {
                    ordered.removeLast();
                }
            }
            if (!found) {
                return false;
            }
        }
        return true;
    }

    private static boolean holds(SignatureChain chain, Function<ShareIndex, VerifyingKey> keys) {
        try {
            chain.verify(keys);
            return true;
        } catch (BadSignatureException | MalformedException e) {
            return false;
        }
    }

    private static IntegrityException broken(ObjectId object, String why) {
        return new IntegrityException("the proof for " + object + " doesn't hold: " + why, List.of());
    }
}
