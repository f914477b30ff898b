package dev.interlock.protocol.names;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.ForeignText;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.ObjectId;
import dev.interlock.protocol.error.BadInputException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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

        /** Those that stand for some of these objects; no number is given anew. */
        public Versions only(Collection<ObjectId> objects) {
            return new Versions(
                    name,
                    next,
                    versions.stream()
                            .filter(each -> objects.contains(each.object()))
                            .toList(),
                    Change.NONE);
        }

        /** With versions of the same name from elsewhere, each under its number where that is free, else under the next ones. */
        public Versions takingOver(Versions other) {
            List<ObjectId> added = other.versions.stream()
                    .map(Version::object)
                    .filter(object -> !names(object))
                    .toList();
            Versions all = with(other.versions);
            return new Versions(name, Math.max(all.next, other.next), all.versions, new Change(added, List.of()));
        }

        /**
         * With what somebody else changed at the same time: their versions get other numbers only where these are taken. What either
         * has taken away stays away, also where the other one added just that: whoever took it away had it from a third.
         */
        public Versions merged(Versions other) {
            return with(other.versions.stream()
                            .filter(each -> other.change.added().contains(each.object())
                                    && !change.removed().contains(each.object()))
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

    /**
     * No name: the devices that have logged in as the user, and those that were forgotten, as long as a provider may know one.
     *
     * @param devices no two have the same secret
     */
    record Devices(List<Device> devices) implements NameContent {
        /** More than any provider keeps. */
        public static final int MOST = 64;

        public static final Devices NONE = new Devices(List.of());

        /** @throws MalformedException when there are more, or one is there twice */
        public Devices {
            devices = List.copyOf(devices);
            if (devices.size() > MOST
                    || devices.stream().map(Device::id).distinct().count() < devices.size()) {
                throw new MalformedException("at most " + MOST + " devices are kept, each once");
            }
        }

        public Optional<Device> find(byte[] secret) {
            return devices.stream()
                    .filter(each -> MessageDigest.isEqual(each.secret(), secret))
                    .findFirst();
        }

        /** With this one in the place of what there was of it; where there is no room, the one that came first gives way. */
        public Devices with(Device device) {
            List<Device> all = new ArrayList<>(without(device).devices);
            if (all.size() == MOST) {
                all.removeFirst();
            }
            all.add(device);
            return new Devices(all);
        }

        public Devices without(Device device) {
            return new Devices(devices.stream()
                    .filter(each -> !each.id().equals(device.id()))
                    .toList());
        }

        /** With what somebody else set at the same time: what either has forgotten is, and who either has told knows. */
        public Devices merged(Devices other) {
            Devices merged = this;
            for (Device theirs : other.devices) {
                Optional<Device> own = merged.find(theirs.secret());
                if (own.isEmpty()) {
                    merged = merged.with(theirs);
                } else if (theirs.forgotten()) {
                    List<ShareIndex> untold = own.get().forgotten()
                            ? theirs.untold().stream()
                                    .filter(own.get().untold()::contains)
                                    .toList()
                            : theirs.untold();
                    List<Device> all = new ArrayList<>(merged.devices);
                    all.set(all.indexOf(own.get()), theirs.forgotten(untold));
                    merged = new Devices(all);
                }
            }
            return merged;
        }
    }

    /**
     * A device that has logged in.
     *
     * @param secret by which providers know it, 32 bytes; it opens nothing
     * @param label what its owner knows it by, at most {@value #MOST_LABEL_BYTES} bytes
     * @param sinceMillis when it first logged in, by its own clock
     * @param forgotten whether it is to be a stranger again
     * @param untold the providers that may not know that yet; empty unless it is forgotten
     */
    record Device(byte[] secret, String label, long sinceMillis, boolean forgotten, List<ShareIndex> untold) {
        public static final int SECRET_BYTES = 32;
        public static final int MOST_LABEL_BYTES = 64;

        /** @throws MalformedException when a part is too long */
        public Device {
            untold = List.copyOf(untold);
            if (secret.length != SECRET_BYTES
                    || label.getBytes(StandardCharsets.UTF_8).length > MOST_LABEL_BYTES
                    || (!forgotten && !untold.isEmpty())) {
                throw new MalformedException("a device has a secret of " + SECRET_BYTES
                        + " bytes and a label of at most " + MOST_LABEL_BYTES);
            }
        }

        private String id() {
            return HexFormat.of().formatHex(secret);
        }

        /** The same, no device of the user's any more. */
        public Device forgotten(List<ShareIndex> by) {
            return new Device(secret, label, sinceMillis, true, by);
        }

        /** By what it is. */
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Device device
                    && MessageDigest.isEqual(secret, device.secret)
                    && label.equals(device.label)
                    && sinceMillis == device.sinceMillis
                    && forgotten == device.forgotten
                    && untold.equals(device.untold);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(secret);
        }

        /** Without its secret. */
        @Override
        public String toString() {
            return "the device \"" + ForeignText.line(label) + "\"";
        }
    }

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
            case Devices(List<Device> devices) -> {
                out.u8(3).u16(devices.size());
                for (Device device : devices) {
                    out.fixed(device.secret(), Device.SECRET_BYTES)
                            .text(device.label())
                            .u64(device.sinceMillis())
                            .u8(device.forgotten() ? 1 : 0)
                            .u8(device.untold().size());
                    device.untold().forEach(x -> out.u8(x.x()));
                }
            }
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
            case 3 -> {
                List<Device> devices = new ArrayList<>();
                for (int count = in.u16(); count > 0; count--) {
                    devices.add(device(in));
                }
                yield new Devices(devices);
            }
            default -> throw new MalformedException("the name's content is of the kind " + kind);
        };
        in.end();
        return content;
    }

    private static Device device(ByteReader in) {
        byte[] secret = in.fixed(Device.SECRET_BYTES);
        String label = in.text();
        long since = in.u64();
        int forgotten = in.u8();
        if (forgotten > 1) {
            throw new MalformedException("a device is forgotten or not");
        }
        List<ShareIndex> untold = new ArrayList<>();
        for (int count = in.u8(); count > 0; count--) {
            untold.add(new ShareIndex(in.u8()));
        }
        return new Device(secret, label, since, forgotten == 1, untold);
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
