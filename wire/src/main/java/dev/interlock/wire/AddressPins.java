package dev.interlock.wire;

import com.linecorp.armeria.client.Endpoint;
import dev.interlock.protocol.ring.NodeCard;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Which pinned key is expected at which address. Safe for use by many threads. */
final class AddressPins {
    private final ConcurrentMap<String, String> pins = new ConcurrentHashMap<>();

    /** @return false, and nothing changed, when another key is expected at this card's address */
    boolean expect(NodeCard card) {
        // In the spelling in which the connection will name its other end.
        Endpoint endpoint = Endpoint.parse(card.address());
        String present = pins.putIfAbsent(address(endpoint.host(), endpoint.port()), card.tlsPin());
        return present == null || present.equals(card.tlsPin());
    }

    /** @param host as the connection was asked for it; its resolved address plays no part */
    boolean expected(String host, int port, String pin) {
        return pin.equals(pins.get(address(host, port)));
    }

    private static String address(String host, int port) {
        return host + " " + port;
    }
}
