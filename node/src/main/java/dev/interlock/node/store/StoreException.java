package dev.interlock.node.store;

import dev.interlock.core.token.ObjectId;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The store can't do what it was asked; the subclass says what to do about it. Messages never hold stored bytes. */
public abstract sealed class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    // How Linux says ENOSPC, EDQUOT and EFBIG; Java gives the text alone.
    private static final List<String> NO_ROOM =
            List.of("No space left on device", "Disk quota exceeded", "File too large");

    private StoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    static StoreException of(String what, IOException cause) {
        String message = String.valueOf(cause.getMessage());
        return NO_ROOM.stream().anyMatch(message::contains)
                ? new NoRoom(what + ": " + message, cause)
                : new Failed(what + ": " + message, cause);
    }

    static StoreException of(String what, SQLException cause) {
        String message = what + ": " + cause.getMessage();
        return cause instanceof SQLiteException sqlite && sqlite.getResultCode() == SQLiteErrorCode.SQLITE_FULL
                ? new NoRoom(message, cause)
                : new Failed(message, cause);
    }

    /** The id is taken: choose another. */
    public static final class ObjectExists extends StoreException {
        private static final long serialVersionUID = 1L;

        ObjectExists(ObjectId id, String state) {
            super("object " + id + " exists already, it is " + state, null);
        }
    }

    /** Nothing is stored under this id, or not this kind of blob. */
    public static final class NoSuchObject extends StoreException {
        private static final long serialVersionUID = 1L;

        NoSuchObject(ObjectId id) {
            super("object " + id + " isn't stored here", null);
        }

        NoSuchObject(ObjectId id, BlobKind kind) {
            super("object " + id + " has no " + kind.label() + " here", null);
        }
    }

    /** The object was destroyed; nothing brings it back. */
    public static final class Destroyed extends StoreException {
        private static final long serialVersionUID = 1L;

        Destroyed(ObjectId id) {
            super("object " + id + " was destroyed", null);
        }
    }

    /** A later generation took the object's place: look for it by the origin. */
    public static final class Replaced extends StoreException {
        private static final long serialVersionUID = 1L;

        Replaced(ObjectId id) {
            super("object " + id + " was replaced, a later generation took its place", null);
        }
    }

    /** Another generation of the object is being written, and only one can win: try again when it is decided. */
    public static final class Busy extends StoreException {
        private static final long serialVersionUID = 1L;

        Busy(ObjectId origin, ObjectId other, String state) {
            super("object " + origin + " is being replaced already, by " + other + ", which is " + state, null);
        }
    }

    /** The object's state doesn't allow the call: a bug in the caller. */
    public static final class WrongState extends StoreException {
        private static final long serialVersionUID = 1L;

        WrongState(ObjectId id, ObjectState actual, ObjectState expected) {
            super("object " + id + " is " + actual + ", not " + expected, null);
        }

        WrongState(ObjectId id, ObjectId origin, int generation, String why) {
            super(
                    "object " + id + " can't become generation " + generation + " of object " + origin + ": " + why,
                    null);
        }
    }

    /** What is stored isn't what was written: this provider needs a repair of the object. */
    public static final class DamagedRecord extends StoreException {
        private static final long serialVersionUID = 1L;
        // Not serialized: an exception of this kind doesn't leave its process.
        private final transient ObjectId object;
        private final transient BlobKind kind;
        private final int record;

        DamagedRecord(ObjectId object, BlobKind kind, int record, String how, @Nullable Throwable cause) {
            super("object " + object + ", " + kind.label() + " record " + record + " is damaged: " + how, cause);
            this.object = object;
            this.kind = kind;
            this.record = record;
        }

        public ObjectId object() {
            return object;
        }

        public BlobKind kind() {
            return kind;
        }

        /** Counted from 0. */
        public int record() {
            return record;
        }
    }

    /** The disk is full: what was asked isn't done and leaves nothing behind. */
    public static final class NoRoom extends StoreException {
        private static final long serialVersionUID = 1L;

        NoRoom(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** The folder can't be opened as a store: another process has it, it is of another version, or unreadable. */
    public static final class Unusable extends StoreException {
        private static final long serialVersionUID = 1L;

        Unusable(Path folder, String why, @Nullable Throwable cause) {
            super("store " + folder + ": " + why, cause);
        }
    }

    /** The disk or the engine failed; what was asked isn't done. */
    public static final class Failed extends StoreException {
        private static final long serialVersionUID = 1L;

        Failed(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** Whether it was done shows only later: look with {@link Store#find}, or repeat what may be repeated. */
    public static final class OutcomeUnknown extends StoreException {
        private static final long serialVersionUID = 1L;

        OutcomeUnknown(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
