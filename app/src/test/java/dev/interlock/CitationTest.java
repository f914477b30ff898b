package dev.interlock;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whoever follows a citation of the specification finds what it names. */
final class CitationTest {
    private static final Path ROOT =
            Path.of(System.getProperty("basedir", "app")).toAbsolutePath().getParent();
    /** As "SPEC §8", "SPEC.md §§8, 10 and 11", "SPEC §§7–9"; inside of the specification without its name. */
    private static final String NUMBERS = "§§?(\\d+(?:(?:, | and |–|-| to )\\d+)*)";

    private static final Pattern ELSEWHERE = Pattern.compile("SPEC(?:\\.md)?\\s+" + NUMBERS);
    private static final Pattern WITHIN = Pattern.compile(NUMBERS);
    private static final Pattern WITHOUT_A_SIGN = Pattern.compile("SPEC(?:\\.md)? \\d");
    private static final Pattern HEADING = Pattern.compile("(?m)^## (\\d+)\\. ");
    private static final int LONGEST_LINE = 120;

    private static List<Path> parts() throws IOException {
        try (Stream<Path> files = Files.list(ROOT.resolve("spec"))) {
            return files.sorted().toList();
        }
    }

    private static List<Integer> sections() throws IOException {
        List<Integer> sections = new ArrayList<>();
        for (Path part : parts()) {
            HEADING.matcher(Files.readString(part))
                    .results()
                    .map(found -> Integer.parseInt(found.group(1)))
                    .forEach(sections::add);
        }
        return sections;
    }

    private static List<Path> sources() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String folder : List.of(
                "core",
                "protocol",
                "audit",
                "wire",
                "node",
                "client",
                "app",
                "bench",
                "docs",
                "testvectors",
                "model")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
                files.filter(file -> file.toString().matches(".*\\.(java|md|py|pml|sh|html)")
                                && !file.toString().contains("/target/"))
                        .forEach(sources::add);
            }
        }
        sources.addAll(List.of(
                ROOT.resolve("README.md"),
                ROOT.resolve("SECURITY.md"),
                ROOT.resolve("CHANGELOG.md"),
                ROOT.resolve("SPEC.md"),
                ROOT.resolve("model/run")));
        return sources;
    }

    private static Set<Integer> cited(Pattern pattern, String text) {
        Set<Integer> cited = new TreeSet<>();
        Matcher found = pattern.matcher(text);
        found.results()
                .map(MatchResult::group)
                .forEach(citation -> Pattern.compile("\\d+")
                        .matcher(citation)
                        .results()
                        .map(number -> Integer.parseInt(number.group()))
                        .forEach(cited::add));
        return cited;
    }

    @Test
    void everySectionStandsOnceAndInOrder() throws IOException {
        List<Integer> sections = sections();
        assertThat(sections).hasSizeGreaterThan(10).doesNotHaveDuplicates();
        assertThat(sections.stream().sorted().toList())
                .isEqualTo(IntStream.rangeClosed(1, sections.size()).boxed().toList());
    }

    @Test
    void everySectionThatIsCitedExists() throws IOException {
        List<Integer> sections = sections();
        int cited = 0;
        for (Path source : sources()) {
            // A comment's next line goes on where the last one ended.
            String text = Files.readString(source).replaceAll("\\n\\s*(\\*|//|#)? *", " ");
            Set<Integer> found = cited(ELSEWHERE, text);
            assertThat(sections).as(source.toString()).containsAll(found);
            cited += found.size();
            if (!source.endsWith("CitationTest.java")) {
                assertThat(WITHOUT_A_SIGN.matcher(text).results().map(MatchResult::group))
                        .as("%s: a section is cited as SPEC §8", source)
                        .isEmpty();
            }
        }
        assertThat(cited).as("citations").isGreaterThan(30);
        for (Path part : parts()) {
            assertThat(sections).as(part.toString()).containsAll(cited(WITHIN, Files.readString(part)));
        }
    }

    @Test
    void theIndexNamesEveryPartAndSection() throws IOException {
        String index = Files.readString(ROOT.resolve("SPEC.md"));
        for (Path part : parts()) {
            String row = index.lines()
                    .filter(line -> line.contains("(spec/" + part.getFileName() + ")"))
                    .findFirst()
                    .orElse("");
            Matcher headings = Pattern.compile("(?m)^## (\\d+)\\. (.*)$").matcher(Files.readString(part));
            assertThat(headings.results()
                            .map(heading -> "§" + heading.group(1) + " " + heading.group(2))
                            .toList())
                    .isNotEmpty()
                    .allSatisfy(section -> assertThat(row).contains(section));
        }
    }

    /** Tables, and the values of the example, can't be broken. */
    @Test
    void itsLinesAreShort() throws IOException {
        for (Path part : parts()) {
            assertThat(Files.readAllLines(part))
                    .as(part.toString())
                    .filteredOn(line -> !line.startsWith("|") && !line.startsWith("    "))
                    .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(LONGEST_LINE));
        }
    }
}
