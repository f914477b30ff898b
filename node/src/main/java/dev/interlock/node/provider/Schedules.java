package dev.interlock.node.provider;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.node.NodeServer;
import dev.interlock.node.log.Entry;
import dev.interlock.node.log.Event;
import dev.interlock.node.store.ObjectState;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.StoredObject;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.DestroyedException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Objects that are to be destroyed later. Schedules and cancels are numbered, and the highest counts; at a tie the cancel. At its time
 * a provider first asks the others, so that a cancel that didn't reach it isn't passed over; who asks or answers that it is due and
 * that it knows nothing later confirms no cancel after that.
 */
final class Schedules {
    private static final Logger log = LoggerFactory.getLogger(Schedules.class);
    private static final Duration LONGEST = Duration.ofDays(366);
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private final NodeServer server;
    private final RingDescriptor ring;
    private final Provider self;
    private final Store store;
    private final Objects objects;
    private final AtomicBoolean sweeping = new AtomicBoolean();
    private final ConcurrentMap<ObjectId, Long> askedNanos = new ConcurrentHashMap<>();

    Schedules(NodeServer server, Provider self, Store store, Objects objects) {
        this.server = server;
        this.ring = server.ring();
        this.self = self;
        this.store = store;
        this.objects = objects;
    }

    void route() {
        server.route(HttpMethod.POST, "/v1/objects/{object}/schedule", this::take)
                .route(HttpMethod.POST, "/v1/objects/{object}/due", this::due);
    }

    // ---- What the owner says ----

    private HttpResponse take(ServiceRequestContext context, HttpRequest request) throws Exception {
        ObjectId id = ObjectId.parse(String.valueOf(context.pathParam("object")));
        NodeServer.UserRequest asked = server.admit(
                context, request, Operation.SCHEDULE_DESTROY, Optional.of(id.toString()), Command.MAX_BYTES);
        Command.Authorised command = Command.Authorised.decode(asked.body());
        VerifyingKey user = asked.key();
        if (!command.command().object().equals(id)) {
            throw new BadInputException(self.name() + ": the command is about another object");
        }
        StoredObject object = objects.current(id, user);
        if (object.state() == ObjectState.DESTROYED) {
            throw new DestroyedException(self.name() + ": the object " + id + " was destroyed");
        }
        objects.requireCommand(command, user, objects.titles().title(id).orElseThrow());
        take(command.command(), command.signed(), object);
        long at = store.schedule(id)
                .flatMap(Store.Schedule::destroyAt)
                .map(Instant::toEpochMilli)
                .orElse(0L);
        return NodeServer.bytes(new ByteWriter().u64(at).toBytes());
    }

    private void take(Command command, Command.Signed signed, StoredObject object) {
        ObjectId id = command.object();
        Optional<Store.Schedule> before = store.schedule(id);
        switch (command.deed()) {
            case Command.Schedule(long atMillis) -> {
                Instant at = Instant.ofEpochMilli(atMillis);
                Instant now = server.clock().instant();
                if (at.isBefore(now) || at.isAfter(now.plus(LONGEST))) {
                    throw new BadInputException(self.name() + ": an object may be destroyed up to " + LONGEST.toDays()
                            + " days from now, not at " + at + " (here it is " + now + ")");
                }
                store.schedule(new Store.Schedule(id, command.number(), Optional.of(at), signed.encode(), false));
                objects.sessions().end(object.generation().id());
                server.audit().record(Entry.of(Event.SCHEDULED).object(id).time("erase", atMillis));
            }
            case Command.Cancel _ -> {
                store.schedule(new Store.Schedule(id, command.number(), Optional.empty(), signed.encode(), false));
                server.audit().record(Entry.of(Event.CANCELLED).object(id));
                if (before.filter(Store.Schedule::bound).isPresent()) {
                    throw new RefusedException(self.name() + ": the object " + id
                            + " is being destroyed: this provider said that it is due before it heard of the cancel");
                }
            }
            case Command.Destroy _, Command.DestroyForEver _, Command.Settle _, Command.HandOver _ ->
                throw new BadInputException(self.name() + ": the command schedules nothing");
        }
    }

    // ---- What another provider asks when the time has come ----

    /**
     * The answer: u8 1 where it is due by this provider's clock, too, and it knows nothing later; else u8 0 ‖ bytes of the later
     * command, or of none.
     */
    private HttpResponse due(ServiceRequestContext context, HttpRequest request) throws Exception {
        NodeCard from = server.gate().admitNode(context);
        if (from.role() != Role.PROVIDER) {
            throw new RefusedException(self.name() + " answers this only to providers");
        }
        ObjectId id = ObjectId.parse(String.valueOf(context.pathParam("object")));
        byte[] body = server.body(context, request, from, Command.MAX_BYTES);
        Command.Signed asked = Command.Signed.decode(body);
        Store.Schedule schedule = store.schedule(id)
                .filter(known -> known.number() >= asked.command().number())
                .orElseThrow(() -> new NoSuchObjectException(
                        self.name() + " doesn't know that the object " + id + " is to be destroyed"));
        boolean same = schedule.number() == asked.command().number()
                && schedule.destroyAt().isPresent()
                && asked.command().object().equals(id);
        if (!same) {
            return NodeServer.bytes(
                    new ByteWriter().u8(0).bytes(schedule.command()).toBytes());
        }
        if (server.clock().instant().isBefore(schedule.destroyAt().get())) {
            return NodeServer.bytes(new ByteWriter().u8(0).bytes(new byte[0]).toBytes());
        }
        store.bind(id, schedule.number());
        return NodeServer.bytes(new ByteWriter().u8(1).bytes(new byte[0]).toBytes());
    }

    // ---- What this provider does then ----

    void sweep() {
        if (sweeping.compareAndSet(false, true)) {
            var _ = server.threads().submit(() -> {
                try {
                    store.due(server.clock().instant()).forEach(this::eraseIfDue);
                } catch (RuntimeException e) {
                    log.error("destroying what is due failed", e);
                } finally {
                    sweeping.set(false);
                }
            });
        }
    }

    private void eraseIfDue(ObjectId id) {
        Long asked = askedNanos.get(id);
        if (asked != null && System.nanoTime() - asked < PAUSE.toNanos()) {
            return;
        }
        askedNanos.put(id, System.nanoTime());
        Optional<StoredObject> object = store.current(id).filter(each -> each.state() == ObjectState.COMMITTED);
        Optional<Store.Schedule> schedule =
                store.schedule(id).filter(each -> each.destroyAt().isPresent());
        if (object.isEmpty() || schedule.isEmpty()) {
            return;
        }
        store.bind(id, schedule.get().number());
        Token u = Token.decode(object.get().token());
        Tally tally = askOthers(u, schedule.get());
        int n = u.threshold().n();
        int t = u.threshold().t();
        // Itself is one of the t that say that it's due.
        if (tally.later() == null && tally.answered() >= n - t && tally.due() + 1 >= t) {
            byte[] _ = objects.erase(
                    object.get(),
                    new Store.Scope(id, Optional.empty()),
                    Command.Signed.decode(schedule.get().command()));
            askedNanos.remove(id);
            return;
        }
        if (tally.later() != null) {
            store.schedule(tally.later());
        }
        log.info(
                "object {}: it is time to destroy it, and {} of {} others agree; {} must",
                id,
                tally.due(),
                n - 1,
                t - 1);
    }

    /**
     * What the others said.
     *
     * @param answered how many did
     * @param due how many of these say that it's due by their clocks
     * @param later what supersedes the schedule, if one showed it
     */
    private record Tally(int answered, int due, Store.@Nullable Schedule later) {}

    private Tally askOthers(Token u, Store.Schedule schedule) {
        List<Future<Optional<byte[]>>> asked = u.providers().stream()
                .filter(x -> !x.equals(self.x()))
                .map(x -> server.threads().submit(() -> ask(ring.everProvider(x), u.object(), schedule)))
                .toList();
        int answered = 0;
        int due = 0;
        Store.@Nullable Schedule later = null;
        for (Future<Optional<byte[]>> each : asked) {
            try {
                Optional<byte[]> answer = each.get();
                if (answer.isEmpty()) {
                    continue;
                }
                ByteReader in = new ByteReader("the answer", answer.get());
                boolean says = in.u8() == 1;
                byte[] command = in.bytes();
                in.end();
                answered++;
                due += says ? 1 : 0;
                Optional<Store.Schedule> shown =
                        command.length == 0 ? Optional.empty() : superseding(command, u, schedule);
                if (shown.isPresent() && (later == null || shown.get().number() > later.number())) {
                    later = shown.get();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return new Tally(0, 0, null);
            } catch (ExecutionException | MalformedException e) {
                log.info("object {}: an answer can't be used: {}", u.object(), e.getMessage());
            }
        }
        return new Tally(answered, due, later);
    }

    private Optional<byte[]> ask(Provider other, ObjectId id, Store.Schedule schedule) {
        try {
            return Optional.of(server.peers()
                    .to(other.card())
                    .call(HttpMethod.POST, "/v1/objects/" + id + "/due", Optional.empty(), schedule.command()));
        } catch (InterlockException e) {
            return Optional.empty();
        }
    }

    /** A later command that O signed; a word without it is none. */
    private Optional<Store.Schedule> superseding(byte[] bytes, Token u, Store.Schedule schedule) {
        try {
            Command.Signed signed = Command.Signed.decode(bytes);
            signed.verify();
            Command command = signed.command();
            boolean cancels = command.deed() instanceof Command.Cancel;
            boolean later = command.number() > schedule.number() || (command.number() == schedule.number() && cancels);
            if (!command.title().continues(u.statement().title())
                    || !command.ring().equals(ring.id())
                    || !later
                    || !(cancels || command.deed() instanceof Command.Schedule)) {
                return Optional.empty();
            }
            return Optional.of(new Store.Schedule(
                    u.object(), command.number(), command.at().map(Instant::ofEpochMilli), bytes, false));
        } catch (MalformedException | BadSignatureException e) {
            return Optional.empty();
        }
    }
}
