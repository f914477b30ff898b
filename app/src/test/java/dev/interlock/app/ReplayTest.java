package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Statement;
import dev.interlock.node.dealer.DealerService;
import dev.interlock.node.provider.ProviderNode;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.rules.Mutant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The attacks that were found with rules taken out, against real nodes: with the rules nothing comes of them; without them they
 * succeed, so that it is the rules that stop them.
 */
final class ReplayTest {
    private final Path dir;

    ReplayTest(@TempDir Path dir) {
        this.dir = dir;
    }

    private static Mutant.Site rule(Class<?> of, String method, String says) {
        return Mutant.sites(of).stream()
                .filter(site ->
                        site.where().endsWith("." + method) && site.rule().contains(says))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no rule \"" + says + "\" in " + of + "." + method));
    }

    static List<Mutant.Site> rules(int finding) throws Exception {
        return switch (finding) {
            case 1 -> List.of(Mutant.link(Statement.class, "hash", "update"));
            case 2 ->
                List.of(
                        rule(Certificate.class, "verify", "Certificate.verifyOwner"),
                        rule(Certificate.class, "verify", "SignatureChain.verifyCommitted"));
            case 3 ->
                List.of(
                        rule(Read.class, "checkCertificate", "it is the token of another object"),
                        rule(Class.forName("dev.interlock.client.Witnesses"), "certified", "of another owner"));
            case 4 ->
                List.of(
                        rule(Read.class, "checkCertificate", "Certificate.verify"),
                        rule(Read.class, "checkCertificate", "Write.verifyRoots"));
            case 5 ->
                List.of(
                        rule(ProviderNode.class, "order", "was used before"),
                        rule(DealerService.class, "deal", "before"));
            case 6 -> List.of(Mutant.link(Problem.class, "toException", "filter"));
            case 7 ->
                List.of(
                        rule(Certificate.class, "verifyOwner", "VerifyingKey.verify"),
                        rule(SignatureChain.class, "verify", "VerifyingKey.verify"));
            case 8 -> List.of(rule(Command.Signed.class, "verify", "VerifyingKey.verify"));
            default -> throw new IllegalArgumentException("no finding " + finding);
        };
    }

    private List<String> replayed(int finding, List<Mutant.Site> without) throws Exception {
        String attack = Files.readString(Path.of("..", "testvectors", "attacks", "finding-" + finding + ".json"));
        Class<?> probe = without.isEmpty()
                ? ReplayProbe.class
                : Class.forName(ReplayProbe.class.getName(), true, new Mutant(without));
        @SuppressWarnings("unchecked") // it is what it gives
        List<String> told = (List<String>)
                probe.getMethod("run", String.class, String.class).invoke(null, attack, dir.toString());
        return told;
    }

    @ParameterizedTest
    @ValueSource(ints = 5)
    void itIsRefused(int finding) throws Exception {
        refused(finding);
    }

    /**
     * The control; of 2, which waits for a node to ask another, by {@link ReplayTable}. The others don't succeed against the whole
     * product for want of their rules alone. 1: the client gives a put up as soon as its dealer refuses it, and whether the stream is
     * through by then is a race. 3: what is found elsewhere has to continue what is here. 4: a renewal needs all providers to show one
     * generation. 7: it does where the victim goes by the liar's
     * certificate, which of several that hold for one generation is chance. 5: a store has no place for a generation that it has.
     */
    @ParameterizedTest
    @ValueSource(ints = {6, 8})
    void withoutTheRuleItSucceeds(int finding) throws Exception {
        succeeds(finding);
    }

    void refused(int finding) throws Exception {
        assertThat(replayed(finding, List.of()))
                .noneSatisfy(line -> assertThat(line).startsWith("=> "))
                .anySatisfy(line -> assertThat(line).containsAnyOf("the attackers send", " lies: "))
                .noneSatisfy(line -> assertThat(line).contains("nothing to send"));
    }

    void succeeds(int finding) throws Exception {
        assertThat(replayed(finding, rules(finding)))
                .anySatisfy(line -> assertThat(line).startsWith("=> "));
    }
}
