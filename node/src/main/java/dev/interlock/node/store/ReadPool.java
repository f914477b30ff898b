package dev.interlock.node.store;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** A few connections that only read. An operation holds one as long as it reads rows, never for the length of a blob. */
final class ReadPool implements AutoCloseable {
    private static final int LINKS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final List<Link> all = new ArrayList<>();
    private final BlockingQueue<Link> idle = new ArrayBlockingQueue<>(LINKS);

    ReadPool(Path database) throws SQLException {
        try {
            while (all.size() < LINKS) {
                Link link = SqliteLinks.open(database, false);
                all.add(link);
                idle.add(link);
            }
        } catch (SQLException e) {
            all.forEach(Link::close);
            throw e;
        }
    }

    /** @param what is done, for error messages */
    <T> T read(String what, Operation<T> operation) {
        Link link = take();
        try {
            return operation.run(link);
        } catch (SQLException e) {
            link.discardStatements();
            throw StoreException.of(what, e);
        } finally {
            idle.add(link);
        }
    }

    /** Waits for reads under way; later ones find no connection. */
    @Override
    public void close() {
        for (int i = 0; i < LINKS; i++) {
            take().close();
        }
    }

    private Link take() {
        try {
            Link link = idle.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (link == null) {
                throw new StoreException.Failed(
                        "all " + LINKS + " connections to the database have been busy for " + PATIENCE.toSeconds()
                                + " s",
                        null);
            }
            return link;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreException.Failed("interrupted before the database was read", e);
        }
    }
}
