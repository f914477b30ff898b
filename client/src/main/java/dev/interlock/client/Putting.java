package dev.interlock.client;

import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/** A put, of as many tries as it takes: each is a {@link PutAttempt} of a session of its own. */
final class Putting {
    private final RingClient client;
    private final RingDescriptor ring;
    private final PutOptions options;
    private final ReadableByteChannel in;
    private final long length;
    private final Optional<Source> source;

    /**
     * What a move continues.
     *
     * @param before its certified token where it comes from
     * @param title whose it is by now
     * @param number above that of every generation that was shown there and here
     */
    private record Source(Token before, Title title, long number) {}

    private Putting(
            RingClient client, PutOptions options, ReadableByteChannel in, long length, Optional<Source> source) {
        this.client = client;
        this.ring = client.ring();
        this.options = options;
        this.in = in;
        this.length = length;
        this.source = source;
    }

    static Token put(RingClient client, ReadableByteChannel in, long length, PutOptions options, LongConsumer progress)
            throws IOException, InterruptedException {
        return new Putting(client, options, in, length, Optional.empty()).run(progress);
    }

    /**
     * Puts what continues an object of another ring, or of another epoch.
     *
     * @param before its certified token there
     * @param title whose it is by now
     * @param number above that of every generation that was shown there and here
     */
    static Token continuing(
            RingClient client, ReadableByteChannel in, Token before, Title title, long number, PutOptions options)
            throws IOException, InterruptedException {
        return new Putting(client, options, in, before.length(), Optional.of(new Source(before, title, number)))
                .run(_ -> {});
    }

    private Token run(LongConsumer progress) throws IOException, InterruptedException {
        requireAllowed();
        long start = in instanceof SeekableByteChannel seekable ? seekable.position() : 0;
        Map<NodeCard, InterlockException> absent = new LinkedHashMap<>();
        boolean attested = false;
        while (true) {
            // A second try that reads the input again leaves the bar where it stands: at its end.
            PutAttempt.Outcome outcome = attempt(absent, attested, attested ? _ -> {} : progress);
            switch (outcome) {
                case PutAttempt.Stored(Token token) -> {
                    return token;
                }
                case PutAttempt.Absent(Map<NodeCard, InterlockException> nodes) -> absent.putAll(nodes);
                case PutAttempt.Changed(IntegrityException found) -> {
                    if (attested || !rewind(start)) {
                        throw givenUp(found);
                    }
                    client.repeating(found);
                    attested = true;
                }
            }
        }
    }

    /** Whether the input can be read, and a user key be written, once more from the start. */
    private boolean rewind(long start) throws IOException {
        Optional<WritableByteChannel> key = options.userKey().map(UserKeyOutput::channel);
        if (!(in instanceof SeekableByteChannel seekable)
                || key.filter(channel -> !(channel instanceof SeekableByteChannel))
                        .isPresent()) {
            return false;
        }
        seekable.position(start);
        if (key.isPresent() && key.get() instanceof SeekableByteChannel written) {
            written.truncate(0).position(0);
        }
        return true;
    }

    private IntegrityException givenUp(IntegrityException found) throws IOException {
        if (options.userKey().isPresent()) {
            options.userKey().get().discard();
        }
        return found;
    }

    private void requireAllowed() {
        if (!ring.allows(options.scheme().profile())) {
            throw new RefusedException("the ring " + ring.name() + " doesn't allow the "
                    + options.scheme().profile().text() + " profile: its descriptor says so");
        }
        requireOneDealer();
    }

    /** What several dealers dealt is known to nobody, and two ways to write need somebody who knows it. */
    private void requireOneDealer() {
        int dealers = ring.dealers().size();
        if (dealers > 1 && !options.scheme().blinded()) {
            throw new BadInputException(
                    "the ring " + ring.name() + " has " + dealers
                            + " dealers; the published profile is the paper's, with one: use the blinded profile, or another ring");
        }
        if (dealers > 1 && options.allowDegraded() > 0) {
            throw new BadInputException("the ring " + ring.name() + " has " + dealers
                    + " dealers, whose shares each provider sums up and signs for; one that's missing can't:"
                    + " all providers must be there");
        }
    }

    /** @param absent those that can't be reached */
    private PutAttempt.Outcome attempt(
            Map<NodeCard, InterlockException> absent, boolean attested, LongConsumer progress)
            throws IOException, InterruptedException {
        List<ShareIndex> path = path(absent);
        if (path.size() < PutAttempt.needed(ring, options)) {
            throw PutAttempt.tooFew(ring, options, path.size(), absent);
        }
        Optional<SealedLayout> sealed = options.recipient().map(recipient -> new SealedLayout(recipient.kem()));
        try (Write.Plan plan = source.isPresent()
                        ? Write.continuing(
                                ring,
                                client.maker(),
                                path,
                                options.blinding(),
                                source.get().before(),
                                source.get().title(),
                                source.get().number())
                        : Write.plan(
                                ring,
                                options.scheme(),
                                client.maker(),
                                sealed.map(layout -> layout.messageBytes(length))
                                        .orElse(length),
                                path,
                                options.recipient(),
                                options.blinding(),
                                attested,
                                Optional.empty());
                StoredCheck check = StoredCheck.of(client, plan)) {
            PutAttempt attempt = new PutAttempt(client, plan, options, check, progress);
            if (options.recipient().isEmpty()) {
                return attempt.run(in);
            }
            // Protocol 1: what goes round the ring is m sealed to k_U.
            Sealing what = Sealing.ofMessage(ring.id(), plan.id());
            try (SealingInput sealing =
                    new SealingInput(in, length, options.recipient().get(), what, client.random())) {
                return attempt.run(sealing);
            }
        }
    }

    /** Every provider is home to its part of the objects: the ring is entered at a random place. */
    private List<ShareIndex> path(Map<NodeCard, InterlockException> absent) {
        List<ShareIndex> path =
                new ArrayList<>(ring.providers().stream().map(Provider::x).toList());
        Collections.rotate(path, client.random().nextInt(path.size()));
        path.removeIf(x -> absent.containsKey(ring.provider(x).card()));
        return path;
    }
}
