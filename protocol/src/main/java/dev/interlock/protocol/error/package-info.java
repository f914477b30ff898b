/** What can go wrong, one class for each thing that the caller would do about it. */
@NullMarked
package dev.interlock.protocol.error;

import org.jspecify.annotations.NullMarked;
