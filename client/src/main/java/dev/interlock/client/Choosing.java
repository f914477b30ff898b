package dev.interlock.client;

import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.token.Token;
import dev.interlock.protocol.ring.Provider;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/** Chooses who is to serve a read, and leaves out who failed it already. */
final class Choosing {
    private final RingClient client;
    /** Providers that failed this get, and how. */
    private final Map<String, String> failed = new LinkedHashMap<>();
    /** Protocol 1: the sealed shares at each home that can't be used. */
    private final Map<String, Set<ShareIndex>> unusable = new HashMap<>();

    Choosing(RingClient client) {
        this.client = client;
    }

    /** By name, how it failed. */
    Map<String, String> failed() {
        return failed;
    }

    /** Protocol 1: a home's copy of this sealed share can't be used. */
    void leaveOut(Provider home, ShareIndex x) {
        unusable.computeIfAbsent(home.name(), _ -> new HashSet<>()).add(x);
    }

    /** The best; empty when there aren't enough. */
    Optional<Choice> choose(Lookup lookup) {
        return choose(lookup, _ -> 0);
    }

    /**
     * S: a home first, then the others, the best first, all of one generation: the newest of which there are enough.
     *
     * @param suspicion against a provider, beside what is in the record
     */
    Optional<Choice> choose(Lookup lookup, ToIntFunction<Provider> suspicion) {
        return lookup.generations().stream()
                // One of another epoch goes by that epoch's ring.
                .filter(generation ->
                        generation.token().epoch() == client.ring().epoch())
                .flatMap(generation -> choose(lookup, generation, suspicion).stream())
                .findFirst();
    }

    private Optional<Choice> choose(Lookup lookup, Certified generation, ToIntFunction<Provider> suspicion) {
        Token token = generation.token();
        List<Provider> holders =
                lookup.holders(generation).stream().map(Held::provider).toList();
        List<Provider> usable = client.record().ranked(holders).stream()
                .filter(provider -> !failed.containsKey(provider.name()))
                .sorted(Comparator.comparing(provider -> isUnchecked(token, provider)))
                .sorted(Comparator.comparingInt(suspicion))
                .toList();
        for (Provider home : usable) {
            if (!token.homes().contains(home.x())) {
                continue;
            }
            // Protocol 1: home has the shares of all, sealed; otherwise each provider has its own.
            Stream<ShareIndex> sources = token.scheme().sealed()
                    ? token.providers().stream()
                            .filter(x -> !unusable.getOrDefault(home.name(), Set.of())
                                    .contains(x))
                    : Stream.concat(
                            Stream.of(home.x()),
                            usable.stream().map(Provider::x).filter(x -> !x.equals(home.x())));
            int readers = token.threshold().t();
            List<ShareIndex> s = sources.limit(readers).toList();
            if (s.size() == readers) {
                return Optional.of(new Choice(generation, home, s));
            }
        }
        return Optional.empty();
    }

    /**
     * Another set, with as few as possible of those that may hold up the others: whoever hasn't taken its order, then the
     * first set, then the next ones.
     */
    Optional<Choice> beside(Lookup lookup, List<Choice> late, List<String> silent) throws InterruptedException {
        if (!late.getFirst().token().scheme().blinded()) {
            // As printed, every more pass shows the hops more.
            return Optional.empty();
        }
        lookup.more(client);
        return choose(lookup, provider -> {
                    int suspicion = silent.contains(provider.name()) ? 1 : 0;
                    for (Choice each : late) {
                        suspicion = 2 * suspicion + (each.serves(provider.x()) ? 1 : 0);
                    }
                    return suspicion;
                })
                .filter(choice -> late.stream().noneMatch(each -> each.party().equals(choice.party()))
                        && silent.stream()
                                .noneMatch(name -> choice.serves(client.ring()
                                        .everProvider(name)
                                        .orElseThrow()
                                        .x())));
    }

    /** Those that have this generation, the best first, then those of which nothing is known, then those that failed. */
    List<Provider> bestFirst(Lookup lookup, Certified generation, List<Provider> candidates) {
        List<Provider> holders =
                lookup.holders(generation).stream().map(Held::provider).toList();
        Stream<Provider> known = client.record().ranked(holders).stream()
                .sorted(Comparator.comparing(provider -> isUnchecked(generation.token(), provider)));
        Stream<Provider> unknown = client.record().ranked(candidates).stream()
                .filter(provider -> !lookup.held().containsKey(provider.name())
                        && !lookup.errors().containsKey(provider.name())
                        && generation.token().providers().contains(provider.x()));
        return Stream.concat(known, unknown)
                .sorted(Comparator.comparing(provider -> failed.containsKey(provider.name())))
                .toList();
    }

    /** The write check saw no share of those that were missing: what of it is wrong would show only in a read. */
    private static boolean isUnchecked(Token token, Provider provider) {
        return token.missing().contains(provider.x());
    }
}
