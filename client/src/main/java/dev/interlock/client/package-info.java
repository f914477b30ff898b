/** The SDK: put, get, list, info and destroy over a ring of providers. */
@NullMarked
package dev.interlock.client;

import org.jspecify.annotations.NullMarked;
