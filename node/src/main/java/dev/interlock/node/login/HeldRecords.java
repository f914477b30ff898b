package dev.interlock.node.login;

import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.oprf.Scalar;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.node.NodeServer;
import dev.interlock.node.store.LoginStore;
import dev.interlock.node.store.Processes;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.RecordHash;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.ring.Provider;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** What one provider keeps of logins (SPEC §17), as its requests see it: one at a time changes what is kept of a name. */
final class HeldRecords {
    private static final int NAMES_AT_ONCE = 64;
    /** Some 10 KiB each. */
    private static final int DECODED = 256;

    private final NodeServer server;
    private final Provider self;
    private final LoginStore store;
    private final Processes processes;
    /** By their bytes, the last ones: decoding a record's points takes as long as an evaluation. */
    private final Map<ByteBuffer, LoginRecord> decoded =
            Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<ByteBuffer, LoginRecord> eldest) {
                    return size() > DECODED;
                }
            });

    private final Object users = new Object();
    /** What is decided of a name is decided by one request at a time. */
    private final ReentrantLock[] names = new ReentrantLock[NAMES_AT_ONCE];

    HeldRecords(NodeServer server, Provider self, Store of) {
        this.server = server;
        this.self = self;
        this.store = of.logins();
        this.processes = of.processes();
        Arrays.setAll(names, _ -> new ReentrantLock());
    }

    LoginStore store() {
        return store;
    }

    LoginStore.Held requireCounts(UserName name, RecordHash hash) {
        LoginStore.Held counts = store.certified(name.text())
                .orElseThrow(() -> new NoSuchObjectException(self.name() + " knows no user " + name));
        if (!counts.hash().equals(hash)) {
            throw new NoSuchObjectException(self.name() + " has another record of the login of " + name);
        }
        return counts;
    }

    void requireOwn(UserName name, VerifyingKey user) {
        boolean own = store.certified(name.text())
                .filter(held -> VerifyingKey.of(held.user()).equals(user))
                .isPresent();
        if (!own) {
            throw new RefusedException(Rule.OTHER_ASKER, self.name() + ": " + name + " isn't this user's login");
        }
    }

    LoginRecord decoded(LoginStore.Held held) {
        ByteBuffer bytes = ByteBuffer.wrap(held.record());
        LoginRecord known = decoded.get(bytes);
        if (known == null) {
            known = LoginRecord.Signed.decode(held.record()).record();
            decoded.put(bytes, known);
        }
        return known;
    }

    UserName name(ServiceRequestContext context) {
        try {
            return new UserName(String.valueOf(context.pathParam("name")));
        } catch (MalformedException e) {
            throw new BadInputException(self.name() + ": " + e.getMessage());
        }
    }

    /** The files that say whom this node serves are everybody's. */
    void changeUsers(Runnable change) {
        synchronized (users) {
            try (Processes.Turn _ = processes.turn("users")) {
                change.run();
            }
        }
    }

    /** One thread of one process at a time changes what is kept of a name. */
    Processes.Turn turn(UserName name) {
        int stripe = Math.floorMod(name.hashCode(), NAMES_AT_ONCE);
        ReentrantLock lock = names[stripe];
        lock.lock();
        try {
            Processes.Turn turn = lock.getHoldCount() > 1 ? () -> {} : processes.turn("login " + stripe);
            return () -> {
                try {
                    turn.close();
                } finally {
                    lock.unlock();
                }
            };
        } catch (RuntimeException e) {
            lock.unlock();
            throw e;
        }
    }

    RefusedException taken(UserName name) {
        return new RefusedException(self.name() + ": the name " + name + " is taken");
    }

    static Scalar scalar(SecretBytes secret) {
        byte[] bytes = secret.copyToHeap();
        try {
            return Scalar.decode(bytes);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    Instant now() {
        return server.clock().instant();
    }
}
