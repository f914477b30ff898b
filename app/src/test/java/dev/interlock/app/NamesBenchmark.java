package dev.interlock.app;

import com.sun.management.OperatingSystemMXBean;
import dev.interlock.client.Interlock;
import dev.interlock.core.token.ObjectId;
import dev.interlock.node.store.NameStore;
import dev.interlock.node.store.SealedStore;
import dev.interlock.protocol.names.Name;
import dev.interlock.protocol.names.NameContent;
import dev.interlock.protocol.names.NameEntry;
import dev.interlock.protocol.names.NameKeys;
import dev.interlock.protocol.names.NameTag;
import dev.interlock.protocol.request.Credential;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How long a listing of many names takes; run by hand: {@code NamesBenchmark [COUNT [FOLDER]]}. It prints the time of each of ten
 * listings, and with a folder leaves a ring there, whose nodes run until the input ends, for the command to be timed.
 */
final class NamesBenchmark {
    private static final int BATCH = 2_000;

    private NamesBenchmark() {}

    /** Entries of the owner's names, as a client makes them, in the order that a database takes much faster. */
    static List<NameStore.Kept> entries(TestRing ring, int count) {
        List<NameStore.Kept> entries = new ArrayList<>();
        SecureRandom random = new SecureRandom();
        try (Credential credential = ring.credential("credential");
                NameKeys keys = credential.nameKeys(ring.descriptor().id())) {
            for (int i = 0; i < count; i++) {
                NameContent content =
                        NameContent.Versions.none(name(i)).with(new ObjectId(7, i), 1000 + i, 1_800_000_000_000L);
                NameEntry entry = keys.seal(content, 1, NameEntry.nothing(), random);
                entries.add(new NameStore.Kept(
                        entry.key().bytes(),
                        entry.tag().bytes(),
                        entry.number(),
                        entry.head().hash(),
                        entry.before(),
                        entry.encode()));
            }
        }
        entries.sort(Comparator.comparing(each -> new NameTag(each.tag())));
        return entries;
    }

    /** Puts names into a provider's store, as if a client had set them. */
    static void fill(TestRing ring, String provider, NameStore names, List<NameStore.Kept> entries) {
        try (Credential credential = ring.credential("credential")) {
            byte[] user = credential.publicKey(ring.descriptor().id(), provider).bytes();
            for (int from = 0; from < entries.size(); from += BATCH) {
                names.set(user, entries.subList(from, Math.min(entries.size(), from + BATCH)), 0);
            }
        }
    }

    private static void fill(TestRing ring, int count) {
        String[] providers = ring.providers().toArray(String[]::new);
        ring.stop(providers);
        List<NameStore.Kept> entries = entries(ring, count);
        for (String provider : providers) {
            try (SealedStore store = ring.openStore(provider)) {
                fill(ring, provider, store.names(), entries);
            }
        }
        ring.start(providers);
    }

    static Name name(int i) {
        return Name.of("backups/host-" + i % 100 + "/database-" + i + ".key");
    }

    public static void main(String[] args) throws Exception {
        int count = args.length > 0 ? Integer.parseInt(args[0]) : 100_000;
        Path dir = args.length > 1 ? Path.of(args[1]) : Files.createTempDirectory("names");
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        try (TestRing ring = TestRing.start(dir, 3, 5, TestRing.PATIENT)) {
            long begun = System.nanoTime();
            fill(ring, count);
            System.out.printf("%d names set in %.1f s%n", count, (System.nanoTime() - begun) / 1e9);
            for (int i = 0; i < 10; i++) {
                try (Interlock user = ring.client("credential")) {
                    AtomicInteger listed = new AtomicInteger();
                    begun = System.nanoTime();
                    long cpu = system.getProcessCpuTime();
                    var lost = user.names().list(_ -> listed.incrementAndGet());
                    System.out.printf(
                            "%d names listed in %.2f s, of which %.2f s of processors' time at all parties, without %s%n",
                            listed.get(),
                            (System.nanoTime() - begun) / 1e9,
                            (system.getProcessCpuTime() - cpu) / 1e9,
                            lost.keySet());
                }
            }
            if (args.length > 1) {
                System.out.println("the ring runs in " + ring.folder().path());
                while (System.in.read() >= 0) {
                    // Until it ends.
                }
            }
        }
    }
}
