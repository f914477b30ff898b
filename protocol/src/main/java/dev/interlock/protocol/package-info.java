/** The steps of user, dealer, home and provider as pure functions, in the order and with the names of DESIGN §6. */
@NullMarked
package dev.interlock.protocol;

import org.jspecify.annotations.NullMarked;
