/** Who may use how much of a node at once: allowances, counted before anything is read or reserved. */
@NullMarked
package dev.interlock.node.admission;

import org.jspecify.annotations.NullMarked;
