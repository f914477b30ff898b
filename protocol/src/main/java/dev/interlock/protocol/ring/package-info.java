/** Who is in a ring: cards, the signed descriptor, and the checks that both must pass. */
@NullMarked
package dev.interlock.protocol.ring;

import org.jspecify.annotations.NullMarked;
