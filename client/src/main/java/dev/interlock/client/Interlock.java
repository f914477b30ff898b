package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Acceptances;
import dev.interlock.protocol.Evidence;
import dev.interlock.protocol.Proof;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peers;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * A user's view of one ring: puts, gets, lists, describes and destroys objects, in all three protocols and both profiles.
 * Safe for use by many threads; every failure is an {@link InterlockException} or comes from the caller's own channel.
 */
public final class Interlock implements AutoCloseable {
    /** Enough to hide the round trips; the ring serves others, too. */
    private static final int AT_ONCE = 4;

    private final RingClient client;
    private volatile Runnable atClose = () -> {};

    private Interlock(RingClient client) {
        this.client = client;
    }

    /** Takes over the credential and closes it with this. What is learned of the providers ends with this, too. */
    public static Interlock open(RingDescriptor ring, Credential credential, Deadlines deadlines) {
        Clock clock = Clock.systemUTC();
        return open(ring, credential, deadlines, new ProviderRecord(ProviderRecord.State.EMPTY, clock));
    }

    /**
     * Takes over the credential and closes it with this.
     *
     * @param record goes on with what is known of the providers, and may be shared by several users of a ring; {@link
     *     RecordFile} keeps it
     */
    public static Interlock open(
            RingDescriptor ring, Credential credential, Deadlines deadlines, ProviderRecord record) {
        Peers own = new Peers(Optional.empty(), deadlines);
        return new Interlock(
                new RingClient(ring, credential, own, own::close, record, new SecureRandom(), Clock.systemUTC()));
    }

    /**
     * The same over connections that stay the caller's, and may serve many.
     *
     * @param connections with the deadlines of all that is asked over them
     */
    public static Interlock open(RingDescriptor ring, Credential credential, Peers connections, ProviderRecord record) {
        return new Interlock(
                new RingClient(ring, credential, connections, () -> {}, record, new SecureRandom(), Clock.systemUTC()));
    }

    /**
     * Hears of every provider that lies to this user, with the evidence.
     *
     * @param listener called on whichever thread found it; what it throws breaks the operation off
     */
    public void onLie(Consumer<Evidence> listener) {
        client.onLie(listener);
    }

    /**
     * Hears when a put failed its check because its stream was changed on the way, and is made again, once, with every
     * provider signing for what it hands on: that names the one at fault, or stores the object after all.
     *
     * @param listener called with what the first try failed for; what it throws breaks the put off
     */
    public void onRepeat(Consumer<IntegrityException> listener) {
        client.onRepeat(listener);
    }

    /** Hears of requests; see {@link #onRequest}. */
    @FunctionalInterface
    public interface Leaving {
        /**
         * @param subject the session's, generation's or object's id, as it is signed
         * @param body empty where it's a stream; as secret as the request is, and wiped when that is sent
         */
        void request(String node, Operation operation, String subject, byte[] body);
    }

    /**
     * Hears of each request just before it leaves, on the thread that sends it: to watch what is done, or to let it wait. What was
     * asked before this was called isn't told.
     *
     * @param listener what it throws fails the request
     */
    public void onRequest(Leaving listener) {
        client.onRequest(listener);
    }

    /** Does something when this is closed, after the record has its last entry. */
    public void onClose(Runnable task) {
        atClose = task;
    }

    /** What was seen of the providers so far. */
    public ProviderRecord record() {
        return client.record();
    }

    public RingDescriptor ring() {
        return client.ring();
    }

    /** @see #put(ReadableByteChannel, long, PutOptions, LongConsumer) */
    public Token put(ReadableByteChannel in, long length) throws IOException, InterruptedException {
        return put(in, length, PutOptions.DEFAULT, _ -> {});
    }

    /**
     * Stores {@code length} bytes. When it returns, every provider that the token says was there holds what it must durably,
     * and any t of them open the object (with what the user keeps, in protocols 1 and 2); when it throws, nothing was stored, but
     * where too few confirmed it.
     *
     * @param in one that can seek is read again from where it stood if the stream is changed on its way ({@link #onRepeat})
     * @param length in bytes, exactly what the channel has
     * @param options which protocol, in which profile
     * @param progress told of bytes as they go out
     * @throws TooFewProvidersException unless all n providers take part, or as many as the options ask for
     * @throws dev.interlock.protocol.error.UnsettledException where too few confirm it: {@link #settle} decides it later
     */
    public Token put(ReadableByteChannel in, long length, PutOptions options, LongConsumer progress)
            throws IOException, InterruptedException {
        return Putting.put(client, in, length, options, progress);
    }

    /** @see #get(ObjectId, WritableByteChannel, GetOptions, LongConsumer, LongConsumer) */
    public Fetched get(ObjectId object, WritableByteChannel out) throws IOException, InterruptedException {
        return get(object, out, GetOptions.DEFAULT, _ -> {}, _ -> {});
    }

    /**
     * Writes an object's bytes out, each chunk of 1 MiB after it was checked against the token's commitment.
     *
     * @param options what the user keeps, and from whom to get it
     * @param start told the object's length before the first byte
     * @param progress told of bytes as they are written
     */
    public Fetched get(
            ObjectId object, WritableByteChannel out, GetOptions options, LongConsumer start, LongConsumer progress)
            throws IOException, InterruptedException {
        RingClient there = readable(object);
        List<Provider> from =
                options.from().isEmpty() ? there.ring().providers() : providers(there.ring(), options.from());
        return Getting.get(there, object, from, options, out, start, progress);
    }

    /** For the epoch that the object can be read in: a ring that changed keeps objects of earlier epochs until they are moved. */
    private RingClient readable(ObjectId object) throws InterruptedException {
        if (hasOneEpoch()) {
            return client;
        }
        Lookup lookup = CatchingUp.enough(client, object, ring().everyProvider());
        return lookup.generations().stream()
                .filter(lookup::suffices)
                .findFirst()
                .or(lookup::newest)
                .map(generation -> client.at(generation.token().epoch()))
                .orElse(client);
    }

    /** For the epoch that its newest generation is of. */
    private RingClient where(ObjectId object) throws InterruptedException {
        if (hasOneEpoch()) {
            return client;
        }
        return Lookup.complete(client, object, ring().everyProvider())
                .token()
                .map(token -> client.at(token.epoch()))
                .orElse(client);
    }

    private boolean hasOneEpoch() {
        return ring().epochs().size() == 1 || !ring().isCurrent();
    }

    /**
     * One object of a batch.
     *
     * @param in open; stays the caller's to close
     * @param length in bytes, exactly what the channel has
     */
    public record Source(ReadableByteChannel in, long length) {}

    /**
     * Puts many objects side by side, each by itself: one that fails leaves the others alone. In the order given.
     *
     * @param options for all of them; without a user key, which serves one object
     */
    public List<Attempt<Token>> putAll(List<Source> objects, PutOptions options) throws InterruptedException {
        if (options.userKey().isPresent()) {
            throw new BadInputException("a user key serves one object, and a batch has many: put them one by one");
        }
        return Batch.run(objects.stream()
                .<Callable<Token>>map(object -> () -> put(object.in(), object.length(), options, _ -> {}))
                .toList());
    }

    /**
     * One object of a batch, and where it goes.
     *
     * @param out open; stays the caller's to close
     */
    public record Target(ObjectId object, WritableByteChannel out) {}

    /**
     * Gets many objects side by side; one that fails leaves the others alone. Small ones are asked for in one request a provider, 64 at
     * once at most. In the order given.
     */
    public List<Attempt<Fetched>> getAll(List<Target> objects, GetOptions options) throws InterruptedException {
        if (!hasOneEpoch()) {
            return Batch.run(objects.stream()
                    .<Callable<Fetched>>map(
                            target -> () -> get(target.object(), target.out(), options, _ -> {}, _ -> {}))
                    .toList());
        }
        List<Provider> from = options.from().isEmpty() ? ring().providers() : providers(ring(), options.from());
        List<OpenBatch> batches = new ArrayList<>();
        List<Callable<Fetched>> tasks = new ArrayList<>();
        for (Target target : objects) {
            if (batches.isEmpty() || !batches.getLast().add(target.object())) {
                OpenBatch next = new OpenBatch(client);
                boolean _ = next.add(target.object());
                batches.add(next);
            }
            OpenBatch batch = batches.getLast();
            tasks.add(() -> get(target, from, options, batch));
        }
        try {
            return Batch.run(tasks);
        } finally {
            batches.forEach(OpenBatch::close);
        }
    }

    private Fetched get(Target target, List<Provider> from, GetOptions options, OpenBatch batch)
            throws IOException, InterruptedException {
        ObjectId object = target.object();
        try {
            return Getting.get(client, object, from, options, target.out(), _ -> {}, _ -> {}, batch.of(object));
        } finally {
            batch.leave(object);
        }
    }

    /** The user's committed objects, newest first, as far as the providers that answer know them. */
    public List<Listed> list() throws InterruptedException {
        return new Listing(client).list();
    }

    /** The user's names for their objects. */
    public Names names() {
        return new Names(client);
    }

    /**
     * Brings all that was made under earlier versions of the user's root secret over to the newest one. May be broken off and repeated.
     *
     * @param since the oldest version of which something may be left
     * @param done hears of each object that was looked at
     */
    public BroughtOver bringOver(int since, Consumer<ObjectId> done) throws InterruptedException {
        return new BringingOver(client).bringOver(since, done);
    }

    /** The devices that have logged in as the user. */
    public DeviceBook devices() {
        return new DeviceBook(client);
    }

    /** What every provider says of one object; the token was checked under its certificate. */
    public ObjectStatus info(ObjectId object) throws InterruptedException {
        return new Describing(where(object)).info(object);
    }

    /** Proof that all providers of the object took part in its put; for {@link Proof#verify} anywhere. */
    public Proof proof(ObjectId object) throws InterruptedException {
        return new Describing(where(object)).proof(object);
    }

    /**
     * Decides what was left undecided of an object, by a client that was lost or whose certificate reached too few: what any
     * provider knows to be certified is shown to all that took part; what all n of them say that they confirm no more is forgotten.
     *
     * @return one for each such generation; empty where nothing is undecided
     */
    public List<Settled> settle(ObjectId object) throws InterruptedException {
        return new Settling(client).settle(object);
    }

    /**
     * One provider erased what it had of an object.
     *
     * @param count how many have by now
     * @param last whether with this one nobody can open the object any more
     */
    public record Erased(String provider, int count, boolean last) {}

    /**
     * Has providers erase their shares for ever.
     *
     * @param at the names of the providers; empty for all
     * @param erased told of each receipt as it comes
     */
    public Destruction destroy(ObjectId object, List<String> at, Consumer<Erased> erased) throws InterruptedException {
        RingClient there = where(object);
        return new Destroying(there).destroy(object, providers(there.ring(), at), erased);
    }

    /**
     * What this user gives an object's owner who is to hand it over to them. Asks nobody, and changes nothing by itself.
     *
     * @param object which they may know from its owner
     */
    public Acceptances accept(ObjectId object) {
        return client.accept(object);
    }

    /**
     * Makes an object another owner's: it keeps its id, and from then on only they open, renew and destroy it.
     *
     * @param to what they gave for it
     * @throws dev.interlock.protocol.error.IntegrityException where that isn't for this object and ring
     * @throws TooFewProvidersException where too few providers take it; repeating it goes on
     */
    public HandedOver handOver(ObjectId object, Acceptances to) throws InterruptedException {
        return new HandingOver(where(object)).handOver(object, to);
    }

    /**
     * Has all providers destroy an object at a later time, each by its own clock, and close it until then.
     *
     * @param after from now; it replaces what was asked before
     */
    public Scheduled scheduleDestroy(ObjectId object, Duration after) throws InterruptedException {
        return new Scheduling(where(object)).schedule(object, after);
    }

    /** Takes that back, wherever it hasn't happened yet; what is open again can be read as before. */
    public Scheduled cancelDestroy(ObjectId object) throws InterruptedException {
        return new Scheduling(where(object)).cancel(object);
    }

    /**
     * Gives a provider back what it lost of this user's objects: the others' hops rebuild its share at x_k, and nobody else
     * sees a byte of it. May be broken off and repeated: what is there already stays.
     *
     * @param provider its name; it runs, with its own keys
     * @param objects which; empty for all that the other providers know
     * @param pace how long after one object the next may begin; zero for as fast as it goes
     * @param done told of each object, on whichever thread is through with it
     * @return as {@code done} was told, in the order of the objects
     */
    public List<Repaired> repair(String provider, List<ObjectId> objects, Duration pace, Consumer<Repaired> done)
            throws InterruptedException {
        Provider repaired = ring().everProvider(provider)
                .orElseThrow(() -> new BadInputException("the ring " + ring().name() + " has no provider " + provider));
        return each(
                objects.isEmpty() ? ids() : objects,
                pace,
                object -> new Repairing(where(object), repaired).repair(object),
                done);
    }

    /**
     * Gives objects a new pad, and with it new shares, in the ring where they are (SPEC §10): what was stolen of the old pad below t
     * is worth nothing, and the plaintext is outside the pads nowhere. Needs all providers. May be broken off and repeated.
     *
     * @param objects which; empty for all
     * @param pace how long after one object the next may begin; zero for as fast as it goes
     * @param done told of each object, on whichever thread is through with it
     * @return as {@code done} was told, in the order of the objects
     */
    public List<Renewed> replace(List<ObjectId> objects, Duration pace, Consumer<Renewed> done)
            throws InterruptedException {
        return renew(false, objects, pace, done);
    }

    /**
     * Gives objects new shares of the pads that they have (SPEC §10): old and new shares together below t are worth nothing. As
     * {@link #replace}, but no ciphertext moves.
     */
    public List<Renewed> refresh(List<ObjectId> objects, Duration pace, Consumer<Renewed> done)
            throws InterruptedException {
        return renew(true, objects, pace, done);
    }

    private List<Renewed> renew(boolean ofZero, List<ObjectId> objects, Duration pace, Consumer<Renewed> done)
            throws InterruptedException {
        return each(
                objects.isEmpty() ? ids() : objects,
                pace,
                object -> new Renewing(where(object), ofZero).renew(object),
                done);
    }

    /**
     * Moves objects into another ring (SPEC §10): other providers, other t and n, and the ids stay. Needs all providers of that ring
     * and what opens the objects in this one. May be broken off and repeated; some ring opens each object at any time. Their names follow
     * by {@link #reshareNames}.
     *
     * @param to the other ring; stays the caller's to close
     */
    public List<Renewed> reshare(List<ObjectId> objects, Interlock to, Duration pace, Consumer<Renewed> done)
            throws InterruptedException {
        if (to.ring().id().equals(ring().id())) {
            throw new BadInputException(
                    "the objects are in the ring \"" + ring().name() + "\" already", new Advice.Replace());
        }
        return each(
                objects.isEmpty() ? ids() : objects,
                pace,
                object -> new Moving(where(object), to.client).move(object),
                done);
    }

    /**
     * Has the user's names follow objects that are in another ring by now and not in this one any more: the names stand for them there,
     * and here no more. May be broken off and repeated.
     *
     * @param objects those that were asked for in {@link #reshare}; empty for all
     * @param to the other ring
     */
    public NamesMoved reshareNames(List<ObjectId> objects, Interlock to) throws InterruptedException {
        return new MovingNames(names(), to.names())
                .follow(objects, object -> new Moving(where(object), to.client).hasMoved(object));
    }

    /**
     * Has objects follow a ring that changed: those of earlier epochs move into this one, as {@link #reshare} moves them into another
     * ring. Needs all providers of this epoch and what opens the objects in theirs. May be broken off and repeated; one epoch or the
     * other opens each object at any time.
     *
     * @param objects which; empty for all that are of an earlier epoch, or have left something there
     */
    public List<Renewed> follow(List<ObjectId> objects, Duration pace, Consumer<Renewed> done)
            throws InterruptedException {
        return each(
                objects.isEmpty() ? behind() : objects,
                pace,
                object -> new Moving(where(object), client).follow(object),
                done);
    }

    private List<ObjectId> behind() throws InterruptedException {
        return list().stream()
                .filter(each -> each.epoch() < ring().epoch() || !each.left().isEmpty())
                .map(Listed::object)
                .toList();
    }

    private List<ObjectId> ids() throws InterruptedException {
        return list().stream().map(Listed::object).toList();
    }

    /** Something done to one object. */
    private interface Task<T> {
        T apply(ObjectId object) throws InterruptedException;
    }

    private static <T> List<T> each(List<ObjectId> objects, Duration pace, Task<T> task, Consumer<T> done)
            throws InterruptedException {
        Pace slots = new Pace(pace);
        List<Attempt<T>> attempts = Batch.run(
                objects.stream()
                        .<Callable<T>>map(object -> () -> {
                            slots.await();
                            T result = task.apply(object);
                            done.accept(result);
                            return result;
                        })
                        .toList(),
                AT_ONCE);
        List<T> results = new ArrayList<>();
        for (Attempt<T> attempt : attempts) {
            results.add(Batch.result(attempt));
        }
        return results;
    }

    private static List<Provider> providers(RingDescriptor ring, List<String> names) {
        return names.stream()
                .distinct()
                .map(name -> ring.provider(name)
                        .orElseThrow(
                                () -> new BadInputException("the ring " + ring.name() + " has no provider " + name)))
                .toList();
    }

    @Override
    public void close() {
        client.close();
        atClose.run();
    }
}
