package dev.interlock.audit;

import dev.interlock.protocol.Json;
import dev.interlock.protocol.error.BadInputException;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/**
 * An attack as JSON, whole by itself: in which ring, on what, by whom, message by message, and what came of it.
 *
 * @param format {@value #FORMAT}
 * @param rules what was taken out for it to succeed; empty for an attack on the product as it is
 */
public record AttackFile(
        String format,
        String rules,
        int n,
        int t,
        int dealers,
        List<String> dealing,
        String script,
        List<String> corrupt,
        List<Step> steps,
        List<Harm> harm) {
    public static final String FORMAT = "interlock attack 1";

    /**
     * @param words the message, and when it is sent, for people
     * @param run during which of the victim's operations
     * @param phase before what of that operation is sent
     * @param node to whom that goes; empty for whoever comes first
     * @param kind of message, as {@link Sent.Kind#text}; then as {@link Sent}
     */
    public record Step(
            String words,
            String run,
            String phase,
            String node,
            String kind,
            String at,
            String of,
            String how,
            String on) {
        public Sent sent() {
            return new Sent(Sent.Kind.parse(kind), at, of, how, on);
        }
    }

    /** @param combination of what the attackers saw, whose sum is m; empty where nothing leaks */
    public record Harm(String kind, String what, List<String> combination) {}

    public AttackFile {
        if (!format.equals(FORMAT)) {
            throw new BadInputException("its format is \"" + format + "\" and not \"" + FORMAT + "\"");
        }
        dealing = List.copyOf(dealing);
        corrupt = List.copyOf(corrupt);
        steps = List.copyOf(steps);
        harm = List.copyOf(harm);
    }

    static AttackFile of(ActiveAudit.Bound bound, Attack attack, String rules) {
        return new AttackFile(
                FORMAT,
                rules,
                bound.n(),
                bound.t(),
                bound.dealers(),
                bound.dealing(),
                attack.script(),
                List.copyOf(new TreeSet<>(attack.corrupt())),
                attack.steps().stream().map(AttackFile::step).toList(),
                attack.harm().stream().map(AttackFile::harm).toList());
    }

    private static Step step(Attack.Step step) {
        Sent sent = step.sent();
        return new Step(
                step.words(),
                step.point().run(),
                step.point().phase().text(),
                step.point().node(),
                sent.kind().text(),
                sent.at(),
                sent.of(),
                sent.how(),
                sent.on());
    }

    private static Harm harm(Attack.Harm harm) {
        return new Harm(
                harm.kind().name().toLowerCase(Locale.ROOT),
                harm.what(),
                harm.how()
                        .map(how -> how.terms().stream()
                                .map(term -> "0x%02x·(%s), %s: %s"
                                        .formatted(term.factor(), term.form(), term.party(), term.what()))
                                .toList())
                        .orElse(List.of()));
    }

    /** @throws BadInputException where it isn't one, or one of a ring that nobody can make */
    public static AttackFile read(byte[] json) {
        AttackFile file;
        try {
            file = Json.read("the attack", json, AttackFile.class);
        } catch (dev.interlock.core.encoding.MalformedException e) {
            throw new BadInputException("this is no attack as the auditor writes them: " + e.getMessage());
        }
        // Its limits, and that there is such a script.
        var _ = new ActiveAudit.Bound(file.n, file.t, file.dealers, file.dealing, 0, List.of(file.script));
        for (String name : file.corrupt) {
            if (!name.matches("cc[1-8]|dealer[1-3]")) {
                throw new BadInputException("nobody in such a ring is called \"" + name + "\"");
            }
        }
        for (Step step : file.steps) {
            var _ = step.sent();
            var _ = Point.Phase.parse(step.phase);
        }
        return file;
    }
}
