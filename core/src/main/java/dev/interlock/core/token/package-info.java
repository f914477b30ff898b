/** What names and proves an object: ids, the token u_m and the signature chain over it. */
@NullMarked
package dev.interlock.core.token;

import org.jspecify.annotations.NullMarked;
