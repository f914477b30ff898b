package dev.interlock.protocol.request;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.VerifyingKey;
import java.util.Arrays;
import java.util.Base64;

/**
 * A user's request that one process of a node let in and passes on to another, which it alone may do: signature or MAC, number and
 * nonce have been checked. It is never sent between nodes.
 *
 * @param key the user's at this node
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes
public record PassedRequest(
        VerifyingKey key, String node, int epoch, Operation operation, String subject, byte[] bodyHash)
        implements ClientRequest {
    private static final int VERSION = 1;

    public static PassedRequest of(ClientRequest request) {
        return new PassedRequest(
                request.key(),
                request.node(),
                request.epoch(),
                request.operation(),
                request.subject(),
                request.bodyHash());
    }

    public String encode() {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(new ByteWriter()
                        .u8(VERSION)
                        .fixed(key.bytes(), 32)
                        .u32(epoch)
                        .text(operation.name())
                        .text(subject)
                        .fixed(bodyHash, 32)
                        .toBytes());
    }

    /** @throws MalformedException unless {@link #encode} gave it */
    public static PassedRequest decode(String text, String node) {
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new MalformedException("it isn't base64url");
        }
        ByteReader in = new ByteReader("a passed request", bytes);
        if (in.u8() != VERSION) {
            throw new MalformedException("its version isn't " + VERSION);
        }
        VerifyingKey key = VerifyingKey.of(in.fixed(32));
        int epoch = in.u32();
        String name = in.text();
        Operation operation = Arrays.stream(Operation.values())
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new MalformedException("there is no such operation"));
        PassedRequest request = new PassedRequest(key, node, epoch, operation, in.text(), in.fixed(32));
        in.end();
        return request;
    }
}
