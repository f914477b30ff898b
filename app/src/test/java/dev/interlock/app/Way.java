package dev.interlock.app;

import dev.interlock.client.GetOptions;
import dev.interlock.client.Interlock;
import dev.interlock.client.PutOptions;
import dev.interlock.client.UserKeyFile;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.Blinding;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One of the ways to put an object and get it: a scheme, its blinds, and what the user keeps.
 *
 * @param kem in protocol 1
 * @param fullUserKey in protocol 2, blinded
 */
record Way(Scheme scheme, Blinding blinding, Optional<Kem> kem, boolean fullUserKey) {
    static final Way ONE = blinded(1, Optional.of(Kem.X25519));
    static final Way TWO = blinded(2, Optional.empty());
    static final Way THREE = blinded(3, Optional.empty());

    private static final Map<Kem, OpeningKey> KEYS = new EnumMap<>(Kem.class);

    /** An object that was put, and what its user keeps of it. */
    record Kept(Interlock user, Token token, GetOptions options) {
        byte[] get(String... from) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            get(out, from(from));
            return out.toByteArray();
        }

        /** With these options; what came out stays in {@code out} when this throws. */
        void get(ByteArrayOutputStream out, GetOptions other) {
            try {
                var _ = user.get(token.object(), Channels.newChannel(out), other, _ -> {}, _ -> {});
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        /** The same key, by these providers. */
        GetOptions from(String... names) {
            return new GetOptions(
                    List.of(names), options.blinding(), options.privateKey(), options.userKey(), GetOptions.Way.AUTO);
        }
    }

    private static Way blinded(int protocol, Optional<Kem> kem) {
        return new Way(new Scheme(protocol, Profile.BLINDED), Blinding.EXPANDED, kem, false);
    }

    Way published() {
        return new Way(new Scheme(scheme.protocol(), Profile.PUBLISHED), Blinding.NONE, kem, false);
    }

    Way to(Kem other) {
        return new Way(scheme, blinding, Optional.of(other), false);
    }

    Way withFullUserKey() {
        return new Way(scheme, blinding, Optional.empty(), true);
    }

    Way blindedBy(Blinding other) {
        return new Way(scheme, other, kem, fullUserKey);
    }

    /** Every scheme with every kind of blinds, of user key and of KEM. */
    static Stream<Way> all() {
        return Stream.of(ONE, ONE.to(Kem.XWING), TWO, TWO.withFullUserKey(), THREE)
                .flatMap(way -> way.fullUserKey
                        ? Stream.of(way, way.blindedBy(Blinding.FULL))
                        : Stream.of(way, way.blindedBy(Blinding.FULL), way.published()));
    }

    /** The same key for every object. */
    static synchronized OpeningKey key(Kem kem) {
        return KEYS.computeIfAbsent(kem, each -> OpeningKey.generate(each, new SecureRandom()));
    }

    Kept put(Interlock user, Path folder, byte[] bytes) {
        return put(user, folder, Channels.newChannel(new ByteArrayInputStream(bytes)), bytes.length);
    }

    /** @param folder where the user key goes, if there is one, as "key" and something random */
    Kept put(Interlock user, Path folder, ReadableByteChannel in, long length) {
        Path file = folder.resolve("key" + Long.toHexString(new SecureRandom().nextLong()));
        boolean keeps = scheme.protocol() == 2;
        try (UserKeyTarget target = UserKeyTarget.create(Optional.of(file).filter(_ -> keeps))) {
            Token token = user.put(
                    in,
                    length,
                    new PutOptions(scheme, blinding, kem.map(Way::recipient), target.output(), fullUserKey, 0),
                    _ -> {});
            return new Kept(
                    user,
                    token,
                    new GetOptions(
                            List.of(),
                            blinding == Blinding.FULL ? Blinding.FULL : Blinding.EXPANDED,
                            kem.map(Way::key),
                            keeps ? Optional.of(UserKeyFile.open(file)) : Optional.empty(),
                            GetOptions.Way.AUTO));
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static RecipientKey recipient(Kem kem) {
        return key(kem).recipient();
    }

    @Override
    public String toString() {
        return scheme + ", blinds " + blinding.text()
                + kem.map(k -> ", " + k.label()).orElse("") + (fullUserKey ? ", full user key" : "");
    }
}
