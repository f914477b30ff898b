package dev.interlock.client;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.protocol.Direct;
import dev.interlock.protocol.Evidence;
import dev.interlock.protocol.Passage;
import dev.interlock.protocol.ShareHash;
import dev.interlock.protocol.Station;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.WriteCheck;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.InterlockException;
import dev.interlock.protocol.message.CheckAnswer;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds who is at fault when a put's check failed (SPEC §8). The object is given up, so U may see all of it: every share,
 * held against the root that its dealer or, of a sum, its provider signed, and every home's ciphertext, held against what the home signed. What comes is
 * hashed with H_ρ again, and these hashes nobody can deny.
 */
final class Inquest {
    private static final int PIECE_BYTES = 64 << 10;

    private final RingClient client;
    private final RingDescriptor ring;
    private final Write.Plan plan;
    private final WriteCheck check;
    private final Map<ShareIndex, CheckAnswer> answers;
    private final SignatureChain chain;
    private final List<LinearHash> blindHashes;
    private boolean changedOnTheWay;

    /**
     * @param check after it was revealed
     * @param chain complete and checked: all homes signed for one ciphertext
     * @param answers of all providers
     * @param blindHashes fed with every full B_i of an attested write, in the path's order; or none
     */
    Inquest(
            RingClient client,
            Write.Plan plan,
            WriteCheck check,
            SignatureChain chain,
            Map<ShareIndex, CheckAnswer> answers,
            List<LinearHash> blindHashes) {
        this.blindHashes = blindHashes;
        this.client = client;
        this.ring = client.ring();
        this.plan = plan;
        this.check = check;
        this.answers = answers;
        this.chain = chain;
    }

    /**
     * What is known in the end: with culprits where they can be named, without where they can't.
     *
     * @param why what the check said
     */
    IntegrityException verdict(IntegrityException why) throws InterruptedException {
        try {
            Map<ShareIndex, ShareHash.Digest> stored = beside(plan.path(), this::shareHash);
            Map<ShareIndex, byte[]> ciphertexts = beside(Passage.homes(plan), this::ciphertextHash);
            Map<ShareIndex, byte[]> shares = new LinkedHashMap<>();
            Map<ShareIndex, byte[]> salts = new LinkedHashMap<>();
            stored.forEach((x, digest) -> {
                shares.put(x, digest.share());
                salts.put(x, digest.salts());
            });
            List<String> liars = Stream.concat(
                            stored.entrySet().stream()
                                    .filter(each -> !same(each.getValue(), answer(each.getKey())))
                                    .map(Map.Entry::getKey),
                            ciphertexts.entrySet().stream()
                                    .filter(each -> !same(
                                            each.getValue(),
                                            answer(each.getKey()).ciphertext()))
                                    .map(Map.Entry::getKey))
                    .map(this::name)
                    .distinct()
                    .toList();
            if (!liars.isEmpty()) {
                return found(String.join(", ", liars) + " answered for other bytes than those that it holds", liars);
            }
            // Each is what the dealer signed for; a sum, what its provider did.
            int t = ring.threshold().t();
            if (!WriteCheck.onOnePolynomial(t, shares)) {
                return offPolynomial("shares", shares);
            }
            if (!WriteCheck.onOnePolynomial(t, salts)) {
                return offPolynomial("salts", salts);
            }
            List<ShareIndex> wrong = ciphertexts.entrySet().stream()
                    .filter(each -> !check.opens(plan, shares, each.getValue()))
                    .map(Map.Entry::getKey)
                    .toList();
            if (wrong.isEmpty()) {
                return why;
            }
            changedOnTheWay = true;
            return plan.attested() ? passed(wrong, shares) : found(Passage.changed(plan, wrong), List.of());
        } catch (PartStream.LieException lie) {
            client.accuse(lie.evidence());
            Evidence.Finding finding = lie.evidence().verify(ring);
            return found(finding.what(), List.of(finding.liar().name()));
        } catch (InterlockException e) {
            // It couldn't be brought to its end: what the check said stands.
            return why;
        }
    }

    /** What is wrong is under signatures: the dealer's, or where no dealer knows the shares, their providers', who may all be right. */
    private IntegrityException offPolynomial(String what, Map<ShareIndex, byte[]> hashes) {
        return plan.summed()
                ? found("the " + what + " don't lie on one polynomial" + WriteCheck.suspects(plan, hashes), List.of())
                : found(
                        plan.dealers().getFirst() + " dealt " + what + " that don't lie on one polynomial",
                        plan.dealers());
    }

    /** H_ρ of a part of an object, read from its provider. */
    private interface Hashing<T> {
        T of(ShareIndex x) throws InterruptedException;
    }

    private <T> Map<ShareIndex, T> beside(List<ShareIndex> of, Hashing<T> hashing) throws InterruptedException {
        Map<ShareIndex, Future<T>> asked = new LinkedHashMap<>();
        of.forEach(x -> asked.put(x, client.beside(() -> hashing.of(x))));
        Map<ShareIndex, T> hashes = new LinkedHashMap<>();
        for (Map.Entry<ShareIndex, Future<T>> each : asked.entrySet()) {
            try {
                hashes.put(each.getKey(), each.getValue().get());
            } catch (ExecutionException e) {
                throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
            }
        }
        return hashes;
    }

    private ShareHash.Digest shareHash(ShareIndex x) throws InterruptedException {
        try (ShareHash hash = new ShareHash(check.reveal())) {
            read(Part.SHARE, x, hash::update);
            return hash.digest();
        }
    }

    private byte[] ciphertextHash(ShareIndex x) throws InterruptedException {
        try (LinearHash hash = new LinearHash(check.reveal())) {
            read(Part.CIPHERTEXT, x, hash::update);
            return hash.digest();
        }
    }

    /** Every chunk of a part, each being what its provider is bound to. */
    private void read(Part part, ShareIndex x, Consumer<MemorySegment> each) throws InterruptedException {
        Provider provider = ring.provider(x);
        Direct.Promise promise = Direct.promise(chain, part, x);
        PartStream.What what = PartStream.What.ofSession(plan, part);
        try (PartStream stream = PartStream.open(client, what, provider, promise, 0)) {
            for (int k = 0; k < plan.layout().count(); k++) {
                each.accept(stream.chunk());
            }
        }
    }

    /** Whether all shares are right and a ciphertext isn't: an attested write would tell who changed it. */
    boolean changedOnTheWay() {
        return changedOnTheWay;
    }

    /** The same in an attested write: from the first hop on, until someone handed on what it shouldn't have. */
    private IntegrityException passed(List<ShareIndex> wrong, Map<ShareIndex, byte[]> shares)
            throws InterruptedException {
        List<Station> stations = Passage.stations(plan);
        List<byte[]> expected = Passage.expected(plan, check.ciphertext(plan, shares), shares, blindHashes());
        for (int place = 0; place < stations.size() - 1; place++) {
            Station by = stations.get(place);
            Station next = stations.get(place + 1);
            try {
                if (!same(ReceivedStream.hash(client, plan, check, by, next), expected.get(place))) {
                    // What it received itself was right, as it showed under the signature of the one before.
                    return found(
                            name(by.provider()) + " received what it should have, and handed on something else, for"
                                    + " which it signed",
                            List.of(name(by.provider())));
                }
            } catch (ReceivedStream.UnsignedException e) {
                return found(
                        name(next.provider()) + " took from " + name(by.provider())
                                + " what it doesn't show under that one's signature",
                        List.of(name(next.provider())));
            } catch (InterlockException e) {
                return found(
                        Passage.changed(plan, wrong) + "; "
                                + names(plan.path()
                                        .subList(0, Math.min(place, plan.path().size())))
                                + " did not, and " + name(next.provider()) + " doesn't show what it received: "
                                + e.explanation(),
                        List.of());
            }
        }
        String home = name(wrong.getFirst());
        return found(home + " keeps another ciphertext than the one that it received", List.of(home));
    }

    /** H_ρ(B_i) of every hop. */
    private Map<ShareIndex, MemorySegment> blindHashes() {
        Map<ShareIndex, MemorySegment> hashes = new LinkedHashMap<>();
        for (int i = 0; i < blindHashes.size(); i++) {
            hashes.put(
                    plan.path().get(i), MemorySegment.ofArray(blindHashes.get(i).digest()));
        }
        plan.blindSeeds().forEach((x, seed) -> hashes.put(x, MemorySegment.ofArray(expanded(seed))));
        return hashes;
    }

    private byte[] expanded(SecretBytes seed) {
        try (LinearHash hash = check.hash();
                Blind<MemorySegment> blind = Blind.expanded(seed);
                SecretBytes buffer = SecretBytes.allocate(PIECE_BYTES)) {
            long part;
            for (long left = plan.layout().padTotal(); left > 0; left -= part) {
                part = Math.min(left, PIECE_BYTES);
                MemorySegment piece = buffer.segment().asSlice(0, part).fill((byte) 0);
                blind.addTo(piece);
                hash.update(piece);
            }
            return hash.digest();
        }
    }

    private CheckAnswer answer(ShareIndex x) {
        CheckAnswer answer = answers.get(x);
        return answer == null ? new CheckAnswer(new byte[0], new byte[0], null, null) : answer;
    }

    private static boolean same(ShareHash.Digest hash, CheckAnswer said) {
        return same(hash.share(), said.share()) && same(hash.salts(), said.salts());
    }

    private static boolean same(byte[] hash, byte @Nullable [] said) {
        return said != null && MessageDigest.isEqual(hash, said);
    }

    private String names(List<ShareIndex> xs) {
        return xs.stream().map(this::name).collect(Collectors.joining(", "));
    }

    private String name(ShareIndex x) {
        return ring.provider(x).name();
    }

    private IntegrityException found(String what, List<String> culprits) {
        return new IntegrityException(
                "the put of " + plan.object() + " failed its check: " + what + ". Nothing was stored", culprits);
    }
}
