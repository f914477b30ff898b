/** Private channels between the parties: TLS pinned by the ring, JSON calls, and streams with back-pressure. */
@NullMarked
package dev.interlock.wire;

import org.jspecify.annotations.NullMarked;
