package dev.interlock.app;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.secret.Keystream;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.message.TokenMessage;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Inbound;
import dev.interlock.wire.Peer;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** A put by hand, step by step, to be left, repeated or spoilt at any of them. */
final class HandWrite implements AutoCloseable {
    private final RawUser user;
    private final RingDescriptor ring;
    private final Write.Plan plan;
    private final byte[] pad;
    private final byte[] manifest;

    /** The ring is entered at its first provider; n−t+1 homes. */
    HandWrite(RawUser user, byte[] m) {
        this(user, m, Scheme.DEFAULT, Blinding.EXPANDED, Optional.empty());
    }

    /**
     * @param m in protocol 1: as sealed
     * @param blinding its seeds are drawn here; full blinds are the caller's to draw and to add
     */
    HandWrite(RawUser user, byte[] m, Scheme scheme, Blinding blinding, Optional<RecipientKey> recipient) {
        this.user = user;
        this.ring = user.ring();
        this.plan = Write.plan(
                ring,
                scheme,
                user.maker(),
                m.length,
                ring.providers().stream().map(Provider::x).toList(),
                recipient,
                blinding,
                false,
                Optional.empty());
        ChunkLayout layout = plan.layout();
        this.pad = new byte[(int) layout.padTotal()];
        this.manifest = new byte[layout.count() * Sha256.BYTES];
        ThreadLocalRandom.current().nextBytes(pad);
        for (int k = 0; k < layout.count(); k++) {
            int at = (int) layout.padOffset(k);
            System.arraycopy(
                    m, (int) layout.dataOffset(k), pad, at + ChunkLayout.RANDOMIZER_BYTES, layout.dataLength(k));
            byte[] leaf = Write.chunkLeaf(k, MemorySegment.ofArray(pad).asSlice(at, layout.padLength(k)));
            System.arraycopy(leaf, 0, manifest, k * Sha256.BYTES, Sha256.BYTES);
        }
    }

    ObjectId object() {
        return plan.object();
    }

    /** H(w), by which the session goes, and the generation that it makes. */
    StatementHash id() {
        return plan.id();
    }

    String session() {
        return plan.id().toString();
    }

    Write.Plan plan() {
        return plan;
    }

    List<String> route() {
        return plan.path().stream().map(x -> ring.provider(x).name()).toList();
    }

    // Step 1.
    HandWrite orders() {
        for (Provider provider : ring.providers()) {
            byte[] body = plan.session().order(provider.name()).encode();
            byte[] unused =
                    user.call(provider.name(), HttpMethod.POST, "/v1/sessions", Operation.ORDER, session(), body);
        }
        return this;
    }

    /** One of these orders, and no other. */
    void orderAt(String node) {
        byte[] body = plan.session().order(node).encode();
        byte[] unused = user.call(node, HttpMethod.POST, "/v1/sessions", Operation.ORDER, session(), body);
    }

    // Step 2.
    Peer.Call deal() {
        byte[] body = plan.session().order(dealer()).encode();
        String header = user.header(dealer(), Operation.DEAL, session(), body);
        return user.peer(dealer()).begin(HttpMethod.POST, "/v1/deals", Optional.of(header), body);
    }

    private String dealer() {
        return plan.dealers().getFirst();
    }

    Dealt dealt(Peer.Call deal) {
        Dealt dealt = Dealt.decode(dealer(), deal.complete(user.deadlines().settle()));
        Write.checkDealt(plan, dealer(), dealt);
        return dealt;
    }

    /** P ⊕ ΣB_i. */
    byte[] blinded() {
        byte[] flow = pad.clone();
        plan.blindSeeds().values().forEach(seed -> {
            try (Keystream blind = new Keystream(seed.segment())) {
                blind.addTo(MemorySegment.ofArray(flow));
            }
        });
        return flow;
    }

    /** B_i, whole; the answer comes when the hop has used it up. */
    byte[] blind(String provider, byte[] blind) {
        return user.stream(
                provider,
                "/v1/sessions/" + session() + "/blind",
                Optional.of(user.header(provider, Operation.BLIND, session(), new byte[0])),
                blind);
    }

    // Published 2 and 3: f(x_U).
    Inbound userShare(RawUser by) {
        return by.peer(dealer())
                .download(
                        "/v1/deals/" + session() + "/share",
                        Optional.of(by.header(dealer(), Operation.SHARE, session(), new byte[0])))
                .open();
    }

    // Steps 3 and 4.
    byte[] stream() {
        return stream(blinded());
    }

    byte[] stream(byte[] flow) {
        String home = route().getFirst();
        return user.stream(
                home,
                "/v1/sessions/" + session() + "/stations/0",
                Optional.of(user.header(home, Operation.STREAM, session(), new byte[0])),
                flow);
    }

    /** u_m and the manifest, as every provider gets them in step 5. */
    TokenMessage message(Dealt dealt) {
        MerkleRoot root = new MerkleRoot();
        for (int k = 0; k < plan.layout().count(); k++) {
            root.add(Write.leaf(manifest, k));
        }
        Token token = Write.token(plan, root.root(), dealt, List.of(), System.currentTimeMillis());
        return new TokenMessage(token.encode(), manifest);
    }

    // Step 5.
    SignatureChain chain(Dealt dealt) {
        TokenMessage message = message(dealt);
        byte[] body = message.encode();
        if (!plan.scheme().blinded()) {
            // The first one's answer comes when all have signed.
            route().reversed().stream().limit(route().size() - 1).forEach(node -> token(node, body));
            return SignatureChain.decode(token(route().getFirst(), body));
        }
        SignatureChain chain = SignatureChain.start(message.token());
        for (String node : route()) {
            chain = chain.with(participation(token(node, body)));
        }
        return chain;
    }

    /** In an answer to step 5; with it a small put's have what is stored. */
    Participation participation(byte[] answer) {
        if (!plan.checkedByValue()) {
            return Participation.decode(answer);
        }
        byte[] signed = new byte[ByteBuffer.wrap(answer).getInt()];
        ByteBuffer.wrap(answer).position(Integer.BYTES).get(signed);
        return Participation.decode(signed);
    }

    byte[] token(String node, byte[] body) {
        return user.call(
                node, HttpMethod.POST, "/v1/sessions/" + session() + "/token", Operation.TOKEN, session(), body);
    }

    // Step 6.
    void commit(SignatureChain chain, List<String> providers) {
        show(plan.session().certify(chain), providers);
    }

    /** Whatever it is worth. */
    void show(Certificate certificate, List<String> providers) {
        for (String provider : providers) {
            byte[] unused = user.call(
                    provider,
                    HttpMethod.POST,
                    "/v1/objects/" + session() + "/commit",
                    Operation.COMMIT,
                    session(),
                    certificate.encode());
        }
    }

    /** All steps but the last. */
    SignatureChain upToTheChain() {
        orders();
        Peer.Call deal = deal();
        byte[] unused = stream();
        return chain(dealt(deal));
    }

    void abandon() {
        for (String provider : route()) {
            byte[] unused = user.call(
                    provider,
                    HttpMethod.DELETE,
                    "/v1/sessions/" + session(),
                    Operation.ABANDON,
                    session(),
                    plan.session().abandon().encode());
        }
    }

    @Override
    public void close() {
        plan.close();
    }
}
