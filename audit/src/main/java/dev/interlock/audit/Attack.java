package dev.interlock.audit;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What attackers brought about, and how.
 *
 * @param script what the victim did
 * @param corrupt who was on their side, beside a second user
 * @param steps their messages and answers, in order, in words
 * @param harm what came of it
 */
public record Attack(String script, Set<String> corrupt, List<Step> steps, List<Harm> harm) {
    /** @param words what is sent, and when */
    public record Step(String words, Point point, Sent sent) {}

    /** What must never happen. */
    public enum Kind {
        /** They can compute m. */
        LEAK,
        /** What was acknowledged doesn't open from every t honest providers. */
        LOST,
        /** Something was destroyed without its owner's statement. */
        DESTROYED,
        /** Somebody honest is blamed. */
        BLAMED,
        /** What was destroyed is back. */
        REVIVED,
        /** Somebody honest goes by a generation that its owner never certified, or by a command that its owner never gave. */
        MISLED,
        /** More guesses of a password are answered than may be, or its user is locked out by others'. */
        GUESSED
    }

    /** @param how m is the sum, where it leaks */
    public record Harm(Kind kind, String what, Optional<Certificate> how) {
        Harm(Kind kind, String what) {
            this(kind, what, Optional.empty());
        }

        Harm(Kind kind, String what, Certificate how) {
            this(kind, what, Optional.of(how));
        }
    }

    public Attack {
        steps = List.copyOf(steps);
        harm = List.copyOf(harm);
    }
}
