package dev.interlock.client;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/** Where the user key of a put of protocol 2 goes. Whoever loses it has lost the object. */
public interface UserKeyOutput {
    /** Takes the key, which may be as long as the object. */
    WritableByteChannel channel();

    /** Makes what was written durable under its name. The object is committed only after that. */
    void publish() throws IOException;

    /** The put failed for certain: the key opens nothing. */
    void discard() throws IOException;
}
