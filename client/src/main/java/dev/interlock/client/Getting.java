package dev.interlock.client;

import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.SealedException;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.message.CommitMessage;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.RecordReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One get: U's side of {@link Read}, over the network, again with other providers while enough are left. */
final class Getting implements AutoCloseable {
    private final RingClient client;
    private final RingDescriptor ring;
    private final ObjectId object;
    private final GetOptions options;
    private final WritableByteChannel out;
    private final LongConsumer progress;
    /** Providers that failed this get, and how. */
    private final Map<String, String> failed = new LinkedHashMap<>();
    /** Protocol 1: what a home gave that couldn't be used, or broke off. */
    private final Map<HomeShare, RuntimeException> damaged = new LinkedHashMap<>();
    /** Protocol 1: the last home whose ciphertext or manifest was wrong. */
    private Optional<IntegrityException> corrupt = Optional.empty();
    /** Protocol 1: opens what is released. */
    private Optional<OpeningOutput> opening = Optional.empty();
    /** Chunks that went out already; a second attempt checks them again and doesn't write them twice. */
    private int released;
    /** Whether the length was told. */
    private boolean started;
    /** Whether a write of ours took so long that providers may have taken it for our end. */
    private boolean ownDelay;

    /** The sealed share of x at a home. */
    private record HomeShare(String home, ShareIndex x) {}

    private Getting(
            RingClient client, ObjectId object, GetOptions options, WritableByteChannel out, LongConsumer progress) {
        this.client = client;
        this.ring = client.ring();
        this.object = object;
        this.options = options;
        this.out = out;
        this.progress = progress;
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
        try (Getting getting = new Getting(client, object, options, out, progress)) {
            return getting.run(candidates, start);
        }
    }

    private Fetched run(List<Provider> candidates, LongConsumer start) throws IOException, InterruptedException {
        Lookup lookup = Lookup.enough(client, object, candidates);
        while (true) {
            try {
                return read(lookup, candidates, start);
            } catch (NodeException | IntegrityException | RefusedException | TooFewProvidersException e) {
                Lookup later = Lookup.enough(client, object, candidates);
                if (later.generation() <= lookup.generation()) {
                    throw e;
                }
                // A new pad or new shares took the old one's place meanwhile. P is the same: the rest comes from there.
                failed.clear();
                lookup = later;
            }
        }
    }

    private Fetched read(Lookup found, List<Provider> candidates, LongConsumer start)
            throws IOException, InterruptedException {
        Lookup lookup = found;
        lookup.token().ifPresent(token -> requireEnough(token, candidates.size()));
        while (true) {
            Optional<Choice> chosen = choose(lookup);
            if (chosen.isEmpty() && lookup.readable().size() + lookup.errors().size() < candidates.size()) {
                // The quick ones weren't enough after all; hear the slow ones out.
                lookup = Lookup.complete(client, object, candidates);
                chosen = choose(lookup);
            }
            if (chosen.isEmpty()) {
                throw unreadable(lookup);
            }
            Choice choice = chosen.get();
            if (!started) {
                requireKeys(choice.token());
                start.accept(choice.token().length());
                started = true;
            }
            if (options.way() == GetOptions.Way.DIRECT
                    && !choice.token().scheme().sealed()) {
                return direct(lookup, choice.token(), candidates);
            }
            try {
                if (choice.token().scheme().sealed()) {
                    fetchSealed(choice);
                    return fetched(choice, failed);
                }
                return pass(lookup, choice);
            } catch (DamagedShareException e) {
                // It's noted; the next choice does without it.
            } catch (CorruptHomeException e) {
                failed.put(choice.home().name(), e.error().explanation());
                corrupt = Optional.of(e.error());
            } catch (IntegrityException e) {
                if (options.way() != GetOptions.Way.AUTO) {
                    throw e;
                }
                e.culprits().forEach(name -> {
                    client.record().failed(name);
                    failed.putIfAbsent(name, e.explanation());
                });
                try {
                    return direct(lookup, choice.token(), candidates);
                } catch (TooFewProvidersException tooFew) {
                    throw e.culprits().isEmpty() ? tooFew : e;
                }
            } catch (NodeException e) {
                if (ownDelay) {
                    // Whoever takes our output was slow, and the providers rightly gave up: nobody is to blame.
                    ownDelay = false;
                    continue;
                }
                // One of S is dead or slow: a detour round it, in a new session.
                if (failed.put(e.node(), e.explanation()) != null
                        || ring.provider(e.node()).isEmpty()) {
                    throw e;
                }
                client.record().failed(e.node());
                if (options.way() == GetOptions.Way.AUTO
                        && !choice.token().scheme().sealed()) {
                    return direct(lookup, choice.token(), candidates);
                }
            }
        }
    }

    /**
     * Who is to serve the read.
     *
     * @param s the providers of S, home first where it's among them
     */
    private record Choice(Token token, Provider home, List<ShareIndex> s) {
        boolean serves(ShareIndex x) {
            return home.x().equals(x) || s.contains(x);
        }

        /** All who take part. */
        Set<ShareIndex> party() {
            Set<ShareIndex> party = new HashSet<>(s);
            party.add(home.x());
            return party;
        }
    }

    private Optional<Choice> choose(Lookup lookup) {
        return choose(lookup, _ -> 0);
    }

    /**
     * S: a home first, then the others, the best first; empty when there aren't enough.
     *
     * @param suspicion against a provider, beside what is in the record
     */
    private Optional<Choice> choose(Lookup lookup, ToIntFunction<Provider> suspicion) {
        Map<Provider, Lookup.Holding> readable = new LinkedHashMap<>();
        lookup.readable().forEach(holding -> readable.put(holding.provider(), holding));
        List<Lookup.Holding> usable = client.record().ranked(List.copyOf(readable.keySet())).stream()
                .filter(provider -> !failed.containsKey(provider.name()))
                .sorted(Comparator.comparing(provider -> isUnchecked(readable.get(provider))))
                .sorted(Comparator.comparingInt(suspicion))
                .map(readable::get)
                .toList();
        for (Lookup.Holding home : usable) {
            Token token = home.token();
            if (!token.homes().contains(home.provider().x())) {
                continue;
            }
            // Protocol 1: home has the shares of all, sealed; otherwise each provider has its own.
            Stream<ShareIndex> sources = token.scheme().sealed()
                    ? token.providers().stream()
                            .filter(x -> !damaged.containsKey(
                                    new HomeShare(home.provider().name(), x)))
                    : Stream.concat(
                            Stream.of(home.provider().x()),
                            usable.stream()
                                    .map(holding -> holding.provider().x())
                                    .filter(x -> !x.equals(home.provider().x())));
            int readers = token.scheme().readers(ring.threshold());
            List<ShareIndex> s = sources.limit(readers).toList();
            if (s.size() == readers) {
                return Optional.of(new Choice(token, home.provider(), s));
            }
        }
        return Optional.empty();
    }

    /** The write check saw no share of those that were missing: what of it is wrong would show only in a read. */
    private static boolean isUnchecked(Lookup.@Nullable Holding holding) {
        return holding != null
                && holding.token().missing().contains(holding.provider().x());
    }

    private InterlockException unreadable(Lookup lookup) {
        if (corrupt.isPresent()) {
            return corrupt.get();
        }
        Map<HomeShare, RuntimeException> wrong = new LinkedHashMap<>(damaged);
        wrong.values().removeIf(NodeException.class::isInstance);
        if (!wrong.isEmpty()) {
            return damagedShares(wrong);
        }
        damaged.forEach((share, e) -> failed.putIfAbsent(share.home(), String.valueOf(e.getMessage())));
        if (failed.isEmpty()) {
            return lookup.unreadable("a get");
        }
        Map<String, String> absent = new LinkedHashMap<>(failed);
        lookup.errors().forEach((name, error) -> absent.putIfAbsent(name, error.explanation()));
        List<Lookup.Holding> left = lookup.readable().stream()
                .filter(holding -> !failed.containsKey(holding.provider().name()))
                .toList();
        return lookup.tooFew("a get", left, absent);
    }

    /** Too few sealed shares are left: either all are sealed to another key, or homes gave damaged ones. */
    private InterlockException damagedShares(Map<HomeShare, RuntimeException> wrong) {
        boolean otherKey = wrong.values().stream().allMatch(SealedException.WrongKey.class::isInstance);
        String first = String.valueOf(wrong.values().iterator().next().getMessage());
        return otherKey
                ? new BadInputException(first + ": give the private key that belongs to it")
                : new IntegrityException(
                        "too few of the sealed shares of " + object + " are good: " + first + ". Nothing wrong was"
                                + " released",
                        wrong.keySet().stream().map(HomeShare::home).distinct().toList());
    }

    /** Whoever names providers must name as many as a read takes; in protocol 1 that is one home. */
    private void requireEnough(Token token, int named) {
        int needed = token.scheme().sealed() ? 1 : token.scheme().readers(ring.threshold());
        if (named < needed) {
            throw new BadInputException("a get needs "
                    + (token.scheme().readWithUser() ? "t−1 = " : "t = ") + needed + " providers, " + named
                    + " were named");
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
                choice.s(),
                choice.home().x(),
                choice.token().scheme().blinded() ? options.blinding() : Blinding.NONE,
                client.random());
    }

    /** The read through the ring: by this choice, or by another that is quicker. */
    private Fetched pass(Lookup lookup, Choice choice) throws IOException, InterruptedException {
        Token token = choice.token();
        ChunkLayout layout = token.layout();
        try (Race<Choice> race = new Race<>(
                client, each -> ReadPass.begin(client, options, plan(each), home -> manifest(each.token(), home)))) {
            Map<String, String> others = new LinkedHashMap<>();
            Race<Choice>.Runner winner = race.winner(choice, (late, silent) -> beside(lookup, late, silent), others);
            release(layout, 0, winner.first(), out);
            for (int k = 1; k < layout.count(); k++) {
                release(layout, k, winner.pass().chunk(), out);
            }
            others.putAll(failed);
            return fetched(winner.choice(), others);
        }
    }

    private Fetched fetched(Choice choice, Map<String, String> detours) {
        return new Fetched(
                choice.token(),
                choice.s().stream().map(x -> ring.provider(x).name()).toList(),
                choice.home().name(),
                Map.copyOf(detours));
    }

    /**
     * Another set, with as few as possible of those that may hold up the others: whoever hasn't taken its order, then the
     * first set, then the next ones.
     */
    private Optional<Choice> beside(Lookup lookup, List<Choice> late, List<String> silent) throws InterruptedException {
        Token token = late.getFirst().token();
        if (!token.scheme().blinded()) {
            // As printed, every more pass shows the hops more.
            return Optional.empty();
        }
        lookup.more(client);
        return choose(lookup, provider -> {
                    int suspicion = silent.contains(provider.name()) ? 1 : 0;
                    for (Choice each : late) {
                        suspicion = 2 * suspicion + (each.serves(provider.x()) ? 1 : 0);
                    }
                    return suspicion;
                })
                .filter(choice -> late.stream().noneMatch(each -> each.party().equals(choice.party()))
                        && silent.stream()
                                .noneMatch(name -> choice.serves(
                                        ring.provider(name).orElseThrow().x())));
    }

    private byte[] manifest(Token token, Provider home) {
        return Lookup.manifest(client, token, home);
    }

    private void release(ChunkLayout layout, int k, MemorySegment chunk, WritableByteChannel to) throws IOException {
        if (k == released) {
            ByteBuffer m = chunk.asSlice(ChunkLayout.RANDOMIZER_BYTES).asByteBuffer();
            long begun = System.nanoTime();
            while (m.hasRemaining()) {
                var _ = to.write(m);
            }
            ownDelay |= System.nanoTime() - begun > client.deadlines().stall().toNanos() / 2;
            released++;
            progress.accept(layout.dataLength(k));
        }
    }

    // The direct read of DESIGN §8, from the first chunk that isn't out yet.
    private Fetched direct(Lookup lookup, Token token, List<Provider> candidates)
            throws IOException, InterruptedException {
        CommitMessage commit = lookup.commit().orElseThrow();
        ChunkLayout layout = token.layout();
        List<Provider> best = bestFirst(lookup, candidates);
        byte[] manifest = layout.count() == 1 ? new byte[0] : anyManifest(token, best);
        try (DirectRead read = new DirectRead(client, commit, best);
                Blind<MemorySegment> pad = ReadMasks.userPad(token, options, released)) {
            for (int k = released; k < layout.count(); k++) {
                MemorySegment chunk = read.chunk(k);
                pad.addTo(chunk);
                // Every part is what its provider is bound to, so a wrong chunk was wrong when it was put.
                Read.checkChunk(token, manifest, k, chunk, List.of());
                release(layout, k, chunk, out);
            }
            Map<String, String> detours = new LinkedHashMap<>(failed);
            detours.putAll(read.failed());
            return new Fetched(token, read.providers(), read.home(), detours);
        }
    }

    /** Those that answered, the best first, then those of which nothing is known, then those that failed. */
    private List<Provider> bestFirst(Lookup lookup, List<Provider> candidates) {
        List<Provider> readable =
                lookup.readable().stream().map(Lookup.Holding::provider).toList();
        List<Provider> all = new ArrayList<>(client.record().ranked(readable).stream()
                .sorted(Comparator.comparing(
                        provider -> isUnchecked(lookup.holdings().get(provider.name()))))
                .toList());
        client.record().ranked(candidates).stream()
                .filter(provider -> !readable.contains(provider)
                        && !lookup.holdings().containsKey(provider.name())
                        && !lookup.errors().containsKey(provider.name()))
                .forEach(all::add);
        List<Provider> last = all.stream()
                .filter(provider -> failed.containsKey(provider.name()))
                .toList();
        all.removeAll(last);
        all.addAll(last);
        return all;
    }

    private byte[] anyManifest(Token token, List<Provider> candidates) {
        Map<String, String> absent = new LinkedHashMap<>();
        for (Provider provider : candidates) {
            try {
                return manifest(token, provider);
            } catch (InterlockException e) {
                absent.put(provider.name(), e.explanation());
            }
        }
        throw new TooFewProvidersException("a get of the manifest", 1, 0, absent);
    }

    // Protocol 1.  U fetches c and t of the sealed shares from home, opens them with its private key, removes the pad.
    private void fetchSealed(Choice choice) throws IOException, InterruptedException {
        Token token = choice.token();
        ChunkLayout layout = token.layout();
        Provider home = choice.home();
        OpeningKey key = options.privateKey().orElseThrow();
        List<OpenedShare> shares = new ArrayList<>();
        try (SecretBytes buffer = SecretBytes.allocate(layout.padLength(0));
                OpenedShare.Room room = OpenedShare.Room.of(layout);
                RecordReader ciphertext = ofHome(() -> fetch(home, "ciphertext", ""))) {
            byte[] manifest = ofHome(() -> manifest(token, home));
            for (ShareIndex x : choice.s()) {
                shares.add(usable(home, x, () -> {
                    RecordReader stream = fetch(home, "sealed/" + x.x(), "/" + x.x());
                    return OpenedShare.begin(token, home, x, key, stream, client.peer(home.card()));
                }));
            }
            OpeningOutput plain = opening(token, key);
            ByteSpace space = new ByteSpace();
            for (int k = 0; k < layout.count(); k++) {
                MemorySegment c = buffer.segment().asSlice(0, layout.padLength(k));
                int chunk = k;
                var _ = ofHome(() -> {
                    ReadPass.fill(ciphertext, c, client.peer(home.card()));
                    return c;
                });
                for (OpenedShare share : shares) {
                    MemorySegment f = usable(home, share.x(), () -> share.chunk(chunk, room));
                    Read.removeLayer(space, choice.s(), share.x(), f, c);
                }
                // The shares are good: a wrong chunk is home's ciphertext.
                var _ = ofHome(() -> {
                    Read.checkChunk(token, manifest, chunk, c, List.of(home.name()));
                    return c;
                });
                release(layout, k, c, plain);
            }
        } finally {
            shares.forEach(OpenedShare::close);
        }
    }

    /** One sealed share can't be used; others may. */
    private static final class DamagedShareException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** One home's ciphertext or manifest is wrong; another one's may be right. */
    private static final class CorruptHomeException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient IntegrityException error;

        CorruptHomeException(IntegrityException error) {
            super(error.explanation());
            this.error = error;
        }

        IntegrityException error() {
            return error;
        }
    }

    private RecordReader fetch(Provider home, String what, String part) {
        return new RecordReader(
                client.peer(home.card())
                        .download(
                                "/v1/objects/" + object + "/" + what,
                                client.authorization(home.card(), Operation.FETCH, object + part, new byte[0]))
                        .open(),
                client.deadlines().stall());
    }

    /** Home's ciphertext or manifest, or the start of another attempt without this home. */
    private static <T> T ofHome(Step<T> step) throws InterruptedException {
        try {
            return step.run();
        } catch (IntegrityException e) {
            throw new CorruptHomeException(e);
        }
    }

    /** Something of a sealed share, or a note that it's damaged and the start of another attempt without it. */
    private <T> T usable(Provider home, ShareIndex x, Step<T> step) throws InterruptedException {
        try {
            return step.run();
        } catch (SealedException | IntegrityException e) {
            damaged.put(new HomeShare(home.name(), x), e);
            throw new DamagedShareException();
        } catch (NodeException e) {
            if (ownDelay) {
                throw e;
            }
            // Home breaks off what its own seal says is damaged. If it is home that is gone, the next attempt tells.
            damaged.put(new HomeShare(home.name(), x), e);
            throw new DamagedShareException();
        }
    }

    @FunctionalInterface
    private interface Step<T> {
        T run() throws InterruptedException;
    }

    private OpeningOutput opening(Token token, OpeningKey key) {
        OpeningOutput plain = opening.orElseGet(
                () -> new OpeningOutput(out, token.length(), key, Sealing.ofMessage(ring.id(), object)));
        opening = Optional.of(plain);
        return plain;
    }

    @Override
    public void close() {
        opening.ifPresent(OpeningOutput::close);
    }
}
