package dev.interlock.node.provider;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeServer;
import dev.interlock.node.PeerWork;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.StoredObject;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.Notices;
import dev.interlock.protocol.request.DestroyNotice;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Destroy notices: this provider carries them to providers that the owner couldn't reach, and obeys those that are brought to
 * it. Whoever carries one can lose it or be late, and nothing else.
 */
final class Carrier {
    private static final Logger log = LoggerFactory.getLogger(Carrier.class);
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final int AT_ONCE = 1000;

    private final NodeServer server;
    private final RingDescriptor ring;
    private final Provider self;
    private final Store store;
    private final Objects objects;
    private final PeerWork<String, Store.Notice> delivering;
    private long lastNanos = System.nanoTime();

    Carrier(NodeServer server, Provider self, Store store, Objects objects) {
        this.server = server;
        this.ring = server.ring();
        this.self = self;
        this.store = store;
        this.objects = objects;
        this.delivering = new PeerWork<>(server.threads());
    }

    void route() {
        server.route(HttpMethod.POST, "/v1/objects/{object}/notices", this::take)
                .route(HttpMethod.POST, "/v1/notices", this::obey);
    }

    /** U → a provider that it reached: notices for those that it didn't. */
    private HttpResponse take(ServiceRequestContext context, HttpRequest request) throws Exception {
        ObjectId id = ObjectId.parse(String.valueOf(context.pathParam("object")));
        NodeServer.UserRequest asked = server.admit(
                context,
                request,
                Operation.NOTIFY,
                Optional.of(id.toString()),
                ring.everyProvider().size() * DestroyNotice.MAX_BYTES);
        // Who has no object here can't have anything carried: what is kept stays in proportion to what is stored.
        var _ = objects.owned(id, asked.key());
        List<DestroyNotice> notices = Notices.decode(asked.body()).notices();
        for (DestroyNotice notice : notices) {
            verify(notice);
            if (!notice.object().equals(id)) {
                throw new BadInputException(self.name() + ": a notice is about another object");
            }
            if (notice.node().equals(self.name())
                    || ring.everProvider(notice.node()).isEmpty()) {
                throw new BadInputException(self.name() + ": a notice is for " + notice.node()
                        + ", which is no other provider of the ring");
            }
        }
        notices.forEach(notice -> store.keep(new Store.Notice(id, notice.node(), notice.encode())));
        return NodeServer.done();
    }

    /** Another provider brings a notice; the answer is the receipt. */
    private HttpResponse obey(ServiceRequestContext context, HttpRequest request) throws Exception {
        NodeCard from = server.gate().admitNode(context);
        if (from.role() != Role.PROVIDER) {
            throw new RefusedException(self.name() + " takes notices from providers alone");
        }
        DestroyNotice notice = DestroyNotice.decode(server.body(context, request, from, DestroyNotice.MAX_BYTES));
        verify(notice);
        if (!notice.node().equals(self.name())) {
            throw new RefusedException(
                    RefusedException.Rule.OTHER_NODE, self.name() + ": the notice is for " + notice.node());
        }
        StoredObject object = objects.owned(notice.object(), notice.key());
        server.gate().requireIn(ring.of(Token.decode(object.token())), from);
        return NodeServer.bytes(objects.erase(object));
    }

    private void verify(DestroyNotice notice) {
        try {
            notice.verify();
        } catch (BadSignatureException e) {
            throw new RefusedException(
                    RefusedException.Rule.SIGNATURE, self.name() + ": the signature of a destroy notice doesn't hold");
        }
        if (!notice.ring().equals(ring.id())) {
            throw new RefusedException(
                    RefusedException.Rule.OTHER_RING, self.name() + ": the destroy notice is for another ring");
        }
    }

    /** Brings notices to whoever can be reached again. */
    void sweep() {
        if (System.nanoTime() - lastNanos < PAUSE.toNanos()) {
            return;
        }
        delivering.begin(
                store.notices(AT_ONCE).stream().collect(Collectors.groupingBy(Store.Notice::node)), this::deliver);
        lastNanos = System.nanoTime();
    }

    /** @return false when the node can't be reached, or can't do it now */
    private boolean deliver(Store.Notice notice) {
        Optional<Provider> to = ring.everProvider(notice.node());
        if (to.isEmpty()) {
            // It left the ring.
            store.drop(notice.object(), notice.node());
            return true;
        }
        try {
            byte[] _ = server.peers()
                    .to(to.get().card())
                    .call(HttpMethod.POST, "/v1/notices", Optional.empty(), notice.bytes());
            log.info("object {}: {} destroyed it, having been told", notice.object(), notice.node());
        } catch (NodeException e) {
            return false;
        } catch (InterlockException | MalformedException e) {
            // It never had the object, or won't be told: its owner hears of that from the node itself.
            log.info("object {}: {} isn't told again: {}", notice.object(), notice.node(), e.getMessage());
        }
        store.drop(notice.object(), notice.node());
        return true;
    }
}
