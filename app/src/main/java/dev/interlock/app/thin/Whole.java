package dev.interlock.app.thin;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The command without an agent, in the place of this process: its number, streams, signals and parent stay as they are. */
final class Whole {
    private Whole() {}

    /** Becomes the launcher, told to look for no agent. Returns only if that fails. */
    @SuppressWarnings("restricted") // allowed on the command line of this program
    static void become(String[] arguments) {
        String launcher = System.getProperty("interlock.launcher", "");
        try (Arena arena = Arena.ofConfined()) {
            Linker linker = Linker.nativeLinker();
            SymbolLookup library = linker.defaultLookup();
            MethodHandle setenv = linker.downcallHandle(
                    library.find("setenv").orElseThrow(),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
            MethodHandle execv = linker.downcallHandle(
                    library.find("execv").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            int _ = (int) setenv.invokeExact(arena.allocateFrom(Seat.VARIABLE), arena.allocateFrom("off"), 1);
            MemorySegment words = arena.allocate(ValueLayout.ADDRESS, arguments.length + 3L);
            words.setAtIndex(ValueLayout.ADDRESS, 0, arena.allocateFrom("sh"));
            words.setAtIndex(ValueLayout.ADDRESS, 1, arena.allocateFrom(launcher));
            for (int i = 0; i < arguments.length; i++) {
                words.setAtIndex(ValueLayout.ADDRESS, i + 2L, arena.allocateFrom(arguments[i]));
            }
            words.setAtIndex(ValueLayout.ADDRESS, arguments.length + 2L, MemorySegment.NULL);
            int _ = (int) execv.invokeExact(arena.allocateFrom("/bin/sh"), words);
        } catch (Throwable e) {
            // Said below.
        }
        System.err.println("interlock: can't start " + launcher);
        Runtime.getRuntime().halt(1);
    }
}
