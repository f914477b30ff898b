package dev.interlock.audit;

import dev.interlock.protocol.error.BadInputException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * Who deals: every share is the sum of one from each of them (SPEC §8).
 *
 * @param alone how many deal and do nothing else: parties of their own, dealer1, dealer2 and so on
 * @param providers the x_i of providers that deal as well; whoever is in one knows what it deals
 */
public record Dealers(int alone, List<Integer> providers) {
    public static final int MAX_ALONE = 4;
    /** One dealer, as the design begins with. */
    public static final Dealers ONE = alone(1);

    private static final String DEALER = "dealer";
    private static final String PROVIDER = "cc";

    /** @throws BadInputException that says what is legal */
    public Dealers {
        providers = List.copyOf(providers);
        if (alone < 0 || alone > MAX_ALONE) {
            throw new BadInputException(
                    "there are " + alone + " dealers that do nothing else, must be 0.." + MAX_ALONE + " for an audit");
        }
        if (alone + providers.size() == 0) {
            throw new BadInputException("somebody must deal");
        }
        if (new HashSet<>(providers).size() != providers.size()) {
            throw new BadInputException("a provider deals once, not as in " + providers);
        }
    }

    public static Dealers alone(int count) {
        return new Dealers(count, List.of());
    }

    public static Dealers providers(List<Integer> xs) {
        return new Dealers(0, xs);
    }

    /**
     * @param text how many, or names: {@code 2}, {@code cc1,cc2,cc3}, {@code dealer1,cc1}
     * @throws BadInputException that says what is legal
     */
    public static Dealers parse(String text) {
        if (text.matches("\\d{1,4}")) {
            return alone(Integer.parseInt(text));
        }
        int alone = 0;
        List<Integer> providers = new ArrayList<>();
        for (String name : text.split(",", -1)) {
            if (name.strip().matches(PROVIDER + "\\d{1,4}")) {
                providers.add(Integer.valueOf(name.strip().substring(PROVIDER.length())));
            } else if (name.strip().equals(DEALER + (alone + 1))) {
                alone++;
            } else {
                throw new BadInputException(
                        "the dealers " + text + " must be a number, or names as in cc1,cc2,cc3 or dealer1,dealer2,cc1");
            }
        }
        return new Dealers(alone, providers);
    }

    int count() {
        return alone + providers.size();
    }

    /** As the ring knows them, those that do nothing else first. */
    List<String> names() {
        List<String> names = new ArrayList<>();
        for (int i = 1; i <= alone; i++) {
            names.add(DEALER + i);
        }
        providers.forEach(x -> names.add(PROVIDER + x));
        return names;
    }

    /** Whether fewer than t providers hold every dealing: no ring is made like this. */
    boolean tooFew(int t) {
        return alone == 0 && providers.size() < t;
    }
}
