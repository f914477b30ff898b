package dev.interlock.client;

import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Passes of one read beside one another: the first that has its first chunk wins, and another begins when those under way
 * are late. So a provider that hangs costs a read the deadline that was learned from others, not its own.
 *
 * @param <C> who serves a pass
 */
final class Race<C> implements AutoCloseable {
    /** Of five providers, any 3 read: of the second and third set, at least one has none of the first's that hangs. */
    private static final int MOST = 3;

    private final RingClient client;
    private final Function<C, ReadPass> begin;
    private final List<Runner> runners = new ArrayList<>();
    private final BlockingQueue<Runner> ended = new LinkedBlockingQueue<>();

    Race(RingClient client, Function<C, ReadPass> begin) {
        this.client = client;
        this.begin = begin;
    }

    /** One pass, up to its first chunk. */
    final class Runner {
        private final C choice;
        private final long begun = System.nanoTime();
        private final ReadPass pass;
        private final Future<MemorySegment> first;

        private Runner(C choice) {
            this.choice = choice;
            this.pass = begin.apply(choice);
            this.first = client.beside(() -> {
                try {
                    return pass.chunk();
                } finally {
                    ended.add(this);
                }
            });
        }

        C choice() {
            return choice;
        }

        ReadPass pass() {
            return pass;
        }

        private void end() {
            pass.close();
            first.cancel(true);
        }

        MemorySegment first() throws IOException, InterruptedException {
            try {
                return first.get();
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case InterlockException known -> throw known;
                    case IOException io -> throw io;
                    case RuntimeException fault -> throw fault;
                    case null, default -> throw new IllegalStateException("a pass broke off", e.getCause());
                }
            }
        }
    }

    /** Whom to try beside those that are late. */
    interface Others<C> {
        /**
         * @param late who serves already, the first first
         * @param silent names of those of them who haven't even taken their order
         */
        Optional<C> beside(List<C> late, List<String> silent) throws InterruptedException;
    }

    /**
     * The pass that has its first chunk first.
     *
     * @param failed gets the nodes that failed in other passes, and how
     * @throws InterlockException of the pass that failed first, when all did
     */
    Runner winner(C choice, Others<C> others, Map<String, String> failed) throws IOException, InterruptedException {
        runners.add(new Runner(choice));
        Duration deadline = client.record().passDeadline(client.deadlines().stall());
        Duration patience = deadline;
        Map<String, String> here = new LinkedHashMap<>();
        InterlockException why = null;
        int running = 1;
        long progress = 0;
        while (true) {
            // Every pass has deadlines of its own, so this ends.
            Runner runner = ended.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
            if (runner == null) {
                long now =
                        runners.stream().mapToLong(each -> each.pass.progress()).sum();
                boolean moves = now > progress;
                progress = now;
                if (moves) {
                    // Slow, not late: another pass would only share the line with it.
                    continue;
                }
                patience = patience.multipliedBy(2);
                Optional<C> other = runners.size() == MOST ? Optional.empty() : others.beside(choices(), silent());
                if (other.isPresent()) {
                    runners.add(new Runner(other.get()));
                    running++;
                }
                continue;
            }
            running--;
            try {
                MemorySegment _ = runner.first();
                client.record().passed(Duration.ofNanos(System.nanoTime() - runner.begun));
                blame(runner, deadline, here);
                failed.putAll(here);
                runners.stream().filter(each -> each != runner).forEach(Runner::end);
                return runner;
            } catch (NodeException e) {
                here.putIfAbsent(e.node(), e.explanation());
                why = why == null ? e : why;
            } catch (IntegrityException e) {
                e.culprits().forEach(name -> here.putIfAbsent(name, e.explanation()));
                why = why == null ? e : why;
            }
            if (running == 0) {
                throw why;
            }
        }
    }

    private List<C> choices() {
        return runners.stream().map(Runner::choice).toList();
    }

    private List<String> silent() {
        return runners.stream()
                .filter(runner -> !runner.first.isDone())
                .flatMap(runner -> runner.pass.silent().stream())
                .distinct()
                .toList();
    }

    /** Who is late with its order while another pass came through. */
    private void blame(Runner winner, Duration deadline, Map<String, String> failed) {
        for (Runner runner : runners) {
            long nanos = System.nanoTime() - runner.begun;
            if (runner != winner && !runner.first.isDone() && nanos > deadline.toNanos()) {
                long millis = nanos / 1_000_000;
                for (String name : runner.pass.silent()) {
                    client.record().failed(name);
                    failed.putIfAbsent(name, name + " hadn't answered after " + millis / 1000.0 + " s");
                }
            }
        }
    }

    /** Ends every pass. */
    @Override
    public void close() {
        runners.forEach(Runner::end);
    }
}
