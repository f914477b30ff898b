/** A node: its folder, its server, and who may ask it. */
@NullMarked
package dev.interlock.node;

import org.jspecify.annotations.NullMarked;
