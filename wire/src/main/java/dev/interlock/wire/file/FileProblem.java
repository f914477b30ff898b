package dev.interlock.wire.file;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;

/** Why the system refused a file, in words. The platform's own message is often the path and nothing else. */
public final class FileProblem {
    // How Linux says ENOSPC, EDQUOT and EFBIG; Java gives the text alone, in the language of the process.
    private static final List<String> NO_ROOM =
            List.of("No space left on device", "Disk quota exceeded", "File too large");
    private static final String NO_DESCRIPTORS = "Too many open files";

    private FileProblem() {}

    /** The reason alone: "permission denied", "No space left on device". */
    public static String why(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> "there's no such file or folder";
            case AccessDeniedException _ -> "permission denied";
            case FileAlreadyExistsException _ -> "it exists already";
            case NotDirectoryException _ -> "it isn't a folder";
            case DirectoryNotEmptyException _ -> "the folder isn't empty";
            case FileSystemLoopException _ -> "its links go in a circle";
            case FileSystemException file when file.getReason() != null -> file.getReason();
            default -> String.valueOf(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
        };
    }

    /** The file and the reason: "/mnt/key: No space left on device". The file that failed, where the failure names one. */
    public static String at(Path file, IOException e) {
        String named = e instanceof FileSystemException failure ? failure.getFile() : null;
        return (named == null ? file.toString() : named) + ": " + why(e);
    }

    /** Whether a disk or a quota is full. */
    public static boolean isNoRoom(IOException e) {
        String message = String.valueOf(e.getMessage());
        return NO_ROOM.stream().anyMatch(message::contains);
    }

    /** Whether this process, or the whole machine, has as many files and connections open as it may. */
    public static boolean isOutOfDescriptors(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (String.valueOf(cause.getMessage()).contains(NO_DESCRIPTORS)) {
                return true;
            }
        }
        return false;
    }
}
