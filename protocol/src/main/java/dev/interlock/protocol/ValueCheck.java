package dev.interlock.protocol;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.IntegrityException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The check of SPEC §8 of a small put, by value: every provider answers with what it stored along with its participation, so
 * that U, which has P, needs no hash of it and no further question. What {@link WriteCheck} finds this finds, and tells at once who
 * it was.
 */
public final class ValueCheck implements AutoCloseable {
    private final Write.Plan plan;
    private final FieldKernel kernel;
    private final int t;
    private final SecretBytes sent;
    private long sentBytes;

    /**
     * What a provider says that it stored.
     *
     * @param share behind its salt
     * @param ciphertext of a home, else of no length
     */
    public record Stored(MemorySegment share, MemorySegment ciphertext) {
        MemorySegment part(Part part) {
            return part == Part.SHARE ? share : ciphertext;
        }

        private MemorySegment value() {
            return share.asSlice(Leaves.SALT_BYTES);
        }

        private MemorySegment salt() {
            return share.asSlice(0, Leaves.SALT_BYTES);
        }
    }

    /** A part that isn't what its provider signed for. */
    public record Unbound(ShareIndex x, Part part) {}

    /** @param kernel computes on what was stored */
    public ValueCheck(Write.Plan plan, FieldKernel kernel) {
        this.plan = plan;
        this.kernel = kernel;
        this.t = plan.ring().threshold().t();
        this.sent = SecretBytes.allocate(plan.layout().padTotal());
    }

    /** U: the next piece of P ⊕ b_U (b_U is nothing but in protocol 2), before the blinds go on. */
    public void sending(MemorySegment piece) {
        sent.segment().asSlice(sentBytes, piece.byteSize()).copyFrom(piece);
        sentBytes += piece.byteSize();
    }

    /**
     * Those that didn't store what they signed for: a share under its root in u_m, at a home a ciphertext under the root of its
     * participation.
     *
     * @param chain of all of the path, whose signatures hold; homes may have signed for different ciphertexts
     * @param stored of all of the path
     */
    public List<Unbound> unbound(SignatureChain chain, Map<ShareIndex, Stored> stored) {
        Token u = Token.decode(chain.token());
        List<Unbound> unbound = new ArrayList<>();
        for (int place = 0; place < plan.path().size(); place++) {
            ShareIndex x = plan.path().get(place);
            Participation signed = chain.participations().get(place);
            for (Part part : SmallRead.partsOf(u, x)) {
                byte[] root = part == Part.SHARE
                        ? u.dealt().rootOf(x).root()
                        : signed.ciphertextRoot().orElseThrow();
                MemorySegment bytes = stored(stored, x).part(part);
                if (!SmallRead.isUnder(root, u, part, x, bytes)) {
                    unbound.add(new Unbound(x, part));
                }
            }
        }
        return unbound;
    }

    /** That these are at fault. */
    public IntegrityException found(List<Unbound> unbound) {
        List<String> names =
                unbound.stream().map(each -> name(each.x())).distinct().toList();
        return WriteCheck.failed(
                plan,
                String.join(
                        ", ",
                        unbound.stream()
                                .map(each -> name(each.x()) + " stored another "
                                        + each.part().text() + " than the one that it signed for")
                                .toList()),
                names);
    }

    /**
     * Whether what was stored, each part being what its provider signed for, opens to what was sent.
     *
     * @return what was found where the ciphertext was changed on its way, by nobody who can be named
     * @throws IntegrityException where the shares or salts aren't on one polynomial; names the dealer, unless they are sums
     */
    public Optional<IntegrityException> verify(Map<ShareIndex, Stored> stored) {
        requireOnePolynomial("shares", each(stored, Stored::value));
        // Or no repair could bring a share back that its root knows.
        requireOnePolynomial("salts", each(stored, Stored::salt));
        Map<ShareIndex, MemorySegment> shares = each(stored, Stored::value);
        List<ShareIndex> wrong = Passage.homes(plan).stream()
                .filter(home -> !opens(shares, stored(stored, home).ciphertext()))
                .toList();
        return wrong.isEmpty()
                ? Optional.empty()
                : Optional.of(WriteCheck.failed(plan, Passage.changed(plan, wrong), List.of()));
    }

    private void requireOnePolynomial(String what, Map<ShareIndex, MemorySegment> values) {
        if (OnePolynomial.holds(kernel, t, values)) {
            return;
        }
        throw plan.summed()
                ? WriteCheck.failed(
                        plan,
                        "the " + what + " don't lie on one polynomial"
                                + WriteCheck.suspects(plan, OnePolynomial.odd(kernel, t, values)),
                        List.of())
                : WriteCheck.failed(
                        plan,
                        plan.dealers().getFirst() + " dealt " + what + " that don't lie on one polynomial",
                        plan.dealers());
    }

    /** c = P ⊕ b_U ⊕ a_0. */
    private boolean opens(Map<ShareIndex, MemorySegment> shares, MemorySegment ciphertext) {
        try (SecretBytes pad = SecretBytes.copyOf(ciphertext)) {
            kernel.addScaled(pad.segment(), pad.segment(), 1, sent.segment());
            return OnePolynomial.isAt(kernel, 0, t, shares, pad.segment());
        }
    }

    private Map<ShareIndex, MemorySegment> each(Map<ShareIndex, Stored> stored, Function<Stored, MemorySegment> part) {
        Map<ShareIndex, MemorySegment> each = new LinkedHashMap<>();
        plan.path().forEach(x -> each.put(x, part.apply(stored(stored, x))));
        return each;
    }

    private static Stored stored(Map<ShareIndex, Stored> stored, ShareIndex x) {
        Stored there = stored.get(x);
        if (there == null) {
            throw new IllegalArgumentException("nothing was answered for x = " + x.x());
        }
        return there;
    }

    private String name(ShareIndex x) {
        return plan.ring().provider(x).name();
    }

    @Override
    public void close() {
        sent.close();
    }
}
