package dev.interlock.client;

import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.SealedException;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.wire.RecordReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The read of protocol 1: U fetches c and t of the sealed shares from home, opens them with its private key, removes the pad. What
 * can't be used is left out of the next attempt.
 */
final class SealedGet implements AutoCloseable {
    private final RingClient client;
    private final OpeningKey key;
    private final ChunkOutput out;
    private final Choosing choosing;
    /** What a home gave that couldn't be used, or broke off. */
    private final Map<HomeShare, RuntimeException> damaged = new LinkedHashMap<>();
    /** The last home whose ciphertext or manifest was wrong. */
    private Optional<IntegrityException> corrupt = Optional.empty();
    /** Opens what is released. */
    private Optional<OpeningOutput> opening = Optional.empty();

    /** The sealed share of x at a home. */
    private record HomeShare(String home, ShareIndex x) {}

    SealedGet(RingClient client, OpeningKey key, ChunkOutput out, Choosing choosing) {
        this.client = client;
        this.key = key;
        this.out = out;
        this.choosing = choosing;
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

    /** @return whether it came to the end; else another choice may */
    boolean fetch(Choice choice) throws IOException, InterruptedException {
        try {
            read(choice);
            return true;
        } catch (DamagedShareException e) {
            // It's noted; the next choice does without it.
            return false;
        } catch (CorruptHomeException e) {
            choosing.failed().put(choice.home().name(), e.error().explanation());
            corrupt = Optional.of(e.error());
            return false;
        }
    }

    private void read(Choice choice) throws IOException, InterruptedException {
        Token token = choice.token();
        ChunkLayout layout = token.layout();
        Provider home = choice.home();
        List<OpenedShare> shares = new ArrayList<>();
        try (SecretBytes buffer = SecretBytes.allocate(layout.padLength(0));
                OpenedShare.Room room = OpenedShare.Room.of(layout);
                RecordReader ciphertext = ofHome(() -> fetch(token, home, "ciphertext", ""))) {
            byte[] manifest = ofHome(() -> Manifests.of(client, token, home));
            for (ShareIndex x : choice.s()) {
                shares.add(usable(home, x, () -> {
                    RecordReader stream = fetch(token, home, "sealed/" + x.x(), "/" + x.x());
                    return OpenedShare.begin(token, home, x, key, stream, client.peer(home.card()));
                }));
            }
            OpeningOutput plain = opening(token);
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
                out.release(layout, k, c, plain);
            }
        } finally {
            shares.forEach(OpenedShare::close);
        }
    }

    private RecordReader fetch(Token token, Provider home, String what, String part) {
        String w = token.id().toString();
        return new RecordReader(
                client.peer(home.card())
                        .download(
                                "/v1/objects/" + w + "/" + what,
                                client.authorization(home.card(), Operation.FETCH, w + part, new byte[0]))
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
            throw damaged(home, x, e);
        } catch (NodeException e) {
            if (out.ownDelay()) {
                throw e;
            }
            // Home breaks off what its own seal says is damaged. If it is home that is gone, the next attempt tells.
            throw damaged(home, x, e);
        }
    }

    private DamagedShareException damaged(Provider home, ShareIndex x, RuntimeException e) {
        damaged.put(new HomeShare(home.name(), x), e);
        choosing.leaveOut(home, x);
        return new DamagedShareException();
    }

    @FunctionalInterface
    private interface Step<T> {
        T run() throws InterruptedException;
    }

    private OpeningOutput opening(Token token) {
        OpeningOutput plain = opening.orElseGet(() ->
                new OpeningOutput(out.channel(), token.length(), key, Sealing.ofMessage(token.ring(), token.id())));
        opening = Optional.of(plain);
        return plain;
    }

    /** Why there is no choice any more, where it's for what homes gave. */
    Optional<InterlockException> why() {
        if (corrupt.isPresent()) {
            return Optional.of(corrupt.get());
        }
        Map<HomeShare, RuntimeException> wrong = new LinkedHashMap<>(damaged);
        wrong.values().removeIf(NodeException.class::isInstance);
        if (!wrong.isEmpty()) {
            return Optional.of(damagedShares(wrong));
        }
        damaged.forEach((share, e) -> choosing.failed().putIfAbsent(share.home(), String.valueOf(e.getMessage())));
        return Optional.empty();
    }

    /** Too few sealed shares are left: either all are sealed to another key, or homes gave damaged ones. */
    private static InterlockException damagedShares(Map<HomeShare, RuntimeException> wrong) {
        boolean otherKey = wrong.values().stream().allMatch(SealedException.WrongKey.class::isInstance);
        String first = String.valueOf(wrong.values().iterator().next().getMessage());
        return otherKey
                ? new BadInputException(first + ": give the private key that belongs to it")
                : new IntegrityException(
                        "too few of the sealed shares are good: " + first + ". Nothing wrong was released",
                        wrong.keySet().stream().map(HomeShare::home).distinct().toList());
    }

    @Override
    public void close() {
        opening.ifPresent(OpeningOutput::close);
    }
}
