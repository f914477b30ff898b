package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The embedded store. */
@Timeout(240)
final class StoreTest extends StoreContract {
    @Override
    Engine engine() {
        return Engine.EMBEDDED;
    }

    @Test
    void onlyTheOwnerOfTheProcessMayLook() throws IOException {
        Path inner = folder.resolve("a").resolve("b");
        try (SealedStore other = Fixture.open(inner)) {
            Fixture.put(other, id, 1000, 100_000);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(inner)))
                    .isEqualTo("rwx------");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(inner.resolve("objects"))))
                    .isEqualTo("rwx------");
            assertThat(Fixture.files(inner))
                    .hasSizeGreaterThanOrEqualTo(4)
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo("rw-------"));
        }
    }
}
