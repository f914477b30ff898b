package dev.interlock.bench.ring;

import dev.interlock.bench.Goal;
import dev.interlock.bench.Options;
import dev.interlock.bench.Report;
import dev.interlock.bench.Suite;
import dev.interlock.bench.WrongResultException;
import dev.interlock.client.Interlock;
import dev.interlock.client.login.Accounts;
import dev.interlock.client.login.Logins;
import dev.interlock.client.login.Session;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.login.Tickets;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.RootSecret;
import dev.interlock.protocol.login.Stretching;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.Deadlines;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The suite {@code login}: a login by password, beside Argon2id alone with the same parameters. */
public final class Login implements Suite {
    private static final double NANOS = 1e6;
    private static final double MILLIS = 1e3;
    private static final int SECRET_BYTES = 32;
    /** Both are compiled by then. */
    private static final int WARMING = 5;

    private final SecureRandom random = new SecureRandom();

    @Override
    public String name() {
        return "login";
    }

    @Override
    public void run(Options options, Report report) throws Exception {
        byte[] password = "correct horse battery staple".getBytes(StandardCharsets.US_ASCII);
        UserName name = new UserName("bench-" + Long.toUnsignedString(random.nextLong(), Character.MAX_RADIX));
        Stretching stretching = Stretching.standard(random);
        try (RingProcesses ring = RingProcesses.of(options, 5, 3);
                Logins logins = new Logins(ring.descriptor(), Deadlines.DEFAULT, random, Clock.systemUTC());
                SecretBytes device = SecretBytes.random(RootSecret.BYTES, random);
                RootSecret root = RootSecret.random(random)) {
            Map<String, String> tickets = new LinkedHashMap<>();
            for (NodeCard card : ring.descriptor().nodes().toList()) {
                tickets.put(
                        card.name(), new Tickets(NodeFolder.open(ring.node(card))).issue(name, random, Instant.now()));
            }
            Accounts.Done _ = new Accounts(logins).enrol(name, root, password, stretching, Optional.empty(), tickets);
            for (int i = 0; i < WARMING; i++) {
                options.progress().println("login: warming up, " + (i + 1) + " of " + WARMING);
                double _ = millis(logins, name, password, device, root);
                double _ = argon2Millis(stretching, password);
            }
            List<Double> whole = new ArrayList<>();
            List<Double> alone = new ArrayList<>();
            for (int i = 0; i < (options.quick() ? 5 : 20); i++) {
                whole.add(millis(logins, name, password, device, root));
                alone.add(argon2Millis(stretching, password));
            }
            report.ratio(
                    name(),
                    "a login " + ring.shape(),
                    "ms",
                    whole,
                    "Argon2id, 64 MiB, 3 passes",
                    alone,
                    Goal.atMost(1.5));
            report.note(
                    name(),
                    "by turns, in one process; every login opens the root that was enrolled; the providers are told so in the"
                            + " background, which isn't waited for in it");
            try (Session session = logins.login(name, Lock.Kind.PASSWORD, password, device);
                    Interlock loggedIn = Interlock.open(ring.descriptor(), session.credential(), Deadlines.DEFAULT);
                    Interlock byFile = ring.open()) {
                later(options, report, ring, loggedIn, byFile);
            }
        }
    }

    /** What a user does once they are logged in, beside the same by a user of a credential file. */
    private void later(Options options, Report report, RingProcesses ring, Interlock loggedIn, Interlock byFile)
            throws Exception {
        Secrets here = new Secrets(loggedIn, SECRET_BYTES, List.of());
        Secrets there = new Secrets(byFile, SECRET_BYTES, List.of());
        int times = options.quick() ? 20 : 200;
        options.progress().println("login: gets by a user that is logged in, and by one with a credential file");
        here.warm(times);
        there.warm(times);
        List<Double> gets = new ArrayList<>();
        List<Double> others = new ArrayList<>();
        for (int i = 0; i < (options.quick() ? 3 : 7); i++) {
            gets.add(MILLIS * here.getSeconds(times));
            others.add(MILLIS * there.getSeconds(times));
        }
        report.ratio(
                name(),
                "get 32 B " + ring.shape() + ", logged in",
                "ms",
                gets,
                "with a credential file",
                others,
                Goal.atMost(1.1));
    }

    private static double millis(Logins logins, UserName name, byte[] password, SecretBytes device, RootSecret root)
            throws InterruptedException {
        long begun = System.nanoTime();
        try (Session session = logins.login(name, Lock.Kind.PASSWORD, password, device);
                SecretBytes got = session.opened().root().copy();
                SecretBytes wanted = root.copy()) {
            double millis = (System.nanoTime() - begun) / NANOS;
            if (got.segment().mismatch(wanted.segment()) >= 0) {
                throw new WrongResultException("a login opened another root than was enrolled");
            }
            // Else that would go on beside what is measured next.
            session.awaitTold();
            return millis;
        }
    }

    private static double argon2Millis(Stretching stretching, byte[] output) {
        long begun = System.nanoTime();
        try (SecretBytes _ = stretching.apply(output)) {
            return (System.nanoTime() - begun) / NANOS;
        }
    }
}
