package dev.interlock.protocol.request;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.encoding.Base64Url;
import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.KDF;
import javax.crypto.Mac;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.math.ec.rfc7748.X25519;

/**
 * A channel of one user to one process of a node (SPEC §6): a MAC under each request in place of a signature. The user signs its
 * ephemeral key, the node signs its own, and the MAC's key is made of the product of both, so that who only sees the opening has
 * nothing. Safe for use by many threads.
 */
public final class Channel implements AutoCloseable {
    /** What a header with a MAC begins with; no signed request does. */
    public static final String PREFIX = "c.";

    /** Of an ephemeral key. */
    public static final int KEY_BYTES = X25519.POINT_SIZE;

    /** How long a channel serves, whatever it is used for. */
    public static final Duration LIFETIME = Duration.ofHours(1);

    private static final int ID_BYTES = 16;
    private static final int MAC_BYTES = 32;
    private static final int VERSION = 1;
    private static final byte[] LABEL = "interlock/v1/channel".getBytes(StandardCharsets.US_ASCII);

    private final Id id;
    private final VerifyingKey user;
    private final SecretBytes key;
    private boolean closed;

    /** Names a channel at its node; random. */
    public record Id(long high, long low) {
        private static Id of(byte[] bytes) {
            ByteBuffer halves = ByteBuffer.wrap(bytes);
            return new Id(halves.getLong(), halves.getLong());
        }

        private static Id read(ByteReader in) {
            return of(in.fixed(ID_BYTES));
        }

        private void write(ByteWriter out) {
            out.fixed(ByteBuffer.allocate(ID_BYTES).putLong(high).putLong(low).array(), ID_BYTES);
        }

        @Override
        public String toString() {
            return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
        }
    }

    private Channel(Id id, VerifyingKey user, SecretBytes key) {
        this.id = id;
        this.user = user;
        this.key = key;
    }

    public Id id() {
        return id;
    }

    /** Whose it is. */
    public VerifyingKey user() {
        return user;
    }

    // ---- Opening ----

    /** U's side: its ephemeral key, for one opening. */
    public static final class Offer implements AutoCloseable {
        private final SecretBytes secret;
        private final byte[] publicKey = new byte[KEY_BYTES];

        public Offer(SecureRandom random) {
            byte[] k = new byte[X25519.SCALAR_SIZE];
            X25519.generatePrivateKey(random, k);
            X25519.generatePublicKey(k, 0, publicKey, 0);
            this.secret = SecretBytes.taking(k);
        }

        /** The body of the signed request that opens the channel. */
        public byte[] publicKey() {
            return publicKey.clone();
        }

        /**
         * The channel, from the node's answer.
         *
         * @param user U's key at the node, by which the offer was signed
         * @param nodeKey the node's, by its card
         * @throws MalformedException or BadSignatureException unless it is the node's answer to this offer
         */
        public Channel accept(RingId ring, String node, VerifyingKey nodeKey, VerifyingKey user, byte[] answer) {
            ByteReader in = new ByteReader("the channel's opening", answer);
            byte[] said = in.bytes();
            byte[] signature = in.fixed(SigningKey.SIGNATURE_BYTES);
            in.end();
            byte[] agreed = agreed(ring, node, user, publicKey, said);
            nodeKey.verify(Purpose.CHANNEL, agreed, signature);
            ByteReader a = new ByteReader("the channel's opening", said);
            int version = a.u8();
            if (version != VERSION) {
                throw new MalformedException("the channel's version is " + version + ", not " + VERSION);
            }
            Id id = Id.read(a);
            byte[] theirs = a.fixed(KEY_BYTES);
            a.end();
            return new Channel(id, user, derive(secret, theirs, agreed));
        }

        @Override
        public void close() {
            secret.close();
        }
    }

    /**
     * A channel that was opened at a node.
     *
     * @param answer to whoever offered it
     */
    @SuppressWarnings("ArrayRecordComponent") // opaque bytes
    public record Opened(Channel channel, byte[] answer) {}

    /**
     * A node's side.
     *
     * @param user who offered it, by a signed request
     * @param offered U's ephemeral key, as it came
     * @throws MalformedException when that is no key
     */
    public static Opened open(
            RingId ring, String node, SigningKey nodeKey, VerifyingKey user, byte[] offered, SecureRandom random) {
        if (offered.length != KEY_BYTES) {
            throw new MalformedException("a channel's key has " + KEY_BYTES + " bytes, not " + offered.length);
        }
        try (Offer own = new Offer(random)) {
            byte[] drawn = new byte[ID_BYTES];
            random.nextBytes(drawn);
            Id id = Id.of(drawn);
            ByteWriter a = new ByteWriter().u8(VERSION);
            id.write(a);
            byte[] said = a.fixed(own.publicKey, KEY_BYTES).toBytes();
            byte[] agreed = agreed(ring, node, user, offered, said);
            Channel channel = new Channel(id, user, derive(own.secret, offered, agreed));
            return new Opened(
                    channel,
                    new ByteWriter()
                            .bytes(said)
                            .fixed(nodeKey.sign(Purpose.CHANNEL, agreed), SigningKey.SIGNATURE_BYTES)
                            .toBytes());
        }
    }

    /** All that both sides said. */
    private static byte[] agreed(RingId ring, String node, VerifyingKey user, byte[] offered, byte[] said) {
        return new ByteWriter()
                .fixed(ring.bytes(), RingId.BYTES)
                .text(node)
                .fixed(user.bytes(), VerifyingKey.BYTES)
                .fixed(offered, KEY_BYTES)
                .bytes(said)
                .toBytes();
    }

    /** HKDF-SHA256 (RFC 5869) of the product (RFC 7748), under all that was said. */
    private static SecretBytes derive(SecretBytes own, byte[] theirs, byte[] agreed) {
        byte[] k = own.copyToHeap();
        byte[] product = new byte[X25519.POINT_SIZE];
        try {
            if (!X25519.calculateAgreement(k, 0, theirs, 0, product, 0)) {
                throw new MalformedException("the channel's key is of small order");
            }
            return SecretBytes.taking(KDF.getInstance("HKDF-SHA256")
                    .deriveData(HKDFParameterSpec.ofExtract()
                            .addIKM(new SecretKeySpec(product, "HKDF"))
                            .addSalt(LABEL)
                            .thenExpand(Sha256.plain(agreed), MAC_BYTES)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the Java platform lacks HKDF-SHA256", e);
        } finally {
            Arrays.fill(k, (byte) 0);
            Arrays.fill(product, (byte) 0);
        }
    }

    // ---- Requests ----

    /**
     * U's side: the header of one request.
     *
     * @param sequence never used before in this channel
     */
    public String request(long sequence, int epoch, Operation operation, String subject, byte[] body) {
        ByteWriter out = new ByteWriter().u8(VERSION);
        id.write(out);
        byte[] message = out.u64(sequence)
                .u32(epoch)
                .text(operation.name())
                .text(subject)
                .fixed(Sha256.plain(body), Sha256.BYTES)
                .toBytes();
        return PREFIX + Base64Url.encode(message) + "." + Base64Url.encode(mac(message));
    }

    /**
     * Which channel a header is of; nothing of it is verified.
     *
     * @param node for the message
     * @throws RefusedException when it isn't the header of a request
     */
    public static Id idOf(String header, String node) {
        try {
            ByteReader in = new ByteReader("the request", message(header));
            version(in);
            return Id.read(in);
        } catch (IllegalArgumentException e) {
            throw malformed(node, e);
        }
    }

    /**
     * A node's check of the MAC. The caller still has to see that the user is served, the operation, subject, body and epoch, and
     * that the sequence number is new.
     *
     * @param node its own name
     * @throws RefusedException that says which rule failed
     */
    public ChannelRequest verify(String header, String node) {
        try {
            byte[] message = message(header);
            byte[] mac = Base64Url.decode(header.substring(header.indexOf('.', PREFIX.length()) + 1));
            if (!MessageDigest.isEqual(mac(message), mac)) {
                throw new MalformedException("it isn't the channel's MAC");
            }
            ByteReader in = new ByteReader("the request", message);
            version(in);
            Id _ = Id.read(in);
            ChannelRequest request = new ChannelRequest(
                    id,
                    user,
                    node,
                    in.u64(),
                    in.u32(),
                    Operation.valueOf(in.text()),
                    in.text(),
                    in.fixed(Sha256.BYTES));
            in.end();
            return request;
        } catch (IllegalArgumentException e) {
            throw malformed(node, e);
        }
    }

    private static void version(ByteReader in) {
        int version = in.u8();
        if (version != VERSION) {
            throw new MalformedException("its version is " + version + ", not " + VERSION);
        }
    }

    private static byte[] message(String header) {
        int dot = header.startsWith(PREFIX) ? header.indexOf('.', PREFIX.length()) : -1;
        if (dot < 0) {
            throw new MalformedException("it has no MAC");
        }
        return Base64Url.decode(header.substring(PREFIX.length(), dot));
    }

    private static RefusedException malformed(String node, Exception why) {
        return new RefusedException(
                Rule.SIGNATURE, node + " refuses the request: its MAC can't be accepted: " + why.getMessage());
    }

    private synchronized byte[] mac(byte[] message) {
        if (closed) {
            throw new RefusedException(Rule.UNKNOWN_CHANNEL, "the channel was closed");
        }
        byte[] secret = key.copyToHeap();
        try {
            Mac hmac = Mac.getInstance("HmacSHA256");
            hmac.init(new SecretKeySpec(secret, "HmacSHA256"));
            return hmac.doFinal(message);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the Java platform lacks HMAC-SHA256", e);
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    /** Wipes the key; what comes after is refused by who doesn't know the channel any more. */
    @Override
    public synchronized void close() {
        closed = true;
        key.close();
    }
}
