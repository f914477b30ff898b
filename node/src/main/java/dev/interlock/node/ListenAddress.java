package dev.interlock.node;

import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.ring.HostName;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a node listens: on this machine, whatever name or address others reach it by. */
record ListenAddress(String host, int port) {
    private static final Pattern TEXT = Pattern.compile("(?:(\\[[0-9a-fA-F:.%]+]|[^:\\[\\]]*):)?([0-9]{1,5})");

    /** @param text {@code host:port}, {@code [ipv6]:port}, {@code :port} or a port: the last two for all addresses */
    static ListenAddress parse(String text) {
        Matcher parts = TEXT.matcher(text);
        int port = parts.matches() ? Integer.parseInt(parts.group(2)) : 0;
        if (port < 1 || port > 65535) {
            throw new BadInputException(
                    "an address to listen on is HOST:PORT, as 0.0.0.0:8443 or [::]:8443, with a port of 1"
                            + " to 65535");
        }
        String host = parts.group(1);
        return new ListenAddress(host == null || host.isEmpty() ? "::" : HostName.canonical(host), port);
    }

    String text() {
        return host.contains(":") ? "[" + host + "]:" + port : host + ":" + port;
    }

    /** Whether it stands for all addresses of the machine. */
    boolean isEverywhere() {
        return host.equals("0.0.0.0") || host.equals("::");
    }

    /** The same with a port so much higher. */
    ListenAddress plus(int ports) {
        return new ListenAddress(host, port + ports);
    }

    /**
     * The addresses of this machine that the host stands for: a name may have several, and some of another machine.
     *
     * @param node for the message
     * @throws BadInputException when none is of this machine
     */
    List<InetSocketAddress> onThisMachine(String node) {
        List<InetSocketAddress> here = new ArrayList<>();
        InetAddress[] all;
        try {
            all = InetAddress.getAllByName(host);
        } catch (UnknownHostException e) {
            throw new BadInputException(
                    node + " can't listen on " + text() + ": this machine doesn't know the name",
                    new Advice.OtherAddress());
        }
        for (InetAddress address : all) {
            if (isHere(address)) {
                here.add(new InetSocketAddress(address, port));
            }
        }
        if (here.isEmpty()) {
            throw new BadInputException(
                    node + " can't listen on " + text() + ": that is no address of this machine. Where others reach it"
                            + " through NAT or a container, it may listen on 0.0.0.0:" + port,
                    new Advice.OtherAddress());
        }
        return here;
    }

    private static boolean isHere(InetAddress address) {
        try {
            return address.isAnyLocalAddress()
                    || NetworkInterface.getByInetAddress(address) != null
                    || (address.isLoopbackAddress() && address.getAddress().length == 4);
        } catch (IOException e) {
            return false;
        }
    }
}
