package dev.interlock.client;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Destroying in two steps. Schedules and cancels are numbered, above every number that a provider showed: the highest counts. */
final class Scheduling {
    private final RingClient client;
    private final RingDescriptor ring;

    Scheduling(RingClient client) {
        this.client = client;
        this.ring = client.ring();
    }

    Scheduled schedule(ObjectId object, Duration after) throws InterruptedException {
        return tell(
                object,
                "a schedule",
                new Command.Schedule(client.clock().instant().plus(after).toEpochMilli()));
    }

    Scheduled cancel(ObjectId object) throws InterruptedException {
        return tell(object, "a cancel", new Command.Cancel());
    }

    private Scheduled tell(ObjectId object, String what, Command.Deed deed) throws InterruptedException {
        Lookup lookup = Lookup.complete(client, object, ring.providers());
        if (lookup.lost()) {
            throw lookup.unreadable(what);
        }
        Certified newest = lookup.newest().orElseThrow(() -> lookup.unreadable(what));
        Token token = newest.token();
        Command.Signed command = client.command(lookup.title(), lookup.nextCommandNumber(), deed);
        Map<String, Optional<Instant>> times = new LinkedHashMap<>();
        Map<String, InterlockException> failures = new LinkedHashMap<>();
        List<NodeCard> nodes = ring.providers().stream().map(Provider::card).toList();
        for (RingClient.Answer<Optional<Instant>> answer : client.askAll(nodes, node -> tell(node, object, command))) {
            switch (answer) {
                case RingClient.Value<Optional<Instant>>(NodeCard node, Optional<Instant> at) -> {
                    times.put(node.name(), at);
                    if (at.isPresent() != command.command().at().isPresent()) {
                        failures.put(node.name(), new RefusedException("it goes by a later word of the owner's"));
                    }
                }
                case RingClient.Failure<Optional<Instant>>(NodeCard node, InterlockException error) ->
                    failures.put(node.name(), error);
            }
        }
        if (times.isEmpty()) {
            // Nobody takes what is wrong in itself.
            failures.values().stream()
                    .filter(BadInputException.class::isInstance)
                    .findFirst()
                    .ifPresent(wrong -> {
                        throw wrong;
                    });
        }
        Map<String, String> why = new LinkedHashMap<>();
        failures.forEach((name, error) -> why.put(name, error.explanation()));
        return new Scheduled(
                object,
                times,
                why,
                acknowledged(newest, failures),
                openBy(token, times, false),
                openBy(token, times, true));
    }

    private Optional<Instant> tell(NodeCard node, ObjectId object, Command.Signed command) {
        ByteReader answer = new ByteReader(
                "the answer of " + node.name(),
                client.call(
                        node,
                        HttpMethod.POST,
                        "/v1/objects/" + object + "/schedule",
                        Operation.SCHEDULE_DESTROY,
                        object.toString(),
                        client.authorised(command, node.name()).encode()));
        long millis = answer.u64();
        answer.end();
        return millis == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }

    /** As a put is: by those that have a part of the object. */
    private boolean acknowledged(Certified newest, Map<String, InterlockException> failures) {
        List<ShareIndex> unsigned = newest.chain().unsigned();
        List<String> holders = ring.providers().stream()
                .filter(provider ->
                        newest.token().providers().contains(provider.x()) && !unsigned.contains(provider.x()))
                .map(Provider::name)
                .toList();
        Map<String, InterlockException> failed = new LinkedHashMap<>(failures);
        failed.keySet().retainAll(holders);
        return Committing.acknowledged(
                holders.size() - failed.size(),
                failed,
                newest.token().threshold().t());
    }

    /** Whether those without a time, or all but those with one, can open the object. */
    private boolean openBy(Token token, Map<String, Optional<Instant>> times, boolean othersToo) {
        return token.openableBy(ring.providers().stream()
                .filter(provider -> times.containsKey(provider.name())
                        ? times.get(provider.name()).isEmpty()
                        : othersToo)
                .map(Provider::x)
                .toList());
    }
}
