package dev.interlock.app;

import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/** Ports for nodes on this machine, where their owner names none. */
final class Ports {
    private static final int LOWEST = 10_240;
    /** Where Linux begins by default; other systems begin higher. */
    private static final int USUAL_EPHEMERAL = 32_768;

    private static final Path RANGE = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
    private static final int ATTEMPTS = 20_000;

    private Ports() {}

    /**
     * Ports that are free now and that the system gives to no outgoing connection: else they would be somebody else's after
     * the next restart of the machine.
     */
    static List<Integer> free(int count) {
        SecureRandom random = new SecureRandom();
        int end = Math.max(LOWEST + 10_000, firstEphemeral());
        List<Integer> ports = new ArrayList<>();
        for (int attempts = 0; ports.size() < count; attempts++) {
            if (attempts == ATTEMPTS) {
                throw new BadInputException("there aren't " + count + " free ports between " + LOWEST + " and " + end
                        + ": give --base-port");
            }
            int port = random.nextInt(LOWEST, end);
            if (!ports.contains(port) && isFree(port)) {
                ports.add(port);
            }
        }
        return ports;
    }

    private static int firstEphemeral() {
        try {
            return Integer.parseInt(Files.readString(RANGE).strip().split("\\s+", -1)[0]);
        } catch (IOException | NumberFormatException e) {
            return USUAL_EPHEMERAL;
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
