package dev.interlock.app;

import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.RequestHeaders;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.Title;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.request.SignedRequest;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import dev.interlock.wire.Peer;
import dev.interlock.wire.Peers;
import dev.interlock.wire.TlsIdentity;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Speaks to nodes request by request, as someone does who doesn't keep to the protocol. */
final class RawUser implements AutoCloseable {
    private static final int PIECE_BYTES = 60_000;

    private final RingDescriptor ring;
    private final Credential credential;
    private final Peers peers;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, NodeCard> elsewhere = new HashMap<>();

    private RawUser(RingDescriptor ring, Credential credential, Optional<TlsIdentity> tls, Deadlines deadlines) {
        this.ring = ring;
        this.credential = credential;
        this.peers = new Peers(tls, deadlines);
    }

    /** A user, without a certificate. */
    static RawUser of(TestRing ring, String credentialFile) {
        return new RawUser(ring.descriptor(), ring.credential(credentialFile), Optional.empty(), ring.deadlines());
    }

    static RawUser of(RingDescriptor ring, Credential credential, Deadlines deadlines) {
        return new RawUser(ring, credential, Optional.empty(), deadlines);
    }

    /** Whoever has this TLS key. */
    static RawUser withTls(TestRing ring, TlsIdentity tls) {
        return new RawUser(ring.descriptor(), ring.credential("credential"), Optional.of(tls), ring.deadlines());
    }

    RingDescriptor ring() {
        return ring;
    }

    Credential credential() {
        return credential;
    }

    Write.Maker maker() {
        return new Write.Maker(credential, random, Instant.now());
    }

    /** A command that this user signs for a node, as the owner of an object. */
    Command.Authorised command(Title title, long number, Command.Deed deed, String node) {
        return command(ring.id(), title, number, deed, node);
    }

    Command.Authorised command(RingId of, Title title, long number, Command.Deed deed, String node) {
        try (SigningKey key =
                credential.ownerKey(title.owner().rootVersion(), title.owner().nonce())) {
            Command command = new Command(of, title, number, Instant.now().toEpochMilli(), deed);
            Command.Signed signed = Command.Signed.sign(key, command);
            return new Command.Authorised(
                    signed,
                    node,
                    credential.publicKey(ring.id(), node),
                    credential.signCommand(ring.id(), node, Command.Authorised.message(signed, node)));
        }
    }

    SecureRandom random() {
        return random;
    }

    Deadlines deadlines() {
        return peers.deadlines();
    }

    Peer peer(String node) {
        return peers.to(elsewhere.getOrDefault(node, ring.node(node).orElseThrow()));
    }

    /** From now on this node is spoken to at another port: one of its processes. */
    RawUser at(String node, int port) {
        elsewhere.put(node, ring.node(node).orElseThrow().movedTo("127.0.0.1:" + port));
        return this;
    }

    String header(String node, Operation operation, String subject, byte[] body) {
        return header(node, operation, subject, body, Instant.now());
    }

    String header(String node, Operation operation, String subject, byte[] body, Instant now) {
        return SignedRequest.sign(credential, ring.id(), ring.epoch(), node, operation, subject, body, random, now);
    }

    byte[] call(String node, HttpMethod method, String path, Operation operation, String subject, byte[] body) {
        return send(node, method, path, header(node, operation, subject, body), body);
    }

    /** With a header of the caller's making. */
    byte[] send(String node, HttpMethod method, String path, String header, byte[] body) {
        return peer(node)
                .call(method, path, Optional.of(header), body, deadlines().settle());
    }

    /** With the word, in the header of a node's own processes, that one of them let it in. */
    byte[] passed(String node, String path, String word) {
        HttpResponse answer = peer(node)
                .pass(
                        RequestHeaders.builder(HttpMethod.GET, path)
                                .set("interlock-passed", word)
                                .build(),
                        HttpRequest.of(HttpMethod.GET, path));
        AggregatedHttpResponse whole = answer.aggregate().join();
        if (!whole.status().isSuccess()) {
            throw Json.read("the answer", whole.content().array(), Problem.class)
                    .toException(node);
        }
        return whole.content().array();
    }

    /** Sends the beginning of a body, and never its end. */
    Peer.Upload begin(String node, String path, Optional<String> header, int bytes) throws InterruptedException {
        Peer.Upload upload = peer(node).upload(path, header);
        try {
            upload.out()
                    .write(Unpooled.wrappedBuffer(new byte[bytes]), deadlines().stall());
        } catch (IOException e) {
            // The refusal was there first.
        }
        return upload;
    }

    /** Streams these bytes and brings the answer. */
    byte[] stream(String node, String path, Optional<String> header, byte[] bytes) {
        Peer.Upload upload = peer(node).upload(path, header);
        try {
            for (int done = 0; done < bytes.length; done += PIECE_BYTES) {
                upload.out()
                        .write(
                                Unpooled.copiedBuffer(bytes, done, Math.min(PIECE_BYTES, bytes.length - done)),
                                deadlines().stall());
            }
        } catch (IOException e) {
            throw upload.reason(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        upload.out().end();
        return upload.complete(deadlines().settle());
    }

    @Override
    public void close() {
        peers.close();
        credential.close();
    }
}
