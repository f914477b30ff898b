/**
 * Arithmetic in GF(2^8) with the AES polynomial, one byte at a time and many at once.
 *
 * <p>{@link dev.interlock.core.field.Gf256} is the truth; every {@link dev.interlock.core.field.FieldKernel} is compared
 * with it. All of it is constant-time in the data it works on; coefficients are public.
 */
@NullMarked
package dev.interlock.core.field;

import org.jspecify.annotations.NullMarked;
