package dev.interlock.node;

import com.linecorp.armeria.common.Flags;
import com.linecorp.armeria.common.util.ThreadFactories;
import com.linecorp.armeria.common.util.TransportType;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.kqueue.KQueueIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The thread that accepts a listener's connections. A server that stops waits for its end, and by default that comes after two
 * quiet seconds, in case somebody still has tasks for it: nobody has.
 */
final class Acceptors extends MultiThreadIoEventLoopGroup {
    /** @param name of the thread */
    Acceptors(String name) {
        super(1, ThreadFactories.newThreadFactory(name, false), handlers(Flags.transportType()));
    }

    /** Of the kind that the server's other threads have. */
    private static IoHandlerFactory handlers(TransportType type) {
        return switch (type) {
            case EPOLL -> EpollIoHandler.newFactory();
            case KQUEUE -> KQueueIoHandler.newFactory();
            case NIO -> NioIoHandler.newFactory();
            case IO_URING -> throw new IllegalStateException("io_uring isn't among this program's libraries");
        };
    }

    @Override
    public Future<?> shutdownGracefully() {
        return shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
