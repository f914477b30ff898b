package dev.interlock.client;

import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Renewal;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/** A ring without nodes, 3 of 5, and a user's generations there, signed by all whose keys are here. */
final class MadeByHand implements AutoCloseable {
    static final int N = 5;
    private static final int T = 3;

    private final SecureRandom random = new SecureRandom();
    private final List<SigningKey> keys = new ArrayList<>();
    private final RingDescriptor ring = assembled();
    private final Credential credential = new SeedCredential(SecretBytes.random(SeedCredential.SEED_BYTES, random));

    RingDescriptor ring() {
        return ring;
    }

    Credential credential() {
        return credential;
    }

    private RingDescriptor assembled() {
        List<NodeCard> cards = new ArrayList<>();
        for (int i = 1; i <= N + 1; i++) {
            keys.add(newKey());
            boolean provider = i <= N;
            cards.add(NodeCard.of(
                    provider ? Role.PROVIDER : Role.DEALER,
                    provider ? "cc" + i : "dealer1",
                    "node" + i + ".example:443",
                    "%064x".formatted(i),
                    keys.getLast().verifyingKey(),
                    provider
                            ? Optional.of(OpeningKey.generate(Kem.X25519, random)
                                    .recipient()
                                    .toString())
                            : Optional.empty()));
        }
        try (SigningKey ringKey = newKey()) {
            return RingDescriptor.open(
                    RingDescriptor.assemble(ringKey, "test", T, EnumSet.allOf(Profile.class), cards));
        }
    }

    private SigningKey newKey() {
        return new SigningKey(SecretBytes.random(SigningKey.SEED_BYTES, random));
    }

    @Override
    public void close() {
        credential.close();
        keys.forEach(SigningKey::close);
    }

    Write.Maker maker() {
        return new Write.Maker(credential, random, Instant.now());
    }

    /** A generation of a new object. */
    Certified put() {
        return certified(Write.plan(
                ring,
                Scheme.DEFAULT,
                maker(),
                32,
                ring.providers().stream().map(Provider::x).toList(),
                Optional.empty(),
                Blinding.EXPANDED,
                false,
                Optional.empty()));
    }

    Certified renewed(Certified before, long number) {
        return certified(Renewal.plan(ring, before.token(), maker(), false, number));
    }

    private Certified certified(Write.Plan plan) {
        try (plan) {
            List<ShareRoot> roots = plan.making().providers().stream()
                    .map(x -> new ShareRoot(x, new byte[32]))
                    .toList();
            Dealt dealt = Dealt.sign(keys.getLast(), plan.id(), roots);
            Token token = Write.token(plan, new byte[32], dealt, List.of(), 1);
            SignatureChain chain = SignatureChain.start(token.encode());
            for (ShareIndex x : plan.path()) {
                Optional<byte[]> root = plan.homes().contains(x) ? Optional.of(new byte[32]) : Optional.empty();
                chain = chain.sign(x, root, keys.get(x.x() - 1));
            }
            return new Certified(plan.session().certify(chain), token);
        }
    }
}
