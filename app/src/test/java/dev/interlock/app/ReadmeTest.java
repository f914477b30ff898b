package dev.interlock.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What README.md tells people to type or to compile is right. */
final class ReadmeTest {
    private static final Pattern COMMAND = Pattern.compile("^ {4}(?:\\$ )?\\./interlock ([^#\\n]*)", Pattern.MULTILINE);
    private static final Pattern JAVA = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);

    private static String readme() throws IOException {
        return Files.readString(
                Path.of(System.getProperty("basedir", "app")).toAbsolutePath().resolveSibling("README.md"));
    }

    @Test
    void everyCommandIsOne() throws IOException {
        List<String> commands =
                COMMAND.matcher(readme()).results().map(each -> each.group(1)).toList();
        assertThat(commands).hasSizeGreaterThan(20).contains("demo");
        for (String command : commands) {
            String called = command.replaceAll(" (&&|>|\\|).*", "").strip();
            if (!called.startsWith("bench")) {
                assertThat(Main.whole().parseArgs(called.split(" +")).errors())
                        .as(called)
                        .isEmpty();
            }
        }
    }

    @Test
    void theSnippetCompiles(@TempDir Path dir) throws IOException {
        Matcher snippet = JAVA.matcher(readme());
        assertThat(snippet.find()).isTrue();
        String source = """
                import static java.nio.file.StandardOpenOption.CREATE_NEW;
                import static java.nio.file.StandardOpenOption.WRITE;
                import dev.interlock.client.*;
                import dev.interlock.core.token.ObjectId;
                import dev.interlock.protocol.ring.RingDescriptor;
                import dev.interlock.wire.Deadlines;
                import java.nio.channels.FileChannel;
                import java.nio.file.*;
                class Snippet { void run() throws Exception {
                %s
                } }
                """.formatted(snippet.group(1));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter said = new StringWriter();
        boolean compiled = compiler.getTask(
                        said,
                        null,
                        null,
                        List.of("-d", dir.toString(), "-proc:none"),
                        null,
                        List.of(
                                new SimpleJavaFileObject(
                                        URI.create("string:///Snippet.java"), javax.tools.JavaFileObject.Kind.SOURCE) {
                                    @Override
                                    public CharSequence getCharContent(boolean ignored) {
                                        return source;
                                    }
                                }))
                .call();
        assertThat(compiled).as(said.toString()).isTrue();
    }
}
