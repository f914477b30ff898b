package dev.interlock.protocol.vectors;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.field.Gf256;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.SealedLayout;
import dev.interlock.core.sealing.SealedReader;
import dev.interlock.core.sealing.Sealing;
import dev.interlock.core.sealing.SealingInside;
import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.Dealing;
import dev.interlock.core.sharing.Hop;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.sharing.PadCombiner;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Proof;
import dev.interlock.protocol.Route;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.request.Channel;
import dev.interlock.protocol.request.ChannelRequest;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.request.SignedRequest;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntBinaryOperator;
import java.util.stream.IntStream;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/** What the product makes of a vector's inputs: each kind by the code that nodes and clients run. */
final class Product {
    static final ByteSpace BYTES = new ByteSpace();

    private Product() {}

    /** The expected values of a vector. */
    static Fields of(String kind, Value in) {
        return switch (kind) {
            case "multiply" -> new Fields().hex("product", elementwise(in.hex("a"), in.hex("b"), Gf256::multiply));
            case "invert" ->
                new Fields().hex("inverse", elementwise(in.hex("a"), in.hex("a"), (a, _) -> Gf256.invert(a)));
            case "add-scaled" -> addScaled(in);
            case "deal" -> new Fields().hexes("shares", deal(in.hexes("coefficients"), in.numbers("xs")));
            case "interpolate" -> interpolate(in);
            case "lagrange" ->
                new Fields().numbers("lambdas", Lagrange.coefficients(in.number("target"), in.numbers("points")));
            case "hop" -> hop(in);
            case "stream" -> stream(in);
            case "linear-hash" -> linearHash(in);
            case "chunks" -> chunks(new Fields(), in.hexes("r"), in.hexes("m"));
            case "cut" -> cut(in);
            case "share-chunks" -> shareChunks(in);
            case "merkle" -> new Fields().hex("root", root(in.hexes("leaves")));
            case "ciphertext-chunks" -> ciphertextChunks(in);
            case "statement",
                    "private-part",
                    "dealt",
                    "sums",
                    "token",
                    "claim",
                    "chain",
                    "certificate",
                    "abandonment",
                    "words",
                    "command",
                    "hand-over",
                    "receipt",
                    "holding" -> Made.of(kind, in);
            case "login-oprf" -> LoginSuites.oprf(in);
            case "login-reshare" -> LoginSuites.reshare(in);
            case "login-record" -> LoginSuites.record(in);
            case "name-entry" -> LoginSuites.entry(in);
            case "device-book" -> LoginSuites.devices(in);
            case "owner-key" -> ownerKey(in);
            case "proof" -> proof(in);
            case "ring-id" ->
                new Fields()
                        .hex("ring", RingId.of(VerifyingKey.of(in.hex("key"))).bytes());
            case "card" -> card(in);
            case "descriptor" -> descriptor(in);
            case "credential" -> credential(in);
            case "request" -> request(in);
            case "channel" -> channel(in);
            case "sealed-message" -> sealedMessage(in);
            case "sealed-share" -> sealedShare(in);
            case "pieces" -> new Fields().hexes("sealed", SealingInside.pieces(in.hex("key"), in.hexes("pieces")));
            case "user-key" -> new Fields().hex("file", UserKeyFile.write(in));
            case "route" -> new Fields().objects("stations", stations(route(in)));
            case "sealed-route" ->
                new Fields()
                        .objects(
                                "stations",
                                sealedStations(Route.sealed(
                                        new Scheme(1, Profile.parse(in.text("profile"))),
                                        in.xs("path"),
                                        in.xs("homes"),
                                        in.x("x"))));
            case "protocol-1-blinded",
                    "protocol-1-published",
                    "protocol-2-blinded",
                    "protocol-2-published",
                    "protocol-3-blinded",
                    "protocol-3-published" -> Transcript.of(kind, in);
            default -> new Fields().text("class", Rejection.of(kind, in));
        };
    }

    // ------------------------------------------------------------------------------------------- field and sharing

    private static byte[] elementwise(byte[] a, byte[] b, IntBinaryOperator operation) {
        byte[] out = new byte[a.length];
        for (int i = 0; i < a.length; i++) {
            out[i] = (byte) operation.applyAsInt(a[i] & 0xFF, b[i] & 0xFF);
        }
        return out;
    }

    private static Fields addScaled(Value in) {
        MemorySegment result = MemorySegment.ofArray(in.hex("target"));
        FieldKernels.chosen().addScaled(result, result, in.number("factor"), MemorySegment.ofArray(in.hex("source")));
        return new Fields().hex("result", bytes(result));
    }

    static List<byte[]> deal(List<byte[]> coefficients, int[] xs) {
        List<MemorySegment> shares = IntStream.of(xs)
                .mapToObj(_ -> MemorySegment.ofArray(new byte[coefficients.getFirst().length]))
                .toList();
        Dealing.shares(BYTES, coefficients.stream().map(MemorySegment::ofArray).toList(), xs, shares);
        return shares.stream().map(Product::bytes).toList();
    }

    private static Fields interpolate(Value in) {
        List<MemorySegment> shares =
                in.hexes("shares").stream().map(MemorySegment::ofArray).toList();
        MemorySegment value =
                MemorySegment.ofArray(new byte[(int) shares.getFirst().byteSize()]);
        PadCombiner.combine(FieldKernels.chosen(), in.number("target"), in.numbers("xs"), shares, value);
        return new Fields().hex("value", bytes(value));
    }

    private static Fields hop(Value in) {
        MemorySegment flow = MemorySegment.ofArray(in.hex("in"));
        MemorySegment share = MemorySegment.ofArray(in.hex("share"));
        int lambda = Lagrange.coefficient(in.number("target"), in.number("x"), in.numbers("points"));
        Blinding kind = Blinding.parse(in.text("blinds"));
        byte[] b = whole(kind, in.hex("blind"), (int) flow.byteSize());
        Hop.apply(BYTES, flow, lambda, share, blind(kind, in.hex("blind")));
        return new Fields().number("lambda", lambda).hex("b", b).hex("out", bytes(flow));
    }

    /** @param bytes the seed, or all of it */
    static Blind<MemorySegment> blind(Blinding kind, byte[] bytes) {
        return switch (kind) {
            case NONE -> Blind.none();
            case EXPANDED -> {
                try (SecretBytes seed = SecretBytes.copyOf(bytes)) {
                    yield Blind.expanded(seed);
                }
            }
            case FULL -> Blind.of(BYTES, MemorySegment.ofArray(bytes));
            case PAIRED -> {
                List<Blind<MemorySegment>> pairs = new ArrayList<>();
                for (int at = 0; at < bytes.length; at += Keystream.SEED_BYTES) {
                    pairs.add(blind(Blinding.EXPANDED, Arrays.copyOfRange(bytes, at, at + Keystream.SEED_BYTES)));
                }
                yield Blind.sum(pairs);
            }
        };
    }

    /** B_i itself. */
    static byte[] whole(Blinding kind, byte[] bytes, int length) {
        byte[] b = new byte[length];
        blind(kind, bytes).addTo(MemorySegment.ofArray(b));
        return b;
    }

    private static Fields linearHash(Value in) {
        try (LinearHash hash = new LinearHash(in.hex("seed"))) {
            hash.update(MemorySegment.ofArray(in.hex("input")));
            return new Fields().hex("hash", hash.digest());
        }
    }

    private static Fields stream(Value in) {
        byte[] out = new byte[in.number("length")];
        try (Keystream stream = Keystream.at(MemorySegment.ofArray(in.hex("seed")), in.longNumber("offset"))) {
            stream.fill(MemorySegment.ofArray(out));
        }
        return new Fields().hex("bytes", out);
    }

    // -------------------------------------------------------------------------------------------------- commitments

    static byte[] chunkLeaf(int k, byte[] r, byte[] m) {
        return Write.chunkLeaf(k, MemorySegment.ofArray(joined(r, m)));
    }

    static byte[] root(List<byte[]> leaves) {
        MerkleRoot root = new MerkleRoot();
        leaves.forEach(root::add);
        return root.root();
    }

    private static Fields chunks(Fields out, List<byte[]> r, List<byte[]> m) {
        List<byte[]> leaves = IntStream.range(0, r.size())
                .mapToObj(k -> chunkLeaf(k, r.get(k), m.get(k)))
                .toList();
        return out.hexes("leaves", leaves).hex("h", root(leaves));
    }

    private static Fields cut(Value in) {
        ChunkLayout layout = new ChunkLayout(in.longNumber("length"));
        byte[] pattern = in.hex("pattern");
        byte[] m = new byte[(int) layout.length()];
        for (int i = 0; i < m.length; i++) {
            m[i] = pattern[i % pattern.length];
        }
        List<byte[]> chunks = IntStream.range(0, layout.count())
                .mapToObj(k -> Arrays.copyOfRange(
                        m, (int) layout.dataOffset(k), (int) layout.dataOffset(k) + layout.dataLength(k)))
                .toList();
        Fields out = new Fields().number("chunks", layout.count()).number("padded_length", layout.padTotal());
        return chunks(out, in.hexes("r"), chunks);
    }

    static List<byte[]> shareLeaves(StatementHash w, ShareIndex x, List<byte[]> salts, List<byte[]> chunks) {
        return IntStream.range(0, salts.size())
                .mapToObj(k -> Write.shareLeaf(
                        w, x, k, MemorySegment.ofArray(salts.get(k)), MemorySegment.ofArray(chunks.get(k))))
                .toList();
    }

    private static Fields shareChunks(Value in) {
        List<byte[]> leaves = shareLeaves(Made.w(in), in.x("x"), in.hexes("salts"), in.hexes("chunks"));
        return new Fields().hexes("leaves", leaves).hex("root", root(leaves));
    }

    static List<byte[]> ciphertextLeaves(StatementHash w, List<byte[]> chunks) {
        return IntStream.range(0, chunks.size())
                .mapToObj(k -> Leaves.ofCiphertext(w, k)
                        .update(MemorySegment.ofArray(chunks.get(k)))
                        .leaf())
                .toList();
    }

    private static Fields ciphertextChunks(Value in) {
        List<byte[]> leaves = ciphertextLeaves(Made.w(in), in.hexes("chunks"));
        return new Fields().hexes("leaves", leaves).hex("root", root(leaves));
    }

    // ----------------------------------------------------------------------------------------- what is signed

    static SigningKey key(byte[] seed) {
        return new SigningKey(SecretBytes.copyOf(seed));
    }

    static byte[] publicKey(byte[] seed) {
        return key(seed).verifyingKey().bytes();
    }

    /** All that Ed25519 gets; checked, for the product keeps it to itself. */
    static byte[] signed(Purpose purpose, byte[] message, byte[] publicKey, byte[] signature) {
        String label = "interlock/v1/" + purpose.name().toLowerCase(Locale.ROOT).replace('_', '-');
        byte[] all = joined(new ByteWriter().text(label).toBytes(), message);
        if (!Ed25519.verify(signature, 0, publicKey, 0, all, 0, all.length)) {
            throw new IllegalStateException("the product signed something else for " + purpose);
        }
        return all;
    }

    /** The fields of the file; how its JSON is laid out is nobody's business. */
    private static Fields proof(Value in) {
        RingDescriptor ring = RingDescriptor.open(in.hex("descriptor"));
        byte[] file = Proof.of(ring, SignatureChain.decode(in.hex("chain"))).encode();
        var _ = Proof.decode(file).verify(ring);
        Fields out = new Fields();
        try {
            out.json.setAll((ObjectNode) new ObjectMapper().readTree(file));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return out;
    }

    // ------------------------------------------------------------------------------------------ cards and descriptors

    private static Fields card(Value in) {
        Fields out = document(in, Purpose.NODE_CARD);
        NodeCard card = NodeCard.open(out.value().hex("file"));
        // What the product writes itself has this very form.
        same(card.sign(key(in.hex("seed"))), out.value().hex("file"));
        return out;
    }

    private static Fields descriptor(Value in) {
        Fields out = document(in, Purpose.RING_DESCRIPTOR);
        RingDescriptor ring = RingDescriptor.open(out.value().hex("file"));
        return out.hex("ring", ring.id().bytes());
    }

    private static Fields document(Value in, Purpose purpose) {
        SigningKey key = key(in.hex("seed"));
        byte[] body = (in.text("json") + "\n").getBytes(StandardCharsets.UTF_8);
        byte[] file = signedDocument(purpose, in.text("json"), key);
        byte[] signature = key.sign(purpose, body);
        return new Fields()
                .text("key", key.verifyingKey().toString())
                .hex("signed", signed(purpose, body, key.verifyingKey().bytes(), signature))
                .hex("signature", signature)
                .hex("file", file);
    }

    static byte[] signedDocument(Purpose purpose, String json, SigningKey key) {
        byte[] body = (json + "\n").getBytes(StandardCharsets.UTF_8);
        String line = "-- " + key.verifyingKey() + " " + HexFormat.of().formatHex(key.sign(purpose, body)) + "\n";
        return joined(body, line.getBytes(StandardCharsets.UTF_8));
    }

    // ------------------------------------------------------------------------------------------------ users' requests

    /** HKDF once more, for the credential keeps its seeds: checked by the keys that grow from them. */
    private static byte[] derived(byte[] secret, byte[] info) {
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(HKDFParameterSpec.ofExtract()
                            .addIKM(new SecretKeySpec(secret, "HKDF"))
                            .addSalt("interlock/v1/credential".getBytes(StandardCharsets.US_ASCII))
                            .thenExpand(info, 32));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Fields credential(Value in) {
        RingId ring = RingId.of(in.hex("ring"));
        try (SeedCredential credential = new SeedCredential(SecretBytes.copyOf(in.hex("secret")))) {
            byte[] info = new ByteWriter()
                    .text("request key")
                    .fixed(ring.bytes(), 16)
                    .text(in.text("node"))
                    .toBytes();
            byte[] seed = derived(in.hex("secret"), info);
            byte[] requestKey = credential.publicKey(ring, in.text("node")).bytes();
            same(publicKey(seed), requestKey);
            return new Fields().hex("request_seed", seed).hex("request_key", requestKey);
        }
    }

    private static Fields ownerKey(Value in) {
        byte[] nonce = in.hex("nonce");
        int version = in.number("version");
        byte[] info =
                new ByteWriter().text("owner key").u32(version).fixed(nonce, 32).toBytes();
        byte[] seed = derived(in.hex("secret"), info);
        try (SeedCredential credential = new SeedCredential(SecretBytes.copyOf(in.hex("secret")));
                SigningKey o = credential.ownerKey(version, nonce)) {
            same(publicKey(seed), o.verifyingKey().bytes());
            OwnerKey owner = new OwnerKey(version, nonce, o.verifyingKey());
            return new Fields()
                    .hex("seed", seed)
                    .hex("key", o.verifyingKey().bytes())
                    .hex("object", owner.object().bytes());
        }
    }

    /** A user of one node, whose key is there. */
    record KeyHolder(SigningKey own) implements Credential {
        @Override
        public int rootVersion() {
            throw new UnsupportedOperationException();
        }

        @Override
        public SigningKey ownerKey(int rootVersion, byte[] nonce) {
            throw new UnsupportedOperationException();
        }

        @Override
        public SecretBytes nameSecret(RingId ring, int rootVersion) {
            throw new UnsupportedOperationException();
        }

        @Override
        public VerifyingKey publicKey(RingId ring, String node) {
            return own.verifyingKey();
        }

        @Override
        public byte[] sign(RingId ring, String node, byte[] message) {
            return own.sign(Purpose.CLIENT_REQUEST, message);
        }

        @Override
        public byte[] signCommand(RingId ring, String node, byte[] message) {
            return own.sign(Purpose.COMMAND, message);
        }

        @Override
        public byte[] signAcceptance(RingId ring, String node, byte[] message) {
            return own.sign(Purpose.ACCEPTANCE, message);
        }

        @Override
        public byte[] signClaim(RingId ring, String node, byte[] message) {
            return own.sign(Purpose.CLAIM, message);
        }

        @Override
        public void close() {
            own.close();
        }
    }

    /** Gives these bytes, one after the other. */
    static SecureRandom giving(List<byte[]> each) {
        Iterator<byte[]> next = each.iterator();
        return new SecureRandom() {
            private static final long serialVersionUID = 1L;

            @Override
            public void nextBytes(byte[] out) {
                byte[] bytes = next.next();
                if (out.length != bytes.length) {
                    throw new IllegalStateException(out.length + " bytes were asked for, not " + bytes.length);
                }
                System.arraycopy(bytes, 0, out, 0, bytes.length);
            }
        };
    }

    private static Fields channel(Value in) {
        SigningKey node = key(in.hex("node_seed"));
        VerifyingKey user = key(in.hex("user_seed")).verifyingKey();
        RingId ring = RingId.of(in.hex("ring"));
        String name = in.text("node");
        try (Channel.Offer offer = new Channel.Offer(giving(List.of(in.hex("user_ephemeral"))))) {
            Channel.Opened opened = Channel.open(
                    ring,
                    name,
                    node,
                    user,
                    offer.publicKey(),
                    giving(List.of(in.hex("node_ephemeral"), in.hex("channel"))));
            String header = offer.accept(ring, name, node.verifyingKey(), user, opened.answer())
                    .request(
                            in.longNumber("sequence"),
                            in.number("epoch"),
                            Operation.valueOf(in.text("operation")),
                            in.text("subject"),
                            in.hex("body"));
            ChannelRequest request = opened.channel().verify(header, name);
            request.requireBody(in.hex("body"));
            return new Fields()
                    .hex("offered", offer.publicKey())
                    .hex("answer", opened.answer())
                    .text("header", header);
        }
    }

    private static Fields request(Value in) {
        SigningKey key = key(in.hex("seed"));
        RingId ring = RingId.of(in.hex("ring"));
        Operation operation = Operation.valueOf(in.text("operation"));
        Instant now = Instant.ofEpochMilli(in.longNumber("expiry")).minus(SignedRequest.LIFETIME);
        String header = SignedRequest.sign(
                new KeyHolder(key),
                ring,
                in.number("epoch"),
                in.text("node"),
                operation,
                in.text("subject"),
                in.hex("body"),
                giving(List.of(in.hex("nonce"))),
                now);
        var _ = SignedRequest.verify(
                header,
                ring,
                new TreeSet<>(Set.of(in.number("epoch"))),
                in.text("node"),
                operation,
                in.text("subject"),
                in.hex("body"),
                now);
        String[] parts = header.split("\\.", -1);
        return new Fields()
                .hex("key", key.verifyingKey().bytes())
                .hex("encoding", Base64.getUrlDecoder().decode(parts[0]))
                .hex("signature", Base64.getUrlDecoder().decode(parts[1]))
                .text("header", header);
    }

    // ------------------------------------------------------------------------------------------------------- sealing

    static OpeningKey openingKey(Value in) {
        return OpeningKey.of(Kem.of(in.number("kem")), SecretBytes.copyOf(in.hex("private_key")));
    }

    /** m, from m'. */
    static byte[] openMessage(OpeningKey key, RingId ring, StatementHash w, byte[] sealed) {
        SealedLayout layout = new SealedLayout(key.recipient().kem());
        Sealing what = Sealing.ofMessage(ring, w);
        byte[] header = Arrays.copyOf(sealed, Math.min(sealed.length, layout.headerBytes()));
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        try (SealedReader reader = new SealedReader(header, key, what)) {
            long length = layout.plainBytes(sealed.length);
            int at = header.length;
            int pieces = SealedLayout.pieces(length);
            for (int k = 0; k < pieces; k++) {
                byte[] piece = new byte[SealedLayout.pieceBytes(length, k)];
                int next = at + piece.length + SealedLayout.TAG_BYTES;
                reader.open(
                        k,
                        k == pieces - 1,
                        MemorySegment.ofArray(Arrays.copyOfRange(sealed, at, next)),
                        MemorySegment.ofArray(piece));
                plain.writeBytes(piece);
                at = next;
            }
        }
        return plain.toByteArray();
    }

    private static Fields sealedMessage(Value in) {
        try (OpeningKey key = openingKey(in)) {
            RingId ring = RingId.of(in.hex("ring"));
            StatementHash w = Made.w(in);
            byte[] sealed = in.hex("sealed");
            return new Fields()
                    .text("public_key", key.recipient().toString())
                    .hex("recipient", key.recipient().recipientId())
                    .hex("key", SealingInside.key(sealed, key, Sealing.ofMessage(ring, w)))
                    .hex("plaintext", openMessage(key, ring, w, sealed));
        }
    }

    /** An opened share, its pieces checked against its leaves. */
    record OpenedShare(byte[] key, List<byte[]> leaves, List<byte[]> salts, List<byte[]> chunks) {
        byte[] share() {
            return joined(chunks.toArray(byte[][]::new));
        }
    }

    static OpenedShare openShare(
            OpeningKey key, RingId ring, StatementHash w, ShareIndex x, ChunkLayout layout, byte[] sealed) {
        SealedLayout cut = new SealedLayout(key.recipient().kem());
        Sealing what = Sealing.ofShare(ring, w, x);
        byte[] header = Arrays.copyOf(sealed, Math.min(sealed.length, cut.headerBytes()));
        List<byte[]> leaves = new ArrayList<>();
        List<byte[]> salts = new ArrayList<>();
        List<byte[]> chunks = new ArrayList<>();
        try (SealedReader reader = new SealedReader(header, key, what)) {
            if (sealed.length != cut.shareBytes(layout)) {
                throw new Rejection.Broken(
                        "a sealed share has " + cut.shareBytes(layout) + " bytes, not " + sealed.length);
            }
            int at = header.length;
            for (int k = 0; k < layout.count(); k++) {
                leaves.add(Arrays.copyOfRange(sealed, at, at + Sha256.BYTES));
                at += Sha256.BYTES;
            }
            for (int k = 0; k < layout.count(); k++) {
                byte[] piece = new byte[SealedLayout.sharePieceBytes(layout, k)];
                int next = at + piece.length + SealedLayout.TAG_BYTES;
                reader.open(
                        k,
                        k == layout.count() - 1,
                        MemorySegment.ofArray(Arrays.copyOfRange(sealed, at, next)),
                        MemorySegment.ofArray(piece));
                salts.add(Arrays.copyOf(piece, 64));
                chunks.add(Arrays.copyOfRange(piece, 64, piece.length));
                at = next;
            }
        }
        return new OpenedShare(SealingInside.key(sealed, key, what), leaves, salts, chunks);
    }

    private static Fields sealedShare(Value in) {
        try (OpeningKey key = openingKey(in)) {
            StatementHash w = Made.w(in);
            OpenedShare opened = openShare(
                    key,
                    RingId.of(in.hex("ring")),
                    w,
                    in.x("x"),
                    new ChunkLayout(in.longNumber("length")),
                    in.hex("sealed"));
            List<byte[]> again = shareLeaves(w, in.x("x"), opened.salts(), opened.chunks());
            for (int k = 0; k < again.size(); k++) {
                same(again.get(k), opened.leaves().get(k));
            }
            return new Fields()
                    .text("public_key", key.recipient().toString())
                    .hex("recipient", key.recipient().recipientId())
                    .hex("key", opened.key())
                    .hexes("leaves", opened.leaves())
                    .hex("root", root(opened.leaves()))
                    .hexes("salts", opened.salts())
                    .hex("share", opened.share());
        }
    }

    // -------------------------------------------------------------------------------------------------------- routes

    private static Route route(Value in) {
        Scheme scheme = new Scheme(in.number("protocol"), Profile.parse(in.text("profile")));
        return switch (in.text("direction")) {
            case "write" -> Route.write(in.xs("path"), in.xs("homes"));
            case "small-write" -> Route.writeSmall(in.xs("path"), in.xs("homes"));
            default -> Route.read(scheme, in.xs("path"), in.xs("homes").getFirst());
        };
    }

    static List<Fields> stations(Route route) {
        return route.stations().stream().map(Product::station).toList();
    }

    static Fields station(Station station) {
        String source = switch (station.source()) {
            case Station.User _ -> "user";
            case Station.Ciphertext _ -> "store";
            case Station.Neighbour _ -> "station";
            case Station.Zeros _ -> "zeros";
            case Station.SealedShare _ -> throw new IllegalArgumentException("no station of the stream");
        };
        String sink = switch (station.sink()) {
            case Station.User _ -> "user";
            case Station.Neighbour _ -> "station";
            case Station.Homes _ -> "homes";
            case Station.End _ -> "none";
        };
        return new Fields()
                .number("place", station.place())
                .number("x", station.provider().x())
                .text("source", source)
                .flag("layered", station.layered())
                .flag("stored", station.stored())
                .text("sink", sink);
    }

    /** Those that pass on or keep what is sealed already: a provider that keeps its own is one. */
    static List<Fields> sealedStations(Route route) {
        return route.stations().stream()
                .filter(station -> !station.equals(route.first()) || station.stored())
                .map(station -> new Fields()
                        .number("place", station.place())
                        .number("x", station.provider().x())
                        .flag("stored", station.stored()))
                .toList();
    }

    // --------------------------------------------------------------------------------------------------------- small

    static byte[] bytes(MemorySegment segment) {
        return segment.toArray(ValueLayout.JAVA_BYTE);
    }

    static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    static void same(byte[] actual, byte[] expected) {
        if (!Arrays.equals(actual, expected)) {
            throw new IllegalStateException("two ways to the same value differ: "
                    + HexFormat.of().formatHex(actual) + " and "
                    + HexFormat.of().formatHex(expected));
        }
    }
}
