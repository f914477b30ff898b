/**
 * The threshold pad: dealing it, putting it on and taking it off hop by hop, and cutting objects into chunks.
 *
 * <p>SPEC §4. Pure: no I/O, no clock; randomness is handed in.
 */
@NullMarked
package dev.interlock.core.sharing;

import org.jspecify.annotations.NullMarked;
