package dev.interlock.audit;

import java.nio.file.Files;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Writes the attacks of {@link PlantedTest} to testvectors/attacks, for {@code interlock audit --replay}; run by its name where they
 * have changed: {@code ./mvnw test -pl core,protocol,audit -Dtest=AttackFiles -Dsurefire.failIfNoSpecifiedTests=false}.
 */
final class AttackFiles {
    @ParameterizedTest
    @MethodSource("dev.interlock.audit.PlantedTest#all")
    void isWritten(PlantedTest.Planted planted) throws Exception {
        Files.createDirectories(planted.file().getParent());
        Files.write(planted.file(), planted.find());
    }
}
