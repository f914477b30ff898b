package dev.interlock.bench.ring;

import dev.interlock.client.GetOptions;
import dev.interlock.client.Interlock;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.Blinding;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/** Objects of one length that are put and got through one user's SDK; every get is checked. */
final class Secrets {
    /** Enough to choose from; the others only fill the stores. */
    private static final int KEPT = 1000;

    private final Interlock interlock;
    private final long length;
    private final GetOptions options;
    private final AtomicLong count = new AtomicLong();
    private final List<Secret> kept = new CopyOnWriteArrayList<>();
    private final Queue<ObjectId> all = new ConcurrentLinkedQueue<>();

    private record Secret(ObjectId object, Content content) {}

    /** @param from the providers that gets use; none for the quickest */
    Secrets(Interlock interlock, long length, List<String> from) {
        this.interlock = interlock;
        this.length = length;
        this.options = new GetOptions(from, Blinding.EXPANDED, Optional.empty(), Optional.empty(), GetOptions.Way.AUTO);
    }

    ObjectId put() throws Exception {
        Content content = new Content(count.getAndIncrement(), length);
        ObjectId object = interlock.put(content.source(), length).object();
        all.add(object);
        if (kept.size() < KEPT) {
            kept.add(new Secret(object, content));
        }
        return object;
    }

    /** Gets one of those that were put, whichever. */
    void get() throws Exception {
        Secret secret = kept.get(ThreadLocalRandom.current().nextInt(kept.size()));
        try (Content.Check check = secret.content.check()) {
            interlock.get(secret.object, check, options, _ -> {}, _ -> {});
        }
    }

    /** The median time of so many puts, one after the other, in seconds. */
    double putSeconds(int times) throws Exception {
        return median(times, this::put);
    }

    /** The median time of so many gets, one after the other, in seconds. */
    double getSeconds(int times) throws Exception {
        return median(times, this::get);
    }

    /** Puts and gets until the code that they run is compiled. */
    void warm(int times) throws Exception {
        putSeconds(times);
        getSeconds(2 * times);
    }

    void destroyAll() throws InterruptedException {
        for (ObjectId object = all.poll(); object != null; object = all.poll()) {
            interlock.destroy(object, List.of(), _ -> {});
        }
        kept.clear();
    }

    private static double median(int times, Load.Task task) throws Exception {
        double[] seconds = new double[times];
        for (int i = 0; i < times; i++) {
            long begun = System.nanoTime();
            task.run();
            seconds[i] = (System.nanoTime() - begun) / 1e9;
        }
        return Statistics.median(seconds);
    }
}
