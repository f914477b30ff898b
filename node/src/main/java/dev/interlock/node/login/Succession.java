package dev.interlock.node.login;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.interlock.core.oprf.Scalar;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.NodeServer;
import dev.interlock.node.log.Entry;
import dev.interlock.node.log.Event;
import dev.interlock.node.store.LoginStore;
import dev.interlock.node.store.Processes;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Changes;
import dev.interlock.protocol.login.DealtShare;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.RecordHash;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.request.Operation;
import dev.interlock.protocol.ring.Provider;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How a login passes on at one provider (SPEC §17): to the next record that counts, a new root, new shares of the same key, and the
 * providers of another epoch.
 */
final class Succession {
    private final NodeServer server;
    private final NodeFolder folder;
    private final Provider self;
    private final HeldRecords held;
    private final LoginStore store;
    private final SecureRandom random;
    private final StoreMark mark;
    private final OtherProviders others;
    private final Changes changes;
    /** Names of which this process knows that no record is later than its own. */
    private final Set<String> fresh = ConcurrentHashMap.newKeySet();

    /** Erases the shares of a store that was restored from a backup. */
    Succession(
            NodeServer server,
            NodeFolder folder,
            Provider self,
            HeldRecords held,
            OtherProviders others,
            Changes changes,
            SecureRandom random) {
        this.server = server;
        this.folder = folder;
        this.self = self;
        this.held = held;
        this.store = held.store();
        this.random = random;
        this.mark = StoreMark.open(folder, store);
        this.others = others;
        this.changes = changes;
    }

    void route() {
        server.route(HttpMethod.POST, "/v1/logins/{name}/certified", this::certify)
                .route(HttpMethod.POST, "/v1/logins/{name}/succeed", this::succeed)
                .route(HttpMethod.POST, "/v1/logins/{name}/deal", this::deal)
                .route(HttpMethod.POST, "/v1/logins/{name}/leave", this::leave);
    }

    private HttpResponse certify(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = held.name(context);
        CertifiedRecord certified = CertifiedRecord.decode(
                server.ring(), name, server.admitAnybody(context, request, CertifiedRecord.MAX_BYTES));
        if (!take(name, certified)) {
            throw new NoSuchObjectException(self.name() + " doesn't hold this record of the login of " + name);
        }
        return NodeServer.done();
    }

    /**
     * Takes a record that counts, and erases all that it ends. One that this store doesn't hold is later than the store, or this
     * provider was away: then what was before ends all the same, and there is no share here until one is made.
     *
     * @return false where it is nobody's that this provider knows
     */
    private boolean take(UserName name, CertifiedRecord certified) throws IOException {
        LoginRecord record = certified.record();
        try (Processes.Turn _ = held.turn(name)) {
            Optional<LoginStore.Held> counts = store.certified(name.text());
            if (counts.isPresent()) {
                LoginRecord known = held.decoded(counts.get());
                if (known.succeeds(record)) {
                    return true;
                }
                if (!known.identity().equals(record.identity()) && !record.succeeds(known)) {
                    throw held.taken(name);
                }
                if (!record.isLaterThan(known)) {
                    return true;
                }
            }
            List<LoginStore.Held> prepared = store.prepared(name.text());
            Optional<LoginStore.Held> mine = prepared.stream()
                    .filter(each -> each.hash().equals(record.hash()))
                    .findFirst();
            if (mine.isEmpty()
                    && (counts.isEmpty() || store.dropped(name.text()).contains(record.hash()))) {
                return false;
            }
            List<RecordHash> gone = new ArrayList<>();
            counts.ifPresent(before -> gone.add(before.hash()));
            for (LoginStore.Held other : prepared) {
                boolean itself = other.hash().equals(record.hash());
                if (!itself && (counts.isEmpty() || Changes.ends(record, held.decoded(other)))) {
                    gone.add(other.hash());
                }
            }
            VerifyingKey user = server.gate()
                    // Of a store that is older than this folder the user may have a new key by now.
                    .present(VerifyingKey.of(mine.or(() -> counts).orElseThrow().user()));
            if (counts.isEmpty()) {
                // Before the record counts: whoever is enrolled is served. Not again later, since their operator may
                // end that.
                held.changeUsers(() -> folder.allow(name.text(), user.toString()));
            }
            Optional<VerifyingKey> before = counts.filter(
                            each -> !held.decoded(each).identity().equals(record.identity()))
                    .map(each -> VerifyingKey.of(each.user()));
            // Before the record counts, too: from then on no word by an earlier root does.
            before.ifPresent(old -> end(name, record, old, mine.map(_ -> user)));
            // Before the erasure: a store from before it is known to be old.
            mark.raise();
            if (mine.isPresent()) {
                store.certify(record.hash(), certified.encode(), gone);
            } else {
                store.prepare(superseding(name, certified, user), Map.of(), gone);
            }
            if (record.line().isSettled() && record.line().version() > 1) {
                store.eraseEarlierNames(user.bytes(), record.line().version());
            }
            before.filter(old -> !old.equals(user))
                    .ifPresent(old -> store.succeed(name.text(), old.bytes(), user.bytes()));
            server.audit()
                    .recordDurably(Entry.of(Event.ENROLLED)
                            .with("name", name)
                            .with("version", record.version())
                            .user(user));
        }
        return true;
    }

    /** What goes by the root before is served no more, and its devices, whose secrets it opens, are strangers. */
    private void end(UserName name, LoginRecord record, VerifyingKey old, Optional<VerifyingKey> now) {
        held.changeUsers(() ->
                folder.succeed(name.text(), List.of(old), now, record.line().version()));
        store.devices(name.text()).forEach(device -> {
            boolean _ = store.forgetDevice(name.text(), device.key());
        });
    }

    /**
     * Where the record counts, its user is known by the key that held it here, or by the one that this names; all that was the user's by
     * earlier keys is theirs by this one.
     */
    private HttpResponse succeed(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = held.name(context);
        NodeServer.StrangerRequest asked =
                server.admitStranger(context, request, Operation.ENROL, name.text(), Messages.Succession.MAX_BYTES);
        Messages.Succession succession = Messages.Succession.decode(asked.body());
        CertifiedRecord record = succession.verify(server.ring(), self.name(), name, asked.key());
        boolean _ = take(name, record);
        try (Processes.Turn _ = held.turn(name)) {
            LoginStore.Held counts = held.requireCounts(name, record.record().hash());
            List<VerifyingKey> before = succession.before().stream()
                    .map(Messages.Succession.Before::key)
                    .toList();
            VerifyingKey user = VerifyingKey.of(counts.user());
            if (!user.equals(asked.key()) && !before.contains(user)) {
                throw held.taken(name);
            }
            held.changeUsers(() -> folder.succeed(
                    name.text(),
                    before,
                    Optional.of(asked.key()),
                    record.record().line().version()));
            before.forEach(
                    old -> store.succeed(name.text(), old.bytes(), asked.key().bytes()));
        }
        server.audit()
                .recordDurably(Entry.of(Event.SUCCEEDED)
                        .with("name", name)
                        .with("root", record.record().line().version())
                        .user(asked.key()));
        return NodeServer.done();
    }

    private LoginStore.Held superseding(UserName name, CertifiedRecord certified, VerifyingKey user) {
        return new LoginStore.Held(
                name.text(),
                certified.record().hash(),
                certified.record().version(),
                certified.signed().encode(),
                certified.encode(),
                user.bytes(),
                new byte[0],
                held.now());
    }

    /** Deals this provider's shares to the ring's providers as they are now; the answer is sealed to each of them. */
    private HttpResponse deal(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = held.name(context);
        NodeServer.UserRequest asked =
                server.admit(context, request, Operation.DEAL_LOGIN, Optional.of(name.text()), RecordHash.BYTES);
        held.requireOwn(name, asked.key());
        LoginStore.Held counts = held.requireCounts(name, new RecordHash(asked.body()));
        requireFresh(name, counts);
        LoginRecord record = held.decoded(counts);
        List<DealtShare> dealt = new ArrayList<>();
        for (Lock lock : record.locks()) {
            Optional<SecretBytes> own = store.share(counts.hash(), lock.kind());
            if (own.isPresent()) {
                try (SecretBytes secret = own.get();
                        Scalar share = HeldRecords.scalar(secret)) {
                    dealt.add(
                            DealtShare.deal(server.ring(), name, record.hash(), lock.kind(), self.x(), share, random));
                }
            }
        }
        return NodeServer.bytes(DealtShare.encode(dealt));
    }

    /** The login is another epoch's providers' now: at one that isn't among them its shares end. */
    private HttpResponse leave(ServiceRequestContext context, HttpRequest request) throws Exception {
        UserName name = held.name(context);
        NodeServer.UserRequest asked = server.admit(
                context, request, Operation.LEAVE_LOGIN, Optional.of(name.text()), Messages.Leave.MAX_BYTES);
        held.requireOwn(name, asked.key());
        Messages.Leave leave = Messages.Leave.decode(asked.body());
        LoginRecord record = leave.record().record();
        if (!record.ring().equals(server.ring().id())
                || !record.name().equals(name)
                || record.locks().stream().anyMatch(lock -> lock.keys().containsKey(self.x()))) {
            throw new BadInputException(self.name() + ": a login leaves a provider that has no part in it");
        }
        try (Processes.Turn _ = held.turn(name)) {
            LoginRecord before = held.decoded(store.certified(name.text())
                    .orElseThrow(() -> new NoSuchObjectException(self.name() + " knows no user " + name)));
            changes.require(before, record, List.of(), leave.by(), leave.change());
            mark.raise();
            store.eraseShares(name.text());
        }
        return NodeServer.done();
    }

    /**
     * A provider whose whole folder was restored can't see that by itself. So before a process first uses a name's share it takes
     * what the others show; it goes on without those that don't answer, and asks them again the next time.
     */
    void requireFresh(UserName name, LoginStore.Held counts) throws InterruptedException, IOException {
        if (fresh.contains(name.text())) {
            return;
        }
        OtherProviders.Said said = others.present(name);
        for (CertifiedRecord record : said.records()) {
            if (record.record().origin().equals(held.decoded(counts).origin())) {
                boolean _ = take(name, record);
            }
        }
        int t = server.ring().threshold().t();
        if (said.answered().size() >= Math.min(t, server.ring().providers().size() - 1)) {
            fresh.add(name.text());
        }
        LoginStore.Held _ = held.requireCounts(name, counts.hash());
    }
}
