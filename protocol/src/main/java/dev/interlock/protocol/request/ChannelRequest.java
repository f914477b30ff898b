package dev.interlock.protocol.request;

import dev.interlock.core.signature.VerifyingKey;

/**
 * A request under the MAC of a {@link Channel}, in place of a signature.
 *
 * @param key of the user who opened the channel
 * @param sequence the channel's number of it, from 0: each serves once
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes
public record ChannelRequest(
        VerifyingKey key, String node, long sequence, int epoch, Operation operation, String subject, byte[] bodyHash)
        implements ClientRequest {}
