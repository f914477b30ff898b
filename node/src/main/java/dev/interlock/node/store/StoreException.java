package dev.interlock.node.store;

import dev.interlock.core.token.ObjectId;
import dev.interlock.core.token.StatementHash;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** The store can't do what it was asked; the subclass says what to do about it. Messages never hold stored bytes. */
public abstract sealed class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    /** PostgreSQL's. */
    private static final String DISK_FULL = "53100";

    private StoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    static StoreException of(String what, IOException cause) {
        String message = what + ": " + FileProblem.why(cause);
        return FileProblem.isNoRoom(cause) || cause instanceof S3Medium.Full
                ? new NoRoom(message, cause)
                : new Failed(message, cause);
    }

    static StoreException of(String what, SQLException cause) {
        String message =
                what + ": " + (cause instanceof SQLiteException ? cause.getMessage() : PostgresCatalog.why(cause));
        return isNoRoom(cause) ? new NoRoom(message, cause) : new Failed(message, cause);
    }

    static boolean isNoRoom(SQLException cause) {
        return cause instanceof SQLiteException sqlite
                ? sqlite.getResultCode() == SQLiteErrorCode.SQLITE_FULL
                : DISK_FULL.equals(cause.getSQLState());
    }

    /** The id is taken: choose another. */
    public static final class ObjectExists extends StoreException {
        private static final long serialVersionUID = 1L;

        ObjectExists(StatementHash id, String state) {
            super("generation " + id + " exists already, it is " + state, null);
        }
    }

    /** Nothing is stored under this id, or not this kind of blob. */
    public static final class NoSuchObject extends StoreException {
        private static final long serialVersionUID = 1L;

        NoSuchObject(StatementHash id) {
            super("generation " + id + " isn't stored here", null);
        }

        NoSuchObject(StatementHash id, BlobKind kind) {
            super("generation " + id + " has no " + kind.label() + " here", null);
        }
    }

    /** The object, or what of it there is here, was destroyed; nothing brings it back. */
    public static final class Destroyed extends StoreException {
        private static final long serialVersionUID = 1L;

        Destroyed(ObjectId id) {
            super("object " + id + " was destroyed", null);
        }

        Destroyed(StatementHash id) {
            super("generation " + id + " was destroyed", null);
        }
    }

    /** This provider said that it confirms nothing of this generation. */
    public static final class Denied extends StoreException {
        private static final long serialVersionUID = 1L;

        Denied(StatementHash id) {
            super("generation " + id + " was given up here: this provider said that it confirms nothing of it", null);
        }
    }

    /** A later generation took the object's place: look for it by the origin. */
    public static final class Replaced extends StoreException {
        private static final long serialVersionUID = 1L;

        Replaced(StatementHash id) {
            super("object " + id + " was replaced, a later generation took its place", null);
        }
    }

    /** As many generations of the object as may be are prepared: try again when they are decided. */
    public static final class Busy extends StoreException {
        private static final long serialVersionUID = 1L;

        Busy(ObjectId object) {
            super(
                    "object " + object + " has " + Store.MOST_PREPARED
                            + " generations in doubt already, which its owner can settle",
                    null);
        }
    }

    /** The object's state doesn't allow the call. */
    public static final class WrongState extends StoreException {
        private static final long serialVersionUID = 1L;

        WrongState(StatementHash id, ObjectState actual, ObjectState expected) {
            super("generation " + id + " is " + actual + ", not " + expected, null);
        }

        WrongState(ObjectId object, String why) {
            super("object " + object + " takes no such generation: " + why, null);
        }
    }

    /** What is stored isn't what was written: this provider needs a repair of the object. */
    public static final class DamagedRecord extends StoreException {
        private static final long serialVersionUID = 1L;
        // Not serialized: an exception of this kind doesn't leave its process.
        private final transient StatementHash generation;
        private final transient BlobKind kind;
        private final int record;

        DamagedRecord(StatementHash generation, BlobKind kind, int record, String how, @Nullable Throwable cause) {
            super(
                    "generation " + generation + ", " + kind.label() + " record " + record + " is damaged: " + how,
                    cause);
            this.generation = generation;
            this.kind = kind;
            this.record = record;
        }

        public StatementHash generation() {
            return generation;
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
            this(folder.toString(), why, cause);
        }

        Unusable(String where, String why, @Nullable Throwable cause) {
            super("the store " + where + " " + why, cause);
        }

        /** Why the files of a store can't be opened, and what an operator can do. */
        static Unusable of(Path folder, Exception cause) {
            return new Unusable(folder, how(cause), cause);
        }

        boolean isNoRoom() {
            return (getCause() instanceof SQLException sql && StoreException.isNoRoom(sql))
                    || (getCause() instanceof IOException io && FileProblem.isNoRoom(io));
        }

        private static String how(Exception cause) {
            return switch (cause) {
                case SQLiteException sqlite ->
                    switch (SQLiteErrorCode.getErrorCode(sqlite.getResultCode().code & 0xFF)) {
                        case SQLITE_NOTADB, SQLITE_CORRUPT -> "is damaged (" + sqlite.getMessage() + "). " + REMEDY;
                        case SQLITE_PERM, SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_AUTH ->
                            "can't be opened: permission denied, or a file of it is missing (" + sqlite.getMessage()
                                    + "). It must belong to the user that runs the node";
                        case SQLITE_FULL -> "can't be opened: its disk is full. Make room there";
                        case SQLITE_BUSY, SQLITE_LOCKED -> "is in use by another program";
                        default -> "can't be opened: " + sqlite.getMessage();
                    };
                case IOException io
                when FileProblem.isNoRoom(io) -> "can't be opened: its disk is full. Make room there";
                case FileSystemException file
                when file.getFile() != null -> "can't be opened: " + file.getFile() + ": " + FileProblem.why(file);
                case IOException io -> "can't be opened: " + FileProblem.why(io);
                default -> "can't be opened: " + cause.getMessage();
            };
        }

        private static final String REMEDY =
                "Move it away, or bring it back from a backup; a node that starts with an empty"
                        + " store gets its shares back by a repair";
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
