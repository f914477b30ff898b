package dev.interlock.client;

import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/** One try of a put, in one session: U's side of {@link Write} from the first order to the last confirmation. */
final class PutAttempt {
    private final RingClient client;
    private final RingDescriptor ring;
    private final Write.Plan plan;
    private final PutOptions options;
    private final StoredCheck check;
    private final LongConsumer progress;
    private final WriteSteps steps;
    private final List<NodeCard> route;

    PutAttempt(RingClient client, Write.Plan plan, PutOptions options, StoredCheck check, LongConsumer progress) {
        this.client = client;
        this.ring = client.ring();
        this.plan = plan;
        this.options = options;
        this.check = check;
        this.progress = progress;
        this.steps = new WriteSteps(client, plan);
        this.route = steps.route();
    }

    /** How a try ends that doesn't fail. */
    sealed interface Outcome {}

    /** It is acknowledged. */
    record Stored(Token token) implements Outcome {}

    /** These can't be reached, and nothing of the input was read: it may be tried without them. */
    record Absent(Map<NodeCard, InterlockException> nodes) implements Outcome {}

    /**
     * The stream was changed on its way, and nothing of it says by whom: it may be tried again, with every station signing.
     *
     * @param found what the check said
     */
    record Changed(IntegrityException found) implements Outcome {}

    /** Any other end is an error: nothing was stored, but where it is an {@link dev.interlock.protocol.error.UnsettledException}. */
    Outcome run(ReadableByteChannel in) throws IOException, InterruptedException {
        try {
            // Steps 1 to 3 go out together: what arrives before its order waits for it there.
            Orders orders = steps.sendOrders();
            Map<NodeCard, InterlockException> absent = options.allowDegraded() > 0 ? unreachable(orders) : Map.of();
            return absent.isEmpty() ? write(in, orders) : new Absent(absent);
        } catch (IOException | RuntimeException e) {
            // What was certified may count: then nothing is given up, the user key neither.
            if (options.userKey().isPresent() && !plan.session().isCertified()) {
                options.userKey().get().discard();
            }
            throw e;
        }
    }

    private Outcome write(ReadableByteChannel in, Orders orders) throws IOException, InterruptedException {
        // Step 2.  U →p every dealer: deal to w.
        Dealings deal = steps.askDealers();
        orders.whenRefused(deal::fail);
        // Closed last: what a dealer answered tells why the rest failed.
        try {
            // Step 3.  U →p CC_1: P ⊕ ΣB_i.  Step 4 runs by itself.
            PadStream.Sent sent = new PadStream(client, plan, check, options, progress).send(in, route, orders, deal);
            Dealt dealt = steps.dealt(deal, client.deadlines().settle());
            sent.userShare().ifPresent(share -> share.check(dealt));
            // Step 5.  U →p every CC_i: u_m; each signs.
            Token token = token(sent.manifest(), dealt);
            if (plan.scheme().sealed()) {
                sent.complete();
                new SealedShares(client, plan, route).await();
            }
            SignatureChain chain = check.sign(steps, token, sent.manifest(), sent::check);
            // Step 6.  The signatures, the check of what is stored, the certificate.
            Optional<IntegrityException> changed = check.verify(steps, token, chain);
            if (changed.isPresent()) {
                steps.abandon();
                return new Changed(changed.get());
            }
            if (options.userKey().isPresent()) {
                // Before the object exists: no crash may leave it without its key.
                options.userKey().get().publish();
            }
            steps.commit(token, chain);
            return new Stored(token);
        } catch (InterlockException e) {
            throw plan.session().isCertified() ? e : telling(e, orders, deal);
        } catch (IOException | RuntimeException e) {
            if (!plan.session().isCertified()) {
                // An order that comes after the end of its session would begin it anew.
                var _ = orders.refusals();
                steps.abandon();
            }
            throw e;
        } finally {
            deal.close();
        }
    }

    private Token token(byte[] manifest, Dealt dealt) {
        return Write.token(
                plan,
                MerkleRoot.over(manifest),
                dealt,
                plan.making().missing().stream()
                        .map(x -> client.claim(ring.provider(x), plan.id()))
                        .toList(),
                plan.before().map(Token::createdMillis).orElseGet(client.clock()::millis));
    }

    /** Who can't be reached and may be missing: known before any of the input is gone. */
    private Map<NodeCard, InterlockException> unreachable(Orders orders) throws InterruptedException {
        Map<NodeCard, InterlockException> refusals = orders.refusals();
        if (!refusals.isEmpty()) {
            steps.abandon();
        }
        for (InterlockException error : refusals.values()) {
            if (!(error instanceof NodeException)) {
                throw error;
            }
        }
        return refusals;
    }

    /** Gives the session up. What failed first is why the rest did, though the rest may say so first: an order, the dealing, the pass. */
    private InterlockException telling(InterlockException e, Orders orders, Dealings deal) throws InterruptedException {
        Map<NodeCard, InterlockException> refusals = orders.refusals();
        if (e instanceof BadInputException || !refusals.isEmpty()) {
            steps.abandon();
            // Our input isn't what was announced: others fail because we broke off.
            return e instanceof BadInputException ? e : notOrdered(refusals);
        }
        InterlockException first = e;
        // Where it deals to us, too, the dealer fails because we left.
        if (!plan.scheme().dealtToUser()) {
            try {
                deal.check();
            } catch (InterlockException dealing) {
                first = dealing;
            }
        }
        InterlockException telling = steps.abandon(first, Optional.of(deal));
        // A provider may be there and fail as a dealer.
        return deal.isOwn(telling) ? telling : tooFew(telling);
    }

    private InterlockException notOrdered(Map<NodeCard, InterlockException> refusals) {
        return refusals.values().stream()
                .filter(error -> !(error instanceof NodeException))
                .findFirst()
                .orElseGet(() -> tooFew(ring, options, route.size() - refusals.size(), refusals));
    }

    private InterlockException tooFew(InterlockException e) {
        if (e instanceof NodeException failed && ring.provider(failed.node()).isPresent()) {
            return new TooFewProvidersException(
                    "a put", route.size(), route.size() - 1, Map.of(failed.node(), failed.explanation()));
        }
        return e;
    }

    /** How many providers a put needs. */
    static int needed(RingDescriptor ring, PutOptions options) {
        int n = ring.threshold().n();
        return Math.max(options.scheme().writers(ring.threshold()), n - options.allowDegraded());
    }

    static TooFewProvidersException tooFew(
            RingDescriptor ring, PutOptions options, int available, Map<NodeCard, InterlockException> absent) {
        Map<String, String> why = new LinkedHashMap<>();
        absent.forEach((node, error) -> why.put(node.name(), error.explanation()));
        return new TooFewProvidersException(
                options.allowDegraded() == 0 ? "a put" : "a put without " + options.allowDegraded() + " of them",
                needed(ring, options),
                available,
                why);
    }
}
