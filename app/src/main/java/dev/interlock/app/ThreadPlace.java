package dev.interlock.app;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * A working directory and a umask of one thread, and of the platform threads that it starts. Linux has them by thread
 * where a thread asks for it, and the platform hands a relative path to the system as it is; {@link java.nio.file.Path#toAbsolutePath}
 * alone knows nothing of it.
 */
final class ThreadPlace {
    private static final int CLONE_FS = 0x200;
    private static final Optional<ThreadPlace> LINUX = find();

    private final MethodHandle unshare;
    private final MethodHandle chdir;
    private final MethodHandle umask;

    private ThreadPlace(MethodHandle unshare, MethodHandle chdir, MethodHandle umask) {
        this.unshare = unshare;
        this.chdir = chdir;
        this.umask = umask;
    }

    @SuppressWarnings("restricted") // allowed on the command line of every command
    private static Optional<ThreadPlace> find() {
        Linker linker = Linker.nativeLinker();
        SymbolLookup library = linker.defaultLookup();
        if (library.find("unshare").isEmpty()) {
            return Optional.empty();
        }
        FunctionDescriptor ofInt = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
        FunctionDescriptor ofText = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
        return Optional.of(new ThreadPlace(
                linker.downcallHandle(library.findOrThrow("unshare"), ofInt),
                linker.downcallHandle(library.findOrThrow("chdir"), ofText),
                linker.downcallHandle(library.findOrThrow("umask"), ofInt)));
    }

    /** Whether this system has it. */
    static boolean isThere() {
        return LINUX.isPresent();
    }

    /**
     * Gives the calling thread a place of its own; for a thread that does nothing else afterwards.
     *
     * @throws IOException where the folder can't be entered
     */
    static void enter(String folder, int umask) throws IOException {
        ThreadPlace place = LINUX.orElseThrow(() -> new IOException("this system has one working directory a process"));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(folder);
            if ((int) place.unshare.invokeExact(CLONE_FS) != 0) {
                throw new IOException("the system gives a thread no working directory of its own");
            }
            if ((int) place.chdir.invokeExact(path) != 0) {
                throw new IOException("can't enter the folder " + folder);
            }
            int _ = (int) place.umask.invokeExact(umask);
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
