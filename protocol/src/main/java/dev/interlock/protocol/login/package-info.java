/** Logins (SPEC §17): what a user's password opens with any t providers, and fewer than t can't test a guess against. */
@NullMarked
package dev.interlock.protocol.login;

import org.jspecify.annotations.NullMarked;
