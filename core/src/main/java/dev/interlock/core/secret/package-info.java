/** Secrets in memory: held off the heap, wiped after use, and expanded from seeds. */
@NullMarked
package dev.interlock.core.secret;

import org.jspecify.annotations.NullMarked;
