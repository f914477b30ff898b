package dev.interlock.node.provider;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Title;
import dev.interlock.node.NodeServer;
import dev.interlock.node.PeerWork;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.StoredObject;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.Commands;
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
 * Commands for providers that their owner can't reach: this provider carries them there, and obeys those that are brought to it.
 * Whoever carries one can lose it or be late, and nothing else: what it may do stands in it, signed by O and by the user's key at
 * the provider that it is for, which must still be served.
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

    /** U → a provider that it reached: commands for those that it didn't. */
    private HttpResponse take(ServiceRequestContext context, HttpRequest request) throws Exception {
        ObjectId id = ObjectId.parse(String.valueOf(context.pathParam("object")));
        NodeServer.UserRequest asked = server.admit(
                context,
                request,
                Operation.NOTIFY,
                Optional.of(id.toString()),
                ring.everyProvider().size() * Command.MAX_BYTES);
        // Who has no object here can't have anything carried: what is kept stays in proportion to what is stored.
        StoredObject _ = objects.current(id, asked.key());
        Title title = objects.titles().title(id).orElseThrow();
        List<Command.Authorised> commands = Commands.decode(asked.body()).commands();
        for (Command.Authorised command : commands) {
            verify(command);
            if (!command.command().title().equals(title)) {
                throw new BadInputException(self.name() + ": a command is about another object");
            }
            if (command.node().equals(self.name())
                    || ring.everProvider(command.node()).isEmpty()) {
                throw new BadInputException(self.name() + ": a command is for " + command.node()
                        + ", which is no other provider of the ring");
            }
        }
        commands.forEach(command -> store.keep(new Store.Notice(id, command.node(), command.encode())));
        return NodeServer.done();
    }

    /** Another provider brings a command; the answer is the receipt. */
    private HttpResponse obey(ServiceRequestContext context, HttpRequest request) throws Exception {
        NodeCard from = server.gate().admitNode(context);
        if (from.role() != Role.PROVIDER) {
            throw new RefusedException(self.name() + " takes commands from providers alone");
        }
        Command.Authorised command = Command.Authorised.decode(server.body(context, request, from, Command.MAX_BYTES));
        verify(command);
        if (!command.node().equals(self.name())) {
            throw new RefusedException(
                    RefusedException.Rule.OTHER_NODE, self.name() + ": the command is for " + command.node());
        }
        if (!server.gate().serves(command.key())) {
            throw new NodeException(
                    self.name(),
                    self.name()
                            + " doesn't serve the key any more that signed the command; its owner has to sign it again");
        }
        return NodeServer.bytes(objects.destroy(command, command.key()));
    }

    private void verify(Command.Authorised command) {
        try {
            command.verify();
        } catch (BadSignatureException e) {
            throw new RefusedException(
                    RefusedException.Rule.SIGNATURE, self.name() + ": the signature of a command doesn't hold");
        }
        if (!command.command().ring().equals(ring.id())) {
            throw new RefusedException(
                    RefusedException.Rule.OTHER_RING, self.name() + ": the command is for another ring");
        }
    }

    /** Brings commands to whoever can be reached again, beside what else is to be done every second. */
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
            store.drop(notice);
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
        store.drop(notice);
        return true;
    }
}
