package dev.interlock.client;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.sharing.PadCombiner;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Decoding;
import dev.interlock.protocol.Direct;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.ring.Provider;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A direct read, {@link Direct}: t shares and one ciphertext at a time, in parallel. Who lies, fails or is late is replaced by
 * the next; the chunks that came are good all the same.
 */
final class DirectRead implements AutoCloseable {
    /** Who is later than this is replaced; where somebody was, all have twice the time from then on. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final RingClient client;
    private final Token token;
    private final SignatureChain chain;
    private final Deque<Provider> spareShares;
    private final Deque<Provider> spareHomes;
    private final List<Source> sources = new ArrayList<>();
    private final Blind<MemorySegment> pad;
    private final byte[] manifest;
    private final SecretBytes opened;
    /** The chunk of b_U, in protocol 2. */
    private final SecretBytes own;
    /** Who lied, by what they signed, or said of themselves that what they keep is damaged. */
    private final Set<String> culprits = new LinkedHashSet<>();

    /** Whose shares were off the others' polynomial, or who dealt them so. */
    private final Map<String, String> found = new LinkedHashMap<>();

    private final Map<String, String> failed = new LinkedHashMap<>();
    private Duration patience = PATIENCE;

    /**
     * @param chain of the generation, checked
     * @param providers of the object, the best first
     * @param pad b_U in protocol 2, from the first chunk on that is asked for; the caller's to close
     * @param manifest not looked at where the object has one chunk
     */
    DirectRead(
            RingClient client,
            SignatureChain chain,
            List<Provider> providers,
            Blind<MemorySegment> pad,
            byte[] manifest) {
        this.client = client;
        this.pad = pad;
        this.manifest = manifest;
        this.chain = chain;
        this.token = Token.decode(chain.token());
        this.spareShares = new ArrayDeque<>(providers);
        this.spareHomes = new ArrayDeque<>(providers.stream()
                .filter(provider -> token.homes().contains(provider.x()))
                .toList());
        this.opened = SecretBytes.allocate(token.layout().padLength(0));
        this.own = SecretBytes.allocate(token.layout().padLength(0));
    }

    /** One provider's share, or one home's ciphertext. */
    private final class Source implements AutoCloseable {
        final Part part;
        final Provider provider;
        final Direct.Promise promise;
        private @Nullable PartStream stream;
        private @Nullable Future<MemorySegment> asked;
        private int at = -1;
        private boolean busy;
        private boolean closed;

        Source(Part part, Provider provider) {
            this.part = part;
            this.provider = provider;
            this.promise = Direct.promise(chain, part, provider.x());
        }

        /** Chunk k, on its way. */
        synchronized Future<MemorySegment> ask(int k) {
            Future<MemorySegment> chunk = asked;
            if (chunk == null || at != k) {
                at = k;
                busy = true;
                chunk = client.beside(() -> {
                    try {
                        return open(k).chunk().asSlice(Direct.offset(part));
                    } finally {
                        done();
                    }
                });
                asked = chunk;
            }
            return chunk;
        }

        private PartStream open(int k) throws InterruptedException {
            PartStream there;
            synchronized (this) {
                there = stream;
            }
            if (there == null) {
                there = PartStream.open(client, PartStream.What.ofObject(token, part), provider, promise, k);
                synchronized (this) {
                    stream = there;
                }
            }
            return there;
        }

        private synchronized void done() {
            busy = false;
            closeUnused();
        }

        /** What is under way ends by itself, and then closes the stream. */
        @Override
        public synchronized void close() {
            closed = true;
            closeUnused();
        }

        private void closeUnused() {
            if (closed && !busy && stream != null) {
                stream.close();
                stream = null;
            }
        }
    }

    /**
     * P_k, which was put, until the next is asked for; k grows by one.
     *
     * @throws TooFewProvidersException when fewer than t good shares or no good ciphertext is left
     * @throws IntegrityException the same, where it is for liars or damage; and where what comes is all that its providers are bound
     *     to, and isn't what was put
     */
    MemorySegment chunk(int k) throws InterruptedException {
        if (token.scheme().paddedByUser()) {
            pad.addTo(chunk(k, own).fill((byte) 0));
        }
        while (true) {
            fillUp();
            Duration stall = client.deadlines().stall();
            if (arrive(sources, k, patience.compareTo(stall) < 0 ? patience : stall)) {
                return opens(k, shares()) ? chunk(k, opened) : decoded(k);
            }
        }
    }

    /**
     * One round: all are asked at once, and whoever has given nothing in this time, or what is wrong, is left out.
     *
     * @return whether all came
     */
    private boolean arrive(List<Source> asked, int k, Duration wait) throws InterruptedException {
        for (Source source : asked) {
            var _ = source.ask(k);
        }
        long end = System.nanoTime() + wait.toNanos();
        List<Source> gone = new ArrayList<>();
        for (Source source : asked) {
            if (!arrives(source, k, end, wait)) {
                gone.add(source);
            }
        }
        gone.forEach(Source::close);
        sources.removeAll(gone);
        return gone.isEmpty();
    }

    private void failed(String name, String why) {
        client.record().failed(name);
        failed.put(name, why);
    }

    /** @param wait that ends then, and that all of one round have alike */
    private boolean arrives(Source source, int k, long end, Duration wait) throws InterruptedException {
        String name = source.provider.name();
        try {
            var _ = source.ask(k).get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            if (wait.compareTo(client.deadlines().stall()) < 0) {
                // Not worse than another one that is late: it may come again.
                patience = wait.multipliedBy(2);
                (source.part == Part.SHARE ? spareShares : spareHomes).addLast(source.provider);
            } else {
                failed(name, name + " gave nothing for " + wait.toSeconds() + " s");
            }
            return false;
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case PartStream.LieException lie -> {
                    client.accuse(lie.evidence());
                    culprits.add(name);
                    failed.put(name, lie.evidence().verify(client.ring()).what());
                }
                case IntegrityException damaged
                when damaged.culprits().equals(List.of(name)) -> {
                    culprits.add(name);
                    failed(name, damaged.explanation());
                }
                case InterlockException known -> failed(name, known.explanation());
                case null, default -> failed(name, name + " can't be read: " + e.getCause());
            }
            return false;
        }
    }

    private void fillUp() {
        int t = token.threshold().t();
        while (count(Part.SHARE) < t) {
            add(Part.SHARE, next(spareShares, "good shares", t, count(Part.SHARE)));
        }
        while (count(Part.CIPHERTEXT) < 1) {
            add(Part.CIPHERTEXT, next(spareHomes, "a good ciphertext", 1, 0));
        }
    }

    private void add(Part part, Provider provider) {
        try {
            sources.add(new Source(part, provider));
        } catch (MalformedException e) {
            // It never signed for this: nothing that it gives can be held against it.
            failed.put(provider.name(), String.valueOf(e.getMessage()));
        }
    }

    private int count(Part part) {
        return (int) sources.stream().filter(source -> source.part == part).count();
    }

    private Provider next(Deque<Provider> spares, String what, int needed, int there) {
        Provider next = spares.pollFirst();
        if (next == null) {
            throw tooFew(what, needed, there);
        }
        return next;
    }

    private InterlockException tooFew(String what, int needed, int there) {
        if (culprits.isEmpty()) {
            return new TooFewProvidersException("a get of " + what, needed, there, failed);
        }
        return new IntegrityException(
                "too few of the parts of " + token.object() + " are good: " + needed + " for " + what + ", there are "
                        + there + ". " + String.join("; ", failed.values()) + ". Nothing wrong was released",
                List.copyOf(culprits));
    }

    private MemorySegment chunk(int k, SecretBytes of) {
        return of.segment().asSlice(0, token.layout().padLength(k));
    }

    private List<Source> shares() {
        return sources.stream().filter(source -> source.part == Part.SHARE).toList();
    }

    /** c_k ⊕ b_U ⊕ Σ λ_{S,0}(i)·f(x_i) into what is opened; and whether that is P_k. */
    private boolean opens(int k, List<Source> s) {
        MemorySegment flow = chunk(k, opened);
        sources.stream()
                .filter(source -> source.part == Part.CIPHERTEXT)
                .forEach(source -> flow.copyFrom(source.ask(k).resultNow()));
        if (token.scheme().paddedByUser()) {
            FieldKernels.chosen().addScaled(flow, flow, 1, chunk(k, own));
        }
        PadCombiner.combine(
                FieldKernels.chosen(),
                0,
                s.stream().mapToInt(source -> source.provider.x().x()).toArray(),
                s.stream().map(source -> source.ask(k).resultNow()).toList(),
                flow);
        return Read.isChunk(token, manifest, k, flow);
    }

    /**
     * Each part is what its provider is bound to, and together they aren't what was put: everybody's share is asked for, and those
     * that are off the polynomial of the ones that open the chunk are left out.
     */
    private MemorySegment decoded(int k) throws InterruptedException {
        int t = token.threshold().t();
        List<Provider> others = List.copyOf(spareShares);
        spareShares.clear();
        others.forEach(provider -> add(Part.SHARE, provider));
        var _ = arrive(shares(), k, client.deadlines().stall());
        List<Source> all = shares();
        Map<ShareIndex, Source> sourceOf = new LinkedHashMap<>();
        all.forEach(source -> sourceOf.put(source.provider.x(), source));
        Set<ShareIndex> off = Decoding.off(
                        t,
                        hashes(k, all),
                        s -> opens(k, s.stream().map(sourceOf::get).toList()))
                .orElseThrow(() -> new IntegrityException(
                        "chunk " + k + " of " + token.object() + " isn't what was put, by the shares of "
                                + String.join(", ", providers()) + " and the ciphertext of " + home()
                                + ": which of them is wrong can't be told"
                                + (all.size() == t ? " without asking more providers" : "")
                                + ". Nothing wrong was released",
                        List.of()));
        List<Source> good = new ArrayList<>();
        for (Source source : all) {
            if (off.contains(source.provider.x())) {
                found(k, source.provider);
            } else if (good.size() < t) {
                good.add(source);
                continue;
            } else {
                spareShares.addFirst(source.provider);
            }
            source.close();
            sources.remove(source);
        }
        if (!opens(k, good)) {
            throw new IllegalStateException("shares that lie on one polynomial open different chunks");
        }
        return chunk(k, opened);
    }

    /** H_ρ of each share's chunk. ρ is drawn now, when nobody can suit a share to it. */
    private Map<ShareIndex, byte[]> hashes(int k, List<Source> shares) {
        byte[] rho = new byte[LinearHash.SEED_BYTES];
        client.random().nextBytes(rho);
        Map<ShareIndex, byte[]> hashes = new LinkedHashMap<>();
        for (Source source : shares) {
            try (LinearHash hash = new LinearHash(rho)) {
                hash.update(source.ask(k).resultNow());
                hashes.put(source.provider.x(), hash.digest());
            }
        }
        return hashes;
    }

    /** The write was certified, so its check held: of a sum the provider must have answered that with another share. */
    private void found(int k, Provider provider) {
        String name = provider.name();
        if (token.dealt().summed()) {
            String why = name + " lied: its share of chunk " + k
                    + " fits what it signed for, and isn't on the polynomial of the"
                    + " others, on which its answer to the write's check was";
            found.put(name, why);
            failed(name, why);
            return;
        }
        String dealer = token.dealers().getFirst();
        String why = dealer + " lied: the share of chunk " + k + " that it dealt " + name
                + ", and signed for, isn't on the" + " polynomial of the others";
        found.put(dealer, why);
        failed(name, why);
    }

    /** Whose shares are used now. */
    List<String> providers() {
        return shares().stream().map(source -> source.provider.name()).toList();
    }

    /** Whose ciphertext is used now. */
    String home() {
        return sources.stream()
                .filter(source -> source.part == Part.CIPHERTEXT)
                .map(source -> source.provider.name())
                .findFirst()
                .orElseThrow();
    }

    /** What was found out about shares, by name of whoever is at fault for them. */
    Map<String, String> found() {
        return found;
    }

    /** Who failed, and how. */
    Map<String, String> failed() {
        return failed;
    }

    @Override
    public void close() {
        sources.forEach(Source::close);
        opened.close();
        own.close();
    }
}
