package dev.interlock.node.log;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.ring.NodeCard;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's audit log: lines that each hash the one before, with the node's signature over them every minute. Entries are
 * in the file when a call returns, and durable within about a second. Safe for use by many threads.
 */
public final class AuditLog implements AutoCloseable {
    /** Its name in a node's folder. */
    public static final String FILE = "audit.log";
    /** What the first entry says of the form. */
    static final String FORMAT = "interlock-log-1";

    static final Duration SIGN_EVERY = Duration.ofMinutes(1);
    private static final int MAX_OWED = 10_000;
    private static final Logger log = LoggerFactory.getLogger(AuditLog.class);

    private final LogFile file;
    private final NodeCard card;
    private final SigningKey key;
    private final Clock clock;
    /** Two, so that strangers who flood the log can't hide what users and nodes try. */
    private final Map<Boolean, Allowance> refusals;

    private final Allowance failures;
    /** What is done but not written yet, because the disk failed. */
    private final Deque<Entry> owed = new ArrayDeque<>();
    /** Guards {@link #durable}; taken before this object's own lock. */
    private final Object forcing = new Object();

    private long durable;
    /** Where the last whole line ends, in bytes. */
    private long end;
    /** Part of a line may stand behind {@link #end}. */
    private boolean torn;

    private long sequence;
    private byte[] hash = Line.NOTHING_BEFORE;
    private long signedSequence;
    private long signedMillis;
    private Optional<Head> head = Optional.empty();
    private Optional<String> failure = Optional.empty();
    private boolean closed;

    private AuditLog(LogFile file, NodeCard card, SigningKey key, Clock clock) {
        this.file = file;
        this.card = card;
        this.key = key;
        this.clock = clock;
        this.signedMillis = clock.millis();
        this.failures = new Allowance(signedMillis);
        this.refusals = Map.of(true, new Allowance(signedMillis), false, new Allowance(signedMillis));
    }

    /**
     * Goes on with a node's log, or begins it.
     *
     * @param key the node's; closed with the log
     * @throws BadInputException when the file isn't this node's log, doesn't hold where it ends, or can't be written
     */
    public static AuditLog open(Path path, NodeCard card, SigningKey key, Clock clock) {
        try {
            AuditLog opened = open(path.toString(), DiskFile.open(path), card, key, clock);
            opened.file.keepRoom();
            return opened;
        } catch (IOException e) {
            throw new BadInputException("can't use " + FileProblem.at(path, e));
        }
    }

    /**
     * The same over any file.
     *
     * @param name for errors
     */
    public static AuditLog open(String name, LogFile file, NodeCard card, SigningKey key, Clock clock) {
        AuditLog opened = new AuditLog(file, card, key, clock);
        try {
            opened.goOn();
            return opened;
        } catch (IOException | MalformedException | BadInputException e) {
            try {
                file.close();
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw new BadInputException("can't go on with the log " + name + ": " + e.getMessage()
                    + "; a log that was moved away begins anew");
        }
    }

    /** Finds the end, sets aside what is behind the last whole line, and checks what it goes on from. */
    private void goOn() throws IOException {
        long size = file.size();
        end = endOfLine(size);
        if (end > 0) {
            Line last = line(end);
            long before = end - last.bytes().length;
            if (!last.follows(before == 0 ? Line.NOTHING_BEFORE : line(before).hash())) {
                throw new MalformedException("its last line doesn't follow the one before");
            }
            Line first = first();
            if (!first.field("key").equals(card.key().toString())) {
                throw new BadInputException(
                        "it is " + first.field("node") + "'s, with another key than " + card.name() + "'s");
            }
            sequence = last.sequence();
            hash = last.hash();
        }
        long dropped = size - end;
        if (dropped > 0) {
            for (long at = end; at < size; at += Line.MAX_BYTES) {
                file.setAside(file.read(at, (int) Math.min(Line.MAX_BYTES, size - at)));
            }
            file.truncate(end);
        }
        if (sequence == 0) {
            write(Entry.of(Event.CREATED)
                    .with("format", FORMAT)
                    .with("node", card.name())
                    .with("role", card.role())
                    .with("key", card.key()));
        }
        if (dropped > 0) {
            record(Entry.of(Event.RECOVERED).with("bytes", dropped));
            log.warn("{}: the end of the audit log, {} bytes, was no whole line; set aside", card.name(), dropped);
        }
    }

    /** Where the last whole line before this place ends; 0 when there's none. */
    private long endOfLine(long before) throws IOException {
        for (long to = before; to > 0; to = Math.max(0, to - Line.MAX_BYTES)) {
            long from = Math.max(0, to - Line.MAX_BYTES);
            byte[] bytes = file.read(from, (int) (to - from));
            for (int i = bytes.length - 1; i >= 0; i--) {
                if (bytes[i] == '\n') {
                    return from + i + 1;
                }
            }
        }
        return 0;
    }

    /** The line that ends there. */
    private Line line(long to) throws IOException {
        long from = endOfLine(to - 1);
        if (to - from > Line.MAX_BYTES) {
            throw new MalformedException("its last line is too long");
        }
        return Line.parse(new String(file.read(from, (int) (to - from - 1)), StandardCharsets.ISO_8859_1));
    }

    private Line first() throws IOException {
        String start = new String(file.read(0, Line.MAX_BYTES), StandardCharsets.ISO_8859_1);
        return Line.parse(start.substring(0, Math.max(0, start.indexOf('\n'))));
    }

    // ---- Entries ----

    /**
     * Writes what is about to be done, so that nothing is done unseen.
     *
     * @throws NodeException when it can't be written; then it mustn't be done
     */
    public synchronized void append(Entry entry) {
        try {
            catchUp();
            write(entry);
            failure = Optional.empty();
        } catch (IOException e) {
            failed(e);
            throw new NodeException(
                    card.name(),
                    card.name() + " takes nothing new: it can't write its audit log (" + e.getMessage() + ")");
        }
    }

    /** Writes what was done and can't be undone; when that fails, as soon as the disk takes it. */
    public synchronized void record(Entry entry) {
        if (owed.size() < MAX_OWED) {
            owed.add(entry);
        } else {
            log.error("{}: {} entries wait for the audit log, one more is lost", card.name(), MAX_OWED);
        }
        try {
            catchUp();
            failure = Optional.empty();
        } catch (IOException e) {
            recordFromReserve(e);
        }
    }

    /** What was done may have made room, or have to: its line has some of its own. */
    private void recordFromReserve(IOException full) {
        if (!FileProblem.isNoRoom(full) || !file.makeRoom()) {
            failed(full);
            return;
        }
        try {
            mend();
            catchUp();
        } catch (IOException e) {
            failed(e);
        }
    }

    /** The same, and durable when this returns, if the disk allows. */
    public void recordDurably(Entry entry) {
        record(entry);
        force();
    }

    /**
     * Writes that a request was refused, or counts it where there are too many.
     *
     * @param admitted was it from somebody who was let in?
     * @return whether it is one of those that are written, here and elsewhere
     */
    public synchronized boolean refused(Entry entry, boolean admitted) {
        Allowance allowance = allowance(admitted);
        boolean taken = allowance.take(clock.millis());
        if (taken) {
            try {
                catchUp();
                write(entry);
            } catch (IOException e) {
                allowance.leaveOut();
                failed(e);
            }
        }
        return taken;
    }

    /** Whether the node's own log may tell of one more failed request: as often as of refused ones. */
    public synchronized boolean mayTellFailure() {
        return failures.take(clock.millis());
    }

    private Allowance allowance(boolean admitted) {
        return Objects.requireNonNull(refusals.get(admitted));
    }

    private void catchUp() throws IOException {
        while (!owed.isEmpty()) {
            write(owed.getFirst());
            owed.removeFirst();
        }
    }

    private void write(Entry entry) throws IOException {
        write(entry, clock.millis());
    }

    private void write(Entry entry, long millis) throws IOException {
        if (closed) {
            throw new IOException("it is closed");
        }
        mend();
        Line line = Line.of(hash, sequence + 1, millis, entry);
        byte[] bytes = line.bytes();
        torn = true;
        file.write(end, bytes);
        torn = false;
        end += bytes.length;
        sequence = line.sequence();
        hash = line.hash();
        if (entry.event() == Event.SIGNED) {
            signedSequence = sequence;
            signedMillis = millis;
            head = Optional.of(new Head(line));
        }
    }

    /** Takes away what a write that failed left of its line. */
    private void mend() throws IOException {
        if (torn) {
            file.truncate(end);
            torn = false;
        }
    }

    private void failed(IOException e) {
        try {
            mend();
        } catch (IOException again) {
            e.addSuppressed(again);
        }
        if (failure.isEmpty() && !closed) {
            log.error("{} can't write its audit log: {}", card.name(), e.getMessage());
        }
        failure = Optional.of("its audit log can't be written: " + e.getMessage());
    }

    // ---- Heads, and what is done from time to time ----

    /** Signs all that is there, durably. */
    public void sign() {
        synchronized (this) {
            try {
                catchUp();
                tellLeftOut();
                long now = clock.millis();
                write(Head.entry(key, sequence, hash, now), now);
                failure = Optional.empty();
            } catch (IOException e) {
                failed(e);
            }
        }
        force();
    }

    /** To be called about every second: makes entries durable, and signs them when a minute has passed. */
    public void tick() {
        if (isSigningDue()) {
            sign();
            if (failure().isEmpty()) {
                file.keepRoom();
            }
        } else {
            force();
        }
    }

    private synchronized boolean isSigningDue() {
        try {
            catchUp();
        } catch (IOException e) {
            failed(e);
        }
        boolean news = sequence > signedSequence
                || refusals.values().stream().anyMatch(allowance -> allowance.leftOut() > 0)
                || failure.isPresent();
        long since = clock.millis() - signedMillis;
        // A clock that was set back far must not keep the node from signing.
        return news && (since >= SIGN_EVERY.toMillis() || since < 0);
    }

    private void tellLeftOut() throws IOException {
        for (boolean admitted : new boolean[] {false, true}) {
            Allowance allowance = allowance(admitted);
            long more = allowance.leftOut();
            if (more > 0) {
                write(Entry.of(Event.REFUSED).with("more", more).with("from", admitted ? "admitted" : "strangers"));
                allowance.told(more);
            }
        }
    }

    /** Those who come while it runs share the next one. */
    private void force() {
        long upTo;
        synchronized (this) {
            upTo = end;
        }
        synchronized (forcing) {
            if (durable >= upTo) {
                return;
            }
            synchronized (this) {
                if (closed) {
                    return;
                }
                upTo = end;
            }
            try {
                file.force();
                durable = upTo;
            } catch (IOException e) {
                synchronized (this) {
                    failed(e);
                }
            }
        }
    }

    /** The last signed head of this run. */
    public synchronized Optional<Head> head() {
        return head;
    }

    /** Why nothing can be written, while that is so. */
    public synchronized Optional<String> failure() {
        return failure;
    }

    /** Entries that come later are refused. */
    @Override
    public void close() {
        synchronized (forcing) {
            synchronized (this) {
                if (closed) {
                    return;
                }
                closed = true;
                if (!owed.isEmpty()) {
                    log.error("{}: {} entries never reached the audit log", card.name(), owed.size());
                }
            }
            try {
                file.close();
            } catch (IOException e) {
                log.error("{} can't close its audit log: {}", card.name(), e.getMessage());
            } finally {
                key.close();
            }
        }
    }
}
