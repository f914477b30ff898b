package dev.interlock.protocol.vectors;

import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Abandonment;
import dev.interlock.core.token.Acceptance;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Claim;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.Handover;
import dev.interlock.core.token.Holding;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.core.token.Participation;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Receipt;
import dev.interlock.core.token.RingId;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.ShareRoot;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.StatementHash;
import dev.interlock.core.token.Title;
import dev.interlock.core.token.Token;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.PrivatePart;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** What the product makes of the inputs of everything that is signed: SPEC §3. */
final class Made {
    private Made() {}

    static Fields of(String kind, Value in) {
        return switch (kind) {
            case "statement" -> statementOf(in);
            case "private-part" -> privatePart(in);
            case "dealt" -> dealt(in);
            case "sums" -> sums(in);
            case "token" -> token(in);
            case "claim" -> claim(in);
            case "chain" -> chainOf(in);
            case "certificate" -> certificate(in);
            case "abandonment" -> abandonment(in);
            case "words" -> words(in);
            case "command" -> command(in);
            case "hand-over" -> handOver(in);
            case "receipt" -> receipt(in);
            case "holding" -> holding(in);
            default -> throw new IllegalArgumentException("no vectors are of the kind " + kind);
        };
    }

    static byte[] key(byte[] seed) {
        return Product.publicKey(seed);
    }

    static StatementHash w(Value in) {
        return StatementHash.of(in.hex("w"));
    }

    // ---------------------------------------------------------------------------------------------------- statements

    /** Of version, nonce and O's seed. */
    static OwnerKey owner(Value in) {
        return new OwnerKey(in.number("version"), in.hex("nonce"), VerifyingKey.of(key(in.hex("seed"))));
    }

    /** Of the first owner and those after. */
    static Title title(Value in) {
        Title title = Title.of(owner(in));
        byte[] seed = in.hex("seed");
        for (Value next : in.objects("handovers")) {
            title = title.with(title.handOver(Product.key(seed), owner(next)));
            seed = next.hex("seed");
        }
        return title;
    }

    /** Of the owner after all handovers. */
    private static byte[] ownersSeed(Value in) {
        List<Value> handovers = in.objects("handovers");
        return (handovers.isEmpty() ? in : handovers.getLast()).hex("seed");
    }

    private static Work work(Value in) {
        List<ShareIndex> path = in.xs("path");
        long length = in.longNumber("length");
        Optional<StatementHash> generation =
                in.hexes("generation").stream().map(StatementHash::of).findFirst();
        Optional<ShareIndex> home = in.xs("home").stream().findFirst();
        String kind = in.text("kind");
        return switch (kind) {
            case "write", "attested" ->
                new Work.Write(
                        kind.equals("attested"),
                        path,
                        in.xs("missing"),
                        path.subList(0, in.number("homes")),
                        in.texts("dealers"),
                        in.text("recipient").isEmpty()
                                ? Optional.empty()
                                : Optional.of(RecipientKey.parse(in.text("recipient"))),
                        length,
                        generation);
            case "replace", "refresh" ->
                new Work.Renewal(
                        kind.equals("refresh"),
                        path,
                        path.subList(0, in.number("homes")),
                        in.texts("dealers"),
                        length,
                        generation.orElseThrow());
            case "read" -> new Work.Read(path, home.orElseThrow(), length, generation.orElseThrow());
            default -> new Work.Repair(path, in.xs("repaired").getFirst(), home, length, generation.orElseThrow());
        };
    }

    static Statement statement(Value in) {
        return new Statement(
                RingId.of(in.hex("ring")),
                in.number("epoch"),
                new Threshold(in.number("threshold"), in.number("n")),
                new Scheme(in.number("protocol"), Profile.parse(in.text("profile"))),
                title(in.object("owner")),
                in.longNumber("number"),
                in.longNumber("expiry"),
                work(in.object("work")),
                in.objects("parties").stream()
                        .map(party -> new Statement.Party(party.text("name"), party.hex("hash")))
                        .toList(),
                VerifyingKey.of(in.hex("session_key")));
    }

    private static Fields statementOf(Value in) {
        Statement statement = statement(in);
        byte[] w = statement.encode();
        Product.same(Statement.decode(w).encode(), w);
        byte[] signature = new byte[0];
        byte[] signed = new byte[0];
        if (statement.making().isPresent()) {
            signature = statement.sign(Product.key(ownersSeed(in.object("owner"))));
            statement.verify(signature);
            signed =
                    Product.signed(Purpose.STATEMENT, w, statement.owner().key().bytes(), signature);
        }
        return new Fields()
                .hex("object", statement.object().bytes())
                .hex("encoding", w)
                .hex("hash", statement.hash().bytes())
                .hex("signed", signed)
                .hex("signature", signature);
    }

    private static Fields privatePart(Value in) {
        PrivatePart part = new PrivatePart(
                in.hex("salt"), VerifyingKey.of(in.hex("asks")), Blinding.parse(in.text("blinds")), in.hex("seeds"));
        byte[] encoding = part.encode();
        Product.same(PrivatePart.decode(encoding).encode(), encoding);
        return new Fields().hex("encoding", encoding).hex("hash", PrivatePart.hash(encoding));
    }

    // ------------------------------------------------------------------------------------------- dealings and tokens

    private static List<ShareRoot> roots(Value in) {
        return in.objects("roots").stream()
                .map(root -> new ShareRoot(root.x("x"), root.hex("root")))
                .toList();
    }

    private static byte[] message(StatementHash w, List<ShareRoot> roots) {
        ByteWriter out = new ByteWriter().fixed(w.bytes(), StatementHash.BYTES).u8(roots.size());
        roots.forEach(root -> out.u8(root.x().x()).fixed(root.root(), 32));
        return out.toBytes();
    }

    private static Fields dealt(Value in) {
        SigningKey dealer = Product.key(in.hex("seed"));
        Dealt dealt = Dealt.sign(dealer, w(in), roots(in));
        dealt.verify(
                dealer.verifyingKey(),
                x -> {
                    throw new IllegalStateException("no provider signs it");
                },
                w(in));
        byte[] key = dealer.verifyingKey().bytes();
        byte[] signature = dealt.signatures().getFirst();
        return new Fields()
                .hex("public_key", key)
                .hex("signed", Product.signed(Purpose.SHARE_ROOTS, message(w(in), roots(in)), key, signature))
                .hex("signature", signature)
                .hex("encoding", encoding(dealt));
    }

    private static byte[] encoding(Dealt dealt) {
        byte[] encoding = dealt.encode();
        Product.same(Dealt.decode("it", encoding).encode(), encoding);
        return encoding;
    }

    private static Fields sums(Value in) {
        List<ShareRoot> roots = roots(in);
        List<byte[]> seeds = in.hexes("seeds");
        List<byte[]> signatures = new ArrayList<>();
        List<byte[]> signed = new ArrayList<>();
        for (int i = 0; i < roots.size(); i++) {
            signatures.add(Dealt.signSum(Product.key(seeds.get(i)), w(in), roots.get(i)));
            byte[] message = message(w(in), List.of(roots.get(i)));
            signed.add(Product.signed(Purpose.SUM_ROOT, message, key(seeds.get(i)), signatures.getLast()));
        }
        return new Fields()
                .hexes("public_keys", seeds.stream().map(Made::key).toList())
                .hexes("signed", signed)
                .hexes("signatures", signatures)
                .hex("encoding", encoding(new Dealt(true, roots, signatures)));
    }

    private static Fields token(Value in) {
        Statement statement = Statement.decode(in.hex("statement"));
        List<ShareIndex> missing = statement.making().orElseThrow().missing();
        List<Value> claims = in.objects("claims");
        Token token = new Token(
                statement,
                in.hex("h"),
                Dealt.decode("it", in.hex("dealt")),
                IntStream.range(0, claims.size())
                        .mapToObj(i -> new Claim(
                                missing.get(i),
                                VerifyingKey.of(claims.get(i).hex("key")),
                                claims.get(i).hex("signature")))
                        .toList(),
                in.longNumber("time"));
        byte[] encoding = token.encode();
        Product.same(Token.decode(encoding).encode(), encoding);
        return new Fields().hex("encoding", encoding);
    }

    private static Fields claim(Value in) {
        SigningKey user = Product.key(in.hex("seed"));
        byte[] message = Claim.message(w(in), in.x("x"));
        byte[] signature = user.sign(Purpose.CLAIM, message);
        new Claim(in.x("x"), user.verifyingKey(), signature).verify(w(in));
        return signed(user, Purpose.CLAIM, message, signature);
    }

    private static Fields signed(SigningKey key, Purpose purpose, byte[] message, byte[] signature) {
        byte[] publicKey = key.verifyingKey().bytes();
        return new Fields()
                .hex("public_key", publicKey)
                .hex("signed", Product.signed(purpose, message, publicKey, signature))
                .hex("signature", signature);
    }

    // ---------------------------------------------------------------------------- chains, certificates, abandonments

    /** All that took part, and as many of those that came later as there are seeds for. */
    static SignatureChain chain(byte[] token, List<byte[]> seeds, byte[] root) {
        SignatureChain chain = SignatureChain.start(token);
        Token u = Token.decode(token);
        for (int i = 0; i < seeds.size(); i++) {
            ShareIndex x = u.providers().get(i);
            chain = chain.sign(
                    x, u.homes().contains(x) ? Optional.of(root) : Optional.empty(), Product.key(seeds.get(i)));
        }
        return chain;
    }

    private static Fields chainOf(Value in) {
        byte[] token = in.hex("token");
        Token u = Token.decode(token);
        List<byte[]> seeds = in.hexes("seeds");
        SignatureChain chain = chain(token, seeds, in.hex("root"));
        List<byte[]> keys = seeds.stream().map(Made::key).toList();
        chain.verifyComplete(x -> VerifyingKey.of(keys.get(u.providers().indexOf(x))));
        Product.same(SignatureChain.decode(chain.encode()).encode(), chain.encode());
        List<byte[]> signatures =
                chain.participations().stream().map(Participation::signature).toList();
        List<byte[]> signed = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            byte[] root = chain.participations().get(i).ciphertextRoot().orElse(new byte[0]);
            boolean nested = !u.scheme().blinded() && i > 0;
            byte[] message = new ByteWriter()
                    .bytes(token)
                    .u8(u.providers().get(i).x())
                    .bytes(root)
                    .bytes(nested ? signatures.get(i - 1) : new byte[0])
                    .toBytes();
            signed.add(Product.signed(Purpose.PARTICIPATION, message, keys.get(i), signatures.get(i)));
        }
        return new Fields()
                .hexes("public_keys", keys)
                .hexes("signed", signed)
                .hexes("signatures", signatures)
                .hex("encoding", chain.encode());
    }

    private static Fields certificate(Value in) {
        SignatureChain chain = SignatureChain.decode(in.hex("chain"));
        SigningKey session = Product.key(in.hex("session_seed"));
        byte[] byOwner = Token.decode(chain.token()).statement().sign(Product.key(in.hex("owner_seed")));
        Certificate certificate = Certificate.sign(session, byOwner, chain);
        certificate.verifyOwner();
        Product.same(Certificate.decode(certificate.encode()).encode(), certificate.encode());
        Fields made = signed(session, Purpose.CERTIFICATE, chain.committed().encode(), certificate.signature());
        return made.hex("owner_signature", byOwner).hex("encoding", certificate.encode());
    }

    private static Fields abandonment(Value in) {
        SigningKey session = Product.key(in.hex("seed"));
        Abandonment abandonment = Abandonment.sign(session, w(in));
        byte[] signature = abandonment.signature().orElseThrow();
        return signed(session, Purpose.ABANDONMENT, in.hex("w"), signature).hex("encoding", encoding(abandonment));
    }

    private static byte[] encoding(Abandonment abandonment) {
        byte[] encoding = abandonment.encode();
        Product.same(Abandonment.decode(encoding).encode(), encoding);
        return encoding;
    }

    private static Fields words(Value in) {
        List<Value> providers = in.objects("providers");
        List<Abandonment.Word> words = providers.stream()
                .map(provider -> Abandonment.Word.sign(Product.key(provider.hex("seed")), w(in), provider.x("x")))
                .toList();
        List<byte[]> signed = new ArrayList<>();
        for (int i = 0; i < words.size(); i++) {
            byte[] message = new ByteWriter()
                    .fixed(in.hex("w"), 32)
                    .u8(words.get(i).x().x())
                    .toBytes();
            byte[] key = key(providers.get(i).hex("seed"));
            words.get(i).verify(VerifyingKey.of(key));
            signed.add(Product.signed(
                    Purpose.NO_CERTIFICATE, message, key, words.get(i).signature()));
        }
        return new Fields()
                .hexes(
                        "public_keys",
                        providers.stream().map(each -> key(each.hex("seed"))).toList())
                .hexes("signed", signed)
                .hexes("words", words.stream().map(Abandonment.Word::encode).toList())
                .hex("encoding", encoding(Abandonment.of(w(in), words)));
    }

    // ----------------------------------------------------------------------------------- commands, receipts, holdings

    private static Command.Deed deed(Value in) {
        return switch (in.text("kind")) {
            case "destroy" ->
                new Command.Destroy(
                        in.number("epoch"),
                        in.longNumber("highest"),
                        StatementHash.of(in.hexes("generation").getFirst()));
            case "destroy-for-ever" -> new Command.DestroyForEver();
            case "schedule" -> new Command.Schedule(in.longNumber("at"));
            case "cancel" -> new Command.Cancel();
            default ->
                new Command.Settle(StatementHash.of(in.hexes("generation").getFirst()));
        };
    }

    private static Fields command(Value in) {
        Command command = new Command(
                RingId.of(in.hex("ring")),
                title(in.object("owner")),
                in.longNumber("number"),
                in.longNumber("time"),
                deed(in.object("deed")));
        Command.Signed signed = Command.Signed.sign(Product.key(ownersSeed(in.object("owner"))), command);
        SigningKey user = Product.key(in.hex("seed"));
        byte[] message = Command.Authorised.message(signed, in.text("node"));
        Command.Authorised authorised = new Command.Authorised(
                signed, in.text("node"), user.verifyingKey(), user.sign(Purpose.COMMAND, message));
        authorised.verify();
        byte[] encoding = authorised.encode();
        Product.same(Command.Authorised.decode(encoding).encode(), encoding);
        byte[] owner = command.title().owner().key().bytes();
        return new Fields()
                .hex("object", command.object().bytes())
                .hex("command", command.encode())
                .hex("signed", Product.signed(Purpose.OWNER_COMMAND, command.encode(), owner, signed.signature()))
                .hex("signature", signed.signature())
                .hex("signed_command", signed.encode())
                .hex("key", user.verifyingKey().bytes())
                .hex(
                        "authorised",
                        Product.signed(
                                Purpose.COMMAND, message, user.verifyingKey().bytes(), authorised.keySignature()))
                .hex("key_signature", authorised.keySignature())
                .hex("encoding", encoding);
    }

    private static Fields handOver(Value in) {
        Title title = title(in.object("owner"));
        SigningKey owner = Product.key(ownersSeed(in.object("owner")));
        OwnerKey to = owner(in.object("to"));
        RingId ring = RingId.of(in.hex("ring"));
        String node = in.text("node");
        SigningKey next = Product.key(in.hex("next_seed"));
        byte[] accepted = Acceptance.message(ring, title.object(), to, node, next.verifyingKey());
        Acceptance acceptance = new Acceptance(
                node,
                next.verifyingKey(),
                Product.key(in.object("to").hex("seed")).sign(Purpose.ACCEPTANCE, accepted),
                next.sign(Purpose.ACCEPTANCE, accepted));
        Handover handover = title.handOver(owner, to);
        title.with(handover).verify();
        Command command = new Command(
                ring,
                title,
                0,
                in.longNumber("time"),
                new Command.HandOver(
                        handover,
                        in.number("epoch"),
                        in.longNumber("highest"),
                        StatementHash.of(in.hex("generation")),
                        acceptance));
        Command.Signed signed = Command.Signed.sign(owner, command);
        SigningKey user = Product.key(in.hex("seed"));
        byte[] message = Command.Authorised.message(signed, node);
        Command.Authorised authorised =
                new Command.Authorised(signed, node, user.verifyingKey(), user.sign(Purpose.COMMAND, message));
        authorised.verify();
        byte[] encoding = authorised.encode();
        Product.same(Command.Authorised.decode(encoding).encode(), encoding);
        return new Fields()
                .hex("object", title.object().bytes())
                .hex("handover_signature", handover.signature())
                .hex("accepted", accepted)
                .hex("next_owner_signature", acceptance.ownerSignature())
                .hex("next_key", next.verifyingKey().bytes())
                .hex("next_key_signature", acceptance.keySignature())
                .hex("command", command.encode())
                .hex("encoding", encoding);
    }

    private static Fields receipt(Value in) {
        SigningKey provider = Product.key(in.hex("seed"));
        Receipt receipt = Receipt.sign(
                provider,
                Token.decode(in.hex("token")),
                in.json().get("for_ever").booleanValue(),
                in.x("x"),
                in.longNumber("time"));
        byte[] encoding = receipt.encode();
        Receipt.decode(encoding).verify(provider.verifyingKey());
        byte[] body = Arrays.copyOfRange(encoding, 4, encoding.length - SigningKey.SIGNATURE_BYTES);
        return signed(provider, Purpose.RECEIPT, body, receipt.signature())
                .hex("body", body)
                .hex("encoding", encoding);
    }

    private static Fields holding(Value in) {
        SigningKey provider = Product.key(in.hex("seed"));
        Holding holding = Holding.sign(
                provider,
                RingId.of(in.hex("ring")),
                w(in),
                Holding.Part.values()[in.number("part") - 1],
                in.x("x"),
                in.number("chunk"),
                in.hex("hash"));
        byte[] encoding = holding.encode();
        Holding.decode(encoding).verify(provider.verifyingKey());
        return signed(
                        provider,
                        Purpose.HOLDING,
                        Arrays.copyOf(encoding, encoding.length - SigningKey.SIGNATURE_BYTES),
                        holding.signature())
                .hex("encoding", encoding);
    }
}
