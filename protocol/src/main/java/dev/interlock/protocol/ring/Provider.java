package dev.interlock.protocol.ring;

import dev.interlock.core.sharing.ShareIndex;

/** A provider's place in a ring: CC_i with x-coordinate x_i. */
public record Provider(ShareIndex x, NodeCard card) {
    public String name() {
        return card.name();
    }
}
