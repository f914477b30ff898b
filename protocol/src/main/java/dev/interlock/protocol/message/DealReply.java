package dev.interlock.protocol.message;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Dealt;
import dev.interlock.core.token.ShareRoot;
import java.util.HexFormat;
import java.util.List;

/** The end of step 2: the dealer's commitment to every share that it dealt. */
public record DealReply(List<Root> roots) {
    /** A {@link ShareRoot} in hex. */
    public record Root(int x, String root, String signature) {}

    public static DealReply of(Dealt dealt) {
        HexFormat hex = HexFormat.of();
        return new DealReply(dealt.roots().stream()
                .map(r -> new Root(r.x().x(), hex.formatHex(r.root()), hex.formatHex(r.signature())))
                .toList());
    }

    /** @throws MalformedException when a field isn't what it should be */
    public Dealt checked(String dealer) {
        HexFormat hex = HexFormat.of();
        try {
            return new Dealt(
                    dealer,
                    roots.stream()
                            .map(r -> new ShareRoot(
                                    new ShareIndex(r.x()), hex.parseHex(r.root()), hex.parseHex(r.signature())))
                            .toList());
        } catch (IllegalArgumentException e) {
            throw new MalformedException("the reply of " + dealer + " is malformed: " + e.getMessage());
        }
    }
}
