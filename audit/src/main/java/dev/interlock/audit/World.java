package dev.interlock.audit;

import static dev.interlock.audit.FormSpace.FORMS;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Custody;
import dev.interlock.protocol.Evidence;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.message.TokenMessage;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One state of a ring under attack: what every node holds, what the victim's client knows, what the attackers saw, and how far the
 * victim's script has come. Copied for every message that is tried, so that a refusal costs nothing but itself.
 */
final class World {
    private static final Party ATTACKERS = new Party("the attackers", 1);

    final Cast cast;
    final Map<ShareIndex, Keeper> keepers = new TreeMap<>(Comparator.comparingInt(ShareIndex::x));
    final Map<String, Desk> desks = new TreeMap<>();
    final Victim victim;
    final Known known;
    /** The attackers' messages and answers so far, in words. */
    final List<Attack.Step> told;

    final List<Attack.Harm> harm;
    /** Where the victim has a login; else nothing. */
    private final Optional<LoginState> logins;
    /** The next step of the victim's script. */
    int step;
    /** In its present epoch, of those that it had so far. */
    private RingDescriptor ring;

    World(Cast cast) {
        this(
                cast,
                cast.ring,
                new Victim(),
                new Known(),
                new ArrayList<>(),
                new ArrayList<>(),
                cast.logsIn() ? Optional.of(new LoginState(cast.logins())) : Optional.empty());
        Cast.all(ring).forEach(x -> keepers.put(x, new Keeper(cast, x, ring)));
        cast.dealers().forEach(name -> desks.put(name, new Desk(cast, name, ring)));
    }

    private World(
            Cast cast,
            RingDescriptor ring,
            Victim victim,
            Known known,
            List<Attack.Step> told,
            List<Attack.Harm> harm,
            Optional<LoginState> logins) {
        this.cast = cast;
        this.ring = ring;
        this.victim = victim;
        this.known = known;
        this.told = told;
        this.harm = harm;
        this.logins = logins;
    }

    World copy() {
        World copy = new World(
                cast,
                ring,
                victim.copy(),
                known.copy(),
                new ArrayList<>(told),
                new ArrayList<>(harm),
                logins.map(LoginState::copy));
        keepers.forEach((x, keeper) -> copy.keepers.put(x, keeper.copy()));
        desks.forEach((name, desk) -> copy.desks.put(name, desk.copy()));
        copy.step = step;
        return copy;
    }

    /** All that what happens next can depend on. */
    String print() {
        StringBuilder print = new StringBuilder();
        keepers.values().forEach(keeper -> keeper.print(print));
        desks.values().forEach(desk -> desk.print(print));
        victim.print(print);
        known.print(print);
        logins.ifPresent(each -> each.print(print));
        return print.append(harm.size()).toString();
    }

    /** What the attackers saw and can send again. */
    static final class Known {
        final List<Observation> seen = new ArrayList<>();
        private final List<String> forms = new ArrayList<>();
        /** Grows with every form that is new. */
        private int changes;
        /** By session, and by whom it was sent to. */
        final Map<StatementHash, Map<String, Order>> orders = new LinkedHashMap<>();

        final Map<StatementHash, byte[]> tokens = new LinkedHashMap<>();
        final Map<String, dev.interlock.core.token.Certificate> certificates = new LinkedHashMap<>();
        final Map<StatementHash, Map<ShareIndex, Participation>> participations = new LinkedHashMap<>();
        final Map<StatementHash, byte[]> rhos = new LinkedHashMap<>();
        final Map<String, Command.Authorised> commands = new LinkedHashMap<>();
        final Map<String, Keeper.Given> given = new LinkedHashMap<>();

        Known copy() {
            Known copy = new Known();
            copy.seen.addAll(seen);
            copy.forms.addAll(forms);
            copy.changes = changes;
            orders.forEach((id, each) -> copy.orders.put(id, new LinkedHashMap<>(each)));
            copy.tokens.putAll(tokens);
            copy.certificates.putAll(certificates);
            participations.forEach((id, each) -> copy.participations.put(id, new LinkedHashMap<>(each)));
            copy.rhos.putAll(rhos);
            copy.commands.putAll(commands);
            copy.given.putAll(given);
            return copy;
        }

        void see(String what, Form form) {
            String text = form.toString();
            if (!forms.contains(text)) {
                forms.add(text);
                changes++;
                seen.add(new Observation(ATTACKERS, what, form.copy()));
            }
        }

        void print(StringBuilder into) {
            into.append("?")
                    .append(forms.stream().sorted().toList())
                    .append(orders.keySet().stream()
                            .map(StatementHash::toString)
                            .sorted()
                            .toList())
                    .append(tokens.keySet().stream()
                            .map(StatementHash::toString)
                            .sorted()
                            .toList())
                    .append(certificates.keySet().stream().sorted().toList())
                    .append(participations.size())
                    .append(rhos.size())
                    .append(commands.keySet().stream().sorted().toList())
                    .append(given.keySet().stream().sorted().toList());
        }
    }

    /** Grows with everything that a message changes; what only those know who sent it is no change. */
    int changes() {
        int changes = known.changes + known.given.size() + known.participations.size() + known.certificates.size();
        for (Keeper keeper : keepers.values()) {
            changes += keeper.changes;
        }
        for (Desk desk : desks.values()) {
            changes += desk.changes();
        }
        return changes + logins.map(LoginState::changes).orElse(0);
    }

    LoginState logins() {
        return logins.orElseThrow();
    }

    /** What went wrong for the victim. */
    List<String> failures() {
        List<String> failures = victim.failures();
        logins.ifPresentOrElse(
                each -> failures.addAll(each.failures()),
                () -> failures.addAll(
                        victim.acknowledged().isEmpty() ? List.of("nothing was acknowledged") : List.of()));
        return failures;
    }

    boolean isCorrupt(ShareIndex x) {
        return cast.corrupt.contains(x);
    }

    RingDescriptor ring() {
        return ring;
    }

    /** The ring goes on to its next epoch: who is in it is told, and who has left it isn't. */
    void change() {
        ring = cast.latest();
        Cast.all(ring).forEach(x -> {
            Keeper known = keepers.get(x);
            if (known == null) {
                keepers.put(x, new Keeper(cast, x, ring));
            } else {
                known.restart(ring);
            }
        });
        desks.values().forEach(desk -> desk.restart(ring));
    }

    /** Those that can be sent something to: all that are or were in the ring so far. */
    List<ShareIndex> honest() {
        return keepers.keySet().stream().filter(x -> !isCorrupt(x)).toList();
    }

    Keeper keeper(ShareIndex x) {
        return Cast.present(keepers.get(x));
    }

    Desk desk(String name) {
        return Cast.present(desks.get(name));
    }

    /** Whether it was let in. */
    static boolean tries(Runnable message) {
        try {
            message.run();
            return true;
        } catch (InterlockException | BadSignatureException | IllegalArgumentException e) {
            return false;
        }
    }

    // ------------------------------------------------------------------------------ what passes between the parties

    /** An order, to a provider. */
    void order(ShareIndex x, Order order, VerifyingKey asks) {
        order(x, order, Statement.decode(order.statement()).epoch(), asks);
    }

    /** @param epoch that the request is made for */
    void order(ShareIndex x, Order order, int epoch, VerifyingKey asks) {
        Keeper keeper = keeper(x);
        keeper.order(order, epoch, asks);
        if (isCorrupt(x)) {
            StatementHash id = Statement.hash(order.statement());
            known.orders.computeIfAbsent(id, _ -> new LinkedHashMap<>()).put(keeper.name(), order);
            Session session = Cast.present(keeper.sessions.get(id)).session;
            session.blindSeeds()
                    .forEach(seed -> known.see(
                            "the blind that " + keeper.name() + " was told", cast.expanded(Keeper.bytes(seed))));
        }
    }

    /** A deal request: the dealer deals to all, or says why not. */
    Desk.Outcome deal(String dealer, Order order, VerifyingKey asks) {
        return deal(dealer, order, Statement.decode(order.statement()).epoch(), asks);
    }

    /** @param epoch that the request is made for */
    Desk.Outcome deal(String dealer, Order order, int epoch, VerifyingKey asks) {
        if (cast.corruptDealers.contains(dealer)) {
            StatementHash id = Statement.hash(order.statement());
            known.orders.computeIfAbsent(id, _ -> new LinkedHashMap<>()).put(dealer, order);
        }
        return deliver(dealer, desk(dealer).deal(order, epoch, asks));
    }

    Desk.Outcome deliver(String dealer, Desk.Outcome dealt) {
        if (cast.corruptDealers.contains(dealer)) {
            for (int k = 0; k < dealt.coefficients().size(); k++) {
                known.see(
                        "a" + k + " of what " + dealer + " dealt",
                        dealt.coefficients().get(k));
            }
        }
        dealt.shares().forEach((x, share) -> {
            if (dealt.user().equals(Optional.of(x))) {
                // Whoever asked has it.
                return;
            }
            if (cast.missing().equals(Optional.of(x))) {
                // Sealed to it: who keeps it doesn't see it.
                Custody.custodians(cast.path(ring), List.of(x), x)
                        .forEach(custodian -> tries(() -> keeper(custodian).keep(dealt.id(), x, share)));
                return;
            }
            Keeper keeper = keeper(x);
            if (isCorrupt(x)) {
                // Whoever is corrupt sees what comes, whatever it makes of it.
                known.see("the share that " + dealer + " sent " + keeper.name(), share);
            }
            keeper.share(dealt.id(), dealer, share, dealt.dealt());
        });
        return dealt;
    }

    /** Step 5 at one provider: u_m, then its signature behind those before it. */
    SignatureChain signs(
            ShareIndex x, StatementHash id, TokenMessage message, SignatureChain before, VerifyingKey asks) {
        keeper(x).token(id, message, asks);
        return keeper(x)
                .sign(
                        id,
                        before,
                        cast.scheme().blinded() || before.participations().isEmpty()
                                ? Optional.empty()
                                : Optional.of(Token.decode(before.token())
                                        .providers()
                                        .get(before.participations().size() - 1)));
    }

    void arrive(ShareIndex x, StatementHash id, int place, Form flow, Optional<ShareIndex> from, VerifyingKey asks) {
        if (isCorrupt(x)) {
            known.see("what came to " + cast.name(x) + " at place " + place, flow);
        }
        keeper(x).arrive(id, place, flow, from, from.isPresent() ? Optional.empty() : Optional.of(asks));
    }

    /** All stations of a session that are known anywhere, by place. */
    List<Station> stations(StatementHash id) {
        return keepers.values().stream()
                .flatMap(keeper -> Optional.ofNullable(keeper.sessions.get(id)).stream())
                .flatMap(live -> live.session.stations().stream())
                .sorted(Comparator.comparingInt(Station::place))
                .toList();
    }

    /**
     * One hop.
     *
     * @param instead of what leaves a corrupt one
     * @return what is for the user
     */
    Optional<Form> pass(StatementHash id, int place, Optional<Form> instead) {
        Optional<Station> found = stations(id).stream()
                .filter(station -> station.place() == place)
                .findFirst();
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Station station = found.get();
        ShareIndex x = station.provider();
        Optional<Form> left = keeper(x).pass(id, place);
        if (left.isEmpty()) {
            return Optional.empty();
        }
        if (isCorrupt(x)) {
            known.see("what left " + cast.name(x) + " at place " + place, left.get());
        }
        Form out = instead.orElse(left.get());
        return switch (station.sink()) {
            case Station.Neighbour(ShareIndex next) -> {
                var _ = tries(() -> arrive(next, id, place + 1, out, Optional.of(x), cast.victimsAt(cast.name(x))));
                yield Optional.empty();
            }
            case Station.Homes(List<ShareIndex> homes) -> {
                for (int i = 0; i < homes.size(); i++) {
                    ShareIndex home = homes.get(i);
                    int there = place + 1 + i;
                    var _ = tries(() -> arrive(home, id, there, out, Optional.of(x), cast.victimsAt(cast.name(x))));
                }
                yield Optional.empty();
            }
            case Station.User() -> Optional.of(out);
            case Station.End() -> Optional.empty();
        };
    }

    void learn(dev.interlock.core.token.Certificate certificate) {
        known.certificates.put(
                certificate.token().id().toString().substring(0, 8) + Arrays.hashCode(certificate.encode()),
                certificate);
        known.tokens.put(certificate.token().id(), certificate.chain().token());
    }

    void learn(String words, Keeper.Given given) {
        known.see(words, given.form());
        known.given.put(
                words
                        + given.holding().chunk()
                        + Arrays.hashCode(given.holding().hash()),
                given);
    }

    // ----------------------------------------------------------------------------------------------------- the verdict

    void harm(Attack.Kind kind, String what) {
        Attack.Harm one = new Attack.Harm(kind, what);
        if (!harm.contains(one)) {
            harm.add(one);
        }
    }

    /** Blame comes from what the victim verified: it names nobody honest. */
    void blamed(RuntimeException e) {
        if (e instanceof IntegrityException broken) {
            broken.culprits().stream()
                    .filter(name -> !cast.isCorrupt(name))
                    .forEach(name -> harm(Attack.Kind.BLAMED, name + " is named: " + e.getMessage()));
        }
    }

    /** What is looked at in the end. */
    void judge() {
        secrecy();
        evidence();
        logins.ifPresent(each -> each.judge(this::harm));
        if (cast.isSold()) {
            Optional.ofNullable(victim.bought).ifPresent(this::bought);
        } else {
            victim.object().ifPresent(this::keeping);
        }
    }

    private void secrecy() {
        if (!cast.isSecret()) {
            return;
        }
        Certificate.of(known.seen, cast.unknown("m"))
                .ifPresent(how ->
                        harm.add(new Attack.Harm(Attack.Kind.LEAK, "m is a sum of what the attackers saw", how)));
    }

    /** Can the attackers prove anything against somebody honest? */
    private void evidence() {
        known.given.values().forEach(given -> {
            Holding said = given.holding();
            if (isCorrupt(said.x())) {
                return;
            }
            known.certificates.values().forEach(certificate -> {
                try {
                    var _ = cast.once(
                            "evidence",
                            () -> new Evidence(certificate.chain(), said, new byte[0]).verify(ring),
                            certificate.chain().encode(),
                            said.encode(),
                            new byte[] {(byte) ring.epoch()});
                    harm(Attack.Kind.BLAMED, "evidence holds against " + cast.name(said.x()));
                } catch (InterlockException | BadSignatureException | IllegalArgumentException e) {
                    // As it should be.
                }
            });
        });
    }

    /** What was acknowledged is at every honest provider, as the victim certified it, or later. */
    private void keeping(ObjectId object) {
        Optional<Token> acked = victim.acknowledged();
        keepers.values().stream().filter(keeper -> !isCorrupt(keeper.x)).forEach(keeper -> {
            List<Keeper.Stored> here = keeper.stored.values().stream()
                    .filter(each -> each.u().object().equals(object))
                    .toList();
            here.stream()
                    .filter(each -> each.state == Keeper.State.DESTROYED && !victim.ends(each.u()))
                    .forEach(_ -> harm(
                            Attack.Kind.DESTROYED, keeper.name() + " destroyed the object without its owner's word"));
            here.stream()
                    .filter(each -> each.state == Keeper.State.COMMITTED
                            && !victim.certified.contains(each.u().id().toString()))
                    .forEach(_ -> harm(
                            Attack.Kind.MISLED,
                            keeper.name() + " committed a generation that its owner never certified"));
            if (Optional.ofNullable(keeper.handed.get(object))
                    .flatMap(Command.Signed::handedOver)
                    .filter(title -> !cast.heir.owns(title.owner()))
                    .isPresent()) {
                harm(Attack.Kind.MISLED, keeper.name() + " has the object as somebody's whom its owner never named");
            }
            boolean back = here.stream()
                    .filter(Keeper.Stored::isThere)
                    .map(Keeper.Stored::u)
                    .anyMatch(u -> keeper.ended.stream()
                            .anyMatch(each -> Victim.covers(each.command(), u.statement(), u.id())));
            if (back) {
                harm(Attack.Kind.REVIVED, keeper.name() + " has the object again that it destroyed");
            }
            if (acked.isPresent()
                    && acked.get().providers().contains(keeper.x)
                    && !victim.wantsItGone()
                    && !victim.exempt.contains(keeper.x)) {
                boolean kept = here.stream()
                        .anyMatch(each -> each.isThere()
                                && victim.certified.contains(each.u().id().toString())
                                && !Victim.isLater(acked.get(), each.u()));
                if (!kept) {
                    harm(Attack.Kind.LOST, keeper.name() + " has nothing of the object any more that was acknowledged");
                }
            }
        });
        acked.filter(_ -> !victim.wantsItGone()).ifPresent(this::opens);
    }

    /** What was bought is at every honest provider, the heir's, and nothing else is in its place. */
    private void bought(Token u) {
        keepers.values().stream().filter(keeper -> !isCorrupt(keeper.x)).forEach(keeper -> {
            Keeper.Stored here = keeper.stored.get(u.id());
            if (here != null && here.state == Keeper.State.DESTROYED) {
                harm(Attack.Kind.DESTROYED, keeper.name() + " destroyed what was bought, at its seller's word");
            } else if (here == null || !here.isThere()) {
                harm(Attack.Kind.LOST, keeper.name() + " has nothing of what was bought any more");
            }
            keeper.stored.values().stream()
                    .filter(each -> each.state == Keeper.State.COMMITTED
                            && each.u().object().equals(u.object())
                            && !each.u().id().equals(u.id()))
                    .forEach(_ ->
                            harm(Attack.Kind.MISLED, keeper.name() + " committed a generation that was never sold"));
            boolean heirs = Optional.ofNullable(keeper.handed.get(u.object()))
                    .flatMap(Command.Signed::handedOver)
                    .filter(title -> cast.heir.owns(title.owner()))
                    .isPresent();
            if (!heirs) {
                harm(Attack.Kind.MISLED, keeper.name() + " has it as somebody else's than the heir who bought it");
            }
        });
        opens(u);
    }

    /** Every t honest providers with a home among them open it, in each of its generations that counts. */
    private void opens(Token acked) {
        Map<StatementHash, List<Keeper>> holders = new HashMap<>();
        keepers.values().stream()
                .filter(keeper -> !isCorrupt(keeper.x))
                .forEach(keeper -> keeper.stored.forEach((id, each) -> {
                    if (each.isThere()
                            && each.u().object().equals(acked.object())
                            && (id.equals(acked.id()) || victim.certified.contains(id.toString()))) {
                        holders.computeIfAbsent(id, _ -> new ArrayList<>()).add(keeper);
                    }
                }));
        holders.forEach((id, those) -> {
            for (List<Integer> chosen :
                    those.size() < cast.t() ? List.<List<Integer>>of() : Choices.subsets(those.size(), cast.t())) {
                List<Keeper> t = chosen.stream().map(i -> those.get(i - 1)).toList();
                List<ShareIndex> xs = t.stream().map(keeper -> keeper.x).toList();
                t.stream()
                        .filter(keeper -> Cast.present(keeper.stored.get(id)).ciphertext != null)
                        .findFirst()
                        .ifPresent(home -> {
                            Form p = Cast.present(Cast.present(home.stored.get(id)).ciphertext)
                                    .copy();
                            for (Keeper keeper : t) {
                                Read.removeLayer(
                                        FORMS,
                                        xs,
                                        keeper.x,
                                        Cast.present(Cast.present(keeper.stored.get(id)).share),
                                        p);
                            }
                            if (!p.equals(cast.m())) {
                                harm(
                                        Attack.Kind.LOST,
                                        "what is at "
                                                + t.stream().map(Keeper::name).toList() + " opens to " + p);
                            }
                        });
            }
        });
    }
}
