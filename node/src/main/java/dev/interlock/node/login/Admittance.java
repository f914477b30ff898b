package dev.interlock.node.login;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.NodeServer;
import dev.interlock.node.log.Entry;
import dev.interlock.node.log.Event;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.request.Operation;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/** How a dealer, which keeps nothing of a login, comes to serve who is enrolled: by a ticket of its operator's. */
public final class Admittance {
    private static final int MAX_TICKET_BYTES = 64;

    private final NodeServer server;
    private final NodeFolder folder;
    private final Tickets tickets;
    private final Clock clock;

    public Admittance(NodeServer server, NodeFolder folder, Clock clock) {
        this.server = server;
        this.folder = folder;
        this.tickets = new Tickets(folder);
        this.clock = clock;
    }

    public void route() {
        server.route(HttpMethod.POST, "/v1/logins/{name}/admit", this::admit)
                .route(HttpMethod.POST, "/v1/logins/{name}/succeed", this::succeed);
    }

    /** A dealer holds no record: it goes by the certified one, and by the word of the key that it serves now. */
    private HttpResponse succeed(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = new UserName(String.valueOf(context.pathParam("name")));
        NodeServer.StrangerRequest asked =
                server.admitStranger(context, request, Operation.ENROL, name.text(), Messages.Succession.MAX_BYTES);
        Messages.Succession succession = Messages.Succession.decode(asked.body());
        CertifiedRecord record = succession.verify(server.ring(), folder.card().name(), name, asked.key());
        List<VerifyingKey> before = succession.before().stream()
                .map(Messages.Succession.Before::key)
                .toList();
        if (before.stream().noneMatch(server.gate()::lists)) {
            throw new RefusedException(
                    RefusedException.Rule.UNKNOWN_USER,
                    folder.card().name() + " doesn't know this user: its operator can let " + asked.key() + " in");
        }
        folder.succeed(
                name.text(),
                before,
                Optional.of(asked.key()),
                record.record().line().version());
        server.audit()
                .recordDurably(Entry.of(Event.SUCCEEDED)
                        .with("name", name)
                        .with("root", record.record().line().version())
                        .user(asked.key()));
        return NodeServer.done();
    }

    private HttpResponse admit(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = new UserName(String.valueOf(context.pathParam("name")));
        NodeServer.StrangerRequest asked =
                server.admitStranger(context, request, Operation.ENROL, name.text(), MAX_TICKET_BYTES);
        String ticket = new String(asked.body(), StandardCharsets.US_ASCII);
        if (!server.gate().serves(asked.key())) {
            byte[] _ = tickets.require(ticket, name, clock.instant());
            tickets.use(ticket, asked.key());
            folder.allow(name.text(), asked.key().toString());
            server.audit()
                    .recordDurably(Entry.of(Event.ENROLLED).with("name", name).user(asked.key()));
        }
        return NodeServer.done();
    }
}
