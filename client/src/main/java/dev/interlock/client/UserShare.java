package dev.interlock.client;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Dealt;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.Peer;
import dev.interlock.wire.RecordReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/** f(x_U) on its way from the dealer, each chunk behind its salt: U can tell whether it's what the dealer signed for. */
final class UserShare implements AutoCloseable {
    private final Write.Plan plan;
    private final ShareIndex x;
    private final Peer dealer;
    private final RecordReader in;
    private final SecretBytes salt = SecretBytes.allocate(Leaves.SALT_BYTES);
    private final MerkleRoot root = new MerkleRoot();
    private Leaves leaf;
    private int chunk;
    private long left;

    UserShare(RingClient client, Write.Plan plan) {
        NodeCard node = client.ring().dealer(plan.dealers().getFirst());
        String w = plan.id().toString();
        this.plan = plan;
        this.x = plan.scheme().user(plan.making().providers()).orElseThrow();
        this.leaf = Leaves.ofShare(plan.id(), x.x(), 0);
        this.dealer = client.peer(node);
        this.in = new RecordReader(
                dealer.download(
                                "/v1/deals/" + w + "/share",
                                client.authorization(node, Operation.SHARE, w, new byte[0]))
                        .open(),
                client.deadlines().stall());
    }

    /** The next bytes of the share, none of them of two chunks. */
    void fill(MemorySegment next) {
        try {
            if (left == 0) {
                left = plan.layout().padLength(chunk);
                leaf = Leaves.ofShare(plan.id(), x.x(), chunk);
                in.fill(salt.segment());
                leaf.update(salt.segment());
            }
            in.fill(next);
        } catch (IOException e) {
            throw dealer.broken(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw dealer.broken(e);
        }
        leaf.update(next);
        left -= next.byteSize();
        if (left == 0) {
            root.add(leaf.leaf());
            chunk++;
        }
    }

    /** @throws IntegrityException naming the dealer, unless what came is what it signed for */
    void check(Dealt dealt) {
        if (!Arrays.equals(root.root(), dealt.rootOf(x).root())) {
            throw new IntegrityException(
                    "the user's own share of " + plan.object() + " from " + dealer.name()
                            + " isn't the one that it signed for. Nothing was stored",
                    List.of(dealer.name()));
        }
    }

    @Override
    public void close() {
        in.close();
        salt.close();
    }
}
