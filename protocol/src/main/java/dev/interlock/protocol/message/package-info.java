/** What travels between the parties. */
@NullMarked
package dev.interlock.protocol.message;

import org.jspecify.annotations.NullMarked;
