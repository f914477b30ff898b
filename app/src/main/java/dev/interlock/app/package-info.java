/** The {@code interlock} command. */
@NullMarked
package dev.interlock.app;

import org.jspecify.annotations.NullMarked;
