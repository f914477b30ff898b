/** Salted chunk leaves and the Merkle trees over them: what binds bytes without telling anything about them. */
@NullMarked
package dev.interlock.core.commitment;

import org.jspecify.annotations.NullMarked;
