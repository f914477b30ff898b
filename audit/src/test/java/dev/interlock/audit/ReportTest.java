package dev.interlock.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

final class ReportTest {
    private static final Scheme PRINTED_TWO = new Scheme(2, Profile.PUBLISHED);

    @Test
    void aLeakIsToldInSentencesAndInSymbols() {
        assertThat(Report.text(Audit.run(Scenario.of(3, 2, PRINTED_TWO, 0)))).isEqualTo("""
                        Protocol 2, published, n = 3, t = 2: a write and no read.
                        cc1 learns m: 1 provider is enough, fewer than t = 2.

                          cc1 adds 0x95 times its share, 0x7a times what it received from the user in the write, and 0x7b
                          times what it received from cc3 in the write and stored.
                          The sum of it all is m: everything else cancels.

                        In symbols, over GF(2^8), where + is XOR:
                          cc1  0x95 · (a0 + a1)
                          cc1  0x7a · (m + 0xcc·a0 + 0x1d·a1)
                          cc1  0x7b · (m + a0)
                          = m
                        """);
    }

    @Test
    void nothingFoundIsSaidInFull() {
        assertThat(Report.text(Audit.run(Scenario.of(4, 3, new Scheme(2, Profile.BLINDED), 1))))
                .isEqualTo("""
                        Protocol 2, blinded (blinds expanded), n = 4, t = 3: a write and 1 read.
                        No coalition learns m: not even all 4 providers together.
                        All 4 choices of S were tried; none leaks.
                        """);
    }

    @Test
    void renewalsAndWhoIsWhereAreExplained() {
        Scenario scenario = Scenario.of(3, 2, new Scheme(3, Profile.BLINDED), 1)
                .withRenewals(List.of(Work.Kind.REPLACE, Work.Kind.REFRESH));
        assertThat(Report.text(Audit.run(scenario))).startsWith("""
                        Protocol 3, blinded (blinds expanded), n = 3, t = 2: a write, a replacement, and a refresh, each
                        followed by 1 read.
                        cc1/1 and cc2/1 learn m: 2 providers at a time are enough, and no fewer: exactly t.
                        So do cc1/1+cc3/1, cc2/1+cc3/1, cc1/2+cc2/2, cc1/2+cc3/2, cc2/2+cc3/2, cc1/3+cc2/3, cc1/3+cc3/3,
                        cc2/3+cc3/3.
                        S of the reads: (cc1, cc2).
                        All 3 choices of S were tried; none is worse.
                        A coalition may be in other providers in each generation: cc1/2 is cc1 in generation 2, with what is
                        stored there; who has cc1/1 and cc1/2 saw the renewal between them, too.
                        """);
        assertThat(new String(Json.write(Report.fields(Audit.run(scenario))), StandardCharsets.UTF_8))
                .contains("\"renewals\" : [ \"replace\", \"refresh\" ]");
    }

    @Test
    void noLineIsLongerThan100Columns() {
        for (Finding finding : List.of(
                Audit.run(Scenario.of(12, 6, new Scheme(3, Profile.BLINDED), 2)),
                Audit.run(Scenario.of(7, 7, new Scheme(2, Profile.BLINDED), 3).withUserKey()),
                Audit.run(Scenario.of(7, 7, new Scheme(3, Profile.PUBLISHED), 3)))) {
            assertThat(Report.text(finding).lines()).allMatch(line -> line.length() <= 100);
        }
    }

    @Test
    void aTableHasOneLineForEveryRing() {
        Table.Column with = new Table.Column(PRINTED_TWO, true);
        Table.Column without = new Table.Column(PRINTED_TWO, false);
        List<OptionalInt> sizes = List.of(OptionalInt.empty(), OptionalInt.of(2));
        Table table = new Table(
                List.of(without, with),
                List.of(new Table.Row(
                        5, 3, List.of(new Table.Cell(sizes, false), new Table.Cell(sizes.reversed(), true)))),
                42);
        assertThat(Report.text(table)).isEqualTo("""
                        The smallest coalition of providers that learns m, after 0, 1, 2, 3 reads with the worst S;
                        + key: with the user's key in its hands; - : not even all n together.

                             prot. 2
                             published
                        n t            + key
                        5 3  - 2       2 -*

                        * not every choice of S was tried: drawn with seed 42.
                        """);
        assertThat(Report.fields(table)).hasSize(2);
        assertThat(new String(Json.write(Report.fields(table)), StandardCharsets.UTF_8))
                .contains("\"sizeByReads\" : [ 0, 2 ]");
    }

    @Test
    void theTableOfAllRingsUpToFourProviders() {
        assertThat(Report.text(Table.upTo(4, 1))).endsWith("""
                             prot. 1             prot. 1             prot. 2             prot. 2             prot. 3   prot. 3
                             published           blinded             published           blinded             published blinded
                        n t            + key               + key               + key               + key
                        2 2  - - - -   1 1 1 1   - - - -   1 1 1 1   1 1 1 1   1 1 1 1   - - - -   2 2 2 2   1 1 1 1   2 2 2 2
                        3 2  - - - -   1 1 1 1   - - - -   1 1 1 1   1 1 1 1   1 1 1 1   - - - -   2 2 2 2   1 1 1 1   2 2 2 2
                        3 3  - - - -   1 1 1 1   - - - -   1 1 1 1   2 2 2 2   1 1 1 1   - - - -   3 3 3 3   2 2 2 2   3 3 3 3
                        4 2  - - - -   1 1 1 1   - - - -   1 1 1 1   1 1 1 1   1 1 1 1   - - - -   2 2 2 2   1 1 1 1   2 2 2 2
                        4 3  - - - -   1 1 1 1   - - - -   1 1 1 1   2 2 1 1   1 1 1 1   - - - -   3 3 3 3   2 2 2 2   3 3 3 3
                        4 4  - - - -   1 1 1 1   - - - -   1 1 1 1   2 2 2 2   1 1 1 1   - - - -   4 4 4 4   2 2 2 2   4 4 4 4

                        Every choice of S, of as many providers as the scheme needs to read, was tried.
                        """);
    }

    @Test
    void aFindingIsWrittenAsJson() {
        String json = new String(
                Json.write(Report.fields(Audit.run(Scenario.of(3, 2, PRINTED_TWO, 0)))), StandardCharsets.UTF_8);
        assertThat(json)
                .contains("\"size\" : 1")
                .contains("\"coalitions\" : [ [ \"cc1\" ]")
                .contains("\"what\" : \"its share\"");
    }
}
