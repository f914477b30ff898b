/** Sealing to a public key: HPKE (RFC 9180) agrees on a key, AES-256-GCM seals piece by piece (SPEC, protocol 1). */
@NullMarked
package dev.interlock.core.sealing;

import org.jspecify.annotations.NullMarked;
