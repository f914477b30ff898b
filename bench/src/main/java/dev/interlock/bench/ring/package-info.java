/** Put and get through a real ring of processes. */
@NullMarked
package dev.interlock.bench.ring;

import org.jspecify.annotations.NullMarked;
