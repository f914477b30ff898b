package dev.interlock.app;

import dev.interlock.client.CredentialFile;
import dev.interlock.client.Interlock;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.Deadlines;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;

/**
 * A user in a process of its own, who gets 32 bytes again and again from the node that {@link Siege} attacks and another one:
 * prints for each get how long it took, in nanoseconds, or {@code failed}. Ends with its input.
 */
final class SiegeVictim {
    private SiegeVictim() {}

    /** @param arguments the ring's folder and the node */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        RingDescriptor ring = RingFolder.open(folder).descriptor();
        byte[] m = TestRing.random(32);
        Thread.ofPlatform().daemon().start(() -> {
            try {
                while (System.in.read() >= 0) {}
            } catch (Exception e) {
                // It ends as well.
            }
            System.exit(0);
        });
        try (Interlock user = Interlock.open(
                ring,
                CredentialFile.read(folder.resolve("credential")),
                Deadlines.stallAfter(Duration.ofSeconds(20)))) {
            Token token = TestRing.put(user, m);
            while (true) {
                long begun = System.nanoTime();
                System.out.println(got(user, token.object(), arguments[1], m) ? System.nanoTime() - begun : "failed");
            }
        }
    }

    private static boolean got(Interlock user, ObjectId object, String node, byte[] m) {
        try {
            return Arrays.equals(TestRing.get(user, object, node, "cc2"), m);
        } catch (InterlockException e) {
            return false;
        }
    }
}
