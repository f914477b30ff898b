package dev.interlock.protocol.vectors;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Rings with any x-coordinates, as a later epoch may have them. */
final class Rings {
    private Rings() {}

    /** One whose nodes have whatever keys: they don't matter where this is used. */
    static final int EPOCH = 2;

    static RingDescriptor of(int threshold, List<ShareIndex> xs, List<String> dealers, List<String> profiles) {
        List<String> providers = new ArrayList<>();
        int node = 0;
        for (ShareIndex x : xs) {
            providers.add("{\"x\":" + x.x() + ",\"card\":" + card(Role.PROVIDER, "cc" + x.x(), ++node) + "}");
        }
        List<String> dealing = new ArrayList<>();
        for (String name : dealers) {
            dealing.add(card(Role.DEALER, name, ++node));
        }
        String json = "{\"format\":\"interlock ring 1\",\"name\":\"vectors\",\"epoch\":" + EPOCH
                + ",\"threshold\":" + threshold
                + ",\"profiles\":[\"" + String.join("\",\"", profiles) + "\"],\"providers\":["
                + String.join(",", providers)
                + "],\"dealers\":[" + String.join(",", dealing) + "],\"dealing\":[],\"history\":null}";
        return RingDescriptor.open(Product.signedDocument(Purpose.RING_DESCRIPTOR, json, key(0)));
    }

    private static SigningKey key(int node) {
        return Product.key(ByteBuffer.allocate(32).putInt(node).array());
    }

    private static String card(Role role, String name, int node) {
        return cardJson(role, name, "192.0.2.1:" + (7000 + node), "%064x".formatted(node), key(node));
    }

    /** Of the form of a key, and another one for every pin. */
    static String sealing(String pin) {
        return "x25519:" + new StringBuilder(pin).reverse();
    }

    /** As the product writes it. */
    static String cardJson(Role role, String name, String address, String pin, SigningKey key) {
        Optional<String> sealing = role == Role.PROVIDER ? Optional.of(sealing(pin)) : Optional.empty();
        String file = new String(
                NodeCard.of(role, name, address, pin, key.verifyingKey(), sealing)
                        .sign(key),
                StandardCharsets.UTF_8);
        return file.substring(0, file.lastIndexOf("\n-- "));
    }
}
