/** What one provider keeps: shares, ciphertexts, tokens, tombstones and burnt sessions. */
@NullMarked
package dev.interlock.node.store;

import org.jspecify.annotations.NullMarked;
