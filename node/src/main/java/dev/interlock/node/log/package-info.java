/** A node's audit log: what it let in, refused and did, as a hash chain under signed heads. */
@NullMarked
package dev.interlock.node.log;

import org.jspecify.annotations.NullMarked;
