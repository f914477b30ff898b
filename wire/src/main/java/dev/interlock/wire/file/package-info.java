/** Files that must last, as all parties write them. */
@NullMarked
package dev.interlock.wire.file;

import org.jspecify.annotations.NullMarked;
