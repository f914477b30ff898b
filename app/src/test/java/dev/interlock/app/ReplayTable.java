package dev.interlock.app;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * All of {@link ReplayTest}, some of which waits for nodes to ask each other; run by its name: {@code ./mvnw test -pl app -am
 * -Dtest=ReplayTable -Dsurefire.failIfNoSpecifiedTests=false}.
 */
final class ReplayTable {
    @TempDir
    private Path dir;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void itIsRefused(int finding) throws Exception {
        new ReplayTest(dir).refused(finding);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 6, 8})
    void withoutTheRuleItSucceeds(int finding) throws Exception {
        new ReplayTest(dir).succeeds(finding);
    }
}
