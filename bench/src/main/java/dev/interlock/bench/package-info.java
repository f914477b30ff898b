/** The benchmarks of Interlock: one command, figures as ratios of the same run, results checked. */
@NullMarked
package dev.interlock.bench;

import org.jspecify.annotations.NullMarked;
