package dev.interlock.app;

import dev.interlock.app.thin.Seat;
import dev.interlock.protocol.error.BadInputException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code interlock agent}. */
@Command(
        name = "agent",
        description = "Runs in the foreground and does your commands for you, with everything warm: a small get takes a"
                + " tenth of a second. Commands find it by themselves, and do their own work where there is none.",
        mixinStandardHelpOptions = true)
final class AgentCommand implements Callable<Integer> {
    @Option(
            names = "--idle",
            paramLabel = "TIME",
            defaultValue = "30m",
            description = "how long without a command until it ends, as in 90s, 30m or 8h (default: ${DEFAULT-VALUE})")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String idle;

    @Override
    public Integer call() throws InterruptedException {
        Duration patience = ScheduleDestroyCommand.duration("--idle", idle);
        Path socket = Optional.ofNullable(Seat.of(System.getenv()))
                .orElseThrow(() -> new BadInputException("where is the agent to listen? Set " + Seat.VARIABLE
                        + " to the whole path of a socket, in a folder of yours"));
        Path jar = Path.of(System.getProperty("java.class.path"));
        Agent agent = Agent.start(socket, jar, patience, Main::run);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(agent::close));
        Screen.hint("interlock: the agent listens at " + socket + " and ends after " + idle + " without a command");
        VisitStreams.install();
        String why = agent.serve();
        agent.close();
        Screen.hint("interlock: the agent ends: " + why);
        return 0;
    }
}
