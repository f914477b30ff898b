/** The small command that has a user's agent do the work: nothing here depends on anything but the Java platform. */
@NullMarked
package dev.interlock.app.thin;

import org.jspecify.annotations.NullMarked;
