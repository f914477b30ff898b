package dev.interlock.protocol.message;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.SignatureChain;
import java.util.ArrayList;
import java.util.List;

/**
 * Step 6 of a write, and what every provider keeps of it: the complete chain, and which ciphertext each home says that it
 * holds.
 *
 * @param holdings of the homes, in their order; none before the commit
 */
public record CommitMessage(SignatureChain chain, List<Holding> holdings) {
    public CommitMessage {
        holdings = List.copyOf(holdings);
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter().bytes(chain.encode()).u8(holdings.size());
        holdings.forEach(holding -> out.fixed(holding.encode(), Holding.BYTES));
        return out.toBytes();
    }

    /** @throws dev.interlock.core.encoding.MalformedException unless these are exactly the bytes of one */
    public static CommitMessage decode(byte[] bytes) {
        ByteReader in = new ByteReader("the commit", bytes);
        SignatureChain chain = SignatureChain.decode(in.bytes());
        List<Holding> holdings = new ArrayList<>();
        int count = in.u8();
        for (int i = 0; i < count; i++) {
            holdings.add(Holding.decode(in.fixed(Holding.BYTES)));
        }
        in.end();
        return new CommitMessage(chain, holdings);
    }
}
