package dev.interlock.node.provider;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Acceptance;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Handover;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeServer;
import dev.interlock.node.admission.Allowance;
import dev.interlock.node.admission.Allowances;
import dev.interlock.node.log.Entry;
import dev.interlock.node.log.Event;
import dev.interlock.node.store.ObjectState;
import dev.interlock.node.store.Processes;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.StoredObject;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import dev.interlock.protocol.message.Commands;
import dev.interlock.protocol.message.HandoverMessage;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.Provider;
import java.util.List;
import java.util.Optional;

/**
 * Whose the objects are here. A handover is obeyed where O says it, the user's key at this provider lets it be done, and the next
 * owner wants it; from then on nothing by an earlier owner counts. Of two handovers by one owner, which no honest one signs, the
 * first that comes stays.
 */
final class Titles {
    private static final int MAX_BYTES = Objects.MAX_CERTIFICATE_BYTES + Commands.MOST * Command.MAX_BYTES;

    private final NodeServer server;
    private final Provider self;
    private final Store store;
    private final Objects objects;

    Titles(NodeServer server, Provider self, Store store, Objects objects) {
        this.server = server;
        this.self = self;
        this.store = store;
        this.objects = objects;
    }

    void route() {
        server.route(HttpMethod.POST, "/v1/objects/{object}/title", this::take)
                .route(HttpMethod.GET, "/v1/objects/{object}/title", this::show);
    }

    /** By the last handover, or as the newest generation here says; empty for an object that isn't known. */
    Optional<Title> title(ObjectId object) {
        Optional<Title> made = store.current(object)
                .map(current -> Token.decode(current.token()).statement().title());
        return last(object)
                .flatMap(Command::handedOver)
                .filter(title -> made.filter(each -> !title.continues(each)).isEmpty())
                .or(() -> made);
    }

    /** The owner's word by which the object was handed over here, the last time. */
    Optional<Command.Signed> handover(ObjectId object) {
        return store.lastHandover(object).map(Command.Signed::decode);
    }

    private Optional<Command> last(ObjectId object) {
        return handover(object).map(Command.Signed::command);
    }

    /** A new generation is its present owner's, as far as is known here. */
    void requireCurrent(Statement w) {
        title(w.object()).filter(known -> !known.equals(w.title())).ifPresent(known -> {
            throw other(known, w.title());
        });
    }

    /** Why something with this title doesn't count. */
    RefusedException other(Title known, Title shown) {
        return new RefusedException(
                Rule.OWNER,
                known.continues(shown)
                        ? self.name() + ": the object " + known.object() + " was handed over to another owner"
                        : shown.continues(known)
                                ? self.name() + " wasn't told that the object " + known.object() + " was handed over"
                                : self.name() + ": the object " + known.object() + " isn't this owner's");
    }

    /** All that the owner before made but what was handed over is nobody's. */
    void requireHandedOver(Token u) {
        if (last(u.object()).filter(handover -> handover.leavesOut(u)).isPresent()) {
            throw new RefusedException(
                    Rule.OWNER,
                    self.name() + ": the object " + u.object()
                            + " was handed over with another generation; nothing else that its owner before made counts");
        }
    }

    private HttpResponse take(ServiceRequestContext context, HttpRequest request) throws Exception {
        ObjectId id = ObjectId.parse(String.valueOf(context.pathParam("object")));
        NodeServer.UserRequest asked =
                server.admit(context, request, Operation.HAND_OVER, Optional.of(id.toString()), MAX_BYTES);
        HandoverMessage message = HandoverMessage.decode(asked.body());
        List<Command.Authorised> mine = message.commands().commands().stream()
                .filter(each -> each.node().equals(self.name()))
                .toList();
        if (mine.size() != 1) {
            throw new BadInputException(
                    self.name() + ": there is no handover for " + self.name() + ", or more than one");
        }
        try (Processes.Turn _ = store.processes().turn("title " + id)) {
            handOver(id, mine.getFirst(), message.certificate(), asked.key(), asked.body());
        }
        return NodeServer.done();
    }

    /** One at a time: of two by one owner the second finds the first. */
    private synchronized void handOver(
            ObjectId id, Command.Authorised command, Certificate certificate, VerifyingKey asks, byte[] all) {
        if (!command.command().object().equals(id)
                || !(command.command().deed()
                        instanceof
                        Command.HandOver(
                                Handover handover,
                                int epoch,
                                long highest,
                                StatementHash generation,
                                Acceptance acceptance))) {
            throw new BadInputException(self.name() + ": the command hands this object over to nobody");
        }
        StoredObject object =
                store.current(id).orElseThrow(() -> new NoSuchObjectException(self.name() + " has no object " + id));
        VerifyingKey user = VerifyingKey.of(object.user());
        if (!asks.equals(user) && !asks.equals(acceptance.key())) {
            throw new RefusedException(
                    Rule.OTHER_ASKER, self.name() + ": the object " + id + " belongs to another user");
        }
        Title before = title(id).orElseThrow();
        if (command.command().handedOver().equals(Optional.of(before)) && user.equals(acceptance.key())) {
            return;
        }
        // Where the next owner had it repaired, it is theirs here already, and only the title is to be learnt.
        objects.requireCommand(command, user.equals(acceptance.key()) ? command.key() : user, before);
        if (!acceptance.node().equals(self.name())) {
            throw new RefusedException(Rule.OTHER_NODE, self.name() + ": the acceptance is for " + acceptance.node());
        }
        for (VerifyingKey key : List.of(command.key(), acceptance.key())) {
            if (!server.gate().serves(key)) {
                throw new RefusedException(
                        Rule.UNKNOWN_USER,
                        self.name() + " doesn't know this user: its operator can let " + key + " in");
            }
        }
        if (object.state() == ObjectState.DESTROYED) {
            throw new DestroyedException(self.name() + ": the object " + id + " was destroyed");
        }
        if (store.schedule(id).flatMap(Store.Schedule::destroyAt).isPresent()) {
            throw new RefusedException(
                    self.name() + ": the object " + id + " is to be destroyed; its owner has to take that back first");
        }
        if (!certificate.token().id().equals(generation)) {
            throw new BadInputException(
                    self.name() + ": the certificate is of another generation than the one that is handed over");
        }
        // Where it was away at the commit; and what it keeps for others holds.
        store.find(generation)
                .filter(here -> here.state() == ObjectState.PREPARED || here.state() == ObjectState.COMMITTED)
                .ifPresent(here -> objects.commit(here, certificate));
        keep(
                command,
                theOnly(id, command.command()),
                new Store.HandedOver(
                        id,
                        before.handovers().size(),
                        acceptance.key().bytes(),
                        command.signed().encode(),
                        all));
        server.audit()
                .recordDurably(Entry.of(Event.HANDED_OVER)
                        .object(id)
                        .generation(generation)
                        .with("to", acceptance.key()));
    }

    /**
     * What is handed over, if that is what is here: of two handovers with different generations, at different providers, none would
     * be readable.
     */
    private Token theOnly(ObjectId id, Command handover) {
        StoredObject here = store.current(id).orElseThrow();
        Token u = Token.decode(here.token());
        if (here.state() != ObjectState.COMMITTED || handover.leavesOut(u)) {
            throw new RefusedException(
                    Rule.OWNER, self.name() + " has another generation of " + id + " than the one that is handed over");
        }
        return u;
    }

    private void keep(Command.Authorised command, Token u, Store.HandedOver handedOver) {
        Allowances allowances = server.allowances();
        String holder = VerifyingKey.of(handedOver.user()).toString();
        // It counts as theirs from now on: there must be room for it.
        try (Allowance.Lease _ = allowances.of(Allowances.Kind.OBJECTS).take(holder, 1);
                Allowance.Lease _ = allowances
                        .of(Allowances.Kind.DISK)
                        .take(holder, u.layout().padTotal())) {
            store.handOver(handedOver);
        }
        objects.sessions().end(u.id());
        for (StoredObject prepared : store.prepared(u.object())) {
            if (prepared.certificate().length == 0 && command.command().leavesOut(Token.decode(prepared.token()))) {
                objects.forget(prepared.generation().id(), "handed over without it");
            }
        }
    }

    /** All handovers, each as it was told, for the next owner to bring to those that weren't. */
    private HttpResponse show(ServiceRequestContext context, HttpRequest request) {
        ObjectId id = ObjectId.parse(String.valueOf(context.pathParam("object")));
        VerifyingKey user =
                server.gate().admit(context, Operation.TITLE, id.toString()).key();
        StoredObject _ = objects.current(id, user);
        List<Store.HandedOver> all = store.handovers(id);
        ByteWriter out = new ByteWriter().u8(all.size());
        all.forEach(each -> out.bytes(each.commands()));
        return NodeServer.bytes(out.toBytes());
    }
}
