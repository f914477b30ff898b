/** Names of objects: what they may look like, the entries that keep them at providers, and what is believed of those. */
@NullMarked
package dev.interlock.protocol.names;

import org.jspecify.annotations.NullMarked;
