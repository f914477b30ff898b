/** Ed25519 with a label for each purpose. */
@NullMarked
package dev.interlock.core.signature;

import org.jspecify.annotations.NullMarked;
