package dev.interlock.protocol.login;

import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.error.IntegrityException;
import dev.interlock.protocol.error.NoSuchObjectException;
import dev.interlock.protocol.error.TooFewProvidersException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which record of a name a client believes (SPEC §17): that of the user of whom t providers give one, of whatever version of their root
 * secret; and of that user's the latest, even from one provider.
 *
 * @param records all of that user, the highest first; the others are tried where too few hold the first
 */
public record Believed(List<CertifiedRecord> records) {
    public CertifiedRecord first() {
        return records.getFirst();
    }

    /**
     * Chooses.
     *
     * @param answers what each provider gave, by name, verified; empty for none
     * @param absent why the others gave nothing
     * @throws NoSuchObjectException where t providers know no such name
     * @throws TooFewProvidersException where no record is given by t
     * @throws IntegrityException where t providers give one user and t another
     */
    public static Believed choose(
            UserName name, int t, Map<String, Optional<CertifiedRecord>> answers, Map<String, String> absent) {
        Map<VerifyingKey, List<String>> given = new LinkedHashMap<>();
        answers.forEach((node, answer) -> answer.ifPresent(
                certified -> given.computeIfAbsent(certified.record().origin(), _ -> new ArrayList<>())
                        .add(node)));
        List<VerifyingKey> enough = given.entrySet().stream()
                .filter(each -> each.getValue().size() >= t)
                .map(Map.Entry::getKey)
                .toList();
        if (enough.size() > 1) {
            throw new IntegrityException(
                    "the name " + name + " is two users' here, each at enough providers to be believed: "
                            + given.values() + ". Nothing was sent to any of them",
                    List.of());
        }
        if (enough.isEmpty()) {
            long none = answers.values().stream().filter(Optional::isEmpty).count();
            if (none >= t) {
                throw new NoSuchObjectException("no user " + name + " is enrolled in this ring");
            }
            Map<String, String> why = new TreeMap<>(absent);
            answers.forEach((node, answer) -> why.putIfAbsent(
                    node, answer.isEmpty() ? "knows no such user" : "gives a record that too few others give"));
            int most = given.values().stream().mapToInt(List::size).max().orElse(0);
            throw new TooFewProvidersException("the login of " + name, t, most, why);
        }
        Map<RecordHash, CertifiedRecord> records = new LinkedHashMap<>();
        for (Optional<CertifiedRecord> answer : answers.values()) {
            answer.filter(each -> each.record().origin().equals(enough.getFirst()))
                    .ifPresent(each -> records.putIfAbsent(each.record().hash(), each));
        }
        return new Believed(records.values().stream()
                .sorted(Comparator.comparing(
                        CertifiedRecord::record, (a, b) -> a.equals(b) ? 0 : a.isLaterThan(b) ? -1 : 1))
                .toList());
    }
}
