package dev.interlock.protocol.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.oprf.DleqProof;
import dev.interlock.core.oprf.Element;
import dev.interlock.core.oprf.Scalar;
import dev.interlock.core.oprf.SharedKey;
import dev.interlock.core.oprf.Voprf;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.ring.Provider;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Logins against attackers made of the product's own classes. */
final class LoginTest {
    private static final byte[] PASSWORD = "hunter2".getBytes(StandardCharsets.UTF_8);

    private final Providers providers = new Providers(3, 5, 11);
    private final RootSecret root = RootSecret.random(providers.random);
    private final Enrolment.Made lock = providers.lock(root, PASSWORD);
    private final CertifiedRecord record = providers.hold(providers.record(root, 1, lock.lock()), lock);

    @Test
    void anyThreeOpenAndTwoCant() {
        for (int set = 0; set < 1 << 5; set++) {
            if (Integer.bitCount(set) != 3) {
                continue;
            }
            List<String> names = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                if ((set & 1 << i) != 0) {
                    names.add("cc" + (i + 1));
                }
            }
            LoginAttempt.Opened opened = providers
                    .login(record, PASSWORD, names.toArray(String[]::new))
                    .orElseThrow();
            assertThat(opened.root().copy().copyToHeap()).isEqualTo(root.copy().copyToHeap());
        }
        assertThat(providers.login(record, "hunter3".getBytes(StandardCharsets.UTF_8), "cc1", "cc2", "cc3"))
                .isEmpty();
        assertThatThrownBy(() -> providers.login(record, PASSWORD, "cc1", "cc2"))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theLoginKeysAreThoseOfTheRecord() {
        LoginAttempt.Opened opened =
                providers.login(record, PASSWORD, "cc1", "cc2", "cc3").orElseThrow();
        for (Provider provider : providers.ring.providers()) {
            try (SigningKey key = opened.secrets().loginKey(provider.name())) {
                assertThat(key.verifyingKey())
                        .isEqualTo(lock.lock().loginKey(provider.x()).orElseThrow());
            }
        }
        assertThat(lock.lock().keys().values().stream().map(Lock.Keys::login).distinct())
                .hasSize(5);
    }

    @Test
    void aWrongAnswerIsFoundAndNeverUsed() {
        CertifiedRecord other = providers.hold(
                providers.record(root, 2, providers.lock(root, PASSWORD).lock()), providers.lock(root, PASSWORD));
        Lock right = lock.lock();
        ShareIndex one = providers.ring.provider("cc1").orElseThrow().x();
        try (LoginAttempt attempt = LoginAttempt.begin(record.record(), right, PASSWORD, providers.random);
                LoginAttempt another = LoginAttempt.begin(record.record(), right, PASSWORD, providers.random)) {
            byte[] good = providers.answer("cc1", record, Lock.Kind.PASSWORD, attempt.blinded());
            byte[] flipped = good.clone();
            flipped[Element.BYTES + 40] ^= 1;
            byte[] identity = good.clone();
            Arrays.fill(identity, 0, Element.BYTES, (byte) 0);
            List<byte[]> bad = List.of(
                    flipped,
                    identity,
                    new byte[0],
                    Arrays.copyOf(good, good.length - 1),
                    Arrays.copyOf(good, good.length + 1),
                    new byte[LoginAttempt.ANSWER_BYTES],
                    // Another provider's, another question's, another record's share.
                    providers.answer("cc2", record, Lock.Kind.PASSWORD, attempt.blinded()),
                    providers.answer("cc1", record, Lock.Kind.PASSWORD, another.blinded()),
                    providers.answer("cc1", other, Lock.Kind.PASSWORD, attempt.blinded()));
            for (byte[] each : bad) {
                assertThat(attempt.accept(one, each)).isFalse();
            }
            assertThat(attempt.accept(new ShareIndex(99), good)).isFalse();
            assertThat(attempt.missing()).isEqualTo(3);
            assertThat(attempt.accept(one, good)).isTrue();
        }
    }

    /** What some of the providers store and saw, as bytes. */
    private final ByteArrayOutputStream view = new ByteArrayOutputStream();

    private String seen = "";

    /**
     * A dictionary with the password in it, and everything that providers store and saw in 100 logins: shares, record, each blinded
     * element, their answers, what the client signed for them. Whatever is made of a word with three shares shows that it is the right one;
     * with two, each word is as likely as any other.
     */
    @Test
    void twoCantTestAGuessAndThreeCan() {
        List<String> all = List.of("cc1", "cc2", "cc3", "cc4", "cc5");
        view.writeBytes(record.encode());
        all.forEach(name -> view.writeBytes(
                providers.stored.get(name).get(record.record().hash()).get(Lock.Kind.PASSWORD)));
        for (int i = 0; i < 100; i++) {
            loggedIn(List.of(all.get(i % 5), all.get((i + 1) % 5), all.get((i + 2) % 5)));
        }
        seen = view.toString(StandardCharsets.ISO_8859_1);
        List<byte[]> dictionary = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            dictionary.add(("hunter" + i).getBytes(StandardCharsets.UTF_8));
        }
        assertThat(words(dictionary, "cc1", "cc2", "cc3")).containsExactly(2);
        assertThat(words(dictionary, "cc4", "cc5")).isEmpty();
        assertThat(words(dictionary, "cc1", "cc5")).isEmpty();
    }

    /** One login, with what each provider sees of it. For the coalition's sake all of it is in its view, others' parts too. */
    private void loggedIn(List<String> names) {
        try (LoginAttempt attempt = LoginAttempt.begin(record.record(), lock.lock(), PASSWORD, providers.random)) {
            view.writeBytes(attempt.blinded());
            for (String name : names) {
                byte[] answer = providers.answer(name, record, Lock.Kind.PASSWORD, attempt.blinded());
                view.writeBytes(answer);
                assertThat(attempt.accept(
                                providers.ring.provider(name).orElseThrow().x(), answer))
                        .isTrue();
            }
            try (LoginAttempt.Opened opened = attempt.open().orElseThrow()) {
                for (String name : names) {
                    try (SigningKey key = opened.secrets().loginKey(name)) {
                        view.writeBytes(Messages.Success.sign(
                                        key,
                                        providers.ring.id(),
                                        name,
                                        Providers.ALICE,
                                        record.record().hash(),
                                        Lock.Kind.PASSWORD,
                                        providers.random.bytes(16),
                                        Providers.key(77).verifyingKey())
                                .encode());
                    }
                }
            }
        }
    }

    /** The words that anything which these providers' shares make of them gives away. */
    private List<Integer> words(List<byte[]> dictionary, String... corrupt) {
        List<Integer> given = new ArrayList<>();
        for (int i = 0; i < dictionary.size(); i++) {
            boolean shows = false;
            for (int set = 0; set < 1 << corrupt.length; set++) {
                List<String> some = new ArrayList<>();
                for (int j = 0; j < corrupt.length; j++) {
                    if ((set >> j & 1) == 1) {
                        some.add(corrupt[j]);
                    }
                }
                shows |= shows(dictionary.get(i), some);
            }
            if (shows) {
                given.add(i);
            }
        }
        return given;
    }

    /** Whether the view has anything of what this word is made into with these shares, or the record opens under it. */
    private boolean shows(byte[] word, List<String> some) {
        byte[] input = Enrolment.input(providers.ring.id(), Providers.ALICE, Lock.Kind.PASSWORD, word);
        byte[] one = new byte[Scalar.BYTES];
        one[Scalar.BYTES - 1] = 1;
        Element hashed = Voprf.blind(input, Scalar.decode(one));
        List<byte[]> made = new ArrayList<>(List.of(hashed.encode()));
        Map<ShareIndex, SharedKey.Answer> answers = new LinkedHashMap<>();
        for (String name : some) {
            Scalar share = Scalar.decode(
                    providers.stored.get(name).get(record.record().hash()).get(Lock.Kind.PASSWORD));
            Voprf.Evaluated evaluated =
                    Voprf.evaluate(share, Voprf.publicKey(share), List.of(hashed), Scalar.random(providers.random));
            made.add(evaluated.elements().getFirst().encode());
            answers.put(
                    providers.ring.provider(name).orElseThrow().x(),
                    new SharedKey.Answer(evaluated.elements().getFirst(), evaluated.proof()));
        }
        boolean opens = false;
        if (!some.isEmpty()) {
            // As many as there are: below t this is another polynomial's value at zero.
            Element combined = SharedKey.combine(some.size(), answers).orElseThrow();
            made.add(combined.encode());
            byte[] output = Voprf.finish(input, Scalar.decode(one), combined);
            made.add(output.clone());
            try (LoginSecrets secrets = LoginSecrets.of(
                    providers.ring.id(), Providers.ALICE, lock.lock().stretching(), output)) {
                byte[] bound = Enrolment.bound(
                        providers.ring.id(), Providers.ALICE, record.record().identity(), 1, lock.lock());
                opens = secrets.open(lock.lock().sealed(), bound).isPresent();
                for (Provider provider : providers.ring.providers()) {
                    made.add(secrets.loginPublicKey(provider.name()).bytes());
                }
            }
        }
        return opens || made.stream().anyMatch(this::isSeen);
    }

    private boolean isSeen(byte[] bytes) {
        return seen.contains(new String(bytes, StandardCharsets.ISO_8859_1));
    }

    /** Somebody's record with an OPRF key that they know: the victim's login stops at it, and what it sent says nothing. */
    @Test
    void aSquattersRecordNeverOpens() {
        Providers squatter = new Providers(3, 5, 12);
        RootSecret own = RootSecret.random(squatter.random);
        Enrolment.Made theirs = squatter.lock(own, "anything".getBytes(StandardCharsets.UTF_8));
        CertifiedRecord squatted = squatter.hold(squatter.record(own, 1, theirs.lock()), theirs);
        assertThat(squatter.login(squatted, PASSWORD, "cc1", "cc2", "cc3")).isEmpty();
        // The victim's own sealing, carried into the squatter's lock or under their identity.
        Lock carried = new Lock(
                Lock.Kind.PASSWORD,
                3,
                theirs.lock().stretching(),
                theirs.lock().keys(),
                lock.lock().sealed());
        CertifiedRecord mixed = squatter.hold(squatter.record(own, 1, carried), theirs);
        assertThat(squatter.login(mixed, PASSWORD, "cc1", "cc2", "cc3")).isEmpty();
        CertifiedRecord whole = providers.hold(providers.record(own, 1, lock.lock()), lock);
        assertThat(providers.login(whole, PASSWORD, "cc1", "cc2", "cc3")).isEmpty();
    }

    @Test
    void theRecordOfTIsBelievedAndItsHighest() {
        CertifiedRecord second = providers.hold(providers.record(root, 2, lock.lock()), lock);
        RootSecret other = RootSecret.random(providers.random);
        Enrolment.Made theirs = providers.lock(other, PASSWORD);
        CertifiedRecord squatted = providers.hold(providers.record(other, 9, theirs.lock()), theirs);
        // One provider gives the later record: it counts; two give a squatter's, of whatever version.
        assertThat(believed(record, record, second, squatted, squatted).records())
                .containsExactly(second, record);
        assertThat(believed(record, record, record, null, null).first()).isEqualTo(record);
        assertThat(believed(second, second, record, null, null).first()).isEqualTo(second);
        assertThatThrownBy(() -> believed(record, record, squatted, squatted, null))
                .isInstanceOf(TooFewProvidersException.class);
        assertThatThrownBy(() -> believed(null, null, null, squatted, squatted))
                .isInstanceOf(NoSuchObjectException.class);
        assertThatThrownBy(() -> believed(null, null, record, record, squatted))
                .isInstanceOf(TooFewProvidersException.class);
        assertThatThrownBy(() -> Believed.choose(
                        Providers.ALICE,
                        2,
                        Map.of(
                                "cc1", Optional.of(record),
                                "cc2", Optional.of(record),
                                "cc3", Optional.of(squatted),
                                "cc4", Optional.of(squatted)),
                        Map.of()))
                .isInstanceOf(IntegrityException.class);
    }

    private static Believed believed(CertifiedRecord... given) {
        Map<String, Optional<CertifiedRecord>> answers = new LinkedHashMap<>();
        for (int i = 0; i < given.length; i++) {
            answers.put("cc" + (i + 1), Optional.ofNullable(given[i]));
        }
        return Believed.choose(Providers.ALICE, 3, answers, Map.of());
    }

    /** A record that counts has every provider's signature, its identity's, and this ring's and name's. */
    @Test
    void onlyWhatAllHoldCounts() {
        byte[] good = record.encode();
        assertThat(CertifiedRecord.decode(providers.ring, Providers.ALICE, good))
                .isEqualTo(record);
        Map<ShareIndex, byte[]> fewer = new LinkedHashMap<>(record.held());
        fewer.remove(fewer.keySet().iterator().next());
        assertThatThrownBy(() -> CertifiedRecord.decode(
                        providers.ring, Providers.ALICE, new CertifiedRecord(record.signed(), fewer).encode()))
                .isInstanceOf(MalformedException.class);
        Map<ShareIndex, byte[]> twice = new LinkedHashMap<>(record.held());
        List<ShareIndex> xs = List.copyOf(twice.keySet());
        twice.put(xs.get(0), record.held().get(xs.get(1)));
        assertThatThrownBy(() -> CertifiedRecord.decode(
                        providers.ring, Providers.ALICE, new CertifiedRecord(record.signed(), twice).encode()))
                .isInstanceOf(BadSignatureException.class);
        assertThatThrownBy(() -> CertifiedRecord.decode(providers.ring, new UserName("bob"), good))
                .isInstanceOf(MalformedException.class);
        RootSecret other = RootSecret.random(providers.random);
        LoginRecord.Signed forged = new LoginRecord.Signed(
                record.record(), providers.record(other, 1, lock.lock()).signature());
        assertThatThrownBy(() -> CertifiedRecord.decode(
                        providers.ring, Providers.ALICE, new CertifiedRecord(forged, record.held()).encode()))
                .isInstanceOf(BadSignatureException.class);
        for (int at = 0; at < good.length; at += 7) {
            byte[] changed = good.clone();
            changed[at] ^= 4;
            assertThatThrownBy(() -> CertifiedRecord.decode(providers.ring, Providers.ALICE, changed))
                    .isInstanceOfAny(MalformedException.class, BadSignatureException.class);
        }
    }

    @Test
    void encodingsAreTheOnlyOnes() {
        byte[] encoded = record.record().encode();
        assertThat(LoginRecord.decode(encoded)).isEqualTo(record.record());
        UnaryOperator<byte[]> longer = bytes -> Arrays.copyOf(bytes, bytes.length + 1);
        assertThatThrownBy(() -> LoginRecord.decode(longer.apply(encoded))).isInstanceOf(MalformedException.class);
        for (int length = 0; length < encoded.length; length += 13) {
            byte[] cut = Arrays.copyOf(encoded, length);
            assertThatThrownBy(() -> LoginRecord.decode(cut)).isInstanceOf(MalformedException.class);
        }
        assertThatThrownBy(() -> new Stretching(2 << 20, 3, 1, new byte[16])).isInstanceOf(MalformedException.class);
        for (String bad : List.of("", "Alice", "al ice", "alicé", "-a", "a".repeat(65), "a/b", "a\u202eb", "a\nb")) {
            assertThatThrownBy(() -> new UserName(bad)).isInstanceOf(MalformedException.class);
        }
        assertThatThrownBy(() -> DleqProof.decode(new byte[1])).isInstanceOf(MalformedException.class);
    }

    @Test
    void aSuccessIsOneProvidersAndOneAttempts() {
        LoginAttempt.Opened opened =
                providers.login(record, PASSWORD, "cc1", "cc2", "cc3").orElseThrow();
        byte[] nonce = providers.random.bytes(16);
        SigningKey device = Providers.key(77);
        Provider one = providers.ring.provider("cc1").orElseThrow();
        Lock.Keys keys = lock.lock().keys().get(one.x());
        try (SigningKey key = opened.secrets().loginKey("cc1")) {
            Messages.Success success = Messages.Success.decode(Messages.Success.sign(
                            key,
                            providers.ring.id(),
                            "cc1",
                            Providers.ALICE,
                            record.record().hash(),
                            Lock.Kind.PASSWORD,
                            nonce,
                            device.verifyingKey())
                    .encode());
            success.verify(keys.login().orElseThrow(), providers.ring.id(), "cc1", Providers.ALICE);
            assertThatThrownBy(() ->
                            success.verify(keys.login().orElseThrow(), providers.ring.id(), "cc2", Providers.ALICE))
                    .isInstanceOf(BadSignatureException.class);
            assertThatThrownBy(() ->
                            success.verify(keys.login().orElseThrow(), providers.ring.id(), "cc1", new UserName("bob")))
                    .isInstanceOf(BadSignatureException.class);
            Messages.Success other = new Messages.Success(
                    success.record(),
                    success.kind(),
                    providers.random.bytes(16),
                    success.device(),
                    success.signature());
            assertThatThrownBy(
                            () -> other.verify(keys.login().orElseThrow(), providers.ring.id(), "cc1", Providers.ALICE))
                    .isInstanceOf(BadSignatureException.class);
        }
    }

    @Test
    void recoveryCodesAreWordsThatCheckThemselves() {
        byte[] code = RecoveryCode.random(providers.random);
        char[] words = RecoveryCode.words(code);
        assertThat(RecoveryCode.parse(words)).isEqualTo(code);
        String text = new String(words);
        assertThat(text.split("-", -1)).hasSize(9).allMatch(word -> word.length() == 5);
        assertThat(RecoveryCode.parse(
                        (" " + text.toUpperCase(java.util.Locale.ROOT).replace('-', ' ')).toCharArray()))
                .isEqualTo(code);
        int missed = 0;
        for (int i = 0; i < text.length(); i++) {
            for (char other : "bdfghjklmnprstvzaiou".toCharArray()) {
                if (text.charAt(i) == other || text.charAt(i) == '-') {
                    continue;
                }
                char[] slip = text.toCharArray();
                slip[i] = other;
                try {
                    RecoveryCode.parse(slip);
                    missed++;
                } catch (MalformedException e) {
                    assertThat(e.getMessage()).doesNotContain(text.substring(0, 5));
                }
            }
        }
        // Sixteen bits of check: about 300 slips that are letters, one in 65,536 missed.
        assertThat(missed).isLessThanOrEqualTo(1);
        assertThatThrownBy(() -> RecoveryCode.parse(text.substring(0, 40).toCharArray()))
                .hasMessageContaining("fewer");
        assertThatThrownBy(() -> RecoveryCode.parse((text + "-babab").toCharArray()))
                .hasMessageContaining("more");
    }
}
