package dev.interlock.client;

import dev.interlock.protocol.Json;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.message.SessionReport;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import java.time.Duration;
import java.util.List;

/** Protocol 1: the sealed shares on their way to the homes. */
final class SealedShares {
    private static final Duration POLL = Duration.ofMillis(20);

    private final RingClient client;
    private final Write.Plan plan;
    private final List<NodeCard> route;

    SealedShares(RingClient client, Write.Plan plan, List<NodeCard> route) {
        this.client = client;
        this.plan = plan;
        this.route = route;
    }

    /** A provider signs once its sealed share is durable at every home, which may take longer than the pass. */
    void await() throws InterruptedException {
        long before = -1;
        long since = System.nanoTime();
        while (true) {
            long moved = 0;
            boolean done = true;
            for (RingClient.Answer<SessionReport> answer : client.askAll(route, this::report)) {
                switch (answer) {
                    case RingClient.Failure<SessionReport>(NodeCard node, InterlockException error) -> throw error;
                    case RingClient.Value<SessionReport>(NodeCard node, SessionReport report) -> {
                        for (SessionReport.At at : report.stations()) {
                            Problem problem = at.problem();
                            if (problem != null) {
                                throw problem.toException(node.name());
                            }
                            moved += at.bytes();
                            done &= at.progress() == SessionReport.Progress.DONE;
                        }
                    }
                }
            }
            if (done) {
                return;
            }
            if (moved != before) {
                before = moved;
                since = System.nanoTime();
            } else if (System.nanoTime() - since > client.deadlines().stall().toNanos()) {
                throw new NodeException(
                        route.getFirst().name(),
                        "the sealed shares of " + plan.object() + " don't reach their homes: nothing moved for "
                                + client.deadlines().stall().toSeconds() + " s");
            }
            Thread.sleep(POLL);
        }
    }

    private SessionReport report(NodeCard node) {
        String session = plan.id().toString();
        return Json.read(
                "the report of " + node.name(),
                client.get(node, "/v1/sessions/" + session, Operation.REPORT, session),
                SessionReport.class);
    }
}
