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
import dev.interlock.wire.Peer;
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
     * H_ρ of what {@code by} handed on, as {@code at} received it.
     *
     * @throws UnsignedException if the one that shows it is at fault
     */
    static byte[] hash(RingClient client, Write.Plan plan, WriteCheck check, Station by, Station at)
            throws UnsignedException, InterruptedException {
        Provider provider = client.ring().provider(at.provider());
        Peer peer = client.peer(provider.card());
        String subject = plan.session() + "/received/" + at.place();
        try (RecordReader in = new RecordReader(
                        peer.download(
                                        "/v1/sessions/" + subject,
                                        client.authorization(
                                                provider.card(), Operation.SESSION_PART, subject, new byte[0]))
                                .open(),
                        client.deadlines().stall());
                SecretBytes buffer = SecretBytes.allocate(plan.layout().padLength(0));
                LinearHash hash = check.hash()) {
            byte[] leaves = new byte[plan.layout().count() * Sha256.BYTES];
            byte[] signature = new byte[SigningKey.SIGNATURE_BYTES];
            in.fill(MemorySegment.ofArray(leaves));
            in.fill(MemorySegment.ofArray(signature));
            Passage.verify(client.ring(), plan.object(), by, MerkleRoot.over(leaves), signature);
            for (int k = 0; k < plan.layout().count(); k++) {
                MemorySegment chunk = buffer.segment().asSlice(0, plan.layout().padLength(k));
                in.fill(chunk);
                byte[] leaf =
                        Leaves.ofCiphertext(plan.object(), k).update(chunk).leaf();
                if (!Arrays.equals(leaf, Write.leaf(leaves, k))) {
                    throw new UnsignedException();
                }
                hash.update(chunk);
            }
            return hash.digest();
        } catch (BadSignatureException e) {
            throw new UnsignedException();
        } catch (EOFException e) {
            throw new NodeException(provider.name(), provider.name() + " ended what it showed of its input early");
        } catch (IOException e) {
            throw peer.broken(e);
        }
    }
}
