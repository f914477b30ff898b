package dev.interlock.node.provider;

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

/** The answer to the user's request for a read's output. Until the first piece is there, it can still be an error. */
final class UserSink {
    private final CompletableFuture<HttpResponse> response = new CompletableFuture<>();
    private final HttpResponseWriter writer = HttpResponse.streaming();
    private final Outbound out = new Outbound(writer);
    private boolean begun;

    CompletableFuture<HttpResponse> response() {
        return response;
    }

    void write(ByteBuf piece, Duration deadline) throws IOException, InterruptedException {
        begin();
        out.write(piece, deadline);
    }

    void end() {
        begin();
        out.end();
    }

    void fail(Throwable cause) {
        if (!response.completeExceptionally(cause)) {
            out.fail(cause);
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
