package dev.interlock.core.token;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.sharing.Threshold;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One of the paper's three protocols, in one of the two profiles. All in which the six differ is asked here; the steps
 * themselves are shared.
 *
 * @param protocol 1: the user keeps a private key; 2: a key or share for each object; 3: nothing
 */
public record Scheme(int protocol, Profile profile) {
    /** What is used unless another one is asked for: the user keeps nothing, and fewer than t providers learn nothing. */
    public static final Scheme DEFAULT = new Scheme(3, Profile.BLINDED);

    /** @throws MalformedException when there's no such protocol */
    public Scheme {
        if (protocol < 1 || protocol > 3) {
            throw new MalformedException("protocol " + protocol + " is none of 1, 2, 3");
        }
    }

    /** Whether every hop adds a blind. */
    public boolean blinded() {
        return profile == Profile.BLINDED;
    }

    /** Protocol 1: m and all shares are sealed to the user's public key, and home keeps them; a read runs no ring. */
    public boolean sealed() {
        return protocol == 1;
    }

    /** Protocol 2, blinded: a pad b_U that only the user can make lies over the message, under all layers. */
    public boolean paddedByUser() {
        return protocol == 2 && blinded();
    }

    /** Published 2 and 3: the dealing is for n+1, and the user puts the layer of its own point on first. */
    public boolean dealtToUser() {
        return protocol != 1 && !blinded();
    }

    /** Published 2: the user keeps its share and takes the layer of its own point off, beside t providers. */
    public boolean readWithUser() {
        return protocol == 2 && !blinded();
    }

    /** Published 3: home sends c to the user, who sends it into the ring under a fresh K. */
    public boolean readThroughUser() {
        return protocol == 3 && !blinded();
    }

    /** How many providers keep the ciphertext: with n−t+1, any t have one among them; the paper has one, CC_1. */
    public int homes(Threshold threshold) {
        return blinded() ? threshold.n() - threshold.t() + 1 : 1;
    }

    /**
     * How many of n providers must take part in a write, at least, where the others may get their shares later: one more than
     * open the object, or the write check would find no wrong share.
     */
    public int writers(Threshold threshold) {
        return blinded() && !sealed() ? Math.min(threshold.t() + 1, threshold.n()) : threshold.n();
    }

    /**
     * The points between which a write interpolates.
     *
     * @param providers all n
     * @throws MalformedException when the user needs a point and there's none left for it
     */
    public List<ShareIndex> writePoints(List<ShareIndex> providers) {
        return dealtToUser() ? with(providers, userPoint(providers)) : providers;
    }

    /**
     * The points between which a read interpolates.
     *
     * @param path those of the providers that take part
     * @param providers all n
     */
    public List<ShareIndex> readPoints(List<ShareIndex> path, List<ShareIndex> providers) {
        return readWithUser() ? with(path, userPoint(providers)) : path;
    }

    /** The user's point, if it has one in this scheme. */
    public Optional<ShareIndex> user(List<ShareIndex> providers) {
        return dealtToUser() ? Optional.of(userPoint(providers)) : Optional.empty();
    }

    /** x_U: the paper's n+1, or the next after the largest where providers have other points than 1..n. */
    private static ShareIndex userPoint(List<ShareIndex> providers) {
        int largest = providers.stream().mapToInt(ShareIndex::x).max().orElse(0);
        if (largest == ShareIndex.MAX) {
            throw new MalformedException("the published profile needs a point for the user beyond x = " + largest
                    + ", and there's none up to " + ShareIndex.MAX);
        }
        return new ShareIndex(largest + 1);
    }

    private static List<ShareIndex> with(List<ShareIndex> points, ShareIndex user) {
        List<ShareIndex> all = new ArrayList<>(points);
        all.add(user);
        return List.copyOf(all);
    }

    @Override
    public String toString() {
        return "protocol " + protocol + ", " + profile.text();
    }
}
