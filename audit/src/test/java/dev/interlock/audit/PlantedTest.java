package dev.interlock.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.oprf.SharedKey;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.Title;
import dev.interlock.protocol.Custody;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Changes;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.rules.Mutant;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The attacks that were once found by hand: with the rules taken out that stop them the auditor finds each, and says how; with the
 * rules in, {@link ActiveAuditTest} holds that it finds none.
 */
@Tag("long")
final class PlantedTest {
    /**
     * @param rules what is taken out: the end of a class's name, a method, the beginning of what it says
     * @param script what the victim does meanwhile
     * @param kind what comes of it
     * @param messages how many it takes
     */
    record Planted(String what, List<Mutant.Site> rules, String script, int dealers, Attack.Kind kind, int messages) {
        /** By its number. */
        Path file() {
            return Path.of("..", "testvectors", "attacks", "finding-" + what.substring(0, what.indexOf(':')) + ".json");
        }

        /** The attack in (3, 2), as JSON. */
        byte[] find() throws Exception {
            Class<?> finder = Class.forName(AttackFinder.class.getName(), true, new Mutant(rules));
            String found = (String) finder.getMethod(
                            "file",
                            int.class,
                            int.class,
                            int.class,
                            String.class,
                            String.class,
                            int.class,
                            String.class,
                            String.class)
                    .invoke(null, 3, 2, dealers, corrupt(2), script, messages, kind.name(), what);
            return found.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public String toString() {
            return what;
        }
    }

    private static Mutant.Site rule(Class<?> of, String method, String says) {
        return Mutant.sites(of).stream()
                .filter(site ->
                        site.where().endsWith("." + method) && site.rule().startsWith(says))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no rule \"" + says + "\" in " + of + "." + method));
    }

    static Stream<Planted> all() {
        return Stream.of(
                new Planted(
                        "1: what is dealt to one session passes for another's",
                        List.of(Mutant.link(Statement.class, "hash", "update")),
                        "put and get",
                        1,
                        Attack.Kind.LEAK,
                        1),
                new Planted(
                        "2: a commit at whatever calls itself a certificate",
                        List.of(
                                rule(Certificate.class, "verify", "Certificate.verifyOwner"),
                                rule(Certificate.class, "verify", "SignatureChain.verifyCommitted")),
                        "replace",
                        1,
                        Attack.Kind.MISLED,
                        1),
                new Planted(
                        "3: a move that takes another owner's object for its own",
                        List.of(
                                rule(Read.class, "checkCertificate", "it is the token of another object"),
                                rule(Reading.class, "requireOwn", "it is another owner's")),
                        "move",
                        1,
                        Attack.Kind.MISLED,
                        1),
                new Planted(
                        "4: a generation that one provider shows and nobody certified",
                        List.of(
                                rule(Read.class, "checkCertificate", "Certificate.verify"),
                                rule(Read.class, "checkCertificate", "Write.verifyRoots")),
                        "replace",
                        1,
                        Attack.Kind.MISLED,
                        1),
                new Planted(
                        "5: one session served twice, and evidence made of the two",
                        List.of(
                                rule(Keeper.class, "order", "served this session before"),
                                rule(Desk.class, "deal", "… dealt to this session before")),
                        "put and get",
                        1,
                        Attack.Kind.BLAMED,
                        2),
                new Planted(
                        "6: blame at one party's word",
                        List.of(Mutant.link(Problem.class, "toException", "filter")),
                        "put and get",
                        1,
                        Attack.Kind.BLAMED,
                        1),
                new Planted(
                        "7: a certificate whose homes' words are other ones",
                        List.of(
                                rule(Certificate.class, "verifyOwner", "VerifyingKey.verify"),
                                rule(SignatureChain.class, "verify", "VerifyingKey.verify")),
                        "put and get",
                        1,
                        Attack.Kind.BLAMED,
                        1),
                new Planted(
                        "8: one provider's word that it was destroyed",
                        List.of(rule(Command.Signed.class, "verify", "VerifyingKey.verify")),
                        "replace",
                        1,
                        Attack.Kind.MISLED,
                        1));
    }

    /** Of what came later: what waits for a provider that was missing, and titles. */
    static Stream<Planted> later() {
        return Stream.of(
                new Planted(
                        "a share that waited is kept, whatever it is",
                        List.of(rule(Custody.class, "checkShare", "the share of")),
                        "degraded put",
                        1,
                        Attack.Kind.LOST,
                        1),
                new Planted(
                        "an object is handed over by whoever says so",
                        List.of(
                                rule(Command.Signed.class, "verify", "VerifyingKey.verify"),
                                rule(Title.class, "verify", "VerifyingKey.verify"),
                                rule(Keeper.class, "require", "was given another user's command")),
                        "hand over",
                        1,
                        Attack.Kind.MISLED,
                        1),
                new Planted(
                        "the heir goes by whatever is shown",
                        List.of(
                                rule(Read.class, "checkCertificate", "Certificate.verify"),
                                rule(Read.class, "checkCertificate", "Write.verifyRoots"),
                                rule(Sale.class, "shownToHeir", "it wasn't handed over with the object")),
                        "hand over",
                        1,
                        Attack.Kind.MISLED,
                        1),
                new Planted(
                        "a seller's commands count after the sale",
                        List.of(
                                rule(Keeper.class, "destroy", "keeps this object for another user"),
                                rule(Keeper.class, "require", "was given a command by another owner")),
                        "buy",
                        1,
                        Attack.Kind.DESTROYED,
                        1),
                new Planted(
                        "what a seller kept back counts after the sale",
                        List.of(Mutant.answering(Command.class, "leavesOut", false)),
                        "buy",
                        1,
                        Attack.Kind.MISLED,
                        1),
                new Planted(
                        "what was sold is sold once more",
                        List.of(
                                rule(Keeper.class, "handOver", "keeps this object for another user"),
                                rule(Keeper.class, "handOver", "has this object under another title"),
                                rule(Keeper.class, "require", "was given a command by another owner"),
                                rule(Keeper.class, "require", "was given another user's command")),
                        "buy",
                        1,
                        Attack.Kind.MISLED,
                        1),
                new Planted(
                        "a destroy command ends whatever there is, of whatever epoch",
                        List.of(Mutant.answering(Command.class, "ends", true)),
                        "follow",
                        1,
                        Attack.Kind.LOST,
                        0),
                new Planted(
                        "the old epoch ends before the new one has the object",
                        List.of(rule(Following.class, "requireThere", "it isn't acknowledged")),
                        "follow",
                        1,
                        Attack.Kind.LOST,
                        1));
    }

    /** Of logins: each takes the victim's name or root, or guesses more than it may. */
    static Stream<Planted> logins() {
        return Stream.of(
                login(
                        "a name is anybody's who comes first",
                        Attack.Kind.LEAK,
                        rule(LoginKeeper.class, "keep", "LoginKeeper.requireTicket")),
                login(
                        "a record counts by whatever calls itself a provider's signature",
                        Attack.Kind.LOST,
                        rule(CertifiedRecord.class, "verify", "VerifyingKey.verify")),
                login(
                        "a record is changed by who opened no lock of it",
                        Attack.Kind.MISLED,
                        rule(LoginRecord.Signed.class, "decode", "VerifyingKey.verify"),
                        rule(Changes.class, "require", "VerifyingKey.verify"),
                        rule(LoginKeeper.class, "before", "has another user by this name")),
                login(
                        "a root is followed by whoever says so",
                        Attack.Kind.MISLED,
                        rule(Changes.class, "requireNextRoot", "…: the name … is taken"),
                        rule(Changes.class, "require", "VerifyingKey.verify")),
                login(
                        "a liar's version is gone by",
                        Attack.Kind.LOST,
                        rule(LoginRecord.Signed.class, "decode", "VerifyingKey.verify")),
                login(
                        "an answer needs no proof",
                        Attack.Kind.MISLED,
                        Mutant.answering(SharedKey.class, "isRight", true)),
                login(
                        "guesses are answered without end",
                        Attack.Kind.GUESSED,
                        rule(LoginKeeper.class, "count", "… answers no more guesses")),
                login(
                        "a guess is given back to whoever says that it was right",
                        Attack.Kind.GUESSED,
                        rule(Messages.Success.class, "verify", "VerifyingKey.verify")),
                login(
                        "what is shown last counts, however old",
                        Attack.Kind.LOST,
                        Mutant.answering(LoginRecord.class, "isLaterThan", true)),
                login(
                        "whoever asks is the login's user",
                        Attack.Kind.MISLED,
                        rule(LoginKeeper.class, "requireOwn", "keeps this login for another user")));
    }

    private static Planted login(String what, Attack.Kind kind, Mutant.Site... rules) {
        return new Planted(what, List.of(rules), "login", 1, kind, 1);
    }

    /** (3, 2) apart; -Dplanted.rings="4,2 4,3 5,3" tries all: (4, 2) has one corrupt provider as (3, 2) has, (5, 3) two as (4, 3). */
    private static final String[] RINGS =
            System.getProperty("planted.rings", "4,3").split(" ");

    @ParameterizedTest
    @MethodSource("logins")
    void anAttackOnALoginIsFound(Planted planted) throws Exception {
        whatCameLaterIsFound(planted);
    }

    @ParameterizedTest
    @MethodSource("later")
    void whatCameLaterIsFound(Planted planted) throws Exception {
        int n = Script.unfit(planted.script(), 3, 2, 1, List.of()).isEmpty() ? 3 : 4;
        assertThat(find(planted, n, 2))
                .anySatisfy(attack -> assertThat(attack).contains(planted.kind().name(), " in " + planted.messages()));
    }

    @ParameterizedTest
    @MethodSource("all")
    void itIsFound(Planted planted) throws Exception {
        for (String ring : RINGS) {
            String[] size = ring.split(",");
            List<String> found = find(planted, Integer.parseInt(size[0]), Integer.parseInt(size[1]));
            assertThat(found)
                    .as(planted + " in (" + ring + ")")
                    .anySatisfy(
                            attack -> assertThat(attack).contains(planted.kind().name(), " in " + planted.messages()));
        }
    }

    /** In (3, 2), and as it is written down for whoever wants to see a real ring refuse it: {@link AttackFiles} writes them. */
    @ParameterizedTest
    @MethodSource("all")
    void itIsWrittenDown(Planted planted) throws Exception {
        AttackFile written = AttackFile.read(Files.readAllBytes(planted.file()));
        AttackFile found = AttackFile.read(planted.find());
        assertThat(bare(written)).isEqualTo(bare(found));
        assertThat(found.steps()).hasSize(planted.messages());
    }

    /** But for words, in which there are hashes. */
    private static AttackFile bare(AttackFile file) {
        return new AttackFile(
                file.format(),
                file.rules(),
                file.n(),
                file.t(),
                file.dealers(),
                file.dealing(),
                file.script(),
                file.corrupt(),
                file.steps().stream()
                        .map(step -> new AttackFile.Step(
                                "",
                                step.run(),
                                step.phase(),
                                step.node(),
                                step.kind(),
                                step.at(),
                                step.of(),
                                step.how(),
                                step.on()))
                        .toList(),
                file.harm().stream()
                        .map(harm -> new AttackFile.Harm(harm.kind(), "", List.of()))
                        .toList());
    }

    static String corrupt(int t) {
        List<String> corrupt = new ArrayList<>();
        for (int x = 1; corrupt.size() < t - 1; x += 2) {
            corrupt.add(String.valueOf(x));
        }
        return String.join(",", corrupt);
    }

    /** Home is corrupt, and every other one after the second: an honest home is left. */
    private static List<String> find(Planted planted, int n, int t) throws Exception {
        Class<?> finder = Class.forName(AttackFinder.class.getName(), true, new Mutant(planted.rules()));
        String found = (String)
                finder.getMethod("find", int.class, int.class, int.class, String.class, String.class, int.class)
                        .invoke(null, n, t, planted.dealers(), corrupt(t), planted.script(), planted.messages());
        return Arrays.asList(found.split("\n"));
    }
}
