package dev.interlock.protocol.message;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.ShareRoot;
import java.util.HexFormat;
import java.util.List;

/** The end of step 2: a dealer's commitment to every share that it dealt; of a provider, to the one that it summed up. */
public record DealReply(List<Root> roots) {
    /** A {@link ShareRoot} in hex. */
    public record Root(int x, String root, String signature) {}

    public static DealReply of(List<ShareRoot> shares) {
        HexFormat hex = HexFormat.of();
        return new DealReply(shares.stream()
                .map(r -> new Root(r.x().x(), hex.formatHex(r.root()), hex.formatHex(r.signature())))
                .toList());
    }

    /**
     * @param from who answered
     * @throws MalformedException when a field isn't what it should be
     */
    public List<ShareRoot> checked(String from) {
        HexFormat hex = HexFormat.of();
        try {
            return roots.stream()
                    .map(r -> new ShareRoot(new ShareIndex(r.x()), hex.parseHex(r.root()), hex.parseHex(r.signature())))
                    .toList();
        } catch (IllegalArgumentException e) {
            throw new MalformedException("the reply of " + from + " is malformed: " + e.getMessage());
        }
    }
}
