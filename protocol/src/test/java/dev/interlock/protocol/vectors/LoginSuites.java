package dev.interlock.protocol.vectors;

import dev.interlock.core.oprf.Element;
import dev.interlock.core.oprf.Resharing;
import dev.interlock.core.oprf.Scalar;
import dev.interlock.core.oprf.SharedKey;
import dev.interlock.core.oprf.Voprf;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginAttempt;
import dev.interlock.protocol.login.LoginInside;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.LoginSecrets;
import dev.interlock.protocol.login.RootLine;
import dev.interlock.protocol.login.RootSecret;
import dev.interlock.protocol.login.Stretching;
import dev.interlock.protocol.login.UserName;
import dev.interlock.protocol.names.Name;
import dev.interlock.protocol.names.NameContent;
import dev.interlock.protocol.names.NameEntry;
import dev.interlock.protocol.names.NameKeys;
import dev.interlock.protocol.request.SeedCredential;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The vectors of SPEC §§16 and 17: inputs, and what the product makes of them. */
final class LoginSuites {
    private LoginSuites() {}

    static Stream<Suite> all() {
        return Stream.of(login(), name());
    }

    // ---- Inputs ----

    private static Suite login() {
        Suite suite = new Suite("login", "OPRF keys in shares, shared anew; records of logins");
        suite.add("two-of-three", "the lowest two answer", "login-oprf", seeds -> oprf(seeds, 2, 1, 2));
        suite.add("three-of-five", "other x than 1 to n", "login-oprf", seeds -> oprf(seeds, 3, 200, 4, 9));
        suite.add("new-shares-of-three", "two deal to three", "login-reshare", seeds -> reshare(seeds, 2, 3, 4, 7));
        suite.add(
                "new-shares-for-others",
                "three of the ring before deal to the providers of the next, whose threshold is two",
                "login-reshare",
                seeds -> reshare(seeds, 2, 4, 1, 2, 3));
        suite.add("a-record", "a password's", "login-record", seeds -> record(seeds, 1, 1, 1, List.of()));
        suite.add(
                "a-third-root",
                "the record of a root secret that two came before",
                "login-record",
                seeds -> record(seeds, 1, 1, 3, List.of()));
        suite.add(
                "a-provider-without-a-login-key",
                "of a ring that has changed",
                "login-record",
                seeds -> record(seeds, 1, 7, 1, List.of("cc3")));
        return suite;
    }

    private static byte[] scalar(Seeds seeds, String what) {
        byte[] bytes = seeds.seed(what);
        // Below the order, as most are by themselves.
        bytes[0] &= 0x7F;
        return bytes;
    }

    private static List<byte[]> scalars(Seeds seeds, String what, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> scalar(seeds, what + " " + i))
                .toList();
    }

    private static Fields oprf(Seeds seeds, int t, int... answering) {
        int[] xs = t == 2 ? new int[] {1, 2, 3} : new int[] {9, 4, 200, 1, 7};
        return new Fields()
                .hex("ring", seeds.id("ring"))
                .text("name", "alice")
                .number("login_kind", 1)
                .hex("secret", "correct horse battery staple".getBytes(StandardCharsets.UTF_8))
                .hexes("coefficients", scalars(seeds, "coefficient", t))
                .numbers("xs", xs)
                .hex("blind", scalar(seeds, "blind"))
                .numbers("answering", answering)
                .hexes("proof_scalars", scalars(seeds, "proof", answering.length));
    }

    private static Fields reshare(Seeds seeds, int t, int receivers, int... dealers) {
        List<List<byte[]>> coefficients = IntStream.range(0, dealers.length)
                .mapToObj(i -> scalars(seeds, "of " + i, t))
                .toList();
        return new Fields()
                .numbers("dealers", dealers)
                .hexLists("coefficients", coefficients)
                .numbers(
                        "receivers",
                        IntStream.range(0, receivers).map(i -> 4 + 3 * i).toArray());
    }

    private static Fields record(Seeds seeds, int kind, int epoch, int roots, List<String> unkeyed) {
        return new Fields()
                .hex("ring", seeds.id("ring"))
                .number("epoch", epoch)
                .text("name", "alice.b-2")
                .hexes("roots", seeds.many("root", roots, 32))
                .hex("next", seeds.seed("next"))
                .number("version", 3)
                .number("login_kind", kind)
                .number("kib", 65_536)
                .number("passes", 3)
                .number("lanes", 1)
                .hex("salt", seeds.id("salt"))
                .number("t", 2)
                .numbers("xs", 1, 2, 5)
                .texts("nodes", List.of("cc1", "cc2", "cc3"))
                .hexes("seeds", seeds.many("card", 3, 32))
                .hexes("shares", scalars(seeds, "share", 3))
                .hex("stretched", seeds.seed("stretched"))
                .texts("unkeyed", unkeyed)
                .hex("nonce", seeds.bytes("nonce", 12))
                .hex("nonce_before", seeds.bytes("nonce before", 12));
    }

    private static Suite name() {
        Suite suite = new Suite("name", "entries of names and devices: tags, contents, seals");
        suite.add("a-first-entry", "one version", "name-entry", seeds -> entry(seeds, "backups/db.key", 1, 1, 0));
        suite.add(
                "a-later-entry",
                "three versions, one of which this state took away; letters beyond ASCII",
                "name-entry",
                seeds -> entry(seeds, "schl\u00fcssel/\u9375", 3, 7, 1));
        suite.add("a-removed-name", "none is left", "name-entry", seeds -> entry(seeds, "a", 0, 2, 1));
        suite.add("a-first-device", "none was there before", "device-book", seeds -> devices(seeds, 1, 0, 1));
        suite.add(
                "a-forgotten-device",
                "two that log in, and one that two providers have still to forget",
                "device-book",
                seeds -> devices(seeds, 3, 1, 5));
        return suite;
    }

    private static Fields entry(Seeds seeds, String name, int versions, long number, int removed) {
        List<Fields> all = IntStream.rangeClosed(1, versions)
                .mapToObj(i -> new Fields()
                        .number("number", i)
                        .hex("object", seeds.id("object " + i))
                        .number("length", 1_000L * i)
                        .number("time", Suites.TIME + i))
                .toList();
        return new Fields()
                .hex("secret", seeds.seed("secret"))
                .number("version", 1)
                .hex("ring", seeds.id("ring"))
                .text("name", name)
                .number("next", 9)
                .objects("versions", all)
                .hexes("added", versions == 0 ? List.of() : List.of(seeds.id("object " + versions)))
                .hexes("removed", seeds.many("removed", removed, 16))
                .number("number", number)
                .hex("before", number == 1 ? new byte[32] : seeds.seed("before"))
                .hex("nonce", seeds.bytes("nonce", 12));
    }

    private static Fields devices(Seeds seeds, int count, int forgotten, long number) {
        List<Fields> all = IntStream.rangeClosed(1, count)
                .mapToObj(i -> new Fields()
                        .hex("secret", seeds.seed("device " + i))
                        .text("label", i == 1 ? "alice's laptop" : "B\u00fcro " + i)
                        .number("since", Suites.TIME + i)
                        .number("forgotten", i <= forgotten ? 1 : 0)
                        .numbers("untold", i <= forgotten ? new int[] {2, 5} : new int[0]))
                .toList();
        return new Fields()
                .hex("secret", seeds.seed("secret"))
                .number("version", 1)
                .hex("ring", seeds.id("ring"))
                .objects("devices", all)
                .number("number", number)
                .hex("before", number == 1 ? new byte[32] : seeds.seed("before"))
                .hex("nonce", seeds.bytes("nonce", 12));
    }

    // ---- What the product makes of them ----

    static Fields oprf(Value in) {
        RingId ring = RingId.of(in.hex("ring"));
        List<ShareIndex> xs = in.xs("xs");
        List<byte[]> coefficients = in.hexes("coefficients");
        Map<ShareIndex, Scalar> shares = SharedKey.deal(
                Scalar.decode(coefficients.getFirst()),
                new Threshold(coefficients.size(), xs.size()),
                xs,
                drawing(coefficients.subList(1, coefficients.size())));
        byte[] input = LoginInside.input(
                ring, new UserName(in.text("name")), Lock.Kind.of(in.number("login_kind")), in.hex("secret"));
        Scalar blind = Scalar.decode(in.hex("blind"));
        Element blinded = Voprf.blind(input, blind);
        Map<ShareIndex, SharedKey.Answer> answers = new LinkedHashMap<>();
        List<byte[]> given = new ArrayList<>();
        List<byte[]> proofScalars = in.hexes("proof_scalars");
        for (ShareIndex x : in.xs("answering")) {
            Scalar share = need(shares.get(x));
            Element committed = Voprf.publicKey(share);
            Scalar proofScalar = Scalar.decode(proofScalars.get(given.size()));
            Voprf.Evaluated evaluated = Voprf.evaluate(share, committed, List.of(blinded), proofScalar);
            SharedKey.Answer answer = new SharedKey.Answer(evaluated.elements().getFirst(), evaluated.proof());
            if (!SharedKey.isRight(committed, blinded, answer)) {
                throw new IllegalStateException("a right answer is refused");
            }
            answers.put(x, answer);
            given.add(LoginAttempt.answer(share, committed, blinded, proofScalar));
        }
        Element combined = SharedKey.combine(coefficients.size(), answers).orElseThrow();
        return new Fields()
                .hexes("shares", shares.values().stream().map(Scalar::encode).toList())
                .hexes(
                        "commitments",
                        shares.values().stream()
                                .map(share -> Voprf.publicKey(share).encode())
                                .toList())
                .hex("input", input)
                .hex("blinded", blinded.encode())
                .hexes("answers", given)
                .hex("output", Voprf.finish(input, blind, combined));
    }

    static Fields reshare(Value in) {
        List<ShareIndex> dealers = in.xs("dealers");
        List<ShareIndex> receivers = in.xs("receivers");
        List<List<byte[]>> coefficients = in.hexLists("coefficients");
        Map<ShareIndex, Resharing.Dealt> dealt = new LinkedHashMap<>();
        for (int i = 0; i < dealers.size(); i++) {
            List<byte[]> own = coefficients.get(i);
            dealt.put(
                    dealers.get(i),
                    Resharing.deal(
                            Scalar.decode(own.getFirst()), own.size(), receivers, drawing(own.subList(1, own.size()))));
        }
        List<byte[]> shares = new ArrayList<>();
        List<byte[]> commitments = new ArrayList<>();
        for (ShareIndex x : receivers) {
            Map<ShareIndex, Scalar> parts = new LinkedHashMap<>();
            Map<ShareIndex, Element> committed = new LinkedHashMap<>();
            dealt.forEach((dealer, each) -> {
                parts.put(dealer, need(each.parts().get(x)));
                committed.put(dealer, Resharing.committed(each.commitments(), x));
            });
            shares.add(Resharing.share(parts).encode());
            commitments.add(Resharing.commitment(committed).encode());
        }
        Function<Resharing.Dealt, List<byte[]>> parts =
                each -> each.parts().values().stream().map(Scalar::encode).toList();
        return new Fields()
                .hexLists(
                        "commitments",
                        dealt.values().stream()
                                .map(each -> each.commitments().stream()
                                        .map(Element::encode)
                                        .toList())
                                .toList())
                .hexLists("parts", dealt.values().stream().map(parts).toList())
                .hexes("shares", shares)
                .hexes("share_commitments", commitments);
    }

    static Fields record(Value in) {
        RingId ring = RingId.of(in.hex("ring"));
        UserName name = new UserName(in.text("name"));
        List<ShareIndex> xs = in.xs("xs");
        List<String> nodes = in.texts("nodes");
        List<byte[]> loginKeys = new ArrayList<>();
        Map<ShareIndex, Lock.Keys> keys = new LinkedHashMap<>();
        try (LoginSecrets secrets = LoginInside.stretched(ring, name, in.hex("stretched"));
                RootSecret root = new RootSecret(
                        in.hexes("roots").stream().map(SecretBytes::copyOf).toList());
                SecretBytes next = SecretBytes.copyOf(in.hex("next"));
                SigningKey identity = root.identity(ring)) {
            for (int i = 0; i < xs.size(); i++) {
                String node = nodes.get(i);
                Element commitment =
                        Voprf.publicKey(Scalar.decode(in.hexes("shares").get(i)));
                boolean keyed = !in.texts("unkeyed").contains(node);
                keys.put(
                        xs.get(i),
                        new Lock.Keys(
                                commitment,
                                keyed ? Optional.of(LoginInside.loginKey(secrets, node)) : Optional.empty()));
                loginKeys.add(keyed ? LoginInside.loginKey(secrets, node).bytes() : new byte[32]);
            }
            Stretching stretching =
                    new Stretching(in.number("kib"), in.number("passes"), in.number("lanes"), in.hex("salt"));
            Lock unsealed = new Lock(
                    Lock.Kind.of(in.number("login_kind")),
                    in.number("t"),
                    stretching,
                    keys,
                    new byte[LoginInside.sealedBytes()]);
            Lock lock = LoginInside.sealed(ring, name, root, next, secrets, unsealed, giving(in.hex("nonce")));
            RootLine line = LoginInside.line(ring, name, root, next, giving(in.hex("nonce_before")));
            return signed(in, ring, name, identity, line, lock)
                    .hexes("login_keys", loginKeys)
                    .hex("sealed", lock.sealed());
        }
    }

    private static Fields signed(Value in, RingId ring, UserName name, SigningKey identity, RootLine line, Lock lock) {
        LoginRecord record = new LoginRecord(
                ring, in.number("epoch"), name, identity.verifyingKey(), in.longNumber("version"), line, List.of(lock));
        LoginRecord.Signed signed = record.sign(identity);
        Map<ShareIndex, byte[]> held = new LinkedHashMap<>();
        List<ShareIndex> xs = in.xs("xs");
        for (int i = 0; i < xs.size(); i++) {
            try (SigningKey card =
                    new SigningKey(SecretBytes.copyOf(in.hexes("seeds").get(i)))) {
                held.put(
                        xs.get(i),
                        card.sign(
                                Purpose.LOGIN_HELD,
                                CertifiedRecord.heldMessage(
                                        ring, in.texts("nodes").get(i), record.hash())));
            }
        }
        return new Fields()
                .hex("identity", identity.verifyingKey().bytes())
                .hex("record", record.encode())
                .hex("hash", record.hash().bytes())
                .hex("signature", signed.signature())
                .hexes("held", List.copyOf(held.values()))
                .hex("certified", new CertifiedRecord(signed, held).encode());
    }

    static Fields entry(Value in) {
        RingId ring = RingId.of(in.hex("ring"));
        int version = in.number("version");
        Name name = Name.of(in.text("name"));
        List<NameContent.Version> versions = in.objects("versions").stream()
                .map(each -> new NameContent.Version(
                        each.number("number"),
                        ObjectId.of(each.hex("object")),
                        each.longNumber("length"),
                        each.longNumber("time")))
                .toList();
        NameContent content = new NameContent.Versions(
                name,
                in.number("next"),
                versions,
                new NameContent.Change(objects(in.hexes("added")), objects(in.hexes("removed"))));
        try (SeedCredential user = new SeedCredential(SecretBytes.copyOf(in.hex("secret")));
                SecretBytes secret = user.nameSecret(ring, version);
                NameKeys keys = NameKeys.of(ring, version, secret)) {
            NameEntry entry = keys.seal(content, in.longNumber("number"), in.hex("before"), giving(in.hex("nonce")));
            if (!keys.open(NameEntry.decode(entry.encode())).equals(Optional.of(content))) {
                throw new IllegalStateException("an entry doesn't open as what was sealed");
            }
            return new Fields()
                    .hex("owner", keys.owner().bytes())
                    .hex("tag", entry.tag().bytes())
                    .hex("note_tag", keys.carriedTag().bytes())
                    .hex("content", content.encode())
                    .hex("entry", entry.encode())
                    .hex("state", entry.head().hash());
        }
    }

    static Fields devices(Value in) {
        RingId ring = RingId.of(in.hex("ring"));
        int version = in.number("version");
        NameContent content = new NameContent.Devices(in.objects("devices").stream()
                .map(each -> new NameContent.Device(
                        each.hex("secret"),
                        each.text("label"),
                        each.longNumber("since"),
                        each.number("forgotten") == 1,
                        each.xs("untold")))
                .toList());
        try (SeedCredential user = new SeedCredential(SecretBytes.copyOf(in.hex("secret")));
                SecretBytes secret = user.nameSecret(ring, version);
                NameKeys keys = NameKeys.of(ring, version, secret)) {
            NameEntry entry = keys.seal(content, in.longNumber("number"), in.hex("before"), giving(in.hex("nonce")));
            if (!keys.open(NameEntry.decode(entry.encode())).equals(Optional.of(content))) {
                throw new IllegalStateException("a book of devices doesn't open as what was sealed");
            }
            return new Fields()
                    .hex("tag", entry.tag().bytes())
                    .hex("content", content.encode())
                    .hex("entry", entry.encode())
                    .hex("state", entry.head().hash());
        }
    }

    private static List<ObjectId> objects(List<byte[]> ids) {
        return ids.stream().map(ObjectId::of).toList();
    }

    /** Scalars are drawn from 48 bytes each, modulo the order. */
    private static SecureRandom drawing(List<byte[]> scalars) {
        ByteBuffer wide = ByteBuffer.allocate(48 * scalars.size());
        scalars.forEach(each -> wide.put(new byte[16]).put(each));
        return giving(wide.array());
    }

    private static SecureRandom giving(byte[] bytes) {
        ByteBuffer left = ByteBuffer.wrap(bytes.clone());
        return new SecureRandom() {
            private static final long serialVersionUID = 1L;

            @Override
            public void nextBytes(byte[] out) {
                left.get(out);
            }
        };
    }

    private static <T> T need(T value) {
        if (value == null) {
            throw new IllegalArgumentException("a vector names an x that isn't there");
        }
        return value;
    }
}
