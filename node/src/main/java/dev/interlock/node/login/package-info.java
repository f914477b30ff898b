/** Logins at one node (SPEC §17): who may be enrolled, what is kept of a login, and how many guesses are answered. */
@NullMarked
package dev.interlock.node.login;

import org.jspecify.annotations.NullMarked;
