package dev.interlock.client;

import dev.interlock.core.sealing.RecipientKey;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.protocol.Blinding;
import dev.interlock.protocol.error.BadInputException;
import java.util.Optional;

/**
 * How an object is put.
 *
 * @param blinding where the hop blinds come from; none in the published profile, and only there
 * @param recipient protocol 1: the public key that the object is sealed to
 * @param userKey protocol 2: where the user key goes
 * @param allowDegraded how many providers may be missing, and get their shares when they are back; protocols 2 and 3,
 *     blinded
 * @param fullUserKey protocol 2, blinded: a user key as long as the object, instead of 32 bytes
 */
public record PutOptions(
        Scheme scheme,
        Blinding blinding,
        Optional<RecipientKey> recipient,
        Optional<UserKeyOutput> userKey,
        boolean fullUserKey,
        int allowDegraded) {

    /** Protocol 3, blinded: the user keeps nothing. */
    public static final PutOptions DEFAULT =
            new PutOptions(Scheme.DEFAULT, Blinding.EXPANDED, Optional.empty(), Optional.empty(), false, 0);

    /** @throws BadInputException when the parts don't fit together */
    public PutOptions {
        require(
                scheme.blinded() == (blinding != Blinding.NONE),
                scheme.blinded() ? "the blinded profile needs blinds" : "the published profile has no blinds");
        require(scheme.sealed() == recipient.isPresent(), "protocol 1, and no other, is put to a public key");
        require(
                (scheme.protocol() == 2) == userKey.isPresent(),
                "protocol 2, and no other, writes a user key: name the file for it");
        require(!fullUserKey || scheme.paddedByUser(), "only protocol 2, blinded, has user keys of two lengths");
        require(
                allowDegraded >= 0,
                "the number of providers that may be missing is " + allowDegraded + ", must be 0 or more");
        require(
                allowDegraded == 0 || (scheme.blinded() && !scheme.sealed()),
                "only protocols 2 and 3, blinded, can be put while providers are missing, not " + scheme);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new BadInputException(otherwise);
        }
    }

    /** Protocol 1: whoever has the private key opens the object, with home alone. */
    public static PutOptions sealedTo(RecipientKey recipient) {
        return new PutOptions(
                new Scheme(1, Profile.BLINDED), Blinding.EXPANDED, Optional.of(recipient), Optional.empty(), false, 0);
    }

    /** Protocol 2: without this key, t providers or all n learn nothing. */
    public static PutOptions withUserKey(UserKeyOutput output, boolean full) {
        return new PutOptions(
                new Scheme(2, Profile.BLINDED), Blinding.EXPANDED, Optional.empty(), Optional.of(output), full, 0);
    }

    /** The same in the published profile, which leaks. */
    public PutOptions published() {
        return new PutOptions(
                new Scheme(scheme.protocol(), Profile.PUBLISHED), Blinding.NONE, recipient, userKey, fullUserKey, 0);
    }

    /** The same with other blinds. */
    public PutOptions blindedBy(Blinding other) {
        return new PutOptions(scheme, other, recipient, userKey, fullUserKey, allowDegraded);
    }

    /** The same, with so many providers missing or fewer: what is theirs waits for them at others. */
    public PutOptions allowingDegraded(int missing) {
        return new PutOptions(scheme, blinding, recipient, userKey, fullUserKey, missing);
    }
}
