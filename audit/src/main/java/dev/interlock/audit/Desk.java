package dev.interlock.audit;

import static dev.interlock.audit.FormSpace.FORMS;

import dev.interlock.core.sharing.Dealing;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** One dealer over forms: it deals to what the product's acceptance code lets in, once for each H(w). */
final class Desk {
    private final Cast cast;
    final String name;
    private RingDescriptor ring;
    private final Set<String> dealt;
    private int dealings;

    Desk(Cast cast, String name, RingDescriptor ring) {
        this(cast, name, ring, new TreeSet<>(), 0);
    }

    private Desk(Cast cast, String name, RingDescriptor ring, Set<String> dealt, int dealings) {
        this.cast = cast;
        this.name = name;
        this.ring = ring;
        this.dealt = dealt;
        this.dealings = dealings;
    }

    Desk copy() {
        return new Desk(cast, name, ring, new TreeSet<>(dealt), dealings);
    }

    void restart(RingDescriptor next) {
        ring = next;
    }

    int changes() {
        return dealings;
    }

    void print(StringBuilder into) {
        into.append(name).append(dealt).append(dealings);
    }

    /** What it deals. */
    record Outcome(
            StatementHash id,
            List<Form> coefficients,
            Map<ShareIndex, Form> shares,
            Optional<ShareIndex> user,
            Dealt dealt) {
        /** The user's own, in the published profile. */
        Optional<Form> own() {
            return user.map(shares::get);
        }
    }

    /** @param epoch that the request is made for */
    Outcome deal(Order order, int epoch, VerifyingKey asks) {
        Write.Deal deal = accept(order, epoch, asks);
        if (dealt.contains(deal.id().toString())) {
            throw new RefusedException(name + " dealt to this session before");
        }
        dealt.add(deal.id().toString());
        dealings++;
        List<Form> coefficients = new ArrayList<>();
        for (int k = 0; k < cast.t(); k++) {
            coefficients.add(
                    k == 0 && deal.ofZero()
                            ? new Form()
                            : Form.of(cast.unknown("a" + k + "[" + name + ", "
                                    + deal.id().toString().substring(0, 6) + "/" + dealings + "]")));
        }
        return dealing(deal, coefficients);
    }

    /** With coefficients of a corrupt dealer's choice. */
    Outcome deal(Order order, int epoch, VerifyingKey asks, List<Form> coefficients) {
        Write.Deal deal = accept(order, epoch, asks);
        dealt.add(deal.id().toString());
        dealings++;
        return dealing(deal, coefficients);
    }

    private Write.Deal accept(Order order, int epoch, VerifyingKey asks) {
        if (epoch != ring.epoch()) {
            throw new RefusedException(name + " deals for the present epoch alone");
        }
        return cast.acceptDeal(ring, name, order, asks);
    }

    private Outcome dealing(Write.Deal deal, List<Form> coefficients) {
        List<Form> forms = deal.points().stream().map(_ -> new Form()).toList();
        int[] xs = deal.points().stream().mapToInt(ShareIndex::x).toArray();
        Dealing.shares(FORMS, coefficients, xs, forms);
        Map<ShareIndex, Form> shares = new LinkedHashMap<>();
        List<ShareRoot> roots = new ArrayList<>();
        for (int i = 0; i < xs.length; i++) {
            ShareIndex x = deal.points().get(i);
            shares.put(x, forms.get(i));
            roots.add(new ShareRoot(x, cast.shareRoot(deal.id(), x, forms.get(i))));
        }
        return new Outcome(deal.id(), coefficients, shares, deal.user(), Dealt.sign(cast.key(name), deal.id(), roots));
    }
}
