package dev.interlock.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.core.token.Abandonment;
import dev.interlock.core.token.Certificate;
import dev.interlock.core.token.Claim;
import dev.interlock.core.token.Command;
import dev.interlock.core.token.SignatureChain;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.Title;
import dev.interlock.protocol.Custody;
import dev.interlock.protocol.Read;
import dev.interlock.protocol.Renewal;
import dev.interlock.protocol.Repair;
import dev.interlock.protocol.Session;
import dev.interlock.protocol.Write;
import dev.interlock.protocol.login.Believed;
import dev.interlock.protocol.login.CertifiedRecord;
import dev.interlock.protocol.login.Changes;
import dev.interlock.protocol.login.Lock;
import dev.interlock.protocol.login.LoginAttempt;
import dev.interlock.protocol.login.LoginRecord;
import dev.interlock.protocol.login.Messages;
import dev.interlock.protocol.login.RootLine;
import dev.interlock.protocol.rules.Mutant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Takes each rule out by itself and prints what attack is found then, in how many messages, in (3, 2), and what somebody misses in (4, 2), with home corrupt: the table in
 * docs/threat-model.md. A quarter of an hour long, so that it is run by its name: {@code ./mvnw test -pl core,protocol,audit
 * -Dtest=RulesTable -Dsurefire.failIfNoSpecifiedTests=false}.
 */
final class RulesTable {
    private static final List<Class<?>> ACCEPTING = List.of(
            Statement.class,
            Title.class,
            Certificate.class,
            SignatureChain.class,
            Abandonment.class,
            Command.Signed.class,
            Command.Authorised.class,
            Claim.class,
            Custody.class,
            Session.class,
            Write.class,
            Read.class,
            Renewal.class,
            Repair.class,
            Keeper.class,
            Desk.class,
            CertifiedRecord.class,
            LoginRecord.class,
            LoginRecord.Signed.class,
            RootLine.class,
            Lock.class,
            Changes.class,
            Believed.class,
            LoginAttempt.class,
            Messages.Success.class,
            Messages.Succession.class,
            LoginKeeper.class);

    /** All, or those that are named with commas between. */
    private static final List<String> SCRIPTS = List.of(
            System.getProperty("scripts", String.join(",", Script.NAMES)).split(","));

    /** Beginnings of where these rules are, as {@code Keeper.order}, with commas between; empty for all. */
    private static final List<String> OF =
            List.of(System.getProperty("rules", "").split(","));

    @Test
    void whatEachRuleIsFor() throws Exception {
        List<Future<String>> rows = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            for (Class<?> of : ACCEPTING) {
                for (Mutant.Site site : Mutant.sites(of)) {
                    if (OF.stream().anyMatch(site.where()::startsWith)) {
                        rows.add(threads.submit(row(site)));
                    }
                }
            }
            int found = 0;
            for (Future<String> row : rows) {
                String text = row.get();
                System.out.println(text);
                found += text.contains("nothing") ? 0 : 1;
            }
            assertThat(found).isPositive();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private static Callable<String> row(Mutant.Site site) {
        return () -> {
            String what = "| " + site.where() + " | " + site.rule() + " | ";
            String broken = "nothing |";
            for (String script : SCRIPTS) {
                try {
                    Class<?> finder = Class.forName(AttackFinder.class.getName(), true, new Mutant(List.of(site)));
                    String found = (String) finder.getMethod(
                                    "find", int.class, int.class, int.class, String.class, String.class, int.class)
                            .invoke(
                                    null,
                                    Script.unfit(script, 3, 2, 1, List.of()).isEmpty() ? 3 : 4,
                                    2,
                                    1,
                                    "1",
                                    script,
                                    1);
                    if (!found.isEmpty()) {
                        return what + script + " | " + found.lines().findFirst().orElse("") + " |";
                    }
                } catch (LinkageError e) {
                    return what + " | what is left is no code |";
                } catch (ReflectiveOperationException e) {
                    broken = script + " | nothing, but nobody can even do that: " + e.getCause() + " |";
                }
            }
            return what + broken;
        };
    }
}
