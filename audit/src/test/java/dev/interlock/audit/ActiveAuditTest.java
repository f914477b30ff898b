package dev.interlock.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.protocol.error.BadInputException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With all rules in, attackers get nothing; {@link PlantedTest} holds that this isn't for want of looking. */
@Tag("long")
final class ActiveAuditTest {
    private static List<ActiveAudit.Explored> run(int n, int t, int dealers, int injections, List<String> scripts) {
        return ActiveAudit.run(new ActiveAudit.Bound(n, t, dealers, injections, scripts), _ -> {});
    }

    @ParameterizedTest(name = "({0}, {1}), {2} dealers, {3}")
    @CsvSource({
        "3, 2, 1, put and get",
        "3, 2, 1, replace",
        "3, 2, 1, refresh",
        "3, 2, 1, repair",
        "3, 2, 1, move",
        "3, 2, 1, destroy",
        "3, 2, 2, put and get",
        "4, 3, 1, put and get",
        "4, 2, 1, degraded put",
        "3, 2, 1, hand over",
        "3, 2, 1, buy",
        "3, 2, 1, follow",
        "3, 2, 1, published put",
        "3, 2, 1, login",
        "4, 3, 1, login",
    })
    void oneMessageDoesNothing(int n, int t, int dealers, String script) {
        List<ActiveAudit.Explored> explored = run(n, t, dealers, 1, List.of(script));
        assertThat(explored).isNotEmpty().allSatisfy(one -> {
            assertThat(one.attacks()).isEmpty();
            // It does look: much is tried, much is let in, and not all of it ends in the same way.
            assertThat(one.tried()).isGreaterThan(500);
            assertThat(one.accepted()).isGreaterThan(20);
            assertThat(one.ends()).isGreaterThan(5);
        });
        String text = ActiveReport.text(new ActiveAudit.Bound(n, t, dealers, 1, List.of(script)), explored);
        assertThat(text).contains("nothing is given away", script);
    }

    /** Each deals, and one of them is corrupt. */
    @Test
    void providersThatDeal() {
        ActiveAudit.Bound bound = new ActiveAudit.Bound(3, 2, 0, List.of("cc1", "cc2"), 1, List.of("put and get"));
        assertThat(ActiveAudit.run(bound, _ -> {})).isNotEmpty().allSatisfy(one -> {
            assertThat(one.attacks()).isEmpty();
            assertThat(one.accepted()).isGreaterThan(20);
        });
    }

    @Test
    void theSameIsExploredAgain() {
        List<ActiveAudit.Explored> once = run(3, 2, 1, 1, List.of("destroy"));
        assertThat(run(3, 2, 1, 1, List.of("destroy"))).isEqualTo(once);
    }

    @Test
    void whatIsOutOfBoundsIsRefused() {
        List<Runnable> wrong = new ArrayList<>();
        wrong.add(() -> run(1, 1, 1, 1, List.of("destroy")));
        wrong.add(() -> run(8, 2, 1, 1, List.of("destroy")));
        wrong.add(() -> run(3, 4, 1, 1, List.of("destroy")));
        wrong.add(() -> run(3, 2, 0, 1, List.of("destroy")));
        wrong.add(() -> run(3, 2, 1, 9, List.of("destroy")));
        wrong.add(() -> run(3, 2, 1, 1, List.of("dance")));
        wrong.add(() -> run(3, 2, 1, 1, List.of("degraded put")));
        wrong.add(() -> run(3, 2, 2, 1, List.of("published put")));
        wrong.add(() ->
                ActiveAudit.run(new ActiveAudit.Bound(3, 2, 0, List.of("cc1", "cc3"), 1, List.of("follow")), _ -> {}));
        wrong.add(
                () -> ActiveAudit.run(new ActiveAudit.Bound(3, 2, 0, List.of("cc1"), 1, List.of("refresh")), _ -> {}));
        wrong.add(() ->
                ActiveAudit.run(new ActiveAudit.Bound(3, 2, 1, List.of("cc1", "cc2"), 1, List.of("refresh")), _ -> {}));
        wrong.forEach(each -> assertThatThrownBy(each::run).isInstanceOf(BadInputException.class));
    }

    @Test
    void thePictureSaysWhoKnowsWhat() {
        String page = Picture.page();
        assertThat(page).contains("<svg", "knows m", "nothing of m", "shares of zero", "width=device-width");
        // With blinds nobody knows m alone.
        String blinded = page.substring(page.indexOf("With blinds"), page.indexOf("An attack"));
        for (String row : blinded.split("<tr>")) {
            if (row.startsWith("<td>cc")) {
                assertThat(row.split("<td>")[2]).contains("nothing of m");
            }
        }
    }
}
