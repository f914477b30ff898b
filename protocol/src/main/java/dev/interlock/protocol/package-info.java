/** The steps of user, dealer, home and provider as pure functions, in the order of the paper and of SPEC §§8 and 9. */
@NullMarked
package dev.interlock.protocol;

import org.jspecify.annotations.NullMarked;
