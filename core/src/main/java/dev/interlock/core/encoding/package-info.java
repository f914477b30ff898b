/** The strict binary encoding of everything that is signed or hashed. */
@NullMarked
package dev.interlock.core.encoding;

import org.jspecify.annotations.NullMarked;
