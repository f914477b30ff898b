/** The threshold verifiable OPRF of logins: RFC 9497 over P-256, its key shared among providers. */
@NullMarked
package dev.interlock.core.oprf;

import org.jspecify.annotations.NullMarked;
