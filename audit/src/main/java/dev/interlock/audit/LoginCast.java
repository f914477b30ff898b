package dev.interlock.audit;

import dev.interlock.core.oprf.Element;
import dev.interlock.core.secret.AesGcm;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Enrolment;
import dev.interlock.protocol.login.GuessLimit;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginAttempt;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.RecordHash;
import dev.interlock.protocol.login.RootLine;
import dev.interlock.protocol.login.RootSecret;
import dev.interlock.protocol.login.Stretching;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who enrols where a login is attacked: the victim with two passwords, and the second user, who has guessed the first one. What they make
 * is made by the product's own classes, and once: the same in every world.
 */
final class LoginCast {
    /** As the providers', with less to try: time stands still here, so that there are no pauses. */
    static final GuessLimit LIMIT = new GuessLimit(3, Duration.ofHours(1), 3, Duration.ZERO);

    static final String FIRST_PASSWORD = "swordfish 7";
    static final String SECOND_PASSWORD = "swordfish 8";

    /** @param device by which providers know where somebody logs in from */
    record Person(UserName name, RootSecret root, SecretBytes next, SeedCredential user, SeedCredential device) {
        static Person of(String name) {
            RootSecret root = RootSecret.random(Cast.seeded("root of " + name));
            return new Person(
                    new UserName(name),
                    root,
                    SecretBytes.random(RootSecret.BYTES, Cast.seeded("next root of " + name)),
                    root.credential(),
                    new SeedCredential(
                            SecretBytes.random(SeedCredential.SEED_BYTES, Cast.seeded("device of " + name))));
        }
    }

    final Cast cast;
    final RingDescriptor ring;
    final Person victim = Person.of("alice");
    final Person second = Person.of("mallory");

    /** Records of the victim's making, each with the password that opens it. */
    private final Map<RecordHash, String> victims = new HashMap<>();

    private final Map<String, VerifyingKey> keys = new HashMap<>();

    LoginCast(Cast cast) {
        this.cast = cast;
        this.ring = cast.ring;
    }

    Provider provider(ShareIndex x) {
        return ring.everProvider(x);
    }

    String node(ShareIndex x) {
        return provider(x).name();
    }

    VerifyingKey userAt(Person by, String node) {
        return keys.computeIfAbsent(by.name() + "/" + node, _ -> by.user().publicKey(ring.id(), node));
    }

    VerifyingKey deviceAt(Person by, String node) {
        return keys.computeIfAbsent(
                by.name() + "'s device/" + node, _ -> by.device().publicKey(ring.id(), node));
    }

    VerifyingKey identity(Person by) {
        return keys.computeIfAbsent(by.name() + "'s identity", _ -> {
            try (SigningKey identity = by.root().identity(ring.id())) {
                return identity.verifyingKey();
            }
        });
    }

    /** What an operator gives to whoever may enrol as this. */
    String ticket(String node, UserName name) {
        byte[] ticket = new byte[16];
        Cast.seeded("ticket of " + node + " for " + name).nextBytes(ticket);
        return HexFormat.of().formatHex(ticket);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** A root, sealed under a password with a key of whoever makes it. */
    Enrolment.Made lock(Person by, UserName name, String password) {
        String what = "lock of " + by.name() + " for " + name + " under " + password;
        return cast.once(
                what,
                () -> Enrolment.lock(
                        ring,
                        name,
                        Lock.Kind.PASSWORD,
                        utf8(password),
                        Stretching.least(Cast.seeded("salt of " + what)),
                        by.root(),
                        by.next(),
                        Cast.seeded(what)));
    }

    RecordHash hash(LoginRecord.Signed signed) {
        return cast.once("record's hash", () -> signed.record().hash(), signed.signature());
    }

    /** A record of somebody's own root under this name. */
    LoginRecord.Signed record(Person by, UserName name, long version, String password) {
        LoginRecord.Signed record = cast.once(
                "record " + version + " of " + by.name() + " for " + name + " under " + password,
                () -> Enrolment.record(
                        ring,
                        name,
                        by.root(),
                        RootLine.first(ring.id(), by.next()),
                        version,
                        List.of(lock(by, name, password).lock())));
        if (by.equals(victim)) {
            victims.put(hash(record), password);
        }
        return record;
    }

    /** By which password a record of the victim's opens; empty for one that isn't of the victim's making. */
    Optional<String> password(RecordHash record) {
        return Optional.ofNullable(victims.get(record));
    }

    /** What the second user signs, whatever it says of whom it is. */
    LoginRecord.Signed signed(LoginRecord record) {
        return cast.once(
                "signed by the second user",
                () -> {
                    try (SigningKey identity = second.root().identity(ring.id())) {
                        return record.sign(identity);
                    }
                },
                record.encode());
    }

    /** A line that would follow the victim's root with the second user's. */
    RootLine following() {
        byte[] sealed = new byte[AesGcm.NONCE_BYTES + RootSecret.BYTES + AesGcm.TAG_BYTES];
        Cast.seeded("earlier roots").nextBytes(sealed);
        RootLine own = RootLine.first(ring.id(), second.next());
        return new RootLine(List.of(identity(victim)), own.next(), sealed, 1);
    }

    byte[] held(String by, RecordHash record, String node) {
        return cast.once(
                "held by " + by + " as " + node,
                () -> cast.key(by).sign(Purpose.LOGIN_HELD, CertifiedRecord.heldMessage(ring.id(), node, record)),
                record.bytes());
    }

    /** @throws dev.interlock.core.encoding.MalformedException where it doesn't count in this ring under this name */
    CertifiedRecord certified(UserName name, byte[] bytes) {
        return cast.once("certified record of " + name, () -> CertifiedRecord.decode(ring, name, bytes), bytes);
    }

    /** A login with this password, at this record: the same question in every world. */
    LoginAttempt attempt(String of, LoginRecord.Signed record, String password) {
        return LoginAttempt.begin(
                record.record(),
                record.record().lock(Lock.Kind.PASSWORD).orElseThrow(),
                utf8(password),
                Cast.seeded("blind of " + of + password));
    }

    byte[] question(String of, LoginRecord.Signed record, String password) {
        return cast.once(
                "question of " + of + " with " + password,
                () -> new Messages.Evaluate(
                                hash(record),
                                Lock.Kind.PASSWORD,
                                Element.decode(attempt(of, record, password).blinded()))
                        .encode(),
                record.signature());
    }

    /** The passwords that attackers try: as many as are answered, and one more. */
    static List<String> guesses() {
        Set<String> guesses = new TreeSet<>();
        for (int i = 0; i <= LIMIT.most(); i++) {
            guesses.add("guess " + i);
        }
        return List.copyOf(guesses);
    }
}
