/**
 * The auditor: which coalitions learn m.
 *
 * <p>It runs the steps of {@link dev.interlock.protocol} themselves, over linear forms instead of bytes, and keeps what
 * every party sees. A coalition learns m exactly when m lies in the span of what its members saw: everything else that
 * the protocols draw is uniform, so that a value outside the span stays uniform whatever they compute. The model takes
 * the channels, sealing and the expansion of seeds as perfect, and its providers as curious, not lying.
 */
@NullMarked
package dev.interlock.audit;

import org.jspecify.annotations.NullMarked;
