package dev.interlock.app;

import dev.interlock.client.CredentialFile;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Profile;
import dev.interlock.node.NodeFolder;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.request.SeedCredential;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * A whole ring in one folder on one machine: a folder for each node, the descriptor, the ring's signing key, and a
 * credential that every node lets in.
 */
final class RingFolder {
    static final String DESCRIPTOR = "ring";
    static final String CREDENTIAL = "credential";
    private static final String RING_KEY = "ring.key";

    private final Path path;

    private RingFolder(Path path) {
        this.path = path;
    }

    static RingFolder open(Path path) {
        if (!Files.isRegularFile(path.resolve(DESCRIPTOR))) {
            throw new BadInputException(path + " is no ring's folder: it has no descriptor. `interlock ring create "
                    + path + "` makes one");
        }
        return new RingFolder(path);
    }

    /** The steps of independent operators, one after the other: init each node, assemble the cards, join, allow. */
    static RingFolder create(
            Path path, String name, int t, int providers, int dealers, int basePort, Set<Profile> profiles) {
        // Checked before anything is made; the rules are the descriptor's.
        if (providers < 2 || providers > 254 || t < 2 || t > providers) {
            throw new BadInputException(
                    "t = " + t + " of n = " + providers + " can't be: 2 <= t <= n <= 254 must hold");
        }
        if (dealers < 1 || dealers > 32) {
            throw new BadInputException("a ring on one machine has 1 to 32 dealers, not " + dealers);
        }
        SecureRandom random = new SecureRandom();
        try {
            if (Files.exists(path) && (!Files.isDirectory(path) || !isEmpty(path))) {
                throw new BadInputException(path + " exists and isn't an empty folder; a ring is created in a new one");
            }
            Files.createDirectories(path);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
            List<Integer> ports = ports(providers + dealers, basePort);
            List<NodeFolder> nodes = new ArrayList<>();
            for (int i = 0; i < providers + dealers; i++) {
                Role role = i < providers ? Role.PROVIDER : Role.DEALER;
                String node = role == Role.PROVIDER ? "cc" + (i + 1) : "dealer" + (i - providers + 1);
                nodes.add(NodeFolder.init(
                        path.resolve(node), role, node, "127.0.0.1:" + ports.get(i), random, Instant.now()));
            }
            byte[] descriptor = assemble(
                    path.resolve(RING_KEY),
                    name,
                    t,
                    profiles,
                    nodes.stream().map(NodeFolder::card).toList(),
                    random);
            CredentialFile.create(path.resolve(CREDENTIAL), random);
            RingDescriptor ring = RingDescriptor.open(descriptor);
            try (SeedCredential credential = CredentialFile.read(path.resolve(CREDENTIAL))) {
                for (NodeFolder node : nodes) {
                    node.join(descriptor);
                    node.allow(
                            "owner",
                            credential.publicKey(ring.id(), node.card().name()).toString());
                }
            }
            // The descriptor last: with it the folder is a ring's.
            Files.write(path.resolve(DESCRIPTOR), descriptor);
            return new RingFolder(path);
        } catch (IOException e) {
            throw new BadInputException(
                    "can't create the ring in " + path + ": " + e.getClass().getSimpleName() + " " + e.getMessage());
        }
    }

    /** Makes the ring's key in a new file, and the descriptor signed with it. */
    static byte[] assemble(
            Path keyFile, String name, int t, Set<Profile> profiles, List<NodeCard> cards, SecureRandom random)
            throws IOException {
        try (SecretBytes seed = SecretBytes.random(SigningKey.SEED_BYTES, random);
                SigningKey key = new SigningKey(SecretBytes.taking(seed.copyToHeap()))) {
            byte[] descriptor = RingDescriptor.assemble(key, name, t, profiles, cards);
            byte[] secret = seed.copyToHeap();
            Files.createFile(
                    keyFile, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(keyFile, HexFormat.of().formatHex(secret) + "\n");
            Arrays.fill(secret, (byte) 0);
            return descriptor;
        }
    }

    Path path() {
        return path;
    }

    RingDescriptor descriptor() {
        return RingOptions.read(path.resolve(DESCRIPTOR));
    }

    Path credential() {
        return path.resolve(CREDENTIAL);
    }

    Path node(NodeCard card) {
        return path.resolve(card.name());
    }

    List<Path> nodes() {
        return descriptor().nodes().map(this::node).toList();
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        }
    }

    /** @param base the first port; 0 for ports that are free now */
    private static List<Integer> ports(int count, int base) throws IOException {
        List<Integer> ports = new ArrayList<>();
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                if (base != 0) {
                    ports.add(base + i);
                } else {
                    ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                    held.add(socket);
                    ports.add(socket.getLocalPort());
                }
            }
            return ports;
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
    }
}
