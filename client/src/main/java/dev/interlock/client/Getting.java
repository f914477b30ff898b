package dev.interlock.client;

import dev.interlock.core.secret.Keystream;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.SmallRead;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * One get: U's side of {@link Read}, over the network. It finds the newest generation that enough providers have, and reads it
 * through the ring, directly, or in protocol 1 from a home; again with other providers while enough are left, and from the chunk on
 * that isn't out yet.
 */
final class Getting implements AutoCloseable {
    private final RingClient client;
    private final RingDescriptor ring;
    private final ObjectId object;
    private final List<Provider> candidates;
    private final GetOptions options;
    private final LongConsumer start;
    private final ChunkOutput out;
    private final Choosing choosing;
    private final Opener opener;
    /** Protocol 1, once the object is known to be of it. */
    private Optional<SealedGet> sealed = Optional.empty();
    /** Whether the length was told. */
    private boolean started;

    private Getting(
            RingClient client,
            ObjectId object,
            List<Provider> candidates,
            GetOptions options,
            LongConsumer start,
            ChunkOutput out,
            Opener opener) {
        this.client = client;
        this.opener = opener;
        this.ring = client.ring();
        this.object = object;
        this.candidates = candidates;
        this.options = options;
        this.start = start;
        this.out = out;
        this.choosing = new Choosing(client);
    }

    static Fetched get(
            RingClient client,
            ObjectId object,
            List<Provider> candidates,
            GetOptions options,
            WritableByteChannel out,
            LongConsumer start,
            LongConsumer progress)
            throws IOException, InterruptedException {
        return get(client, object, candidates, options, out, start, progress, Opener.alone(client, object));
    }

    /** @param opener for the object, where it is small */
    static Fetched get(
            RingClient client,
            ObjectId object,
            List<Provider> candidates,
            GetOptions options,
            WritableByteChannel out,
            LongConsumer start,
            LongConsumer progress,
            Opener opener)
            throws IOException, InterruptedException {
        ChunkOutput chunks = new ChunkOutput(out, client.deadlines().stall().toNanos() / 2, progress);
        try (Getting getting = new Getting(client, object, candidates, options, start, chunks, opener)) {
            return getting.run();
        }
    }

    private Fetched run() throws IOException, InterruptedException {
        if (options.way() != GetOptions.Way.AUTO) {
            return read(CatchingUp.enough(client, object, candidates));
        }
        try (SmallOpen small = new SmallOpen(client, object, opener)) {
            Lookup lookup = CatchingUp.opening(client, candidates, small);
            Optional<Fetched> opened = open(lookup, small);
            return opened.isPresent() ? opened.get() : read(lookup);
        }
    }

    /** What came with the first answers, where that is all; empty where the object is to be read by another way. */
    private Optional<Fetched> open(Lookup lookup, SmallOpen small) throws IOException, InterruptedException {
        Optional<Choice> chosen = choosing.choose(lookup).filter(choice -> SmallRead.isFor(choice.token()));
        if (chosen.isEmpty()) {
            return Optional.empty();
        }
        Choice choice = chosen.get();
        begin(choice.token());
        try (Blind<MemorySegment> pad = ReadMasks.userPad(choice.token(), options, 0)) {
            return switch (small.combine(choice, pad)) {
                case SmallOpen.Opened(MemorySegment chunk) -> {
                    out.release(choice.token().layout(), 0, chunk);
                    yield Optional.of(fetched(choice, choosing.failed()));
                }
                // By parts under their providers' signatures: who lies again leaves evidence.
                case SmallOpen.Wrong _ -> Optional.of(direct(lookup, choice));
                case SmallOpen.Missing _ -> Optional.empty();
            };
        } catch (InterlockException e) {
            // Others may serve it, by other ways; if not, these say why.
            return Optional.empty();
        }
    }

    /** Before anything is released: what the user keeps must be there, and the length is told. */
    private void begin(Token token) {
        if (!started) {
            requireEnough(token);
            requireKeys(token);
            start.accept(token.length());
            started = true;
        }
    }

    private Fetched read(Lookup first) throws IOException, InterruptedException {
        Lookup lookup = first;
        while (true) {
            try {
                return readOne(lookup);
            } catch (NodeException | IntegrityException | RefusedException | TooFewProvidersException e) {
                Lookup later = CatchingUp.enough(client, object, candidates);
                if (!hasNewer(later, lookup)) {
                    throw e;
                }
                // A new pad or new shares took the old one's place meanwhile. P is the same: the rest comes from there.
                choosing.failed().clear();
                lookup = later;
            }
        }
    }

    private static boolean hasNewer(Lookup later, Lookup before) {
        return later.token()
                .filter(u -> before.token()
                        .map(old -> !u.id().equals(old.id()) && Certified.isLater(u, old))
                        .orElse(true))
                .isPresent();
    }

    /** Reads what was found, by one choice of providers after the other. */
    private Fetched readOne(Lookup found) throws IOException, InterruptedException {
        Lookup lookup = found;
        lookup.token().ifPresent(this::requireEnough);
        while (true) {
            Optional<Choice> chosen = choosing.choose(lookup);
            if (chosen.isEmpty() && lookup.held().size() + lookup.errors().size() < candidates.size()) {
                // The quick ones weren't enough after all; hear the slow ones out.
                lookup = CatchingUp.complete(client, object, candidates);
                chosen = choosing.choose(lookup);
            }
            if (chosen.isEmpty()) {
                throw unreadable(lookup);
            }
            Optional<Fetched> fetched = read(lookup, chosen.get());
            if (fetched.isPresent()) {
                return fetched.get();
            }
        }
    }

    /** @return empty where others are to try it; what failed is noted then */
    private Optional<Fetched> read(Lookup lookup, Choice choice) throws IOException, InterruptedException {
        Token token = choice.token();
        begin(token);
        boolean direct = options.way() != GetOptions.Way.RING && !token.scheme().sealed();
        try {
            if (token.scheme().sealed()) {
                return sealed().fetch(choice) ? Optional.of(fetched(choice, choosing.failed())) : Optional.empty();
            }
            return Optional.of(options.way() == GetOptions.Way.DIRECT ? direct(lookup, choice) : pass(lookup, choice));
        } catch (IntegrityException e) {
            if (options.way() != GetOptions.Way.AUTO || !direct) {
                throw e;
            }
            e.culprits().forEach(name -> {
                client.record().failed(name);
                choosing.failed().putIfAbsent(name, e.explanation());
            });
            try {
                return Optional.of(direct(lookup, choice));
            } catch (TooFewProvidersException tooFew) {
                throw e.culprits().isEmpty() ? tooFew : e;
            }
        } catch (NodeException e) {
            if (options.way() == GetOptions.Way.DIRECT && direct) {
                throw e;
            }
            if (out.ownDelay()) {
                // Whoever takes our output was slow, and the providers rightly gave up: nobody is to blame.
                out.forgetDelay();
                return Optional.empty();
            }
            // One of S is dead or slow: a detour round it, in a new session.
            if (choosing.failed().put(e.node(), e.explanation()) != null
                    || ring.provider(e.node()).isEmpty()) {
                throw e;
            }
            client.record().failed(e.node());
            return direct ? Optional.of(direct(lookup, choice)) : Optional.empty();
        }
    }

    private SealedGet sealed() {
        SealedGet get = sealed.orElseGet(
                () -> new SealedGet(client, options.privateKey().orElseThrow(), out, choosing));
        sealed = Optional.of(get);
        return get;
    }

    private InterlockException unreadable(Lookup lookup) {
        Optional<InterlockException> why = sealed.flatMap(SealedGet::why);
        if (why.isPresent()) {
            return why.get();
        }
        if (choosing.failed().isEmpty()) {
            return lookup.unreadable("a get");
        }
        Map<String, String> absent = new LinkedHashMap<>(choosing.failed());
        lookup.errors().forEach((name, error) -> absent.putIfAbsent(name, error.explanation()));
        List<Held> left = lookup.readable().stream()
                .filter(each -> !choosing.failed().containsKey(each.provider().name()))
                .toList();
        return lookup.tooFew("a get", left, absent);
    }

    /** Whoever names providers must name as many as a read takes; in protocol 1 that is one home. */
    private void requireEnough(Token token) {
        int needed = token.scheme().sealed() ? 1 : token.threshold().t();
        if (candidates.size() < needed) {
            throw new BadInputException(
                    "a get needs t = " + needed + " providers, " + candidates.size() + " were named");
        }
    }

    /** What the user keeps must be there, and be for this object, before anybody is asked for anything. */
    private void requireKeys(Token token) {
        if (token.scheme().sealed() && options.privateKey().isEmpty()) {
            throw new BadInputException(
                    object
                            + " was put with protocol 1: it opens with the private key of the public key that it was put to",
                    new Advice.UsePrivateKey(object.toString()));
        }
        if (token.scheme().protocol() == 2) {
            UserKeyFile key = options.userKey()
                    .orElseThrow(() -> new BadInputException(
                            object + " was put with protocol 2: it opens with the user key that the put wrote",
                            new Advice.UseUserKey(object.toString())));
            long needed = key.kind() == UserKeyFile.Kind.EXPANDED
                    ? Keystream.SEED_BYTES
                    : token.layout().padTotal();
            if (!key.ring().equals(ring.id())) {
                throw new BadInputException("the user key " + key.path() + " is for the ring " + key.ring()
                        + ", this is the ring " + ring.id());
            }
            if (!key.object().equals(object)) {
                throw new BadInputException(
                        "the user key " + key.path() + " is for the object " + key.object() + ", not for " + object);
            }
            if ((key.kind() == UserKeyFile.Kind.SHARE) == token.scheme().blinded() || key.keyBytes() != needed) {
                throw new BadInputException("the user key " + key.path() + " doesn't fit " + object + ": " + key.kind()
                        + " of " + key.keyBytes() + " bytes");
            }
        }
    }

    private Read.Plan plan(Choice choice) {
        return Read.plan(
                ring,
                choice.token(),
                client.maker(),
                choice.s(),
                choice.home().x(),
                choice.token().scheme().blinded() ? options.blinding() : Blinding.NONE);
    }

    // The read through the ring: by this choice, or by another that is quicker.
    private Fetched pass(Lookup lookup, Choice choice) throws IOException, InterruptedException {
        ChunkLayout layout = choice.token().layout();
        try (Race<Choice> race = new Race<>(
                client,
                each -> ReadPass.begin(
                        client, options, plan(each), home -> Manifests.of(client, each.token(), home)))) {
            Map<String, String> others = new LinkedHashMap<>();
            Race<Choice>.Runner winner =
                    race.winner(choice, (late, silent) -> choosing.beside(lookup, late, silent), others);
            out.release(layout, 0, winner.first());
            for (int k = 1; k < layout.count(); k++) {
                out.release(layout, k, winner.pass().chunk());
            }
            others.putAll(choosing.failed());
            return fetched(winner.choice(), others);
        }
    }

    private Fetched fetched(Choice choice, Map<String, String> detours) {
        return new Fetched(
                choice.token(),
                choice.s().stream().map(x -> ring.provider(x).name()).toList(),
                choice.home().name(),
                Map.of(),
                Map.copyOf(detours));
    }

    // The direct read of SPEC §9, from the first chunk that isn't out yet.
    private Fetched direct(Lookup lookup, Choice choice) throws IOException, InterruptedException {
        Token token = choice.token();
        ChunkLayout layout = token.layout();
        List<Provider> best = choosing.bestFirst(lookup, choice.generation(), candidates);
        byte[] manifest = layout.count() == 1 ? new byte[0] : Manifests.ofAny(client, token, best);
        try (Blind<MemorySegment> pad = ReadMasks.userPad(token, options, out.released());
                DirectRead read = new DirectRead(client, choice.generation().chain(), best, pad, manifest)) {
            for (int k = out.released(); k < layout.count(); k++) {
                out.release(layout, k, read.chunk(k));
            }
            Map<String, String> detours = new LinkedHashMap<>(choosing.failed());
            detours.putAll(read.failed());
            return new Fetched(token, read.providers(), read.home(), read.found(), detours);
        }
    }

    @Override
    public void close() {
        sealed.ifPresent(SealedGet::close);
    }
}
