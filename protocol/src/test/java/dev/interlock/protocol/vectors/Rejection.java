package dev.interlock.protocol.vectors;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.SealedException;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.Proof;
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
            case "verify-receipt" ->
                classOf(() -> Receipt.decode(in.hex("receipt")).verify(VerifyingKey.of(in.hex("public_key"))));
            case "verify-share-root" ->
                classOf(() -> new ShareRoot(in.x("x"), in.hex("root"), in.hex("signature"))
                        .verify(
                                VerifyingKey.of(in.hex("public_key")),
                                RingId.of(in.hex("ring")),
                                in.number("epoch"),
                                ObjectId.of(in.hex("object")),
                                in.longNumber("length")));
            case "verify-card" -> card(in);
            case "verify-descriptor" -> descriptor(in);
            case "verify-request" -> request(in.text("header"));
            case "verify-chunk" -> chunk(in);
            case "verify-share" ->
                Arrays.equals(
                                Product.root(Product.shareLeaves(
                                        ObjectId.of(in.hex("object")),
                                        in.x("x"),
                                        in.hexes("salts"),
                                        in.hexes("chunks"))),
                                in.hex("root"))
                        ? ACCEPTED
                        : INTEGRITY;
            case "open-message" ->
                sealed(in, key -> {
                    var _ = Product.openMessage(
                            key, RingId.of(in.hex("ring")), ObjectId.of(in.hex("object")), in.hex("sealed"));
                });
            case "open-share" -> sealed(in, key -> openShare(in, key));
            case "read-user-key" -> UserKeyFile.classOf(in);
            case "accept-order" -> order(in);
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

    private static String chain(Value in) {
        SignatureChain chain;
        Token u;
        try {
            chain = SignatureChain.decode(in.hex("chain"));
            u = Token.decode(chain.token());
        } catch (MalformedException e) {
            return MALFORMED;
        }
        List<VerifyingKey> keys =
                in.hexes("public_keys").stream().map(VerifyingKey::of).toList();
        try {
            chain.verifyComplete(x -> keys.get(u.providers().indexOf(x)));
            return ACCEPTED;
        } catch (MalformedException | BadSignatureException e) {
            return BAD_SIGNATURE;
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
        ObjectId object = ObjectId.of(in.hex("object"));
        OpenedShare share = Product.openShare(
                key,
                RingId.of(in.hex("ring")),
                object,
                in.x("x"),
                new ChunkLayout(in.longNumber("length")),
                in.hex("sealed"));
        List<byte[]> leaves = Product.shareLeaves(object, in.x("x"), share.salts(), share.chunks());
        boolean holds = Arrays.equals(Product.root(share.leaves()), in.hex("root"));
        for (int k = 0; k < leaves.size(); k++) {
            holds &= Arrays.equals(leaves.get(k), share.leaves().get(k));
        }
        if (!holds) {
            throw new Broken("the share isn't the one that was dealt");
        }
    }

    /** {@link Session#accept}, and before it what a node asks its store. */
    private static String order(Value in) {
        Order order;
        try {
            order = Json.read("the order", in.text("order").getBytes(StandardCharsets.UTF_8), Order.class);
        } catch (MalformedException e) {
            return BAD_INPUT;
        }
        Value facts = in.object("ring");
        RingDescriptor ring =
                Rings.of(facts.number("threshold"), facts.xs("xs"), facts.texts("dealers"), facts.texts("profiles"));
        try (Session session = Session.accept(ring, new ShareIndex(in.number("x")), order)) {
            boolean right = session.isWrite()
                    || (!in.isNull("stored")
                            && readable(session, in.object("stored"), in.json().get("key")));
            return right ? ACCEPTED : REFUSED_ORDER;
        } catch (MalformedException e) {
            return BAD_INPUT;
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

    private static boolean readable(Session session, Value stored, JsonNode asking) {
        return stored.text("state").equals("committed")
                && stored.json().get("key").equals(asking)
                && stored.number("protocol") == session.scheme().protocol()
                && stored.text("profile").equals(session.scheme().profile().text())
                && stored.longNumber("length") == session.layout().length()
                && stored.xs("xs").containsAll(session.path())
                && stored.xs("homes").containsAll(session.homes());
    }
}
