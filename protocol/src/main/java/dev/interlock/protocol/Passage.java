package dev.interlock.protocol;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.field.ReferenceKernel;
import dev.interlock.core.sharing.Hop;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.StatementHash;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The attested write, with which a put is repeated whose stream was changed on its way. Each station signs, behind its
 * stream, for what it hands on, and takes nothing that isn't so signed; it keeps what it received until the write ends. If
 * the check fails again, each shows U what it received, under the signature of the one before. U knows, by H_ρ's linearity,
 * what every station must hand on; so the first that signed for something else turned a right input into a wrong output.
 */
public final class Passage {
    private Passage() {}

    /** The stations of the object's stream. But for a small put's, all except the last hand on to the next. */
    public static List<Station> stations(Write.Plan plan) {
        Route route = plan.checkedByValue()
                ? Route.writeSmall(plan.path(), plan.homes())
                : Route.write(plan.path(), plan.homes());
        return route.stations();
    }

    /** The homes as the object's stream comes to them. */
    public static List<ShareIndex> homes(Write.Plan plan) {
        return stations(plan).stream()
                .filter(Station::stored)
                .map(Station::provider)
                .toList();
    }

    /** For people: who may have changed a ciphertext where all shares are right. It went wrong on its way, or at its home. */
    public static String changed(Write.Plan plan, List<ShareIndex> wrong) {
        List<ShareIndex> homes = homes(plan);
        int first = homes.indexOf(wrong.getFirst());
        boolean byHops = plan.checkedByValue() ? wrong.size() == homes.size() : first == 0;
        String who = byHops
                ? "one of the hops (" + names(plan, plan.path()) + ")"
                : plan.checkedByValue()
                        ? names(plan, wrong) + ", or "
                                + names(plan, List.of(plan.path().getLast())) + " which sent it to the homes,"
                        : names(plan, homes.subList(first, first + 1)) + ", or "
                                + names(plan, homes.subList(first - 1, first)) + " which passed it on,";
        return "all shares are right, and the ciphertext at " + names(plan, wrong) + " isn't: " + who + " changed it";
    }

    private static String names(Write.Plan plan, List<ShareIndex> xs) {
        return xs.stream().map(x -> plan.ring().provider(x).name()).collect(Collectors.joining(", "));
    }

    /** Whether a station of this session signs for what it hands on to its neighbour. */
    public static boolean signs(Session session, Station station) {
        return session.isAttested() && station.sealed().isEmpty() && station.sink() instanceof Station.Neighbour;
    }

    /** Whether what a station of this session receives is signed by its neighbour. */
    public static boolean isSigned(Session session, Station station) {
        return session.isAttested() && station.sealed().isEmpty() && station.source() instanceof Station.Neighbour;
    }

    /** A home hands on what it stores, and its word about either is the same. */
    private static Part part(Station by) {
        return by.stored() ? Part.CIPHERTEXT : Part.PASSED;
    }

    /** The signature behind a stream. */
    public static byte[] sign(SigningKey key, RingDescriptor ring, StatementHash w, Station by, byte[] root) {
        return Holding.sign(key, ring.id(), w, part(by), by.provider(), Holding.WHOLE, root)
                .signature();
    }

    /** @throws BadSignatureException unless this station's provider signed for handing on a stream with this root */
    public static void verify(RingDescriptor ring, StatementHash w, Station by, byte[] root, byte[] signature) {
        new Holding(ring.id(), w, part(by), by.provider(), Holding.WHOLE, root, signature)
                .verify(ring.provider(by.provider()).card().key());
    }

    /**
     * H_ρ of what each station must hand on, or keep: back from the last hop, H(in) = H(out) ⊕ λ_i·H(f(x_i)) ⊕ H(B_i).
     *
     * @param ciphertext H_ρ of the right one
     * @param shares H_ρ(f(x_i)) of all providers
     * @param blinds H_ρ(B_i) of all providers; empty in the published profile
     */
    public static List<byte[]> expected(
            Write.Plan plan, byte[] ciphertext, Map<ShareIndex, byte[]> shares, Map<ShareIndex, MemorySegment> blinds) {
        ByteSpace space = new ByteSpace(new ReferenceKernel());
        List<ShareIndex> points = plan.scheme().writePoints(plan.path());
        List<byte[]> hashes = new ArrayList<>();
        MemorySegment hash = MemorySegment.ofArray(ciphertext.clone());
        for (Station station : stations(plan).reversed()) {
            hashes.add(hash.toArray(JAVA_BYTE));
            ShareIndex x = station.provider();
            byte[] share = shares.get(x);
            if (station.layered() && share != null) {
                Hop.apply(
                        space,
                        hash,
                        Lagrange.coefficient(0, x, points),
                        MemorySegment.ofArray(share),
                        flow -> space.add(
                                flow, blinds.getOrDefault(x, MemorySegment.ofArray(new byte[LinearHash.BYTES]))));
            }
        }
        return hashes.reversed();
    }
}
