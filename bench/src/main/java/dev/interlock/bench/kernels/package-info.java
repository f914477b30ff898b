/** The arithmetic: layer, deal and combine against the memory, the generator and other libraries. */
@NullMarked
package dev.interlock.bench.kernels;

import org.jspecify.annotations.NullMarked;
