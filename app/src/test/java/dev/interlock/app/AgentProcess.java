package dev.interlock.app;

import java.nio.file.Path;
import java.time.Duration;

/** An agent in a process of its own, to be killed and stopped by {@link AgentTest}. */
final class AgentProcess {
    private AgentProcess() {}

    /** @param args the socket, and the file that stands for the program */
    public static void main(String[] args) throws InterruptedException {
        Agent agent = Agent.start(Path.of(args[0]), Path.of(args[1]), Duration.ofMinutes(10), Main::run);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(agent::close));
        VisitStreams.install();
        System.err.println(agent.serve());
    }
}
