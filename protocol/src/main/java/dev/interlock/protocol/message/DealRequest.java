package dev.interlock.protocol.message;

import java.util.List;

/**
 * Step 2 of a write: U asks the dealer to deal for this object to the providers of this session.
 *
 * @param ofZero whether to deal shares of zero, which refresh those that are there
 */
public record DealRequest(
        int protocol, String profile, String object, String session, List<Integer> path, long length, boolean ofZero) {}
