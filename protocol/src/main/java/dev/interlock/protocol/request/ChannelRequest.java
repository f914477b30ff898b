package dev.interlock.protocol.request;

import dev.interlock.core.signature.VerifyingKey;

/**
 * A request under the MAC of a {@link Channel}, in place of a signature.
 *
 * @param channel in which it came
 * @param key of the user who opened the channel
 * @param sequence the channel's number of it, from 0: each serves once
 */
@SuppressWarnings("ArrayRecordComponent") // opaque bytes
public record ChannelRequest(
        Channel.Id channel,
        VerifyingKey key,
        String node,
        long sequence,
        int epoch,
        Operation operation,
        String subject,
        byte[] bodyHash)
        implements ClientRequest {}
