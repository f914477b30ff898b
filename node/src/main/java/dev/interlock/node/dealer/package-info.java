/** The dealer: draws pads, shares them out, forgets. */
@NullMarked
package dev.interlock.node.dealer;

import org.jspecify.annotations.NullMarked;
