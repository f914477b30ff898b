package dev.interlock.protocol.vectors;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.SealedException;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Abandonment;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Claim;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.PrivatePart;
import dev.interlock.protocol.Proof;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.SignedRequest;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.vectors.Product.OpenedShare;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.IntStream;

/** How the product rejects what a negative vector holds. */
final class Rejection {
    static final String ACCEPTED = "accepted";
    static final String MALFORMED = "malformed";
    static final String BAD_INPUT = "bad-input";
    static final String BAD_SIGNATURE = "bad-signature";
    static final String WRONG_KEY = "wrong-key";
    static final String INTEGRITY = "integrity";
    static final String REFUSED_ORDER = "refused-order";

    private Rejection() {}

    /** What was opened isn't what was committed to. */
    static final class Broken extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Broken(String message) {
            super(message);
        }
    }

    static String of(String kind, Value in) {
        return switch (kind) {
            case "decode-public-key" -> classOf(() -> VerifyingKey.of(in.hex("public_key")));
            case "decode-token" -> classOf(() -> Token.decode(in.hex("token")));
            case "verify-chain" -> chain(in);
            case "decode-statement" -> classOf(() -> Statement.decode(in.hex("statement")));
            case "decode-private-part" -> classOf(() -> PrivatePart.decode(in.hex("part")));
            case "verify-statement" ->
                classOf(() -> Statement.decode(in.hex("statement")).verify(in.hex("signature")));
            case "verify-dealt" -> dealt(in);
            case "verify-claim" ->
                classOf(() -> new Claim(in.x("x"), VerifyingKey.of(in.hex("public_key")), in.hex("signature"))
                        .verify(Made.w(in)));
            case "verify-certificate" -> certificate(in);
            case "verify-abandonment" -> abandonment(in);
            case "verify-command" ->
                classOf(() -> Command.Authorised.decode(in.hex("command")).verify());
            case "verify-receipt" ->
                classOf(() -> Receipt.decode(in.hex("receipt")).verify(VerifyingKey.of(in.hex("public_key"))));
            case "verify-holding" ->
                classOf(() -> Holding.decode(in.hex("holding")).verify(VerifyingKey.of(in.hex("public_key"))));
            case "verify-card" -> card(in);
            case "verify-descriptor" -> descriptor(in);
            case "verify-request" -> request(in.text("header"));
            case "verify-chunk" -> chunk(in);
            case "verify-share" ->
                Arrays.equals(
                                Product.root(Product.shareLeaves(
                                        Made.w(in), in.x("x"), in.hexes("salts"), in.hexes("chunks"))),
                                in.hex("root"))
                        ? ACCEPTED
                        : INTEGRITY;
            case "open-message" ->
                sealed(in, key -> {
                    var _ = Product.openMessage(key, RingId.of(in.hex("ring")), Made.w(in), in.hex("sealed"));
                });
            case "open-share" -> sealed(in, key -> openShare(in, key));
            case "read-user-key" -> UserKeyFile.classOf(in);
            case "accept-order" -> order(in);
            case "accept-deal" -> deal(in);
            case "verify-proof" -> proof(in);
            default -> throw new IllegalArgumentException("no vectors are of the kind " + kind);
        };
    }

    private static String classOf(Runnable check) {
        try {
            check.run();
            return ACCEPTED;
        } catch (MalformedException e) {
            return MALFORMED;
        } catch (BadSignatureException e) {
            return BAD_SIGNATURE;
        }
    }

    private static Function<ShareIndex, VerifyingKey> keys(Value in, List<ShareIndex> xs) {
        List<VerifyingKey> keys =
                in.hexes("public_keys").stream().map(VerifyingKey::of).toList();
        return x -> keys.get(xs.indexOf(x));
    }

    /** What decodes and doesn't hold is a wrong signature, be it that one is missing or that it's no home's. */
    private static String held(Runnable verification) {
        return classOf(verification).equals(ACCEPTED) ? ACCEPTED : BAD_SIGNATURE;
    }

    private static String dealt(Value in) {
        try {
            Dealt dealt = Dealt.decode("it", in.hex("dealt"));
            List<ShareIndex> xs = dealt.roots().stream().map(ShareRoot::x).toList();
            return held(() -> dealt.verify(VerifyingKey.of(in.hex("dealer_key")), keys(in, xs), Made.w(in)));
        } catch (MalformedException e) {
            return MALFORMED;
        }
    }

    private static String chain(Value in) {
        try {
            SignatureChain chain = SignatureChain.decode(in.hex("chain"));
            Token u = Token.decode(chain.token());
            return held(() -> chain.verifyComplete(keys(in, u.providers())));
        } catch (MalformedException e) {
            return MALFORMED;
        }
    }

    private static String certificate(Value in) {
        try {
            Certificate certificate = Certificate.decode(in.hex("certificate"));
            Token u = certificate.token();
            return held(() -> certificate.verify(keys(in, u.providers())));
        } catch (MalformedException e) {
            return MALFORMED;
        }
    }

    private static String abandonment(Value in) {
        try {
            Abandonment abandonment = Abandonment.decode(in.hex("abandonment"));
            Statement statement = Statement.decode(in.hex("statement"));
            List<ShareIndex> xs = statement.making().orElseThrow().providers();
            return held(() -> abandonment.verify(statement, keys(in, xs)));
        } catch (MalformedException e) {
            return MALFORMED;
        }
    }

    private static String card(Value in) {
        try {
            var _ = NodeCard.open(in.hex("file"));
            return ACCEPTED;
        } catch (MalformedException e) {
            return e.getMessage().endsWith("is signed with another key than its own") ? WRONG_KEY : MALFORMED;
        } catch (BadSignatureException e) {
            return BAD_SIGNATURE;
        }
    }

    private static String descriptor(Value in) {
        try {
            RingDescriptor ring = RingDescriptor.open(in.hex("file"));
            return ring.id().equals(RingId.of(in.hex("ring"))) ? ACCEPTED : WRONG_KEY;
        } catch (MalformedException e) {
            return MALFORMED;
        } catch (BadSignatureException e) {
            return BAD_SIGNATURE;
        }
    }

    /** At the node that it is for, in time; its body is empty, as that of every request in the vectors of this kind. */
    private static String request(String header) {
        String node = "";
        RingId ring = new RingId(0, 0);
        int epoch = 0;
        Operation operation = Operation.LIST;
        String subject = "";
        Instant now = Instant.EPOCH;
        try {
            ByteReader e = new ByteReader("e", Base64.getUrlDecoder().decode(header.split("\\.", -1)[0]));
            var _ = e.fixed(1 + VerifyingKey.BYTES);
            ring = RingId.of(e.fixed(16));
            epoch = e.u32();
            node = e.text();
            operation = Operation.valueOf(e.text());
            subject = e.text();
            var _ = e.fixed(32 + 16);
            now = Instant.ofEpochMilli(e.u64()).minus(SignedRequest.LIFETIME);
        } catch (IllegalArgumentException unreadable) {
            // The product says so below.
        }
        try {
            var _ = SignedRequest.verify(
                    header, ring, new TreeSet<>(Set.of(epoch)), node, operation, subject, new byte[0], now);
            return ACCEPTED;
        } catch (RefusedException e) {
            // A node says the same to both; to its log it says which.
            boolean decoded = e.getMessage().contains("signature wasn't made with the key");
            return decoded && signatureBytes(header) == SigningKey.SIGNATURE_BYTES ? BAD_SIGNATURE : MALFORMED;
        }
    }

    private static int signatureBytes(String header) {
        return Base64.getUrlDecoder().decode(header.substring(header.indexOf('.') + 1)).length;
    }

    private static String chunk(Value in) {
        byte[] manifest = in.hex("manifest");
        int k = in.number("index");
        if (manifest.length % 32 != 0 || manifest.length / 32 <= k) {
            return INTEGRITY;
        }
        List<byte[]> leaves = IntStream.range(0, manifest.length / 32)
                .mapToObj(i -> Write.leaf(manifest, i))
                .toList();
        boolean holds = Arrays.equals(Product.root(leaves), in.hex("h"))
                && Arrays.equals(Product.chunkLeaf(k, in.hex("r"), in.hex("m")), leaves.get(k));
        return holds ? ACCEPTED : INTEGRITY;
    }

    private interface Opening {
        void with(OpeningKey key);
    }

    private static String sealed(Value in, Opening opening) {
        try (OpeningKey key = Product.openingKey(in)) {
            opening.with(key);
            return ACCEPTED;
        } catch (SealedException.WrongKey e) {
            return WRONG_KEY;
        } catch (SealedException.Broken | MalformedException | Broken e) {
            return INTEGRITY;
        }
    }

    private static void openShare(Value in, OpeningKey key) {
        StatementHash w = Made.w(in);
        OpenedShare share = Product.openShare(
                key,
                RingId.of(in.hex("ring")),
                w,
                in.x("x"),
                new ChunkLayout(in.longNumber("length")),
                in.hex("sealed"));
        List<byte[]> leaves = Product.shareLeaves(w, in.x("x"), share.salts(), share.chunks());
        boolean holds = Arrays.equals(Product.root(share.leaves()), in.hex("root"));
        for (int k = 0; k < leaves.size(); k++) {
            holds &= Arrays.equals(leaves.get(k), share.leaves().get(k));
        }
        if (!holds) {
            throw new Broken("the share isn't the one that was dealt");
        }
    }

    private static RingDescriptor ring(Value facts) {
        return Rings.of(facts.number("threshold"), facts.xs("xs"), facts.texts("dealers"), facts.texts("profiles"));
    }

    /** {@link Session#accept}; and a read's order is for the generation that is stored. */
    private static String order(Value in) {
        try {
            Order order = Order.decode(in.hex("order"));
            RingDescriptor ring = ring(in.object("ring"));
            VerifyingKey asking = VerifyingKey.of(in.hex("key"));
            Instant now = Instant.ofEpochMilli(in.longNumber("now"));
            try (Session session = Session.accept(ring, in.x("x"), order, asking, now)) {
                if (in.hex("token").length > 0) {
                    Read.checkOrder(session, Token.decode(in.hex("token")));
                }
                return ACCEPTED;
            }
        } catch (MalformedException e) {
            return BAD_INPUT;
        } catch (RefusedException e) {
            return REFUSED_ORDER;
        }
    }

    private static String deal(Value in) {
        try {
            Order order = Order.decode(in.hex("order"));
            var _ = Write.acceptDeal(
                    ring(in.object("ring")),
                    in.text("dealer"),
                    order,
                    VerifyingKey.of(in.hex("key")),
                    Instant.ofEpochMilli(in.longNumber("now")));
            return ACCEPTED;
        } catch (MalformedException e) {
            return BAD_INPUT;
        } catch (RefusedException e) {
            return REFUSED_ORDER;
        }
    }

    private static String proof(Value in) {
        RingDescriptor ring = RingDescriptor.open(in.hex("descriptor"));
        try {
            var _ = Proof.decode(in.text("proof").getBytes(StandardCharsets.UTF_8))
                    .verify(ring);
            return ACCEPTED;
        } catch (MalformedException e) {
            return MALFORMED;
        } catch (IntegrityException e) {
            return INTEGRITY;
        }
    }
}
