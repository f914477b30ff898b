package dev.interlock.client;

import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.error.Advice;
import dev.interlock.protocol.error.BadInputException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.NodeException;
import dev.interlock.protocol.error.TooFewProvidersException;
import dev.interlock.protocol.error.UnsettledException;
import dev.interlock.protocol.names.Name;
import dev.interlock.protocol.names.NameContent;
import dev.interlock.protocol.names.NameHead;
import dev.interlock.protocol.names.NameKeys;
import dev.interlock.protocol.names.NameReading;
import dev.interlock.protocol.names.NameTag;
import dev.interlock.protocol.names.NameVersion;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * The user's names for their objects in one ring (SPEC §16). Providers keep them sealed, under tags that say nothing; fewer than t
 * of them can't hide one, bring one back or show an old version for a new one. An object has no part in its names: it is put
 * before it gets one, and stays when it loses one.
 */
public final class Names {
    private final RingClient client;

    Names(RingClient client) {
        this.client = client;
    }

    private interface Task<T> {
        T with(NameKeys keys, NameRegister register) throws InterruptedException;
    }

    private <T> T with(Task<T> task) throws InterruptedException {
        try (NameKeys keys = client.nameKeys()) {
            return task.with(keys, new NameRegister(client, keys));
        }
    }

    /**
     * What a name stands for now.
     *
     * @throws TooFewProvidersException where fewer answer than it takes to be sure
     */
    public Named find(Name name) throws InterruptedException {
        return with((keys, register) -> named(name, register.read(keys.tag(name))));
    }

    /** @throws NoSuchObjectException where there is no such name, or it has no such version */
    public NameContent.Version resolve(NameVersion wanted) throws InterruptedException {
        return version(wanted, find(wanted.name()));
    }

    /** The version that is wanted of what a name stands for. @throws NoSuchObjectException where there is none */
    public NameContent.Version version(NameVersion wanted, Named named) {
        return named.versions().version(wanted.version()).orElseThrow(() -> none(wanted, named.versions()));
    }

    private static NoSuchObjectException nothing(Name name) {
        return new NoSuchObjectException(
                "none of your objects has the name \"" + name + "\"", new Advice.ListObjects());
    }

    private static NoSuchObjectException none(NameVersion wanted, NameContent.Versions versions) {
        return versions.versions().isEmpty()
                ? nothing(wanted.name())
                : new NoSuchObjectException("\"" + wanted.name() + "\" has no version "
                        + wanted.version().orElse(0) + ": there are "
                        + versions.versions().stream()
                                .map(each -> String.valueOf(each.number()))
                                .collect(Collectors.joining(", ")));
    }

    /**
     * Makes an object the next version of a name. Where somebody else did so meanwhile, this one comes after theirs.
     *
     * @param length the object's, in bytes
     * @return with the number that it got
     * @throws UnsettledException where too few providers confirm it
     */
    public Named add(Name name, ObjectId object, long length) throws InterruptedException {
        long now = client.clock().millis();
        return change(name, before -> before.names(object) ? before : before.with(object, length, now));
    }

    /**
     * Takes versions away; a name that has none left is there no more, and the objects stay.
     *
     * @param objects which versions stand for
     */
    public Named remove(Name name, Set<ObjectId> objects) throws InterruptedException {
        return change(name, before -> before.without(objects));
    }

    /**
     * Gives what one name stands for another name, with the numbers of its versions. In two steps, the new name first: if it breaks
     * off between them both stand for the same, and repeating it goes on.
     *
     * @throws NoSuchObjectException where there is no such name
     * @throws BadInputException where the other one stands for something else
     */
    public Named move(Name from, Name to) throws InterruptedException {
        if (from.equals(to)) {
            throw new BadInputException("\"" + from + "\" has this name already");
        }
        Named there = bring(to, (before, again) -> {
            NameContent.Versions moved = find(from).versions();
            if (moved.versions().isEmpty() && again) {
                return before;
            }
            if (moved.versions().isEmpty()) {
                throw nothing(from);
            }
            if (again
                    ? moved.versions().stream().allMatch(each -> before.names(each.object()))
                    : before.versions().equals(moved.versions())) {
                return before;
            }
            if (!before.versions().isEmpty()) {
                throw new BadInputException("\"" + to + "\" is there already: remove it first, or choose another name");
            }
            return moved.renamed(before);
        });
        Named _ = remove(
                from,
                there.versions().versions().stream()
                        .map(NameContent.Version::object)
                        .collect(Collectors.toSet()));
        return there;
    }

    /** What a name stands for elsewhere, read when it is asked for. */
    interface Elsewhere {
        NameContent.Versions read() throws InterruptedException;
    }

    /** Adds versions that the name has in another ring, with their numbers where these are free here; what is here stays. */
    Named takeOver(Name name, Elsewhere there) throws InterruptedException {
        return bring(name, (before, _) -> before.takingOver(there.read()));
    }

    /** What a name is to stand for, given what it stands for now; reads what it is to be brought from. */
    private interface Bringing {
        /** @param again whether something was written already, which may have come in */
        NameContent.Versions after(NameContent.Versions before, boolean again) throws InterruptedException;
    }

    /**
     * Brings a name what stands elsewhere until it is removed there. Several may be at that at once, and what one of them has brought
     * may have been removed here since: so it is read there after it is read here, before each try, and where anybody set anything
     * here meanwhile all is read again, instead of what was to be set being added to theirs.
     */
    private Named bring(Name name, Bringing bringing) throws InterruptedException {
        return with((keys, register) -> {
            for (int tries = 0; tries < NameRegister.TRIES; tries++) {
                NameRegister.Read read = register.read(keys.tag(name));
                NameContent.Versions before = versions(name, read.latest());
                NameContent.Versions after = bringing.after(before, tries > 0);
                if (after.versions().equals(before.versions())) {
                    return stands(name, keys.tag(name), register, read);
                }
                NameRegister.Written written =
                        register.write(after, read.latest().map(NameReading.Latest::head));
                if (written.others().isEmpty()) {
                    return settled(
                            name, after, register, written, read.reading().wrong());
                }
                // What the others changed is theirs and mustn't get lost; what this one wrote stands, or is tried
                // again.
                NameRegister.Met<NameContent.Versions> met = register.met(
                        written, false, each -> versions(name, Optional.of(each)), NameContent.Versions::merged);
                if (!met.all().versions().equals(met.counts().versions())) {
                    var _ = change(
                            register, name, met.all(), Optional.of(met.top().head()));
                }
                register.pause(tries);
            }
            throw quicker(name);
        });
    }

    private static UnsettledException quicker(Name name) {
        return new UnsettledException(
                "the name \"" + name + "\" wasn't set: " + NameRegister.TRIES
                        + " times somebody else changed it meanwhile",
                List.of(),
                new Advice.ShowObject(name.text()));
    }

    private static NameRegister.Changed<NameContent.Versions> change(
            NameRegister register, Name name, NameContent.Versions after, Optional<NameHead> before)
            throws InterruptedException {
        return register.change(
                        after,
                        before,
                        each -> versions(name, Optional.of(each)),
                        NameContent.Versions::merged,
                        (one, other) -> one.versions().equals(other.versions()))
                .orElseThrow(() -> quicker(name));
    }

    private Named change(Name name, UnaryOperator<NameContent.Versions> change) throws InterruptedException {
        return with((keys, register) -> {
            NameRegister.Read read = register.read(keys.tag(name));
            NameContent.Versions before = versions(name, read.latest());
            NameContent.Versions after = change.apply(before);
            if (after.versions().equals(before.versions())) {
                return stands(name, keys.tag(name), register, read);
            }
            NameRegister.Changed<NameContent.Versions> changed =
                    change(register, name, after, read.latest().map(NameReading.Latest::head));
            NameRegister.Written written = changed.written();
            return changed.top().equals(written.own())
                    ? settled(
                            name,
                            changed.content(),
                            register,
                            written,
                            read.reading().wrong())
                    : settled(name, named(name, register.settle(keys.tag(name))));
        });
    }

    private Named settled(
            Name name,
            NameContent.Versions after,
            NameRegister register,
            NameRegister.Written written,
            List<String> wrong) {
        if (written.confirmed().isEmpty()) {
            Map<String, String> why = new LinkedHashMap<>();
            written.failures().forEach((node, error) -> why.put(node, error.explanation()));
            throw written.failures().values().stream()
                    .filter(error -> !(error instanceof NodeException))
                    .findFirst()
                    .orElseGet(() -> new TooFewProvidersException(
                            "setting a name", register.quorum().write(), 0, why));
        }
        if (!register.isSettled(written)) {
            throw unsettled(
                    name,
                    "is set at " + String.join(", ", written.confirmed()) + " alone, and it takes "
                            + register.quorum().write() + " until nobody can be shown what was before: "
                            + written.failures().entrySet().stream()
                                    .map(each -> each.getKey() + ": "
                                            + each.getValue().explanation())
                                    .collect(Collectors.joining("; ")),
                    written.confirmed());
        }
        return new Named(after, true, wrong);
    }

    /** There is nothing to change. It counts as changed all the same, so it must be settled, as what is written. */
    private static Named stands(Name name, NameTag tag, NameRegister register, NameRegister.Read read)
            throws InterruptedException {
        return settled(name, named(name, read.settled() ? read : register.settle(tag)));
    }

    private static Named settled(Name name, Named named) {
        if (!named.settled()) {
            throw unsettled(name, "can't be shown to enough providers now", List.of());
        }
        return named;
    }

    private static UnsettledException unsettled(Name name, String why, List<String> confirmed) {
        return new UnsettledException(
                "the name \"" + name + "\" " + why + ". Whoever reads it brings it to those that can be reached",
                confirmed,
                new Advice.ShowObject(name.text()));
    }

    private static Named named(Name name, NameRegister.Read read) {
        return new Named(
                versions(name, read.latest()), read.settled(), read.reading().wrong());
    }

    private static NameContent.Versions versions(Name name, Optional<NameReading.Latest> latest) {
        return latest.map(NameReading.Latest::content)
                .filter(NameContent.Versions.class::isInstance)
                .map(NameContent.Versions.class::cast)
                .orElse(NameContent.Versions.none(name));
    }

    /**
     * Gives out every name, in no order, as it comes.
     *
     * @return the providers that didn't answer, or showed what the user never made, and why
     * @throws TooFewProvidersException where fewer answer than it takes to be sure that none is missing; what was given out stands
     */
    public Map<String, String> list(Consumer<NameContent.Versions> each) throws InterruptedException {
        return with((keys, register) -> new NameListing(client, register, keys, false).list(versions -> {
            if (!versions.versions().isEmpty()) {
                each.accept(versions);
            }
        }));
    }

    /**
     * Brings every name to every provider that can be reached: to one that lost its store, or is new in an epoch of the ring. Where
     * enough of the present epoch have all of them, notes that: from then on nobody asks those of earlier ones for names.
     *
     * @return the providers that couldn't be told, and why
     */
    public Map<String, String> spread() throws InterruptedException {
        return with((keys, register) -> {
            Map<String, String> lost = new NameListing(client, register, keys, true).list(_ -> {});
            Set<String> told = new HashSet<>(
                    register.present().stream().map(node -> node.name()).toList());
            told.removeAll(lost.keySet());
            if (client.ring().epochs().size() > 1
                    && told.size() >= register.quorum().write()) {
                NameRegister.Read note = register.read(keys.carriedTag());
                int epoch = client.ring().epoch();
                if (NameRegister.carried(note.latest().map(NameReading.Latest::content)) < epoch) {
                    // Whoever notes it at the same time notes the same.
                    NameRegister.Written _ = register.write(
                            new NameContent.Carried(epoch), note.latest().map(NameReading.Latest::head));
                }
            }
            return lost;
        });
    }
}
