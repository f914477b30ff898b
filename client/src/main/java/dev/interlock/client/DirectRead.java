package dev.interlock.client;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.PadCombiner;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Direct;
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
    /** Who is later than this gets company; the next one who is late has twice the time. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final RingClient client;
    private final Token token;
    private final SignatureChain chain;
    private final Deque<Provider> spareShares;
    private final Deque<Provider> spareHomes;
    private final List<Source> sources = new ArrayList<>();
    private final SecretBytes opened;
    /** Who lied, by what they signed, or said of themselves that what they keep is damaged. */
    private final Set<String> culprits = new LinkedHashSet<>();

    private final Map<String, String> failed = new LinkedHashMap<>();
    private Duration patience = PATIENCE;

    /**
     * @param chain of the generation, checked
     * @param providers of the object, the best first
     */
    DirectRead(RingClient client, SignatureChain chain, List<Provider> providers) {
        this.client = client;
        this.chain = chain;
        this.token = Token.decode(chain.token());
        this.spareShares = new ArrayDeque<>(providers);
        this.spareHomes = new ArrayDeque<>(providers.stream()
                .filter(provider -> token.homes().contains(provider.x()))
                .toList());
        this.opened = SecretBytes.allocate(token.layout().padLength(0));
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
     * P_k (⊕ b_U, in protocol 2), until the next is asked for; k grows by one.
     *
     * @throws TooFewProvidersException when fewer than t good shares or no good ciphertext is left
     * @throws IntegrityException the same, where it is for liars or damage
     */
    MemorySegment chunk(int k) throws InterruptedException {
        while (true) {
            fillUp();
            List<Source> gone = new ArrayList<>();
            for (Source source : sources) {
                var _ = source.ask(k);
            }
            long end = System.nanoTime() + patience.toNanos();
            for (Source source : sources) {
                if (!arrives(source, k, end)) {
                    gone.add(source);
                }
            }
            if (gone.isEmpty()) {
                return combined(k);
            }
            gone.forEach(Source::close);
            sources.removeAll(gone);
        }
    }

    private void failed(String name, String why) {
        client.record().failed(name);
        failed.put(name, why);
    }

    private boolean arrives(Source source, int k, long end) throws InterruptedException {
        String name = source.provider.name();
        try {
            var _ = source.ask(k).get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            if (patience.compareTo(client.deadlines().stall()) < 0) {
                // Not worse than another one that is late: it may come again.
                patience = patience.multipliedBy(2);
                (source.part == Part.SHARE ? spareShares : spareHomes).addLast(source.provider);
            } else {
                failed(name, name + " gave nothing for " + patience.toSeconds() + " s");
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

    private MemorySegment combined(int k) {
        MemorySegment flow = opened.segment().asSlice(0, token.layout().padLength(k));
        List<Source> shares =
                sources.stream().filter(source -> source.part == Part.SHARE).toList();
        List<MemorySegment> values = new ArrayList<>();
        for (Source source : sources) {
            MemorySegment chunk = source.ask(k).resultNow();
            if (source.part == Part.CIPHERTEXT) {
                flow.copyFrom(chunk);
            } else {
                values.add(chunk);
            }
        }
        PadCombiner.combine(
                FieldKernels.chosen(),
                0,
                shares.stream().mapToInt(source -> source.provider.x().x()).toArray(),
                values,
                flow);
        return flow;
    }

    /** Whose shares are used now. */
    List<String> providers() {
        return sources.stream()
                .filter(source -> source.part == Part.SHARE)
                .map(source -> source.provider.name())
                .toList();
    }

    /** Whose ciphertext is used now. */
    String home() {
        return sources.stream()
                .filter(source -> source.part == Part.CIPHERTEXT)
                .map(source -> source.provider.name())
                .findFirst()
                .orElseThrow();
    }

    /** Who failed, and how. */
    Map<String, String> failed() {
        return failed;
    }

    @Override
    public void close() {
        sources.forEach(Source::close);
        opened.close();
    }
}
