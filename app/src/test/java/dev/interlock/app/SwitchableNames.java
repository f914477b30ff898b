package dev.interlock.app;

import dev.interlock.node.store.NameStore;
import dev.interlock.node.store.Store;
import dev.interlock.protocol.names.NameEntry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A provider's names, which it keeps honestly until it is told to do otherwise. */
final class SwitchableNames implements NameStore {
    /** What it does. */
    enum Mode {
        HONEST,
        /** Answers nothing. */
        DOWN,
        /** Says that it kept what it is given, and has nothing. */
        EMPTY,
        /** Shows what it had at a moment in the past, and keeps nothing new. */
        FROZEN,
        /** Shows each entry with a higher number than its owner gave it. */
        RAISED,
        /** Claims later states of all entries, and has none. */
        CLAIMING
    }

    private final NameStore honest;
    private volatile Mode mode = Mode.HONEST;
    private volatile List<byte[]> frozen = List.of();

    private SwitchableNames(NameStore honest) {
        this.honest = honest;
    }

    static SwitchableNames of(Store store) {
        return new SwitchableNames(store.names());
    }

    /** That store, with these names. */
    Store in(Store store) {
        return (Store) Proxy.newProxyInstance(
                Store.class.getClassLoader(), new Class<?>[] {Store.class}, (_, method, arguments) -> {
                    if (method.getName().equals("names")) {
                        return this;
                    }
                    try {
                        return method.invoke(store, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    NameStore honest() {
        return honest;
    }

    void become(Mode other) {
        mode = other;
    }

    /** From now on it shows what it has of this user at this moment. */
    void freeze(byte[] user) {
        frozen = honest.list(user, Optional.empty(), Integer.MAX_VALUE, Integer.MAX_VALUE);
        mode = Mode.FROZEN;
    }

    private void answer() {
        if (mode == Mode.DOWN) {
            throw new IllegalStateException("it answers nothing");
        }
    }

    private List<byte[]> shown(List<byte[]> entries) {
        return switch (mode) {
            case HONEST, DOWN, FROZEN, CLAIMING -> entries;
            case EMPTY -> List.of();
            case RAISED -> entries.stream().map(SwitchableNames::raised).toList();
        };
    }

    private static byte[] raised(byte[] encoded) {
        NameEntry entry = NameEntry.decode(encoded);
        return new NameEntry(
                        entry.ring(),
                        entry.rootVersion(),
                        entry.key(),
                        entry.tag(),
                        entry.number() + 7,
                        entry.before(),
                        entry.sealed(),
                        entry.signature())
                .encode();
    }

    private static byte[] tag(byte[] entry) {
        return NameEntry.decode(entry).tag().bytes();
    }

    @Override
    public List<byte[]> set(byte[] user, List<Kept> entries, int maxBytes) {
        answer();
        return mode == Mode.HONEST ? honest.set(user, entries, maxBytes) : List.of();
    }

    @Override
    public long missing(byte[] user, List<byte[]> tags) {
        return honest.missing(user, tags);
    }

    @Override
    public Found find(byte[] user, List<byte[]> tags, int maxBytes) {
        answer();
        if (mode == Mode.FROZEN) {
            List<byte[]> found = frozen.stream()
                    .filter(entry -> tags.stream().anyMatch(tag -> Arrays.equals(tag, tag(entry))))
                    .toList();
            return new Found(tags.size(), found);
        }
        Found found = honest.find(user, tags, maxBytes);
        return new Found(found.looked(), shown(found.entries()));
    }

    @Override
    public List<byte[]> list(byte[] user, Optional<byte[]> after, int maxEntries, int maxBytes) {
        answer();
        if (mode == Mode.FROZEN) {
            return frozen.stream()
                    .filter(entry -> after.isEmpty() || Arrays.compareUnsigned(tag(entry), after.get()) > 0)
                    .limit(Math.min(maxEntries, 1_000))
                    .toList();
        }
        return shown(honest.list(user, after, maxEntries, maxBytes));
    }

    @Override
    public List<State> states(byte[] user, Optional<byte[]> after, Optional<byte[]> upTo, int max) {
        answer();
        if (mode == Mode.CLAIMING) {
            return honest.states(user, after, upTo, max).stream()
                    .map(state -> new State(state.tag(), state.number() + 1, state.hash()))
                    .toList();
        }
        if (mode == Mode.HONEST) {
            return honest.states(user, after, upTo, max);
        }
        List<byte[]> shown = mode == Mode.FROZEN ? frozen : list(user, after, max, Integer.MAX_VALUE);
        return shown.stream()
                .map(NameEntry::decode)
                .filter(entry ->
                        after.isEmpty() || Arrays.compareUnsigned(entry.tag().bytes(), after.get()) > 0)
                .filter(entry ->
                        upTo.isEmpty() || Arrays.compareUnsigned(entry.tag().bytes(), upTo.get()) <= 0)
                .map(entry -> new State(
                        entry.tag().bytes(), entry.number(), entry.head().hash()))
                .limit(max)
                .toList();
    }
}
