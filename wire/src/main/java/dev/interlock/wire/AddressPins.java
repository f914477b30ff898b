package dev.interlock.wire;

import dev.interlock.protocol.ring.HostName;
import dev.interlock.protocol.ring.NodeCard;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Which pinned key is expected at which address. Safe for use by many threads. */
final class AddressPins {
    private final ConcurrentMap<String, String> pins = new ConcurrentHashMap<>();

    /** @return false, and nothing changed, when another key is expected at this card's address */
    boolean expect(NodeCard card) {
        String present = pins.putIfAbsent(address(card.host(), card.port()), card.tlsPin());
        return present == null || present.equals(card.tlsPin());
    }

    /**
     * The pin that is expected there; empty where nothing is known of this address, which says nothing of who is there.
     *
     * @param host as the connection was asked for it; its resolved address plays no part
     */
    Optional<String> expected(String host, int port) {
        return Optional.ofNullable(pins.get(address(host, port)));
    }

    /** A card and a connection may spell a host differently. */
    private static String address(String host, int port) {
        return HostName.canonical(host) + " " + port;
    }
}
