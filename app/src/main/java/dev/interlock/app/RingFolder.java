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
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.FileProblem;
import dev.interlock.wire.file.SmallFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A whole ring in one folder on one machine: a folder for each node, the descriptor, the ring's signing key, and a
 * credential that every node lets in.
 */
final class RingFolder {
    static final String DESCRIPTOR = "ring";
    static final String CREDENTIAL = "credential";
    static final String RING_KEY = "ring.key";

    private final Path path;

    private RingFolder(Path path) {
        this.path = path;
    }

    static RingFolder open(Path path) {
        try {
            var _ = Files.readAttributes(path.resolve(DESCRIPTOR), BasicFileAttributes.class);
        } catch (NoSuchFileException | NotDirectoryException e) {
            // Said below: only what isn't there may be made.
        } catch (IOException e) {
            throw new BadInputException("can't use the ring's folder " + path + ": " + FileProblem.why(e));
        }
        if (!Files.isRegularFile(path.resolve(DESCRIPTOR))) {
            throw new BadInputException(path + " is no ring's folder: it has no descriptor. `interlock ring create "
                    + path + "` makes one");
        }
        return new RingFolder(path);
    }

    /** The steps of independent operators, one after the other: init each node, assemble the cards, join, allow. */
    static RingFolder create(
            Path path, String name, int t, int providers, int dealers, int basePort, Set<Profile> profiles) {
        return create(path, name, t, providers, dealers, List.of(), basePort, profiles);
    }

    /**
     * The same, with providers that deal.
     *
     * @param dealers how many nodes do nothing else
     * @param dealing the names of providers that deal
     */
    static RingFolder create(
            Path path,
            String name,
            int t,
            int providers,
            int dealers,
            List<String> dealing,
            int basePort,
            Set<Profile> profiles) {
        // Checked before anything is made; the rules are the descriptor's.
        if (providers < 2 || providers > 254 || t < 2 || t > providers) {
            throw new BadInputException(
                    "t = " + t + " of n = " + providers + " can't be: 2 <= t <= n <= 254 must hold");
        }
        if (dealers + dealing.size() < 1 || dealers < 0 || dealers > 32) {
            throw new BadInputException("a ring on one machine has 1 to 32 dealers, not " + dealers);
        }
        checkDealing(t, providers, dealers, dealing);
        SecureRandom random = new SecureRandom();
        try {
            if (Files.exists(path) && (!Files.isDirectory(path) || !isEmpty(path))) {
                throw new BadInputException(path + " exists and isn't an empty folder; a ring is created in a new one");
            }
            DurableFile.createFolder(path);
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
                    dealing,
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
            DurableFile.writeNew(path.resolve(DESCRIPTOR), DurableFile.Access.EVERYONE, descriptor);
            return new RingFolder(path);
        } catch (IOException e) {
            throw new BadInputException("can't create the ring in " + path + ": " + FileProblem.at(path, e));
        }
    }

    /**
     * Makes an existing credential this ring's, too, before its nodes start: an object that moves between rings stays its
     * owner's, whose key comes from the credential.
     */
    RingFolder takeCredential(Path file) {
        RingDescriptor ring = descriptor();
        try (SeedCredential credential = CredentialFile.read(file)) {
            DurableFile.write(path.resolve(CREDENTIAL), DurableFile.Access.OWNER, Files.readAllBytes(file));
            for (Path folder : nodes()) {
                NodeFolder node = NodeFolder.open(folder);
                node.allow(
                        "mover",
                        credential.publicKey(ring.id(), node.card().name()).toString());
            }
            return this;
        } catch (IOException e) {
            throw new BadInputException("can't take over the credential " + file + ": " + FileProblem.at(file, e));
        }
    }

    private static void checkDealing(int t, int providers, int dealers, List<String> dealing) {
        Set<String> there = new HashSet<>();
        for (int i = 1; i <= providers; i++) {
            there.add("cc" + i);
        }
        for (String dealer : dealing) {
            // Each of them once.
            if (!there.remove(dealer)) {
                throw new BadInputException("--dealers names providers of this ring, each once, as cc1 to cc"
                        + providers + ", or says how many dealers it has: \"" + dealer + "\" is neither");
            }
        }
        if (dealers == 0 && dealing.size() < t) {
            throw new BadInputException(dealing.size()
                    + " providers that alone deal would together know every pad, and fewer than t = " + t
                    + " mustn't: name at least " + t);
        }
    }

    /** Makes the ring's key in a new file, and the descriptor signed with it. */
    static byte[] assemble(
            Path keyFile,
            String name,
            int t,
            Set<Profile> profiles,
            List<NodeCard> cards,
            List<String> dealing,
            SecureRandom random)
            throws IOException {
        try (SecretBytes seed = SecretBytes.random(SigningKey.SEED_BYTES, random);
                SigningKey key = new SigningKey(SecretBytes.taking(seed.copyToHeap()))) {
            byte[] descriptor = RingDescriptor.assemble(key, name, t, profiles, cards, dealing);
            byte[] secret = seed.copyToHeap();
            DurableFile.writeNew(
                    keyFile,
                    DurableFile.Access.OWNER,
                    (HexFormat.of().formatHex(secret) + "\n").getBytes(StandardCharsets.US_ASCII));
            Arrays.fill(secret, (byte) 0);
            return descriptor;
        }
    }

    /**
     * The steps of independent operators when the ring changes: init the new nodes, the next descriptor, join, allow.
     *
     * @param adding the names of new providers
     * @param retiring the names of those that leave; their folders stay
     * @param basePort the first port of the new ones; 0 for ports that are free now
     */
    RingDescriptor change(int t, List<String> adding, Set<String> retiring, int basePort) {
        RingDescriptor ring = descriptor();
        SecureRandom random = new SecureRandom();
        try {
            List<NodeFolder> added = new ArrayList<>();
            List<Integer> ports = ports(adding.size(), basePort);
            // What can be wrong is found before a folder is made.
            for (String name : adding) {
                if (ring.everyNode().anyMatch(card -> card.name().equals(name)) || Files.exists(path.resolve(name))) {
                    throw new BadInputException("the ring " + ring.name() + " has or had a node " + name
                            + ", and a name is never given again: choose another one");
                }
            }
            int n = ring.providers().size() + adding.size() - retiring.size();
            if (t < 2 || t > n) {
                throw new BadInputException("t = " + t + " of n = " + n + " can't be: 2 <= t <= n must hold");
            }
            for (int i = 0; i < adding.size(); i++) {
                added.add(NodeFolder.init(
                        path.resolve(adding.get(i)),
                        Role.PROVIDER,
                        adding.get(i),
                        "127.0.0.1:" + ports.get(i),
                        random,
                        Instant.now()));
            }
            byte[] descriptor;
            try (SigningKey key = ringKey(path.resolve(RING_KEY))) {
                descriptor = ring.next(
                        key, t, retiring, added.stream().map(NodeFolder::card).toList(), Optional.empty());
            }
            RingDescriptor next = RingDescriptor.open(descriptor);
            try (SeedCredential credential = CredentialFile.read(path.resolve(CREDENTIAL))) {
                for (NodeFolder node : added) {
                    node.allow(
                            "owner",
                            credential.publicKey(next.id(), node.card().name()).toString());
                }
            }
            // In one step; whoever hasn't joined when this breaks off does so with the next `ring up`.
            DurableFile.write(path.resolve(DESCRIPTOR), DurableFile.Access.EVERYONE, descriptor);
            join();
            return next;
        } catch (IOException e) {
            throw new BadInputException("can't change the ring in " + path + ": " + FileProblem.at(path, e));
        }
    }

    /**
     * Gives a node another port: its new card, in the ring's next epoch.
     *
     * @param port 0 for one that is free now
     */
    RingDescriptor move(String name, int port) {
        RingDescriptor ring = descriptor();
        NodeCard card = ring.node(name)
                .orElseThrow(() -> new BadInputException("the ring " + ring.name() + " has no node " + name));
        NodeCard moved = card.movedTo("127.0.0.1:" + ports(1, port).getFirst());
        try (SigningKey key = ringKey(path.resolve(RING_KEY))) {
            byte[] descriptor = ring.next(key, ring.threshold().t(), Set.of(), List.of(moved), Optional.empty());
            // Whoever hasn't joined when this breaks off does so with the next `ring up`.
            DurableFile.write(path.resolve(DESCRIPTOR), DurableFile.Access.EVERYONE, descriptor);
            join();
            return RingDescriptor.open(descriptor);
        } catch (IOException e) {
            throw new BadInputException("can't change the ring in " + path + ": " + FileProblem.at(path, e));
        }
    }

    /** Has every node serve the ring as it is now. */
    void join() {
        byte[] descriptor = read(path.resolve(DESCRIPTOR));
        RingDescriptor ring = RingDescriptor.open(descriptor);
        for (NodeCard card : ring.nodes().toList()) {
            NodeFolder node = NodeFolder.open(node(card));
            if (node.card().isSameNode(card) && !node.card().equals(card)) {
                node = node.readdress(card.address());
            }
            if (!node.hasJoined() || node.ring().epoch() != ring.epoch()) {
                node.join(descriptor);
            }
        }
    }

    private static byte[] read(Path file) {
        try {
            return SmallFile.readDocument(file);
        } catch (IOException e) {
            throw new BadInputException("can't read " + FileProblem.at(file, e));
        }
    }

    /** The ring's secret key, which signs its descriptors; the caller closes it. */
    static SigningKey ringKey(Path file) {
        try {
            byte[] text = SmallFile.read(file);
            byte[] seed = HexFormat.of().parseHex(new String(text, StandardCharsets.US_ASCII).strip());
            Arrays.fill(text, (byte) 0);
            return new SigningKey(SecretBytes.taking(seed));
        } catch (IOException e) {
            throw new BadInputException("can't read the ring's key " + FileProblem.at(file, e));
        } catch (IllegalArgumentException e) {
            throw new BadInputException(
                    file + " isn't a ring's key, as `interlock ring create` and `assemble` write it");
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

    /** Those of earlier epochs, too, as long as their folders are there: they still have what wasn't moved. */
    List<Path> nodes() {
        return descriptor()
                .everyNode()
                .map(this::node)
                .filter(Files::isDirectory)
                .toList();
    }

    /** That nobody else starts or stops the ring's nodes until this is closed. */
    static final class Turn implements AutoCloseable {
        private final FileChannel channel;

        private Turn(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                // The lock ends with the process at the latest.
            }
        }
    }

    /** Of two commands that start or stop nodes, the second waits until the first is done, and then sees what runs. */
    Turn awaitTurn() throws InterruptedException {
        Path lock = path.resolve("lock");
        try {
            FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            for (boolean told = false; !isLocked(channel); told = true) {
                if (!told) {
                    System.err.println("interlock: waits for another command that starts or stops nodes of " + path);
                }
                Thread.sleep(100);
            }
            return new Turn(channel);
        } catch (IOException e) {
            throw new BadInputException("can't use the ring's folder " + FileProblem.at(lock, e));
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        }
    }

    /** @param base the first port; 0 for ports that are free now */
    private static List<Integer> ports(int count, int base) {
        if (base == 0) {
            return Ports.free(count);
        }
        return IntStream.range(base, base + count).boxed().toList();
    }
}
