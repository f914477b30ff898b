package dev.interlock.protocol;

import static dev.interlock.protocol.MemoryRing.xs;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.commitment.MerkleRoot;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.ChunkLayout;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.message.ChainMessage;
import dev.interlock.protocol.message.DealRequest;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each party's checks in a write of two chunks, through CC_2, CC_1, CC_3. */
final class WriteTest {
    private static final MemoryRing MEMORY = new MemoryRing(3, 2, 21);
    private static final ShareIndex X2 = new ShareIndex(2);
    private static final long LENGTH = ChunkLayout.CHUNK_BYTES + 5;

    private static final Write.Plan PLAN = MEMORY.plan(LENGTH, xs(2, 1, 3));
    /** CC_2's, the first of the path. */
    private static final Session SESSION = Session.accept(MEMORY.ring, X2, Write.order(PLAN, X2));

    private static final byte[] MANIFEST = MEMORY.random.bytes(64);
    private static final Dealt DEALT = dealt("dealer1", PLAN.path());
    private static final Token U_M = Write.token(PLAN, rootOf(MANIFEST), DEALT, List.of(), MemoryRing.NOW_MILLIS);

    private static Dealt dealt(String dealer, List<ShareIndex> path) {
        return new Dealt(dealer, path.stream().map(WriteTest::rootFor).toList());
    }

    private static ShareRoot rootFor(ShareIndex x) {
        return shareRoot(MEMORY.ring.id(), MEMORY.ring.epoch(), PLAN.object(), x, LENGTH);
    }

    /** What CC_x's share has for a root: that of two leaves full of x. */
    private static ShareRoot shareRoot(RingId ring, int epoch, ObjectId object, ShareIndex x, long length) {
        return ShareRoot.sign(
                MEMORY.dealer.key, ring, epoch, object, x, length, shareTree(x).root());
    }

    private static MerkleRoot shareTree(ShareIndex x) {
        byte[] leaf = new byte[32];
        Arrays.fill(leaf, (byte) x.x());
        return new MerkleRoot().add(leaf).add(leaf);
    }

    private static byte[] rootOf(byte[] manifest) {
        return new MerkleRoot()
                .add(Write.leaf(manifest, 0))
                .add(Write.leaf(manifest, 1))
                .root();
    }

    // ------------------------------------------------------------------------------------------------------ the plan

    @Test
    void aPlanHasASeedForEveryProviderUntilItIsClosed() {
        Write.Plan plan = MEMORY.plan(1, xs(1, 2, 3));
        List<SecretBytes> seeds = List.copyOf(plan.blindSeeds().values());
        List<byte[]> values = seeds.stream().map(SecretBytes::copyToHeap).toList();
        assertThat(values)
                .hasSize(3)
                .doesNotHaveDuplicates()
                .allSatisfy(seed -> assertThat(seed).hasSize(Session.BLIND_SEED_BYTES));
        plan.close();
        assertThat(seeds)
                .allSatisfy(seed -> assertThatThrownBy(seed::copyToHeap).isInstanceOf(IllegalStateException.class));
    }

    @Test
    void noTwoPlansShareASessionOrASeed() {
        Write.Plan one = MEMORY.plan(1, xs(1, 2, 3));
        Write.Plan two = MEMORY.plan(1, xs(1, 2, 3));
        assertThat(one.session()).isNotEqualTo(two.session());
        assertThat(Stream.concat(one.blindSeeds().values().stream(), two.blindSeeds().values().stream())
                        .map(SecretBytes::copyToHeap))
                .hasSize(6)
                .doesNotHaveDuplicates();
    }

    @Test
    void aPlanOfFullBlindsOrOfNoneHasNoSeeds() {
        for (Blinding blinding : List.of(Blinding.FULL, Blinding.NONE)) {
            try (Write.Plan plan = plan(Scheme.DEFAULT, Optional.empty(), blinding)) {
                assertThat(plan.blindSeeds()).isEmpty();
                for (ShareIndex x : plan.path()) {
                    assertThat(Write.order(plan, x).blinds()).isEqualTo(blinding.text());
                    assertThat(Write.order(plan, x).blind()).isEmpty();
                }
            }
        }
    }

    @Test
    void anOrderNamesTheUsersPublicKeyInProtocol1() {
        try (OpeningKey key = OpeningKey.generate(Kem.XWING, MEMORY.random);
                Write.Plan plan =
                        plan(new Scheme(1, Profile.BLINDED), Optional.of(key.recipient()), Blinding.EXPANDED)) {
            Order order = Write.order(plan, X2);
            assertThat(order.protocol()).isEqualTo(1);
            assertThat(order.recipient()).isEqualTo(key.recipient().toString()).startsWith("xwing:");
            try (Session session = Session.accept(MEMORY.ring, X2, order)) {
                assertThat(session.recipient()).contains(key.recipient());
            }
        }
        assertThat(Write.order(PLAN, X2).recipient()).isNull();
    }

    /** λ(x_U) of the paper's n+1 points; nobody else has one to give. */
    @Test
    void theUsersLambdaIsThatOfItsPointInTheDealing() {
        try (Write.Plan plan = plan(new Scheme(3, Profile.PUBLISHED), Optional.empty(), Blinding.NONE)) {
            assertThat(plan.homes()).isEqualTo(xs(2));
            assertThat(plan.userLambda()).isEqualTo(Lagrange.coefficient(0, 4, new int[] {1, 2, 3, 4}));
        }
        assertThatThrownBy(PLAN::userLambda)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("protocol 3, blinded deals the user no share");
    }

    private static Write.Plan plan(Scheme scheme, Optional<RecipientKey> recipient, Blinding blinding) {
        return Write.plan(
                MEMORY.ring, scheme, PLAN.object(), MEMORY.owner, 1, xs(2, 1, 3), recipient, blinding, MEMORY.random);
    }

    // --------------------------------------------------------------------------------------------------- the dealing

    @Test
    void aDealRequestIsAcceptedAsItWasAsked() {
        Write.Deal deal = Write.acceptDeal(MEMORY.ring, Write.dealRequest(PLAN));
        assertThat(deal.object()).isEqualTo(PLAN.object());
        assertThat(deal.session()).isEqualTo(PLAN.session());
        assertThat(deal.path()).isEqualTo(PLAN.path());
        assertThat(deal.layout()).isEqualTo(PLAN.layout());
        assertThat(deal.user()).isEmpty();
        assertThat(deal.points()).isEqualTo(PLAN.path());
    }

    @Test
    void theUserHasAPointInTheDealingOfThePublishedProtocols2And3() {
        RingDescriptor study = new MemoryRing(3, 2, 22, Set.of(Profile.PUBLISHED)).ring;
        DealRequest good = Write.dealRequest(PLAN);
        for (int protocol = 1; protocol <= 3; protocol++) {
            DealRequest request = new DealRequest(
                    protocol, "published", good.object(), good.session(), good.path(), good.length(), false);
            Write.Deal deal = Write.acceptDeal(study, request);
            assertThat(deal.path()).isEqualTo(PLAN.path());
            assertThat(deal.points()).isEqualTo(protocol == 1 ? xs(2, 1, 3) : xs(2, 1, 3, 4));
            assertThat(deal.user().isPresent()).isEqualTo(protocol != 1);
        }
    }

    static Stream<Arguments> badDealings() {
        DealRequest good = Write.dealRequest(PLAN);
        return Stream.of(
                dealing("is for all 3 providers, each once", good, List.of(2, 1), LENGTH),
                dealing("is for all 3 providers, each once", good, List.of(), LENGTH),
                dealing("is for all 3 providers, each once", good, List.of(2, 1, 1), LENGTH),
                dealing("is for all 3 providers, each once", good, List.of(2, 1, 3, 3), LENGTH),
                dealing("has no provider with x = 4", good, List.of(2, 1, 4), LENGTH),
                dealing("has no provider with x = 0", good, List.of(2, 1, 0), LENGTH),
                dealing("has no provider with x = 255", good, List.of(2, 1, 255), LENGTH),
                dealing("the length -1 is outside", good, List.of(2, 1, 3), -1),
                dealing("is outside 0..", good, List.of(2, 1, 3), ChunkLayout.MAX_LENGTH + 1),
                Arguments.of(
                        "is no object id",
                        new DealRequest(3, "blinded", "x", good.session(), good.path(), LENGTH, false)),
                scheme("protocol 0 is none of 1, 2, 3", good, 0, "blinded"),
                scheme("protocol 4 is none of 1, 2, 3", good, 4, "blinded"),
                scheme("\"published\" or \"blinded\"", good, 3, "plain"),
                scheme("the ring memory doesn't allow the profile published", good, 3, "published"),
                Arguments.of(
                        "is no session id",
                        new DealRequest(3, "blinded", good.object(), "x", good.path(), LENGTH, false)));
    }

    private static Arguments dealing(String rule, DealRequest good, List<Integer> path, long length) {
        return Arguments.of(rule, new DealRequest(3, "blinded", good.object(), good.session(), path, length, false));
    }

    private static Arguments scheme(String rule, DealRequest good, int protocol, String profile) {
        DealRequest request =
                new DealRequest(protocol, profile, good.object(), good.session(), good.path(), good.length(), false);
        return Arguments.of(rule, request);
    }

    @ParameterizedTest
    @MethodSource("badDealings")
    void aDealRequestThatBreaksARuleIsRefusedByItsName(String rule, DealRequest request) {
        assertThatThrownBy(() -> Write.acceptDeal(MEMORY.ring, request))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining(rule);
    }

    // ---------------------------------------------------------------------------------------------------- the share

    @Test
    void aShareUnderItsRootIsAccepted() {
        Write.checkShare(MEMORY.ring, SESSION, shareTree(X2), "dealer1", rootFor(X2));
    }

    @Test
    void aRootThatTheDealerSignedForSomethingElseIsRefused() {
        RingId ring = MEMORY.ring.id();
        ObjectId object = PLAN.object();
        ObjectId otherObject = new ObjectId(1, 2);
        RingId otherRing = new RingId(1, 2);
        refusesShare(shareTree(X2), shareRoot(otherRing, 1, object, X2, LENGTH), "didn't sign for this object");
        refusesShare(shareTree(X2), shareRoot(ring, 2, object, X2, LENGTH), "didn't sign for this object");
        refusesShare(shareTree(X2), shareRoot(ring, 1, otherObject, X2, LENGTH), "didn't sign for this object");
        refusesShare(shareTree(X2), shareRoot(ring, 1, object, X2, LENGTH - 1), "didn't sign for this object");
        ShareIndex x3 = new ShareIndex(3);
        refusesShare(shareTree(x3), shareRoot(ring, 1, object, x3, LENGTH), "isn't the one that its root commits to");
    }

    @Test
    void aShareWithAChunkTooFewOrTooManyIsRefused() {
        byte[] leaf = new byte[32];
        refusesShare(new MerkleRoot(), rootFor(X2), "isn't the one that its root commits to");
        refusesShare(new MerkleRoot().add(leaf), rootFor(X2), "isn't the one that its root commits to");
        refusesShare(shareTree(X2).add(leaf), rootFor(X2), "isn't the one that its root commits to");
        // Even where the dealer signed that.
        MerkleRoot three = shareTree(X2).add(leaf);
        ShareRoot signed =
                ShareRoot.sign(MEMORY.dealer.key, MEMORY.ring.id(), 1, PLAN.object(), X2, LENGTH, three.root());
        refusesShare(three, signed, "isn't the one that its root commits to");
    }

    private static void refusesShare(MerkleRoot received, ShareRoot claimed, String rule) {
        assertThatThrownBy(() -> Write.checkShare(MEMORY.ring, SESSION, received, "dealer1", claimed))
                .isInstanceOfSatisfying(
                        IntegrityException.class, e -> assertThat(e.culprits()).containsExactly("dealer1"))
                .hasMessageContaining(rule);
    }

    @Test
    void onlyADealerOfTheRingDeals() {
        assertThatThrownBy(() -> Write.checkShare(MEMORY.ring, SESSION, shareTree(X2), "cc1", rootFor(X2)))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the ring memory has no dealer cc1");
    }

    // ----------------------------------------------------------------------------------------------------- the chain

    private static SignatureChain sign(byte[] token, byte[] manifest) {
        ChainMessage message = new ChainMessage(SignatureChain.start(token), manifest);
        return Write.sign(MEMORY.ring, SESSION, rootFor(X2), message, MEMORY.cc(X2).key);
    }

    @Test
    void theTokenOfTheSessionIsSigned() {
        SignatureChain signed = sign(U_M.encode(), MANIFEST);
        assertThat(signed.signatures()).hasSize(1);
        signed.verify(MEMORY.ring.keys());
    }

    /** A token that a test spoils in one place. */
    private static final class Draft {
        ObjectId object = U_M.object();
        RingId ring = U_M.ring();
        int epoch = U_M.epoch();
        Scheme scheme = U_M.scheme();
        Threshold threshold = U_M.threshold();
        List<ShareIndex> providers = U_M.providers();
        int homes = 2;
        long length = U_M.length();
        byte[] commitment = U_M.commitment();
        Dealt dealt = U_M.dealt();

        Token token() {
            return new Token(
                    object,
                    object,
                    1,
                    ring,
                    epoch,
                    scheme,
                    U_M.owner(),
                    threshold,
                    providers,
                    providers.subList(0, homes),
                    List.of(),
                    length,
                    commitment,
                    dealt,
                    U_M.createdMillis());
        }
    }

    private interface Fault {
        void in(Draft draft);
    }

    private static Arguments foreign(String what, Fault fault) {
        return spoiled(what, "the token isn't that of this session's object", fault);
    }

    private static Arguments spoiled(String what, String rule, Fault fault) {
        Draft draft = new Draft();
        fault.in(draft);
        return Arguments.of(what, rule, draft.token());
    }

    static Stream<Arguments> foreignTokens() {
        return Stream.of(
                foreign("another object", d -> d.object = new ObjectId(1, 2)),
                foreign("another ring", d -> d.ring = new RingId(1, 2)),
                foreign("another epoch", d -> d.epoch = 2),
                foreign("protocol 2", d -> d.scheme = new Scheme(2, Profile.BLINDED)),
                foreign("the published profile", d -> d.scheme = new Scheme(3, Profile.PUBLISHED)),
                foreign("another threshold", d -> d.threshold = new Threshold(3, 3)),
                foreign("providers in another order", d -> {
                    d.providers = xs(2, 3, 1);
                    d.dealt = dealt("dealer1", d.providers);
                }),
                foreign("other providers", d -> {
                    d.threshold = new Threshold(2, 4);
                    d.providers = xs(2, 1, 3, 4);
                    d.dealt = dealt("dealer1", d.providers);
                }),
                foreign("one home instead of two", d -> d.homes = 1),
                foreign("three homes instead of two", d -> d.homes = 3),
                foreign("another length", d -> d.length = LENGTH + 1),
                foreign("another dealer", d -> d.dealt = dealt("dealer2", d.providers)),
                foreign(
                        "a second dealer",
                        d -> d.dealt = new Dealt(List.of("dealer1", "dealer2"), true, DEALT.roots())),
                foreign("a sum", d -> d.dealt = new Dealt(List.of("dealer1"), true, DEALT.roots())),
                spoiled("another share root", "names another share root", d -> d.dealt = withRoot(new byte[32])),
                spoiled("another signature under the share root", "names another share root", d -> {
                    ShareRoot own = rootFor(X2);
                    byte[] signature = own.signature().clone();
                    signature[63] ^= 1;
                    d.dealt = with(new ShareRoot(X2, own.root(), signature));
                }),
                spoiled(
                        "another commitment",
                        "isn't the one that its token commits to",
                        d -> d.commitment = new byte[32]));
    }

    private static Dealt withRoot(byte[] root) {
        return with(new ShareRoot(X2, root, rootFor(X2).signature()));
    }

    private static Dealt with(ShareRoot first) {
        List<ShareRoot> roots = new ArrayList<>(DEALT.roots());
        roots.set(0, first);
        return new Dealt("dealer1", roots);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("foreignTokens")
    void noOtherTokenIsSigned(String what, String rule, Token token) {
        assertThatThrownBy(() -> sign(token.encode(), MANIFEST))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining(rule);
    }

    /** Who may read an object may not have it signed anew, with another manifest. */
    @Test
    void nobodySignsInARead() {
        Draft draft = new Draft();
        draft.homes = 1;
        Token u = draft.token();
        try (Read.Plan read = Read.plan(MEMORY.ring, u, PLAN.path(), X2, Blinding.EXPANDED, MEMORY.random);
                Session session = Session.accept(MEMORY.ring, X2, Read.order(read, X2))) {
            ChainMessage message = new ChainMessage(SignatureChain.start(u.encode()), MANIFEST);
            assertThatThrownBy(() -> Write.sign(MEMORY.ring, session, rootFor(X2), message, MEMORY.cc(X2).key))
                    .isInstanceOf(MalformedException.class)
                    .hasMessage("the token isn't that of this session's object");
        }
    }

    @Test
    void aManifestOfAnotherLengthIsRefused() {
        for (int length : new int[] {0, 32, 63, 65, 96}) {
            assertThatThrownBy(() -> Write.checkManifest(U_M, new byte[length]))
                    .isInstanceOf(MalformedException.class)
                    .hasMessage("the manifest of " + PLAN.object() + " has " + length
                            + " bytes, 2 leaves of 32 are expected");
        }
    }

    @Test
    void everyChangedByteOfTheManifestIsRefused() {
        Write.checkManifest(U_M, MANIFEST);
        for (int i = 0; i < MANIFEST.length; i++) {
            byte[] changed = MANIFEST.clone();
            changed[i] ^= 1;
            assertThatThrownBy(() -> sign(U_M.encode(), changed))
                    .as("byte %d", i)
                    .isInstanceOf(MalformedException.class)
                    .hasMessageContaining("isn't the one that its token commits to");
        }
    }

    @Test
    void aProviderSignsOnlyBehindValidSignatures() {
        ShareIndex x1 = new ShareIndex(1);
        Session second = Session.accept(MEMORY.ring, x1, Write.order(PLAN, x1));
        SigningKey key = MEMORY.cc(x1).key;
        SignatureChain first = sign(U_M.encode(), MANIFEST);

        ChainMessage good = new ChainMessage(first, MANIFEST);
        SignatureChain both = Write.sign(MEMORY.ring, second, rootFor(x1), good, key);
        both.verify(MEMORY.ring.keys());

        byte[] wrong = first.signatures().getFirst().clone();
        wrong[0] ^= 1;
        ChainMessage bad = new ChainMessage(new SignatureChain(first.token(), List.of(wrong)), MANIFEST);
        assertThatThrownBy(() -> Write.sign(MEMORY.ring, second, rootFor(x1), bad, key))
                .isInstanceOf(BadSignatureException.class);
        ChainMessage none = new ChainMessage(SignatureChain.start(first.token()), MANIFEST);
        assertThatThrownBy(() -> Write.sign(MEMORY.ring, second, rootFor(x1), none, key))
                .isInstanceOf(MalformedException.class)
                .hasMessageStartingWith("it isn't the turn of the provider with x = 1");
    }

    private static SignatureChain complete(byte[] token) {
        SignatureChain chain = SignatureChain.start(token);
        for (ShareIndex x : PLAN.path()) {
            chain = chain.sign(x, MEMORY.cc(x).key);
        }
        return chain;
    }

    @Test
    void aCompleteChainOverTheTokenThatWasSentIsBelievedAndCommitted() {
        byte[] u = U_M.encode();
        assertThatCode(() -> Write.checkChain(PLAN, u, complete(u))).doesNotThrowAnyException();
        SignatureChain whole = complete(u);
        for (int signed = 0; signed <= 3; signed++) {
            SignatureChain here = new SignatureChain(u, whole.signatures().subList(0, signed));
            assertThatCode(() -> Write.checkCommit(MEMORY.ring, here, whole)).doesNotThrowAnyException();
        }
    }

    @Test
    void nothingLessIsBelievedNorCommitted() {
        byte[] u = U_M.encode();
        SignatureChain whole = complete(u);
        for (int signers = 0; signers < 3; signers++) {
            SignatureChain part = new SignatureChain(u, whole.signatures().subList(0, signers));
            String rule = "the chain has " + signers + " of 3 signatures";
            assertThatThrownBy(() -> Write.checkChain(PLAN, u, part))
                    .isInstanceOf(IntegrityException.class)
                    .hasMessage("the signature chain of " + PLAN.object() + " doesn't hold: " + rule);
            assertThatThrownBy(() -> Write.checkCommit(MEMORY.ring, SignatureChain.start(u), part))
                    .isInstanceOf(MalformedException.class)
                    .hasMessage(rule);
        }
        for (int place = 0; place < 3; place++) {
            List<byte[]> signatures = new ArrayList<>(whole.signatures());
            signatures.set(place, new byte[64]);
            SignatureChain forged = new SignatureChain(u, signatures);
            assertThatThrownBy(() -> Write.checkChain(PLAN, u, forged)).isInstanceOf(IntegrityException.class);
            // Wherever it differs from what was signed here, too.
            for (int signed = 0; signed <= 3; signed++) {
                SignatureChain here = new SignatureChain(u, whole.signatures().subList(0, signed));
                assertThatThrownBy(() -> Write.checkCommit(MEMORY.ring, here, forged))
                        .isInstanceOf(BadSignatureException.class);
            }
        }
        Draft draft = new Draft();
        draft.length = LENGTH + 1;
        SignatureChain other = complete(draft.token().encode());
        assertThatThrownBy(() -> Write.checkChain(PLAN, u, other))
                .isInstanceOf(IntegrityException.class)
                .hasMessage("the chain came back over another token than the one that was sent");
        assertThatThrownBy(() -> Write.checkCommit(MEMORY.ring, SignatureChain.start(u), other))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the commit is for another token than the one signed here");
    }

    @Test
    void theBlindsOfAllHopsAreAddedOnce() {
        byte[] p = {1, 2, 3};
        List<Blind<byte[]>> blinds =
                IntStream.of(0x10, 0x20, 0x40).mapToObj(WriteTest::full).toList();
        Write.enter(p, blinds);
        assertThat(p).containsExactly(0x71, 0x72, 0x73);
        Read.leave(p, blinds);
        assertThat(p).containsExactly(1, 2, 3);
    }

    /** A blind full of one byte. */
    private static Blind<byte[]> full(int value) {
        return flow -> {
            for (int i = 0; i < flow.length; i++) {
                flow[i] ^= (byte) value;
            }
        };
    }
}
