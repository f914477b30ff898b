package dev.interlock.client;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.protocol.Passage;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.WriteCheck;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.wire.RecordReader;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** What a station of an attested write shows that it received, under the signature of the station before. */
final class ReceivedStream {
    private ReceivedStream() {}

    /** It shows something that wasn't signed for, though it may have accepted nothing such. */
    static final class UnsignedException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /**
     * The root of what {@code by} handed on, for which it signed, as {@code at} shows it.
     *
     * @throws UnsignedException if the one that shows it is at fault
     */
    static byte[] root(RingClient client, Write.Plan plan, Station by, Station at)
            throws UnsignedException, InterruptedException {
        Provider provider = client.ring().provider(at.provider());
        try (RecordReader in = open(client, plan, provider, at)) {
            return root(client, plan, by, in, new byte[plan.layout().count() * Sha256.BYTES]);
        } catch (EOFException e) {
            throw endedEarly(provider);
        } catch (IOException e) {
            throw client.peer(provider.card()).broken(e);
        }
    }

    private static RecordReader open(RingClient client, Write.Plan plan, Provider provider, Station at) {
        String subject = plan.id() + "/received/" + at.place();
        return new RecordReader(
                client.peer(provider.card())
                        .download(
                                "/v1/sessions/" + subject,
                                client.authorization(provider.card(), Operation.SESSION_PART, subject, new byte[0]))
                        .open(),
                client.deadlines().stall());
    }

    private static byte[] root(RingClient client, Write.Plan plan, Station by, RecordReader in, byte[] leaves)
            throws UnsignedException, IOException, InterruptedException {
        byte[] signature = new byte[SigningKey.SIGNATURE_BYTES];
        in.fill(MemorySegment.ofArray(leaves));
        in.fill(MemorySegment.ofArray(signature));
        byte[] root = MerkleRoot.over(leaves);
        try {
            Passage.verify(client.ring(), plan.id(), by, root, signature);
            return root;
        } catch (BadSignatureException e) {
            throw new UnsignedException();
        }
    }

    /**
     * H_ρ of what {@code by} handed on, as {@code at} received it.
     *
     * @throws UnsignedException if the one that shows it is at fault
     */
    static byte[] hash(RingClient client, Write.Plan plan, WriteCheck check, Station by, Station at)
            throws UnsignedException, InterruptedException {
        Provider provider = client.ring().provider(at.provider());
        try (RecordReader in = open(client, plan, provider, at);
                SecretBytes buffer = SecretBytes.allocate(plan.layout().padLength(0));
                LinearHash hash = check.hash()) {
            byte[] leaves = new byte[plan.layout().count() * Sha256.BYTES];
            byte[] _ = root(client, plan, by, in, leaves);
            for (int k = 0; k < plan.layout().count(); k++) {
                MemorySegment chunk = buffer.segment().asSlice(0, plan.layout().padLength(k));
                in.fill(chunk);
                byte[] leaf = Leaves.ofCiphertext(plan.id(), k).update(chunk).leaf();
                if (!Arrays.equals(leaf, Write.leaf(leaves, k))) {
                    throw new UnsignedException();
                }
                hash.update(chunk);
            }
            return hash.digest();
        } catch (EOFException e) {
            throw endedEarly(provider);
        } catch (IOException e) {
            throw client.peer(provider.card()).broken(e);
        }
    }

    private static NodeException endedEarly(Provider provider) {
        return new NodeException(provider.name(), provider.name() + " ended what it showed of its input early");
    }
}
