package dev.interlock.protocol.error;

/**
 * What whoever met a problem can do about it. It says what, never how: a command line, a gateway or a page has words of its
 * own for it.
 */
public sealed interface Advice {
    /** See which objects there are. */
    record ListObjects() implements Advice {}

    /** See which devices have logged in. */
    record ListDevices() implements Advice {}

    /** Have an object's providers decide what was left undecided of it. */
    record Settle(String object) implements Advice {}

    /** See where an object is, and in which state. */
    record ShowObject(String object) implements Advice {}

    /** Take back that an object is to be destroyed. */
    record CancelDestroy(String object) implements Advice {}

    /** Read an object straight from its providers: that names who has something wrong. */
    record ReadDirect(String object) implements Advice {}

    /** Give a provider back what it lost. */
    record Repair(String provider) implements Advice {}

    /** Bring an object into the ring's present epoch. */
    record Follow(String object) implements Advice {}

    /** Give objects a new pad where they are. */
    record Replace() implements Advice {}

    /** Read the object, write it anew, and destroy this one. */
    record WriteAnew(String object) implements Advice {}

    /**
     * Write although some providers are missing.
     *
     * @param missing how many
     */
    record WriteWithout(int missing) implements Advice {}

    /**
     * Have more providers take part: no write goes without this many.
     *
     * @param least how many, t + 1
     * @param of all of them, n
     */
    record WritersNeeded(int least, int of) implements Advice {}

    /** Do the same again when all providers answer: nothing was made or changed of a login. */
    record RepeatWithAll() implements Advice {}

    /** Use the private key whose public key the object was written to. */
    record UsePrivateKey(String object) implements Advice {}

    /** Use the user key that the write of the object made. */
    record UseUserKey(String object) implements Advice {}

    /** Make a key pair. */
    record MakeKeyPair() implements Advice {}

    /** Make a credential, and have each operator let it in. */
    record MakeCredential() implements Advice {}

    /**
     * Have a node's operator let a user in.
     *
     * @param key the user's, for this node
     */
    record LetIn(String node, String key) implements Advice {}

    /** Make a node's folder. */
    record MakeNode() implements Advice {}

    /**
     * Have a node join a ring.
     *
     * @param role provider or dealer
     * @param folder the node's
     */
    record Join(String role, String folder) implements Advice {}

    /** Have a node listen, or be reached, elsewhere. */
    record OtherAddress() implements Advice {}

    /** Make a ring's descriptor from the cards of its nodes. */
    record AssembleRing() implements Advice {}

    /** Make the descriptor of a ring's next epoch. */
    record ChangeRing() implements Advice {}

    /** Check a node's audit log. */
    record CheckLog(String log) implements Advice {}
}
