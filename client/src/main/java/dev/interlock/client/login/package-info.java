/** Logging in with a name and a password (SPEC §17), and what a user does with their login. */
@NullMarked
package dev.interlock.client.login;

import org.jspecify.annotations.NullMarked;
