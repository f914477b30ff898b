package dev.interlock.client;

import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.message.SessionReport;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import java.util.List;

/**
 * Finds who held up a pass. In a chain of hops the first error that reaches the user need not come from the one at
 * fault: a stopped hop looks the same to both its neighbours. So everyone on the route is asked how far they came.
 */
final class Diagnosis {
    private Diagnosis() {}

    /** The most telling error: broken integrity with a culprit, a node that doesn't answer, or the first one there was. */
    static InterlockException of(
            RingClient client, List<NodeCard> route, StatementHash session, InterlockException first)
            throws InterruptedException {
        if (!(first instanceof NodeException)) {
            return first;
        }
        List<RingClient.Answer<SessionReport>> reports = client.askAll(
                route,
                node -> Json.read(
                        "the report of " + node.name(),
                        client.get(node, "/v1/sessions/" + session, Operation.REPORT, session.toString()),
                        SessionReport.class));
        for (RingClient.Answer<SessionReport> answer : reports) {
            if (answer instanceof RingClient.Value<SessionReport>(NodeCard node, SessionReport report)) {
                for (SessionReport.At at : report.stations()) {
                    Problem problem = at.problem();
                    if (problem != null && problem.toException(node.name()) instanceof IntegrityException broken) {
                        return broken;
                    }
                }
            }
        }
        for (RingClient.Answer<SessionReport> answer : reports) {
            if (answer instanceof RingClient.Failure<SessionReport>(NodeCard node, NodeException silent)
                    && silent.node().equals(node.name())) {
                return silent;
            }
        }
        return first;
    }
}
