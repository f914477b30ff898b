package dev.interlock.protocol.message;

import java.util.List;

/** A user's committed objects at one provider, newest first. */
public record ObjectList(List<Entry> objects) {
    /** @param length in bytes; {@code createdMillis} is by the clock of the client that wrote it */
    public record Entry(String object, int protocol, String profile, long length, long createdMillis) {}
}
