package dev.interlock.protocol.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.CancellationToken;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherExecutionRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Takes each refusal of the code that accepts messages out, one at a time, and holds that a test notices, or that {@link Reasons}
 * says why none can. Half an hour long, so that it is run by its name:
 * {@code ./mvnw test -pl core,protocol -Dtest=RulesTakenOut -Dsurefire.failIfNoSpecifiedTests=false}.
 */
final class RulesTakenOut {
    private static final String PROTOCOL = "dev.interlock.protocol.";
    private static final String TOKEN = "dev.interlock.core.token.";
    private static final List<String> ACCEPTING = List.of(
            PROTOCOL + "Session",
            PROTOCOL + "Write",
            PROTOCOL + "Read",
            PROTOCOL + "Renewal",
            PROTOCOL + "Repair",
            PROTOCOL + "Custody",
            PROTOCOL + "Passage",
            PROTOCOL + "Evidence",
            PROTOCOL + "Proof",
            PROTOCOL + "Destroyed",
            TOKEN + "Statement",
            TOKEN + "Token",
            TOKEN + "SignatureChain",
            TOKEN + "Certificate",
            TOKEN + "Abandonment",
            TOKEN + "Command");
    /** The quickest to notice come first. */
    private static final List<String> TESTS = List.of(
            PROTOCOL + "SessionTest",
            PROTOCOL + "WriteTest",
            PROTOCOL + "ReadTest",
            PROTOCOL + "RepairTest",
            PROTOCOL + "CustodyTest",
            PROTOCOL + "PassageTest",
            PROTOCOL + "vectors.VectorsTest",
            PROTOCOL + "MemoryRingTest");

    private static final int PATIENCE_SECONDS = 120;

    private enum Fate {
        NOTICED,
        UNNOTICED,
        /** What is left isn't code. */
        NEEDED
    }

    private record Outcome(Mutant.Site site, Fate fate, String by) {}

    @Test
    void everyRefusalIsMissed() throws Exception {
        List<Outcome> outcomes = new ArrayList<>();
        for (String owner : ACCEPTING) {
            for (Mutant.Site site : Mutant.sites(Class.forName(owner))) {
                Outcome outcome = outcome(site);
                System.out.println(outcome);
                outcomes.add(outcome);
            }
        }
        assertThat(outcomes.stream()
                        .filter(each -> each.fate() == Fate.UNNOTICED
                                && reason(each.site()).isEmpty()))
                .as("no test notices when these are taken out, and no reason is given")
                .isEmpty();
    }

    private static Optional<String> reason(Mutant.Site site) {
        return Optional.ofNullable(Reasons.OF.get(site.where() + ": " + site.rule()));
    }

    private static Outcome outcome(Mutant.Site site) throws InterruptedException {
        Mutant loader = new Mutant(site);
        try {
            Class.forName(site.owner(), true, loader);
        } catch (ClassNotFoundException | LinkageError | IllegalArgumentException e) {
            return new Outcome(site, Fate.NEEDED, "");
        }
        ExecutorService thread =
                Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
        try {
            Optional<String> by = thread.submit(() -> noticed(loader)).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return new Outcome(site, by.isPresent() ? Fate.NOTICED : Fate.UNNOTICED, by.orElse(""));
        } catch (TimeoutException e) {
            return new Outcome(site, Fate.NOTICED, "a test that doesn't end");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            thread.shutdownNow();
        }
    }

    /** The first class of tests in which one fails. */
    private static Optional<String> noticed(Mutant loader) throws ClassNotFoundException {
        Thread.currentThread().setContextClassLoader(loader);
        for (String test : TESTS) {
            LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                    .selectors(selectClass(loader.loadClass(test)))
                    .build();
            CancellationToken enough = CancellationToken.create();
            boolean[] failed = {false};
            LauncherFactory.create()
                    .execute(LauncherExecutionRequestBuilder.request(request)
                            .cancellationToken(enough)
                            .listeners(new TestExecutionListener() {
                                @Override
                                public void executionFinished(TestIdentifier id, TestExecutionResult result) {
                                    if (result.getStatus() == TestExecutionResult.Status.FAILED) {
                                        failed[0] = true;
                                        enough.cancel();
                                    }
                                }
                            })
                            .build());
            if (failed[0]) {
                return Optional.of(test.substring(test.lastIndexOf('.') + 1));
            }
        }
        return Optional.empty();
    }
}
