package dev.interlock.audit;

import static dev.interlock.audit.FormSpace.FORMS;

import dev.interlock.core.commitment.Sha256;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Abandonment;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.Custody;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.Renewal;
import dev.interlock.protocol.Repair;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.CheckAnswer;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.message.RestoreMessage;
import dev.interlock.protocol.message.TokenMessage;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One provider over forms: the sessions that it serves and the generations that it holds, as SPEC §§7 to 11 have them. All that it
 * accepts goes through the product's acceptance code; what that leaves to a node (once, whose it is, what is committed) is refused
 * here. A refusal changes nothing.
 */
final class Keeper {
    private final Cast cast;
    final ShareIndex x;
    /** As far as it knows: who left never hears of the epochs after. */
    private RingDescriptor ring;

    final Map<StatementHash, Live> sessions;
    final Map<StatementHash, Stored> stored;
    private final Set<String> burnt;
    private final Set<String> denied;
    /** What ended something here. */
    final List<Command.Signed> ended;
    /** By which an object became another owner's, the last time. */
    final Map<ObjectId, Command.Signed> handed = new HashMap<>();
    /** What waits for those that were missing, by session. */
    final Map<StatementHash, Map<ShareIndex, Form>> waiting = new HashMap<>();
    /** Grows with every change. */
    int changes;

    Keeper(Cast cast, ShareIndex x, RingDescriptor ring) {
        this(cast, x, ring, new HashMap<>(), new HashMap<>(), new TreeSet<>(), new TreeSet<>(), new ArrayList<>());
    }

    private Keeper(
            Cast cast,
            ShareIndex x,
            RingDescriptor ring,
            Map<StatementHash, Live> sessions,
            Map<StatementHash, Stored> stored,
            Set<String> burnt,
            Set<String> denied,
            List<Command.Signed> ended) {
        this.cast = cast;
        this.x = x;
        this.ring = ring;
        this.sessions = sessions;
        this.stored = stored;
        this.burnt = burnt;
        this.denied = denied;
        this.ended = ended;
    }

    Keeper copy() {
        Map<StatementHash, Live> live = new HashMap<>();
        sessions.forEach((id, each) -> live.put(id, each.copy()));
        Map<StatementHash, Stored> kept = new HashMap<>();
        stored.forEach((id, each) -> kept.put(id, each.copy()));
        Keeper copy = new Keeper(
                cast, x, ring, live, kept, new TreeSet<>(burnt), new TreeSet<>(denied), new ArrayList<>(ended));
        copy.changes = changes;
        copy.handed.putAll(handed);
        copy.waiting.putAll(waiting);
        return copy;
    }

    /** It is started again with the ring's next descriptor: what was under way is over. */
    void restart(RingDescriptor next) {
        ring = next;
        sessions.clear();
        changes++;
    }

    /** One session here. */
    static final class Live {
        final Session session;
        final VerifyingKey user;
        final Map<String, Form> dealt = new TreeMap<>();
        final Map<Integer, Form> arrived = new TreeMap<>();
        final Map<Integer, Form> left = new TreeMap<>();

        @Nullable
        Form share;

        @Nullable
        Form ciphertext;

        @Nullable
        Dealt bound;

        boolean prepared;
        boolean signed;
        boolean checked;

        Live(Session session, VerifyingKey user) {
            this.session = session;
            this.user = user;
        }

        Live copy() {
            Live copy = new Live(session, user);
            copy.dealt.putAll(dealt);
            copy.arrived.putAll(arrived);
            copy.left.putAll(left);
            copy.share = share;
            copy.ciphertext = ciphertext;
            copy.bound = bound;
            copy.prepared = prepared;
            copy.signed = signed;
            copy.checked = checked;
            return copy;
        }
    }

    enum State {
        PREPARED,
        COMMITTED,
        REPLACED,
        DESTROYED
    }

    /** One generation here. */
    static final class Stored {
        final byte[] token;
        VerifyingKey user;

        @Nullable
        Form share;

        @Nullable
        Form ciphertext;

        State state = State.PREPARED;
        byte @Nullable [] certificate;

        Stored(byte[] token, VerifyingKey user) {
            this.token = token;
            this.user = user;
        }

        Stored copy() {
            Stored copy = new Stored(token, user);
            copy.share = share;
            copy.ciphertext = ciphertext;
            copy.state = state;
            copy.certificate = certificate;
            return copy;
        }

        Token u() {
            return Token.decode(token);
        }

        boolean isThere() {
            return state == State.PREPARED || state == State.COMMITTED;
        }
    }

    String name() {
        return cast.name(x);
    }

    /** All that a later message could depend on. */
    void print(StringBuilder into) {
        into.append(name());
        sessions.entrySet().stream()
                .sorted(Comparator.comparing(each -> each.getKey().toString()))
                .forEach(each -> {
                    Live live = each.getValue();
                    into.append('|')
                            .append(each.getKey().toString(), 0, 12)
                            .append(live.user)
                            .append(live.session.blindSeeds().isEmpty() ? "" : live.session.hashCode())
                            .append(live.dealt)
                            .append(live.arrived)
                            .append(live.left)
                            .append(live.share)
                            .append(live.ciphertext)
                            .append(live.prepared)
                            .append(live.signed)
                            .append(live.checked);
                });
        stored.entrySet().stream()
                .sorted(Comparator.comparing(each -> each.getKey().toString()))
                .forEach(each -> {
                    Stored here = each.getValue();
                    into.append('#')
                            .append(each.getKey().toString(), 0, 12)
                            .append(here.user)
                            .append(here.state)
                            .append(here.share)
                            .append(here.ciphertext)
                            .append(here.certificate == null ? 0 : Arrays.hashCode(here.certificate));
                });
        into.append(burnt).append(denied).append(ring.epoch());
        ended.forEach(each -> into.append(Arrays.hashCode(each.encode())));
        handed.values().forEach(each -> into.append(Arrays.hashCode(each.encode())));
        waiting.forEach((id, each) ->
                into.append(id.toString(), 0, 12).append(each.keySet()).append(each.values()));
    }

    private RefusedException refuse(String why) {
        return new RefusedException(name() + " " + why);
    }

    private Live live(StatementHash id) {
        Live live = sessions.get(id);
        if (live == null) {
            throw refuse("has no session " + id);
        }
        return live;
    }

    private Live own(StatementHash id, VerifyingKey asks) {
        Live live = live(id);
        if (!live.user.equals(asks)) {
            throw refuse("serves this session for another user");
        }
        return live;
    }

    private Stored owned(StatementHash generation, VerifyingKey asks) {
        Stored here = stored.get(generation);
        if (here == null) {
            throw refuse("has no such generation");
        }
        if (!here.user.equals(asks)) {
            throw refuse("keeps this object for another user");
        }
        return here;
    }

    private Stored readable(StatementHash generation, VerifyingKey asks) {
        Stored here = owned(generation, asks);
        if (here.state == State.DESTROYED || here.state == State.REPLACED) {
            throw refuse("has this generation no more");
        }
        if (here.state == State.PREPARED && here.certificate == null) {
            throw refuse("was shown no certificate of this generation");
        }
        return here;
    }

    // ---- Sessions ----

    /**
     * Step 1: U → CC_i.
     *
     * @param epoch that the request is made for
     */
    void order(Order order, int epoch, VerifyingKey asks) {
        Session session = cast.accept(ring.at(epoch), x, order, asks);
        Live live = new Live(session, asks);
        switch (session.statement().work()) {
            case Work.Write _ -> requireRoom(session, asks);
            case Work.Renewal _ -> {
                Stored before = readable(session.renewed().orElseThrow(), asks);
                Renewal.checkOrder(session, before.u());
                requireRoom(session, asks);
            }
            case Work.Read _ -> {
                Stored here = readable(session.generation(), asks);
                Read.checkOrder(session, here.u());
                live.share = here.share;
                live.ciphertext = here.ciphertext;
            }
            case Work.Repair _ -> {
                if (session.isRepaired()) {
                    if (stored.containsKey(session.generation())) {
                        throw refuse("has what is to be repaired");
                    }
                } else {
                    Stored here = readable(session.generation(), asks);
                    Repair.checkOrder(session, here.u());
                    live.share = here.share;
                    live.ciphertext = here.ciphertext;
                }
            }
        }
        if (sessions.containsKey(session.id())) {
            throw refuse("serves this session already");
        }
        if (session.isWrite() && burnt.contains(session.id().toString())) {
            throw refuse("served this session before");
        }
        if (session.isWrite() && !session.ring().isCurrent()) {
            throw refuse("takes nothing new into an epoch that is over");
        }
        if (session.isWrite()) {
            requireCurrent(session.statement());
            burnt.add(session.id().toString());
        }
        sessions.put(session.id(), live);
        changes++;
    }

    private void requireRoom(Session session, VerifyingKey asks) {
        int epoch = session.ring().epoch();
        if (ended.stream().anyMatch(each -> Victim.covers(each.command(), session.statement(), session.id()))) {
            throw refuse("destroyed this object");
        }
        for (Stored other : stored.values()) {
            Token u = other.u();
            if (!u.object().equals(session.object())) {
                continue;
            }
            if (other.isThere() && !other.user.equals(asks)) {
                throw refuse("keeps this object for another user");
            }
            if (other.state == State.COMMITTED && u.epoch() == epoch && u.number() > session.number()) {
                throw refuse("has a later generation");
            }
        }
    }

    private void requireNotEnded(Token u) {
        if (ended.stream().anyMatch(each -> Victim.covers(each.command(), u.statement(), u.id()))) {
            throw refuse("destroyed this object");
        }
    }

    /** The title known here. */
    private Optional<Title> title(ObjectId object) {
        return Optional.ofNullable(handed.get(object))
                .flatMap(Command.Signed::handedOver)
                .or(() -> stored.values().stream()
                        .filter(each -> each.state != State.REPLACED
                                && each.u().object().equals(object))
                        .max(Comparator.comparing((Stored each) -> each.state != State.PREPARED)
                                .thenComparing(Keeper::order))
                        .map(each -> each.u().statement().title()));
    }

    private void requireCurrent(Statement w) {
        if (handed.containsKey(w.object())
                && title(w.object()).filter(w.title()::equals).isEmpty()) {
            throw refuse("has this object as another owner's");
        }
    }

    /** Step 2 for somebody who is missing: its share waits here. */
    void keep(StatementHash id, ShareIndex missing, Form share) {
        Live live = live(id);
        if (!Custody.of(x, live.session.making().path(), live.session.making().missing())
                .contains(missing)) {
            throw refuse("is no custodian of that share");
        }
        Map<ShareIndex, Form> all = new TreeMap<>(Comparator.comparingInt(ShareIndex::x));
        all.putAll(waiting.getOrDefault(id, Map.of()));
        all.put(missing, share.copy());
        waiting.put(id, all);
        changes++;
    }

    /** A custodian → CC_k: what waited for it. */
    void bring(RestoreMessage message, Form share, String custodian) {
        Token u = message.certificate().token();
        if (stored.containsKey(u.id())) {
            throw refuse("has it");
        }
        requireNotEnded(u);
        VerifyingKey user =
                cast.once("brought to " + x.x(), () -> Custody.checkBrought(ring, x, message), message.encode());
        if (!cast.isServed(user, name())) {
            throw refuse("doesn't serve whose it is");
        }
        for (Stored other : stored.values()) {
            if (other.isThere() && other.u().object().equals(u.object()) && !other.user.equals(user)) {
                throw refuse("keeps this object for another user");
            }
        }
        Custody.checkShare(u, x, cast.shareRoot(u.id(), x, share), custodian);
        Stored here = new Stored(message.certificate().chain().token(), user);
        here.share = share.copy();
        here.state = State.COMMITTED;
        here.certificate = message.certificate().encode();
        stored.put(u.id(), here);
        changes++;
    }

    /** Step 2: dealer →p CC_i, over a channel that only that dealer has. */
    void share(StatementHash id, String dealer, Form share, Dealt claimed) {
        Live live = live(id);
        if (!live.session.dealers().contains(dealer)) {
            throw refuse("takes no share from " + dealer);
        }
        if (live.dealt.containsKey(dealer)) {
            throw refuse("has a share from " + dealer);
        }
        Write.checkShare(live.session, cast.share(id, x, share), dealer, claimed);
        live.dealt.put(dealer, share.copy());
        changes++;
        if (live.dealt.size() < live.session.dealers().size()) {
            return;
        }
        Form sum = new Form();
        live.dealt.values().forEach(each -> Write.add(FORMS, sum, each));
        if (live.session.kind() == Work.Kind.REFRESH) {
            Renewal.add(FORMS, sum, Cast.present(before(live).share));
        }
        live.share = sum;
        live.bound =
                live.session.summed() ? Write.signSum(live.session, cast.share(id, x, sum), cast.key(name())) : claimed;
    }

    private Stored before(Live live) {
        return Cast.present(stored.get(live.session.renewed().orElseThrow()));
    }

    /** Step 3 or 4: what comes to a station, from the user or from the provider before. */
    void arrive(StatementHash id, int place, Form flow, Optional<ShareIndex> neighbour, Optional<VerifyingKey> asks) {
        Live live = live(id);
        Station station = station(live, place);
        boolean fits = switch (station.source()) {
            case Station.User() -> asks.equals(Optional.of(live.user));
            case Station.Neighbour(ShareIndex from) -> neighbour.equals(Optional.of(from));
            case Station.Ciphertext _, Station.Zeros _, Station.SealedShare _ -> false;
        };
        if (!fits) {
            throw refuse("takes nothing from there at place " + place);
        }
        if (live.arrived.containsKey(place)) {
            throw refuse("had its input at place " + place);
        }
        live.arrived.put(place, flow.copy());
        changes++;
    }

    private Station station(Live live, int place) {
        return live.session.stations().stream()
                .filter(each -> each.place() == place)
                .findFirst()
                .orElseThrow(() -> refuse("has no place " + place));
    }

    /** The hop, and what leaves; empty while something is missing. */
    Optional<Form> pass(StatementHash id, int place) {
        Live live = sessions.get(id);
        if (live == null || live.left.containsKey(place)) {
            return Optional.empty();
        }
        Station station = station(live, place);
        Form flow = switch (station.source()) {
            case Station.User(), Station.Neighbour(ShareIndex _) -> live.arrived.get(place);
            case Station.Ciphertext() ->
                live.session.kind() == Work.Kind.REPLACE ? before(live).ciphertext : live.ciphertext;
            case Station.Zeros(), Station.SealedShare() -> new Form();
        };
        if (flow == null || (station.layered() && live.share == null)) {
            return Optional.empty();
        }
        Form out = flow.copy();
        if (station.layered()) {
            Write.hop(FORMS, out, live.session, Cast.present(live.share), blind(live.session));
            if (live.session.kind() == Work.Kind.REPLACE) {
                Renewal.takeOff(FORMS, out, live.session, Cast.present(before(live).share));
            }
        }
        if (station.cargo() instanceof Station.Share && station.stored()) {
            Repair.receive(out, blind(live.session));
            live.share = out.copy();
        } else if (station.stored()) {
            live.ciphertext = out.copy();
        }
        live.left.put(place, out.copy());
        changes++;
        return Optional.of(out);
    }

    Blind<Form> blind(Session session) {
        if (session.blinding() == Blinding.NONE) {
            return Blind.none();
        }
        return Blind.sum(session.blindSeeds().stream()
                .map(seed -> Blind.of(FORMS, cast.expanded(bytes(seed))))
                .toList());
    }

    static byte[] bytes(SecretBytes seed) {
        return seed.copyToHeap();
    }

    /** U asks for the root of a sum. */
    Dealt root(StatementHash id, VerifyingKey asks) {
        Live live = own(id, asks);
        if (live.bound == null || !live.session.summed()) {
            throw refuse("has no sum");
        }
        return live.bound;
    }

    /** Step 5: u_m; it is prepared before the signature leaves. */
    void token(StatementHash id, TokenMessage message, VerifyingKey asks) {
        Live live = own(id, asks);
        if (!live.session.isWrite() || live.share == null || live.bound == null || !isThrough(live)) {
            throw refuse("isn't through with the pass");
        }
        if (live.prepared) {
            throw refuse("signed in this session");
        }
        Dealt bound = live.bound;
        Token u = cast.once(
                "token at " + x.x(),
                () -> Write.checkToken(live.session, bound, message),
                message.encode(),
                bound.encode(),
                id.bytes());
        if (live.session.renews()) {
            Renewal.checkToken(before(live).u(), u);
        }
        Stored here = new Stored(message.token(), asks);
        here.share = live.share;
        here.ciphertext = live.session.kind() == Work.Kind.REFRESH ? before(live).ciphertext : live.ciphertext;
        stored.put(id, here);
        changes++;
        live.prepared = true;
    }

    /**
     * Its signature for what it prepared, behind those before it; in the published profile they are covered by it.
     *
     * @param from who hands on what those before it signed; empty for the user
     */
    SignatureChain sign(StatementHash id, SignatureChain before, Optional<ShareIndex> from) {
        Live live = live(id);
        if (!live.prepared) {
            throw refuse("has no token of this session");
        }
        if (live.signed) {
            throw refuse("signed in this session");
        }
        Stored here = Cast.present(stored.get(id));
        if (!live.session.scheme().blinded()) {
            int place = live.session.path().indexOf(x);
            Optional<ShareIndex> expected = place == 0
                    ? Optional.empty()
                    : Optional.of(live.session.path().get(place - 1));
            if (!from.equals(expected)) {
                throw refuse("takes the signatures from who is before it");
            }
            cast.holds(
                    "chain at " + x.x(), () -> before.verify(live.session.ring().keys()), before.encode());
        }
        if (!Arrays.equals(before.token(), here.token)) {
            throw refuse("was sent another token by the user");
        }
        live.signed = true;
        live.checked = live.session.isCheckedByValue();
        changes++;
        return before.with(participate(before, here));
    }

    /**
     * What a small put's provider stored.
     *
     * @param ciphertext at a home
     */
    record Values(Form share, @Nullable Form ciphertext) {}

    /** With its signature, where the put is checked by value: what it stored. */
    Optional<Values> values(StatementHash id, VerifyingKey asks) {
        Live live = own(id, asks);
        if (!live.signed || !live.session.isCheckedByValue()) {
            return Optional.empty();
        }
        Stored here = Cast.present(stored.get(id));
        return Optional.of(
                new Values(Cast.present(here.share).copy(), here.ciphertext == null ? null : here.ciphertext.copy()));
    }

    private boolean isThrough(Live live) {
        return live.session.stations().stream().allMatch(station -> live.left.containsKey(station.place()));
    }

    private Participation participate(SignatureChain before, Stored here) {
        Optional<byte[]> root = Optional.ofNullable(here.ciphertext)
                .map(c -> cast.ciphertextRoot(here.u().id(), x, c));
        return cast.once(
                "participation of " + x.x(),
                () -> before.participate(x, root, cast.key(name())),
                before.encode(),
                root.orElse(new byte[Sha256.BYTES]));
    }

    /** Step 6: ρ, once all have signed. */
    CheckAnswer check(StatementHash id, byte[] rho, VerifyingKey asks) {
        Live live = own(id, asks);
        if (!live.prepared) {
            throw refuse("didn't sign yet");
        }
        if (live.session.isCheckedByValue()) {
            throw refuse("answered with what it stored");
        }
        live.checked = true;
        changes++;
        Stored here = Cast.present(stored.get(id));
        return answer(here, live.session.renews() ? Optional.of(before(live)) : Optional.empty(), rho);
    }

    private CheckAnswer answer(Stored here, Optional<Stored> before, byte[] rho) {
        return new CheckAnswer(
                cast.hash(rho, Cast.present(here.share)),
                cast.noSalts(rho),
                here.ciphertext == null ? null : cast.hash(rho, here.ciphertext),
                before.map(each -> new CheckAnswer.Before(
                                cast.hash(rho, Cast.present(each.share)),
                                each.ciphertext == null ? null : cast.hash(rho, each.ciphertext)))
                        .orElse(null));
    }

    /** What is committed by whoever shows its certificate. */
    void commit(StatementHash generation, Certificate certificate) {
        Stored here = stored.get(generation);
        if (here == null) {
            throw refuse("has no such generation");
        }
        cast.holds(
                "certificate at " + x.x(),
                () -> Write.checkCertificate(ring.at(here.u().epoch()), here.token, certificate),
                here.token,
                certificate.encode());
        if (here.state != State.PREPARED) {
            return;
        }
        if (denied.contains(generation.toString())) {
            // It is served, and stays undecided here.
            here.certificate = certificate.encode();
            changes++;
            throw refuse("said that it confirms no certificate of this generation");
        }
        requireNotEnded(here.u());
        if (Optional.ofNullable(handed.get(here.u().object()))
                .filter(handover -> handover.command().leavesOut(here.u()))
                .isPresent()) {
            throw refuse("has this object as another owner's, with an earlier generation");
        }
        here.certificate = certificate.encode();
        changes++;
        sessions.remove(generation);
        Token u = here.u();
        for (Stored other : stored.values()) {
            if (other != here
                    && other.isThere()
                    && other.u().object().equals(u.object())
                    && other.u().epoch() == u.epoch()) {
                if (other.state == State.COMMITTED && other.u().isLaterThan(u)) {
                    erase(here, State.REPLACED);
                    return;
                }
                if (u.isLaterThan(other.u())) {
                    erase(other, State.REPLACED);
                }
            }
        }
        here.state = State.COMMITTED;
    }

    private void erase(Stored here, State state) {
        here.state = state;
        here.share = null;
        here.ciphertext = null;
        // Sessions that work on it have nothing to work with any more.
        sessions.values()
                .removeIf(live -> live.session.generation().equals(here.u().id())
                        || live.session.renewed().equals(Optional.of(here.u().id())));
    }

    /** At the word of the session's key, or of all providers. */
    void abandon(StatementHash generation, Abandonment abandonment, VerifyingKey asks) {
        abandon(owned(generation, asks), abandonment);
    }

    /** The same, shown by another provider. */
    void abandon(StatementHash generation, Abandonment abandonment) {
        Stored here = stored.get(generation);
        if (here == null) {
            throw refuse("has no such generation");
        }
        abandon(here, abandonment);
    }

    private void abandon(Stored here, Abandonment abandonment) {
        Token u = here.u();
        Statement w = u.statement();
        cast.holds(
                "abandonment",
                () -> abandonment.verify(w, ring.at(w.epoch()).keys()),
                abandonment.encode(),
                here.token);
        if (here.state == State.PREPARED) {
            stored.remove(u.id());
            changes++;
            sessions.remove(u.id());
        }
    }

    /** U gives a session up in which nothing was prepared. */
    void giveUp(StatementHash id, VerifyingKey asks) {
        if (own(id, asks).prepared) {
            throw refuse("gives what is prepared up at the session key's word alone");
        }
        sessions.remove(id);
        changes++;
    }

    /** The word that it confirms no certificate, or the certificate. */
    Optional<Abandonment.Word> settle(Command.Authorised command, Statement w, VerifyingKey asks) {
        require(command, asks, w.title().owner().key());
        StatementHash id = w.hash();
        if (!command.command().deed().equals(new Command.Settle(id))) {
            throw refuse("was asked to settle another generation");
        }
        Stored here = stored.get(id);
        if (here != null && !here.user.equals(asks)) {
            throw refuse("keeps this object for another user");
        }
        if (here != null && (here.certificate != null || here.state != State.PREPARED)) {
            return Optional.empty();
        }
        denied.add(id.toString());
        changes++;
        return Optional.of(
                cast.once("word of " + x.x(), () -> Abandonment.Word.sign(cast.key(name()), id, x), id.bytes()));
    }

    private void require(Command.Authorised command, VerifyingKey asks, VerifyingKey owner) {
        cast.holds("command", command::verify, command.encode());
        if (!command.node().equals(name())) {
            throw refuse("was given a command for " + command.node());
        }
        if (!command.command().ring().equals(ring.id())) {
            throw refuse("was given a command for another ring");
        }
        if (!command.key().equals(asks)) {
            throw refuse("was given another user's command");
        }
        if (!command.command().title().owner().key().equals(owner)) {
            throw refuse("was given a command by another owner");
        }
    }

    void destroy(Command.Authorised command, VerifyingKey asks) {
        ObjectId object = command.command().object();
        List<Stored> here = stored.values().stream()
                .filter(each -> each.isThere() && each.u().object().equals(object))
                .filter(each -> command.command().ends(each.u()))
                .toList();
        if (here.isEmpty()) {
            throw refuse("has nothing that this destroys");
        }
        for (Stored each : here) {
            if (!each.user.equals(asks)) {
                throw refuse("keeps this object for another user");
            }
            require(command, asks, title(object).orElseThrow().owner().key());
        }
        here.forEach(each -> erase(each, State.DESTROYED));
        ended.add(command.signed());
        changes++;
    }

    /** @param certificate of the generation that is handed over */
    void handOver(Command.Authorised command, Certificate certificate, VerifyingKey asks) {
        if (!(command.command().deed() instanceof Command.HandOver handOver)) {
            throw refuse("was given a command that hands nothing over");
        }
        ObjectId object = command.command().object();
        Stored here = newest(object).orElseThrow(() -> refuse("has no such object"));
        Title before = title(object).orElseThrow();
        VerifyingKey next = handOver.acceptance().key();
        if (!asks.equals(here.user) && !asks.equals(next)) {
            throw refuse("keeps this object for another user");
        }
        require(command, here.user, before.owner().key());
        if (!command.command().title().equals(before)) {
            throw refuse("has this object under another title");
        }
        if (!handOver.acceptance().node().equals(name())) {
            throw refuse("was given an acceptance for somebody else");
        }
        if (!cast.isServed(next, name())) {
            throw refuse("doesn't serve the next owner");
        }
        if (!certificate.token().id().equals(handOver.generation())) {
            throw refuse("was given the certificate of another generation");
        }
        Stored named = stored.get(handOver.generation());
        if (named != null && named.isThere()) {
            commit(handOver.generation(), certificate);
        }
        here = newest(object).orElseThrow();
        if (here.state != State.COMMITTED || command.command().leavesOut(here.u())) {
            throw refuse("has another generation than the one that is handed over");
        }
        Token u = here.u();
        handed.put(object, command.signed());
        here.user = next;
        sessions.values().removeIf(live -> live.session.generation().equals(u.id()));
        stored.values()
                .removeIf(each -> each.state == State.PREPARED
                        && each.certificate == null
                        && command.command().leavesOut(each.u()));
        changes++;
    }

    // ---- Answers ----

    /** The newest generation that is certified here; empty for none, or another user's. */
    Optional<Stored> current(ObjectId object, VerifyingKey asks) {
        return stored.values().stream()
                .filter(each -> each.u().object().equals(object) && each.user.equals(asks))
                .filter(each -> each.isThere() && each.certificate != null)
                .max(COMMITTED_FIRST);
    }

    /** What is committed, and else what is prepared. */
    private Optional<Stored> newest(ObjectId object) {
        return stored.values().stream()
                .filter(each -> each.isThere() && each.u().object().equals(object))
                .max(COMMITTED_FIRST);
    }

    private static final Comparator<Stored> COMMITTED_FIRST =
            Comparator.comparing((Stored each) -> each.state == State.COMMITTED).thenComparing(Keeper::order);

    private static int order(Stored a, Stored b) {
        return Victim.isLater(a.u(), b.u()) ? 1 : -1;
    }

    /** A part, and the provider's signature for it. */
    record Given(Form form, Holding holding) {}

    Given part(StatementHash generation, Holding.Part part, VerifyingKey asks) {
        return given(generation, readable(generation, asks), part);
    }

    /** The same after a check that failed. */
    Given partOfSession(StatementHash id, Holding.Part part, VerifyingKey asks) {
        if (!own(id, asks).checked) {
            throw refuse("gives nothing out before the check");
        }
        return given(id, Cast.present(stored.get(id)), part);
    }

    private Given given(StatementHash generation, Stored here, Holding.Part part) {
        Form form = part == Holding.Part.SHARE ? here.share : here.ciphertext;
        if (form == null) {
            throw refuse("has no such part");
        }
        byte[] root = part == Holding.Part.SHARE
                ? cast.shareRoot(generation, x, form)
                : cast.ciphertextRoot(generation, x, form);
        Holding holding = cast.once(
                "holding of " + x.x() + part,
                () -> Holding.sign(cast.key(name()), ring.id(), generation, part, x, Holding.WHOLE, root),
                generation.bytes(),
                root);
        return new Given(form.copy(), holding);
    }

    /** Step 3 of a repair. */
    void restore(StatementHash id, RestoreMessage message, VerifyingKey asks) {
        Live live = own(id, asks);
        if (!live.session.isRepaired() || live.share == null || !isThrough(live)) {
            throw refuse("isn't through with the repair");
        }
        Session session = live.session;
        Form share = live.share;
        Repair.checkRestored(
                session.ring(),
                session,
                cast.shareRoot(session.generation(), x, share),
                session.isHome()
                        ? Optional.of(cast.ciphertextRoot(session.generation(), x, Cast.present(live.ciphertext)))
                        : Optional.empty(),
                message);
        Stored here = new Stored(message.certificate().chain().token(), asks);
        here.share = share;
        here.ciphertext = live.ciphertext;
        here.state = State.COMMITTED;
        here.certificate = message.certificate().encode();
        stored.put(session.generation(), here);
        changes++;
        sessions.remove(id);
    }

    /** Its disk is gone, and it begins anew: what it said before is below its floor. */
    void loseAll() {
        sessions.clear();
        stored.clear();
    }
}
