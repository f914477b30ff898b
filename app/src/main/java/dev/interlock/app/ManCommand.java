package dev.interlock.app;

import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code interlock man}: manual pages, made from the commands' own descriptions. */
@Command(
        name = "man",
        description =
                "Prints the manual page of a command, in the language of man(1), or writes those of all commands.")
final class ManCommand implements Callable<Integer> {
    @Parameters(paramLabel = "COMMAND", arity = "0..*", description = "as: ring create (default: interlock itself)")
    private List<String> words = new ArrayList<>();

    @Option(names = "--all", paramLabel = "DIR", description = "write a file for each command into this folder")
    private @Nullable Path folder;

    @Override
    public Integer call() throws IOException {
        CommandLine command = Main.whole();
        if (folder != null) {
            Files.createDirectories(folder);
            write(command, folder);
            return 0;
        }
        for (String word : words) {
            CommandLine next = command.getSubcommands().get(word);
            if (next == null) {
                throw new BadInputException("there's no command " + String.join(" ", words));
            }
            command = next;
        }
        System.out.print(ManPage.of(command));
        return 0;
    }

    private static void write(CommandLine command, Path folder) throws IOException {
        Files.writeString(folder.resolve(ManPage.name(command) + ".1"), ManPage.of(command));
        for (CommandLine each : Usage.subcommands(command)) {
            write(each, folder);
        }
    }
}
