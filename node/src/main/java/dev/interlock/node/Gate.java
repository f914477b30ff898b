package dev.interlock.node;

import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.SignedRequest;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Tls;
import java.time.Clock;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Who may ask this node: users by signed requests, nodes by their TLS keys. */
public final class Gate {
    private final RingDescriptor ring;
    private final String self;
    private final Users users;
    private final Clock clock;
    /** From a nonce to when it may be forgotten: when its request has expired anyway. */
    private final ConcurrentMap<String, Long> nonces = new ConcurrentHashMap<>();

    Gate(RingDescriptor ring, NodeFolder folder, Clock clock) {
        this.ring = ring;
        this.self = folder.card().name();
        this.users = folder.users();
        this.clock = clock;
    }

    /**
     * Admits a user's request.
     *
     * @param subject the object's or session's id, as in the path; empty where there's none
     * @throws RefusedException that says which rule failed
     */
    public SignedRequest admit(ServiceRequestContext context, Operation operation, String subject, byte[] body) {
        String header = context.request().headers().get(SignedRequest.HEADER);
        if (header == null || header.length() > SignedRequest.MAX_HEADER_CHARS) {
            throw new RefusedException(
                    self + " refuses the request: it carries no signature in the header " + SignedRequest.HEADER);
        }
        Instant now = clock.instant();
        SignedRequest request =
                SignedRequest.verify(header, ring.id(), ring.epoch(), self, operation, subject, body, now);
        if (!users.contains(request.key())) {
            throw new RefusedException(self + " doesn't know this user: its operator can let " + request.key()
                    + " in with `interlock provider allow`");
        }
        if (nonces.putIfAbsent(request.nonceHex(), request.expiresMillis()) != null) {
            throw new RefusedException(self + " refuses the request: it was made before; sign a new one");
        }
        return request;
    }

    /** Admits a node of the ring, known by its TLS key. @throws RefusedException for anyone else */
    public NodeCard admitNode(ServiceRequestContext context) {
        return Tls.peer(ring, context.sslSession())
                .orElseThrow(() -> new RefusedException(self + " answers this only to nodes of the ring " + ring.name()
                        + ", and the connection shows no certificate of one"));
    }

    /** Forgets nonces whose requests have expired. */
    void sweep() {
        long now = clock.millis();
        nonces.values().removeIf(expires -> expires < now);
    }
}
