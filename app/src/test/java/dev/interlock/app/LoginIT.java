package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Passwords and root secrets that are changed while providers and commands are killed: a part of what {@link LoginTable} runs through. */
@Timeout(300)
@Tag("long")
final class LoginIT {
    @Test
    void onePasswordWorksAndEveryObjectOpens(@TempDir Path dir) throws Exception {
        try (LoginTable table = new LoginTable(dir, 20)) {
            assertThat(table.changes(2)).matches(LoginTable.Changes::good, "is good");
            assertThat(table.commands(2)).matches(KilledCommands.Outcome::good, "is good");
        }
    }
}
