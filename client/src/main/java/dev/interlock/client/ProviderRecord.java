package dev.interlock.client;

import dev.interlock.protocol.ring.Provider;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one user has seen of each provider of a ring: how quick it is, how often it failed, whether it lied. A matter of
 * preference only: it says whom to ask first, never whom to believe, and who comes last is asked all the same where the
 * others aren't enough. Holds no object ids and no secrets. Safe for use by many threads.
 */
public final class ProviderRecord {
    /** How much a provider is preferred: the first is the best. */
    public enum Standing {
        /** It answers. */
        SOUND,
        /** Nothing is known of it. */
        UNKNOWN,
        /** It lets a question wait for longer than its answers take. */
        LATE,
        /** It failed a while ago: the longer, the more often it did. */
        FAILING,
        /** It lied, and there is evidence. */
        LIED
    }

    /**
     * What was seen of one provider. Times are milliseconds since 1970, 0 for never.
     *
     * @param latency of its answers to small questions
     * @param strikes failures that count towards how long it is left alone
     */
    public record Seen(
            long answers,
            long failures,
            long lies,
            Estimate latency,
            long answeredMillis,
            int strikes,
            long failedMillis,
            long liedMillis) {
        static final Seen NOTHING = new Seen(0, 0, 0, Estimate.NONE, 0, 0, 0, 0);

        /** @throws IllegalArgumentException if a number is negative */
        public Seen {
            if (answers < 0
                    || failures < 0
                    || lies < 0
                    || answeredMillis < 0
                    || strikes < 0
                    || failedMillis < 0
                    || liedMillis < 0) {
                throw new IllegalArgumentException("a provider's record has a negative number");
            }
        }

        private Seen answered(long now, int strikesLeft) {
            return new Seen(plusOne(answers), failures, lies, latency, now, strikesLeft, failedMillis, liedMillis);
        }

        private Seen taking(Duration took) {
            return new Seen(
                    answers, failures, lies, latency.with(took), answeredMillis, strikes, failedMillis, liedMillis);
        }

        private Seen failed(long now) {
            return new Seen(
                    answers,
                    plusOne(failures),
                    lies,
                    latency,
                    answeredMillis,
                    Math.min(MAX_STRIKES, strikes + 1),
                    now,
                    liedMillis);
        }

        private Seen failedAgain() {
            return new Seen(
                    answers, plusOne(failures), lies, latency, answeredMillis, strikes, failedMillis, liedMillis);
        }

        private Seen lied(long now) {
            return new Seen(answers, failures, plusOne(lies), latency, answeredMillis, strikes, failedMillis, now);
        }

        /** What is here now, and was added elsewhere since both began with {@code before}. */
        private Seen merged(Seen before, Seen elsewhere) {
            Seen answered = elsewhere.answeredMillis > answeredMillis ? elsewhere : this;
            Seen failed = elsewhere.failedMillis > failedMillis ? elsewhere : this;
            return new Seen(
                    sum(answers, before.answers, elsewhere.answers),
                    sum(failures, before.failures, elsewhere.failures),
                    sum(lies, before.lies, elsewhere.lies),
                    answered.latency,
                    answered.answeredMillis,
                    failed.strikes,
                    failed.failedMillis,
                    Math.max(liedMillis, elsewhere.liedMillis));
        }
    }

    /**
     * All that is known, as it can be kept.
     *
     * @param pass how long a pass takes until its first chunk is here
     * @param providers by name
     */
    public record State(Estimate pass, Map<String, Seen> providers) {
        /** Nothing is known. */
        public static final State EMPTY = new State(Estimate.NONE, Map.of());

        public State {
            providers = Collections.unmodifiableMap(new TreeMap<>(providers));
        }

        /** What is here now and what was added elsewhere, since both began with {@code before}. */
        State merged(State before, State elsewhere) {
            Map<String, Seen> all = new TreeMap<>(elsewhere.providers);
            providers.forEach((name, seen) -> all.put(
                    name,
                    seen.merged(
                            before.providers.getOrDefault(name, Seen.NOTHING),
                            elsewhere.providers.getOrDefault(name, Seen.NOTHING))));
            return new State(pass.equals(before.pass) ? elsewhere.pass : pass, all);
        }
    }

    /** Before anything was learned, as in RFC 6298. */
    private static final Duration UNKNOWN = Duration.ofSeconds(1);
    /** Below this, it's the machine that is late: a scheduler, a collection of garbage. */
    private static final Duration AT_LEAST = Duration.ofMillis(100);

    private static final Duration AT_MOST = Duration.ofSeconds(10);

    private static final Duration FIRST_PENALTY = Duration.ofSeconds(5);
    /** 5 s · 2^7: 10 minutes. */
    private static final int MAX_STRIKES = 8;

    private static final Duration LIE_COUNTS = Duration.ofDays(30);
    private static final long MAX_COUNT = 1_000_000_000;

    private final InstantSource clock;
    private final Map<String, Seen> seen = new HashMap<>();
    /** When the questions were put that wait for their answers. */
    private final Map<String, List<Question>> waiting = new HashMap<>();

    private Estimate pass;

    /** @param state what is known already */
    public ProviderRecord(State state, InstantSource clock) {
        this.clock = clock;
        this.pass = state.pass();
        this.seen.putAll(state.providers());
    }

    static long plusOne(long count) {
        return Math.min(MAX_COUNT, count + 1);
    }

    private static long sum(long here, long before, long elsewhere) {
        return Math.clamp(elsewhere + Math.max(0, here - before), 0, MAX_COUNT);
    }

    /** What is known now. */
    public synchronized State state() {
        return new State(pass, seen);
    }

    /** What is known of one provider. */
    public synchronized Seen seen(String provider) {
        return seen.getOrDefault(provider, Seen.NOTHING);
    }

    /** A small question to a provider, whose end must be told here, once. */
    final class Question {
        private final String provider;
        private final long asked;
        private boolean told;

        private Question(String provider, long asked) {
            this.provider = provider;
            this.asked = asked;
        }

        /** It said something, after so long. */
        void answered(Duration took) {
            end(() -> {
                ProviderRecord.this.answered(provider);
                seen.computeIfPresent(provider, (_, known) -> known.taking(took));
            });
        }

        /** It didn't. */
        void failed() {
            end(() -> ProviderRecord.this.failed(provider));
        }

        private void end(Runnable outcome) {
            synchronized (ProviderRecord.this) {
                List<Question> others = waiting.get(provider);
                if (others != null) {
                    others.remove(this);
                }
                if (!told) {
                    outcome.run();
                }
            }
        }
    }

    synchronized Question ask(String provider) {
        Question question = new Question(provider, clock.millis());
        waiting.computeIfAbsent(provider, _ -> new ArrayList<>()).add(question);
        return question;
    }

    private void answered(String provider) {
        long now = clock.millis();
        Seen known = seen(provider);
        // Forgiven step by step, and only by answers that come after it was left alone.
        int left = penalised(known, now) ? known.strikes() : Math.max(0, known.strikes() - 1);
        seen.put(provider, known.answered(now, left));
    }

    /** A provider didn't do its part. */
    synchronized void failed(String provider) {
        long now = clock.millis();
        Seen known = seen(provider);
        // Many questions that fail together are one strike.
        seen.put(provider, penalised(known, now) ? known.failedAgain() : known.failed(now));
    }

    /** There is evidence that a provider lied. */
    synchronized void lied(String provider) {
        seen.put(provider, seen(provider).lied(clock.millis()));
    }

    /** A pass took so long until its first chunk was here. */
    synchronized void passed(Duration took) {
        pass = pass.with(took);
    }

    /** Nobody waits for the answers that are still due: those who are late with them have failed. */
    synchronized void settle() {
        waiting.forEach((provider, questions) -> {
            if (questions.stream().anyMatch(this::late)) {
                failed(provider);
            }
            questions.forEach(question -> question.told = true);
        });
        waiting.clear();
    }

    private static boolean penalised(Seen known, long now) {
        long since = now - known.failedMillis();
        // A clock that was set back penalises nobody.
        return known.strikes() > 0
                && since >= 0
                && since
                        < FIRST_PENALTY
                                .multipliedBy(1L << (known.strikes() - 1))
                                .toMillis();
    }

    private boolean late(Question question) {
        return clock.millis() - question.asked > deadline(question.provider).toMillis();
    }

    public synchronized Standing standing(String provider) {
        long now = clock.millis();
        Seen known = seen(provider);
        if (known.liedMillis() > 0 && now - known.liedMillis() < LIE_COUNTS.toMillis()) {
            return Standing.LIED;
        }
        if (penalised(known, now)) {
            return Standing.FAILING;
        }
        if (waiting.getOrDefault(provider, List.of()).stream().anyMatch(this::late)) {
            return Standing.LATE;
        }
        return known.latency().samples() == 0 ? Standing.UNKNOWN : Standing.SOUND;
    }

    /** Whether it's worth asking this one before the others have turned out to be too few. */
    boolean worthAsking(String provider) {
        return standing(provider).compareTo(Standing.UNKNOWN) <= 0;
    }

    /** The honest before the liars, those that answer before those that don't, then the quick before the slow. */
    public List<Provider> ranked(List<Provider> providers) {
        // Standings change with time: each is asked for once.
        record Ranked(Provider provider, Standing standing, double millis) {}
        return providers.stream()
                .map(provider -> new Ranked(
                        provider,
                        standing(provider.name()),
                        seen(provider.name()).latency().millis()))
                .sorted(Comparator.comparing(Ranked::standing).thenComparingDouble(Ranked::millis))
                .map(Ranked::provider)
                .toList();
    }

    /** When an answer of this provider is late. */
    Duration deadline(String provider) {
        return seen(provider).latency().deadline(UNKNOWN, AT_LEAST, AT_MOST);
    }

    /** When the first chunk of a pass is late. */
    synchronized Duration passDeadline(Duration atMost) {
        return pass.deadline(UNKNOWN, AT_LEAST, atMost);
    }
}
