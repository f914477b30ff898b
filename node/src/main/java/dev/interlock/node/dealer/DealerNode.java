package dev.interlock.node.dealer;

import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.random.DealerRandom;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.NodeServer;
import dev.interlock.node.log.AuditLog;
import dev.interlock.node.login.Admittance;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.ring.Role;
import dev.interlock.wire.Deadlines;
import java.time.Clock;

/** A node that does nothing but deal. */
public final class DealerNode implements AutoCloseable {
    private final NodeServer server;
    private final DealerService service;
    private final DealtOnce dealtOnce;
    private final Admittance admittance;

    /**
     * @param audit closed with the node
     * @param kernel makes shares of what is drawn
     * @param random seeds every dealing's own generator; when it fails, this node deals nothing more
     */
    public DealerNode(
            NodeFolder folder,
            AuditLog audit,
            FieldKernel kernel,
            DealerRandom random,
            Deadlines deadlines,
            Clock clock) {
        if (folder.card().role() != Role.DEALER) {
            throw new BadInputException(
                    folder.path() + " is the folder of a " + folder.card().role());
        }
        this.server = new NodeServer(folder, audit, deadlines, clock);
        this.dealtOnce = DealtOnce.open(folder.path());
        this.admittance = new Admittance(server, folder, clock);
        this.service = new DealerService(server, kernel, random, dealtOnce);
    }

    public void start() {
        service.route();
        admittance.route();
        server.start();
    }

    /** See {@link NodeServer#isWell}. */
    public boolean isWell() {
        return server.isWell();
    }

    @Override
    public void close() {
        server.close();
        dealtOnce.close();
    }
}
