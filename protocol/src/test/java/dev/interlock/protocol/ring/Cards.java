package dev.interlock.protocol.ring;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Nodes for tests: node i has the name, the address, the pin and the key number i. */
final class Cards {
    static final SigningKey RING_KEY = key(10_000);

    private Cards() {}

    static SigningKey key(int number) {
        byte[] seed = new byte[SigningKey.SEED_BYTES];
        Arrays.fill(seed, (byte) number);
        seed[0] = (byte) (number >>> 8);
        return new SigningKey(SecretBytes.taking(seed));
    }

    static NodeCard provider(int i) {
        return node(Role.PROVIDER, "cc" + i, i);
    }

    static NodeCard dealer(int i) {
        return node(Role.DEALER, "dealer" + i, 1000 + i);
    }

    static NodeCard node(Role role, String name, int i) {
        return NodeCard.of(role, name, "127.0.0.1:" + (7000 + i), pin(i), key(i).verifyingKey(), sealing(role, i));
    }

    /** Of the form of a key; nobody seals to it. */
    static Optional<String> sealing(Role role, int i) {
        return role == Role.PROVIDER ? Optional.of("x25519:" + pin(i)) : Optional.empty();
    }

    static String pin(int i) {
        return "%064x".formatted(i);
    }

    /** Providers 1..n and dealer 1. */
    static List<NodeCard> ring(int n) {
        List<NodeCard> cards = new ArrayList<>();
        for (int i = 1; i <= n; i++) {
            cards.add(provider(i));
        }
        cards.add(dealer(1));
        return cards;
    }
}
