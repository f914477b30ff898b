package dev.interlock.node;

import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import dev.interlock.wire.Outbound;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The answer to a user's request for a stream. Until the first piece is there, it can still be an error. */
public final class UserSink {
    private final CompletableFuture<HttpResponse> response = new CompletableFuture<>();
    private final HttpResponseWriter writer = HttpResponse.streaming();
    private final Outbound out = new Outbound(writer);
    private boolean begun;

    /** The answer; there once the stream begins or has failed. */
    public CompletableFuture<HttpResponse> response() {
        return response;
    }

    /** Sends a piece and takes over the buffer. */
    public void write(ByteBuf piece, Duration deadline) throws IOException, InterruptedException {
        begin();
        out.write(piece, deadline);
    }

    /** The orderly end. */
    public void end() {
        begin();
        out.end();
    }

    /** Breaks off; an error is the whole answer if nothing was sent yet. */
    public void fail(Throwable cause) {
        if (!response.completeExceptionally(cause)) {
            out.drop(cause);
        }
    }

    private void begin() {
        if (!begun) {
            begun = true;
            writer.write(ResponseHeaders.of(HttpStatus.OK, HttpHeaderNames.CONTENT_TYPE, MediaType.OCTET_STREAM));
            response.complete(writer);
        }
    }
}
