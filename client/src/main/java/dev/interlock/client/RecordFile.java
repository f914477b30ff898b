package dev.interlock.client;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.protocol.Json;
import dev.interlock.protocol.ring.RingDescriptor;
import dev.interlock.wire.file.DurableFile;
import dev.interlock.wire.file.FileProblem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A {@link ProviderRecord} that outlives its process: one JSON file for each ring, for its owner alone. What can't be read or
 * written costs a warning, never more.
 */
public final class RecordFile {
    /** A record of a thousand providers is smaller. */
    private static final long MAX_BYTES = 1 << 20;

    private final Path folder;
    private final Path file;
    private final RingDescriptor ring;
    private final Consumer<String> warning;
    private ProviderRecord.State before = ProviderRecord.State.EMPTY;

    /**
     * @param folder made when something is saved
     * @param warning told in one sentence what went wrong
     */
    public RecordFile(Path folder, RingDescriptor ring, Consumer<String> warning) {
        this.folder = folder;
        this.file = folder.resolve(ring.id() + ".json");
        this.ring = ring;
        this.warning = warning;
    }

    public Path path() {
        return file;
    }

    /** What was kept; nothing, where there's no file or a damaged one. */
    public ProviderRecord read(InstantSource clock) {
        before = load();
        return new ProviderRecord(before, clock);
    }

    /**
     * Adds what the record learned since it was read. Of two commands that save in the same instant, one may be lost: it is
     * about preference only, and not worth a lock.
     */
    public void save(ProviderRecord record) {
        ProviderRecord.State now = record.state();
        if (now.equals(before)) {
            return;
        }
        try {
            ProviderRecord.State all = now.merged(before, load());
            DurableFile.createFolder(folder);
            DurableFile.write(file, DurableFile.Access.OWNER, Json.write(all));
            before = all;
        } catch (IOException e) {
            warning.accept("the record of providers can't be kept in " + file + " (" + FileProblem.why(e)
                    + "); INTERLOCK_RECORD names another folder, or off");
        }
    }

    private ProviderRecord.State load() {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new MalformedException("it is longer than " + MAX_BYTES + " bytes");
            }
            ProviderRecord.State state = Json.read("it", Files.readAllBytes(file), ProviderRecord.State.class);
            Map<String, ProviderRecord.Seen> known = new TreeMap<>(state.providers());
            known.keySet().removeIf(name -> ring.provider(name).isEmpty());
            return new ProviderRecord.State(state.pass(), known);
        } catch (NoSuchFileException e) {
            return ProviderRecord.State.EMPTY;
        } catch (IOException e) {
            warning.accept("the record of providers " + file + " can't be read (" + FileProblem.why(e) + ")");
            return ProviderRecord.State.EMPTY;
        } catch (MalformedException e) {
            warning.accept("the record of providers " + file + " is damaged and begins anew: " + e.getMessage());
            return ProviderRecord.State.EMPTY;
        }
    }
}
