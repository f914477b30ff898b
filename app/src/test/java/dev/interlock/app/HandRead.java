package dev.interlock.app;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.secret.Keystream;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.message.SessionReport;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Inbound;
import dev.interlock.wire.RecordReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** A get by hand, step by step, to be left, repeated or spoilt at any of them. */
final class HandRead implements AutoCloseable {
    private final RawUser user;
    private final RingDescriptor ring;
    private final Read.Plan plan;

    /** By the first t of the object's providers, its home first. */
    HandRead(RawUser user, Token token) {
        this.user = user;
        this.ring = user.ring();
        List<ShareIndex> s = token.providers().subList(0, ring.threshold().t());
        this.plan = Read.plan(ring, token, user.maker(), s, token.home(), Blinding.EXPANDED);
    }

    String session() {
        return plan.id().toString();
    }

    List<String> route() {
        return plan.path().stream().map(x -> ring.provider(x).name()).toList();
    }

    void order(String node) {
        byte[] body = plan.session().order(node).encode();
        byte[] unused = user.call(node, HttpMethod.POST, "/v1/sessions", Operation.ORDER, session(), body);
    }

    /** An order that was made for one node, given to another. */
    void orderMadeFor(String node, String to) {
        byte[] body = plan.session().order(node).encode();
        byte[] unused = user.call(to, HttpMethod.POST, "/v1/sessions", Operation.ORDER, session(), body);
    }

    // Step 1: in any order; what comes before an order waits for it.
    HandRead orders() {
        route().reversed().forEach(this::order);
        return this;
    }

    Inbound begin() {
        String last = route().getLast();
        return user.peer(last)
                .download(
                        "/v1/sessions/" + session() + "/stations/"
                                + plan.route().last().place(),
                        Optional.of(user.header(last, Operation.STREAM, session(), new byte[0])))
                .open();
    }

    // Step 3: P.
    byte[] receive() throws IOException, InterruptedException {
        byte[] flow = new byte[(int) plan.layout().padTotal()];
        try (RecordReader in = new RecordReader(begin(), user.deadlines().stall())) {
            in.fill(MemorySegment.ofArray(flow));
        }
        plan.blindSeeds().values().forEach(seed -> {
            try (Keystream blind = new Keystream(seed.segment())) {
                blind.addTo(MemorySegment.ofArray(flow));
            }
        });
        return flow;
    }

    SessionReport report(String node) {
        return Json.read(
                "the report",
                user.call(node, HttpMethod.GET, "/v1/sessions/" + session(), Operation.REPORT, session(), new byte[0]),
                SessionReport.class);
    }

    @Override
    public void close() {
        plan.close();
    }
}
