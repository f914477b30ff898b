package dev.interlock.node.store;

import dev.interlock.core.sharing.ShareIndex;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a blob is to its object, which has at most one of each kind.
 *
 * @param code 1..6; stands, like x, in nonces, associated data and row numbers, so it never changes
 * @param x whose share a sealed or a waiting one is, 1..254; 0 for the other kinds
 */
public record BlobKind(int code, int x) {
    /** This provider's share of the pad. */
    public static final BlobKind SHARE = new BlobKind(1, 0);

    /** P ⊕ a0, where this provider is the object's home. */
    public static final BlobKind CIPHERTEXT = new BlobKind(2, 0);

    /** Written by {@link PendingObject#prepare} and read by {@link Store#manifest}; kept and sealed like the others. */
    public static final BlobKind MANIFEST = new BlobKind(3, 0);

    /** What an attested write's hop received, only ever transient: {@link PendingObject#createTransient}. */
    public static final BlobKind RECEIVED = new BlobKind(5, 0);

    /** {@link #number} is below. */
    static final int NUMBERS = 2048;

    private static final int SEALED_SHARE = 4;
    private static final int WAITING_SHARE = 6;
    private static final Pattern LABEL_OF_X = Pattern.compile("(sealed|waiting)-([1-9][0-9]{0,2})");

    public BlobKind {
        if (!isKnown(code, x)) {
            throw new IllegalArgumentException("no blob is of kind " + code + " with x = " + x);
        }
    }

    /** The share of provider x, sealed to the user's public key, where this provider is the object's home. */
    public static BlobKind sealedShare(int x) {
        return new BlobKind(SEALED_SHARE, x);
    }

    /** The share of provider x, sealed to that provider, which was missing when the object was written. */
    public static BlobKind waitingShare(int x) {
        return new BlobKind(WAITING_SHARE, x);
    }

    /** The kind that writes itself like this; empty when none does. */
    static Optional<BlobKind> ofLabel(String label) {
        Matcher ofX = LABEL_OF_X.matcher(label);
        if (ofX.matches()) {
            int x = Integer.parseInt(ofX.group(2));
            int code = ofX.group(1).equals("sealed") ? SEALED_SHARE : WAITING_SHARE;
            return x <= ShareIndex.MAX ? Optional.of(new BlobKind(code, x)) : Optional.empty();
        }
        return switch (label) {
            case "share" -> Optional.of(SHARE);
            case "ciphertext" -> Optional.of(CIPHERTEXT);
            case "manifest" -> Optional.of(MANIFEST);
            case "received" -> Optional.of(RECEIVED);
            default -> Optional.empty();
        };
    }

    /** The kind with this number; empty when none has. */
    static Optional<BlobKind> ofNumber(int number) {
        int code = number / 256;
        int x = number % 256;
        return isKnown(code, x) ? Optional.of(new BlobKind(code, x)) : Optional.empty();
    }

    /** Both parts in one. */
    int number() {
        return 256 * code + x;
    }

    /** How messages and file names write it. */
    String label() {
        return switch (code) {
            case 1 -> "share";
            case 2 -> "ciphertext";
            case 3 -> "manifest";
            case 5 -> "received";
            case WAITING_SHARE -> "waiting-" + x;
            default -> "sealed-" + x;
        };
    }

    @Override
    public String toString() {
        return label();
    }

    private static boolean isKnown(int code, int x) {
        return (code == SEALED_SHARE || code == WAITING_SHARE)
                ? x >= ShareIndex.MIN && x <= ShareIndex.MAX
                : (code == 1 || code == 2 || code == 3 || code == 5) && x == 0;
    }
}
