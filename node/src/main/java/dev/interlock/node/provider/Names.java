package dev.interlock.node.provider;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.node.NodeServer;
import dev.interlock.node.admission.Allowance;
import dev.interlock.node.admission.Allowances;
import dev.interlock.node.store.NameStore;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import dev.interlock.protocol.names.NameEntry;
import dev.interlock.protocol.names.NameHead;
import dev.interlock.protocol.names.NameMessages;
import dev.interlock.protocol.names.NameTag;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.Provider;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Users' names at one provider (SPEC §16). It keeps the latest of each entry that its owner signed, for the user who asks, and shows
 * it to that user alone; what stands in it is sealed.
 */
final class Names {
    private final NodeServer server;
    private final Provider self;
    private final NameStore store;

    Names(NodeServer server, Provider self, NameStore store) {
        this.server = server;
        this.self = self;
        this.store = store;
    }

    void route() {
        server.route(HttpMethod.POST, "/v1/names", this::set)
                .route(HttpMethod.GET, "/v1/names", this::list)
                .route(HttpMethod.POST, "/v1/names/find", this::find)
                .route(HttpMethod.GET, "/v1/names/states", this::states)
                .route(HttpMethod.GET, "/v1/names/digest", this::digest);
    }

    private HttpResponse set(ServiceRequestContext context, HttpRequest request) throws Exception {
        NodeServer.UserRequest asked =
                server.admit(context, request, Operation.SET_NAMES, Optional.of(""), NameMessages.MAX_BYTES);
        NameMessages.Set set = NameMessages.Set.decode(asked.body());
        // Who reads in this epoch asks its providers: nothing new stays with those of an earlier one.
        if (set.epoch() != server.ring().epoch()) {
            throw new RefusedException(
                    Rule.OTHER_EPOCH,
                    self.name() + ": the ring is in epoch " + server.ring().epoch()
                            + ", and names are set in that one, not in " + set.epoch()
                            + ": get the ring's new descriptor");
        }
        for (NameEntry entry : set.entries()) {
            if (!entry.ring().equals(server.ring().id())) {
                throw new RefusedException(Rule.OTHER_RING, self.name() + ": the name's entry is of another ring");
            }
            entry.verify();
        }
        byte[] user = asked.key().bytes();
        List<NameStore.Kept> entries = set.entries().stream().map(Names::kept).toList();
        try (Allowance.Lease _ = room(asked.key(), user, entries);
                Allowance.Lease _ = server.allowances()
                        .of(Allowances.Kind.DISK)
                        .take(
                                asked.key().toString(),
                                entries.stream()
                                        .mapToLong(each -> each.entry().length)
                                        .sum())) {
            return NodeServer.bytes(NameMessages.encode(store.set(user, entries, NameMessages.MAX_BYTES)));
        } catch (NameStore.OtherOwner e) {
            throw new RefusedException(
                    Rule.OWNER,
                    self.name() + ": the name's entry here is of another owner's key, which alone changes it");
        }
    }

    private static NameStore.Kept kept(NameEntry entry) {
        return new NameStore.Kept(
                entry.key().bytes(),
                entry.tag().bytes(),
                entry.number(),
                entry.head().hash(),
                entry.before(),
                entry.encode());
    }

    /** What is new counts; what changes stays one. */
    private Allowance.Lease room(VerifyingKey key, byte[] user, List<NameStore.Kept> entries) {
        long fresh =
                store.missing(user, entries.stream().map(NameStore.Kept::tag).toList());
        return server.allowances().of(Allowances.Kind.OBJECTS).take(key.toString(), fresh);
    }

    private HttpResponse find(ServiceRequestContext context, HttpRequest request) throws Exception {
        NodeServer.UserRequest asked =
                server.admit(context, request, Operation.FIND_NAMES, Optional.of(""), NameMessages.MAX_BYTES);
        List<byte[]> tags =
                NameMessages.tags(asked.body()).stream().map(NameTag::bytes).toList();
        return server.bytes(context, asked.key(), NameMessages.MAX_BYTES, () -> {
            NameStore.Found found = store.find(asked.key().bytes(), tags, NameMessages.MAX_BYTES);
            return NameMessages.Found.encode(found.looked(), found.entries());
        });
    }

    private HttpResponse list(ServiceRequestContext context, HttpRequest request) {
        String after = context.queryParams().get("after", "");
        VerifyingKey user =
                server.gate().admit(context, Operation.LIST_NAMES, after).key();
        return server.bytes(
                context,
                user,
                NameMessages.MAX_BYTES,
                () -> NameMessages.encode(
                        store.list(user.bytes(), tag(after), NameMessages.PAGE, NameMessages.MAX_BYTES)));
    }

    private HttpResponse states(ServiceRequestContext context, HttpRequest request) {
        return range(context, "states", NameMessages.PAGE, NameMessages::states);
    }

    /** Of one more than a page has: who compares it with a page sees that there are more. */
    private HttpResponse digest(ServiceRequestContext context, HttpRequest request) {
        return range(
                context,
                "digest",
                NameMessages.PAGE + 1,
                states -> NameMessages.Digest.of(states).encode());
    }

    private HttpResponse range(
            ServiceRequestContext context, String what, int most, Function<List<NameHead>, byte[]> answer) {
        String after = context.queryParams().get("after", "");
        String upTo = context.queryParams().get("up-to", "");
        VerifyingKey user = server.gate()
                .admit(context, Operation.LIST_NAMES, what + "/" + after + "/" + upTo)
                .key();
        return server.bytes(
                context,
                user,
                NameMessages.PAGE * NameHead.BYTES,
                () -> answer.apply(store.states(user.bytes(), tag(after), tag(upTo), most).stream()
                        .map(each -> new NameHead(new NameTag(each.tag()), each.number(), each.hash()))
                        .toList()));
    }

    private static Optional<byte[]> tag(String hex) {
        return hex.isEmpty() ? Optional.empty() : Optional.of(NameTag.parse(hex).bytes());
    }
}
