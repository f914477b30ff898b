package dev.interlock.node.login;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.NodeServer;
import dev.interlock.node.log.Entry;
import dev.interlock.node.log.Event;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.request.Operation;
import java.nio.charset.StandardCharsets;
import java.time.Clock;

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
        server.route(HttpMethod.POST, "/v1/logins/{name}/admit", this::admit);
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
