package dev.interlock.client;

import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Direct;
import dev.interlock.protocol.Evidence;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.wire.Peer;
import dev.interlock.wire.RecordReader;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** What one provider gives out of an object, chunk after chunk, each held against what the provider is bound to. */
final class PartStream implements AutoCloseable {
    private final RingClient client;
    private final What what;
    private final Provider provider;
    private final Direct.Promise promise;
    private final Peer peer;
    private final RecordReader in;
    private final SecretBytes buffer;
    private final byte[] leaves;
    private int next;

    /**
     * Which part of what.
     *
     * @param path of the generation, or of the session of one that isn't committed
     * @param operation and the one for that path
     */
    record What(StatementHash generation, ChunkLayout layout, Part part, String path, Operation operation) {
        static What ofObject(Token u, Part part) {
            return new What(u.id(), u.layout(), part, "/v1/objects/" + u.id(), Operation.PART);
        }

        static What ofSession(Write.Plan plan, Part part) {
            return new What(plan.id(), plan.layout(), part, "/v1/sessions/" + plan.id(), Operation.SESSION_PART);
        }

        /** The id in the path, and which part of it. */
        String subject(int from) {
            return path.substring(path.lastIndexOf('/') + 1) + "/" + part.text() + "/" + from;
        }
    }

    /** A provider gave out what it isn't bound to, and signed for it. */
    static final class LieException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final transient Evidence evidence;

        LieException(Evidence evidence) {
            super("a provider lied");
            this.evidence = evidence;
        }

        Evidence evidence() {
            return evidence;
        }
    }

    private PartStream(RingClient client, What what, Provider provider, Direct.Promise promise, int from) {
        this.client = client;
        this.what = what;
        this.provider = provider;
        this.promise = promise;
        this.peer = client.peer(provider.card());
        this.next = from;
        this.in = new RecordReader(
                peer.download(
                                what.path() + "/parts/" + what.part().text() + "?from=" + from,
                                client.authorization(
                                        provider.card(), what.operation(), what.subject(from), new byte[0]))
                        .open(),
                client.deadlines().stall());
        this.buffer = SecretBytes.allocate(Direct.chunkBytes(what.part(), what.layout(), 0));
        this.leaves = new byte[what.layout().count() * Sha256.BYTES];
    }

    /**
     * Begins with chunk {@code from}.
     *
     * @param promise what the provider is bound to
     * @throws LieException if it signs for another part than the one that it is bound to
     */
    static PartStream open(RingClient client, What what, Provider provider, Direct.Promise promise, int from)
            throws InterruptedException {
        PartStream stream = new PartStream(client, what, provider, promise, from);
        try {
            stream.fill(MemorySegment.ofArray(stream.leaves));
            stream.check(Holding.WHOLE, MerkleRoot.over(stream.leaves));
            return stream;
        } catch (InterruptedException | RuntimeException e) {
            stream.close();
            throw e;
        }
    }

    /** The next chunk, a share's behind its salt, until the one after it is asked for. */
    MemorySegment chunk() throws InterruptedException {
        int k = next++;
        MemorySegment record = buffer.segment().asSlice(0, Direct.chunkBytes(what.part(), what.layout(), k));
        fill(record);
        check(k, Direct.leaf(what.generation(), what.part(), provider.x(), k, record));
        return record;
    }

    private void check(int chunk, byte[] hash) throws InterruptedException {
        byte[] signature = new byte[SigningKey.SIGNATURE_BYTES];
        fill(MemorySegment.ofArray(signature));
        Holding said;
        try {
            said = Direct.said(client.ring(), what.generation(), what.part(), provider.x(), chunk, hash, signature);
        } catch (BadSignatureException e) {
            throw new NodeException(
                    provider.name(),
                    provider.name() + " didn't sign for what it sent of its "
                            + what.part().text());
        }
        Direct.lie(promise, leaves, said).ifPresent(evidence -> {
            throw new LieException(evidence);
        });
    }

    private void fill(MemorySegment bytes) throws InterruptedException {
        try {
            in.fill(bytes);
        } catch (EOFException e) {
            throw new NodeException(
                    provider.name(),
                    provider.name() + " ended its " + what.part().text() + " early");
        } catch (IOException e) {
            throw peer.broken(e);
        }
    }

    @Override
    public void close() {
        in.close();
        buffer.close();
    }
}
