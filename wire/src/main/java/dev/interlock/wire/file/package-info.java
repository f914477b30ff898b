/** The small files of nodes and users: written whole or not at all, read as editors leave them, with reasons for failures. */
@NullMarked
package dev.interlock.wire.file;

import org.jspecify.annotations.NullMarked;
