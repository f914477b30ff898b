package dev.interlock.app;

import dev.interlock.protocol.error.BadInputException;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;

/** {@code interlock completion}: made from the commands' own descriptions. */
@Command(
        name = "completion",
        description = {
            "Prints a script that completes commands, options and the names of your objects in bash, zsh or fish. Names are"
                    + " asked for at the ring: quick where an agent runs.",
            "Load it with `source <(interlock completion)`, or keep it where the shell looks."
        })
final class CompletionCommand implements Callable<Integer> {
    /** Those that take what has a name. */
    private static final List<String> NAMING = List.of(
            "get",
            "ls",
            "list",
            "info",
            "name",
            "mv",
            "rm",
            "destroy",
            "schedule-destroy",
            "cancel-destroy",
            "settle",
            "refresh",
            "replace",
            "hand-over");

    /**
     * Wraps the function that completes the rest. A shell breaks words where a name need not end, as at a colon: the name is what
     * stands behind the last blank, and what the shell holds for done of it is left out again.
     */
    private static final String BASH_NAMES =
            """

            function _complete_interlock_names() {
              _complete_interlock "$@"
              local line="${COMP_LINE:0:COMP_POINT}" current="${COMP_WORDS[COMP_CWORD]}" before=""
              [ "$COMP_CWORD" -gt 1 ] && before="${COMP_WORDS[COMP_CWORD - 1]}"
              case "${COMP_WORDS[1]} $before $current" in
                "put --name "*) ;;
                *" -"[yr]" "*|*" --yes "*|*" --keep "*|*" --json "*|*" --force "*|*" --recursive "*) ;;
                *" -"*) return ;;
              esac
              case "${COMP_WORDS[1]} $before" in
                "put --name") ;;
                COMMANDS) ;;
                *) return ;;
              esac
              [ "$COMP_CWORD" -gt 1 ] || return
              local word="${line##*[^\\\\] }" name
              local done="${word%"$current"}"
              while IFS= read -r name; do
                name="$(printf %q "$name")"
                COMPREPLY+=("${name#"$done"}")
              done < <(interlock ls --complete "${word//\\\\/}" 2>/dev/null)
              case "${COMPREPLY[0]-}" in
                */) type compopt >/dev/null 2>&1 && compopt -o nospace ;;
              esac
            }
            complete -F _complete_interlock_names -o default interlock
            """.replace("COMMANDS", NAMING.stream().map(each -> each + "\\ *").collect(Collectors.joining("|")));

    /** zsh breaks words where a name ends, and quotes what it inserts by itself; all but names is left to the function for bash. */
    private static final String ZSH_NAMES = """

            function _interlock() {
              local before="${words[CURRENT-1]}" current="${words[CURRENT]}"
              local -a naming names
              naming=(COMMANDS)
              if (( CURRENT > 2 )) && [[ "$current" != -* ]]; then
                if [[ "$words[2] $before" == "put --name" ]] || { (( naming[(Ie)$words[2]] )) &&
                    [[ "$before" != -* || "$before" == (-y|-r|--yes|--keep|--json|--force|--recursive) ]] }; then
                  names=("${(@f)$(interlock ls --complete "${(Q)PREFIX}" 2>/dev/null)}")
                  names=("${(@)names:#}")
                  if (( $#names )); then
                    compadd -S '' -- "${(@M)names:#*/}"
                    compadd -- "${(@)names:#*/}"
                    return 0
                  fi
                fi
              fi
              _bash_complete -o default -F _complete_interlock
            }
            compdef _interlock interlock
            """.replace("COMMANDS", String.join(" ", NAMING));

    /**
     * Where on the command line something is completed: a command's own words come first, and what has the name of a command behind them
     * is none. Names as they were typed: a word may be quoted, to its end or not yet.
     */
    private static final String FISH_BEGINNING = """
            # fish completion for interlock
            function __interlock_at
                set -l words (commandline -opc)
                set -e words[1]
                test "$words" = "$argv"
            end
            function __interlock_in
                set -l words (commandline -opc)
                set -e words[1]
                set -l count (count $argv)
                test "$words[1..$count]" = "$argv"
            end
            function __interlock_name
                set -l words (commandline -opc)
                contains -- "$words[2]" COMMANDS
            end
            function __interlock_names
                set -l typed (commandline -ct)
                set -l word (string unescape -- $typed; or string unescape -- $typed\\"; or string unescape -- $typed\\')
                interlock ls --complete "$word" 2>/dev/null
            end
            complete -c interlock -f -n __interlock_name -a '(__interlock_names)'
            complete -c interlock -n '__interlock_in put' -l name -x -a '(__interlock_names)'
            """.replace("COMMANDS", String.join(" ", NAMING));

    @Parameters(
            paramLabel = "SHELL",
            arity = "0..1",
            defaultValue = "bash",
            description = "bash, zsh or fish (default: ${DEFAULT-VALUE})")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String shell;

    @Override
    public Integer call() {
        CommandLine interlock = Main.whole();
        System.out.print(
                switch (shell.toLowerCase(Locale.ROOT)) {
                    // In zsh it loads bashcompinit itself.
                    case "bash" -> AutoComplete.bash("interlock", interlock) + BASH_NAMES;
                    case "zsh" -> AutoComplete.bash("interlock", interlock) + ZSH_NAMES;
                    case "fish" -> fish(interlock);
                    default ->
                        throw new BadInputException("there's a completion for bash, zsh and fish, none for " + shell);
                });
        return 0;
    }

    private static String fish(CommandLine interlock) {
        return FISH_BEGINNING + lines(interlock, List.of()).collect(Collectors.joining("\n", "", "\n"));
    }

    /** @param path the words before, as "ring", "create" */
    private static Stream<String> lines(CommandLine command, List<String> path) {
        String here = path.isEmpty() ? "" : " " + String.join(" ", path);
        // What has commands below it has nothing to do with their arguments.
        String condition = (Usage.subcommands(command).isEmpty() ? "__interlock_in" : "__interlock_at") + here;
        Stream<String> options = command.getCommandSpec().options().stream()
                .filter(option -> !option.hidden())
                .map(option -> "complete -c interlock -n '" + condition + "'" + names(option)
                        + (option.arity().max() > 0 ? " -r" : "") + " -d '" + said(option.description()) + "'");
        Stream<String> commands = Usage.subcommands(command).stream()
                .map(each -> "complete -c interlock" + (path.isEmpty() ? " -f" : "") + " -n '" + condition + "' -a "
                        + each.getCommandName() + " -d '"
                        + said(each.getCommandSpec().usageMessage().description()) + "'");
        Stream<String> below = Usage.subcommands(command).stream()
                .flatMap(each -> lines(
                        each,
                        Stream.concat(path.stream(), Stream.of(each.getCommandName()))
                                .toList()));
        return Stream.of(commands, options, below).flatMap(each -> each);
    }

    private static String names(OptionSpec option) {
        return Stream.of(option.names())
                .map(name -> name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1))
                .collect(Collectors.joining());
    }

    /** The first line, as it stands between fish's single quotes. */
    private static String said(String[] description) {
        return description.length == 0
                ? ""
                : description[0].replaceAll("['\\\\]", "\\\\$0").replaceAll("\\$\\{[^}]*}", "…");
    }
}
