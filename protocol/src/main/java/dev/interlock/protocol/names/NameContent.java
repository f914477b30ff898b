package dev.interlock.protocol.names;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.error.BadInputException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** What is sealed in an entry (SPEC §16). */
public sealed interface NameContent {
    /**
     * What a name stands for. One without versions was removed: it stays, so that the numbers of its versions never come again.
     *
     * @param next the number that the next version gets
     * @param versions from the oldest to the newest
     * @param change what its maker changed, so that whoever set something else at the same time takes it in
     */
    record Versions(Name name, int next, List<Version> versions, Change change) implements NameContent {
        /** As many as an entry has room for. */
        public static final int MOST = 1_000;

        /** @throws MalformedException unless the versions are in order and below {@code next} */
        public Versions {
            versions = List.copyOf(versions);
            int before = 0;
            for (Version version : versions) {
                if (version.number() <= before) {
                    throw new MalformedException("the versions of a name aren't in order");
                }
                before = version.number();
            }
            if (next <= before || versions.size() > MOST) {
                throw new MalformedException("a name has at most " + MOST + " versions, each below the next, not "
                        + versions.size() + " with " + before + " below " + next);
            }
        }

        /** Of a name that never was. */
        public static Versions none(Name name) {
            return new Versions(name, 1, List.of(), Change.NONE);
        }

        public Optional<Version> newest() {
            return versions.isEmpty() ? Optional.empty() : Optional.of(versions.getLast());
        }

        /** @param number empty for the newest */
        public Optional<Version> version(OptionalInt number) {
            return number.isEmpty()
                    ? newest()
                    : versions.stream()
                            .filter(each -> each.number() == number.getAsInt())
                            .findFirst();
        }

        /** Whether a version stands for this object. */
        public boolean names(ObjectId object) {
            return versions.stream().anyMatch(each -> each.object().equals(object));
        }

        /** @throws BadInputException when there is no room for one more */
        public Versions with(ObjectId object, long length, long setMillis) {
            return with(List.of(new Version(next, object, length, setMillis)))
                    .changing(new Change(List.of(object), List.of()));
        }

        /** Without the versions that stand for these objects. */
        public Versions without(Collection<ObjectId> objects) {
            List<ObjectId> gone = versions.stream()
                    .map(Version::object)
                    .filter(objects::contains)
                    .toList();
            return new Versions(
                    name,
                    next,
                    versions.stream()
                            .filter(each -> !gone.contains(each.object()))
                            .toList(),
                    new Change(List.of(), gone));
        }

        /** The same versions under another name, with their numbers. */
        public Versions renamed(Versions before) {
            return new Versions(
                    before.name,
                    Math.max(next, before.next),
                    versions,
                    new Change(versions.stream().map(Version::object).toList(), List.of()));
        }

        /** With what somebody else changed at the same time: their versions get other numbers only where these are taken. */
        public Versions merged(Versions other) {
            return with(other.versions.stream()
                            .filter(each -> other.change.added().contains(each.object()))
                            .toList())
                    .without(other.change.removed())
                    .changing(change.and(other.change));
        }

        private Versions changing(Change other) {
            return new Versions(name, next, versions, other);
        }

        private Versions with(List<Version> more) {
            List<Version> all = new ArrayList<>(versions);
            int free = next;
            for (Version version : more) {
                if (names(version.object())) {
                    continue;
                }
                boolean taken = all.stream().anyMatch(each -> each.number() == version.number());
                int number = taken ? free : version.number();
                all.add(new Version(number, version.object(), version.length(), version.setMillis()));
                free = Math.max(free, number + 1);
            }
            if (all.size() > MOST || free == Integer.MAX_VALUE) {
                throw new BadInputException("\"" + name + "\" has " + versions.size() + " versions, and no more than "
                        + MOST + " are kept: remove some first");
            }
            all.sort(Comparator.comparingInt(Version::number));
            return new Versions(name, free, all, change);
        }
    }

    /** What was changed of a name: the objects of versions that were added, and that were taken away. */
    record Change(List<ObjectId> added, List<ObjectId> removed) {
        public static final Change NONE = new Change(List.of(), List.of());

        /** @throws MalformedException when there are more than fit */
        public Change {
            added = List.copyOf(added);
            removed = List.copyOf(removed);
            if (added.size() + removed.size() > Versions.MOST) {
                throw new MalformedException("at most " + Versions.MOST + " versions of a name change at once, not "
                        + (added.size() + removed.size()));
            }
        }

        private Change and(Change other) {
            return new Change(both(added, other.added), both(removed, other.removed));
        }

        private static List<ObjectId> both(List<ObjectId> some, List<ObjectId> others) {
            Set<ObjectId> all = new LinkedHashSet<>(some);
            all.addAll(others);
            return List.copyOf(all);
        }
    }

    /**
     * One version of what a name stands for.
     *
     * @param number from 1
     * @param length in bytes
     * @param setMillis by the clock of who set it, since 1970
     */
    record Version(int number, ObjectId object, long length, long setMillis) {}

    /**
     * No name: the owner's note that everything that was set in earlier epochs of the ring is in this one as well.
     *
     * @param epoch of the ring
     */
    record Carried(int epoch) implements NameContent {}

    default byte[] encode() {
        ByteWriter out = new ByteWriter();
        switch (this) {
            case Versions(Name name, int next, List<Version> versions, Change change) -> {
                out.u8(1).text(name.text()).u32(next).u16(versions.size());
                for (Version version : versions) {
                    out.u32(version.number())
                            .fixed(version.object().bytes(), ObjectId.BYTES)
                            .u64(version.length())
                            .u64(version.setMillis());
                }
                write(out, change.added());
                write(out, change.removed());
            }
            case Carried(int epoch) -> out.u8(2).u32(epoch);
        }
        return out.toBytes();
    }

    /** @throws MalformedException unless these are exactly the bytes of one */
    static NameContent decode(byte[] bytes) {
        ByteReader in = new ByteReader("the name's content", bytes);
        int kind = in.u8();
        NameContent content = switch (kind) {
            case 1 -> {
                Name name = name(in.text());
                int next = in.u32();
                List<Version> versions = new ArrayList<>();
                for (int count = in.u16(); count > 0; count--) {
                    versions.add(new Version(in.u32(), ObjectId.of(in.fixed(ObjectId.BYTES)), in.u64(), in.u64()));
                }
                yield new Versions(name, next, versions, new Change(objects(in), objects(in)));
            }
            case 2 -> new Carried(in.u32());
            default -> throw new MalformedException("the name's content is of the kind " + kind);
        };
        in.end();
        return content;
    }

    private static void write(ByteWriter out, List<ObjectId> objects) {
        out.u16(objects.size());
        objects.forEach(object -> out.fixed(object.bytes(), ObjectId.BYTES));
    }

    private static List<ObjectId> objects(ByteReader in) {
        List<ObjectId> objects = new ArrayList<>();
        for (int count = in.u16(); count > 0; count--) {
            objects.add(ObjectId.of(in.fixed(ObjectId.BYTES)));
        }
        return objects;
    }

    private static Name name(String text) {
        try {
            return new Name(text);
        } catch (BadInputException e) {
            throw new MalformedException(e.explanation());
        }
    }
}
