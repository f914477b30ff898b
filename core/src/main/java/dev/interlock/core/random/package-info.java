/** Where a dealer's randomness comes from: noise sources, their health tests, and the generator that they seed. */
@NullMarked
package dev.interlock.core.random;

import org.jspecify.annotations.NullMarked;
