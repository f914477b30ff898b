package dev.interlock.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A certificate adds up to m, as anyone can check who reads it. */
final class CertificateTest {
    /** Adds up what the terms say, from their text alone. */
    private static Map<String, Integer> sum(Certificate certificate) {
        Map<String, Integer> sum = new HashMap<>();
        for (Certificate.Term term : certificate.terms()) {
            for (String part : term.form().split(" \\+ ", -1)) {
                String[] factors = part.split("·", -1);
                int constant = factors.length == 1 ? 1 : Integer.decode(factors[0]);
                sum.merge(factors[factors.length - 1], Matrix.multiply(term.factor(), constant), (a, b) -> a ^ b);
            }
        }
        sum.values().removeIf(constant -> constant == 0);
        return sum;
    }

    @ParameterizedTest
    @CsvSource({
        "3, 2, 2, PUBLISHED, 0, false",
        "5, 3, 2, PUBLISHED, 2, false",
        "7, 5, 2, PUBLISHED, 1, true",
        "7, 7, 3, PUBLISHED, 1, false",
        "6, 4, 3, PUBLISHED, 3, false",
        "5, 3, 1, PUBLISHED, 1, true",
        "5, 3, 3, BLINDED, 2, false",
        "5, 4, 2, BLINDED, 1, true",
        "4, 3, 1, BLINDED, 0, true",
    })
    void theSumIsM(int n, int t, int protocol, Profile profile, int reads, boolean userKey) {
        Scenario scenario = Scenario.of(n, t, new Scheme(protocol, profile), reads);
        Certificate certificate = Audit.run(userKey ? scenario.withUserKey() : scenario)
                .certificate()
                .orElseThrow();
        assertThat(sum(certificate)).isEqualTo(Map.of("m", 1));
    }

    @Test
    void nothingInItCanBeLeftOut() {
        Unknown m = new Unknown(0, "m");
        Unknown a = new Unknown(1, "a");
        Party party = new Party("cc1", 1);
        Form both = Form.of(m);
        both.addScaled(0x1D, Form.of(a));
        List<Observation> seen = new ArrayList<>(List.of(
                new Observation(party, "this", both),
                new Observation(party, "that", Form.of(a)),
                new Observation(party, "that again", Form.of(a))));
        Optional<Certificate> certificate = Certificate.of(seen, m);
        assertThat(certificate.orElseThrow().terms())
                .containsExactly(
                        new Certificate.Term("cc1", 1, "this", "m + 0x1d·a"),
                        new Certificate.Term("cc1", 0x1D, "that", "a"));
        assertThat(Certificate.of(seen.subList(1, 3), m)).isEmpty();
        assertThat(Certificate.of(seen.subList(0, 1), m)).isEmpty();
        assertThat(Certificate.of(List.of(), m)).isEmpty();
    }
}
