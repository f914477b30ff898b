package dev.interlock.app;

import dev.interlock.protocol.ring.Role;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A node as `ring up` starts it: the same as {@code interlock provider DIR}, without the command line that people type, whose
 * options take a part of the start to be read.
 */
final class NodeMain {
    private NodeMain() {}

    /** @param args the role, the node's folder, and how many seconds another node may be silent */
    public static void main(String[] args) {
        System.setProperty("interlock.log", System.getProperty("interlock.log", "INFO"));
        StandardOutput.install();
        System.exit(run(args));
    }

    /** Until the process is told to end. @return the exit code */
    static int run(String... args) {
        try {
            return NodeCommand.run(
                    Role.valueOf(args[0].toUpperCase(Locale.ROOT)), Path.of(args[1]), Double.parseDouble(args[2]));
        } catch (Exception e) {
            Failure failure = Failure.of(e);
            int code = failure.tell(false);
            if (failure.kind().equals("fault")) {
                e.printStackTrace();
            }
            return code;
        }
    }
}
