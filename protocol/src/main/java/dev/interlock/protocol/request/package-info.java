/** Who may ask: a signature on every client request, for one provider, one operation, once. */
@NullMarked
package dev.interlock.protocol.request;

import org.jspecify.annotations.NullMarked;
