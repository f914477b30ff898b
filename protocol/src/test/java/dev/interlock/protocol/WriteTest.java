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
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.RefusedException.Rule;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.message.TokenMessage;
import dev.interlock.protocol.ring.Provider;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each party's checks in a write of two chunks, through CC_2, CC_1, CC_3. */
final class WriteTest {
    private static final MemoryRing MEMORY = new MemoryRing(3, 2, 21);
    private static final ShareIndex X2 = new ShareIndex(2);
    private static final Instant NOW = MEMORY.maker.now();
    private static final long LENGTH = ChunkLayout.CHUNK_BYTES + 5;
    private static final byte[] CIPHERTEXT_ROOT = new SeededRandom(1).bytes(32);

    private static final Write.Plan PLAN = MEMORY.plan(LENGTH, xs(2, 1, 3));
    /** Of the same length and path; nothing of it is anything to the other one. */
    private static final Write.Plan OTHER = MEMORY.plan(LENGTH, xs(2, 1, 3));
    /** CC_2's, the first of the path. */
    private static final Session SESSION = session(PLAN, X2);

    private static final byte[] MANIFEST = MEMORY.random.bytes(64);
    private static final Dealt DEALT = dealt(PLAN.id());
    private static final Token U_M =
            Write.token(PLAN, MerkleRoot.over(MANIFEST), DEALT, List.of(), MemoryRing.NOW_MILLIS);

    private static Session session(Write.Plan plan, ShareIndex x) {
        String name = "cc" + x.x();
        return Session.accept(MEMORY.ring, x, plan.session().order(name), MEMORY.asking(name), NOW);
    }

    private static Dealt dealt(StatementHash w) {
        return Dealt.sign(MEMORY.dealer.key, w, roots());
    }

    private static List<ShareRoot> roots() {
        return PLAN.path().stream().map(WriteTest::rootFor).toList();
    }

    /** What CC_x's share has for a root: that of two leaves full of x. */
    private static ShareRoot rootFor(ShareIndex x) {
        return new ShareRoot(x, shareTree(x).root());
    }

    private static MerkleRoot shareTree(ShareIndex x) {
        byte[] leaf = new byte[32];
        Arrays.fill(leaf, (byte) x.x());
        return new MerkleRoot().add(leaf).add(leaf);
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
        assertThat(PrivatePart.decode(plan.session().order("cc1").privatePart()).seeds())
                .containsOnly(0);
    }

    @Test
    void noTwoPlansShareAnObjectASessionOrASeed() {
        Write.Plan one = MEMORY.plan(1, xs(1, 2, 3));
        Write.Plan two = MEMORY.plan(1, xs(1, 2, 3));
        assertThat(one.id()).isNotEqualTo(two.id());
        assertThat(one.object()).isNotEqualTo(two.object());
        assertThat(one.statement().sessionKey()).isNotEqualTo(two.statement().sessionKey());
        assertThat(Stream.concat(one.blindSeeds().values().stream(), two.blindSeeds().values().stream())
                        .map(SecretBytes::copyToHeap))
                .hasSize(6)
                .doesNotHaveDuplicates();
    }

    @Test
    void aPlanIsItsMakersObjectAndForItsPartiesAlone() {
        Statement w = PLAN.statement();
        assertThat(MEMORY.maker.credential().owns(w.owner())).isTrue();
        w.verify(PLAN.session().ownerSignature());
        assertThat(w.number()).isEqualTo(1);
        assertThat(w.expiryMillis()).isEqualTo(NOW.plus(PlannedSession.LIFETIME).toEpochMilli());
        assertThat(w.parties().stream().map(Statement.Party::name)).containsExactly("cc2", "cc1", "cc3", "dealer1");
        List<byte[]> told = w.parties().stream()
                .map(party -> PLAN.session().order(party.name()).privatePart())
                .toList();
        assertThat(told).doesNotHaveDuplicates();
        for (int i = 0; i < told.size(); i++) {
            assertThat(PrivatePart.hash(told.get(i)))
                    .isEqualTo(w.parties().get(i).privateHash());
        }
        assertThatThrownBy(() -> PLAN.session().order("cc4"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cc4 has no part in this session");
    }

    /** Another generation of the object, above all that were shown. */
    @Test
    void whatIsContinuedKeepsItsOwner() {
        List<ShareIndex> path = xs(3, 1, 2);
        try (Write.Plan plan = Write.continuing(
                MEMORY.ring,
                MEMORY.maker,
                path,
                Blinding.EXPANDED,
                U_M,
                U_M.statement().title(),
                8)) {
            assertThat(plan.object()).isEqualTo(PLAN.object());
            assertThat(plan.statement().number()).isEqualTo(8);
            assertThat(plan.making().continues()).contains(PLAN.id());
            assertThat(plan.making().length()).isEqualTo(LENGTH);
            assertThat(plan.path()).isEqualTo(path);
            assertThat(plan.scheme()).isEqualTo(U_M.scheme());
            assertThat(plan.id()).isNotEqualTo(PLAN.id());
            plan.statement().verify(plan.session().ownerSignature());
        }
    }

    /** One word, and it never changes. */
    @Test
    void aSessionIsCertifiedOrAbandonedAndNeverBoth() {
        SignatureChain chain = complete(U_M.encode());
        PlannedSession one = MEMORY.plan(LENGTH, xs(2, 1, 3)).session();
        one.abandon().verify(one.statement(), MEMORY.ring.keys());
        assertThatThrownBy(() -> one.certify(chain)).isInstanceOf(IllegalStateException.class);
        assertThat(one.isCertified()).isFalse();
        PlannedSession two = MEMORY.plan(LENGTH, xs(2, 1, 3)).session();
        Certificate _ = two.certify(chain);
        assertThat(two.isCertified()).isTrue();
        assertThatThrownBy(two::abandon).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aPlanOfFullBlindsOrOfNoneHasNoSeeds() {
        for (Blinding blinding : List.of(Blinding.FULL, Blinding.NONE)) {
            Scheme scheme = blinding == Blinding.NONE ? new Scheme(1, Profile.PUBLISHED) : Scheme.DEFAULT;
            try (Write.Plan plan = plan(scheme, Optional.empty(), blinding)) {
                assertThat(plan.blindSeeds()).isEmpty();
                for (String name : List.of("cc1", "cc2", "cc3")) {
                    PrivatePart told =
                            PrivatePart.decode(plan.session().order(name).privatePart());
                    assertThat(told.blinding()).isEqualTo(blinding);
                    assertThat(told.seeds()).isEmpty();
                    assertThat(told.asks()).isEqualTo(MEMORY.asking(name));
                }
            }
        }
    }

    @Test
    void aDealerIsToldNoBlind() {
        PrivatePart told = PrivatePart.decode(PLAN.session().order("dealer1").privatePart());
        assertThat(told.blinding()).isEqualTo(Blinding.NONE);
        assertThat(told.seeds()).isEmpty();
    }

    @Test
    void anOrderNamesTheUsersPublicKeyInProtocol1() {
        try (OpeningKey key = OpeningKey.generate(Kem.XWING, MEMORY.random);
                Write.Plan plan =
                        plan(new Scheme(1, Profile.BLINDED), Optional.of(key.recipient()), Blinding.EXPANDED);
                Session session = session(plan, X2)) {
            assertThat(session.recipient()).contains(key.recipient());
            assertThat(key.recipient().toString()).startsWith("xwing:");
        }
        assertThat(SESSION.recipient()).isEmpty();
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
        return plan(MEMORY, scheme, recipient, blinding);
    }

    private static Write.Plan plan(
            MemoryRing memory, Scheme scheme, Optional<RecipientKey> recipient, Blinding blinding) {
        return Write.plan(
                memory.ring, scheme, memory.maker, 1, xs(2, 1, 3), recipient, blinding, false, Optional.empty());
    }

    // --------------------------------------------------------------------------------------------------- the dealing

    private static Write.Deal deal(Order order) {
        return Write.acceptDeal(MEMORY.ring, "dealer1", order, MEMORY.asking("dealer1"), NOW);
    }

    @Test
    void aDealRequestIsAcceptedAsItWasAsked() {
        Order order = PLAN.session().order("dealer1");
        Write.Deal deal = deal(order);
        assertThat(order.privatePart()).containsOnly(0);
        assertThat(deal.object()).isEqualTo(PLAN.object());
        assertThat(deal.id()).isEqualTo(PLAN.id());
        assertThat(deal.asks()).isEqualTo(MEMORY.asking("dealer1"));
        assertThat(deal.path()).isEqualTo(PLAN.path());
        assertThat(deal.missing()).isEmpty();
        assertThat(deal.layout()).isEqualTo(PLAN.layout());
        assertThat(deal.user()).isEmpty();
        assertThat(deal.points()).isEqualTo(PLAN.path());
        assertThat(deal.ofZero()).isFalse();
        assertThat(deal.expires()).isEqualTo(NOW.plus(PlannedSession.LIFETIME));
    }

    @Test
    void theUserHasAPointInTheDealingOfThePublishedProtocols2And3() {
        MemoryRing study = new MemoryRing(3, 2, 22, Set.of(Profile.PUBLISHED));
        for (int protocol = 1; protocol <= 3; protocol++) {
            Scheme scheme = new Scheme(protocol, Profile.PUBLISHED);
            Order order = plan(study, scheme, Optional.empty(), Blinding.NONE)
                    .session()
                    .order("dealer1");
            Write.Deal deal = Write.acceptDeal(study.ring, "dealer1", order, study.asking("dealer1"), NOW);
            assertThat(deal.path()).isEqualTo(PLAN.path());
            assertThat(deal.points()).isEqualTo(protocol == 1 ? xs(2, 1, 3) : xs(2, 1, 3, 4));
            assertThat(deal.user().isPresent()).isEqualTo(protocol != 1);
        }
    }

    /** Nothing but the kind that O signed makes a dealing one of zero. */
    @Test
    void onlyARefreshIsDealtZero() {
        try (Write.Plan replace = Renewal.plan(MEMORY.ring, U_M, MEMORY.maker, false, 2);
                Write.Plan refresh = Renewal.plan(MEMORY.ring, U_M, MEMORY.maker, true, 2)) {
            assertThat(deal(replace.session().order("dealer1")).ofZero()).isFalse();
            assertThat(deal(refresh.session().order("dealer1")).ofZero()).isTrue();
            // As a replacement under the signature for a refresh, and the other way round.
            for (Write.Plan plan : List.of(replace, refresh)) {
                Work.Renewal work = (Work.Renewal) plan.making();
                Statement other = with(
                        plan.statement(),
                        new Work.Renewal(
                                !work.ofZero(), work.path(), work.homes(), work.dealers(), work.length(), work.from()));
                Order good = plan.session().order("dealer1");
                refusesDeal(new Order(other.encode(), good.ownerSignature(), good.privatePart()), Rule.OWNER);
            }
        }
    }

    private static Statement with(Statement w, Work work) {
        return new Statement(
                w.ring(),
                w.epoch(),
                w.threshold(),
                w.scheme(),
                w.title(),
                w.number(),
                w.expiryMillis(),
                work,
                w.parties(),
                w.sessionKey());
    }

    /** w as O signed it, or a dealer could be had to deal the same twice, or zeros, or to others. */
    @Test
    void aDealerDealsToWhatTheOwnerSignedAlone() {
        Work.Write work = (Work.Write) PLAN.making();
        List<Work> others = List.of(
                write(work, work.path().reversed(), work.length()),
                write(work, work.path(), work.length() + 1),
                new Work.Renewal(true, work.path(), work.homes(), work.dealers(), work.length(), PLAN.id()),
                new Work.Write(
                        true,
                        work.path(),
                        List.of(),
                        work.homes(),
                        work.dealers(),
                        Optional.empty(),
                        work.length(),
                        Optional.empty()),
                new Work.Write(
                        false,
                        work.path(),
                        List.of(),
                        work.homes(),
                        work.dealers(),
                        Optional.empty(),
                        work.length(),
                        Optional.of(OTHER.id())));
        for (Work other : others) {
            Order good = PLAN.session().order("dealer1");
            byte[] w = with(PLAN.statement(), other).encode();
            refusesDeal(new Order(w, good.ownerSignature(), good.privatePart()), Rule.OWNER);
        }
        Order good = PLAN.session().order("dealer1");
        refusesDeal(new Order(good.statement(), OTHER.session().ownerSignature(), good.privatePart()), Rule.OWNER);
        Order unsigned = PLAN.session().order("dealer1");
        refusesDeal(new Order(unsigned.statement(), new byte[0], unsigned.privatePart()), Rule.OWNER);
    }

    private static Work.Write write(Work.Write of, List<ShareIndex> path, long length) {
        return new Work.Write(
                false,
                path,
                List.of(),
                path.subList(0, of.homes().size()),
                of.dealers(),
                Optional.empty(),
                length,
                Optional.empty());
    }

    private static void refusesDeal(Order order, Rule rule) {
        assertThatThrownBy(() -> deal(order))
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.rule()).isEqualTo(rule));
        assertThat(order.privatePart()).containsOnly(0);
    }

    @Test
    void aDealRequestIsForItsDealerFromItsAskerAndInTime() {
        // What another party is told.
        Order cc1s = PLAN.session().order("cc1");
        refusesDeal(cc1s, Rule.OTHER_ASKER);
        VerifyingKey other = MEMORY.asking("cc1");
        assertThatThrownBy(() ->
                        Write.acceptDeal(MEMORY.ring, "dealer1", PLAN.session().order("dealer1"), other, NOW))
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.rule()).isEqualTo(Rule.OTHER_ASKER))
                .hasMessage("dealer1: another user may ask for this session");
        VerifyingKey asking = MEMORY.asking("dealer1");
        Instant end = NOW.plus(PlannedSession.LIFETIME);
        for (Instant late : List.of(end, end.plusSeconds(1))) {
            assertThatThrownBy(() -> Write.acceptDeal(
                            MEMORY.ring, "dealer1", PLAN.session().order("dealer1"), asking, late))
                    .isInstanceOfSatisfying(
                            RefusedException.class, e -> assertThat(e.rule()).isEqualTo(Rule.EXPIRED));
        }
        Instant early = end.minus(Session.LONGEST).minusMillis(1);
        assertThatThrownBy(() ->
                        Write.acceptDeal(MEMORY.ring, "dealer1", PLAN.session().order("dealer1"), asking, early))
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.rule()).isEqualTo(Rule.TOO_FAR_AHEAD));
        // A provider, which isn't among the dealers that w names.
        assertThatThrownBy(() ->
                        Write.acceptDeal(MEMORY.ring, "cc1", PLAN.session().order("cc1"), MEMORY.asking("cc1"), NOW))
                .isInstanceOf(MalformedException.class)
                .hasMessage("cc1 is no dealer of this session");
        // Another ring of the same length.
        MemoryRing foreign = new MemoryRing(3, 2, 23);
        assertThatThrownBy(() ->
                        Write.acceptDeal(foreign.ring, "dealer1", PLAN.session().order("dealer1"), asking, NOW))
                .isInstanceOfSatisfying(
                        RefusedException.class, e -> assertThat(e.rule()).isEqualTo(Rule.OTHER_RING));
    }

    @Test
    void nothingIsDealtToASessionThatMakesNothing() {
        for (String party : List.of("cc2", "dealer1")) {
            try (Read.Plan read = Read.plan(MEMORY.ring, U_M, MEMORY.maker, PLAN.path(), X2, Blinding.EXPANDED)) {
                Order order = read.session().order("cc2");
                // A dealer has no part in it, and a provider that deals as well has none as a dealer.
                assertThatThrownBy(() -> Write.acceptDeal(MEMORY.ring, party, order, MEMORY.asking("cc2"), NOW))
                        .isInstanceOf(MalformedException.class)
                        .hasMessageContaining(
                                party.equals("cc2") ? "to a session that makes nothing" : "no part for dealer1");
            }
        }
    }

    // ---------------------------------------------------------------------------------------------------- the share

    @Test
    void aShareUnderItsRootIsAccepted() {
        Write.checkShare(SESSION, shareTree(X2), "dealer1", DEALT);
    }

    @Test
    void rootsThatTheDealerSignedForSomethingElseAreRefused() {
        String unsigned = "has roots that dealer1 didn't sign for this session";
        refusesShare(shareTree(X2), dealt(OTHER.id()), unsigned);
        refusesShare(shareTree(X2), Dealt.sign(MEMORY.cc(X2).key, PLAN.id(), roots()), unsigned);
        refusesShare(shareTree(X2), Dealt.sign(MEMORY.dealer.key, PLAN.id(), roots().subList(0, 2)), unsigned);
        refusesShare(shareTree(X2), Dealt.sign(MEMORY.dealer.key, PLAN.id(), roots().reversed()), unsigned);
        List<ShareRoot> changed = new ArrayList<>(roots());
        changed.set(2, new ShareRoot(new ShareIndex(3), new byte[32]));
        refusesShare(shareTree(X2), new Dealt(false, changed, DEALT.signatures()), unsigned);
        refusesShare(shareTree(X2), sums(), unsigned);
        refusesShare(shareTree(new ShareIndex(3)), DEALT, "isn't the one that its root commits to");
    }

    private static Dealt sums() {
        return new Dealt(
                true,
                roots(),
                roots().stream()
                        .map(root -> Dealt.signSum(MEMORY.cc(root.x()).key, PLAN.id(), root))
                        .toList());
    }

    @Test
    void aShareWithAChunkTooFewOrTooManyIsRefused() {
        byte[] leaf = new byte[32];
        String rule = "isn't the one that its root commits to";
        refusesShare(new MerkleRoot(), DEALT, rule);
        refusesShare(new MerkleRoot().add(leaf), DEALT, rule);
        refusesShare(shareTree(X2).add(leaf), DEALT, rule);
        // Even where the dealer signed that.
        List<ShareRoot> roots = new ArrayList<>(roots());
        roots.set(0, new ShareRoot(X2, shareTree(X2).add(leaf).root()));
        refusesShare(shareTree(X2).add(leaf), Dealt.sign(MEMORY.dealer.key, PLAN.id(), roots), rule);
    }

    private static void refusesShare(MerkleRoot received, Dealt claimed, String rule) {
        assertThatThrownBy(() -> Write.checkShare(SESSION, received, "dealer1", claimed))
                .isInstanceOfSatisfying(
                        IntegrityException.class, e -> assertThat(e.culprits()).containsExactly("dealer1"))
                .hasMessageContaining(rule);
    }

    @Test
    void whatTheDealerAnswersIsCheckedByTheUser() {
        Write.checkDealt(PLAN, "dealer1", DEALT);
        for (Dealt other :
                List.of(dealt(OTHER.id()), sums(), Dealt.sign(MEMORY.dealer.key, PLAN.id(), roots().subList(0, 2)))) {
            assertThatThrownBy(() -> Write.checkDealt(PLAN, "dealer1", other))
                    .isInstanceOfSatisfying(
                            IntegrityException.class,
                            e -> assertThat(e.culprits()).containsExactly("dealer1"));
        }
    }

    @Test
    void aSumIsItsProvidersOwn() {
        Provider cc2 = MEMORY.ring.provider(X2);
        Dealt own = Write.signSum(SESSION, shareTree(X2), MEMORY.cc(X2).key);
        Write.checkSum(PLAN, cc2, own);
        ShareIndex x3 = new ShareIndex(3);
        SigningKey key = MEMORY.cc(X2).key;
        List<Dealt> others = List.of(
                // Of another session, of another provider, about another point, more than one, or dealt.
                sum(X2, key, OTHER.id()),
                sum(X2, MEMORY.cc(x3).key, PLAN.id()),
                sum(x3, MEMORY.cc(x3).key, PLAN.id()),
                sums(),
                Dealt.sign(key, PLAN.id(), List.of(rootFor(X2))));
        for (Dealt other : others) {
            assertThatThrownBy(() -> Write.checkSum(PLAN, cc2, other))
                    .isInstanceOfSatisfying(
                            IntegrityException.class,
                            e -> assertThat(e.culprits()).containsExactly("cc2"));
        }
    }

    private static Dealt sum(ShareIndex x, SigningKey key, StatementHash w) {
        return new Dealt(true, List.of(rootFor(x)), List.of(Dealt.signSum(key, w, rootFor(x))));
    }

    @Test
    void onlyADealerOfTheRingDeals() {
        assertThatThrownBy(() -> Write.checkShare(SESSION, shareTree(X2), "cc1", DEALT))
                .isInstanceOf(IntegrityException.class)
                .hasMessageContaining("from cc1 has roots that cc1 didn't sign for this session");
    }

    // ------------------------------------------------------------------------------------------------- taking part

    private static Token check(Token u, byte[] manifest) {
        return Write.checkToken(SESSION, DEALT, new TokenMessage(u.encode(), manifest));
    }

    private static void notTaken(String rule, Token u) {
        assertThatThrownBy(() -> check(u, MANIFEST))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining(rule);
    }

    @Test
    void theTokenOfTheSessionIsTaken() {
        assertThat(check(U_M, MANIFEST)).usingRecursiveComparison().isEqualTo(U_M);
        assertThat(U_M.id()).isEqualTo(PLAN.id());
    }

    /** w holds all that a token could be spoiled in but these; a token of any other w is of another session. */
    @Test
    void noOtherTokenIsTaken() {
        byte[] h = U_M.commitment();
        long time = U_M.createdMillis();
        String foreign = "the token isn't that of this session";
        notTaken(foreign, Write.token(OTHER, h, dealt(OTHER.id()), List.of(), time));
        Work.Write work = (Work.Write) PLAN.making();
        Statement longer = with(PLAN.statement(), write(work, work.path(), LENGTH + 1));
        notTaken(foreign, new Token(longer, h, DEALT, List.of(), time));

        String root = "names another share root";
        List<ShareRoot> roots = new ArrayList<>(roots());
        roots.set(0, new ShareRoot(X2, new byte[32]));
        notTaken(root, Write.token(PLAN, h, new Dealt(false, roots, DEALT.signatures()), List.of(), time));
        byte[] signature = DEALT.signatures().getFirst().clone();
        signature[63] ^= 1;
        notTaken(root, Write.token(PLAN, h, new Dealt(false, roots(), List.of(signature)), List.of(), time));
        notTaken("isn't the one that its token commits to", Write.token(PLAN, new byte[32], DEALT, List.of(), time));
    }

    /** Who may read an object may not have it signed anew, with another manifest. */
    @Test
    void nobodyTakesPartInARead() {
        try (Read.Plan read = Read.plan(MEMORY.ring, U_M, MEMORY.maker, PLAN.path(), X2, Blinding.EXPANDED);
                Session session =
                        Session.accept(MEMORY.ring, X2, read.session().order("cc2"), MEMORY.asking("cc2"), NOW)) {
            TokenMessage message = new TokenMessage(U_M.encode(), MANIFEST);
            assertThatThrownBy(() -> Write.checkToken(session, DEALT, message))
                    .isInstanceOf(MalformedException.class)
                    .hasMessage("the token isn't that of this session");
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
            assertThatThrownBy(() -> check(U_M, changed))
                    .as("byte %d", i)
                    .isInstanceOf(MalformedException.class)
                    .hasMessageContaining("isn't the one that its token commits to");
        }
    }

    // ------------------------------------------------------------------------------------ the chain and its
    // certificate

    private static SignatureChain complete(byte[] token) {
        SignatureChain chain = SignatureChain.start(token);
        for (ShareIndex x : PLAN.path()) {
            boolean home = PLAN.homes().contains(x);
            chain = chain.sign(x, home ? Optional.of(CIPHERTEXT_ROOT) : Optional.empty(), MEMORY.cc(x).key);
        }
        return chain;
    }

    @Test
    void aCompleteChainOverTheTokenThatWasSentIsBelievedAndCommitted() {
        byte[] u = U_M.encode();
        SignatureChain whole = complete(u);
        assertThatCode(() -> Write.checkChain(PLAN, u, whole)).doesNotThrowAnyException();
        Certificate certificate = PLAN.session().certify(whole);
        Write.checkCertificate(MEMORY.ring, u, Certificate.decode(certificate.encode()));
    }

    @Test
    void nothingLessIsBelievedNorCommitted() {
        byte[] u = U_M.encode();
        SignatureChain whole = complete(u);
        for (int signers = 0; signers < 3; signers++) {
            SignatureChain part = new SignatureChain(u, whole.participations().subList(0, signers));
            notBelieved(part, "the chain has " + signers + " of 3 signatures", MalformedException.class);
        }
        for (int place = 0; place < 3; place++) {
            List<Participation> changed = new ArrayList<>(whole.participations());
            changed.set(place, new Participation(changed.get(place).ciphertextRoot(), new byte[64]));
            notBelieved(new SignatureChain(u, changed), "", BadSignatureException.class);
        }
        // A home that stored something else.
        ShareIndex x1 = new ShareIndex(1);
        List<Participation> torn = new ArrayList<>(whole.participations());
        torn.set(1, whole.participate(x1, Optional.of(new byte[32]), MEMORY.cc(x1).key));
        notBelieved(
                new SignatureChain(u, torn), "the homes signed for different ciphertexts", MalformedException.class);

        Token other = Write.token(PLAN, U_M.commitment(), DEALT, List.of(), U_M.createdMillis() + 1);
        SignatureChain overOther = complete(other.encode());
        assertThatThrownBy(() -> Write.checkChain(PLAN, u, overOther))
                .isInstanceOf(IntegrityException.class)
                .hasMessage("the chain came back over another token than the one that was sent");
        Certificate certificate = PLAN.session().certify(overOther);
        assertThatThrownBy(() -> Write.checkCertificate(MEMORY.ring, u, certificate))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the certificate is for another token than the one signed here");
    }

    private static void notBelieved(SignatureChain chain, String rule, Class<? extends Exception> kind) {
        assertThatThrownBy(() -> Write.checkChain(PLAN, U_M.encode(), chain))
                .isInstanceOf(IntegrityException.class)
                .hasMessageStartingWith("the signatures of " + PLAN.object() + " don't hold: " + rule);
        Certificate certificate = PLAN.session().certify(chain);
        assertThatThrownBy(() -> Write.checkCertificate(MEMORY.ring, U_M.encode(), certificate))
                .isInstanceOf(kind);
    }

    /** Not by the key of another session, and not with another owner's signature, whatever the providers signed. */
    @Test
    void onlyTheSessionKeyCertifiesWhatTheOwnerSigned() {
        byte[] u = U_M.encode();
        SignatureChain whole = complete(u);
        Certificate good = PLAN.session().certify(whole);
        Certificate others = OTHER.session().certify(whole);
        for (Certificate certificate : List.of(
                others,
                new Certificate(good.ownerSignature(), whole, others.signature()),
                new Certificate(others.ownerSignature(), whole, good.signature()),
                new Certificate(good.ownerSignature(), whole, new byte[64]))) {
            assertThatThrownBy(() -> Write.checkCertificate(MEMORY.ring, u, certificate))
                    .isInstanceOf(BadSignatureException.class);
        }
    }

    @Test
    void theRootsOfATokenAreItsDealersOrItsProviders() {
        Write.verifyRoots(MEMORY.ring, U_M);
        Token other = Write.token(PLAN, U_M.commitment(), dealt(OTHER.id()), List.of(), U_M.createdMillis());
        assertThatThrownBy(() -> Write.verifyRoots(MEMORY.ring, other)).isInstanceOf(BadSignatureException.class);
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
