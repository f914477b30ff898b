package dev.interlock.app;

import com.linecorp.armeria.common.HttpMethod;
import dev.interlock.audit.Composed;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Abandonment;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.Evidence;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.message.TokenMessage;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.SignedRequest;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peer;
import dev.interlock.wire.Peers;
import io.netty.buffer.Unpooled;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The messages of an attack, as bytes: composed of what the attackers' nodes were sent, and asked and signed by their second user and
 * by their nodes' keys. What a message says is the auditor's model; what it looks like is the ring's own encoding.
 */
final class AttackMessages implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(4);
    private static final Duration LIFETIME = Duration.ofMinutes(10);
    /** One that isn't let in is sent again until then: who attacks doesn't know when it is time. */
    private static final Duration REPEATED = Duration.ofSeconds(2);

    private final RingDescriptor ring;
    private final Credential second;
    private final Coalition by;
    private final Peers asUser;
    private final Map<String, Peers> asNode = new HashMap<>();
    private final Function<String, SigningKey> keys;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Learnt> learnt = new LinkedHashMap<>();
    private final Map<String, Composed> composed = new HashMap<>();
    private final List<Certificate> certificates = new ArrayList<>();
    private final List<Holding> holdings = new ArrayList<>();
    private final Title own;
    private final long length;
    private final Consumers told;

    /** Hears what was sent, and what came of it. */
    interface Consumers {
        void said(String sent, String to, String answer, boolean letIn);
    }

    /** What the attackers' nodes were sent of one of the victim's operations. */
    private static final class Learnt {
        final Statement w;
        final byte[] encoded;
        final byte[] ownerSignature;
        Optional<TokenMessage> token = Optional.empty();
        Optional<byte[]> rho = Optional.empty();
        Optional<Certificate> certificate = Optional.empty();

        Learnt(Order order) {
            this.encoded = order.statement();
            this.w = Statement.decode(encoded);
            this.ownerSignature = order.ownerSignature();
        }
    }

    /** There is nothing that this could be made of. */
    static final class NothingToSend extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NothingToSend(String why) {
            super(why);
        }
    }

    AttackMessages(CoalitionRing ring, Coalition by, long length, Consumers told) {
        this.ring = ring.descriptor();
        this.second = ring.second();
        this.by = by;
        this.length = length;
        this.told = told;
        Deadlines deadlines = Deadlines.stallAfter(PATIENCE);
        this.asUser = new Peers(Optional.empty(), deadlines);
        by.members().forEach(name -> asNode.put(name, new Peers(Optional.of(ring.tls(name)), deadlines)));
        this.keys = ring::signingKey;
        this.own = Title.of(second.newOwner(random));
    }

    // ---- What is known ----

    /** What the victim sends to a node of the attackers' is theirs. */
    synchronized void learn(String run, Operation operation, String subject, byte[] body) {
        switch (operation) {
            case ORDER, DEAL -> learnt.computeIfAbsent(run, _ -> new Learnt(Order.decode(body)));
            case TOKEN ->
                Optional.ofNullable(learnt.get(run)).ifPresent(of -> of.token = Optional.of(TokenMessage.decode(body)));
            case CHECK -> Optional.ofNullable(learnt.get(run)).ifPresent(of -> of.rho = Optional.of(body.clone()));
            case COMMIT -> {
                Certificate certificate = Certificate.decode(body);
                certificates.add(certificate);
                learnt.values().stream()
                        .filter(of -> of.w.hash().equals(certificate.token().id()))
                        .forEach(of -> of.certificate = Optional.of(certificate));
            }
            default -> {}
        }
    }

    synchronized boolean knows(String run) {
        return learnt.containsKey(run);
    }

    private synchronized Learnt about(String run) {
        Learnt of = learnt.get(run);
        if (of == null) {
            throw new NothingToSend("they were told of no session of \"" + run + "\"");
        }
        return of;
    }

    private StatementHash id(String run) {
        String second = "second: ";
        return run.startsWith(second)
                ? draft(run.substring(second.length()), "").w().hash()
                : about(run).w.hash();
    }

    private NodeCard card(String name) {
        return ring.node(name).orElseThrow(() -> new BadInputException("no node is called " + name));
    }

    // ---- Sending ----

    private byte[] sent(String what, String to, boolean again, Supplier<byte[]> message) {
        long end = System.nanoTime() + REPEATED.toNanos();
        while (true) {
            try {
                byte[] answer = message.get();
                by.saw(answer, "the answer of " + to);
                told.said(what, to, "let it in", true);
                return answer;
            } catch (InterlockException e) {
                if (!again || System.nanoTime() > end) {
                    told.said(what, to, "refused: " + e.explanation(), false);
                    throw e;
                }
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private byte[] ask(
            String what, String to, HttpMethod method, String path, Operation operation, String of, byte[] body) {
        return ask(what, to, true, method, path, operation, of, body);
    }

    private byte[] ask(
            String what,
            String to,
            boolean again,
            HttpMethod method,
            String path,
            Operation operation,
            String of,
            byte[] body) {
        return sent(what, to, again, () -> asked(second, to, method, path, operation, of, body));
    }

    /** As any user. */
    byte[] asked(
            Credential user, String to, HttpMethod method, String path, Operation operation, String of, byte[] body) {
        NodeCard card = card(to);
        String header =
                SignedRequest.sign(user, ring.id(), ring.epoch(), to, operation, of, body, random, Instant.now());
        return asUser.to(card).call(method, path, Optional.of(header), body, PATIENCE);
    }

    private byte[] stream(String what, String to, String session, int place, byte[] bytes) {
        return sent(what, to, true, () -> {
            String header = SignedRequest.sign(
                    second, ring.id(), ring.epoch(), to, Operation.STREAM, session, new byte[0], random, Instant.now());
            return upload(
                    asUser.to(card(to)).upload("/v1/sessions/" + session + "/stations/" + place, Optional.of(header)),
                    bytes);
        });
    }

    private static byte[] upload(Peer.Upload upload, byte[] bytes) {
        try {
            upload.send(Unpooled.wrappedBuffer(bytes), PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        upload.out().end();
        return upload.complete(PATIENCE);
    }

    private byte[] junk(int bytes) {
        byte[] junk = new byte[bytes];
        random.nextBytes(junk);
        return junk;
    }

    // ---- Sessions of the second user's making ----

    private synchronized Composed draft(String how, String of) {
        return composed.computeIfAbsent(how + of, _ -> compose(how, of));
    }

    private Composed compose(String how, String of) {
        // In the victim's order, where one is known: what is made for the one session may then fit the other.
        List<ShareIndex> all = learnt.values().stream()
                .flatMap(theirs -> theirs.w.making().stream())
                .map(Work.Making::providers)
                .findFirst()
                .orElseGet(() -> ring.providers().stream().map(Provider::x).toList());
        List<ShareIndex> homes = all.subList(0, Scheme.DEFAULT.homes(ring.threshold()));
        List<String> dealers = ring.dealers().stream().map(NodeCard::name).toList();
        Work write = new Work.Write(false, all, List.of(), homes, dealers, Optional.empty(), length, Optional.empty());
        if (how.equals("puts an object of its own")) {
            return compose(own, 1, write, Optional.empty());
        }
        if (how.equals("refreshes what it never put")) {
            return compose(
                    own,
                    2,
                    new Work.Renewal(true, all, homes, dealers, length, StatementHash.of(new byte[32])),
                    Optional.empty());
        }
        Learnt theirs = about(of);
        Title title = theirs.w.title();
        StatementHash generation = theirs.w.generation();
        long number = theirs.w.number();
        Work zeros = new Work.Renewal(true, all, homes, dealers, length, generation);
        Optional<byte[]> signature = Optional.of(theirs.ownerSignature).filter(bytes -> bytes.length > 0);
        if (how.startsWith("reads through ")) {
            List<ShareIndex> path = Arrays.stream(
                            how.replaceAll(".*\\[|\\]", "").split(", "))
                    .map(name -> ring.provider(name)
                            .orElseThrow(() -> new BadInputException("no provider is called " + name))
                            .x())
                    .toList();
            ShareIndex home = homes.contains(path.getFirst()) ? path.getFirst() : homes.getFirst();
            return compose(title, number, new Work.Read(path, home, length, generation), Optional.empty());
        }
        if (how.startsWith("repairs at ")) {
            ShareIndex k = ring.provider(how.substring("repairs at ".length()))
                    .orElseThrow()
                    .x();
            List<ShareIndex> path = all.stream()
                    .filter(x -> !x.equals(k))
                    .limit(ring.threshold().t())
                    .toList();
            Optional<ShareIndex> home =
                    homes.contains(k) ? homes.stream().filter(x -> !x.equals(k)).findFirst() : Optional.empty();
            return compose(title, number, new Work.Repair(path, k, home, length, generation), Optional.empty());
        }
        return switch (how) {
            case "puts over" -> compose(title, number + 1, write, Optional.empty());
            case "puts over under its old signature" -> compose(title, number, write, signature);
            case "has zeros dealt to under its old signature" -> compose(title, number, zeros, signature);
            case "refreshes" -> compose(title, number + 1, zeros, Optional.empty());
            case "replaces the pad of" ->
                compose(
                        title,
                        number + 1,
                        new Work.Renewal(false, all, homes, dealers, length, generation),
                        Optional.empty());
            default -> throw new BadInputException("no session is \"" + how + "\"");
        };
    }

    private Composed compose(Title title, long number, Work work, Optional<byte[]> signature) {
        return Composed.of(
                ring,
                second,
                Scheme.DEFAULT,
                title,
                number,
                Instant.now().plus(LIFETIME).toEpochMilli(),
                work,
                signature,
                random);
    }

    void order(String to, String how, String of) {
        Composed made = draft(how, of);
        order(made, to, true, "an order of a session of the second user's: it " + how);
    }

    private void order(Composed made, String to, boolean again, String what) {
        String id = made.w().hash().toString();
        byte[] _ = ask(
                what,
                to,
                again,
                HttpMethod.POST,
                "/v1/sessions",
                Operation.ORDER,
                id,
                made.order(to).encode());
    }

    void deal(String to, String how, String of) {
        Composed made = draft(how, of);
        byte[] _ = deal(made, to, "a deal request of the second user's: it " + how);
    }

    private byte[] deal(Composed made, String to, String what) {
        String id = made.w().hash().toString();
        return ask(
                what,
                to,
                false,
                HttpMethod.POST,
                "/v1/deals",
                Operation.DEAL,
                id,
                made.order(to).encode());
    }

    /** All of a session, as far as everybody lets it in; an attacker's own nodes are asked like the others. */
    void session(String how, String of) {
        Composed made = draft(how, of);
        String id = made.w().hash().toString();
        for (Provider provider : ring.providers()) {
            if (made.parts().containsKey(provider.name())) {
                tries(() -> order(made, provider.name(), false, "an order: the second user " + how));
            }
        }
        if (made.w().making().isEmpty()) {
            return;
        }
        Map<String, Dealt> dealt = new LinkedHashMap<>();
        for (NodeCard dealer : ring.dealers()) {
            tries(() -> dealt.put(
                    dealer.name(),
                    Dealt.decode(dealer.name(), deal(made, dealer.name(), "a deal request: the second user " + how))));
        }
        if (made.w().work() instanceof Work.Write) {
            tries(() -> {
                byte[] _ = stream(
                        "zeros into its session",
                        ring.provider(made.w().work().path().getFirst()).name(),
                        id,
                        0,
                        new byte[Math.toIntExact(ChunkLayout.RANDOMIZER_BYTES + length)]);
            });
        }
        // A sum is signed by its provider, which holds nothing of a session that it refused.
        if (dealt.size() == 1 && made.w().work().kind() != Work.Kind.REFRESH) {
            tries(() -> sign(made, id, dealt.values().iterator().next()));
        }
    }

    private void sign(Composed made, String id, Dealt dealt) {
        byte[] manifest = Write.chunkLeaf(
                0, MemorySegment.ofArray(new byte[Math.toIntExact(ChunkLayout.RANDOMIZER_BYTES + length)]));
        byte[] token = new Token(made.w(), made.w().hash(), MerkleRoot.over(manifest), dealt, List.of(), 0).encode();
        SignatureChain chain = SignatureChain.start(token);
        for (ShareIndex x : made.w().work().path()) {
            String to = ring.provider(x).name();
            byte[] answer = ask(
                    "u_m of its session",
                    to,
                    false,
                    HttpMethod.POST,
                    "/v1/sessions/" + id + "/token",
                    Operation.TOKEN,
                    id,
                    new TokenMessage(token, manifest).encode());
            // What is stored there comes behind it.
            chain = chain.with(Participation.decode(
                    Write.checkedByValue(made.w()) ? new ByteReader("the answer of " + to, answer).bytes() : answer));
        }
        Certificate certificate = Certificate.sign(made.session(), made.ownerSignature(), chain);
        certificates.add(certificate);
        for (ShareIndex x : made.w().work().path()) {
            String to = ring.provider(x).name();
            tries(() -> {
                byte[] _ = ask(
                        "the certificate of its session",
                        to,
                        false,
                        HttpMethod.POST,
                        "/v1/objects/" + id + "/commit",
                        Operation.COMMIT,
                        id,
                        certificate.encode());
            });
            tries(() -> part(to, made.w().hash(), Holding.Part.SHARE, "a request for its own share"));
        }
    }

    private static void tries(Runnable message) {
        try {
            message.run();
        } catch (InterlockException e) {
            // Told already.
        }
    }

    // ---- One message each ----

    void passOn(String to, String run) {
        Learnt theirs = about(run);
        byte[] part = Composed.part(ring, second, theirs.w, to, random);
        boolean dealer = ring.provider(to).isEmpty();
        String id = theirs.w.hash().toString();
        byte[] _ = ask(
                "the victim's statement of " + run + ", as the second user's own",
                to,
                HttpMethod.POST,
                dealer ? "/v1/deals" : "/v1/sessions",
                dealer ? Operation.DEAL : Operation.ORDER,
                id,
                new Order(theirs.encoded, theirs.ownerSignature, part).encode());
    }

    private byte[] inSession(
            String what, String to, String run, HttpMethod method, String path, Operation operation, byte[] body) {
        String id = id(run).toString();
        return ask(
                what + " in the victim's session of " + run,
                to,
                method,
                "/v1/sessions/" + id + path,
                operation,
                id,
                body);
    }

    void token(String to, String run) {
        TokenMessage token = about(run).token.orElseThrow(() -> new NothingToSend("they were sent no u_m of " + run));
        byte[] _ = inSession("u_m", to, run, HttpMethod.POST, "/token", Operation.TOKEN, token.encode());
    }

    void zeros(String to, String run, int place) {
        byte[] _ = stream(
                "zeros into the victim's session of " + run,
                to,
                id(run).toString(),
                place,
                new byte[Math.toIntExact(ChunkLayout.RANDOMIZER_BYTES + length)]);
    }

    void check(String to, String run) {
        byte[] _ = inSession(
                "a ρ",
                to,
                run,
                HttpMethod.POST,
                "/check",
                Operation.CHECK,
                about(run).rho.orElseGet(() -> new byte[32]));
    }

    void giveUp(String to, String run) {
        byte[] _ = inSession("that it is given up", to, run, HttpMethod.DELETE, "", Operation.ABANDON, new byte[0]);
    }

    void fetch(String to, String run, String part) {
        StatementHash id = id(run);
        byte[] _ = ask(
                "a request for the " + part + " in the victim's session of " + run,
                to,
                HttpMethod.GET,
                "/v1/sessions/" + id + "/parts/" + part + "?from=0",
                Operation.SESSION_PART,
                id + "/" + part + "/0",
                new byte[0]);
    }

    /** Whether an honest provider goes by what it was shown, as it tells whichever provider asks. */
    boolean isCommitted(String from, String at, String run) {
        Peers node = asNode.get(from);
        if (node == null) {
            throw new BadInputException(from + " isn't the attackers'");
        }
        try {
            byte[] answer = node.to(card(at))
                    .call(
                            HttpMethod.GET,
                            "/v1/objects/" + id(run) + "/outcome",
                            Optional.empty(),
                            new byte[0],
                            PATIENCE);
            return new String(answer, StandardCharsets.UTF_8).contains("\"committed\"");
        } catch (InterlockException e) {
            return false;
        }
    }

    StatementHash generation(String run) {
        return id(run);
    }

    void part(String to, String run, String part) {
        part(to, id(run), Holding.Part.parse(part), "a request for the " + part + " of " + run + "'s generation");
    }

    private void part(String to, StatementHash id, Holding.Part part, String what) {
        byte[] answer = ask(
                what,
                to,
                false,
                HttpMethod.GET,
                "/v1/objects/" + id + "/parts/" + part.text() + "?from=0",
                Operation.PART,
                id + "/" + part.text() + "/0",
                new byte[0]);
        byte[] leaf = Arrays.copyOf(answer, Sha256.BYTES);
        holdings.add(new Holding(
                ring.id(),
                id,
                part,
                ring.provider(to).orElseThrow().x(),
                Holding.WHOLE,
                new MerkleRoot().add(leaf).root(),
                Arrays.copyOfRange(answer, Sha256.BYTES, Sha256.BYTES + SigningKey.SIGNATURE_BYTES)));
    }

    void certificate(String to, String how, String of, String on) {
        Certificate certificate = shown(how, of);
        String id = id(on).toString();
        byte[] _ = ask(
                "a certificate (" + how + ") for " + on + "'s generation",
                to,
                HttpMethod.POST,
                "/v1/objects/" + id + "/commit",
                Operation.COMMIT,
                id,
                certificate.encode());
    }

    void abandon(String to, String run) {
        StatementHash id = id(run);
        try (SigningKey key = second.ownerKey(1, new byte[32])) {
            byte[] _ = ask(
                    "an abandonment of " + run + "'s generation, by another key",
                    to,
                    HttpMethod.POST,
                    "/v1/objects/" + id + "/abandon",
                    Operation.ABANDON,
                    id.toString(),
                    Abandonment.sign(key, id).encode());
        }
    }

    void settle(String to, String run) {
        Learnt theirs = about(run);
        StatementHash id = theirs.w.hash();
        byte[] _ = ask(
                "a command to settle " + run + "'s generation",
                to,
                HttpMethod.POST,
                "/v1/objects/" + id + "/settle",
                Operation.SETTLE,
                id.toString(),
                new ByteWriter()
                        .bytes(authorised(theirs.w.title(), new Command.Settle(id), to)
                                .encode())
                        .bytes(theirs.encoded)
                        .toBytes());
    }

    void destroy(String to) {
        Title title = anyTitle();
        byte[] _ = ask(
                "a command to destroy the object, signed by the second user",
                to,
                HttpMethod.DELETE,
                "/v1/objects/" + title.object(),
                Operation.DESTROY,
                title.object().toString(),
                authorised(title, new Command.DestroyForEver(), to).encode());
    }

    /** A corrupt provider, on the channel that is its own. */
    void early(String from, String to, String run, int place) {
        StatementHash id = id(run);
        Peers node = asNode.get(from);
        if (node == null) {
            throw new BadInputException(from + " isn't the attackers'");
        }
        byte[] _ = sent(
                "a stream of " + from + "'s own, before its turn, in " + run,
                to,
                true,
                () -> upload(
                        node.to(card(to)).upload("/v1/sessions/" + id + "/stations/" + place, Optional.empty()),
                        junk(Math.toIntExact(ChunkLayout.RANDOMIZER_BYTES + length))));
    }

    private synchronized Title anyTitle() {
        return learnt.values().stream()
                .map(of -> of.w.title())
                .findFirst()
                .orElseThrow(() -> new NothingToSend("they were told of no object"));
    }

    private Command.Authorised authorised(Title title, Command.Deed deed, String node) {
        try (SigningKey key =
                second.ownerKey(title.owner().rootVersion(), title.owner().nonce())) {
            Command.Signed signed = Command.Signed.sign(
                    key,
                    new Command(
                            ring.id(), title, Integer.MAX_VALUE, Instant.now().toEpochMilli(), deed));
            return new Command.Authorised(
                    signed,
                    node,
                    second.publicKey(ring.id(), node),
                    second.signCommand(ring.id(), node, Command.Authorised.message(signed, node)));
        }
    }

    // ---- What is shown ----

    byte[] destroyed(String by) {
        return authorised(anyTitle(), new Command.DestroyForEver(), by).signed().encode();
    }

    /** Something to show as a certificate. */
    Certificate shown(String how, String of) {
        String nobody = "of what nobody wrote: ";
        if (how.startsWith(nobody)) {
            return madeUp(draft(how.substring(nobody.length()), of));
        }
        Learnt theirs = about(of);
        return switch (how) {
            case "whole" -> known(theirs, of);
            case "with another ciphertext's root" -> {
                Certificate good = known(theirs, of);
                byte[] root = junk(Sha256.BYTES);
                SignatureChain stripped = SignatureChain.start(good.chain().token());
                for (Participation each : good.chain().participations()) {
                    stripped = stripped.with(
                            new Participation(each.ciphertextRoot().map(_ -> root), each.signature()));
                }
                yield new Certificate(good.ownerSignature(), stripped, good.signature());
            }
            case "signed by another key" -> {
                byte[] token = theirs.token
                        .orElseThrow(() -> new NothingToSend("they were sent no u_m of " + of))
                        .token();
                Token u = Token.decode(token);
                byte[] root = junk(Sha256.BYTES);
                SignatureChain made = SignatureChain.start(token);
                for (ShareIndex x : u.providers()) {
                    Optional<byte[]> at = u.homes().contains(x) ? Optional.of(root) : Optional.empty();
                    String name = ring.provider(x).name();
                    made = by.has(name)
                            ? made.with(signed(made, x, at, name))
                            : made.with(new Participation(at, new byte[SigningKey.SIGNATURE_BYTES]));
                }
                try (SigningKey key = second.ownerKey(1, new byte[32])) {
                    yield Certificate.sign(key, theirs.ownerSignature, made);
                }
            }
            default -> throw new BadInputException("no certificate is \"" + how + "\"");
        };
    }

    private Participation signed(SignatureChain chain, ShareIndex x, Optional<byte[]> root, String name) {
        try (SigningKey key = keys.apply(name)) {
            return chain.participate(x, root, key);
        }
    }

    private static Certificate known(Learnt theirs, String of) {
        return theirs.certificate.orElseThrow(() -> new NothingToSend("they were shown no certificate of " + of));
    }

    private Certificate madeUp(Composed draft) {
        Work.Making making = draft.w().making().orElseThrow();
        StatementHash id = draft.w().hash();
        byte[] nobodys = new byte[SigningKey.SIGNATURE_BYTES];
        List<ShareRoot> roots = making.providers().stream()
                .map(x -> new ShareRoot(x, junk(Sha256.BYTES)))
                .toList();
        boolean summed = making.dealers().size() > 1 || making.kind() == Work.Kind.REFRESH;
        Dealt dealt = new Dealt(
                summed, roots, summed ? roots.stream().map(_ -> nobodys).toList() : List.of(nobodys));
        byte[] token = new Token(draft.w(), id, MerkleRoot.over(junk(Sha256.BYTES)), dealt, List.of(), 0).encode();
        byte[] root = junk(Sha256.BYTES);
        SignatureChain chain = SignatureChain.start(token);
        for (ShareIndex x : making.providers()) {
            chain = chain.with(
                    new Participation(making.homes().contains(x) ? Optional.of(root) : Optional.empty(), nobodys));
        }
        return Certificate.sign(draft.session(), draft.ownerSignature(), chain);
    }

    /** An object of the second user's in this ring, put as anybody may; as its own certificate says. */
    Optional<Certificate> ofItsOwn() {
        session("puts an object of its own", "");
        return certificates.stream()
                .filter(each -> each.token().statement().title().equals(own))
                .findFirst();
    }

    /** Against whom of the honest what they were given proves something. */
    List<String> accused(Set<String> corrupt) {
        List<String> accused = new ArrayList<>();
        for (Certificate certificate : certificates) {
            for (Holding said : holdings) {
                try {
                    String liar = new Evidence(certificate.chain(), said, new byte[0])
                            .verify(ring)
                            .liar()
                            .name();
                    if (!corrupt.contains(liar)) {
                        accused.add(liar);
                    }
                } catch (IntegrityException e) {
                    // It proves nothing.
                }
            }
        }
        return accused;
    }

    @Override
    public void close() {
        asUser.close();
        asNode.values().forEach(Peers::close);
        second.close();
    }
}
