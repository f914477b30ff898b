package dev.interlock;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;

/** Imports run one way; what computes the protocol has no sockets, files, clock or randomness of its own. */
@AnalyzeClasses(
        packages = "dev.interlock",
        importOptions = {ImportOption.DoNotIncludeTests.class, ArchitectureTest.NoJarsOfTests.class})
final class ArchitectureTest {
    /** What takes rules out lies with the tests of another module, in a jar. */
    static final class NoJarsOfTests implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("-tests.jar");
        }
    }

    private static final String[] PURE = {"dev.interlock.core..", "dev.interlock.protocol.."};

    @ArchTest
    static final ArchRule importsRunOneWay = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage("dev.interlock..")
            .withOptionalLayers(true)
            .layer("core")
            .definedBy("dev.interlock.core..")
            .layer("protocol")
            .definedBy("dev.interlock.protocol..")
            .layer("audit")
            .definedBy("dev.interlock.audit..")
            .layer("wire")
            .definedBy("dev.interlock.wire..")
            .layer("node")
            .definedBy("dev.interlock.node..")
            .layer("client")
            .definedBy("dev.interlock.client..")
            .layer("app")
            .definedBy("dev.interlock.app..")
            .whereLayer("core")
            .mayNotAccessAnyLayer()
            .whereLayer("protocol")
            .mayOnlyAccessLayers("core")
            .whereLayer("audit")
            .mayOnlyAccessLayers("core", "protocol")
            .whereLayer("wire")
            .mayOnlyAccessLayers("core", "protocol")
            .whereLayer("node")
            .mayOnlyAccessLayers("core", "protocol", "wire")
            .whereLayer("client")
            .mayOnlyAccessLayers("core", "protocol", "wire")
            .ensureAllClassesAreContainedInArchitecture();

    @ArchTest
    static final ArchRule pureCodeHasNoSocketsOrFiles = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat(resideInAPackage("java.net..")
                    // Parses an address, opens nothing.
                    .and(not(type(URI.class)))
                    .or(resideInAPackage("java.nio.file.."))
                    .or(resideInAPackage("java.nio.channels.."))
                    .or(resideInAPackage("io.netty.."))
                    .or(resideInAPackage("com.linecorp.."))
                    .or(describe(
                            "are files or streams of files",
                            type -> type.getName().startsWith("java.io.File")
                                    || type.getName().equals("java.io.RandomAccessFile"))))
            .because("a caller hands in bytes, and does the input and output itself")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule pureCodeReadsNoClock = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .accessTargetWhere(readsTheClock())
            .because("the time is handed in")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule pureCodeMakesNoRandomness = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .accessTargetWhere(makesRandomness())
            .because("randomness comes through a SecureRandom that is handed in")
            .allowEmptyShould(true);

    private static DescribedPredicate<JavaAccess<?>> readsTheClock() {
        return describe("the target reads the system clock", access -> {
            AccessTarget target = access.getTarget();
            String method = target.getName();
            if (target.getOwner().isEquivalentTo(System.class)) {
                return method.equals("currentTimeMillis") || method.equals("nanoTime");
            }
            if (target.getOwner().isEquivalentTo(Clock.class)) {
                return method.startsWith("system") || method.startsWith("tick");
            }
            if (target.getOwner().isEquivalentTo(InstantSource.class)) {
                return method.equals("system");
            }
            // Instant.now(Clock) takes a clock that was handed in.
            return target.getOwner().getPackageName().equals(Instant.class.getPackageName())
                    && method.equals("now")
                    && target instanceof AccessTarget.CodeUnitAccessTarget call
                    && call.getRawParameterTypes().stream().noneMatch(type -> type.isEquivalentTo(Clock.class));
        });
    }

    private static DescribedPredicate<JavaAccess<?>> makesRandomness() {
        Set<String> factories =
                Set.of("<init>", "getInstance", "getInstanceStrong", "getSeed", "current", "randomUUID");
        Set<String> sources = Set.of(
                SecureRandom.class.getName(),
                "java.util.Random",
                "java.util.SplittableRandom",
                "java.util.UUID",
                "java.util.concurrent.ThreadLocalRandom");
        return describe("the target makes randomness of its own", access -> {
            AccessTarget target = access.getTarget();
            String owner = target.getOwner().getName();
            if (owner.equals("java.lang.Math") || owner.equals("java.lang.StrictMath")) {
                return target.getName().equals("random");
            }
            if (owner.equals("java.util.UUID") && target.getName().equals("<init>")) {
                return false;
            }
            return sources.contains(owner) && factories.contains(target.getName());
        });
    }
}
