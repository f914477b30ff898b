package dev.interlock.node;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sealing.Kem;
import dev.interlock.core.sealing.OpeningKey;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.node.log.AuditLog;
import dev.interlock.node.store.Member;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.protocol.ring.Role;
import dev.interlock.wire.TlsIdentity;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.FileProblem;
import dev.interlock.wire.file.SmallFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A node's folder. Its operator owns it alone; the card is the only thing that leaves.
 *
 * <pre>
 * card          public: name, address, TLS pin, signing key; signed
 * ring          the descriptor that the node serves, once it joined
 * succeeded     users' keys of root secrets that were changed for new ones: nobody is served by them
 * users         who may ask, one "name ed25519:…" a line; users.last is the last sound one, while this one has slips
 * listen        where the node listens, where that isn't the card's address
 * metrics       where metrics are served by plain HTTP, where that is wanted
 * signing.key   secret: the Ed25519 seed, hex
 * sealing.key   secret, a provider's: opens what waited for it, hex
 * tls.key       secret; tls.crt is public
 * store/        a provider's shares, sealed
 * audit.log     what the node let in, refused and did
 * processes     how many processes may serve this provider together, where that is more than one; a folder
 *               process-2, process-3 … has the lock, log and audit log of each but the first
 * log, pid      of the running node; lock says which process that is
 * </pre>
 */
public final class NodeFolder {
    /** What is sealed lies with others for as long as a provider is away: a quantum computer mustn't open it later. */
    private static final Kem SEALING = Kem.XWING;

    private static final int MOST_PROCESSES = 64;

    private final Path path;
    private final NodeCard card;
    private final Optional<ListenAddress> listen;
    /** Which of several that serve the node this process is. */
    private final int process;

    private NodeFolder(Path path, NodeCard card, Optional<ListenAddress> listen) {
        this(path, card, listen, 1);
    }

    private NodeFolder(Path path, NodeCard card, Optional<ListenAddress> listen, int process) {
        this.path = path;
        this.card = card;
        this.listen = listen;
        this.process = process;
    }

    /**
     * Makes a node's keys and its card.
     *
     * @param address {@code host:port} at which others reach it
     * @throws BadInputException when the folder is in use, or a name or address isn't sound
     */
    public static NodeFolder init(Path path, Role role, String name, String address, SecureRandom random, Instant now) {
        try {
            NodeCard.checkName(name);
            createPrivateDirectory(path);
            if (Files.exists(path.resolve("card")) || Files.exists(path.resolve("signing.key"))) {
                throw new BadInputException(path + " already holds a node; choose another folder");
            }
            TlsIdentity tls = TlsIdentity.generate(name, random, now);
            try (SecretBytes seed = SecretBytes.random(SigningKey.SEED_BYTES, random);
                    SigningKey key = new SigningKey(SecretBytes.taking(seed.copyToHeap()));
                    OpeningKey sealing = OpeningKey.generate(SEALING, random)) {
                NodeCard card = NodeCard.of(
                        role,
                        name,
                        address,
                        tls.pin(),
                        key.verifyingKey(),
                        role == Role.PROVIDER ? Optional.of(sealing.recipient().toString()) : Optional.empty());
                if (role == Role.PROVIDER) {
                    writePrivate(path.resolve("sealing.key"), HexFormat.of().formatHex(sealing.copyToHeap()) + "\n");
                }
                writePrivate(path.resolve("signing.key"), HexFormat.of().formatHex(seed.copyToHeap()) + "\n");
                writePrivate(path.resolve("tls.key"), tls.privateKeyPem());
                DurableFile.writeNew(
                        path.resolve("tls.crt"),
                        DurableFile.Access.EVERYONE,
                        tls.certificatePem().getBytes(StandardCharsets.US_ASCII));
                // The card last: with it the folder is a node's.
                DurableFile.writeNew(path.resolve("card"), DurableFile.Access.EVERYONE, card.sign(key));
                return new NodeFolder(path, card, Optional.empty());
            }
        } catch (MalformedException e) {
            throw new BadInputException(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    /** @throws BadInputException when this is no node's folder */
    public static NodeFolder open(Path path) {
        try {
            return new NodeFolder(path, NodeCard.open(SmallFile.readDocument(path.resolve("card"))), Optional.empty());
        } catch (NoSuchFileException | NotDirectoryException e) {
            throw new BadInputException(path + " is no node's folder: it has no card", new Advice.MakeNode());
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    /**
     * Puts the node under a ring descriptor.
     *
     * @throws BadInputException unless the descriptor names this node as its card does, and continues the ring that the
     *     node already serves
     */
    public RingDescriptor join(byte[] document) {
        RingDescriptor ring = RingDescriptor.open(document);
        if (!ring.node(card.name()).filter(card::equals).isPresent()) {
            throw new BadInputException(
                    "the ring " + ring.name() + " doesn't name " + card.name() + " with the card in " + path
                            + ", but by another one or not at all",
                    new Advice.AssembleRing());
        }
        if (hasJoined()) {
            RingDescriptor current = ring();
            if (!current.id().equals(ring.id()) || ring.epoch() < current.epoch()) {
                throw new BadInputException(card.name() + " serves the ring " + current.id() + " in epoch "
                        + current.epoch() + "; this descriptor is for " + ring.id() + " in epoch " + ring.epoch());
            }
            if (!ring.continues(current)) {
                throw new BadInputException(
                        "this descriptor, of epoch " + ring.epoch()
                                + ", doesn't say of epoch " + current.epoch() + " what " + card.name()
                                + " knows, which may have objects of that",
                        new Advice.ChangeRing());
            }
        }
        try {
            DurableFile.write(path.resolve("ring"), DurableFile.Access.EVERYONE, document);
            return ring;
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    /**
     * Gives the node another address: makes its card anew. The ring's next descriptor must name it with that card.
     *
     * @param address {@code host:port} at which others reach it
     * @return the folder with its new card
     */
    public NodeFolder readdress(String address) {
        try (SigningKey key = signingKey()) {
            NodeCard moved = card.movedTo(address);
            DurableFile.write(path.resolve("card"), DurableFile.Access.EVERYONE, moved.sign(key));
            return new NodeFolder(path, moved, listen);
        } catch (MalformedException e) {
            throw new BadInputException(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    /**
     * Where the node listens, where that isn't the address at which others reach it: behind NAT, in a container.
     *
     * @param address {@code host:port} of this machine; a host of 0.0.0.0 or [::] stands for all its addresses
     */
    public NodeFolder listening(String address) {
        return new NodeFolder(path, card, Optional.of(ListenAddress.parse(address)), process);
    }

    // ---- Several processes ----

    /** How many processes may serve this node together: 1 unless the file {@code processes} says more. */
    public int mostProcesses() {
        if (!Files.exists(path.resolve("processes"))) {
            return 1;
        }
        String text = new String(read("processes"), StandardCharsets.US_ASCII).strip();
        if (!text.matches("[1-9][0-9]?") || Integer.parseInt(text) > MOST_PROCESSES) {
            throw new BadInputException(
                    path.resolve("processes") + " must have one number, from 1 to " + MOST_PROCESSES);
        }
        if (card.role() == Role.DEALER && Integer.parseInt(text) > 1) {
            throw new BadInputException(
                    "a dealer is served by one process; take " + path.resolve("processes") + " away");
        }
        return Integer.parseInt(text);
    }

    /** The same folder as the process of this number sees it, from 1. */
    public NodeFolder asProcess(int number) {
        return new NodeFolder(path, card, listen, number);
    }

    public int process() {
        return process;
    }

    /** A file of this process alone; the first one's are where those of a node of one process are. */
    public Path own(String file) {
        return ownFolder(path, process).resolve(file);
    }

    static Path ownFolder(Path path, int process) {
        return process == 1 ? path : path.resolve("process-" + process);
    }

    /** The audit logs of all processes that there ever were, by their numbers. */
    public NavigableMap<Integer, Path> logs() {
        NavigableMap<Integer, Path> logs = new TreeMap<>();
        for (int number = 1; number <= MOST_PROCESSES; number++) {
            Path log = ownFolder(path, number).resolve(AuditLog.FILE);
            if (Files.exists(log)) {
                logs.put(number, log);
            }
        }
        return logs;
    }

    /** Those of the first process, and of all others that there ever were. */
    public List<Path> ofAllProcesses(String file) {
        return IntStream.rangeClosed(1, MOST_PROCESSES)
                .mapToObj(each -> ownFolder(path, each).resolve(file))
                .filter(Files::exists)
                .toList();
    }

    /**
     * This process as the others know it.
     *
     * @param lost run when they have taken it for dead
     * @return empty for a node of one process
     */
    public Optional<Member> member(Runnable lost) {
        if (mostProcesses() == 1) {
            return Optional.empty();
        }
        ListenAddress own = listen();
        if (own.isEverywhere()) {
            throw new BadInputException(
                    "one of several processes needs an address of its own, where the others reach it:"
                            + " HOST:PORT to listen on, not " + own.text());
        }
        return Optional.of(new Member(process, NodeLock.instance(), own.text(), lost));
    }

    /** The same, for every start from now on. */
    public void keepListening(String address) {
        try {
            DurableFile.write(
                    path.resolve("listen"),
                    DurableFile.Access.EVERYONE,
                    (ListenAddress.parse(address).text() + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    /** Where the node listens. */
    ListenAddress listen() {
        Path file = path.resolve("listen");
        if (listen.isPresent()) {
            return listen.get();
        }
        return Files.exists(file)
                ? ListenAddress.parse(new String(read("listen"), StandardCharsets.US_ASCII).strip())
                : new ListenAddress(card.host(), card.port());
    }

    /** Where the node serves its metrics by plain HTTP, on a listener of their own; empty where none is wanted. */
    Optional<ListenAddress> metrics() {
        return Files.exists(path.resolve("metrics"))
                ? Optional.of(ListenAddress.parse(new String(read("metrics"), StandardCharsets.US_ASCII).strip())
                        .plus(process - 1))
                : Optional.empty();
    }

    public Path path() {
        return path;
    }

    public NodeCard card() {
        return card;
    }

    public byte[] cardDocument() {
        return read("card");
    }

    public boolean hasJoined() {
        return Files.exists(path.resolve("ring"));
    }

    /** @throws BadInputException before the node joined a ring */
    public RingDescriptor ring() {
        if (!hasJoined()) {
            throw new BadInputException(
                    card.name() + " has joined no ring yet",
                    new Advice.Join(card.role().toString(), path.toString()));
        }
        try {
            return RingDescriptor.open(SmallFile.readDocument(path.resolve("ring")));
        } catch (IOException e) {
            throw unusable(path.resolve("ring"), e);
        }
    }

    /** The node's signing key; the caller closes it. */
    public SigningKey signingKey() {
        byte[] text = read("signing.key");
        try {
            byte[] seed = HexFormat.of().parseHex(new String(text, StandardCharsets.US_ASCII).strip());
            SigningKey key = new SigningKey(SecretBytes.taking(seed));
            if (!key.verifyingKey().equals(card.key())) {
                throw new BadInputException("signing.key in " + path + " isn't the key that the card names");
            }
            return key;
        } catch (IllegalArgumentException e) {
            throw new BadInputException("signing.key in " + path + " isn't 64 hex digits");
        } finally {
            Arrays.fill(text, (byte) 0);
        }
    }

    /** The key that opens what waited for this provider; the caller closes it. */
    public OpeningKey openingKey() {
        byte[] text = read("sealing.key");
        try {
            Kem kem = card.recipient().kem();
            byte[] secret = HexFormat.of().parseHex(new String(text, StandardCharsets.US_ASCII).strip());
            OpeningKey key = OpeningKey.of(kem, SecretBytes.taking(secret));
            if (!key.recipient().equals(card.recipient())) {
                throw new BadInputException("sealing.key in " + path + " isn't the key that the card names");
            }
            return key;
        } catch (IllegalArgumentException e) {
            throw new BadInputException("sealing.key in " + path + " isn't 64 hex digits");
        } finally {
            Arrays.fill(text, (byte) 0);
        }
    }

    /** The node's audit log, which its node closes. */
    public AuditLog auditLog(Clock clock) {
        return AuditLog.open(own(AuditLog.FILE), card, signingKey(), clock);
    }

    public TlsIdentity tls() {
        TlsIdentity tls = new TlsIdentity(
                new String(read("tls.crt"), StandardCharsets.US_ASCII),
                new String(read("tls.key"), StandardCharsets.US_ASCII));
        try {
            if (!tls.pin().equals(card.tlsPin())) {
                throw new BadInputException("tls.crt in " + path + " isn't the one that the card pins");
            }
            var _ = tls.keyPair();
        } catch (IllegalArgumentException e) {
            throw new BadInputException("tls.key or tls.crt in " + path + " can't be read: " + e.getMessage());
        }
        return tls;
    }

    /** Lets a user in: appends to the users file. */
    public void allow(String name, String key) {
        Users.append(path.resolve("users"), name, key);
    }

    /**
     * Ends serving keys for good: their user goes by another one from now on, who is served if the operator hadn't ended serving them.
     *
     * @param now empty where it isn't known yet
     * @param rootVersion of the user's root secret that the new key derives from; a lower one says nothing against a higher
     */
    public void succeed(String name, List<VerifyingKey> before, Optional<VerifyingKey> now, int rootVersion) {
        Users users = users();
        if (now.isPresent() && before.stream().anyMatch(users::lists) && !users.isSucceeded(now.get())) {
            allow(name, now.get().toString());
        }
        SucceededKeys.open(path.resolve(SucceededKeys.FILE)).add(before, now, rootVersion);
    }

    Users users() {
        return new Users(path.resolve("users"));
    }

    private byte[] read(String file) {
        try {
            return SmallFile.read(path.resolve(file));
        } catch (IOException e) {
            throw unusable(path.resolve(file), e);
        }
    }

    private static void createPrivateDirectory(Path path) throws IOException {
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        try {
            Files.createDirectory(
                    path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(path)) {
                throw new BadInputException(path + " is a file; a node needs a folder");
            }
        }
    }

    private static void writePrivate(Path file, String text) throws IOException {
        DurableFile.writeNew(file, DurableFile.Access.OWNER, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static BadInputException unusable(Path path, IOException e) {
        return new BadInputException("can't use " + FileProblem.at(path, e));
    }
}
