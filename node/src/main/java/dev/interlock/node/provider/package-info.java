/** The provider: sessions, passes, and the objects' two-phase life. */
@NullMarked
package dev.interlock.node.provider;

import org.jspecify.annotations.NullMarked;
