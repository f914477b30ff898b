package dev.interlock.wire;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;

/**
 * Has requests go out behind the client's preface (RFC 9113 §3.4). The HTTP library would wait for the server's settings first, which
 * come a round trip later: every node's are known, and count when they come.
 */
final class KnownSettings extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        ctx.fireChannelActive();
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        if (tls != null) {
            tls.handshakeFuture().addListener((Future<Object> handshake) -> {
                if (handshake.isSuccess()) {
                    // Behind those that make the connection one of HTTP/2 now.
                    ctx.executor().execute(() -> tell(ctx));
                }
            });
        }
    }

    private static void tell(ChannelHandlerContext ctx) {
        ChannelHandlerContext http2 = ctx.pipeline().context(Http2ConnectionHandler.class);
        if (http2 != null) {
            http2.fireChannelRead(new Http2Settings().maxConcurrentStreams(Http2.MAX_STREAMS));
        }
    }
}
