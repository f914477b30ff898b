package dev.interlock.protocol;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.core.token.Acceptance;
import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.OwnerKey;
import dev.interlock.core.token.RingId;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.request.Credential;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.util.List;

/**
 * What somebody gives the owner of an object that is to be handed over to them: the key that the object's owner is to have, and for
 * each provider the key by which it knows them. Nothing in it is secret, and only that owner can use it.
 *
 * @param to the next owner's key of this object
 * @param providers one for each provider of the ring
 */
public record Acceptances(RingId ring, ObjectId object, OwnerKey to, List<Acceptance> providers) {
    private static final String FORMAT = "interlock acceptance 1";

    public Acceptances {
        providers = List.copyOf(providers);
    }

    private record Text(
            String format,
            String ring,
            String object,
            int rootVersion,
            byte[] nonce,
            String key,
            List<Line> providers) {}

    private record Line(String name, String key, byte[] owner, byte[] user) {}

    /** The word of the user with this credential; twice the same. */
    public static Acceptances make(RingDescriptor ring, Credential credential, ObjectId object) {
        OwnerKey to = credential.nextOwner(object);
        return new Acceptances(
                ring.id(),
                object,
                to,
                ring.everyProvider().stream()
                        .map(Provider::name)
                        .map(name -> credential.accept(ring.id(), object, to, name))
                        .toList());
    }

    /**
     * Holds it against a ring and an object.
     *
     * @throws IntegrityException that says why it can't be used
     */
    public void verify(RingDescriptor descriptor, ObjectId of) {
        if (!ring.equals(descriptor.id())) {
            throw broken("it is for the ring " + ring + ", this is the ring " + descriptor.id());
        }
        if (!object.equals(of)) {
            throw broken("it is for the object " + object + ", not for " + of);
        }
        try {
            providers.forEach(each -> each.verify(ring, object, to));
        } catch (BadSignatureException e) {
            throw broken("a signature in it doesn't hold");
        }
        for (Provider provider : descriptor.providers()) {
            if (providers.stream().noneMatch(each -> each.node().equals(provider.name()))) {
                throw broken("it has nothing for " + provider.name() + ", which is in the ring by now");
            }
        }
    }

    private static IntegrityException broken(String why) {
        return new IntegrityException("the acceptance can't be used: " + why, List.of());
    }

    public byte[] encode() {
        return Json.write(new Text(
                FORMAT,
                ring.toString(),
                object.toString(),
                to.rootVersion(),
                to.nonce(),
                to.key().toString(),
                providers.stream()
                        .map(each -> new Line(
                                each.node(), each.key().toString(), each.ownerSignature(), each.keySignature()))
                        .toList()));
    }

    /** @throws MalformedException unless it is a whole one of this version */
    public static Acceptances decode(byte[] bytes) {
        Text text = Json.read("the acceptance", bytes, Text.class);
        if (!text.format().equals(FORMAT)) {
            throw new MalformedException("this is no \"" + FORMAT + "\"; this program reads that version only");
        }
        return new Acceptances(
                RingId.parse(text.ring()),
                ObjectId.parse(text.object()),
                new OwnerKey(text.rootVersion(), text.nonce(), VerifyingKey.parse(text.key())),
                text.providers().stream()
                        .map(line ->
                                new Acceptance(line.name(), VerifyingKey.parse(line.key()), line.owner(), line.user()))
                        .toList());
    }
}
