package dev.interlock.node.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;

/** The file that says which engines a node's store has. */
final class StoreConfigTest {
    @TempDir
    private Path folder;

    @Test
    void whatItSays() throws IOException {
        assertThat(StoreConfig.read(folder)).isEqualTo(StoreConfig.EMBEDDED);
        Files.writeString(folder.resolve(StoreConfig.FILE), """
            # engines

            rows postgresql://db.example:6432/keys?user=cc1&schema=cc1&erasure=PT1H
              blobs s3://bucket/some/prefix?region=eu-central-1
            """);
        Files.writeString(folder.resolve(PostgresAddress.PASSWORD_FILE), "secret\n");
        StoreConfig config = StoreConfig.read(folder);
        PostgresAddress rows = config.rows().orElseThrow();
        assertThat(rows.schema()).isEqualTo("cc1");
        assertThat(rows.erasure()).isEqualTo(Duration.ofHours(1));
        assertThat(rows).hasToString("postgresql://db.example:6432/keys (schema cc1)");
        PostgresAddress two = StoreConfig.of(List.of("rows postgresql://a,b:6432/d?timeout=PT5S"), folder, "here")
                .rows()
                .orElseThrow();
        assertThat(two).hasToString("postgresql://a,b:6432/d (schema interlock)");
        assertThat(two.timeout()).isEqualTo(Duration.ofSeconds(5));
        PGSimpleDataSource source = (PGSimpleDataSource) two.source();
        assertThat(source.getServerNames()).containsExactly("a", "b");
        assertThat(source.getPortNumbers()).containsExactly(5432, 6432);
        assertThat(source.getTargetServerType()).isEqualTo("primary");
        assertThat(source.getSslMode()).isEqualTo("verify-full");
        S3Address blobs = config.blobs().orElseThrow();
        assertThat(blobs.bucket()).isEqualTo("bucket");
        assertThat(blobs.prefix()).isEqualTo("some/prefix/");
        assertThat(blobs).hasToString("s3://bucket/some/prefix/");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rows mysql://h/d | write \"rows postgresql://",
                "rows | write \"rows postgresql://",
                "rows postgresql://h/d?user=a\\nrows postgresql://h/d | each once",
                "rows postgresql://u:secret@h/d | the password belongs into the file postgres.password",
                "rows postgresql://h | must be postgresql://HOST",
                "rows postgresql://h/d?password=secret | has the parameter \"password\"",
                "rows postgresql://h/d?schema=A-B | must be small letters",
                "rows postgresql://h/d?erasure=1h | must be a time as PT10M",
                "rows postgresql://h/d?erasure=PT1S | from PT1M to PT24H, or PT0S",
                "rows postgresql://h/d?timeout=PT0S | timeout is \"PT0S\"",
                "rows postgresql://h,k:port/d | of a server with standbys postgresql://HOST[:PORT],HOST",
                "rows postgresql://h d | write \"rows postgresql://",
                "rows postgresql://h/%zz | has an address that isn't one",
                "blobs s3://k:secret@b | must be s3://BUCKET",
                "blobs s3://b?endpoint=http://example.org | must be https://",
                "blobs s3://b?key=secret | has the parameter \"key\"",
            })
    void configurationsThatAreRefused(String lines, String why) throws IOException {
        Files.writeString(folder.resolve(StoreConfig.FILE), lines.replace("\\n", "\n"));
        assertThatThrownBy(() -> StoreConfig.read(folder))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining(why)
                .hasMessageNotContaining("secret");
    }
}
