package dev.interlock.protocol.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.RefusedException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.request.SeedCredential;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A new root secret against who has the one before, against providers, and against another device that makes one at once. */
final class ChangesTest {
    private static final byte[] PASSWORD = "hunter2".getBytes(StandardCharsets.UTF_8);

    private final Providers providers = new Providers(3, 5, 21);
    private final RootSecret root = RootSecret.random(providers.random);
    private final Enrolment.Made lock = providers.lock(root, PASSWORD);
    private final CertifiedRecord first = providers.hold(providers.record(root, 1, lock.lock()), lock);
    private final LoginRecord before = first.record();
    private final LoginAttempt.Opened opened =
            providers.login(first, PASSWORD, "cc1", "cc2", "cc3").orElseThrow();
    private final Changes changes = new Changes(providers.ring.id(), "cc1", new ShareIndex(1));

    /** What a device makes that has logged in. */
    private record Next(RootSecret root, SecretBytes next, Enrolment.Made lock, LoginRecord.Signed signed) {
        LoginRecord record() {
            return signed.record();
        }
    }

    private Next next(long version) {
        return next(before, opened, version);
    }

    private Next next(LoginRecord before, LoginAttempt.Opened opened, long version) {
        RootSecret newest = opened.root().followedBy(opened.next());
        SecretBytes following = SecretBytes.random(RootSecret.BYTES, providers.random);
        Enrolment.Made made = lock(newest, following);
        return new Next(
                newest,
                following,
                made,
                Enrolment.succession(
                        providers.ring, before, newest, following, version, List.of(made.lock()), providers.random));
    }

    private Enrolment.Made lock(RootSecret root, SecretBytes next) {
        return Enrolment.lock(
                providers.ring,
                Providers.ALICE,
                Lock.Kind.PASSWORD,
                PASSWORD,
                providers.quick(),
                root,
                next,
                providers.random);
    }

    private static byte[] change(LoginAttempt.Opened by, LoginRecord next, String node, Providers providers) {
        try (SigningKey key = by.secrets().loginKey(node)) {
            return key.sign(Purpose.LOGIN_CHANGE, Messages.changeMessage(providers.ring.id(), node, next.hash()));
        }
    }

    private void require(LoginRecord next, LoginRecord... held) {
        changes.require(before, next, List.of(held), Lock.Kind.PASSWORD, change(opened, next, "cc1", providers));
    }

    @Test
    void aNewRootOpensByTheSamePasswordWithAllThatCameBefore() {
        Next second = next(2);
        require(second.record());
        CertifiedRecord counts = providers.hold(second.signed(), second.lock());
        assertThat(CertifiedRecord.decode(providers.ring, Providers.ALICE, counts.encode()))
                .isEqualTo(counts);
        LoginAttempt.Opened again =
                providers.login(counts, PASSWORD, "cc2", "cc4", "cc5").orElseThrow();
        assertThat(again.root().version()).isEqualTo(2);
        assertThat(again.root().copies().getFirst().copyToHeap())
                .isEqualTo(root.copy().copyToHeap());
        assertThat(again.root().copy().copyToHeap()).isEqualTo(opened.next().copyToHeap());
        assertThat(again.next().copyToHeap()).isEqualTo(second.next().copyToHeap());
        // And the one after that, of which all three are known.
        Next third = next(second.record(), again, 3);
        new Changes(providers.ring.id(), "cc1", new ShareIndex(1))
                .require(
                        second.record(),
                        third.record(),
                        List.of(),
                        Lock.Kind.PASSWORD,
                        change(again, third.record(), "cc1", providers));
        CertifiedRecord last = providers.hold(third.signed(), third.lock());
        LoginAttempt.Opened all =
                providers.login(last, PASSWORD, "cc1", "cc2", "cc3").orElseThrow();
        assertThat(all.root().copies().stream().map(SecretBytes::copyToHeap).toList())
                .containsExactly(
                        root.copy().copyToHeap(),
                        opened.next().copyToHeap(),
                        second.next().copyToHeap());
        assertThat(last.record().succeeds(before)).isTrue();
        assertThat(last.record().origin()).isEqualTo(before.identity());
    }

    /** The whole root of before, its identity key, and every record and lock: what a stolen device has. */
    @Test
    void whoHasTheRootOfBeforeAloneChangesNothing() {
        SecretBytes own = SecretBytes.random(RootSecret.BYTES, providers.random);
        RootSecret thiefs = root.followedBy(own);
        Enrolment.Made theirs = lock(thiefs, own);
        // A next root of their own: its identity isn't the one that was said to follow.
        LoginRecord substituted = Enrolment.succession(
                        providers.ring, before, thiefs, own, 9, List.of(theirs.lock()), providers.random)
                .record();
        assertThatThrownBy(() -> require(substituted))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("taken");
        // A record of the root that they have, with a next one that they know: even with a lock's word it is refused.
        LoginRecord other = Enrolment.record(
                        providers.ring,
                        Providers.ALICE,
                        root,
                        RootLine.first(providers.ring.id(), own),
                        9,
                        List.of(theirs.lock()))
                .record();
        assertThatThrownBy(() -> require(other))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("another next root secret");
        // The right record, and no word of a lock, or another's, or for another provider.
        Next second = next(2);
        try (SigningKey identity = root.identity(providers.ring.id())) {
            byte[] message = Messages.changeMessage(
                    providers.ring.id(), "cc1", second.record().hash());
            for (byte[] word : List.of(
                    new byte[64],
                    identity.sign(Purpose.LOGIN_CHANGE, message),
                    change(opened, second.record(), "cc2", providers))) {
                assertThatThrownBy(() -> changes.require(before, second.record(), List.of(), Lock.Kind.PASSWORD, word))
                        .isInstanceOf(BadSignatureException.class);
            }
        }
        // Nor do they sign a record in the next identity's name.
        try (SigningKey identity = root.identity(providers.ring.id())) {
            LoginRecord.Signed forged = second.record().sign(identity);
            assertThatThrownBy(() -> LoginRecord.Signed.decode(forged.encode()))
                    .isInstanceOf(BadSignatureException.class);
        }
    }

    /** Once the new one counts, no record of the root before follows it, whatever its version, nor is it believed. */
    @Test
    void nobodyGoesBackToTheRootOfBefore() {
        Next second = next(2);
        CertifiedRecord counts = providers.hold(second.signed(), second.lock());
        CertifiedRecord back = providers.hold(providers.record(root, 99, lock.lock()), lock);
        assertThatThrownBy(() -> changes.require(
                        second.record(),
                        back.record(),
                        List.of(),
                        Lock.Kind.PASSWORD,
                        change(opened, back.record(), "cc1", providers)))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("taken");
        assertThat(back.record().isLaterThan(second.record())).isFalse();
        assertThat(Changes.ends(second.record(), back.record())).isTrue();
        // One that tells of the new root is believed over all others that tell of the one before: they are one user.
        assertThat(believed(3, back, back, back, back, counts).first()).isEqualTo(counts);
        assertThat(believed(2, back, back, counts, counts, null).records()).containsExactly(counts, back);
        // Somebody else's record of a second root isn't of this user's line.
        Providers squatter = new Providers(3, 5, 22);
        RootSecret own = RootSecret.random(squatter.random);
        Enrolment.Made theirs = squatter.lock(own, PASSWORD);
        CertifiedRecord squatted = squatter.hold(squatter.record(own, 100, theirs.lock()), theirs);
        assertThatThrownBy(() -> believed(2, counts, counts, squatted, squatted, null))
                .isInstanceOf(IntegrityException.class);
        assertThatThrownBy(() -> believed(3, counts, counts, squatted, squatted, null))
                .isInstanceOf(TooFewProvidersException.class);
    }

    private static Believed believed(int t, CertifiedRecord... given) {
        Map<String, Optional<CertifiedRecord>> answers = new LinkedHashMap<>();
        for (int i = 0; i < given.length; i++) {
            answers.put("cc" + (i + 1), Optional.ofNullable(given[i]));
        }
        return Believed.choose(Providers.ALICE, t, answers, Map.of());
    }

    /**
     * Two devices make a new root at once, each without the other: it is the same one, so that what either hands over to it is the
     * user's, whichever record counts in the end.
     */
    @Test
    void twoAtOnceMakeTheSameRoot() {
        Next one = next(2);
        Next other = next(2);
        assertThat(one.record().identity()).isEqualTo(other.record().identity());
        assertThat(one.root().copy().copyToHeap()).isEqualTo(other.root().copy().copyToHeap());
        require(one.record(), other.record());
        require(other.record(), one.record());
        LoginRecord later = one.record().isLaterThan(other.record()) ? one.record() : other.record();
        LoginRecord earlier = later.equals(one.record()) ? other.record() : one.record();
        assertThat(Changes.ends(later, earlier)).isTrue();
        assertThat(Changes.ends(earlier, later)).isFalse();
        // What follows the one isn't what follows the other: no third root is made while both may count.
        Next counts = later.equals(one.record()) ? other : one;
        CertifiedRecord held = providers.hold(counts.signed(), counts.lock());
        LoginAttempt.Opened again =
                providers.login(held, PASSWORD, "cc1", "cc2", "cc3").orElseThrow();
        Next third = next(counts.record(), again, 3);
        assertThatThrownBy(() -> changes.require(
                        counts.record(),
                        third.record(),
                        List.of(later),
                        Lock.Kind.PASSWORD,
                        change(again, third.record(), "cc1", providers)))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("just now");
        // When the other one counts after all, a third that followed this one can't any more.
        assertThat(Changes.ends(later, third.record())).isTrue();
        assertThat(Changes.ends(counts.record(), third.record())).isFalse();
    }

    @Test
    void aChangeOfRootIsWholeOrRefused() {
        Next second = next(2);
        LoginRecord right = second.record();
        // A lock of before seals the root of before; versions only rise; nothing is brought over by the change itself.
        LoginRecord old =
                new LoginRecord(right.ring(), 1, right.name(), right.identity(), 2, right.line(), List.of(lock.lock()));
        LoginRecord past =
                new LoginRecord(right.ring(), 1, right.name(), right.identity(), 1, right.line(), right.locks());
        LoginRecord settled = new LoginRecord(
                right.ring(), 1, right.name(), right.identity(), 2, right.line().settled(), right.locks());
        RootLine line = right.line();
        LoginRecord shorter = new LoginRecord(
                right.ring(),
                1,
                right.name(),
                right.identity(),
                2,
                new RootLine(List.of(), line.next(), new byte[0], 1),
                right.locks());
        VerifyingKey stranger = Providers.key(78).verifyingKey();
        LoginRecord foreign = new LoginRecord(
                right.ring(),
                1,
                right.name(),
                right.identity(),
                2,
                new RootLine(List.of(stranger), line.next(), line.sealed(), 1),
                right.locks());
        LoginRecord circular = new LoginRecord(
                right.ring(),
                1,
                right.name(),
                right.identity(),
                2,
                new RootLine(line.earlier(), before.identity(), line.sealed(), 1),
                right.locks());
        for (LoginRecord wrong : List.of(old, past, settled, shorter, foreign, circular)) {
            assertThatThrownBy(() -> require(wrong)).isInstanceOf(RefusedException.class);
        }
        // What was brought over stays so.
        Changes there = new Changes(providers.ring.id(), "cc1", new ShareIndex(1));
        CertifiedRecord counts = providers.hold(second.signed(), second.lock());
        LoginAttempt.Opened again =
                providers.login(counts, PASSWORD, "cc1", "cc2", "cc3").orElseThrow();
        LoginRecord done = new LoginRecord(
                right.ring(), 1, right.name(), right.identity(), 3, right.line().settled(), right.locks());
        there.require(right, done, List.of(), Lock.Kind.PASSWORD, change(again, done, "cc1", providers));
        LoginRecord undone =
                new LoginRecord(right.ring(), 1, right.name(), right.identity(), 4, right.line(), right.locks());
        assertThatThrownBy(() -> there.require(
                        done, undone, List.of(), Lock.Kind.PASSWORD, change(again, undone, "cc1", providers)))
                .isInstanceOf(RefusedException.class);
        // Lines whose parts don't fit can't be read.
        assertThatThrownBy(() -> new RootLine(line.earlier(), line.next(), new byte[0], 1))
                .isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> new RootLine(line.earlier(), line.next(), line.sealed(), 3))
                .isInstanceOf(MalformedException.class);
    }

    /** A node that holds no record goes by the word of the key that it serves and of the new identity: neither does alone. */
    @Test
    void aNodeTakesANewKeyFromBothRootsAlone() {
        Next second = next(2);
        CertifiedRecord counts = providers.hold(second.signed(), second.lock());
        try (SeedCredential old = second.root().credential(1);
                SeedCredential now = second.root().credential();
                SigningKey oldIdentity = root.identity(providers.ring.id());
                SigningKey identity = second.root().identity(providers.ring.id())) {
            VerifyingKey next = now.publicKey(providers.ring.id(), "dealer1");
            byte[] message = Messages.Succession.message(
                    providers.ring.id(), "dealer1", counts.record().hash(), next);
            Messages.Succession.Before word = new Messages.Succession.Before(
                    old.publicKey(providers.ring.id(), "dealer1"),
                    old.signSuccession(providers.ring.id(), "dealer1", message));
            byte[] signature = identity.sign(Purpose.LOGIN_SUCCESSION, message);
            Messages.Succession right = new Messages.Succession(counts.encode(), List.of(word), signature);
            assertThat(Messages.Succession.decode(right.encode())
                            .verify(providers.ring, "dealer1", Providers.ALICE, next))
                    .isEqualTo(counts);
            // For another node or key; by who has the old root; by who has the new one alone; of a record without
            // succession.
            assertThatThrownBy(() -> right.verify(providers.ring, "cc1", Providers.ALICE, next))
                    .isInstanceOf(BadSignatureException.class);
            assertThatThrownBy(() -> right.verify(
                            providers.ring,
                            "dealer1",
                            Providers.ALICE,
                            Providers.key(78).verifyingKey()))
                    .isInstanceOf(BadSignatureException.class);
            Messages.Succession thiefs = new Messages.Succession(
                    counts.encode(), List.of(word), oldIdentity.sign(Purpose.LOGIN_SUCCESSION, message));
            assertThatThrownBy(() -> thiefs.verify(providers.ring, "dealer1", Providers.ALICE, next))
                    .isInstanceOf(BadSignatureException.class);
            Messages.Succession others = new Messages.Succession(
                    counts.encode(),
                    List.of(new Messages.Succession.Before(Providers.key(79).verifyingKey(), word.signature())),
                    signature);
            assertThatThrownBy(() -> others.verify(providers.ring, "dealer1", Providers.ALICE, next))
                    .isInstanceOf(BadSignatureException.class);
            Messages.Succession none = new Messages.Succession(first.encode(), List.of(word), signature);
            assertThatThrownBy(() -> none.verify(providers.ring, "dealer1", Providers.ALICE, next))
                    .isInstanceOf(MalformedException.class);
        }
    }

    /** A change goes above what this root or the next one signed, and by nobody else's word. */
    @Test
    void aVersionIsItsUsersWord() {
        LoginRecord pending = providers.record(root, 4, lock.lock()).record();
        LoginRecord following = next(6).record();
        LoginRecord strangers = providers
                .record(RootSecret.random(providers.random), Long.MAX_VALUE - 1, lock.lock())
                .record();
        assertThat(Changes.nextVersion(before, Stream.of())).isEqualTo(2);
        assertThat(Changes.nextVersion(before, Stream.of(before, pending))).isEqualTo(5);
        assertThat(Changes.nextVersion(before, Stream.of(pending, following))).isEqualTo(7);
        assertThat(Changes.nextVersion(before, Stream.of(strangers, pending))).isEqualTo(5);
        LoginRecord last = providers.record(root, Long.MAX_VALUE, lock.lock()).record();
        assertThatThrownBy(() -> Changes.nextVersion(before, Stream.of(last)))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("last version");
    }

    /** What a provider shows beside the record that counts is signed, and of this name. */
    @Test
    void whatIsPendingIsShownAsItsUserSignedIt() {
        LoginRecord.Signed pending = providers.record(root, 4, lock.lock());
        byte[] shown = Messages.Shown.encode(first.encode(), pending.encode());
        assertThat(Messages.Shown.decode(providers.ring, Providers.ALICE, shown).records())
                .containsExactly(before, pending.record());
        LoginRecord.Signed forged = new LoginRecord.Signed(pending.record(), new byte[64]);
        byte[] lied = Messages.Shown.encode(first.encode(), forged.encode());
        assertThatThrownBy(() -> Messages.Shown.decode(providers.ring, Providers.ALICE, lied))
                .isInstanceOf(BadSignatureException.class);
        byte[] others = Messages.Shown.encode(new byte[0], pending.encode());
        assertThatThrownBy(() -> Messages.Shown.decode(providers.ring, new UserName("bob"), others))
                .isInstanceOf(MalformedException.class);
    }

    /** What another build shows is refused by its version, and not for what it seems to lack. */
    @Test
    void whatIsShownHasAVersion() {
        byte[] shown = Messages.Shown.encode(first.encode(), new byte[0]);
        assertThat(shown[0]).isEqualTo((byte) 2);
        byte[] later = shown.clone();
        later[0] = 3;
        assertThatThrownBy(() -> Messages.Shown.decode(providers.ring, Providers.ALICE, later))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("version 3, not 2")
                .hasMessageContaining("a newer interlock")
                .hasMessageContaining("the same build");
        // Of before there was one: the certified record, and the highest version as a number.
        for (byte[] certified : List.of(first.encode(), new byte[0])) {
            byte[] earlier = new ByteWriter().bytes(certified).u64(1).toBytes();
            assertThatThrownBy(() -> Messages.Shown.decode(providers.ring, Providers.ALICE, earlier))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageContaining("version 0, not 2")
                    .hasMessageContaining("an older interlock");
        }
    }
}
