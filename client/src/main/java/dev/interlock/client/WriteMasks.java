package dev.interlock.client;

import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.sharing.PadRandom;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.ring.NodeCard;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** All that U adds to P in one write: ΣB_i; in protocol 2 its pad b_U; in the published profile the layer of its point. */
final class WriteMasks implements AutoCloseable {
    private final RingClient client;
    private final Write.Plan plan;
    /** b_U: stays on what the homes store. */
    private final List<Blind<MemorySegment>> stored = new ArrayList<>();
    /** What the hops take off again: every B_i; the layer of U's own point, which is one of them. */
    private final List<Blind<MemorySegment>> passing = new ArrayList<>();

    private Optional<FullBlinds> full = Optional.empty();
    private Optional<UserKeyFile.Writer> userKey = Optional.empty();
    private Optional<UserShare> userShare = Optional.empty();

    private WriteMasks(RingClient client, Write.Plan plan) {
        this.client = client;
        this.plan = plan;
    }

    /**
     * Begins the streams that are needed: the blinds to the providers, U's share from the dealer.
     *
     * @param blindHashes of full blinds, in the route's order; or none
     */
    static WriteMasks begin(
            RingClient client, Write.Plan plan, List<NodeCard> route, PutOptions options, List<LinearHash> blindHashes)
            throws IOException {
        WriteMasks masks = new WriteMasks(client, plan);
        try {
            if (plan.blinding() == Blinding.FULL) {
                masks.sendBlinds(route, blindHashes);
            }
            plan.blindSeeds().values().forEach(seed -> masks.passing.add(Blind.expanded(seed)));
            if (plan.scheme().paddedByUser()) {
                masks.drawUserPad(options);
            }
            if (plan.scheme().dealtToUser()) {
                masks.fetchShare(options);
            }
            return masks;
        } catch (IOException | RuntimeException e) {
            masks.close();
            throw e;
        }
    }

    private void sendBlinds(List<NodeCard> route, List<LinearHash> hashes) {
        FullBlinds blinds = new FullBlinds(client, plan.id(), route, hashes);
        full = Optional.of(blinds);
        passing.add(blinds);
    }

    /** b_U, grown from 32 bytes or drawn as long as P. */
    private void drawUserPad(PutOptions options) throws IOException {
        UserKeyFile.Writer file =
                userKeyWriter(options, options.fullUserKey() ? UserKeyFile.Kind.FULL : UserKeyFile.Kind.EXPANDED);
        if (options.fullUserKey()) {
            PadRandom random = new PadRandom(client.random());
            stored.add(new OwnLayer(
                    1,
                    next -> {
                        random.fill(next);
                        write(file, next);
                    },
                    random::close));
        } else {
            try (SecretBytes key = SecretBytes.random(Keystream.SEED_BYTES, client.random())) {
                file.write(key.segment());
                stored.add(Blind.expanded(key));
            }
        }
    }

    /** dealer →p U: f(x_U). Published 3 uses it once, published 2 keeps it. */
    private void fetchShare(PutOptions options) throws IOException {
        Optional<UserKeyFile.Writer> file = plan.scheme().readWithUser()
                ? Optional.of(userKeyWriter(options, UserKeyFile.Kind.SHARE))
                : Optional.empty();
        UserShare share = new UserShare(client, plan);
        userShare = Optional.of(share);
        passing.add(new OwnLayer(
                plan.userLambda(),
                next -> {
                    share.fill(next);
                    file.ifPresent(out -> write(out, next));
                },
                share::close));
    }

    private UserKeyFile.Writer userKeyWriter(PutOptions options, UserKeyFile.Kind kind) throws IOException {
        UserKeyFile.Writer writer = new UserKeyFile.Writer(
                options.userKey().orElseThrow().channel(), plan.ring().id(), plan.object(), kind);
        userKey = Optional.of(writer);
        return writer;
    }

    private static void write(UserKeyFile.Writer file, MemorySegment bytes) {
        try {
            file.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Blind<MemorySegment>> stored() {
        return stored;
    }

    List<Blind<MemorySegment>> passing() {
        return passing;
    }

    /** f(x_U), where the user is dealt one. */
    Optional<UserShare> userShare() {
        return userShare;
    }

    /** After the last byte of P. */
    void end() throws IOException {
        full.ifPresent(FullBlinds::end);
        if (userKey.isPresent()) {
            userKey.get().end();
        }
    }

    void fail(InterlockException why) {
        full.ifPresent(blinds -> blinds.fail(why));
    }

    @Override
    public void close() {
        stored.forEach(Blind::close);
        passing.forEach(Blind::close);
    }
}
