package dev.interlock.app;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;

/** {@code interlock completion}: made from the commands' own descriptions. */
@Command(
        name = "completion",
        description = {
            "Prints a script that completes commands and options in bash, and in zsh after `bashcompinit`.",
            "Load it with `source <(interlock completion)`, or keep it where the shell looks."
        })
final class CompletionCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        System.out.print(AutoComplete.bash("interlock", Main.whole()));
        return 0;
    }
}
